"""
How much data a call asks for; more than 200 in one call is too much.

Source: "Market Data Request Limits".
"""

from collections.abc import Collection
from typing import Final

from betflow.wire.book import PriceProjection
from betflow.wire.enums import MarketProjection, PriceData

DEFAULT_DEPTH: Final = 3
DEEPEST: Final = 10

_CATALOGUE: Final = {MarketProjection.MARKET_DESCRIPTION: 1, MarketProjection.RUNNER_METADATA: 1}
_NO_PRICES: Final = 2
_BEST: Final = 5
_ALL: Final = 17
_TRADED: Final = 17
_TOGETHER: Final = 2
"""What offers and traded volume together weigh less than each by itself."""
_STARTING_PRICES: Final = {PriceData.SP_AVAILABLE: 3, PriceData.SP_TRADED: 7}


def catalogue_weight(projections: Collection[MarketProjection] | None) -> int:
    """Return what each market that listMarketCatalogue answers with weighs."""
    return sum(_CATALOGUE.get(each, 0) for each in set(projections or ()))


def book_weight(projection: PriceProjection | None) -> float:
    """Return what each market asked of listMarketBook or listRunnerBook weighs."""
    wanted = set((projection.price_data if projection else None) or ())
    if not wanted:
        return _NO_PRICES
    weight: float = sum(_STARTING_PRICES.get(each, 0) for each in wanted)
    has_offers = not wanted.isdisjoint((PriceData.EX_ALL_OFFERS, PriceData.EX_BEST_OFFERS))
    if PriceData.EX_ALL_OFFERS in wanted:
        weight += _ALL
    elif PriceData.EX_BEST_OFFERS in wanted:
        weight += _BEST * depth_of(projection) / DEFAULT_DEPTH
    if PriceData.EX_TRADED in wanted:
        weight += _TRADED - (_TOGETHER if has_offers else 0)
    return weight


def depth_of(projection: PriceProjection | None) -> int:
    """Return how many of the best prices are asked for: 3 unless told, 10 at most."""
    overrides = projection.ex_best_offers_overrides if projection else None
    depth = overrides.best_prices_depth if overrides else None
    return min(DEFAULT_DEPTH if depth is None else depth, DEEPEST)
