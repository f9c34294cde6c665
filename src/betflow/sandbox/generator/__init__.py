"""
Made-up markets: a seed goes in, the messages of a day of racing, football and tennis come out.

`day.Day` is the door. Below it, a *fate* (`races`, `football`, `tennis`) decides what happens and what can
be known of it at each moment; a `course` tells one market of it as steps; a `crowd` of made-up customers
trades at a small exchange (`orders`) around the prices that follow; a `publisher` says of it what Betfair
would publish.

Pure: no clock, no I/O, no state that outlives a call. Everything random comes from `chance.Chance`. Only
operations whose result is exact but for one rounding (``+ - * /``, the square root, `math.fsum`) touch a
float, so that the same seed gives the same bytes on every machine and in every Python: `math.exp`, powers and
their like differ in the last digit from one C library to another, and `sum` does from Python 3.12 on.
"""
