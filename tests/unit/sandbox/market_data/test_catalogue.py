"""The catalogue and the operations that count: filters, order, and what is in an answer."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from betflow.exchange.times import iso
from betflow.sandbox.market_data import ANSWERS, AccountOrder, Market
from betflow.sandbox.market_data.catalogue import list_market_catalogue
from betflow.sandbox.market_data.filters import fitting
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire import operations as wire
from betflow.wire.book import Order
from betflow.wire.catalogue import ListMarketCatalogue, MarketCatalogue, MarketFilter
from betflow.wire.enums import MarketProjection, MarketSort
from sandbox_markets import BEGINS, ids, of_tapes, small_day
from tapes import tape


def wanted(**fields: Any) -> MarketFilter:  # noqa: ANN401 - as in JSON
    """Return a filter, written as JSON has it."""
    return msgspec.convert(fields, MarketFilter)


def catalogue(*projections: MarketProjection, **fields: Any) -> tuple[MarketCatalogue, ...]:  # noqa: ANN401 - likewise
    """Return the catalogue of the small day."""
    request = ListMarketCatalogue(max_results=1000, filter=wanted(**fields), market_projection=projections)
    return list_market_catalogue(small_day(), request)


def every_market() -> list[Market]:
    """Return the markets of the small day."""
    return fitting(small_day(), MarketFilter())


def own_values(market: Market) -> dict[str, Any]:
    """Return a filter of each field with the value that a market has."""
    listing, definition = market.listing, market.definition
    start = iso(market.starts_at)
    values = {
        "textQuery": listing.event.name,
        "exchangeIds": ["1"],
        "eventTypeIds": [listing.event_type.id],
        "eventIds": [listing.event.id],
        "competitionIds": [listing.competition.id] if listing.competition else None,
        "marketIds": [listing.market_id],
        "venues": [listing.event.venue] if listing.event.venue else None,
        "bspOnly": definition.bsp_market,
        "turnInPlayEnabled": definition.turn_in_play_enabled,
        "inPlayOnly": False,
        "marketBettingTypes": [definition.betting_type],
        "marketCountries": [listing.event.country_code],
        "marketTypeCodes": [definition.market_type],
        "marketStartTime": {"from": start, "to": start},
        "raceTypes": [definition.race_type or "NO_VALUE"],
    }
    return {name: value for name, value in values.items() if value is not None}


def test_a_market_fits_the_values_that_it_has() -> None:
    """A filter by what a market has keeps it: each field by itself, and all of them together."""
    for market in every_market():
        values = own_values(market)
        for name, value in values.items():
            assert market.listing.market_id in ids_of(wanted(**{name: value})), name
        assert [market.listing.market_id] == ids_of(wanted(**values))


def ids_of(filter_: MarketFilter) -> list[str]:
    """Return the ids of the markets that fit."""
    return [market.listing.market_id for market in fitting(small_day(), filter_)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("textQuery", "Nowhere"),
        ("exchangeIds", ["2"]),
        ("eventTypeIds", ["3"]),
        ("eventIds", ["1"]),
        ("competitionIds", ["1"]),
        ("marketIds", ["1.1"]),
        ("venues", ["Nowhere"]),
        ("inPlayOnly", True),
        ("marketBettingTypes", ["LINE"]),
        ("marketCountries", ["FR"]),
        ("marketTypeCodes", ["NONE"]),
        ("marketStartTime", {"to": iso(BEGINS)}),
        ("withOrders", ["EXECUTABLE"]),
        ("raceTypes", ["Bumper"]),
        ("betDelayModels", ["PASSIVE"]),
    ],
)
def test_a_filter_by_what_no_market_has_leaves_none(name: str, value: object) -> None:
    """Each field restricts by itself."""
    assert [] == ids_of(wanted(**{name: value}))


@pytest.mark.parametrize("name", ["bspOnly", "turnInPlayEnabled"])
def test_a_wish_and_its_opposite_divide_all_markets(name: str) -> None:
    """True and false are two parts of all markets, neither empty; without a wish all are there."""
    yes, no = ids_of(wanted(**{name: True})), ids_of(wanted(**{name: False}))

    assert yes
    assert no
    assert sorted(ids_of(wanted())) == sorted(yes + no)


def test_values_of_a_field_add_up() -> None:
    """Two sports are the markets of one and of the other."""
    both = ids_of(wanted(eventTypeIds=["1", "2"]))

    assert both == [*ids_of(wanted(eventTypeIds=["1"])), *ids_of(wanted(eventTypeIds=["2"]))]


@pytest.mark.parametrize("query", ["horse racing", "Horse*ing"])
def test_text_is_looked_for_with_wildcards(query: str) -> None:
    """A text is looked for in any case, with * for anything."""
    assert ids_of(wanted(eventTypeIds=["7"])) == ids_of(wanted(textQuery=query))


def test_a_wildcard_at_the_beginning_is_refused() -> None:
    """A text must not begin with anything."""
    with pytest.raises(ServiceRefusal, match="INVALID_INPUT_DATA"):
        ids_of(wanted(textQuery="* racing"))


def test_markets_with_orders_can_be_asked_for() -> None:
    """WithOrders keeps the markets on which the account has orders of a status."""
    market_id = ids_of(wanted())[3]
    order = Order(
        bet_id="1", order_type="LIMIT", status="EXECUTABLE", side="BACK", price=2.0, size=2.0, placed_date=""
    )
    markets = replace(
        small_day(), orders=lambda each: [AccountOrder(1, 0.0, order)] if each == market_id else []
    )

    def found(status: str) -> list[str]:
        return [each.listing.market_id for each in fitting(markets, wanted(withOrders=[status]))]

    assert [market_id] == found("EXECUTABLE")
    assert [] == found("EXECUTION_COMPLETE")


@pytest.mark.parametrize("sort", list(MarketSort))
def test_the_catalogue_is_sorted_as_asked(sort: MarketSort) -> None:
    """Traded volume, what is available and the start decide the order, and all markets are there."""
    request = ListMarketCatalogue(max_results=1000, sort=sort)
    sorted_ids = ids(list_market_catalogue(small_day(), request))
    by_id = {market.listing.market_id: market for market in every_market()}

    def value(market_id: str) -> float:
        market = by_id[market_id]
        if sort.endswith("TRADED"):
            return market.book.total_matched or 0.0
        return market.total_available if sort.endswith("AVAILABLE") else market.starts_at

    values = [value(each) for each in sorted_ids]
    is_falling = sort in {MarketSort.MAXIMUM_TRADED, MarketSort.MAXIMUM_AVAILABLE, MarketSort.LAST_TO_START}
    assert sorted(values, reverse=is_falling) == values
    assert set(by_id) == set(sorted_ids)


def test_without_a_sort_the_rank_decides() -> None:
    """Markets stand by sport, competition and start; asian handicaps come after odds."""
    listed = catalogue(MarketProjection.EVENT_TYPE, MarketProjection.MARKET_START_TIME)
    sports = [int(each.event_type.id or 0) for each in listed if each.event_type]

    assert sorted(sports) == sports
    assert (
        "Asian Handicap"
        == [each.market_name for each in listed if each.event_type and each.event_type.id == "1"][-1]
    )


def test_only_what_is_asked_for_is_in_the_catalogue() -> None:
    """Without projections an entry has id, name and volume; each projection adds what it names."""
    (bare, *_), (full, *_) = catalogue(), catalogue(*MarketProjection, eventTypeIds=["7"])

    assert {"marketId", "marketName", "totalMatched"} == set(msgspec.to_builtins(bare))
    assert full.description is not None
    assert full.event is not None
    assert full.event_type is not None
    assert full.runners is not None
    assert full.runners[0].metadata is not None
    assert {"JOCKEY_NAME", "FORM", "runnerId"} <= set(full.runners[0].metadata)
    assert full.description.market_time == full.market_start_time


def test_metadata_brings_the_runners_with_it() -> None:
    """RUNNER_METADATA implies the runners; RUNNER_DESCRIPTION alone has them without metadata."""
    (with_it, *_) = catalogue(MarketProjection.RUNNER_METADATA)
    (without, *_) = catalogue(MarketProjection.RUNNER_DESCRIPTION)

    assert with_it.runners is not None
    assert without.runners is not None
    assert all(runner.metadata for runner in with_it.runners)
    assert not any(runner.metadata for runner in without.runners)


@pytest.mark.parametrize("results", [0, -1, 1001])
def test_numbers_of_results_that_cannot_be_are_refused(results: int) -> None:
    """MaxResults is from 1 to 1000."""
    with pytest.raises(ServiceRefusal, match="INVALID_INPUT_DATA"):
        list_market_catalogue(small_day(), ListMarketCatalogue(max_results=results))


def test_no_more_than_asked_for_are_listed() -> None:
    """MaxResults cuts the list, which is otherwise the same."""
    few = list_market_catalogue(small_day(), ListMarketCatalogue(max_results=3))

    assert ids(catalogue())[:3] == ids(few)


def test_closed_markets_are_not_listed() -> None:
    """A market that is settled is in no catalogue and in no count."""
    (*_, settled) = of_tapes(tape("1.205822330"))

    assert () == list_market_catalogue(settled, ListMarketCatalogue(max_results=10))
    assert () == ANSWERS[wire.LIST_EVENT_TYPES.method](
        settled, msgspec.convert({}, wire.LIST_EVENT_TYPES.parameters)
    )


@pytest.mark.parametrize(
    "operation",
    [
        wire.LIST_EVENT_TYPES,
        wire.LIST_EVENTS,
        wire.LIST_MARKET_TYPES,
        wire.LIST_COUNTRIES,
        wire.LIST_TIME_RANGES,
    ],
    ids=lambda each: each.name,
)
@pytest.mark.parametrize("granularity", ["DAYS", "HOURS", "MINUTES"])
def test_every_market_is_counted_once(operation: Any, granularity: str) -> None:  # noqa: ANN401 - an operation
    """Counts by sport, event, type, country and time add up to all markets."""
    parameters = msgspec.convert({"filter": {}, "granularity": granularity}, operation.parameters)

    counted = ANSWERS[operation.method](small_day(), parameters)

    assert len(every_market()) == sum(each.market_count for each in counted)  # type: ignore[attr-defined]  # results


def test_only_some_markets_have_venues_and_competitions() -> None:
    """Races have venues, matches have competitions, and together they are all markets."""
    venues: Any = ANSWERS[wire.LIST_VENUES.method](small_day(), wire.LIST_VENUES.parameters())
    competitions: Any = ANSWERS[wire.LIST_COMPETITIONS.method](
        small_day(), wire.LIST_COMPETITIONS.parameters()
    )

    counted = sum(each.market_count for each in (*venues, *competitions))
    assert len(every_market()) == counted
    assert {"GBR"} == {each.competition_region for each in competitions}


def test_time_ranges_are_aligned() -> None:
    """A range begins at a whole hour, ends with the next, and has the markets that start in it."""
    hours: Any = ANSWERS[wire.LIST_TIME_RANGES.method](
        small_day(), msgspec.convert({"granularity": "HOURS"}, wire.LIST_TIME_RANGES.parameters)
    )

    assert [("2026-11-02T12:00:00.000Z", "2026-11-02T13:00:00.000Z")] == [
        (each.time_range.from_, each.time_range.to) for each in hours
    ]
