"""
Recorded market data: read, archived, indexed, verified, exported.

Notebook use::

    from betflow.tape import read

    for market in read("1.127236622.bz2"):
        for runner in market.changed_runners:
            print(market.publish_time, runner.selection_id, runner.best_back, runner.best_lay)
"""

from betflow.tape.containers import DEFAULT_LIMITS, Limits
from betflow.tape.reader import Account, Position, Tape
from betflow.tape.replay import Replay, TapeDamageWarning, files, read, tapes

__all__ = [
    "DEFAULT_LIMITS",
    "Account",
    "Limits",
    "Position",
    "Replay",
    "Tape",
    "TapeDamageWarning",
    "files",
    "read",
    "tapes",
]
