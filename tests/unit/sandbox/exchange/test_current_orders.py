"""listCurrentOrders: what is listed, in which order, and what is refused."""

from typing import Any

import pytest

from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.catalogue import TimeRange
from betflow.wire.enums import OrderBy, ServiceErrorCode, SortDir
from betflow.wire.positions import CurrentOrderSummary, ListCurrentOrders
from changes import MARKET
from exchange_scenes import ACCOUNT, ExchangeScene
from scenes import BACK, LAY, SECOND, limit, limit_on_close, prices


@pytest.fixture
def scene() -> ExchangeScene:
    """Return a market with four orders: unmatched, matched at once, matched last, and void."""
    scene = ExchangeScene(
        prices(1, atb=[(3.0, 4)], atl=[(4.0, 5)]), prices(3, atb=[(9.0, 2)]), runners=[1, 2, 3], version=7
    )
    scene.order(limit(BACK, 5.0, 10, ref="one"), strategy="mine")
    scene.wait(SECOND)
    scene.order(limit(LAY, 4.0, 5))
    scene.wait(SECOND)
    scene.order(limit(BACK, 3.0, 4, ref="three"))
    scene.wait(SECOND)
    scene.order(limit(BACK, 9.0, 2, runner=3))
    scene.remove(3, 1.0)
    return scene


def _numbers(scene: ExchangeScene, **request: Any) -> list[str]:  # noqa: ANN401 - of ListCurrentOrders
    return [each.bet_id[-1] for each in scene.current(**request)]


def test_an_order_has_what_betfair_gives_it() -> None:
    """Amounts are always there, 0 where there is nothing; of a bet at the starting price the liability."""
    scene = ExchangeScene(bspMarket=True, version=7)
    scene.order(limit_on_close(LAY, 4.0, 20))

    (order,) = scene.current(include_item_description=True)

    assert order.price_size is not None
    assert ("LIMIT_ON_CLOSE", 4.0, 0.0, 20.0, "GIBRALTAR REGULATOR") == (
        order.order_type,
        order.price_size.price,
        order.price_size.size,
        order.bsp_liability,
        order.regulator_code,
    )
    assert [0.0] * 6 == [
        order.average_price_matched,
        order.size_matched,
        order.size_remaining,
        order.size_lapsed,
        order.size_cancelled,
        order.size_voided,
    ]
    assert (None, None, None) == (order.matched_date, order.customer_order_ref, order.customer_strategy_ref)
    assert order.current_item_description is not None
    assert order.current_item_description.market_version is not None
    assert 7 == order.current_item_description.market_version.version


def test_the_description_comes_on_request(scene: ExchangeScene) -> None:
    """Unless it is asked for there is no item description."""
    assert {None} == {each.current_item_description for each in scene.current()}


@pytest.mark.parametrize(
    ("request_", "orders"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"sort_dir": SortDir.LATEST_TO_EARLIEST}, ["4", "3", "2", "1"]),
        ({"order_by": OrderBy.BY_PLACE_TIME}, ["1", "2", "3", "4"]),
        ({"order_by": OrderBy.BY_MARKET}, ["1", "2", "3", "4"]),
        ({"order_by": OrderBy.BY_MATCH_TIME}, ["2", "3", "4"]),
        ({"order_by": OrderBy.BY_VOID_TIME}, ["4"]),
        ({"order_by": OrderBy.BY_SETTLED_TIME}, []),
        ({"bet_ids": ("300000000002", "1")}, ["2"]),
        ({"market_ids": (MARKET,)}, ["1", "2", "3", "4"]),
        ({"market_ids": ("1.9",)}, []),
        ({"customer_order_refs": ("one", "three")}, ["1", "3"]),
        ({"customer_strategy_refs": ("mine",)}, ["1"]),
        ({"from_record": 1, "record_count": 2}, ["2", "3"]),
        ({"from_record": 9}, []),
    ],
)
def test_orders_can_be_asked_for(scene: ExchangeScene, request_: dict[str, Any], orders: list[str]) -> None:
    """What is sorted by leaves out orders that do not have it; an empty list restricts nothing."""
    assert orders == _numbers(scene, **request_)


@pytest.mark.parametrize(
    ("begins", "ends", "orders"),
    [
        ("1970-01-01T00:00:02.000Z", "1970-01-01T00:00:03.000Z", ["2", "3"]),
        ("1970-01-01T00:00:03.000Z", "1970-01-01T00:00:02.000Z", []),
        (None, "1970-01-01T00:00:01.000Z", ["1"]),
        ("1970-01-01T00:00:04.000Z", None, ["4"]),
    ],
)
def test_both_ends_of_a_range_are_in_it(
    scene: ExchangeScene, begins: str | None, ends: str | None, orders: list[str]
) -> None:
    """The range is about the date that is sorted by, to the second; from behind to is empty."""
    assert orders == _numbers(scene, date_range=TimeRange(from_=begins, to=ends))


def test_the_range_is_about_the_date_that_is_sorted_by(scene: ExchangeScene) -> None:
    """A range of match dates takes what was matched then, whenever it was placed."""
    scene.wait(SECOND)
    scene.show(prices(1, atb=[(5.5, 20)]))
    since = TimeRange(from_="1970-01-01T00:00:05.000Z")

    assert ["1"] == _numbers(scene, order_by=OrderBy.BY_MATCH_TIME, date_range=since)


def test_a_page_that_is_not_the_last_says_so(scene: ExchangeScene) -> None:
    """There is more behind two of four orders, and none behind four."""
    assert [True, False] == [
        scene.exchange.current_orders(ACCOUNT, ListCurrentOrders(record_count=count)).more_available
        for count in (2, 4)
    ]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (
            {"bet_ids": ("1",) * 125, "market_ids": ("1.1",) * 126},
            ServiceErrorCode.REQUEST_SIZE_EXCEEDS_LIMIT,
        ),
        ({"date_range": TimeRange(from_="soon")}, ServiceErrorCode.INVALID_INPUT_DATA),
        ({"from_record": -1}, ServiceErrorCode.INVALID_INPUT_DATA),
        ({"record_count": 1001}, ServiceErrorCode.TOO_MUCH_DATA),
    ],
)
def test_what_cannot_be_is_refused(
    scene: ExchangeScene, request_: dict[str, Any], code: ServiceErrorCode
) -> None:
    """A request that makes no sense or asks for too much is refused with Betfair's code."""
    with pytest.raises(ServiceRefusal) as refused:
        scene.current(**request_)

    assert code is refused.value.code


def test_nothing_of_a_settled_market_is_current(scene: ExchangeScene) -> None:
    """When a market is settled its orders are cleared, all of them."""
    scene.settle(1)

    assert list[CurrentOrderSummary]() == scene.current()
