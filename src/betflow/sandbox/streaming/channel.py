"""
Changes in the order in which they came, for every subscription that sees them alike.

What subscriptions have in common is made once: what is taken of a change, and its text.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from betflow.sandbox.streaming.json_lines import market_change, order_change
from betflow.sandbox.streaming.log import Log
from betflow.sandbox.streaming.merging import merged_markets, merged_orders
from betflow.sandbox.streaming.tokens import clk_of
from betflow.wire.stream import MarketChange, OrderMarketChange

Change = TypeVar("Change", bound=MarketChange | OrderMarketChange)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Change]):
    """
    What changes are about, and how they are written.

    Attributes:
        op: Their messages' `op`.
        key: What the list of them is called.
        encode: Writes one as JSON.
        decode: Reads what was written.
        merge: Puts several of one market together.
    """

    op: str
    key: str
    encode: Callable[[Change], bytes]
    decode: Callable[[bytes], Change]
    merge: Callable[[Sequence[Change]], Change]


MARKETS: Kind[MarketChange] = Kind(
    "mcm", "mc", market_change, msgspec.json.Decoder(MarketChange, strict=False).decode, merged_markets
)
ORDERS: Kind[OrderMarketChange] = Kind(
    "ocm", "oc", order_change, msgspec.json.Decoder(OrderMarketChange).decode, merged_orders
)


class Entry(msgspec.Struct, Generic[Change], gc=False):
    """
    A change in its place. Once it was written as JSON only that is kept, which is smaller.

    There are many of them and nothing in them leads back to them, so the collector need not look at them.

    Attributes:
        kind: What it is about.
        position: Its place among all changes, also those that this channel does not have.
        at: When it was published, epoch milliseconds.
        market_id: Of which market it is.
        taken: What is taken of the change, until it is written.
        written: The message of this change from its token on, as soon as somebody asked for it.
    """

    kind: Kind[Change]
    position: int
    at: int
    market_id: str
    taken: Change | None
    written: bytes = b""

    @property
    def change(self) -> Change:
        """What is taken of the change."""
        if self.taken is not None:
            return self.taken
        return self.kind.decode(self.written[self.written.index(b"[") + 1 : -len(b"]}")])

    def tail(self) -> bytes:
        """Return the message of this change from its token on."""
        if self.taken is not None:
            head = f'"clk":"{clk_of(self.position)}","pt":{self.at},"{self.kind.key}":['.encode()
            self.written = head + self.kind.encode(self.taken) + b"]}"
            self.taken = None
        return self.written


class Channel(Generic[Change]):
    """
    The changes as all subscriptions of one shape see them.

    Args:
        kind: What they are about.
        position: How many changes there were before it.
        keep: How many are kept for whoever is slow or comes back.

    Attributes:
        readers: How many subscriptions there are now.
        left_at: The position at which the last of them went.
    """

    def __init__(self, kind: Kind[Change], *, position: int, keep: int) -> None:
        self.kind = kind
        self.log: Log[Entry[Change]] = Log(keep)
        self._begins = position
        self.readers = 0
        self.left_at = position

    def add(self, position: int, at: int, change: Change) -> None:
        """Add a change."""
        self.log.append(Entry(self.kind, position, at, change.id, change))

    def knows(self, position: int, *, latest: int) -> bool:
        """Return whether everything after a position, the latest at most, is still here."""
        log = self.log
        begins = log[log.begin].position - 1 if log.begin else self._begins
        return begins <= position <= latest

    def after(self, position: int) -> int:
        """Return the number of the first entry after a position."""
        return self.log.begin + bisect_right(self.log.since(self.log.begin), position, key=_position)


def _position(entry: Entry[Change]) -> int:
    return entry.position
