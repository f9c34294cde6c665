"""What waits for its moment: requests on their way, and orders in the bet delay."""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf


@dataclass(order=True, slots=True)
class Due:
    """
    Something that acts at a moment; what was scheduled first acts first.

    Attributes:
        at: When, epoch milliseconds.
        sequence: Which of those at one moment.
        act: Does it.
        market_id: Where.
        lapse: Does what happens instead if the market is suspended before; None for what it does not concern.
    """

    at: int
    sequence: int
    act: Callable[[], None] = field(compare=False)
    market_id: str = field(compare=False)
    lapse: Callable[[], None] | None = field(compare=False, default=None)


class Agenda:
    """What waits for its moment, the earliest first."""

    __slots__ = ("_scheduled", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[Due] = []
        self._scheduled = 0

    def __bool__(self) -> bool:
        """Say whether anything waits."""
        return bool(self._waiting)

    @property
    def next_at(self) -> float:
        """When the next thing acts, epoch milliseconds; infinite while nothing waits."""
        return self._waiting[0].at if self._waiting else inf

    def schedule(
        self, at: int, market_id: str, act: Callable[[], None], lapse: Callable[[], None] | None = None
    ) -> None:
        """Have something act at a moment, or lapse if the market is suspended before."""
        self._scheduled += 1
        heappush(self._waiting, Due(at, self._scheduled, act, market_id, lapse))

    def pop(self) -> Due:
        """Take out what acts next."""
        return heappop(self._waiting)

    def lapse(self, market_id: str) -> None:
        """End what waits in a market that is no longer open, as far as that concerns it."""
        lapsing = [due for due in self._waiting if due.market_id == market_id and due.lapse is not None]
        if not lapsing:
            return
        self._waiting = [due for due in self._waiting if due.market_id != market_id or due.lapse is None]
        heapify(self._waiting)
        for due in sorted(lapsing):
            if due.lapse is not None:
                due.lapse()
