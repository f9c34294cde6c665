"""
The auction at the off: what the starting price (BSP) is, and which bets it matches.

Backers bring stakes, layers bring liabilities, each with or without a limit. At a price P a stake S needs a
liability of S × (P - 1). Where the two sides balance between the best prices of the exchange, that is the
starting price. Where they do not, the side with money left over takes the resting exchange bets of the other
side, best price first, each at its own price, the last level in part. The starting price is then the average
of those trades, weighted by volume: only so does the money balance, since whoever bets at the starting price
gets that one price.

With E pennies taken from resting backs at an average of P, the layers' liabilities L and the backers' stakes
B balance where ``L / (P - 1) == B + E``; with F pennies taken from resting lays, where
``L / (P - 1) + F == B``. Recorded tapes show both to the penny; see docs/explanation/auction.md.

An unmatched LIMIT bet that takes the starting price (persistence MARKET_ON_CLOSE) is one of those who bet at
it, whatever its own price: a back with its stake, a lay with its liability. All other unmatched LIMIT bets
rest.

Sources: recorded tapes; "Betfair Starting Price Betting" (far and near price).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf, isnan, nan
from typing import TypeAlias

from betflow.wire.enums import MarketStatus, Side
from betflow.wire.stream import MarketDefinition

Bid: TypeAlias = tuple[float, int]
"""A price or limit, and pennies."""


@dataclass(frozen=True, slots=True)
class Auction:
    """
    What an auction came to.

    Attributes:
        price: The starting price, not rounded to a ladder; NaN where nobody bet at it, 1.0 where nobody lays
            and infinite where nobody backs.
        stake: What is matched of the stakes at the starting price, in pennies.
        liability: What is matched of the liabilities at the starting price, in pennies.
        taken: The exchange bets that were matched: price and backer's stake in pennies, in the order in which
            they were taken; each price once.
        side: Of those bets; None where none was taken.
    """

    price: float
    stake: int
    liability: int
    taken: tuple[Bid, ...] = ()
    side: Side | None = None


def hold(
    backs: Iterable[Bid], lays: Iterable[Bid], resting_backs: Iterable[Bid], resting_lays: Iterable[Bid]
) -> Auction:
    """
    Hold the auction of one runner.

    Args:
        backs: Who back at the starting price: the least price each accepts, above 1, and the stake.
        lays: Who lay at it: the greatest price each accepts, and the liability.
        resting_backs: Unmatched exchange bets to back: price and size (`atl`).
        resting_lays: Unmatched exchange bets to lay: price and size (`atb`).
    """
    money = _Money(backs, lays)
    to_lay = sorted(each for each in resting_backs if each[1] > 0)
    to_back = sorted((each for each in resting_lays if each[1] > 0), reverse=True)
    if to_lay and money.missing(_winnings(to_lay[0][0]), 1) < 0:
        return _take(money, to_lay, Side.BACK)
    if to_back and money.missing(_winnings(to_back[0][0]), 1) > 0:
        return _take(money, to_back, Side.LAY)
    return money.alone()


def far_price(backs: Iterable[Bid], lays: Iterable[Bid]) -> float:
    """Return the projected starting price from the money at the starting price alone."""
    return _Money(backs, lays).alone().price


def is_auctions(before: MarketDefinition | None, definition: MarketDefinition | None) -> bool:
    """
    Say whether what a change trades is the auction's.

    Args:
        before: The definition before the change; None if it was the first.
        definition: The one that comes with the change, if one does.
    """
    if before is None or before.in_play or before.bsp_reconciled or not before.bsp_market:
        return False
    if definition is None:
        return before.status == MarketStatus.SUSPENDED
    if has_starting_prices(definition):
        return True
    return before.status == definition.status == MarketStatus.SUSPENDED


def has_starting_prices(definition: MarketDefinition) -> bool:
    """Say whether the auction was held: a removed runner's price, NaN, is none."""
    prices = (runner.bsp for runner in definition.runners or () if runner.bsp is not None)
    return bool(definition.bsp_reconciled) or not all(map(isnan, prices))


class _Money:
    """
    The money at the starting price.

    Prices are counted as winnings, hundredths above 1, and a price that is an average as a fraction, so that
    everything is whole numbers.
    """

    __slots__ = ("_back_limits", "_lay_limits", "_liabilities", "_stakes")

    def __init__(self, backs: Iterable[Bid], lays: Iterable[Bid]) -> None:
        self._back_limits, self._stakes = _cumulative(backs)
        self._lay_limits, self._liabilities = _cumulative(lays)

    def stakes(self, winnings: int, size: int) -> int:
        """Return the stakes of all who accept a price: winnings / size hundredths above 1."""
        return self._stakes[bisect_right(self._back_limits, winnings // size)]

    def liabilities(self, winnings: int, size: int) -> int:
        """Return the liabilities of all who accept a price."""
        return self._liabilities[-1] - self._liabilities[bisect_left(self._lay_limits, -(-winnings // size))]

    def missing(self, winnings: int, size: int) -> int:
        """Return how much more liability the stakes need at a price than there is, times 100 × size."""
        needed = self.stakes(winnings, size) * winnings
        return needed - 100 * size * self.liabilities(winnings, size)

    def alone(self) -> Auction:
        """Balance stakes and liabilities without the exchange."""
        if not self._stakes[-1] or not self._liabilities[-1]:
            return Auction(_one_sided(self._stakes[-1], self._liabilities[-1]), 0, 0)
        stake = 0
        for limit in sorted({*self._back_limits, *self._lay_limits}):
            liability = self.liabilities(limit, 1)
            # Below a limit and above the one before nobody comes or goes, so the price is a division.
            if stake * limit >= 100 * liability:
                return Auction(1 + liability / stake, stake, liability)
            stake = self.stakes(limit, 1)
            staying = self._liabilities[-1] - self._liabilities[bisect_right(self._lay_limits, limit)]
            if stake * limit >= 100 * staying:
                return self.matched(limit, 1, exchange=0)
        raise AssertionError("above all limits there is no liability left, so the last limit is met")

    def matched(
        self,
        winnings: int,
        size: int,
        *,
        exchange: int,
        taken: tuple[Bid, ...] = (),
        side: Side | None = None,
    ) -> Auction:
        """
        Match at a price; where somebody's limit is the price, the larger side in part.

        Args:
            winnings: Of the price, with *size*.
            size: See *winnings*.
            exchange: Liability that exchange bets bring, in hundredths of a penny; negative where they need
                it.
            taken: The exchange bets.
            side: Theirs.
        """
        price = 1 + winnings / (100 * size)
        stake, liability = self.stakes(winnings, size), self.liabilities(winnings, size)
        needed = _nearest(stake * winnings - exchange * size, 100 * size)
        if needed <= liability:
            return Auction(price, stake, max(0, needed), taken, side)
        covered = _nearest((100 * liability + exchange) * size, winnings)
        # What is taken of the exchange is whole pennies; a penny of stake is their rounding.
        stake = stake if stake - covered <= 1 else max(0, covered)
        return Auction(price, stake, liability, taken, side)


def _take(money: _Money, levels: Sequence[Bid], side: Side) -> Auction:
    """Let the side with money left over take exchange bets until both balance, or none is left."""
    sizes = list(accumulate((size for _, size in levels), initial=0))
    earned = list(accumulate((_winnings(price) * size for price, size in levels), initial=0))

    def winnings_of(size: int) -> int:
        level = min(bisect_right(sizes, size), len(levels)) - 1
        return earned[level] + _winnings(levels[level][0]) * (size - sizes[level])

    def is_enough(size: int) -> bool:
        winnings = winnings_of(size)
        missing = money.missing(winnings, size)
        return missing + winnings * size >= 0 if side is Side.BACK else missing <= winnings * size

    def balance(size: int) -> int:
        """Return the liability that the stakes need, or bring, in hundredths of a penny times *size*."""
        winnings = winnings_of(size)
        if side is Side.LAY:
            return money.stakes(winnings, size) * winnings - winnings * size
        return 100 * size * money.liabilities(winnings, size) - winnings * size

    size = _least(is_enough, sizes[-1])
    if (
        size > 1 and balance(size) < 0
    ):  # it takes the price beyond a limit, and nobody is left for the last penny
        size -= 1
    winnings = winnings_of(size)
    taken = tuple(
        (price, min(here, size - before))
        for (price, here), before in zip(levels, sizes, strict=False)
        if before < size
    )
    exchange = -winnings if side is Side.BACK else winnings
    return money.matched(winnings, size, exchange=exchange, taken=taken, side=side)


def _least(is_enough: Callable[[int], bool], most: int) -> int:
    """Return the least number from 1 on that is enough, or *most*; more is enough where less is."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        if is_enough(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _cumulative(bids: Iterable[Bid]) -> tuple[list[int], list[int]]:
    """Return the limits in order, as winnings, and the money below each: one entry more, from 0 to all."""
    ordered = sorted((_winnings(limit), size) for limit, size in bids if size > 0)
    return [limit for limit, _ in ordered], list(accumulate((size for _, size in ordered), initial=0))


def _winnings(price: float) -> int:
    """Return a price of a ladder as hundredths above 1."""
    return round(price * 100) - 100


def _one_sided(stakes: int, liabilities: int) -> float:
    if stakes == liabilities:
        return nan
    return inf if liabilities else 1.0


def _nearest(number: int, divisor: int) -> int:
    """Divide, and round half up."""
    return (2 * number + divisor) // (2 * divisor)
