"""
Whether the process of a run still lives.

A run holds an advisory lock on a file of its own for as long as its process lives; the system lets go of it
when the process ends, however it ends. A process id alone proves nothing: it is given again to somebody else.
"""

import os
import sys
from pathlib import Path

_held: dict[str, int] = {}
"""Locks of this process: POSIX locks never conflict within one process, and closing any handle drops them."""


def hold(path: Path) -> None:
    """Make the lock file and hold it until `release` or the end of the process."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    # Wait for it: somebody may be looking at this very moment whether the new lock is held.
    _lock(handle, wait=True)
    _held[_name(path)] = handle


def release(path: Path) -> None:
    """Let go of a lock that this process holds, and remove its file."""
    path.unlink(missing_ok=True)
    os.close(_held.pop(_name(path)))


def is_alive(path: Path) -> bool:
    """Say whether any process, this one included, holds the lock."""
    if _name(path) in _held:
        return True
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        _lock(handle, wait=False)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _name(path: Path) -> str:
    return str(path.absolute())


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, wait: bool) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int, *, wait: bool) -> None:
        # Not flock: its lock is inherited by forked workers and would outlive the run that they worked for.
        fcntl.lockf(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
