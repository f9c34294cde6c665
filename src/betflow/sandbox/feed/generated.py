"""Made-up days as a feed. They are made up in a process of its own, ahead of their use."""

import fcntl
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from betflow.errors import BetflowError, Finding
from betflow.exchange.times import epoch_ms
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.making import Order
from betflow.sandbox.feed.schedule import FIRST_OFF, LONGEST_GAP
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.listings import Listing

ANY_DAY: Final = epoch_ms("2026-07-04")
"""The day that is made up, whatever day it is: what happens in the sandbox depends on the seed alone."""

_READ: Final = 1 << 16
_AHEAD: Final = 1 << 20
"""How many bytes are made up ahead of their use: some thousand changes."""

_decode_lines = msgspec.json.Decoder(FeedChange | Listing, strict=False).decode_lines


class GeneratedFeed:
    """
    A made-up day.

    What happens in an event depends on seed, day and its number; only when it happens depends on when the
    feed begins. All markets were opened shortly before.

    Args:
        programme: What there is. Names have the date of *begins*.
        begins: When the sandbox starts, epoch milliseconds.
        first_off: How long after that the first event goes off, milliseconds; rounded up to whole minutes.
        longest_gap: The longest time between an off and the next; None for the day as it is.
        days: How many such days, each another, follow one another; None for one after the other without end.

    Attributes:
        begins: When the sandbox starts.
    """

    def __init__(
        self,
        programme: Programme,
        *,
        begins: int,
        first_off: int = FIRST_OFF,
        longest_gap: int | None = LONGEST_GAP,
        days: int | None = 1,
    ) -> None:
        self.begins = begins
        self._maker = _start(Order(programme, begins, first_off, longest_gap, days))
        self._listings: dict[str, Listing] = {}
        self._waiting: deque[FeedChange] = deque()
        self._rest = b""

    @property
    def findings(self) -> Sequence[Finding]:
        """Nothing that is made up is damaged."""
        return ()

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
        self._maker.kill()
        self._maker.wait()
        if self._maker.stdout is not None:
            self._maker.stdout.close()

    def _read(self) -> bool:
        """Read what was made up, at least one line; False at the end."""
        pipe = self._maker.stdout
        if pipe is None or pipe.closed:
            return False
        chunk = os.read(pipe.fileno(), _READ)
        if not chunk:
            pipe.close()
            self._ended()
            return False
        whole, end, self._rest = (self._rest + chunk).rpartition(b"\n")
        if end:
            self._sort_in(_decode_lines(whole))
        return True

    def _sort_in(self, made: Sequence[FeedChange | Listing]) -> None:
        for each in made:
            if isinstance(each, Listing):
                self._listings[each.market_id] = each
            else:
                self._waiting.append(each)

    def _ended(self) -> None:
        code = self._maker.wait()
        if code or self._rest:
            how = f"ended with code {code}" if code >= 0 else f"was killed by signal {-code}"
            raise BetflowError(
                f"the process that makes up the markets {how}.", advice="Start the sandbox again."
            )


def _start(order: Order) -> "subprocess.Popen[bytes]":
    """Start the process; Ctrl-C in a terminal is not for it, and it ends when its reader does."""
    command = [
        sys.executable,
        "-P",  # the folder that we happen to be in is no place for modules
        "-m",
        "betflow.sandbox.feed.making",
        msgspec.json.encode(order).decode(),
    ]
    maker = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0)  # noqa: S603 - ourselves
    if hasattr(fcntl, "F_SETPIPE_SZ") and maker.stdout is not None:
        fcntl.fcntl(maker.stdout.fileno(), fcntl.F_SETPIPE_SZ, _AHEAD)
    return maker
