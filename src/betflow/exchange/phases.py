"""
What was traded on one runner before and after the turn in play.

The rules are told in `betflow.exchange.statistics`; a `RunnerAccount` keeps one runner's side of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from betflow.exchange.volumes import (
    Volumes,
    fold_volumes,
    hundredths,
    is_wobble,
    one_sided,
    since,
    weighted_average_price,
)
from betflow.wire.stream import PriceSizes


@dataclass(frozen=True, slots=True)
class PhaseStatistics:
    """
    What was traded on a runner in one phase.

    Attributes:
        max_price: Highest price at which something was traded; from the published last prices where the
            tape has no volumes. None where nothing was.
        min_price: Lowest, likewise.
        last_price: The last of the last traded prices that were published in the phase.
        weighted_average_price: Each price weighted with its volume, six decimals; None without volumes.
        volume: One-sided; None where the tape has no volumes.
    """

    max_price: float | None
    min_price: float | None
    last_price: float | None
    weighted_average_price: Decimal | None
    volume: Decimal | None


class _LastPrices:
    """The last traded prices that were published in one phase."""

    __slots__ = ("highest", "last", "lowest")

    def __init__(self) -> None:
        self.highest: float | None = None
        self.lowest: float | None = None
        self.last: float | None = None

    def publish(self, price: float) -> None:
        self.last = price
        self.highest = price if self.highest is None else max(price, self.highest)
        self.lowest = price if self.lowest is None else min(price, self.lowest)


class RunnerAccount:
    """
    What was traded on one runner.

    Args:
        is_in_play: The market is in play already.
        begins_in_play: The tape begins in play, so what an image brings may be from before.

    Attributes:
        volumes: All that was traded, by price; what was only taken away again is still in.
    """

    __slots__ = ("_at_turn", "_before", "_begins_in_play", "_in_play", "_known_price", "_pre_play", "volumes")

    def __init__(self, *, is_in_play: bool, begins_in_play: bool) -> None:
        self.volumes: Volumes = {}
        self._begins_in_play = begins_in_play
        # In-play is what is above this; it follows revaluations, which what stood at the turn does not.
        self._before: Volumes | None = {} if is_in_play else None
        self._at_turn: Volumes = {}
        self._pre_play = _LastPrices()
        self._in_play = _LastPrices()
        self._known_price: float | None = None

    def moves(self, traded: PriceSizes) -> Iterator[tuple[int, int]]:
        """Yield the volume at each price that a change of `trd` has, and that before it."""
        for price, size in traded:
            yield hundredths(size), self.volumes.get(price, 0)

    def trade(self, traded: PriceSizes, *, restart: bool, revalued: bool) -> None:
        """
        Apply a change of `trd` that brings something.

        Args:
            traded: The change.
            restart: It begins an image: forget what was known.
            revalued: It comes with a revaluation: what only wobbles was not traded in this phase.
        """
        if revalued and self._before:
            for (price, _), (volume, before) in zip(traded, self.moves(traded), strict=True):
                if price in self._before and is_wobble(volume, before):
                    self._before[price] += volume - before
        is_unattributed = restart and self._begins_in_play and not self.volumes
        if restart:
            self.volumes = {}
        fold_volumes(self.volumes, traded)
        if is_unattributed:
            self.turn_in_play()

    def publish(self, last_price: float, *, is_image: bool) -> None:
        """Note a last traded price; an image only repeats what may have been traded long ago."""
        is_old = is_image and (
            last_price == self._known_price or (self._begins_in_play and self._known_price is None)
        )
        self._known_price = last_price
        if not is_old:
            (self._pre_play if self._before is None else self._in_play).publish(last_price)

    def turn_in_play(self) -> None:
        """Begin the second phase: what comes from now on is in-play."""
        self._before = dict(self.volumes)
        self._at_turn = dict(self.volumes)

    def begin_in_play(self) -> None:
        """Take what is known so far for neither phase: the tape begins in play."""
        self._begins_in_play = True
        self.turn_in_play()
        self._pre_play = _LastPrices()
        self._in_play = _LastPrices()

    def unattributed(self) -> Decimal | None:
        """Return the volume of neither phase; None where the tape begins before the turn in play."""
        return one_sided(sum(self._at_turn.values())) if self._begins_in_play else None

    def pre_play(self, *, has_volumes: bool) -> PhaseStatistics | None:
        """Return what was traded before the turn in play; None where the tape begins after it."""
        if self._begins_in_play:
            return None
        volumes = self.volumes if self._before is None else self._at_turn
        return _statistics(volumes if has_volumes else None, self._pre_play)

    def in_play(self, *, has_volumes: bool) -> PhaseStatistics | None:
        """Return what was traded after the turn in play; None where the market did not turn."""
        if self._before is None:
            return None
        return _statistics(since(self.volumes, self._before) if has_volumes else None, self._in_play)


def _statistics(volumes: Volumes | None, last_prices: _LastPrices) -> PhaseStatistics:
    if volumes is None:
        return PhaseStatistics(last_prices.highest, last_prices.lowest, last_prices.last, None, None)
    return PhaseStatistics(
        max_price=max(volumes, default=None),
        min_price=min(volumes, default=None),
        last_price=last_prices.last,
        weighted_average_price=weighted_average_price(volumes),
        volume=one_sided(sum(volumes.values())),
    )
