"""listClearedOrders: filters, roll-ups, pages."""

from typing import Any

import pytest

from betflow.sandbox.listings import Listing
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.catalogue import Event, EventType, MarketDescription, RunnerCatalog, TimeRange
from betflow.wire.enums import BetStatus, GroupBy, ServiceErrorCode, Side
from betflow.wire.positions import ClearedOrderSummary, ItemDescription, RunnerId
from changes import MARKET
from exchange_scenes import ExchangeScene
from scenes import BACK, LAY, limit, prices

LISTING = Listing(
    market_id=MARKET,
    market_name="5f Hcap",
    event=Event(id="27", name="Ascot 18th Feb"),
    event_type=EventType(id="7", name="Horse Racing"),
    runners=(
        RunnerCatalog(selection_id=1, runner_name="Hauraki", handicap=0.0),
        RunnerCatalog(selection_id=2, runner_name="Silent Sedition", handicap=0.0),
    ),
    description=MarketDescription(
        persistence_enabled=True,
        bsp_market=False,
        market_time="2026-02-18T14:00:00.000Z",
        suspend_time="2026-02-18T14:00:00.000Z",
        betting_type="ODDS",
        turn_in_play_enabled=True,
        market_type="WIN",
        regulator="GIBRALTAR REGULATOR",
        market_base_rate=5.0,
        discount_allowed=True,
    ),
)


@pytest.fixture
def scene() -> ExchangeScene:
    """Return a race that runner 1 won, with a back and a lay of it and a back of runner 2, all matched."""
    scene = ExchangeScene(
        prices(1, atb=[(3.0, 4)], atl=[(3.1, 8)]),
        prices(2, atb=[(2.0, 8)]),
        listings=[LISTING],
        eventId="27",
        eventTypeId="7",
        marketType="WIN",
        marketBaseRate=5.0,
    )
    scene.order(limit(BACK, 2.9, 4, ref="one"), strategy="mine")
    scene.order(limit(LAY, 3.2, 1), strategy="mine")
    scene.order(limit(BACK, 2.0, 3, runner=2))
    scene.settle(1)
    return scene


def test_a_bet_has_what_betfair_gives_it(scene: ExchangeScene) -> None:
    """A settled bet's row has these fields and no others."""
    assert (
        ClearedOrderSummary(
            event_type_id="7",
            event_id="27",
            market_id=MARKET,
            selection_id=1,
            handicap=0.0,
            bet_id="300000000001",
            placed_date="1970-01-01T00:00:01.000Z",
            persistence_type="LAPSE",
            order_type="LIMIT",
            side="BACK",
            bet_outcome="WON",
            price_requested=2.9,
            settled_date="1970-01-01T00:00:01.000Z",
            last_matched_date="1970-01-01T00:00:01.000Z",
            bet_count=1,
            price_matched=3.0,
            price_reduced=False,
            size_settled=4.0,
            profit=8.0,
            customer_order_ref="one",
            customer_strategy_ref="mine",
        )
        == scene.cleared()[0]
    )


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        (GroupBy.BET, [(1, 8.0, None), (1, -2.1, None), (1, -3.0, None)]),
        (GroupBy.SIDE, [(1, 8.0, None), (1, -2.1, None), (1, -3.0, None)]),
        (GroupBy.RUNNER, [(2, 5.9, None), (1, -3.0, None)]),
        (GroupBy.MARKET, [(3, 2.9, 0.15)]),
        (GroupBy.EVENT, [(3, 2.9, 0.15)]),
        (GroupBy.EVENT_TYPE, [(3, 2.9, 0.15)]),
        (GroupBy.STRATEGY, [(2, 5.9, 0.15), (1, -3.0, 0.0)]),
    ],
)
def test_bets_add_up_on_every_level(
    scene: ExchangeScene, group_by: GroupBy, expected: list[tuple[int, float, float | None]]
) -> None:
    """Profit is added up on every level; commission exists from the market upwards, and for strategies."""
    assert expected == [
        (each.bet_count, each.profit, each.commission) for each in scene.cleared(group_by=group_by)
    ]


def test_what_is_ambiguous_is_left_out(scene: ExchangeScene) -> None:
    """A market with bets on several runners and sides says of them only what is the same for all."""
    (market,) = scene.cleared(group_by=GroupBy.MARKET)

    assert (MARKET, "27", "7", "LAPSE", "LIMIT", False) == (
        market.market_id,
        market.event_id,
        market.event_type_id,
        market.persistence_type,
        market.order_type,
        market.price_reduced,
    )
    assert [None] * 7 == [
        market.selection_id,
        market.side,
        market.bet_id,
        market.price_matched,
        market.size_settled,
        market.bet_outcome,
        market.customer_strategy_ref,
    ]


def test_what_is_not_ambiguous_is_lifted_up() -> None:
    """A market whose bets are all alike says what they were on, with average prices and the size of all."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4), (2.8, 4)]))
    scene.order(limit(BACK, 3.0, 4))
    scene.order(limit(BACK, 2.6, 4))
    scene.settle(1)

    (market,) = scene.cleared(group_by=GroupBy.MARKET)

    assert (1, 0.0, "BACK", 2.8, 2.9, 8.0, None) == (
        market.selection_id,
        market.handicap,
        market.side,
        market.price_requested,
        market.price_matched,
        market.size_settled,
        market.bet_id,
    )


def test_both_sides_of_a_runner_are_ambiguous_in_a_market() -> None:
    """A market lifts up selection and side together or not at all; a runner's group has its own."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)], atl=[(3.1, 4)]))
    scene.order(limit(BACK, 3.0, 4))
    scene.order(limit(LAY, 3.1, 4))
    scene.settle(1)

    (market,), (runner,) = (scene.cleared(group_by=each) for each in (GroupBy.MARKET, GroupBy.RUNNER))

    assert (None, None, None) == (market.selection_id, market.handicap, market.side)
    assert (1, 0.0, None, None) == (runner.selection_id, runner.handicap, runner.side, runner.size_settled)


def test_a_group_of_one_bet_names_it(scene: ExchangeScene) -> None:
    """Where there is one bet only, its id is unambiguous."""
    assert ["300000000001", "300000000002", "300000000003"] == [
        each.bet_id for each in scene.cleared(group_by=GroupBy.SIDE)
    ]


def test_events_do_not_name_markets(scene: ExchangeScene) -> None:
    """From the event upwards there is nothing that belongs to a market, and of a sport no event."""
    (event,), (sport,) = scene.cleared(group_by=GroupBy.EVENT), scene.cleared(group_by=GroupBy.EVENT_TYPE)

    assert ("7", "27", None) == (event.event_type_id, event.event_id, event.market_id)
    assert ("7", None, None) == (sport.event_type_id, sport.event_id, sport.market_id)


@pytest.mark.parametrize(
    ("request_", "bets"),
    [
        ({"side": Side.LAY}, ["2"]),
        ({"market_ids": ("1.9",)}, []),
        ({"market_ids": (MARKET,)}, ["1", "2", "3"]),
        ({"event_ids": ("27",)}, ["1", "2", "3"]),
        ({"event_ids": ("28",)}, []),
        ({"event_type_ids": ("1",)}, []),
        ({"bet_ids": ("300000000003",)}, ["3"]),
        ({"customer_order_refs": ("one",)}, ["1"]),
        ({"customer_strategy_refs": ("mine",)}, ["1", "2"]),
        ({"runner_ids": (RunnerId(market_id=MARKET, selection_id=2),)}, ["3"]),
        ({"settled_date_range": TimeRange(from_="1970-01-01T00:00:02.000Z")}, []),
        ({"settled_date_range": TimeRange(to="1970-01-01T00:00:01.000Z")}, ["1", "2", "3"]),
        ({"from_record": 1, "record_count": 1}, ["2"]),
    ],
)
def test_bets_can_be_asked_for(scene: ExchangeScene, request_: dict[str, Any], bets: list[str]) -> None:
    """Every restriction takes bets out; both ends of a range are in it."""
    assert bets == [(each.bet_id or "")[-1] for each in scene.cleared(**request_)]


def test_bets_are_described(scene: ExchangeScene) -> None:
    """On request a bet says what it was on in words."""
    assert (
        ItemDescription(
            event_type_desc="Horse Racing",
            event_desc="Ascot 18th Feb",
            market_desc="5f Hcap",
            market_type="WIN",
            market_start_time="2026-02-18T14:00:00.000Z",
            runner_desc="Hauraki",
            number_of_winners=1,
        )
        == scene.cleared(include_item_description=True)[0].item_description
    )


def test_a_page_says_whether_there_is_more(scene: ExchangeScene) -> None:
    """A page that is not the last says so."""
    assert [True, False] == [
        scene.cleared_report(from_record=0, record_count=count).more_available for count in (2, 3)
    ]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"status": BetStatus.LAPSED, "group_by": GroupBy.MARKET}, ServiceErrorCode.INVALID_INPUT_DATA),
        ({"settled_date_range": TimeRange(from_="yesterday")}, ServiceErrorCode.INVALID_INPUT_DATA),
        ({"record_count": -1}, ServiceErrorCode.INVALID_INPUT_DATA),
        ({"record_count": 1001}, ServiceErrorCode.TOO_MUCH_DATA),
        ({"bet_ids": tuple(str(each) for each in range(1001))}, ServiceErrorCode.INVALID_INPUT_DATA),
    ],
)
def test_what_cannot_be_is_refused(
    scene: ExchangeScene, request_: dict[str, Any], code: ServiceErrorCode
) -> None:
    """A request that makes no sense or asks for too much is refused with Betfair's code."""
    with pytest.raises(ServiceRefusal) as refused:
        scene.cleared(**request_)

    assert code is refused.value.code
