"""Our resting orders in the auction at the off."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from betflow.exchange.assumptions import BETFLOW_1, Assumptions, AuctionSize, TakeStartingPrice
from betflow.exchange.matching.orders import Case, Doubt, EventKind, Order, Rule
from betflow.wire.enums import PersistenceType, Side
from scenes import BACK, LAY, Scene, Sizes, fills, limit, prices, rules

LAPSE, PERSIST, TAKE_SP = PersistenceType
RACE: dict[str, Any] = {
    "bspMarket": True,
    "turnInPlayEnabled": True,
    "persistenceEnabled": True,
    "runners": [{"id": number, "sortPriority": number, "status": "ACTIVE"} for number in (1, 2)],
}
TO_LAY = ((3.0, 20.0), (3.1, 30.0), (3.2, 40.0), (4.0, 50.0))
TO_BACK = ((2.9, 20.0), (2.8, 30.0), (2.5, 50.0))


def _race(assumptions: Assumptions = BETFLOW_1) -> Scene:
    return Scene(prices(atb=TO_BACK, atl=TO_LAY), assumptions=assumptions, **RACE)


def _auction(
    scene: Scene, trd: Sizes, bsp: float = 3.15, *, atb: Sizes | None = None, atl: Sizes | None = None
) -> None:
    """Suspend; trade and change what is displayed; reconcile, and let the message be over."""
    scene.define(status="SUSPENDED")
    scene.show(prices(trd=trd, atb=atb, atl=atl))
    scene.reconcile(r1=bsp, r2=1.5)
    scene.wait(1)


def _matched(order: Order) -> list[float]:
    return [pennies / 100 for pennies in order.matched]


@pytest.mark.parametrize("persistence", [LAPSE, PERSIST])
def test_a_price_that_was_taken_whole_matches_at_its_own_price(persistence: PersistenceType) -> None:
    """A back at 3.0 behind 20 is matched at 3.0 when the auction takes 3.0 whole and goes on."""
    scene = _race()
    order = scene.order(limit(BACK, 3.0, 10, persistence_type=persistence))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 20)], atl=[(3.0, 0), (3.1, 0), (3.2, 30)])

    assert [(3.0, 10_00)] == fills(order, Case.WORST) == fills(order, Case.BEST)
    assert [Rule.AUCTION] == rules(order)


def test_a_lay_is_matched_by_backers_at_the_starting_price() -> None:
    """A lay at 2.8 is matched when the auction takes lays down to 2.5."""
    scene = _race()
    order = scene.order(limit(LAY, 2.8, 10))
    _auction(scene, [(2.9, 40), (2.8, 60), (2.5, 50)], bsp=2.7, atb=[(2.9, 0), (2.8, 0), (2.5, 25)])

    assert [(2.8, 10_00)] == fills(order)


def test_the_last_price_decides_and_not_the_starting_price() -> None:
    """A back at 3.2 is in reach of an auction that takes 3.2 in part, though the BSP is 3.05."""
    scene = _race()
    order = scene.order(limit(BACK, 3.2, 10))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 90)], bsp=3.05, atl=[(3.0, 0), (3.1, 0), (3.2, 0)])

    # 45 were taken at 3.2, 40 of them ahead.
    assert [5.0, 5.0, 5.0] == _matched(order)


def test_at_the_last_price_the_queue_decides() -> None:
    """A back at 3.2 behind 40 gets nothing of 10 that were taken there."""
    scene = _race()
    order = scene.order(limit(BACK, 3.2, 10))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 20)], atl=[(3.0, 0), (3.1, 0), (3.2, 30)])

    assert [0.0, 0.0, 0.0] == _matched(order)


def test_beyond_the_last_price_nothing_is_matched() -> None:
    """A back at 4.0 lapses where the auction ends at 3.2."""
    scene = _race()
    order = scene.order(limit(BACK, 4.0, 10))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 20)], atl=[(3.0, 0), (3.1, 0), (3.2, 30)])

    assert [] == fills(order)
    assert [Rule.RECONCILED] == [event.rule for event in scene.told(EventKind.LAPSED)]


def test_a_persisting_order_that_was_not_reached_stays() -> None:
    """A back at 4.0 that persists is there in play."""
    scene = _race()
    order = scene.order(limit(BACK, 4.0, 10, persistence_type=PERSIST))
    _auction(scene, [(3.0, 20)], bsp=3.0, atl=[(3.0, 10)])
    scene.define(status="OPEN", inPlay=True)

    assert [10_00] * 3 == order.remaining


def test_our_size_takes_the_place_of_those_behind() -> None:
    """Of a back of 100 at 3.0 as much is matched as was taken behind it: 30 and 10."""
    scene = _race()
    order = scene.order(limit(BACK, 3.0, 100))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 20)], atl=[(3.0, 0), (3.1, 0), (3.2, 30)])

    assert [40.0, 40.0, 40.0] == _matched(order)


def test_no_volume_of_the_auction_is_used_twice() -> None:
    """Two backs of 30 at 3.0 share the 40 that were taken behind them, the older first."""
    scene = _race()
    orders = [scene.order(limit(BACK, 3.0, 30)) for _ in range(2)]
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 20)], atl=[(3.0, 0), (3.1, 0), (3.2, 30)])

    assert [[30.0] * 3, [10.0] * 3] == [_matched(order) for order in orders]


def test_an_assumption_lets_our_size_add_to_the_auction() -> None:
    """With auction_size ADDS a price that was reached is matched in full, whatever was taken behind it."""
    scene = _race(replace(BETFLOW_1, name="adds", auction_size=AuctionSize.ADDS))
    order = scene.order(limit(BACK, 3.0, 100))
    _auction(scene, [(3.0, 40), (3.1, 2)], atl=[(3.0, 0), (3.1, 29)])

    assert [100.0, 100.0, 100.0] == _matched(order)


def test_a_price_that_was_taken_in_part_leaves_doubt() -> None:
    """
    Where 15 of 20 at 3.0 were taken, and nothing shows where the rest is, a back behind them is doubtful.

    In the worst case it did not take part, in the best it did, as expected 15 of 20 of it did.
    """
    scene = _race()
    order = scene.order(limit(BACK, 3.0, 8))
    _auction(scene, [(3.0, 30), (3.1, 60), (3.2, 20)], atl=[(price, 0) for price, _ in TO_LAY])

    assert [0.0, 6.0, 8.0] == _matched(order)
    assert (Doubt.PARTICIPATION,) == order.fills[0].doubts


def test_what_left_without_trading_took_the_starting_price() -> None:
    """Where the 5 that were not taken at 3.0 went to the starting price, all who rested there took part."""
    scene = _race()
    order = scene.order(limit(BACK, 3.0, 8))
    _auction(scene, [(3.0, 30), (3.1, 60), (3.2, 20)], atl=[(3.0, 0), (3.1, 0), (3.2, 30)])

    assert [0.0, 8.0, 8.0] == _matched(order)


def test_at_the_last_price_what_took_the_starting_price_was_not_in_the_queue() -> None:
    """Of 40 ahead at 3.2, 15 took the starting price, and 25 were taken: none of that is ours."""
    scene = _race()
    order = scene.order(limit(BACK, 3.2, 10))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 50)], atl=[(3.0, 0), (3.1, 0), (3.2, 0)])

    # 40 displayed, 25 taken, 15 gone to the starting price: 25 took part, and all of them stood ahead.
    assert [0.0, 0.0, 0.0] == _matched(order)


def test_in_the_best_case_who_took_the_starting_price_stood_ahead() -> None:
    """With 10 more behind us, those who took the starting price may have been them or others ahead."""
    scene = _race()
    order = scene.order(limit(BACK, 3.2, 10))
    scene.show(prices(atl=[(3.2, 50)]))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 70)], atl=[(3.0, 0), (3.1, 0), (3.2, 0)])

    # 50 displayed, 35 taken, 15 gone: of the 40 ahead 40, 28 or 25 took part.
    assert [0.0, 7.0, 10.0] == _matched(order)


def test_the_trades_of_an_official_file_follow_the_definition_in_its_message() -> None:
    """Where definition and trades are entries of one message, LAPSE orders take part in the auction, too."""
    scene = _race()
    order = scene.order(limit(BACK, 3.0, 10))
    scene.define(status="SUSPENDED")
    scene.reconcile(r1=3.1, r2=1.5)
    at = scene.now
    scene.show(prices(atl=[(3.0, 0), (3.1, 20)], trd=[(3.0, 40), (3.1, 20)]), at=at)

    assert [(3.0, 10_00)] == fills(order)
    assert at == order.fills[0].at


def test_one_message_may_suspend_and_hold_the_auction() -> None:
    """A message that suspends with starting prices trades in the auction, also where it has the trades."""
    scene = _race()
    orders = [scene.order(limit(BACK, price, 10)) for price in (3.0, 3.2)]
    scene.terms["runners"][0]["bsp"] = 3.05
    scene.define(
        prices(atl=[(3.0, 0), (3.1, 20)], trd=[(3.0, 40), (3.1, 20)]), status="SUSPENDED", bspReconciled=True
    )

    assert [[(3.0, 10_00)], []] == [fills(order) for order in orders]


def test_trades_under_a_suspension_that_ends_without_an_auction_match_nothing() -> None:
    """A market that opens again before the off had no auction."""
    scene = _race()
    order = scene.order(limit(BACK, 3.0, 10))
    scene.define(status="SUSPENDED")
    scene.show(prices(atl=[(3.0, 0)], trd=[(3.0, 40)]))
    scene.define(status="OPEN")
    _auction(scene, [(3.1, 2)], bsp=3.1, atl=[(3.1, 29)])

    assert [(3.0, 1_00)] == fills(order)  # 3.0 is better than 3.1, where 1 was taken


@pytest.mark.parametrize(
    ("choice", "side", "price", "expected"),
    [
        (TakeStartingPrice.ALL, BACK, 4.0, [(3.15, 20_00)]),
        (TakeStartingPrice.ALL, LAY, 2.5, [(3.15, 13_95)]),
        (TakeStartingPrice.WITHIN_PRICE, BACK, 4.0, []),
        (TakeStartingPrice.WITHIN_PRICE, LAY, 2.5, []),
        (TakeStartingPrice.WITHIN_PRICE, BACK, 3.1, [(3.15, 20_00)]),
    ],
)
def test_what_takes_the_starting_price_does_not_rest_in_the_auction(
    choice: TakeStartingPrice, side: Side, price: float, expected: Sequence[tuple[float, int]]
) -> None:
    """A LIMIT order that takes the starting price is matched at it, whatever its own price."""
    assumptions = (
        BETFLOW_1
        if choice is TakeStartingPrice.ALL
        else replace(BETFLOW_1, name="w", take_starting_price=choice)
    )
    scene = _race(assumptions)
    order = scene.order(limit(side, price, 20, persistence_type=TAKE_SP))
    _auction(scene, [(3.0, 40), (3.1, 60), (3.2, 20)], atl=[(3.0, 0), (3.1, 0), (3.2, 30)])

    assert expected == fills(order)
