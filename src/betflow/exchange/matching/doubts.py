"""Why a recording may not show all that mattered to a match."""

from dataclasses import replace

from betflow.exchange.book import MarketBook
from betflow.exchange.matching.orders import Doubt, Order


class Doubts:
    """
    What may be doubted in one market.

    Attributes:
        is_late: Whether Betfair says that data may be late or incomplete.
        has_gap: Whether the latest change was an image in mid-stream: something before it may be missing.
        recent: Fills since the latest change, as order and index.
    """

    __slots__ = ("_is_incomplete", "has_gap", "is_late", "recent")

    def __init__(self) -> None:
        self.is_late = False
        self.has_gap = False
        self.recent: list[tuple[Order, int]] = []
        self._is_incomplete = False  # a change was lost, and no image has come since

    def settle_recent(self) -> None:
        """Take note that a change came: what was matched before it is doubted where that change has a gap."""
        if self.has_gap:
            self._doubt_recent()
        self.recent.clear()

    def note_image(self) -> None:
        """Take note of an image: what was lost before it matters no more."""
        self._is_incomplete = False

    def note_loss(self) -> None:
        """Take note that a change may be missing from the recording: until an image, nothing is sure."""
        self._is_incomplete = True
        self._doubt_recent()

    def of_match(self, book: MarketBook, *, arriving: bool = False) -> tuple[Doubt, ...]:
        """Return what may be doubted of a match: with the latest change, or with the book that it left."""
        marks = (
            (Doubt.CONFLATED, not arriving and book.conflated),
            (Doubt.LATE, self.is_late),
            (Doubt.GAP, self._is_incomplete or (self.has_gap and not arriving)),
        )
        return tuple(doubt for doubt, is_so in marks if is_so)

    def _doubt_recent(self) -> None:
        """Mark what was matched since the latest change: something before the next one may be missing."""
        for order, index in self.recent:
            fill = order.fills[index]
            if Doubt.GAP not in fill.doubts:
                order.fills[index] = replace(fill, doubts=(*fill.doubts, Doubt.GAP))
