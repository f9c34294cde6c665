"""
What is displayed on one side of a runner's book, less what we took of it, and our orders that rest there.

Everything is in whole pennies and in three cases at once, see `betflow.exchange.matching.orders`.
"""

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from betflow.exchange.matching.orders import Amounts, Case, Order, amounts_of
from betflow.wire.enums import Side

_UNKNOWN = 10**15  # more pennies than were ever bet
CASES = (Case.WORST, Case.EXPECTED, Case.BEST)


@dataclass(slots=True, eq=False)
class Resting:
    """
    An order of ours that waits at a price.

    Attributes:
        order: The order.
        ahead: How much of what is displayed stands before it, case by case. Own orders do not count.
    """

    order: Order
    ahead: list[int]


@dataclass(frozen=True, slots=True)
class Matched:
    """
    What a step matched of an order that rested.

    Attributes:
        order: The order.
        price: Its own: whoever rests gets the price asked for.
        amounts: How much, case by case.
        ahead: What stood before it in the expected case.
    """

    order: Order
    price: float
    amounts: Amounts
    ahead: int


class Level:
    """
    One price on one side of a runner's book, where we have taken something or something of ours rests.

    Attributes:
        shown: What is displayed, in pennies.
        taken: What we took of it: gone for every later order of ours, until the level was empty once.
        owed: What we took and nobody is seen to have traded yet. When it does trade, it is the same money:
            it cannot match an order of ours again. A trade is mostly published with the message that
            empties the level; in the worst case it may come later.
        price: The price.
        resting: Our orders that wait here by bet id, oldest first.
    """

    __slots__ = ("_is_unseen", "owed", "price", "resting", "shown", "taken")

    def __init__(self, price: float, shown: int) -> None:
        self.price = price
        self.shown = shown
        self._is_unseen = False
        self.taken = [0, 0, 0]
        self.owed = [0, 0, 0]
        self.resting: dict[str, Resting] = {}

    def left_of(self, shown: int) -> Amounts:
        """Return what is left to take of what is displayed, case by case."""
        worst, expected, best = self.taken
        return max(0, shown - worst), max(0, shown - expected), max(0, shown - best)

    def take(self, amounts: Amounts) -> None:
        """Take of what is displayed, from the front of the queue."""
        for case in CASES:
            self.taken[case] += amounts[case]
            self.owed[case] += amounts[case]
            for resting in self.resting.values():
                resting.ahead[case] = max(0, resting.ahead[case] - amounts[case])

    def settle_owed(self, volumes: list[int]) -> Amounts:
        """Return how much of traded volumes is what we took before it traded; once, not again."""
        same = amounts_of([min(volumes[case], self.owed[case]) for case in CASES])
        for case in CASES:
            self.owed[case] -= same[case]
        return same

    def join(self, order: Order) -> None:
        """Let an order wait here, behind what is displayed now."""
        self.resting[order.bet_id] = Resting(order, list(self.left_of(self.shown)))

    def join_unseen(self, order: Order) -> None:
        """Let an order that joined wait behind whatever will be displayed here; in the best case not."""
        self.resting[order.bet_id].ahead = [_UNKNOWN, _UNKNOWN, 0]
        self._is_unseen = True

    def trade(self, volumes: list[int]) -> list[Matched]:
        """
        Let traded volume consume the queue from its front: what is displayed ahead, and our orders, in turn.

        Args:
            volumes: One-sided, case by case; what is used is taken out.
        """
        matched: list[Matched] = []
        passed = [0, 0, 0]  # how much of what is displayed is consumed
        for resting in self.resting.values():
            amounts = [0, 0, 0]
            ahead = resting.ahead[Case.EXPECTED]
            for case in CASES:
                volume = volumes[case]
                if not volume:
                    continue
                gap = min(volume, resting.ahead[case] - passed[case])
                if gap > 0:
                    passed[case] += gap
                    volume -= gap
                amounts[case] = min(volume, resting.order.remaining[case])
                volumes[case] = volume - amounts[case]
            if any(amounts):
                matched.append(self._match(resting.order, amounts, ahead))
        for resting in self.resting.values():
            for case in CASES:
                resting.ahead[case] = max(0, resting.ahead[case] - passed[case])
        return matched

    def match(self, volumes: list[int]) -> list[Matched]:
        """Match our orders here, oldest first, whatever is displayed ahead; what is used is taken out."""
        matched: list[Matched] = []
        for resting in self.resting.values():
            amounts = [min(volumes[case], resting.order.remaining[case]) for case in CASES]
            if any(amounts):
                for case in CASES:
                    volumes[case] -= amounts[case]
                matched.append(self._match(resting.order, amounts, resting.ahead[Case.EXPECTED]))
        return matched

    def _match(self, order: Order, amounts: list[int], ahead: int) -> Matched:
        exact = amounts_of(amounts)
        order.match(exact)
        return Matched(order, self.price, exact, ahead)

    def show(self, shown: int, traded: int = 0) -> None:
        """
        Take note of what is displayed now.

        What went without having been traded was cancelled. How much of that stood ahead of an order is not
        known: nothing in the worst case, all in the best, its share in the expected case. But never is more
        ahead than what is displayed. When nothing is displayed any more, what we took is forgotten: whatever
        comes next is new.

        Args:
            shown: In pennies.
            traded: How much of the difference was traded; one-sided.
        """
        if self.resting and (shown < self.shown or self._is_unseen):
            rest = max(0, self.shown - traded)
            for case in CASES:
                before = max(0, rest - self.taken[case])
                now = max(0, shown - self.taken[case])
                for resting in self.resting.values():
                    if resting.ahead[case]:
                        resting.ahead[case] = min(now, _ahead(resting.ahead[case], before, now, case))
        self._is_unseen = False
        self.shown = shown
        if not shown:
            self.taken = [0, 0, 0]
            self.owed = [self.owed[Case.WORST], 0, 0]

    @property
    def is_idle(self) -> bool:
        """Whether nothing of ours is here any more."""
        return not self.resting and not any(self.taken) and not any(self.owed)


def _ahead(ahead: int, before: int, now: int, case: Case) -> int:
    """Return what is ahead after *before* pennies became *now*, where that is fewer."""
    if now >= before or case is Case.WORST:
        return ahead
    if case is Case.BEST:
        return max(0, ahead - (before - now))
    return -(-ahead * now // before)


class BookSide:
    """
    One side of a runner's book: what is available to back or to lay, and our orders that offer it.

    Our lay orders rest where prices to back are displayed (whoever backs is matched with them), our back
    orders where prices to lay are.

    Attributes:
        takers: The side of those who take what is displayed here; ours that rest here are on the other.
        levels: The prices that concern us.
        prices: Where orders of ours rest, the best for a taker last.
    """

    __slots__ = ("_sign", "levels", "prices", "takers")

    def __init__(self, takers: Side) -> None:
        self.takers = takers
        self.levels: dict[float, Level] = {}
        self.prices: list[float] = []
        self._sign = takers.sign

    def level(self, price: float, shown: int) -> Level:
        """Return the level at a price, a new one where there is none yet."""
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = Level(price, shown)
        return level

    def join(self, order: Order, price: float, shown: int) -> Level:
        """Let an order wait at a price, behind what is displayed there."""
        level = self.level(price, shown)
        if not level.resting:
            insort(self.prices, price, key=self._rank)
        level.join(order)
        return level

    def leave(self, order: Order, price: float) -> None:
        """Take an order out of the queue at a price."""
        level = self.levels[price]
        del level.resting[order.bet_id]
        if not level.resting:
            self.prices.remove(price)
            self._forget_idle(price)

    def show(self, price: float, shown: int, traded: int = 0) -> None:
        """Take note of what is displayed at a price that concerns us."""
        self.levels[price].show(shown, traded)
        self._forget_idle(price)

    def is_better(self, price: float, than: float) -> bool:
        """Say whether a price is better than another for a taker: higher to back, lower to lay."""
        return (price - than) * self._sign > 0

    def beyond(self, price: float) -> list[float]:
        """Return the prices of ours that are better for a taker than *price*, the best first."""
        return self._own(lambda own: self.is_better(own, price))

    def reached(self, price: float) -> list[float]:
        """Return the prices of ours that an offer at *price* on the other side reaches, the best first."""
        return self._own(lambda own: not self.is_better(price, own))

    def _own(self, is_meant: Callable[[float], bool]) -> list[float]:
        return list(takewhile(is_meant, reversed(self.prices)))

    def _rank(self, price: float) -> float:
        return price * self._sign

    def _forget_idle(self, price: float) -> None:
        if self.levels[price].is_idle:
            del self.levels[price]
