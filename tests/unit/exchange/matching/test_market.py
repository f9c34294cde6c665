"""What a definition does to orders: suspension, turning in play, starting price, non-runners, the end."""

from dataclasses import replace
from typing import Any

import pytest

from betflow.exchange.assumptions import (
    BETFLOW_1,
    InPlaySuspension,
    SmallTakeStartingPrice,
    StartingPriceAtLimit,
)
from betflow.exchange.matching.orders import Case, EventKind, Rule
from betflow.wire.betting import PlaceInstruction
from betflow.wire.enums import OrderStatus, PersistenceType, Side
from scenes import BACK, LAY, Scene, fills, limit, limit_on_close, market_on_close, prices, rules

LAPSE, PERSIST, TAKE_SP = PersistenceType
RACE: dict[str, Any] = {
    "bspMarket": True,
    "turnInPlayEnabled": True,
    "persistenceEnabled": True,
    "marketType": "WIN",
    "runners": [
        {"id": number, "sortPriority": number, "status": "ACTIVE", "adjustmentFactor": factor}
        for number, factor in ((1, 30.0), (2, 20.0), (3, 50.0))
    ],
}
PLACE = {**RACE, "marketType": "PLACE", "numberOfWinners": 2}


def _resting(
    persistence: PersistenceType, side: Side = LAY, price: float = 3.0, size: float = 10
) -> PlaceInstruction:
    return limit(side, price, size, persistence_type=persistence)


# Suspension.


def test_nothing_matches_while_suspended() -> None:
    """What trades and what is offered while the market is suspended matches nothing, then or later."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.define(status="SUSPENDED")
    scene.show(prices(atl=[(2.9, 10)], trd=[(2.9, 40)]))
    scene.show(prices(atl=[(2.9, 0)]))
    scene.define(status="OPEN")

    assert [] == fills(order)
    scene.show(prices(trd=[(2.9, 44)]))
    assert [(3.0, 2_00)] == fills(order)


def test_what_is_offered_when_the_market_opens_matches() -> None:
    """An offer that crosses our order and is there when the market opens is matched then."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.define(status="SUSPENDED")
    scene.show(prices(atl=[(2.9, 4)]))
    assert [] == fills(order)

    scene.define(status="OPEN")

    assert ([Rule.CROSSED], [(3.0, 4_00)]) == (rules(order), fills(order))


def test_a_suspension_before_the_off_lapses_nothing() -> None:
    """Orders stay through suspensions before the off."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.define(status="SUSPENDED")
    scene.define(status="OPEN")

    assert [10_00] * 3 == order.remaining


@pytest.mark.parametrize(
    ("is_left", "persistence", "suspension"),
    [
        (False, LAPSE, InPlaySuspension.LAPSES),
        (True, PERSIST, InPlaySuspension.LAPSES),
        (True, LAPSE, InPlaySuspension.STANDS),
    ],
)
def test_a_material_event_in_play(
    is_left: bool,  # noqa: FBT001 - expected value
    persistence: PersistenceType,
    suspension: InPlaySuspension,
) -> None:
    """What does not persist lapses when the version changes under a suspension in play (assumed)."""
    assumptions = replace(BETFLOW_1, name="drawn", in_play_suspension=suspension)
    scene = Scene(assumptions=assumptions, inPlay=True, turnInPlayEnabled=True)
    order = scene.order(_resting(persistence))
    scene.define(status="SUSPENDED")
    scene.define(status="OPEN")

    assert is_left == order.is_open
    assert ([] if is_left else [Rule.SUSPENDED_IN_PLAY]) == [
        each.rule for each in scene.told(EventKind.LAPSED)
    ]


def test_an_immaterial_suspension_in_play() -> None:
    """A suspension that leaves the version as it is lapses nothing."""
    scene = Scene(inPlay=True)
    order = scene.order(limit(LAY, 3.0))
    scene.define(status="SUSPENDED", version=7)
    scene.define(status="OPEN", version=7)

    assert [10_00] * 3 == order.remaining


# Turning in play.


def test_the_turn_in_play() -> None:
    """LAPSE lapses, PERSIST stays and keeps its place, take SP goes to the starting price."""
    scene = Scene(prices(atb=[(3.0, 5)]), **RACE)
    lapsing, staying, going = (
        scene.order(_resting(persistence)) for persistence in (LAPSE, PERSIST, TAKE_SP)
    )
    scene.define(inPlay=True)
    scene.show(prices(trd=[(3.0, 2 * 7)]))

    assert ([10_00] * 3, [2_00] * 3) == (lapsing.lapsed, staying.matched)
    assert (True, [20_00] * 3, [10_00] * 3) == (going.is_converted, going.liability, going.remaining)
    assert [Rule.TURNED_IN_PLAY] == [each.rule for each in scene.told(EventKind.LAPSED)]


def test_the_close() -> None:
    """Whatever is left when the market closes lapses; then it takes no more orders."""
    scene = Scene(**RACE)
    orders = [scene.order(_resting(PERSIST)), scene.order(market_on_close(BACK, 10))]
    scene.define(status="CLOSED")

    assert [[10_00] * 3] * 2 == [order.lapsed for order in orders]
    assert {OrderStatus.EXECUTION_COMPLETE} == {order.status for order in orders}


# The starting price.


@pytest.mark.parametrize(
    ("expected", "instruction"),
    [
        ([(3.5, 10_00)], market_on_close(BACK, 10)),
        ([(3.5, 4_00)], market_on_close(LAY, 10)),
        ([(3.5, 10_00)], limit_on_close(BACK, 3.45, 10)),
        ([], limit_on_close(BACK, 3.55, 10)),
        ([(3.5, 4_00)], limit_on_close(LAY, 3.55, 10)),
        ([], limit_on_close(LAY, 3.45, 10)),
        ([(3.5, 10_00)], limit_on_close(BACK, 3.5, 10)),
        ([(3.5, 4_00)], limit_on_close(LAY, 3.5, 10)),
        ([(3.5, 10_00)], _resting(TAKE_SP, BACK, 3.6)),
        ([(3.5, 8_00)], _resting(TAKE_SP, LAY, 3.0)),
        ([], _resting(LAPSE, LAY, 3.0)),
        ([], _resting(PERSIST, LAY, 3.0)),
        ([], market_on_close(BACK, 10, runner=2)),
        ([], market_on_close(LAY, 10, runner=3)),
    ],
)
def test_the_starting_price(expected: list[tuple[float, int]], instruction: PlaceInstruction) -> None:
    """At a BSP of 3.5 a back gets its stake, a lay its liability divided by 2.5, within the limit."""
    scene = Scene(**RACE)
    order = scene.order(instruction)

    scene.reconcile(r1=3.5, r2="NaN")

    assert expected == fills(order)
    if expected:
        assert ([Rule.STARTING_PRICE], OrderStatus.EXECUTION_COMPLETE) == (rules(order), order.status)


@pytest.mark.parametrize("instruction", [limit_on_close(BACK, 3.5, 10), limit_on_close(LAY, 3.5, 10)])
def test_a_limit_at_the_starting_price_may_lapse(instruction: PlaceInstruction) -> None:
    """An order whose limit is the starting price "may be matched partially"; by the switch it lapses."""
    lapses = replace(BETFLOW_1, name="lapses", starting_price_at_limit=StartingPriceAtLimit.LAPSES)
    scene = Scene(assumptions=lapses, **RACE)
    order = scene.order(instruction)
    scene.reconcile(r1=3.5)

    assert [] == fills(order)


def test_a_starting_price_is_not_on_the_ladder() -> None:
    """BSP has up to 16 decimals, and all of them count."""
    scene = Scene(**RACE)
    order = scene.order(market_on_close(BACK, 10))
    scene.reconcile(r1=2.730112832627202)

    assert "2.730112832627202" == str(order.fills[0].price)


@pytest.mark.parametrize(
    ("matched", "choice", "side", "size"),
    [
        (0, SmallTakeStartingPrice.LAPSES, LAY, 4.99),
        (3_99, SmallTakeStartingPrice.MATCHED, LAY, 4.99),
        (4_00, SmallTakeStartingPrice.LAPSES, LAY, 5),
    ],
)
def test_a_small_rest_at_the_starting_price(
    matched: int, choice: SmallTakeStartingPrice, side: Side, size: float
) -> None:
    """A lay that takes the starting price with less than 10 of liability lapses, unless assumed otherwise."""
    assumptions = replace(BETFLOW_1, name="drawn", small_take_starting_price=choice)
    scene = Scene(assumptions=assumptions, **RACE)
    order = scene.order(_resting(TAKE_SP, side, 3.0, size))
    scene.reconcile(r1=3.5)

    assert matched == order.matched[Case.EXPECTED]


def test_reconciled_once() -> None:
    """A definition that repeats the starting price matches nothing again, nor one after the turn in play."""
    scene = Scene(**RACE)
    order = scene.order(market_on_close(BACK, 10))
    scene.reconcile(r1=3.5)
    scene.define(inPlay=True)
    scene.define(status="SUSPENDED")

    assert [(3.5, 10_00)] == fills(order)


def test_the_turn_in_play_before_the_reconciliation() -> None:
    """What takes the starting price waits for it, also past the turn in play."""
    scene = Scene(**RACE)
    orders = [scene.order(_resting(TAKE_SP, BACK, 3.6)), scene.order(market_on_close(BACK, 10))]
    scene.define(inPlay=True)
    assert [[], []] == [fills(order) for order in orders]
    scene.reconcile(r1=3.5)

    assert [[(3.5, 10_00)]] * 2 == [fills(order) for order in orders]


def test_reconciled_and_in_play_at_once() -> None:
    """One definition may do both: the starting price comes first."""
    scene = Scene(**RACE)
    taking, lapsing = scene.order(_resting(TAKE_SP, BACK, 3.6)), scene.order(_resting(LAPSE))
    runners = [{**each, "bsp": 3.5} for each in RACE["runners"]]
    scene.define(runners=runners, bspReconciled=True, inPlay=True)

    assert ([(3.5, 10_00)], [10_00] * 3) == (fills(taking), lapsing.lapsed)


# Non-runners.


def test_a_removed_runner() -> None:
    """On the removed runner what is matched is void, and what is not lapses."""
    scene = Scene(prices(atb=[(3.0, 4)]), **RACE)
    order, on_close = scene.order(limit(BACK, 3.0)), scene.order(market_on_close(BACK, 10))
    scene.remove(1, 30)

    assert ([0] * 3, [4_00] * 3, [6_00] * 3) == (order.matched, order.voided, order.lapsed)
    assert ([10_00] * 3, OrderStatus.EXECUTION_COMPLETE) == (on_close.lapsed, on_close.status)
    assert [1] == [runner.selection_id for runner in scene.venue.removed_at("1.1")]


@pytest.mark.parametrize(
    ("price", "lapsed", "instruction", "factor", "market"),
    [
        (3.0, 0, _resting(LAPSE, BACK), 20, RACE),
        (3.0, 10_00, _resting(LAPSE), 2.5, RACE),
        (3.0, 0, _resting(LAPSE), 2.49, RACE),
        (2.4, 0, _resting(PERSIST), 20, RACE),
        (3.0, 0, _resting(PERSIST), 2.4, RACE),
        (3.0, 10_00, _resting(LAPSE), 4.0, PLACE),
        (3.0, 0, _resting(LAPSE), 3.99, PLACE),
        (2.6, 0, _resting(PERSIST), 20, PLACE),
    ],
)
def test_orders_on_the_others(
    price: float, lapsed: int, instruction: PlaceInstruction, factor: float, market: dict[str, Any]
) -> None:
    """Offers to back stay; lays are cancelled from 2.5 % (place: 4 %) on, kept ones stand lower."""
    scene = Scene(**market)
    order = scene.order(instruction)
    scene.remove(2, factor)

    assert (price, lapsed, 10_00 - lapsed) == (order.price, order.lapsed[1], order.remaining[1])


def test_a_kept_lay_stands_in_the_queue_of_its_new_price() -> None:
    """A lay at 3.0, reduced by 20 %, waits at 2.4 behind what is displayed there, and no more at 3.0."""
    scene = Scene(prices(atb=[(2.4, 5)]), **RACE)
    order = scene.order(_resting(PERSIST))
    scene.remove(2, 20)
    scene.show(prices(trd=[(3.0, 40)]))
    assert [] == fills(order)
    scene.show(prices(trd=[(2.4, 14)]))

    assert [(2.4, 2_00)] == fills(order)


def test_a_lay_that_takes_the_starting_price_goes_there_at_once() -> None:
    """After a removal of 2.5 % it waits for the starting price and cannot be cancelled."""
    scene = Scene(**RACE)
    order = scene.order(_resting(TAKE_SP))
    scene.remove(2, 20)

    assert (True, 20_00) == (order.is_converted, order.liability[Case.EXPECTED])


def test_a_lay_at_the_starting_price_is_reduced() -> None:
    """20 % leave, the runner laid has 30 %: 1 - 20 / 70 of 14.00 stays, that is 10.00. A back stays whole."""
    scene = Scene(**RACE)
    lay, back = scene.order(market_on_close(LAY, 14)), scene.order(market_on_close(BACK, 14))
    scene.remove(2, 20)

    assert ([10_00] * 3, [14_00] * 3) == (lay.liability, back.liability)


def test_two_removals_in_one_definition() -> None:
    """Runners that leave together reduce one after the other: 3.0 less 20 % less 50 % is 1.2."""
    scene = Scene(**RACE)
    order = scene.order(_resting(PERSIST))
    runners = [each if each["id"] == 1 else {**each, "status": "REMOVED"} for each in scene.terms["runners"]]
    scene.define(runners=runners)

    assert 1.2 == order.price


def test_a_removal_happens_once() -> None:
    """A later definition that still lists the removed runner reduces nothing again."""
    scene = Scene(**RACE)
    order = scene.order(_resting(PERSIST))
    scene.remove(2, 20)
    scene.define(status="SUSPENDED")
    scene.define(status="OPEN")

    assert 2.4 == order.price


def test_a_greyhound_removal_voids() -> None:
    """In greyhound racing all bets matched before a removal are void, and what is unmatched is cancelled."""
    scene = Scene(prices(atb=[(3.0, 4)]), **{**RACE, "eventTypeId": "4339"})
    order = scene.order(limit(BACK, 3.0))
    scene.remove(2, 20)

    assert ([4_00] * 3, [6_00] * 3) == (order.voided, order.lapsed)


# What a recording does not have.


def _unseen() -> Scene:
    """Return a market whose definition came before its prices."""
    scene = Scene(**RACE)
    scene.books.books.clear()
    scene.venue = type(scene.venue)()
    scene.fold({"marketDefinition": scene.terms})
    return scene


def test_volumes_of_the_first_image_match_nothing() -> None:
    """What had traded before the first prices matches no order from before them; what follows does."""
    scene = _unseen()
    order = scene.order(limit(BACK, 3.0))
    scene.image(prices(atb=[(2.9, 50)], atl=[(3.0, 20)], trd=[(3.0, 5000)]))

    assert [[], [], []] == [fills(order, case) for case in Case]
    scene.show(prices(trd=[(3.0, 5050)]))
    # 25 traded: behind the 20 that the image shows, or in the best case before them.
    assert [[(3.0, 5_00)], [(3.0, 5_00)], [(3.0, 10_00)]] == [fills(order, case) for case in Case]


def test_a_market_without_offers_is_known() -> None:
    """A market has no offers until the recording shows one on any runner."""
    scene = _unseen()
    scene.order(limit(BACK, 3.0))

    assert not scene.venue.has_offers("1.1")
    scene.show(prices(2, atb=[(1.5, 10)]))
    assert scene.venue.has_offers("1.1")


def test_a_starting_price_may_come_after_it_is_reconciled() -> None:
    """An order at the starting price waits for a price that is told after bspReconciled."""
    scene = Scene(**RACE)
    order = scene.order(market_on_close(BACK, 10))
    scene.define(status="SUSPENDED")
    scene.define(bspReconciled=True)

    assert [] == fills(order)
    scene.define_runner(1, bsp=3.4)
    assert [(3.4, 10_00)] == fills(order)


def test_a_starting_price_that_never_comes_ends_at_the_close() -> None:
    """An order at the starting price lapses at the close if no price was told."""
    scene = Scene(**RACE)
    scene.order(market_on_close(BACK, 10))
    scene.define(bspReconciled=True)
    scene.define(status="CLOSED")

    assert [Rule.NO_STARTING_PRICE] == [event.rule for event in scene.told(EventKind.LAPSED)]


def test_a_factor_that_an_earlier_definition_had_applies() -> None:
    """The factor of a removed runner is that of the last definition that had one: 25 % makes 8.0 a 6.0."""
    scene = Scene(prices(atb=[(8.0, 50)]), **RACE)
    lay = scene.order(limit(LAY, 3.0, persistence_type=PERSIST))
    scene.define_runner(3, status="REMOVED", adjustmentFactor=None)
    scene.define(status="OPEN")
    definition = scene.venue.definition("1.1")

    assert 1.5 == lay.price  # 3.0 less 50 %
    assert definition is not None
    assert 50.0 == (definition.runners or [])[2].adjustment_factor


def test_what_the_suspending_message_traded_came_before() -> None:
    """Nothing trades while suspended: 40 traded at 3.0 match 10 behind 20, in one entry or two."""
    for is_split in (False, True):
        scene = Scene(prices(atl=[(3.0, 20)]))
        order = scene.order(limit(BACK, 3.0))
        trade = prices(atl=[(3.0, 0)], trd=[(3.0, 80)])
        if is_split:
            scene.define(status="SUSPENDED")
            scene.show(trade, at=scene.now)
        else:
            scene.define(trade, status="SUSPENDED")

        assert [(3.0, 10_00)] == fills(order)


def test_what_the_opening_message_traded_came_after() -> None:
    """The same holds for the message that opens the market again."""
    scene = Scene(prices(atl=[(3.0, 20)]))
    order = scene.order(limit(BACK, 3.0))
    scene.define(status="SUSPENDED")
    scene.define(prices(atl=[(3.0, 0)], trd=[(3.0, 80)]), status="OPEN")

    assert [(3.0, 10_00)] == fills(order)
