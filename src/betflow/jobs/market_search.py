"""Looking for markets: which ones are meant, and what is asked of Betfair to see them."""

from dataclasses import dataclass
from typing import Any, Final

from betflow.betfair.planning import MAX_WEIGHT, catalogue_weight
from betflow.betfair.reading import ReadingGateway
from betflow.errors import Finding
from betflow.exchange.times import iso
from betflow.jobs.durations import duration_s
from betflow.settings.discovery import SearchSettings
from betflow.tape.selection import event_type_id, listed
from betflow.wire.book import ListMarketBook, PriceProjection
from betflow.wire.catalogue import ListMarketCatalogue, MarketFilter, TimeRange
from betflow.wire.enums import MarketProjection, MarketSort, PriceData

CATALOGUE: Final = (
    MarketProjection.EVENT,
    MarketProjection.EVENT_TYPE,
    MarketProjection.MARKET_START_TIME,
    MarketProjection.MARKET_DESCRIPTION,
    MarketProjection.RUNNER_DESCRIPTION,
)
"""What is asked of the catalogue: what `betflow.exchange.observed` takes from it."""

BEST_OFFERS: Final = PriceProjection(price_data=(PriceData.EX_BEST_OFFERS,), virtualise=True)
"""The best three prices of each side, with those of cross matching, as the website shows them."""

AT_ONCE: Final = MAX_WEIGHT // catalogue_weight(CATALOGUE)
"""How many markets one answer of the catalogue has."""

_ANY: Final = "all"
_LONGEST: Final = "366d"


@dataclass(frozen=True, slots=True)
class Search:
    """
    Which markets are looked for; an empty tuple stands for any.

    Attributes:
        event_types: Betfair's ids.
        within_s: How far ahead the scheduled off may be, in seconds.
        overdue_s: How long ago it may have been.
    """

    event_types: tuple[str, ...]
    countries: tuple[str, ...]
    market_types: tuple[str, ...]
    within_s: float
    overdue_s: float

    def times(self, moment: int) -> tuple[str, str]:
        """Return the first and the last scheduled off that are looked for, seen from a moment."""
        return iso(moment - round(self.overdue_s * 1000)), iso(moment + round(self.within_s * 1000))

    def body(self, moment: int) -> dict[str, Any]:
        """Return it for people and records."""
        first, last = self.times(moment)
        return {
            "event_types": list(self.event_types),
            "countries": list(self.countries),
            "market_types": list(self.market_types),
            "from": first,
            "to": last,
        }


def parse_search(
    settings: SearchSettings,
    *,
    event_types: str | None = None,
    countries: str | None = None,
    market_types: str | None = None,
    within: str | None = None,
) -> Search:
    """
    Return what is looked for: as the profile says, and what is typed instead.

    Args:
        settings: Of the profile.
        event_types: Names or numbers with commas; ``all`` for any.
        countries: Likewise, codes of two letters.
        market_types: Likewise, Betfair's codes.
        within: A duration.

    Raises:
        UsageError: an event type or a duration is none.
    """
    types = settings.event_types if event_types is None else _typed(event_types)
    return Search(
        event_types=tuple(dict.fromkeys(map(event_type_id, types))),
        countries=_upper(settings.countries if countries is None else _typed(countries)),
        market_types=_upper(settings.market_types if market_types is None else _typed(market_types)),
        within_s=settings.within if within is None else duration_s(within, "--within", most=_LONGEST),
        overdue_s=settings.overdue,
    )


def look_for(gateway: ReadingGateway, search: Search, moment: int) -> tuple[list[str], tuple[Finding, ...]]:
    """
    Find the markets, within Betfair's limits; return their ids, each once, by their scheduled off.

    An answer that is full is gone on behind: from the scheduled off of its last market. Where that leads
    nowhere, since so many markets begin at the same time, a finding says that there are more.
    """
    start, end = search.times(moment)
    found: dict[str, None] = {}
    while True:
        request = ListMarketCatalogue(
            filter=market_filter(search, start, end),
            market_projection=CATALOGUE,
            sort=MarketSort.FIRST_TO_START,
            max_results=AT_ONCE,
        )
        page = gateway.list_market_catalogue(request)
        known = len(found)
        found.update((market.market_id, None) for market in page)
        if len(page) < AT_ONCE:
            return list(found), ()
        start = max((market.market_start_time or start for market in page), default=start)
        if len(found) == known:
            return list(found), (_more(start),)


def read_books(gateway: ReadingGateway, market_ids: list[str]) -> None:
    """Ask for the books of markets, as many at once as Betfair allows; who keeps the answers has them."""
    if market_ids:
        gateway.list_market_book(ListMarketBook(market_ids=tuple(market_ids), price_projection=BEST_OFFERS))


def market_filter(search: Search, start: str, end: str) -> MarketFilter:
    """Return a search as Betfair takes it, between two scheduled offs."""
    return MarketFilter(
        event_type_ids=search.event_types or None,
        market_countries=search.countries or None,
        market_type_codes=search.market_types or None,
        market_start_time=TimeRange(from_=start, to=end),
    )


def _more(start: str) -> Finding:
    message = (
        f"More than {AT_ONCE} markets begin at {start}, and Betfair does not say which the others are. "
        "Look for fewer: --event-type, --country, --market-type."
    )
    return Finding("discover.more-markets", "listMarketCatalogue", message, {"start": start})


def _typed(text: str) -> tuple[str, ...]:
    return () if text.strip().casefold() == _ANY else tuple(listed(text))


def _upper(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.upper() for text in texts))
