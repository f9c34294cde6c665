"""
A runner's prices as traders look at them: one rung for each price, the highest on top.

A rung holds what is offered to back and to lay at its price, and what was traded there, both stakes counted.
All prices are there at which anything is, and those between the best two, at which nothing is. Sizes are as
published.
"""

from collections.abc import Iterator, Mapping

import msgspec

from betflow.exchange.prices import Ladder, PriceError
from betflow.exchange.snapshot import PriceSize, RunnerSnapshot


class Rung(msgspec.Struct, frozen=True, gc=False):
    """
    A price of the ladder; None where there is nothing of a kind.

    Attributes:
        to_back: The size that is offered to back.
        to_lay: The size that is offered to lay.
        traded: What was traded, both stakes counted.
        is_best_back: Whether it is the best price to back; likewise to lay.
        is_last: Whether it was the last that was traded.
    """

    price: float
    to_back: float | None
    to_lay: float | None
    traded: float | None
    is_best_back: bool
    is_best_lay: bool
    is_last: bool


def rungs(runner: RunnerSnapshot, ladder: Ladder | None, depth: int | None = None) -> tuple[Rung, ...]:
    """
    Return the rungs of a runner, the highest price first.

    Args:
        runner: As it stood.
        ladder: The prices of its market; None where nobody knows them.
        depth: Only so many prices of the ladder down from the best to back and up from the best to lay, those
            included at which nothing is; None for all prices at which anything is.
    """
    backs, lays, traded = (
        _sizes(offers) for offers in (runner.available_to_back, runner.available_to_lay, runner.traded)
    )
    best_back, best_lay = max(backs, default=None), min(lays, default=None)
    prices = {*backs, *lays, *traded, *_between(ladder, best_back, best_lay)}
    if depth is not None and ladder is not None:
        prices = _near(ladder, (best_back, best_lay, runner.last_price_traded), depth)
    return tuple(
        Rung(
            price=price,
            to_back=backs.get(price),
            to_lay=lays.get(price),
            traded=traded.get(price),
            is_best_back=price == best_back,
            is_best_lay=price == best_lay,
            is_last=price == runner.last_price_traded,
        )
        for price in sorted(prices, reverse=True)
    )


def _sizes(offers: tuple[PriceSize, ...]) -> Mapping[float, float]:
    return {each.price: each.size for each in offers}


def _between(ladder: Ladder | None, low: float | None, high: float | None) -> Iterator[float]:
    """Yield the prices of a ladder from one to another; none where one is missing, or they are not on it."""
    if ladder is None or low is None or high is None:
        return
    try:
        first, last = ladder.index(low), ladder.index(high)
    except PriceError:
        return
    yield from (float(ladder.price(index)) for index in range(first, last + 1))


def _near(ladder: Ladder, prices: tuple[float | None, float | None, float | None], depth: int) -> set[float]:
    """Return the prices around the best two; around the last traded one where nothing is offered."""
    best_back, best_lay, last = prices
    known = [each for each in (best_back, best_lay) if each is not None] or ([] if last is None else [last])
    if not known:
        return set()
    try:
        low, high = (ladder.index(ladder.nearest(each)) for each in (min(known), max(known)))
    except PriceError:
        return set()  # numbers that are no prices on any ladder
    reach = range(max(0, low - depth + 1), min(len(ladder), high + depth))
    return {float(ladder.price(index)) for index in reach}
