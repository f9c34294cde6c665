"""
How fast betflow is, next to its peers: one run, the same files, the same machine.

Absolute numbers belong to a machine; the ratios are what counts. Every reader runs in a process of its own,
the peers take turns (ABAB…), and each number is the median of all rounds, with the lowest and the highest
beside it.
`scripts/bench` makes the environment and starts it.
"""
