"""One at a time, over processes and threads: a lock on a file, held for a block of code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from betflow.storage.files import PRIVATE_FILE, make_private_folder


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """
    Hold the lock of a file for a block, waiting for whoever has it; the system lets go when a process ends.

    The file is made where it is missing, and stays. Threads wait for each other as processes do.

    Raises:
        OSError: the file cannot be made.
    """
    make_private_folder(path.parent)
    handle = os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
            except OSError:  # it gives up after ten seconds
                continue
            return

else:
    import fcntl

    def _lock(handle: int) -> None:
        # Not lockf: its locks never conflict within a process, and threads have to wait as well.
        fcntl.flock(handle, fcntl.LOCK_EX)
