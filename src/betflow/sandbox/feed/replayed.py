"""Recorded tapes as a feed, read in a process of its own: that takes longer than publishing them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from betflow.errors import BetflowError, Finding, NotFoundError, UsageError
from betflow.sandbox.feed.ahead import AheadFeed
from betflow.sandbox.feed.replaying import LENGTH, Batch, Replay
from betflow.sandbox.feed.schedule import FIRST_OFF, LONGEST_GAP

_ERRORS: Final = {each.__name__: each for each in (NotFoundError, UsageError)}
_decode = msgspec.msgpack.Decoder(Batch).decode


class ReplayedFeed(AheadFeed):
    """
    Recorded tapes: a `TapeFeed` ahead of its use. Arguments and errors are the same.

    Attributes:
        begins: When the sandbox starts.
        findings: What could not be read so far, and what is not played.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        *,
        begins: int,
        first_off: int = FIRST_OFF,
        longest_gap: int | None = LONGEST_GAP,
    ) -> None:
        self.begins = begins
        self.findings: Sequence[Finding] = ()
        self._is_open = False
        order = Replay(
            tuple(os.fsencode(Path(path).absolute()) for path in paths), begins, first_off, longest_gap
        )
        super().__init__("betflow.sandbox.feed.replaying", msgspec.json.encode(order))
        try:
            while not self._is_open and self._read():
                pass
        except BaseException:
            self.close()
            raise

    def _take_in(self, content: bytes) -> bytes:
        place = 0
        while len(content) - place >= LENGTH.size:
            (size,) = LENGTH.unpack_from(content, place)
            end = place + LENGTH.size + size
            if end > len(content):
                break
            self._sort_in(_decode(content[place + LENGTH.size : end]))
            place = end
        return content[place:]

    def _sort_in(self, batch: Batch) -> None:
        if batch.refusal is not None:
            refusal = batch.refusal
            raise _ERRORS.get(refusal.kind, BetflowError)(refusal.message, advice=refusal.advice)
        self._is_open = True
        if batch.findings is not None:
            self.findings = tuple(batch.findings)
        for listing in batch.listings:
            self._listings[listing.market_id] = listing
        self._waiting.extend(batch.changes)
