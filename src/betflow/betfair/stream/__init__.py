"""
The Exchange Stream API: a pure state machine, and a thin edge with a socket.

`session.StreamSession` knows the protocol: bytes and time in; what to send, what happened and how long to
wait out. `client.ExchangeStream` owns the socket, the clock and the dice, and nothing else.

Source: "Exchange Stream API" and its published interface definition (ESASwaggerSchema.json).
"""
