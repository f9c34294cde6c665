"""
The Exchange Stream as Betfair serves it: markets and orders over TLS, as line after line of JSON.

`server` is the edge; everything else is synchronous and told the time. A `connection` is one client's
conversation. Clients that choose the same fields see markets through the same `market_view`, whose changes
stand in the log of a `channel`. A `subscription` reads the log from where its client is: one change after the
other, or several put together (conflation, a slow client, a client that comes back).

Source: "Exchange Stream API"; its published interface definition; recorded messages.
"""
