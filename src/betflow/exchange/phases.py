"""
What was traded on one runner before and after the off.

The rules are told in `betflow.exchange.statistics`; a `RunnerAccount` keeps one runner's side of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from betflow.exchange.volumes import (
    Volumes,
    fold_volumes,
    hundredths,
    is_wobble,
    last_traded,
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
        last_price: The last of the last traded prices that were published in the phase; where none was, the
            last price at which volume grew in it.
        last_price_derived: Whether it is from the volumes; see `betflow.exchange.volumes.last_traded`.
        weighted_average_price: Each price weighted with its volume, six decimals; None without volumes.
        volume: One-sided; None where the tape has no volumes.
    """

    max_price: float | None
    min_price: float | None
    last_price: float | None
    last_price_derived: bool
    weighted_average_price: Decimal | None
    volume: Decimal | None


@dataclass(frozen=True, slots=True)
class _LastPrices:
    """The last traded prices that were published in one phase, and the price at which volume grew last."""

    highest: float | None = None
    lowest: float | None = None
    last: float | None = None
    grown: float | None = None

    def followed_by(self, later: "_LastPrices") -> "_LastPrices":
        both = [each for each in (self, later) if each.last is not None]
        return _LastPrices(
            highest=max((each.highest for each in both if each.highest is not None), default=None),
            lowest=min((each.lowest for each in both if each.lowest is not None), default=None),
            last=both[-1].last if both else None,
            grown=self.grown if later.grown is None else later.grown,
        )


class RunnerAccount:
    """
    What was traded on one runner.

    Args:
        is_after_off: The market is off already, as far as is known.
        begins_after_off: The tape begins after the off, so what an image brings may be from before.

    Attributes:
        volumes: All that was traded, by price; what was only taken away again is still in.
    """

    __slots__ = (
        "_at_off",
        "_before",
        "_begins_after_off",
        "_in_play",
        "_is_after_off",
        "_known_price",
        "_pre_play",
        "volumes",
    )

    def __init__(self, *, is_after_off: bool, begins_after_off: bool) -> None:
        self.volumes: Volumes = {}
        self._begins_after_off = begins_after_off
        self._is_after_off = is_after_off
        # What stood at the off, of the prices that changed since: a market is suspended often, and has many.
        self._at_off: Volumes = {}
        # The same, but it follows revaluations: in-play is what is above it.
        self._before: Volumes = {}
        self._pre_play = _LastPrices()
        self._in_play = _LastPrices()
        self._known_price: float | None = None

    def moves(self, traded: PriceSizes) -> Iterator[tuple[int, int]]:
        """Yield the volume at each price that a change of `trd` has, and that before it."""
        for price, size in traded:
            yield hundredths(size), self.volumes.get(price, 0)

    def trade(self, traded: PriceSizes, *, restart: bool, revalued: bool, middle: float | None) -> None:
        """
        Apply a change of `trd` that brings something.

        Args:
            traded: The change.
            restart: It begins an image: forget what was known.
            revalued: It comes with a revaluation: what only wobbles was not traded in this phase.
            middle: Between the best prices before it, see `betflow.exchange.volumes.last_traded`.
        """
        grown = [] if restart else self._grown(traded, revalued=revalued)
        if grown:
            self._note(_LastPrices(grown=last_traded(grown, middle)))
        if self._is_after_off:
            self._keep([price for price, _ in traded])
            if restart:
                self._keep(self.volumes)
            if revalued:
                self._follow_revaluation(traded)
        is_unattributed = restart and self._begins_after_off and not self.volumes
        if restart:
            self.volumes = {}
        fold_volumes(self.volumes, traded)
        if is_unattributed:
            self.divide()

    def _keep(self, prices: Iterable[float]) -> None:
        """Remember what stood at the off at prices that are about to change."""
        for price in prices:
            if price not in self._at_off:
                self._at_off[price] = self._before[price] = self.volumes.get(price, 0)

    def _follow_revaluation(self, traded: PriceSizes) -> None:
        for (price, _), (volume, before) in zip(traded, self.moves(traded), strict=True):
            if self._before[price] and is_wobble(volume, before):
                self._before[price] += volume - before

    def _grown(self, traded: PriceSizes, *, revalued: bool) -> list[float]:
        """Return the prices at which a change of `trd` shows a trade, as listed."""
        return [
            price
            for (price, _), (volume, before) in zip(traded, self.moves(traded), strict=True)
            if volume > before and not (revalued and is_wobble(volume, before))
        ]

    def publish(self, last_price: float, *, may_repeat: bool) -> None:
        """Note a last traded price; images and revaluations repeat what may have been traded long ago."""
        is_old = may_repeat and (
            last_price == self._known_price or (self._begins_after_off and self._known_price is None)
        )
        self._known_price = last_price
        if not is_old:
            self._note(_LastPrices(last_price, last_price, last_price))

    def _note(self, prices: _LastPrices) -> None:
        if self._is_after_off:
            self._in_play = self._in_play.followed_by(prices)
        else:
            self._pre_play = self._pre_play.followed_by(prices)

    def divide(self) -> None:
        """Begin the second phase: what comes from now on is in-play."""
        self._is_after_off = True
        self._at_off, self._before = {}, {}

    def reopen(self) -> None:
        """Take the second phase back: the market was not off."""
        self._is_after_off = False
        self._pre_play = self._pre_play.followed_by(self._in_play)
        self._in_play = _LastPrices()

    def begin_after_off(self) -> None:
        """Take what is known so far for neither phase: the tape begins after the off."""
        self._begins_after_off = True
        self.divide()
        self._pre_play = _LastPrices()
        self._in_play = _LastPrices()

    def unattributed(self) -> Decimal | None:
        """Return the volume of neither phase; None where the tape begins before the off."""
        return one_sided(sum(self._volumes_at_off().values())) if self._begins_after_off else None

    def pre_play(self, *, has_volumes: bool, is_off: bool) -> PhaseStatistics | None:
        """
        Return what was traded before the off; None where the tape begins after it.

        Args:
            has_volumes: The tape has volumes.
            is_off: The second phase is one for certain; else all that was traded is pre-play.
        """
        if self._begins_after_off:
            return None
        if is_off and self._is_after_off:
            return _statistics(self._volumes_at_off() if has_volumes else None, self._pre_play)
        return _statistics(self.volumes if has_volumes else None, self._pre_play.followed_by(self._in_play))

    def in_play(self, *, has_volumes: bool) -> PhaseStatistics:
        """Return what was traded after the off."""
        changed = {price: self.volumes.get(price, 0) for price in self._before}
        return _statistics(since(changed, self._before) if has_volumes else None, self._in_play)

    def _volumes_at_off(self) -> Volumes:
        return {price: volume for price, volume in (self.volumes | self._at_off).items() if volume}


def _statistics(volumes: Volumes | None, last_prices: _LastPrices) -> PhaseStatistics:
    if volumes is None:
        return PhaseStatistics(
            max_price=last_prices.highest,
            min_price=last_prices.lowest,
            last_price=last_prices.last,
            last_price_derived=False,
            weighted_average_price=None,
            volume=None,
        )
    return PhaseStatistics(
        max_price=max(volumes, default=None),
        min_price=min(volumes, default=None),
        last_price=last_prices.grown if last_prices.last is None else last_prices.last,
        last_price_derived=last_prices.last is None and last_prices.grown is not None,
        weighted_average_price=weighted_average_price(volumes),
        volume=one_sided(sum(volumes.values())),
    )
