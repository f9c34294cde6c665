"""
A simulated exchange on loopback that speaks Betfair's wire, with markets that are made up, or recorded.

`server.Sandbox` is the whole of it. A `feed` brings market changes; the `exchange` folds them, matches orders
and settles; `market_data` answers what only reads markets. `services` is HTTPS, and `streaming` the stream.
Beside them is the edge: who may come in (`sessions`), what holds them back (`rules`), what goes wrong
(`faults`), what was sent (`truth`), and the clock.
"""
