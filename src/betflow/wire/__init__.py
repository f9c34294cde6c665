"""Betfair's JSON as typed values: bytes in, values out. No I/O, and no opinion on what a value is for."""
