"""
Races: the markets that are about the same one, and how it stands (listRaceDetails).

Source: "Race Status API"; "Navigation Data For Applications"; recorded answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from betflow.exchange.times import epoch_ms, iso
from betflow.sandbox.listings import GREYHOUNDS, RACING
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.wire.enums import MarketStatus
from betflow.wire.races import ListRaceDetails, RaceDetails

_COUNTRIES: Final = frozenset({"GB", "IE", "ZA"})
_OK: Final = "OK"
_NO_DATA: Final = "NO_LIVE_DATA_AVAILABLE"
_MINUTE: Final = 60_000
_HORSES_BEFORE: Final = (
    (12 * _MINUTE, "PARADING"),
    (6 * _MINUTE, "GOINGDOWN"),
    (2 * _MINUTE, "GOINGBEHIND"),
    (0, "ATTHEPOST"),
)
_GREYHOUNDS_BEFORE: Final = (
    (5 * _MINUTE, "PARADING"),
    (2 * _MINUTE, "APPROACHING"),
    (_MINUTE // 2, "GOINGINTRAPS"),
)
"""What is going on from so long before the scheduled off until the next, or until betting stops."""


@dataclass(frozen=True, slots=True)
class Race:
    """
    A race.

    Attributes:
        meeting_id: The event.
        race_id: Meeting and start, ``27247020.1115`` in UTC.
        markets: About it, the win market first if there is one.
    """

    meeting_id: str
    race_id: str
    markets: tuple[Market, ...]


def races(markets: Iterable[Market]) -> list[Race]:
    """Return the races that markets are about, the first to start first."""
    grouped: dict[tuple[int, str], list[Market]] = {}
    for market in markets:
        if market.listing.event_type.id in RACING:
            grouped.setdefault((market.starts_at, market.listing.event.id or ""), []).append(market)
    return [
        Race(
            meeting_id,
            f"{meeting_id}.{iso(starts_at)[11:16].replace(':', '')}",
            tuple(sorted(about_it, key=lambda market: market.definition.market_type != "WIN")),
        )
        for (starts_at, meeting_id), about_it in sorted(grouped.items(), key=lambda item: item[0])
    ]


def list_race_details(markets: Markets, parameters: ListRaceDetails) -> tuple[RaceDetails, ...]:
    """Answer listRaceDetails: races of some meetings, some races, or all; those that are over too."""
    everything = (market for each in markets.books if (market := markets.market(each)) is not None)
    known = [race for race in races(everything) if race.markets[0].listing.event.country_code in _COUNTRIES]
    meetings, wanted = set(parameters.meeting_ids or ()), set(parameters.race_ids or ())
    answers = [
        _details(race, markets.now)
        for race in known
        if not (meetings or wanted) or race.meeting_id in meetings or race.race_id in wanted
    ]
    unknown_meetings = meetings - {race.meeting_id for race in known}
    unknown_races = wanted - {race.race_id for race in known}
    answers += [RaceDetails(response_code=_NO_DATA, meeting_id=each) for each in sorted(unknown_meetings)]
    answers += [
        RaceDetails(response_code=_NO_DATA, meeting_id=each.partition(".")[0], race_id=each)
        for each in sorted(unknown_races)
    ]
    return tuple(answers)


def _details(race: Race, now: int) -> RaceDetails:
    status, since = _status(race.markets[0], now)
    return RaceDetails(
        response_code=_OK,
        meeting_id=race.meeting_id,
        race_id=race.race_id,
        race_status=status,
        last_updated=iso(min(since, now)),
    )


def _status(market: Market, now: int) -> tuple[str, int]:
    """Return how a race stands, as far as its market shows, and since when."""
    definition, book = market.definition, market.book
    is_greyhounds = market.listing.event_type.id == GREYHOUNDS
    if definition.status == MarketStatus.CLOSED:
        settled = epoch_ms(definition.settled_time) if definition.settled_time else book.publish_time
        return ("FINALRESULT" if is_greyhounds else "WEIGHEDIN"), settled
    if definition.in_play:
        is_over = definition.status == MarketStatus.SUSPENDED
        return ("FINISHED" if is_over else "OFF"), book.publish_time
    if definition.status == MarketStatus.SUSPENDED and now >= market.starts_at:
        return ("HARERUNNING" if is_greyhounds else "OFF"), book.publish_time
    status, since = "DORMANT", epoch_ms(definition.open_date) if definition.open_date else market.starts_at
    for before, state in _GREYHOUNDS_BEFORE if is_greyhounds else _HORSES_BEFORE:
        if now >= market.starts_at - before:
            status, since = state, market.starts_at - before
    return status, since
