"""What a market book shows an account of its own bets."""

from typing import Any

import pytest

from betflow.sandbox.exchange.own_bets import OwnBets
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.book import ListMarketBook, Match
from betflow.wire.enums import MatchProjection, OrderProjection, ServiceErrorCode
from changes import MARKET
from exchange_scenes import ACCOUNT, ExchangeScene
from scenes import BACK, LAY, limit, prices


@pytest.fixture
def scene() -> ExchangeScene:
    """Return a market with a back in two parts, a lay, and an unmatched back, all on runner 1."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4), (2.8, 4)], atl=[(3.1, 8)]))
    scene.order(limit(BACK, 2.8, 8), strategy="mine")
    scene.order(limit(LAY, 3.1, 2))
    scene.order(limit(BACK, 4.0, 5), strategy="mine")
    return scene


def _own(scene: ExchangeScene, **fields: Any) -> OwnBets:  # noqa: ANN401 - of the request
    return scene.exchange.own_bets(ACCOUNT, MARKET, ListMarketBook(market_ids=(MARKET,), **fields))[1, 0.0]


def test_nobody_asked(scene: ExchangeScene) -> None:
    """Without a projection a book shows nothing of one's own."""
    assert {} == scene.exchange.own_bets(ACCOUNT, MARKET, ListMarketBook(market_ids=(MARKET,)))
    assert {} == scene.exchange.own_bets(
        ACCOUNT, "1.9", ListMarketBook(market_ids=("1.9",), order_projection=OrderProjection.ALL)
    )


@pytest.mark.parametrize(
    ("projection", "bets"),
    [
        (OrderProjection.ALL, ["1", "2", "3"]),
        (OrderProjection.EXECUTABLE, ["3"]),
        (OrderProjection.EXECUTION_COMPLETE, ["1", "2"]),
    ],
)
def test_orders_by_status(scene: ExchangeScene, projection: OrderProjection, bets: list[str]) -> None:
    """The projection takes executable orders, completed ones, or all."""
    assert bets == [each.bet_id[-1] for each in _own(scene, order_projection=projection).orders or ()]


@pytest.mark.parametrize(
    ("fields", "bets"),
    [
        ({"customer_strategy_refs": ("mine",)}, ["1", "3"]),
        ({"bet_ids": ("300000000002",)}, ["2"]),
        ({"matched_since": "1970-01-01T00:00:01.003Z"}, ["2", "3"]),
    ],
)
def test_orders_can_be_restricted(scene: ExchangeScene, fields: dict[str, Any], bets: list[str]) -> None:
    """What is executable is shown whenever it was matched."""
    own = _own(scene, order_projection=OrderProjection.ALL, **fields)

    assert bets == [each.bet_id[-1] for each in own.orders or ()]


def test_matches_one_by_one(scene: ExchangeScene) -> None:
    """Without a roll-up each matched part has its bet, an id and a date."""
    own = _own(scene, match_projection=MatchProjection.NO_ROLLUP)

    assert own.orders is None
    assert [
        ("BACK", 3.0, 4.0, "300000000001", "300000000001.1", "1970-01-01T00:00:01.002Z"),
        ("BACK", 2.8, 4.0, "300000000001", "300000000001.2", "1970-01-01T00:00:01.002Z"),
        ("LAY", 3.1, 2.0, "300000000002", "300000000002.1", "1970-01-01T00:00:01.003Z"),
    ] == [
        (each.side, each.price, each.size, each.bet_id, each.match_id, each.match_date)
        for each in own.matches or ()
    ]


def test_matches_rolled_up(scene: ExchangeScene) -> None:
    """Rolled up, matches have side, price and size, by price or at the average."""
    scene.show(prices(1, atb=[(3.0, 0)]))
    scene.show(prices(1, atb=[(3.0, 1)]))
    scene.order(limit(BACK, 3.0, 1))

    by_price = _own(scene, match_projection=MatchProjection.ROLLED_UP_BY_PRICE).matches
    by_average = _own(scene, match_projection=MatchProjection.ROLLED_UP_BY_AVG_PRICE).matches

    assert (
        Match(side="BACK", price=3.0, size=5.0),
        Match(side="BACK", price=2.8, size=4.0),
        Match(side="LAY", price=3.1, size=2.0),
    ) == by_price
    assert (
        Match(side="BACK", price=26.2 / 9, size=9.0),
        Match(side="LAY", price=3.1, size=2.0),
    ) == by_average


def test_matches_by_strategy(scene: ExchangeScene) -> None:
    """Partitioned, matches of bets without a strategy are under the empty name."""
    own = _own(
        scene,
        order_projection=OrderProjection.ALL,
        match_projection=MatchProjection.ROLLED_UP_BY_AVG_PRICE,
        include_overall_position=False,
        partition_matched_by_strategy_ref=True,
    )

    assert own.matches is None
    assert {"mine": [("BACK", 8.0)], "": [("LAY", 2.0)]} == {
        name: [(each.side, each.size) for each in matches.matches or ()]
        for name, matches in (own.matches_by_strategy or {}).items()
    }


def test_a_removal_reduces_what_is_shown() -> None:
    """Matches and averages have prices as they stand after a non-runner."""
    scene = ExchangeScene(prices(1, atb=[(12.0, 2)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 12.0, 2))
    scene.remove(3, 21.1)

    own = _own(scene, order_projection=OrderProjection.ALL)

    assert ([9.47], [9.47]) == (
        [each.price for each in own.matches or ()],
        [each.avg_price_matched for each in own.orders or ()],
    )


def test_too_many_bets_are_refused(scene: ExchangeScene) -> None:
    """At most 250 bets may be named."""
    with pytest.raises(ServiceRefusal) as refused:
        _own(scene, order_projection=OrderProjection.ALL, bet_ids=tuple(str(each) for each in range(251)))

    assert ServiceErrorCode.REQUEST_SIZE_EXCEEDS_LIMIT is refused.value.code
