"""
Whether the process of a run still lives.

A run holds an advisory lock on a file of its own for as long as its process lives; the system lets go of it
when the process ends, however it ends. A process id alone proves nothing: it is given again to somebody else.
"""

import errno
import os
import sys
from pathlib import Path

from betflow.errors import BusyError
from betflow.storage.files import PRIVATE_FILE, make_private_folder

_HELD_BY_ANOTHER = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})

_held: dict[str, int] = {}
"""Locks of this process: POSIX locks never conflict within one process, and closing any handle drops them."""


def hold(path: Path, *, wait: bool = True) -> None:
    """
    Make the lock file and hold it until `release` or the end of the process.

    Args:
        path: The lock file.
        wait: For a lock of one's own, at which somebody may be looking at this very moment.

    Raises:
        BusyError: somebody holds it, and it was not to be waited for.
    """
    busy = BusyError(f"Another process holds {path}.", advice="Wait for it to end, then try again.")
    # Opening the file a second time and closing it would drop the lock that this process has.
    if _name(path) in _held:
        raise busy
    make_private_folder(path.parent)
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE)
        try:
            _lock(handle, wait=wait)
        except OSError as error:
            os.close(handle)
            if wait or error.errno not in _HELD_BY_ANOTHER:
                raise
            raise busy from None
        if _is_file_of(path, handle):
            break
        os.close(handle)  # whoever had it removed the file meanwhile; the next one would lock another
    _held[_name(path)] = handle


def release(path: Path, *, keep_file: bool = False) -> None:
    """Let go of a lock that this process holds; the file of a lock that several want must be kept."""
    handle = _held.pop(_name(path))
    if sys.platform == "win32":
        os.close(handle)  # an open file cannot be removed there
        if not keep_file:
            path.unlink(missing_ok=True)
    else:
        if not keep_file:
            path.unlink(missing_ok=True)
        os.close(handle)


def is_alive(path: Path) -> bool:
    """Say whether any process, this one included, holds the lock."""
    if _name(path) in _held:
        return True
    try:
        # Another's lock shows without the right to write, too: the folder may be a backup.
        handle = os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return _is_locked(handle)
    finally:
        os.close(handle)


def _is_file_of(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _name(path: Path) -> str:
    return str(path.absolute())


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, wait: bool) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

    def _is_locked(handle: int) -> bool:
        try:
            _lock(handle, wait=False)
        except OSError:
            return True
        return False

else:
    import fcntl

    def _lock(handle: int, *, wait: bool) -> None:
        # Not flock: its lock is inherited by forked workers and would outlive the run that they worked for.
        fcntl.lockf(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _is_locked(handle: int) -> bool:
        # A shared lock is enough to see an exclusive one, and all that a handle for reading may have.
        try:
            fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
