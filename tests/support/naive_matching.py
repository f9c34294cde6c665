"""
Matching of plain LIMIT orders on one runner as the rules say it, in the simplest way that could be right.

One case at a time, every order looked at on every message, nothing remembered that a rule does not ask for.
It follows docs/explanation/matching.md, and shares no code with the engine. Where that page leaves two
readings (whether volume that matched our lays also pays off what our backs took before), it reads as the
engine does.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from betflow.exchange.matching.orders import Case
from betflow.wire.enums import Side

BACK, LAY = Side.BACK, Side.LAY


@dataclass(eq=False)
class NaiveOrder:
    """An order; sizes in pennies. `ahead`: what stands before it of what is displayed."""

    side: Side
    price: float
    remaining: int
    ahead: int = 0
    fills: list[tuple[float, int]] = field(default_factory=list)

    def match(self, price: float, size: int) -> None:
        """Match a part of it."""
        if size:
            self.remaining -= size
            self.fills.append((price, size))


class NaiveMatching:
    """
    One runner in one case.

    Attributes:
        shown: What is displayed, by the side of those who may take it, by price, in pennies.
        taken: What we took of it, likewise; `owed` is the part that has not traded since.
        resting: Our orders that wait, oldest first.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.shown: dict[Side, dict[float, int]] = {BACK: {}, LAY: {}}
        self.taken: dict[Side, defaultdict[float, int]] = {BACK: defaultdict(int), LAY: defaultdict(int)}
        self.owed: dict[Side, defaultdict[float, int]] = {BACK: defaultdict(int), LAY: defaultdict(int)}
        self.resting: list[NaiveOrder] = []

    def place(self, order: NaiveOrder) -> None:
        """Match an order with what is there, the best price first; the rest waits."""
        others = [each for each in self.resting if each.side is order.side.opposite]
        there = {price for price, size in self.shown[order.side].items() if size}
        there |= {each.price for each in others}
        for price in _best_first(order.side, [each for each in there if _reaches(order, each)]):
            self._take(order, price, price)
            for other in [each for each in others if each.price == price]:
                size = min(order.remaining, other.remaining)
                order.match(price, size)
                other.match(price, size)
        order.ahead = self._available(order.side.opposite, order.price)
        self._keep([*self.resting, order])

    def cancel(self, order: NaiveOrder, size: int | None) -> None:
        """Cancel an order, or a part of it."""
        order.remaining -= order.remaining if size is None else min(size, order.remaining)
        self._keep(self.resting)

    def message(self, shown: Mapping[Side, Mapping[float, int]], traded: Mapping[float, int]) -> None:
        """
        Let a message act: first what traded, then what is displayed.

        Args:
            shown: All that is displayed now.
            traded: Half of what was added to each price's volume.
        """
        left = dict(traded)
        for ours in (LAY, BACK):
            # Whoever takes what our orders offer is of the other side, and takes the best for him first.
            for price in _best_first(ours.opposite, traded):
                same = min(left[price], self.owed[ours][price])
                self.owed[ours][price] -= same
                left[price] -= self._trade(ours, price, left[price] - same)
        self._keep(self.resting)
        for side in (BACK, LAY):
            for price in {*self.shown[side], *shown[side]}:
                self._show(side, price, shown[side].get(price, 0), traded.get(price, 0))
            self.shown[side] = dict(shown[side])
        for side in (BACK, LAY):
            for price in _best_first(side, self.shown[side]):
                for order in self._queue(side):
                    if _reaches(order, price):
                        self._take(order, price, order.price)
        self._keep(self.resting)

    def first_image(self, shown: Mapping[Side, Mapping[float, int]]) -> None:
        """Let the first prices appear: orders from before stand behind them, in the best case not."""
        for order in self.resting:
            there = shown[order.side.opposite].get(order.price, 0)
            order.ahead = 0 if self.case is Case.BEST else there
        self.shown = {side: dict(sizes) for side, sizes in shown.items()}
        self.message(shown, {})

    def _available(self, side: Side, price: float) -> int:
        return max(0, self.shown[side].get(price, 0) - self.taken[side][price])

    def _take(self, order: NaiveOrder, price: float, at: float) -> None:
        size = min(order.remaining, self._available(order.side, price))
        for ours in self.resting:  # what stood before them is gone
            if ours.side is order.side.opposite and ours.price == price:
                ours.ahead = max(0, ours.ahead - size)
        self.taken[order.side][price] += size
        self.owed[order.side][price] += size
        order.match(at, size)

    def _queue(self, side: Side) -> list[NaiveOrder]:
        """Return our orders of a side, those first that are the best for who takes them, then the oldest."""
        ours = [order for order in self.resting if order.side is side and order.remaining]
        return sorted(ours, key=lambda order: -order.price * side.opposite.sign)

    def _trade(self, side: Side, price: float, volume: int) -> int:
        """Let volume match our orders of a side; return how much of it did, or went to what stood ahead."""
        left, passed = volume, 0
        for order in [order for order in self._queue(side) if _reaches(order, price)]:
            if order.price == price:
                ahead = max(0, min(left, order.ahead - passed))
                passed += ahead
                left -= ahead
            size = min(left, order.remaining)
            left -= size
            order.match(order.price, size)
        for order in self.resting:
            if order.side is side and order.price == price:
                order.ahead = max(0, order.ahead - passed)
        return volume - left

    def _show(self, side: Side, price: float, size: int, traded: int) -> None:
        before = max(0, self.shown[side].get(price, 0) - traded - self.taken[side][price])
        now = max(0, size - self.taken[side][price])
        for order in self.resting:
            if order.side is side.opposite and order.price == price:
                order.ahead = min(now, self._after_cancellations(order.ahead, before, now))
        if not size:
            self.taken[side][price] = 0
            if self.case is not Case.WORST:  # a trade may still be published for what was there
                self.owed[side][price] = 0

    def _after_cancellations(self, ahead: int, before: int, now: int) -> int:
        gone = max(0, before - now)
        if not gone or self.case is Case.WORST:
            return ahead
        if self.case is Case.BEST:
            return max(0, ahead - gone)
        return -(-ahead * now // before)

    def _keep(self, orders: list[NaiveOrder]) -> None:
        self.resting = [order for order in orders if order.remaining]


def _reaches(order: NaiveOrder, price: float) -> bool:
    """Say whether an offer, or a trade, at a price is as good as an order asks for, or better."""
    return price >= order.price if order.side is BACK else price <= order.price


def _best_first(takers: Side, prices: Mapping[float, int] | list[float]) -> list[float]:
    return sorted(prices, reverse=takers is BACK)
