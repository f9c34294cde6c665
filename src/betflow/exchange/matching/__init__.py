"""
What Betfair would have matched.

`venue.Venue` is a simulated exchange: a state machine that takes requests for orders and changes of
market books, and gives events. It knows no clock and does no I/O; backtests, paper bets and the simulated
exchange on loopback all host the same one.

The rules, their sources and what is assumed: docs/explanation/matching.md.
"""
