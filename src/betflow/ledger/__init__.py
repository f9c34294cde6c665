"""
The ledger: what betflow did, in one SQLite file.

`journal` is the append-only, hash-chained record; `runs` is a projection of it that can be dropped and
rebuilt.
"""
