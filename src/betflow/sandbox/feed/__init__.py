"""
Where the sandbox's markets come from: a made-up day (`generated`), or recorded tapes (`tapes`), as if now.

A feed gives the changes of all its markets in the order of time, each as a subscription of the live stream to
every field would bring it: the first of a market is an image, definitions have no names, the traded volume of
a runner is the sum of what was traded on it. Best offers by level are left out where there is full depth.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from betflow.errors import Finding
from betflow.sandbox.listings import Listing
from betflow.wire.stream import MarketChange


class FeedChange(NamedTuple):
    """
    A change of one market.

    Attributes:
        at: When it is published, in simulated time, epoch milliseconds. It never decreases over a feed.
        change: What changed.
    """

    at: int
    change: MarketChange


class Feed(Protocol):
    """
    The changes of all markets, in the order of time, and what the markets are called.

    Attributes:
        begins: The simulated time at which it starts, epoch milliseconds. What is published before is how
            the markets stand by then.
        findings: What of the source could not be read so far.
    """

    @property
    def begins(self) -> int: ...  # noqa: D102 - above
    @property
    def findings(self) -> Sequence[Finding]: ...  # noqa: D102 - above

    def take(self, until: int) -> Iterator[FeedChange]:
        """Yield what is published up to and at a moment, and was not taken yet."""
        ...

    def next_at(self) -> int | None:
        """Return when the next change is published; None when there is nothing more."""
        ...

    def listing(self, market_id: str) -> Listing | None:
        """Return what a market is; None for one of which no change was taken yet."""
        ...

    def close(self) -> None:
        """Let go of files and processes; nothing may be taken any more."""
        ...
