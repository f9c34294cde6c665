"""A feed that a process of its own works out, ahead of its use."""

import fcntl
import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from typing import Final

from betflow.errors import BetflowError
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.listings import Listing

_READ: Final = 1 << 16
_AHEAD: Final = 1 << 20
"""How many bytes are worked out ahead of their use: some thousand changes."""
_GOING_S: Final = 5.0


class AheadFeed(ABC):
    """
    What all such feeds have in common: reading what the process writes.

    Args:
        module: What the process runs.
        order: What it is told on its stdin, JSON: a command line has no room for thousands of paths.
    """

    def __init__(self, module: str, order: bytes) -> None:
        self._listings: dict[str, Listing] = {}
        self._waiting: deque[FeedChange] = deque()
        self._rest = b""
        self._worker = _start(module, order)

    @abstractmethod
    def _take_in(self, content: bytes) -> bytes:
        """Take in what is whole of some content, and return the rest."""

    def take(self, until: int) -> Iterator[FeedChange]:
        """Yield what is published up to and at a moment, and was not taken yet."""
        waiting = self._waiting
        while True:
            while waiting:
                if waiting[0].at > until:
                    return
                yield waiting.popleft()
            if not self._read():
                return

    def next_at(self) -> int | None:
        """Return when the next change is published; None when there is nothing more."""
        while not self._waiting:
            if not self._read():
                return None
        return self._waiting[0].at

    def listing(self, market_id: str) -> Listing | None:
        """Return what a market is; None for one of which no change was taken yet."""
        return self._listings.get(market_id)

    def close(self) -> None:
        """End the process; nothing may be taken any more."""
        self._worker.terminate()
        if self._worker.stdout is not None:
            self._worker.stdout.close()
        try:
            self._worker.wait(_GOING_S)
        except subprocess.TimeoutExpired:
            self._worker.kill()
            self._worker.wait()

    def _read(self) -> bool:
        """Read what was worked out; False at the end."""
        pipe = self._worker.stdout
        if pipe is None or pipe.closed:
            return False
        chunk = os.read(pipe.fileno(), _READ)
        if not chunk:
            pipe.close()
            self._ended()
            return False
        self._rest = self._take_in(self._rest + chunk)
        return True

    def _ended(self) -> None:
        code = self._worker.wait()
        if code or self._rest:
            how = f"ended with code {code}" if code >= 0 else f"was killed by signal {-code}"
            raise BetflowError(
                f"the process that works out the markets {how}.", advice="Start the sandbox again."
            )


def _start(module: str, order: bytes) -> "subprocess.Popen[bytes]":
    """Start the process; Ctrl-C in a terminal is not for it."""
    command = [
        sys.executable,
        "-P",  # the folder that we happen to be in is no place for modules
        "-m",
        module,
    ]
    with tempfile.TemporaryFile() as told:  # a pipe would have to be written to while the process starts
        told.write(order)
        told.seek(0)
        worker = subprocess.Popen(command, stdin=told, stdout=subprocess.PIPE, process_group=0)  # noqa: S603 - ourselves
    if hasattr(fcntl, "F_SETPIPE_SZ") and worker.stdout is not None:
        fcntl.fcntl(worker.stdout.fileno(), fcntl.F_SETPIPE_SZ, _AHEAD)
    return worker
