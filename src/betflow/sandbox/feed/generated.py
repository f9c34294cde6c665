"""Made-up days as a feed. They are made up in a process of its own, ahead of their use."""

from collections.abc import Sequence
from typing import Final

import msgspec

from betflow.errors import Finding
from betflow.exchange.times import epoch_ms
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.ahead import AheadFeed
from betflow.sandbox.feed.making import Order
from betflow.sandbox.feed.schedule import FIRST_OFF, LONGEST_GAP
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.listings import Listing

ANY_DAY: Final = epoch_ms("2026-07-04")
"""The day that is made up, whatever day it is: what happens in the sandbox depends on the seed alone."""

_decode_lines = msgspec.json.Decoder(FeedChange | Listing, strict=False).decode_lines


class GeneratedFeed(AheadFeed):
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
        order = Order(programme, begins, first_off, longest_gap, days)
        super().__init__("betflow.sandbox.feed.making", msgspec.json.encode(order))

    @property
    def findings(self) -> Sequence[Finding]:
        """Nothing that is made up is damaged."""
        return ()

    def _take_in(self, content: bytes) -> bytes:
        whole, end, rest = content.rpartition(b"\n")
        if end:
            for each in _decode_lines(whole):
                if isinstance(each, Listing):
                    self._listings[each.market_id] = each
                else:
                    self._waiting.append(each)
        return rest
