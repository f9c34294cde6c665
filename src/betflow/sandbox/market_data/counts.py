"""
The operations that count markets: by sport, competition, event, type, country, venue and time.

Source: "listEventTypes" and its neighbours; recorded answers.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Final, TypeVar

from betflow.exchange.times import iso
from betflow.sandbox.market_data.filters import fitting
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.wire.catalogue import (
    CompetitionResult,
    CountryCodeResult,
    EventResult,
    EventTypeResult,
    ListCompetitions,
    ListCountries,
    ListEvents,
    ListEventTypes,
    ListMarketTypes,
    ListTimeRanges,
    ListVenues,
    MarketTypeResult,
    TimeRange,
    TimeRangeResult,
    VenueResult,
)
from betflow.wire.enums import TimeGranularity

_MINUTE: Final = 60_000
_LENGTHS: Final = {
    TimeGranularity.MINUTES: _MINUTE,
    TimeGranularity.HOURS: 60 * _MINUTE,
    TimeGranularity.DAYS: 24 * 60 * _MINUTE,
}
_REGIONS: Final = {
    "AT": "AUT", "AU": "AUS", "BE": "BEL", "BR": "BRA", "CA": "CAN", "CH": "CHE", "CN": "CHN", "CZ": "CZE",
    "DE": "DEU", "DK": "DNK", "ES": "ESP", "FI": "FIN", "FR": "FRA", "GB": "GBR", "GR": "GRC", "HU": "HUN",
    "IE": "IRL", "IN": "IND", "IT": "ITA", "JP": "JPN", "MX": "MEX", "NL": "NLD", "NO": "NOR", "NZ": "NZL",
    "PL": "POL", "PT": "PRT", "RO": "ROU", "RU": "RUS", "SE": "SWE", "TR": "TUR", "US": "USA", "ZA": "ZAF",
}  # fmt: skip
"""ISO 3166 codes of three letters by those of two, of the countries with most markets."""
_INTERNATIONAL: Final = "International"

Key = TypeVar("Key", bound=Hashable)


def list_event_types(markets: Markets, parameters: ListEventTypes) -> tuple[EventTypeResult, ...]:
    """Answer listEventTypes."""
    counted = _counted(fitting(markets, parameters.filter), lambda market: market.listing.event_type.id)
    return tuple(
        EventTypeResult(event_type=market.listing.event_type, market_count=count) for market, count in counted
    )


def list_competitions(markets: Markets, parameters: ListCompetitions) -> tuple[CompetitionResult, ...]:
    """Answer listCompetitions."""
    found = [market for market in fitting(markets, parameters.filter) if market.listing.competition]
    counted = _counted(found, lambda market: market.listing.competition and market.listing.competition.id)
    return tuple(
        CompetitionResult(
            competition=market.listing.competition,
            market_count=count,
            competition_region=_REGIONS.get(market.listing.event.country_code or "", _INTERNATIONAL),
        )
        for market, count in counted
    )


def list_events(markets: Markets, parameters: ListEvents) -> tuple[EventResult, ...]:
    """Answer listEvents."""
    counted = _counted(fitting(markets, parameters.filter), lambda market: market.listing.event.id)
    return tuple(EventResult(event=market.listing.event, market_count=count) for market, count in counted)


def list_market_types(markets: Markets, parameters: ListMarketTypes) -> tuple[MarketTypeResult, ...]:
    """Answer listMarketTypes."""
    types = Counter(market.definition.market_type for market in fitting(markets, parameters.filter))
    return tuple(MarketTypeResult(market_type=each, market_count=count) for each, count in types.items())


def list_countries(markets: Markets, parameters: ListCountries) -> tuple[CountryCodeResult, ...]:
    """Answer listCountries."""
    countries = Counter(market.listing.event.country_code for market in fitting(markets, parameters.filter))
    return tuple(
        CountryCodeResult(country_code=each, market_count=count) for each, count in countries.items()
    )


def list_venues(markets: Markets, parameters: ListVenues) -> tuple[VenueResult, ...]:
    """Answer listVenues: race tracks."""
    venues = Counter(market.listing.event.venue for market in fitting(markets, parameters.filter))
    return tuple(VenueResult(venue=each, market_count=count) for each, count in venues.items() if each)


def list_time_ranges(markets: Markets, parameters: ListTimeRanges) -> tuple[TimeRangeResult, ...]:
    """Answer listTimeRanges: days, hours or minutes (UTC) in which markets start, the earliest first."""
    length = _LENGTHS[parameters.granularity]
    begins = Counter(market.starts_at // length * length for market in fitting(markets, parameters.filter))
    return tuple(
        TimeRangeResult(time_range=TimeRange(from_=iso(each), to=iso(each + length)), market_count=count)
        for each, count in sorted(begins.items())
    )


def _counted(markets: Iterable[Market], key: Callable[[Market], Key]) -> list[tuple[Market, int]]:
    """Return the first market with each key, and how many have it."""
    firsts: dict[Key, Market] = {}
    counts: Counter[Key] = Counter()
    for market in markets:
        firsts.setdefault(key(market), market)
        counts[key(market)] += 1
    return [(market, counts[each]) for each, market in firsts.items()]
