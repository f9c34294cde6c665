"""
The navigation menu: all markets that are not closed, as a tree.

Today's races stand in it as races, what else there is by country or competition and event, as Betfair has it.

Source: "Navigation Data For Applications"; a recorded answer.
"""

import re
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final
from zlib import crc32

from betflow.exchange.times import iso
from betflow.sandbox.listings import RACING
from betflow.sandbox.market_data.filters import fitting
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.sandbox.market_data.races import Race, races
from betflow.wire.catalogue import MarketFilter
from betflow.wire.navigation import NavigationNode

_EXCHANGE: Final = "1"
_GROUPS: Final = {"AU": "AUS", "FR": "FRA", "IE": "IRE", "NZ": "NZL", "US": "USA", "ZA": "RSA"}
"""What groups of meetings are called, by country; others by their code."""
_RACE_NUMBER: Final = re.compile(r"R\d+(?= )")
_DAY: Final = len("2026-07-04")


def navigation_menu(markets: Markets) -> NavigationNode:
    """Return the root of the menu."""
    sports: dict[str, list[Market]] = {}
    for market in fitting(markets, MarketFilter()):
        sports.setdefault(market.listing.event_type.id or "", []).append(market)
    children = [_sport(of_it, today=iso(markets.now)[:_DAY]) for of_it in sports.values()]
    # A list, since it is there also when it is empty.
    return NavigationNode(type="GROUP", name="ROOT", id=0, children=list(_by_name(children)))


def _sport(markets: Sequence[Market], *, today: str) -> NavigationNode:
    sport = markets[0].listing.event_type
    of_today = [each for each in markets if sport.id in RACING and iso(each.starts_at)[:_DAY] == today]
    others = [each for each in markets if each not in of_today]
    return NavigationNode(
        type="EVENT_TYPE",
        name=sport.name or "",
        id=sport.id,
        children=(*_groups(others), *map(_race, races(of_today))),
    )


def _groups(markets: Iterable[Market]) -> tuple[NavigationNode, ...]:
    """Return groups of events; events of no competition stand by themselves."""
    grouped: dict[str, list[Market]] = {}
    for market in markets:
        grouped.setdefault(_group(market), []).append(market)
    alone = _events(grouped.pop("", []))
    groups = [
        NavigationNode(type="GROUP", name=name, id=_group_id(of_it[0], name), children=_events(of_it))
        for name, of_it in grouped.items()
    ]
    return (*alone, *_by_name(groups))


def _group(market: Market) -> str:
    listing = market.listing
    if listing.event_type.id in RACING:
        country = listing.event.country_code or ""
        return _GROUPS.get(country, country)
    return (listing.competition.name if listing.competition else None) or ""


def _group_id(market: Market, name: str) -> str:
    """Number a group: its id is none of Betfair's, but the same each time."""
    return str(1_500_000_000 + crc32(f"{market.listing.event_type.id} {name}".encode()) % 100_000_000)


def _events(markets: Iterable[Market]) -> tuple[NavigationNode, ...]:
    events: dict[str, list[Market]] = {}
    for market in markets:
        events.setdefault(market.listing.event.id or "", []).append(market)
    return _by_name(
        NavigationNode(
            type="EVENT",
            name=of_it[0].listing.event.name or "",
            id=event_id,
            country_code=of_it[0].listing.event.country_code,
            children=tuple(map(_market, of_it)),
        )
        for event_id, of_it in events.items()
    )


def _race(race: Race) -> NavigationNode:
    first = race.markets[0]
    number = _RACE_NUMBER.match(first.listing.market_name)
    return NavigationNode(
        type="RACE",
        name=first.listing.market_name,
        id=race.race_id,
        country_code=first.listing.event.country_code,
        venue=first.listing.event.venue,
        start_time=iso(first.starts_at),
        race_number=number[0] if number else None,
        children=tuple(map(_market, race.markets)),
    )


def _market(market: Market) -> NavigationNode:
    return NavigationNode(
        type="MARKET",
        name=market.listing.market_name,
        id=market.listing.market_id,
        exchange_id=_EXCHANGE,
        market_type=market.definition.market_type,
        market_start_time=iso(market.starts_at),
        number_of_winners=market.definition.number_of_winners or "",
    )


def _by_name(nodes: Iterable[NavigationNode]) -> tuple[NavigationNode, ...]:
    return tuple(sorted(nodes, key=attrgetter("name")))
