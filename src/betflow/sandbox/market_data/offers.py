"""
The best offers of a runner, rolled up: small sizes are shown together with those at the next worse price.

Source: "Betting Type Definitions" (ExBestOffersOverrides), "Betting Enums" (RollupModel).
"""

from typing import Final, TypeAlias

from betflow.exchange.currencies import minimums
from betflow.exchange.volumes import hundredths
from betflow.sandbox.market_data.weights import depth_of
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.book import ExBestOffersOverrides, PriceProjection, PriceSize
from betflow.wire.enums import RollupModel, ServiceErrorCode

Ladder: TypeAlias = list[tuple[float, float]]
"""Price and size, the best price first."""

_LEAST: Final = float(minimums("GBP").size)
"""The least that can be bet, in the exchange's own currency."""


def best_offers(ladder: Ladder, projection: PriceProjection | None) -> tuple[PriceSize, ...]:
    """
    Return the best offers of one side, as many as are asked for.

    Unless told otherwise, sizes are rolled up to the least that can be bet. What is left at the end, and is
    not enough for an entry of its own, is not shown.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA where the overrides make no sense.
    """
    overrides = (projection.ex_best_offers_overrides if projection else None) or ExBestOffersOverrides()
    depth = depth_of(projection)
    if depth < 1:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, "bestPricesDepth must be from 1 to 10")
    if overrides.rollup_model is RollupModel.NONE:
        shown = [(price, size) for price, size in ladder if size >= _LEAST]
    else:
        shown = _rolled_up(ladder, overrides)
    return tuple(PriceSize(price=price, size=size) for price, size in shown[:depth])


def _rolled_up(ladder: Ladder, overrides: ExBestOffersOverrides) -> Ladder:
    shown: Ladder = []
    waiting = 0
    for price, size in ladder:
        waiting += hundredths(size)
        if _is_enough(price, waiting / 100, overrides):
            shown.append((price, waiting / 100))
            waiting = 0
    return shown


def _is_enough(price: float, size: float, overrides: ExBestOffersOverrides) -> bool:
    """Say whether a size reaches what sizes are rolled up to, at a price."""
    model = overrides.rollup_model
    # Without a model, a limit says nothing.
    limit = _LEAST if model is None or overrides.rollup_limit is None else float(overrides.rollup_limit)
    if model is RollupModel.PAYOUT:
        return price * size >= limit
    threshold = overrides.rollup_liability_threshold
    if model is RollupModel.MANAGED_LIABILITY and threshold is not None and price >= threshold:
        return (price - 1) * size >= limit * (overrides.rollup_liability_factor or 1)
    return size >= limit
