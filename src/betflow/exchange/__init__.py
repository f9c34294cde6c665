"""How the exchange works: prices, markets, the book. Pure: no I/O, no clock, no randomness, no settings."""
