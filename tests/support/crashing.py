"""
An import that is killed at a step that has a name; run as a program, in a process of its own.

``crashing.py POINT DATA_DIR SOURCE…`` imports the sources and ends without any cleaning up at the point.
"""

import os
import sys
from pathlib import Path
from typing import Any

from betflow.cli.app import run
from betflow.jobs.tape_journal import TapeJournal
from betflow.storage.sqlite import Store
from betflow.tape.archive import Archive
from betflow.tape.index_writer import IndexWriter

CRASHED = 66
"""The exit code that says that the point was reached."""

Patch = tuple[type, str, int, bool]

POINTS: dict[str, Patch] = {
    "before the intention": (TapeJournal, "intend", 1, True),
    "before the first tape": (Archive, "keep", 1, True),
    "between a tape and its manifest": (Path, "replace", 2, True),
    "between two tapes": (Archive, "keep", 1, False),
    "before the index": (IndexWriter, "enter", 1, True),
    "in the middle of the index": (IndexWriter, "enter", 1, False),
    "before the outcome": (TapeJournal, "archived", 1, True),
    "in the middle of the outcome": (TapeJournal, "archived", 1, False),
    "after the outcome": (Store, "close", 1, True),
}
"""Which call of which method, and whether the process ends before it or after it."""


def crash_at(point: str) -> None:
    """Let this process end at a point."""
    owner, name, number, is_before = POINTS[point]
    method = getattr(owner, name)
    calls = iter(range(1, sys.maxsize))

    def crashing(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - stands for any method
        is_last = next(calls) == number
        if is_last and is_before:
            os._exit(CRASHED)
        result = method(*arguments, **more)
        if is_last:
            os._exit(CRASHED)
        return result

    setattr(owner, name, crashing)


if __name__ == "__main__":
    crash_at(sys.argv[1])
    run(["backfill", *sys.argv[3:], "--workers", "1", "--data-dir", sys.argv[2]])
