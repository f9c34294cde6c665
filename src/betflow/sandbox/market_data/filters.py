"""
Which markets fit a MarketFilter: any of the values of a field, and all of the fields.

Source: "Betting Type Definitions" (MarketFilter); recorded answers.
"""

import re
from collections.abc import Callable, Collection
from typing import TypeAlias

from betflow.sandbox.exchange.ranges import span
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.catalogue import MarketFilter
from betflow.wire.enums import ServiceErrorCode

_EXCHANGE = "1"
_NO_RACE_TYPE = "NO_VALUE"

Test: TypeAlias = Callable[[Market], bool]


def fitting(markets: Markets, wanted: MarketFilter) -> list[Market]:
    """
    Return the markets that are not closed and fit, in the order of their rank.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA where the filter makes no sense.
    """
    tests = _tests(markets, wanted)
    fit = [market for market in markets.published() if all(test(market) for test in tests)]
    return sorted(fit, key=rank)


def rank(market: Market) -> tuple[object, ...]:
    """Return where a market stands unless somebody sorts: by sport, competition, start, kind and id."""
    listing, definition = market.listing, market.definition
    competition = listing.competition.id if listing.competition else None
    kinds = ("ODDS", "ASIAN", "LINE", "RANGE")
    kind = next((n for n, each in enumerate(kinds) if (definition.betting_type or "").startswith(each)), 9)
    return (
        _number(listing.event_type.id),
        _number(competition),
        market.starts_at,
        kind,
        _number(listing.market_id.rpartition(".")[2]),
        listing.market_id,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _tests(markets: Markets, wanted: MarketFilter) -> list[Test]:
    """Return what a market has to pass."""
    tests: list[Test] = []

    def one_of(values: Collection[str] | None, value: Callable[[Market], str | None]) -> None:
        if values:
            tests.append(lambda market: value(market) in values)

    def either(wish: bool | None, fact: Callable[[Market], bool | None]) -> None:  # noqa: FBT001 - a wish of three values
        if wish is not None:
            tests.append(lambda market: bool(fact(market)) is wish)

    one_of(wanted.exchange_ids, lambda _: _EXCHANGE)
    one_of(wanted.event_type_ids, lambda market: market.listing.event_type.id)
    one_of(wanted.event_ids, lambda market: market.listing.event.id)
    one_of(wanted.competition_ids, _competition)
    one_of(wanted.market_ids, lambda market: market.listing.market_id)
    one_of(wanted.venues, lambda market: market.listing.event.venue)
    one_of(wanted.market_betting_types, lambda market: market.definition.betting_type)
    one_of(wanted.market_countries, lambda market: market.listing.event.country_code)
    one_of(wanted.market_type_codes, lambda market: market.definition.market_type)
    one_of(wanted.race_types, lambda market: market.listing.description.race_type or _NO_RACE_TYPE)
    either(wanted.bsp_only, lambda market: market.definition.bsp_market)
    either(wanted.turn_in_play_enabled, lambda market: market.definition.turn_in_play_enabled)
    either(wanted.in_play_only, lambda market: market.definition.in_play)
    if wanted.market_start_time is not None:
        begins, ends = span(wanted.market_start_time)
        tests.append(lambda market: begins <= market.starts_at <= ends)
    if wanted.bet_delay_models:
        models = set(wanted.bet_delay_models)
        tests.append(lambda market: not models.isdisjoint(market.definition.bet_delay_models or ()))
    if wanted.with_orders:
        statuses = set(wanted.with_orders)
        tests.append(
            lambda market: any(
                each.order.status in statuses for each in markets.orders(market.listing.market_id)
            )
        )
    if wanted.text_query:
        tests.append(_mentions(wanted.text_query))
    return tests


def _competition(market: Market) -> str | None:
    return market.listing.competition.id if market.listing.competition else None


def _mentions(query: str) -> Test:
    """Look for a text in the names of event and sport; ``*`` is for anything, but not at the beginning."""
    if query.startswith("*"):
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, "textQuery must not begin with *")
    pattern = re.compile(".*".join(map(re.escape, query.split("*"))), re.IGNORECASE | re.DOTALL)

    def mentions(market: Market) -> bool:
        names = (market.listing.event.name, market.listing.event_type.name)
        return any(pattern.search(name) for name in names if name)

    return mentions
