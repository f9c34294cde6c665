"""
The simulated exchange: books, accounts, orders, settlement, and what an account sees of all that.

`exchange.Exchange` folds a feed, lets orders act on it and settles; it is one thread's, knows no clock and no
socket, and is told the time. What it answers are Betfair's own types. Orders are matched by
`betflow.exchange.matching` and settled by `betflow.exchange.settlement`, as in a backtest; what is here is
the account around them.
"""
