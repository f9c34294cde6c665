"""What is missing in an answer is None, what is odd is told, and one bad element never costs the others."""

import copy
import json
from typing import Any

import msgspec
import pytest

from betflow.wire import operations
from betflow.wire.leniency import Oddity
from betflow.wire.operations import OPERATIONS

CATALOGUE: dict[str, Any] = {
    "marketId": "1.9",
    "marketName": "Match Odds",
    "description": {"bspMarket": False, "marketTime": "2026-05-28T20:00:00.000Z", "marketType": "MATCH_ODDS"},
    "runners": [
        {
            "selectionId": 1,
            "runnerName": "One",
            "handicap": 0,
            "sortPriority": 1,
            "metadata": {"runnerId": "1"},
        },
        {"selectionId": 2, "runnerName": "Two", "handicap": 0, "sortPriority": 2},
    ],
}


def altered(path: tuple[str | int, ...], value: object) -> list[dict[str, Any]]:
    """Return two markets, of which the first has another value at a place; none at all for ``...``."""
    markets = [copy.deepcopy(CATALOGUE), copy.deepcopy(CATALOGUE)]
    place: Any = markets[0]
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return markets


def decoded(markets: object) -> Any:  # noqa: ANN401 - of whatever was asked
    """Decode the answer to listMarketCatalogue."""
    return operations.LIST_MARKET_CATALOGUE.decode(json.dumps(markets).encode())


@pytest.mark.parametrize(
    "path",
    [
        ("marketName",),
        ("description",),
        ("description", "bspMarket"),
        ("description", "marketTime"),
        ("description", "marketType"),
        ("runners",),
        ("runners", 1, "runnerName"),
        ("runners", 1, "handicap"),
        ("runners", 1, "sortPriority"),
    ],
)
def test_what_is_missing_is_none(path: tuple[str | int, ...]) -> None:
    """Nothing else of the answer is lost for it, and there is nothing odd about it."""
    answer = decoded(altered(path, ...))

    assert () == answer.oddities
    assert msgspec.to_builtins(answer.answer) == msgspec.to_builtins(decoded(altered(path, None)).answer)
    assert 2 == len(answer.answer)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("marketName",), ["a"], "[0].marketName"),
        (("description",), "none", "[0].description"),
        (("description", "bspMarket"), "perhaps", "[0].description.bspMarket"),
        (("runners",), {}, "[0].runners"),
        (("runners", 1, "handicap"), {}, "[0].runners[1].handicap"),
        (("runners", 0, "metadata", "runnerId"), {}, "[0].runners[0].metadata.*"),
    ],
)
def test_what_is_odd_is_left_out_and_told(path: tuple[str | int, ...], value: object, where: str) -> None:
    """It is as if it were missing; what is beside it stays, and so do all runners and markets."""
    answer = decoded(altered(path, value))

    assert [where] == [each.path for each in answer.oddities]
    assert 0 == answer.lost
    assert msgspec.to_builtins(decoded(altered(path, ...)).answer) == msgspec.to_builtins(answer.answer)


def test_a_number_is_taken_for_text() -> None:
    """A name that comes as a number is what it says."""
    answer = decoded(altered(("runners", 1, "runnerName"), 7))

    assert "7" == answer.answer[0].runners[1].runner_name
    assert [Oddity("[0].runners[1].runnerName", "Expected `str | null`, got `int`")] == list(answer.oddities)


@pytest.mark.parametrize("value", [..., None, "one", {}])
def test_a_runner_that_is_none_costs_itself_alone(value: object) -> None:
    """Without its id a runner is nothing; the other runner and the other market stay."""
    answer = decoded(altered(("runners", 0, "selectionId"), value))

    assert [[2], [1, 2]] == [[runner.selection_id for runner in each.runners] for each in answer.answer]
    assert 1 == answer.lost


def test_a_market_that_is_none_costs_itself_alone() -> None:
    """What is no market at all is left out of the list."""
    answer = decoded([*altered(("marketId",), ...), 7, None])

    assert ["1.9"] == [each.market_id for each in answer.answer]
    assert (3, ["[0]", "[2]", "[3]"]) == (
        answer.lost,
        [each.path for each in answer.oddities if each.is_element],
    )


@pytest.mark.parametrize("answer", ["{}", "7", '"no"', "[[]", "\xff"])
def test_what_is_no_answer_at_all_is_refused(answer: str) -> None:
    """Of what is no list of markets nothing is left, and what is no JSON is none."""
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        operations.LIST_MARKET_CATALOGUE.decode(answer.encode("latin-1"))


@pytest.mark.parametrize("answer", ["{}", '{"currentOrders":[]}', '{"moreAvailable":false}'])
def test_a_list_that_may_not_be_whole_is_refused(answer: str) -> None:
    """Nobody is told that there is no order because the answer did not say which there are."""
    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        operations.LIST_CURRENT_ORDERS.decode(answer.encode())


@pytest.mark.parametrize("name", ["placeOrders", "cancelOrders", "replaceOrders", "updateOrders"])
def test_of_a_report_on_orders_no_instruction_is_left_out(name: str) -> None:
    """One without a status may be a bet: the report is refused as a whole, and its outcome unknown."""
    (operation,) = (each for each in OPERATIONS.values() if each.name == name)
    with pytest.raises(msgspec.ValidationError, match="status"):
        operation.decode(b'{"status":"SUCCESS","instructionReports":[{"betId":"1"}]}')


def test_a_bet_is_not_lost_to_a_code_that_is_new() -> None:
    """An instruction that is echoed in an unknown form is left out of its report, and the bet id stays."""
    report = {
        "status": "SUCCESS",
        "betId": "1",
        "instruction": {"orderType": "NEW", "selectionId": 1, "side": "BACK"},
    }
    placed = operations.PLACE_ORDERS.decode(
        json.dumps({"status": "SUCCESS", "instructionReports": [report]}).encode()
    )

    assert [("1", None)] == [(each.bet_id, each.instruction) for each in placed.answer.instruction_reports]
    assert 2 == len(placed.oddities)
