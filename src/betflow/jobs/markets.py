"""``betflow markets``: what there is to bet on."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from betflow.betfair.reading import ReadingGateway
from betflow.errors import UsageError
from betflow.jobs.connecting import exchange_clock, open_connection
from betflow.jobs.market_search import AT_ONCE, CATALOGUE, Search, market_filter, parse_search
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.settings.discovery import SearchSettings
from betflow.tape.selection import listed
from betflow.wire.catalogue import ListMarketCatalogue, MarketCatalogue, MarketFilter, TimeRange
from betflow.wire.enums import MarketProjection, MarketSort

_EVERYTHING: Final = SearchSettings(event_types=(), countries=(), market_types=(), within=86_400)
"""What is looked for unless somebody asks for less: whatever begins within a day."""


@dataclass(frozen=True, slots=True)
class MarketsRequest:
    """
    Which markets to list; what is None does not matter, lists have commas.

    Attributes:
        event_types: Names or Betfair's numbers.
        within: How far ahead the scheduled off may be; a day unless it is given.
        text: In the name of the event; ``*`` stands for anything, but not at the beginning.
        in_play: Only markets that are in play, whenever they began.
        limit: At most this many.
    """

    event_types: str | None = None
    countries: str | None = None
    market_types: str | None = None
    venues: str | None = None
    within: str | None = None
    text: str | None = None
    in_play: bool = False
    limit: int = 50


def markets(request: MarketsRequest, context: RunContext) -> Outcome:
    """
    List markets that are open to bets, by their scheduled off.

    Raises:
        UsageError: the filter or the limit makes no sense.
        ConfigurationError: there is nothing to log in with.
        GatewayError: Betfair does not answer, or says no.
    """
    if not 1 <= request.limit <= AT_ONCE:
        raise UsageError(
            f"--limit is {request.limit}, and Betfair lists 1 to {AT_ONCE} markets at once.",
            advice="Look for fewer: --event-type, --country, --market-type, --within.",
        )
    search = parse_search(
        _EVERYTHING,
        event_types=request.event_types,
        countries=request.countries,
        market_types=request.market_types,
        within=request.within,
    )
    with open_connection(context.settings, clock=context.clock) as connection:
        wanted = _filter(request, search, exchange_clock(context.settings, connection, context.clock)())
        found = ReadingGateway(connection).list_market_catalogue(
            ListMarketCatalogue(
                filter=wanted,
                market_projection=(*CATALOGUE, MarketProjection.COMPETITION),
                sort=MarketSort.FIRST_TO_START,
                max_results=min(request.limit + 1, AT_ONCE),
            )
        )
    return Outcome(
        {
            "asked": msgspec.to_builtins(wanted),
            "markets": [_market(each) for each in found[: request.limit]],
            "more": len(found) >= min(request.limit + 1, AT_ONCE),
        },
        tuple(connection.findings),
    )


def _filter(request: MarketsRequest, search: Search, now_ms: int) -> MarketFilter:
    begins, ends = search.times(now_ms)
    wanted = msgspec.structs.replace(
        market_filter(search, begins, ends),
        venues=tuple(listed(request.venues)) or None,
        text_query=request.text,
    )
    if not request.in_play:
        return wanted
    return msgspec.structs.replace(wanted, in_play_only=True, market_start_time=TimeRange(to=ends))


def _market(market: MarketCatalogue) -> dict[str, Any]:
    event, description = market.event, market.description
    return {
        "market_id": market.market_id,
        "market_name": market.market_name,
        "market_type": description.market_type if description else None,
        "market_time": market.market_start_time,
        "event_type": market.event_type.name if market.event_type else None,
        "competition": market.competition.name if market.competition else None,
        "event_id": event.id if event else None,
        "event": event.name if event else None,
        "venue": event.venue if event else None,
        "country": event.country_code if event else None,
        "runners": len(market.runners) if market.runners is not None else None,
        "total_matched": market.total_matched,
        "bsp": description.bsp_market if description else None,
        "turns_in_play": description.turn_in_play_enabled if description else None,
    }
