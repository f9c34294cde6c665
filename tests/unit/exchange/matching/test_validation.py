"""Which instructions are refused: each error code with an instruction that has nothing else wrong."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from betflow.exchange.assumptions import BETFLOW_1, FillOrKillPersistence, ProfitRatio
from betflow.exchange.matching.venue import Account
from betflow.wire.betting import MarketOnCloseOrder, PlaceInstruction
from betflow.wire.enums import (
    BetTargetType,
    ExecutionReportErrorCode,
    ExecutionReportStatus,
    InstructionReportErrorCode,
    InstructionReportStatus,
    OrderType,
    PersistenceType,
    TimeInForce,
)
from scenes import BACK, LAY, Scene, limit, limit_on_close, market_on_close

Code = InstructionReportErrorCode
KILL = TimeInForce.FILL_OR_KILL
PERSIST, TAKE_SP = PersistenceType.PERSIST, PersistenceType.MARKET_ON_CLOSE
_LINE = {
    "bettingType": "LINE",
    "priceLadderDefinition": {"type": "LINE_RANGE"},
    "lineMinUnit": 0.5,
    "lineMaxUnit": 20.5,
    "lineInterval": 1.0,
}
_STARTING_PRICE = {"bspMarket": True}
_REMOVED = {"runners": [{"id": 1, "status": "REMOVED"}, 2]}
_PASSIVE = {"betDelayModels": ["PASSIVE"]}


def _without_part(instruction: PlaceInstruction) -> PlaceInstruction:
    return msgspec.structs.replace(instruction, limit_order=None)


def _with_two_parts(instruction: PlaceInstruction) -> PlaceInstruction:
    return msgspec.structs.replace(instruction, market_on_close_order=MarketOnCloseOrder(liability=10))


def _code(instruction: PlaceInstruction, scene: Scene, **fields: Any) -> str | None:  # noqa: ANN401 - of a request
    report = scene.place(instruction, **fields)
    (one,) = report.instruction_reports
    is_refused = one.status is InstructionReportStatus.FAILURE
    assert is_refused == (one.error_code is not None)
    assert is_refused == (report.status is ExecutionReportStatus.FAILURE)
    assert report.error_code == (ExecutionReportErrorCode.BET_ACTION_ERROR if is_refused else None)
    return one.error_code


@pytest.mark.parametrize(
    ("code", "instruction", "definition"),
    [
        (Code.INVALID_ODDS, limit(BACK, 3.01), {}),
        (Code.INVALID_ODDS, limit(BACK, 1.0), {}),
        (Code.INVALID_ODDS, limit(BACK, 1010), {}),
        (Code.INVALID_ODDS, limit(BACK, float("nan")), {}),
        (Code.INVALID_ODDS, limit(BACK, float("inf")), {}),
        (Code.INVALID_ODDS, limit(BACK, -2.0), {}),
        (Code.INVALID_ODDS, limit(BACK, 3.0), _LINE),
        (Code.INVALID_ODDS, limit(BACK, 21.5), _LINE),
        (Code.INVALID_ODDS, limit_on_close(BACK, 3.01, 10), _STARTING_PRICE),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, 0.99), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 9.8, 0.99), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, 2.001), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, 0), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, -5), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, float("nan")), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, float("inf")), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, None), {}),
        (
            Code.INVALID_BET_SIZE,
            limit(BACK, 3.0, 5, bet_target_type=BetTargetType.PAYOUT, bet_target_size=10),
            {},
        ),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, None, bet_target_size=10), {}),
        (Code.INVALID_BET_SIZE, limit(BACK, 3.0, 5, bet_target_type=BetTargetType.PAYOUT), {}),
        (
            Code.INVALID_BET_SIZE,
            limit(BACK, 10.5, None, bet_target_type=BetTargetType.PAYOUT, bet_target_size=10),
            _LINE,
        ),
        (
            Code.INVALID_BET_SIZE,
            limit(BACK, 4.0, None, bet_target_type=BetTargetType.PAYOUT, bet_target_size=3.99),
            {},
        ),
        (
            Code.INVALID_BET_SIZE,
            limit(BACK, 4.0, None, bet_target_type=BetTargetType.BACKERS_PROFIT, bet_target_size=2.99),
            {},
        ),
        (Code.INVALID_BET_SIZE, market_on_close(BACK, 0.99), _STARTING_PRICE),
        (Code.INVALID_BET_SIZE, market_on_close(LAY, 9.99), _STARTING_PRICE),
        (Code.INVALID_BET_SIZE, limit_on_close(LAY, 3.0, 9.99), _STARTING_PRICE),
        (Code.INVALID_BET_SIZE, market_on_close(BACK, 2.005), _STARTING_PRICE),
        (Code.INVALID_PROFIT_RATIO, limit(BACK, 1.01, 1.49), {}),
        (Code.INVALID_PROFIT_RATIO, limit(LAY, 1.01, 1.50), {}),
        (Code.INVALID_RUNNER, limit(BACK, 3.0, runner=9), {}),
        (Code.INVALID_RUNNER, limit(BACK, 3.0, handicap=0.5), {}),
        (Code.INVALID_RUNNER, limit(BACK, 3.0), {"runners": [{"id": 1, "status": "REMOVED_VACANT"}, 2]}),
        (Code.INVALID_RUNNER, limit(BACK, 3.0), {"runners": [{"id": 1, "status": "HIDDEN"}, 2]}),
        (Code.RUNNER_REMOVED, limit(BACK, 3.0), _REMOVED),
        (
            Code.INVALID_PERSISTENCE_TYPE,
            limit(LAY, 3.0, persistence_type=PERSIST),
            {"turnInPlayEnabled": False},
        ),
        (
            Code.INVALID_PERSISTENCE_TYPE,
            limit(LAY, 3.0, persistence_type=PERSIST),
            {"persistenceEnabled": False},
        ),
        (Code.INVALID_PERSISTENCE_TYPE, limit(LAY, 3.0, persistence_type=PERSIST), _PASSIVE),
        (Code.INVALID_PERSISTENCE_TYPE, limit(LAY, 3.0, persistence_type=TAKE_SP), {}),
        (
            Code.INVALID_PERSISTENCE_TYPE,
            limit(LAY, 3.0, persistence_type=TAKE_SP),
            {"bspMarket": True, "bspReconciled": True},
        ),
        (Code.MARKET_NOT_OPEN_FOR_BSP_BETTING, market_on_close(BACK, 10), {}),
        (Code.MARKET_NOT_OPEN_FOR_BSP_BETTING, limit_on_close(BACK, 3.0, 10), {}),
        (
            Code.MARKET_NOT_OPEN_FOR_BSP_BETTING,
            market_on_close(BACK, 10),
            {"bspMarket": True, "bspReconciled": True},
        ),
        (
            Code.MARKET_NOT_OPEN_FOR_BSP_BETTING,
            market_on_close(BACK, 10),
            {"bspMarket": True, "inPlay": True},
        ),
        (Code.INVALID_MIN_FILL_SIZE, limit(BACK, 3.0, time_in_force=KILL, min_fill_size=0), {}),
        (Code.INVALID_MIN_FILL_SIZE, limit(BACK, 3.0, time_in_force=KILL, min_fill_size=0.99), {}),
        (Code.INVALID_MIN_FILL_SIZE, limit(BACK, 3.0, time_in_force=KILL, min_fill_size=10.01), {}),
        (Code.INVALID_MIN_FILL_SIZE, limit(BACK, 3.0, time_in_force=KILL, min_fill_size=float("nan")), {}),
        (Code.UNEXPECTED_MIN_FILL_SIZE, limit(BACK, 3.0, min_fill_size=2), {}),
        (Code.INVALID_ORDER_TYPE, _without_part(limit(BACK, 3.0)), {}),
        (Code.INVALID_ORDER_TYPE, _with_two_parts(limit(BACK, 3.0)), _STARTING_PRICE),
        (
            Code.INVALID_ORDER_TYPE,
            msgspec.structs.replace(limit(BACK, 3.0), order_type=OrderType.MARKET_ON_CLOSE),
            _STARTING_PRICE,
        ),
        (Code.INVALID_CUSTOMER_ORDER_REF, limit(BACK, 3.0, ref="r" * 33), {}),
    ],
)
def test_refused(code: Code, instruction: PlaceInstruction, definition: dict[str, Any]) -> None:
    """An instruction is refused with the code that names what is wrong with it."""
    assert code == _code(instruction, Scene(**definition))


@pytest.mark.parametrize(
    ("instruction", "definition"),
    [
        (limit(BACK, 3.0, 1), {}),
        (limit(BACK, 10, 1), {}),
        (limit(LAY, 100, 0.1), {}),
        (limit(BACK, 1000, 0.01), {}),
        (limit(BACK, 1.01, 1), {}),
        (limit(BACK, 1.01, 1.25), {}),
        (limit(BACK, 1000), {}),
        (
            limit(BACK, 2.01),
            {"priceLadderDefinition": {"type": "FINEST"}, "marketType": "WIN"} | {"version": 2},
        ),
        (limit(BACK, 10.5), _LINE),
        (limit(BACK, 3.0, ref="r" * 32), {}),
        (limit(BACK, 3.0, persistence_type=PERSIST), {"turnInPlayEnabled": True, "persistenceEnabled": True}),
        (limit(BACK, 3.0, persistence_type=TAKE_SP), _STARTING_PRICE),
        (limit(BACK, 3.0, time_in_force=KILL, min_fill_size=1), {}),
        (limit(BACK, 3.0, time_in_force=KILL, min_fill_size=10), {}),
        (limit(BACK, 3.0, time_in_force=KILL, persistence_type=PERSIST), {}),
        (limit(BACK, 4.0, None, bet_target_type=BetTargetType.PAYOUT, bet_target_size=4), {}),
        (limit(BACK, 100, None, bet_target_type=BetTargetType.PAYOUT, bet_target_size=10), {}),
        (limit(BACK, 4.0, None, bet_target_type=BetTargetType.BACKERS_PROFIT, bet_target_size=3), {}),
        (market_on_close(BACK, 1), _STARTING_PRICE),
        (market_on_close(LAY, 10), _STARTING_PRICE),
        (limit_on_close(LAY, 3.0, 10), _STARTING_PRICE),
    ],
)
def test_taken(instruction: PlaceInstruction, definition: dict[str, Any]) -> None:
    """What is just at a limit of the rules is within it: also 1 at 10, 0.10 at 100, 0.01 at 1000."""
    assert _code(instruction, Scene(**definition)) is None


def test_a_strategy_reference_is_too_long() -> None:
    """A customerStrategyRef has up to 15 characters."""
    assert Code.INVALID_CUSTOMER_STRATEGY_REF == _code(limit(BACK, 3.0), Scene(), strategy="s" * 16)
    assert _code(limit(BACK, 3.0), Scene(), strategy="s" * 15) is None


@pytest.mark.parametrize(
    ("currency", "too_small", "enough"),
    [("GBP", 0.99, 1), ("EUR", 0.99, 1), ("CAD", 1.99, 2), ("HUF", 399.99, 400), ("SEK", 14.99, 15)],
)
def test_minimums_by_currency(currency: str, too_small: float, enough: float) -> None:
    """The smallest size is that of the account's currency ("Additional Information", currency parameters)."""
    scene = Scene(account=Account(currency=currency))

    assert Code.INVALID_BET_SIZE == _code(limit(BACK, 2.0, too_small), scene)
    assert _code(limit(BACK, 2.0, enough), scene) is None


def test_the_payout_that_excuses_a_small_size_is_of_the_currency() -> None:
    """0.10 at 100 pays out 10: enough in GBP, not in EUR, where it takes 20."""
    assert _code(limit(BACK, 100, 0.1), Scene()) is None
    assert Code.INVALID_BET_SIZE == _code(limit(BACK, 100, 0.1), Scene(account=Account(currency="EUR")))


def test_fill_or_kill_with_a_persistence_type_may_be_refused() -> None:
    """By the other reading of Betfair's pages a persistence type is unexpected on FILL_OR_KILL."""
    strict = replace(BETFLOW_1, name="strict", fill_or_kill_persistence=FillOrKillPersistence.REFUSED)
    instruction = limit(BACK, 3.0, time_in_force=KILL, persistence_type=PERSIST)

    assert Code.UNEXPECTED_PERSISTENCE_TYPE == _code(instruction, Scene(assumptions=strict))


def test_the_profit_ratio_may_go_unchecked() -> None:
    """Its bounds are known from an announcement only, so there is a switch."""
    lenient = replace(BETFLOW_1, name="lenient", profit_ratio=ProfitRatio.NOT_CHECKED)

    assert _code(limit(BACK, 1.01, 1.49), Scene(assumptions=lenient)) is None
