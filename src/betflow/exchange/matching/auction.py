"""
Our resting orders in the auction at the off, see `betflow.exchange.auction`.

The recording shows what the auction traded at each price; nobody traded anything else meanwhile, since the
market is suspended. An order of ours whose price is better than the last one that was reached would have been
taken before that last one; at the last price the queue decides. Who took part at a price that was taken in
part is not published. What left such a price without having traded went to the starting price, as bets with
persistence MARKET_ON_CLOSE do, so the expected case takes it that all others there took part; the worst case
leaves it to the queue.

The rules and their evidence: docs/explanation/auction.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from betflow.exchange.assumptions import AuctionSize
from betflow.exchange.matching.levels import CASES, BookSide, Resting
from betflow.exchange.matching.market_orders import MarketOrders, WatchedRunner
from betflow.exchange.matching.orders import NOTHING, Amounts, Case, Doubt, Rule, amounts_of
from betflow.exchange.matching.showing import displayed, has_full_depth, pennies
from betflow.exchange.matching.steps import Step
from betflow.exchange.matching.traded import Traded
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import Side
from betflow.wire.stream import RunnerChange

_ENDLESS: Final = 10**15  # more pennies than were ever bet
_ROUNDING: Final = 1
"""Pennies by which half a published volume and a displayed size may differ."""


def collect_trades(ours: MarketOrders, changes: Sequence[RunnerChange]) -> None:
    """Take note of what the auction traded, in a change that is published while the market is suspended."""
    for change in changes:
        key: WatchedRunner = (change.id, change.hc) if change.hc else change.id
        traded = ours.traded.setdefault(key, Traded({}))
        volumes = ours.auctioned.setdefault(key, {})
        for price, size in change.trd or ():
            volume = traded.added(price, size)
            if volume:
                volumes[price] = volumes.get(price, 0) + volume


def hold_auction(ours: MarketOrders) -> None:
    """Match what rests with what the auction traded, on every runner."""
    for key, matching in list(ours.watched.items()):
        book = ours.market.book.runner(*key) if isinstance(key, tuple) else ours.market.book.runner(key)
        volumes = ours.auctioned.get(key)
        if book is None or not volumes:
            continue
        for side, other in ((matching.to_lay, matching.to_back), (matching.to_back, matching.to_lay)):
            if side.prices:
                _hold(ours, side, book, _without_owed(other, volumes))
    ours.auctioned.clear()


def _without_owed(other: BookSide, volumes: Mapping[float, int]) -> dict[float, list[int]]:
    """Return traded volumes, case by case, less those of offers on the other side that we took before."""
    left = {}
    for price, volume in volumes.items():
        taken_before = other.levels.get(price)
        same = taken_before.settle_owed([volume] * len(CASES)) if taken_before is not None else NOTHING
        left[price] = [volume - same[case] for case in CASES]
    return left


def _hold(ours: MarketOrders, side: BookSide, book: RunnerBook, left: dict[float, list[int]]) -> None:
    """
    Match what rests on one side of a runner, the best price first.

    Args:
        ours: Our orders in the market.
        side: Where they rest.
        book: The runner's book after the auction.
        left: What was taken at each price and is not ours yet, case by case; changed on the way.
    """
    reached = [price for price in left if any(left[price])]
    if not reached:
        return
    last = min(reached) if side.takers is Side.BACK else max(reached)
    traded = {price: left[price][Case.EXPECTED] for price in left}
    sizes = displayed(book, side.takers) if has_full_depth(book) else {}
    for price in reversed(list(side.prices)):
        if side.is_better(last, price):
            break
        level, taken = side.levels[price], traded.get(price, 0)
        gone = level.shown - pennies(sizes.get(price, 0.0))
        at = _AtPrice(
            price=price,
            shown=level.shown,
            taken=taken,
            untraded=max(0, gone - taken) if sizes else 0,
            is_last=price == last,
        )
        for resting in list(level.resting.values()):
            behind = [each for each in left if side.is_better(price, each)]
            if ours.assumptions.auction_size is AuctionSize.DISPLACES:
                amounts = _amounts(resting, at, left, sorted(behind, reverse=side.takers is Side.LAY))
            else:
                amounts = _amounts(resting, at, _endless(left, at, behind), behind)
            if any(amounts):
                _record(ours, resting, amounts, at, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtPrice:
    """
    What the auction did at a price of ours, in pennies.

    Attributes:
        price: The price.
        shown: What was displayed there before.
        taken: What was taken there.
        untraded: What left it without having traded; 0 where nothing is displayed on this side any more, so
            that it may just as well have been cancelled.
        is_last: Whether it is the last price that was reached.
    """

    price: float
    shown: int
    taken: int
    untraded: int
    is_last: bool

    @property
    def is_doubtful(self) -> bool:
        """Whether somebody at a price that was reached, and is not the last, did not take part."""
        return self.taken < self.shown - _ROUNDING and not self.is_last

    @property
    def is_explained(self) -> bool:
        """Whether all who did not take part went to the starting price."""
        return self.taken + self.untraded >= self.shown - _ROUNDING

    def ahead(self, ahead: int, case: Case) -> int:
        """Return how much of those who took part stood ahead of an order, of all who stood there."""
        if case is Case.WORST or not self.untraded:
            return ahead
        if case is Case.BEST:
            return max(0, ahead - self.untraded)
        return -(-ahead * (self.shown - self.untraded) // self.shown)


def _amounts(
    resting: Resting, at: _AtPrice, left: dict[float, list[int]], behind: Sequence[float]
) -> Amounts:
    """
    Return how much of an order is matched, and take it from what is left of those behind it.

    Args:
        resting: The order in its queue.
        at: What happened at its price.
        left: What was taken at each price and is not ours yet.
        behind: The prices behind its own, the one that was reached last first.
    """
    amounts = []
    for case in CASES:
        remaining = resting.order.remaining[case]
        here = left[at.price][case] if at.price in left else 0
        queued = max(0, here - at.ahead(resting.ahead[case], case))
        reached = queued + sum(left[price][case] for price in behind)
        if at.is_doubtful:
            reached = _doubtful(at, case, queued, min(reached, remaining))
        amounts.append(min(remaining, reached))
        _displace(left, (*behind, at.price), case, amounts[case])
    return amounts_of(amounts)


def _doubtful(at: _AtPrice, case: Case, queued: int, reached: int) -> int:
    """Return how much of an order is matched where some at its price did not take part."""
    if case is Case.WORST:
        return queued
    if case is Case.BEST or at.is_explained:
        return max(queued, reached)
    return max(queued, reached * at.taken // at.shown)


def _displace(left: dict[float, list[int]], prices: Sequence[float], case: Case, amount: int) -> None:
    """Take an amount from what was taken at prices, in their order."""
    for price in prices:
        if amount and price in left:
            displaced = min(amount, left[price][case])
            left[price][case] -= displaced
            amount -= displaced


def _endless(
    left: Mapping[float, list[int]], at: _AtPrice, behind: Sequence[float]
) -> dict[float, list[int]]:
    """Return what was taken, with no end of it behind a price: an order there displaces nobody."""
    return {
        price: [_ENDLESS] * len(CASES) if price in behind else list(volumes)
        for price, volumes in left.items()
        if price in behind or price == at.price
    }


def _record(ours: MarketOrders, resting: Resting, amounts: Amounts, at: _AtPrice, last: float) -> None:
    resting.order.match(amounts)
    facts = (
        ("traded", at.taken),
        ("displayed", at.shown),
        ("ahead", resting.ahead[Case.EXPECTED]),
        ("last price", last),
    )
    doubts = ours.doubts.of_match(ours.market.book)
    if at.is_doubtful:
        doubts = (*doubts, Doubt.PARTICIPATION)
    ours.record([Step(resting.order, at.price, amounts, Rule.AUCTION, facts)], doubts)
