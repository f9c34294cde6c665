"""How many processes are worth it on this machine."""

import os
from collections.abc import Iterable
from pathlib import Path

_WORTH_A_WORKER = 1 << 20
"""Bytes of input below which another process costs more time than it saves."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worthwhile_workers(asked: int | None, sizes: Iterable[int]) -> int:
    """
    Return how many workers to start, at least one and none without a task.

    Args:
        asked: By the user; None for what pays.
        sizes: Bytes of input of each task.
    """
    by_task = list(sizes)
    most = max(1, len(by_task))
    if asked is not None:
        return min(asked, most)
    return max(1, min(processors(), most, sum(by_task) // _WORTH_A_WORKER))


def size_of(path: Path) -> int:
    """Return the size of a file, 0 where that cannot be said."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
