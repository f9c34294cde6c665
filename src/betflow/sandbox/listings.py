"""
What a market is called and what kind it is: all that listMarketCatalogue tells of it.

The stream knows ids, the catalogue names. A listing is what the catalogue knows; how a market stands, and
times that change, are in its definition.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from betflow.exchange.times import epoch_ms
from betflow.sandbox.generator.names import date_in_names
from betflow.sandbox.market_rules import rules_of
from betflow.wire.catalogue import (
    Competition,
    Event,
    EventType,
    MarketCatalogue,
    MarketDescription,
    MarketLineRangeInfo,
    PriceLadderDescription,
    RunnerCatalog,
)
from betflow.wire.stream import MarketDefinition, RunnerDefinition

HORSE_RACING: Final = "7"
GREYHOUNDS: Final = "4339"
RACING: Final = frozenset({HORSE_RACING, GREYHOUNDS})
EVENT_TYPES: Final = {
    "1": "Soccer", "2": "Tennis", "3": "Golf", "4": "Cricket", "5": "Rugby Union", "6": "Boxing",
    HORSE_RACING: "Horse Racing", "8": "Motor Sport", "10": "Special Bets", "11": "Cycling",
    "1477": "Rugby League", "3503": "Darts", GREYHOUNDS: "Greyhound Racing", "6231": "Financial Bets",
    "6422": "Snooker", "6423": "American Football", "7511": "Baseball", "7522": "Basketball",
    "7524": "Ice Hockey", "61420": "Australian Rules", "468328": "Handball", "998917": "Volleyball",
    "2152880": "Gaelic Games", "2378961": "Politics", "26420387": "Mixed Martial Arts", "27454571": "Esports",
}  # fmt: skip
"""Betfair's sports by their ids."""

_MARKETS: Final = {
    "WIN": "Win",
    "PLACE": "To Be Placed",
    "EACH_WAY": "Each Way",
    "OVER_UNDER_25": "Over/Under 2.5 Goals",
}
_RUNNERS: Final = {58805: "The Draw", 47972: "Under 2.5 Goals", 47973: "Over 2.5 Goals"}
"""Selections that are the same in every match."""
_REGULATORS: Final = {"MR_INT": "GIBRALTAR REGULATOR"}
_NOWHERE: Final = "GB"
"""What Betfair says where it does not know the country."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """
    A market as it is listed, in the words of the catalogue.

    Attributes:
        market_id: Betfair's id.
        market_name: ``1m2f Hcap``, ``To Be Placed``.
        event: Its event: of a race, the meeting.
        event_type: Its sport.
        competition: Its competition; racing has none.
        runners: Handicaps, names and metadata, in the order of the card.
        description: Rules and the rest.
    """

    market_id: str
    market_name: str
    event: Event
    event_type: EventType
    competition: Competition | None = None
    runners: tuple[RunnerCatalog, ...]
    description: MarketDescription

    def runner(self, selection_id: int, handicap: float = 0.0) -> RunnerCatalog | None:
        """Return a runner, None where the market was not listed with it."""
        for runner in self.runners:
            if runner.selection_id == selection_id and runner.handicap == handicap:
                return runner
        return None


def listing_of(
    market_id: str,
    definition: MarketDefinition,
    *,
    names: MarketDefinition,
    catalogue: MarketCatalogue | None = None,
) -> Listing:
    """
    List a market by its definition.

    Args:
        market_id: Betfair's id.
        definition: As the live stream has it.
        names: A definition of the market that has names, as far as there is one. What has none is called by
            its type or its number.
        catalogue: What a recorder saved of the catalogue, which knows most; its times are not used.
    """
    listing = _by_definition(market_id, definition, names)
    return listing if catalogue is None else _with_catalogue(listing, catalogue)


def _with_catalogue(listing: Listing, catalogue: MarketCatalogue) -> Listing:
    runners = {(each.selection_id, each.handicap): each for each in catalogue.runners or ()}
    event, description = listing.event, listing.description
    if catalogue.event is not None:
        event = replace(catalogue.event, open_date=event.open_date)
    if catalogue.description is not None:
        description = replace(
            catalogue.description,
            market_time=description.market_time,
            suspend_time=description.suspend_time,
            settle_time=None,
        )
    return replace(
        listing,
        market_name=catalogue.market_name,
        event=event,
        event_type=catalogue.event_type or listing.event_type,
        competition=catalogue.competition or listing.competition,
        runners=tuple(runners.get((each.selection_id, each.handicap), each) for each in listing.runners),
        description=description,
    )


def _by_definition(market_id: str, definition: MarketDefinition, names: MarketDefinition) -> Listing:
    event_type_id = definition.event_type_id or ""
    competition = None
    if definition.competition_id:
        competition = Competition(id=definition.competition_id, name=definition.competition_name or "")
    named = {(each.id, each.hc or 0.0): each.name for each in names.runners or ()}
    return Listing(
        market_id=market_id,
        market_name=names.name or _market_name(definition),
        event=_event(definition, names.event_name),
        event_type=EventType(
            id=event_type_id, name=EVENT_TYPES.get(event_type_id, f"Event Type {event_type_id}")
        ),
        competition=competition,
        runners=tuple(
            _runner(each, named.get((each.id, each.hc or 0.0)), is_race=event_type_id in RACING)
            for each in definition.runners or ()
        ),
        description=description_of(definition),
    )


def description_of(definition: MarketDefinition) -> MarketDescription:
    """Describe a market by its definition."""
    regulator = next(iter(definition.regulators or ()), "MR_INT")
    ladder = definition.price_ladder_definition
    return MarketDescription(
        persistence_enabled=bool(definition.persistence_enabled),
        bsp_market=bool(definition.bsp_market),
        market_time=definition.market_time or "",
        suspend_time=definition.suspend_time or definition.market_time or "",
        betting_type=definition.betting_type or "ODDS",
        turn_in_play_enabled=bool(definition.turn_in_play_enabled),
        market_type=definition.market_type or "",
        regulator=_REGULATORS.get(regulator, "MALTA LOTTERIES AND GAMBLING AUTHORITY"),
        market_base_rate=definition.market_base_rate,
        discount_allowed=bool(definition.discount_allowed),
        wallet="UK wallet",
        rules=rules_of(definition),
        rules_has_date=True,
        each_way_divisor=definition.each_way_divisor,
        line_range_info=_line_range(definition),
        race_type=definition.race_type or None,
        price_ladder_description=PriceLadderDescription(type=(ladder and ladder.type) or "CLASSIC"),
        bet_delay_models=tuple(definition.bet_delay_models) if definition.bet_delay_models else None,
    )


def _event(definition: MarketDefinition, name: str | None) -> Event:
    return Event(
        id=definition.event_id or "",
        name=name or _event_name(definition),
        country_code=definition.country_code or _NOWHERE,
        timezone=definition.timezone or "GMT",
        venue=definition.venue,
        open_date=definition.open_date or definition.market_time,
    )


def _event_name(definition: MarketDefinition) -> str:
    moment = definition.open_date or definition.market_time
    if not definition.venue or not moment:
        return f"Event {definition.event_id}"
    try:
        return f"{definition.venue} {date_in_names(epoch_ms(moment))}"
    except ValueError:
        return definition.venue


def _market_name(definition: MarketDefinition) -> str:
    market_type = definition.market_type or ""
    return _MARKETS.get(market_type, market_type.replace("_", " ").title() or "Market")


def _runner(definition: RunnerDefinition, name: str | None, *, is_race: bool) -> RunnerCatalog:
    if not name:
        name = _RUNNERS.get(definition.id, f"Runner {definition.id}")
        if is_race and definition.sort_priority:
            name = f"{definition.sort_priority}. {name}"
    return RunnerCatalog(
        selection_id=definition.id,
        runner_name=name,
        handicap=definition.hc or 0.0,
        sort_priority=definition.sort_priority,
        metadata={"runnerId": str(definition.id)},
    )


def _line_range(definition: MarketDefinition) -> MarketLineRangeInfo | None:
    highest, lowest, step = definition.line_max_unit, definition.line_min_unit, definition.line_interval
    if highest is None or lowest is None or step is None:
        return None
    unit = (
        "Runs"
        if definition.event_type_id == "4"
        else "Goals"
        if definition.event_type_id == "1"
        else "Points"
    )
    return MarketLineRangeInfo(max_unit_value=highest, min_unit_value=lowest, interval=step, market_unit=unit)
