"""
listMarketCatalogue: what there is to bet on. Markets that are closed are not in it.

Source: "listMarketCatalogue"; recorded answers.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from betflow.sandbox.market_data.filters import fitting
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.catalogue import ListMarketCatalogue, MarketCatalogue, MarketDescription, RunnerCatalog
from betflow.wire.enums import MarketProjection, MarketSort, ServiceErrorCode

MOST_RESULTS: Final = 1000

_SORTS: Final[dict[MarketSort, tuple[Callable[[Market], Any], bool]]] = {
    MarketSort.MINIMUM_TRADED: (lambda market: market.book.total_matched or 0.0, False),
    MarketSort.MAXIMUM_TRADED: (lambda market: market.book.total_matched or 0.0, True),
    MarketSort.MINIMUM_AVAILABLE: (lambda market: market.total_available, False),
    MarketSort.MAXIMUM_AVAILABLE: (lambda market: market.total_available, True),
    MarketSort.FIRST_TO_START: (lambda market: market.starts_at, False),
    MarketSort.LAST_TO_START: (lambda market: market.starts_at, True),
}
"""What each sort looks at, and whether the largest comes first; markets that are equal stay in their rank."""


def list_market_catalogue(markets: Markets, parameters: ListMarketCatalogue) -> tuple[MarketCatalogue, ...]:
    """
    Answer listMarketCatalogue.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA where the filter makes no sense, or maxResults is not 1 to 1000.
    """
    if not 1 <= parameters.max_results <= MOST_RESULTS:
        details = f"maxResults must be from 1 to {MOST_RESULTS}"
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, details)
    found = fitting(markets, parameters.filter)
    if parameters.sort is not None:
        key, is_largest_first = _SORTS[parameters.sort]
        found.sort(key=key, reverse=is_largest_first)
    projections = frozenset(parameters.market_projection or ())
    return tuple(_listed(market, projections) for market in found[: parameters.max_results])


def _listed(market: Market, projections: frozenset[MarketProjection]) -> MarketCatalogue:
    listing = market.listing

    def wants(*either: MarketProjection) -> bool:
        return not projections.isdisjoint(either)

    return MarketCatalogue(
        market_id=listing.market_id,
        market_name=listing.market_name,
        total_matched=market.book.total_matched or 0.0,
        market_start_time=(
            market.definition.market_time if wants(MarketProjection.MARKET_START_TIME) else None
        ),
        description=_description(market) if wants(MarketProjection.MARKET_DESCRIPTION) else None,
        runners=(
            _runners(market, has_metadata=wants(MarketProjection.RUNNER_METADATA))
            if wants(MarketProjection.RUNNER_DESCRIPTION, MarketProjection.RUNNER_METADATA)
            else None
        ),
        event_type=listing.event_type if wants(MarketProjection.EVENT_TYPE) else None,
        competition=listing.competition if wants(MarketProjection.COMPETITION) else None,
        event=listing.event if wants(MarketProjection.EVENT) else None,
    )


def _description(market: Market) -> MarketDescription:
    """Return the description with what changes in the course of a market as it is now."""
    definition = market.definition
    return replace(
        market.listing.description,
        market_time=definition.market_time or "",
        suspend_time=definition.suspend_time or definition.market_time or "",
    )


def _runners(market: Market, *, has_metadata: bool) -> tuple[RunnerCatalog, ...]:
    """Return the runners of the definition: some come in later than the listing, and have no name in it."""
    runners = []
    for defined in market.definition.runners or ():
        runner = market.listing.runner(defined.id, defined.hc or 0.0) or RunnerCatalog(
            selection_id=defined.id,
            runner_name=f"Runner {defined.id}",
            handicap=defined.hc or 0.0,
            sort_priority=defined.sort_priority,
            metadata={"runnerId": str(defined.id)},
        )
        runners.append(runner if has_metadata else replace(runner, metadata=None))
    return tuple(runners)
