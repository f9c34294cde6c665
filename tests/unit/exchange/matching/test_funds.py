"""What orders reserve, and orders that the account cannot afford."""

from decimal import Decimal
from typing import Any

import pytest

from betflow.exchange.assumptions import BETFLOW_1
from betflow.exchange.matching.funds import exposure_of
from betflow.exchange.matching.venue import Account
from betflow.exchange.results import market_result
from betflow.wire.betting import PlaceInstruction
from betflow.wire.enums import (
    BetTargetType,
    ExecutionReportErrorCode,
    InstructionReportErrorCode,
    PersistenceType,
    Side,
    TimeInForce,
)
from changes import MARKET, defined
from scenes import BACK, LAY, Scene, limit, limit_on_close, market_on_close, prices

Whole = ExecutionReportErrorCode
Code = InstructionReportErrorCode


def _with(available: int, **definition: Any) -> Scene:  # noqa: ANN401 - whatever a definition may have
    account = Account(available=Decimal(available))
    return Scene(prices(atb=[(3.0, 100)], atl=[(3.05, 100)]), account=account, **definition)


def _exposure(scene: Scene) -> Decimal:
    definition = scene.venue.definition(MARKET)
    assert definition is not None
    return exposure_of(scene.venue.market_orders(MARKET), market_result(MARKET, definition), BETFLOW_1)


def _is_short(scene: Scene, instruction: PlaceInstruction) -> bool:
    return scene.place(instruction).error_code is Whole.INSUFFICIENT_FUNDS


@pytest.mark.parametrize(
    ("needed", "instruction"),
    [
        (10, limit(BACK, 5.0)),
        (10, limit(BACK, 2.0)),
        (40, limit(LAY, 5.0)),
        (10, limit(LAY, 2.0)),
        (10, market_on_close(BACK, 10)),
        (15, market_on_close(LAY, 15)),
        (15, limit_on_close(LAY, 3.0, 15)),
        (10, limit(BACK, 2.0, time_in_force=TimeInForce.FILL_OR_KILL)),
    ],
)
def test_what_an_order_needs(needed: int, instruction: PlaceInstruction) -> None:
    """A back needs its stake, a lay its liability, matched or not: a penny less is too little."""
    enough, short = (
        Scene(bspMarket=True, account=Account(available=Decimal(needed) - less))
        for less in (Decimal(0), Decimal("0.01"))
    )

    assert not _is_short(enough, instruction)
    assert _is_short(short, instruction)


def test_an_each_way_bet_needs_twice_its_size() -> None:
    """An each-way bet has two stakes ("Additional Information")."""
    each_way: dict[str, Any] = {"marketType": "EACH_WAY", "eachWayDivisor": 5}

    assert _is_short(_with(19, **each_way), limit(BACK, 5.0))
    assert not _is_short(_with(20, **each_way), limit(BACK, 5.0))


def test_what_is_short_places_nothing() -> None:
    """A request that the account cannot afford as a whole places none of its orders."""
    scene = _with(15)

    report = scene.place(limit(BACK, 5.0), limit(BACK, 5.0, runner=2))

    assert [Code.ERROR_IN_ORDER] * 2 == [each.error_code for each in report.instruction_reports]
    assert {} == scene.venue.orders


def test_a_matched_back_covers_a_matched_lay() -> None:
    """10 backed and 10 laid at the same price can lose nothing but a fraction of a penny for each."""
    scene = Scene(prices(atb=[(3.0, 10)], atl=[(3.0, 10)]))
    scene.order(limit(BACK, 3.0))
    assert Decimal("10.00") == _exposure(scene)

    scene.order(limit(LAY, 3.0))

    assert Decimal("0.01") == _exposure(scene)


def test_an_unmatched_back_covers_nothing() -> None:
    """What may never be matched is not set off against what is."""
    scene = Scene(prices(atl=[(3.0, 10)]))
    scene.order(limit(LAY, 3.0))
    scene.order(limit(BACK, 3.5))

    assert Decimal("30.00") == _exposure(scene)


def test_markets_add_up() -> None:
    """What may be lost is counted over all markets."""
    scene = _with(15)
    scene.fold({"id": "1.2", "marketDefinition": defined()})
    scene.place(limit(BACK, 5.0))

    assert Whole.INSUFFICIENT_FUNDS == scene.place(limit(BACK, 5.0), market_id="1.2").error_code


def test_a_cancelled_order_frees_its_funds() -> None:
    """What is cancelled needs nothing any more."""
    scene = _with(15)
    scene.cancel(scene.order(limit(BACK, 5.0)))

    assert Decimal(0) == _exposure(scene)
    assert not _is_short(scene, limit(BACK, 5.0))


def test_a_rest_at_the_starting_price_keeps_its_liability() -> None:
    """A lay that takes the starting price still needs what it did."""
    scene = Scene(bspMarket=True)
    scene.order(limit(LAY, 3.0, persistence_type=PersistenceType.MARKET_ON_CLOSE))
    scene.define(inPlay=True)

    assert Decimal("20.00") == _exposure(scene)


@pytest.mark.parametrize("side", [BACK, LAY])
def test_a_bet_target_needs_funds(side: Side) -> None:
    """A target of 30 paid out at 3.0 is a stake of 10, or a liability of 20."""
    target = limit(side, 3.0, None, bet_target_type=BetTargetType.PAYOUT, bet_target_size=30)

    assert _is_short(_with(5), target)


def test_what_waits_needs_funds() -> None:
    """Orders that wait for the bet delay are bets already: the second cannot be afforded."""
    scene = _with(15, inPlay=True, betDelay=5)
    scene.order(limit(BACK, 5.0))

    answer = scene.ask(scene.request(limit(BACK, 5.0)))

    assert Whole.INSUFFICIENT_FUNDS == (answer and answer.error_code)


def test_a_lapsed_lay_at_the_starting_price_frees_its_funds() -> None:
    """A MARKET_ON_CLOSE lay on a runner without a starting price needs nothing any more."""
    scene = Scene(bspMarket=True)
    scene.order(market_on_close(LAY, 15))
    scene.reconcile(r1="NaN", r2=3.0)

    assert Decimal(0) == _exposure(scene)


def test_an_edited_order_at_the_starting_price_needs_funds_once() -> None:
    """A LIMIT_ON_CLOSE order with another limit has the same liability as before."""
    scene = Scene(bspMarket=True)
    order = scene.order(limit_on_close(BACK, 3.0, 15))
    scene.replace((order, 2.9))

    assert Decimal("15.00") == _exposure(scene)


def test_a_replacement_needs_funds() -> None:
    """Moving a lay of 10 from 2.0 to 10 raises what may be lost from 10 to 90."""
    scene = Scene(account=Account(available=Decimal(20)))
    order = scene.order(limit(LAY, 2.0))

    report = scene.replace((order, 10.0))

    assert [Code.CANCELLED_NOT_PLACED] == [each.error_code for each in report.instruction_reports]


def test_a_closed_market_needs_nothing() -> None:
    """In a closed market nothing can be lost any more; what was lost is the host's to book."""
    scene = _with(15)
    scene.fold({"id": "1.2", "marketDefinition": defined()})
    scene.order(limit(BACK, 3.0))
    scene.define(status="CLOSED", runners=[{"id": 1, "status": "WINNER"}, {"id": 2, "status": "LOSER"}])

    assert scene.place(limit(BACK, 5.0), market_id="1.2").error_code is None
