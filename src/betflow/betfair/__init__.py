"""
The gateway to Betfair: sessions and calls.

What reads and what bets are different objects: `reading.ReadingGateway` has no way to bet, and
`orders.OrdersGateway` is made only for a permission to bet with real money. `docs/reference/gateway.md` shows
how they are used.
"""
