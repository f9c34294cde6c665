"""``backtest explain`` as a job: an order's story from the journal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from betflow.errors import NotFoundError, UsageError
from betflow.jobs.backtest import BacktestRequest, backtest
from betflow.jobs.backtest_explain import ExplainRequest, explain
from betflow.jobs.runs import RunContext, Runs
from changes import OFF_MS
from races import DECIDED_MS, LOSER, TRADED_MS, orders_file, race


@pytest.fixture
def played(tmp_path: Path, runs: Runs) -> Iterator[RunContext]:
    """Play five orders on two races, twice: the second run, run-2, backs with 6.00."""
    tapes = [race(tmp_path / "a", "1.5"), race(tmp_path / "b", "1.6", settled=False)]
    for size in (4, 6):
        orders = orders_file(
            tmp_path / "orders.json",
            {"ref": "q", "size": size},
            {"ref": "open", "market_id": "1.6", "price": 2.0},
            {"ref": "lost", "selection_id": LOSER, "price": 1.9},
            {"ref": "idle", "price": 1000},
            {"ref": "nowhere", "market_id": "1.7"},
        )
        run = runs.start("backtest", {}, config_hash="0")
        request = BacktestRequest(tuple(map(str, tapes)), orders=orders)
        run.finish(backtest(request, run.context))
        run.close()
    asking = runs.start("backtest explain", {}, config_hash="0")
    yield asking.context
    asking.close()


def told(context: RunContext, ref: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of the request
    """Return the answer about an order."""
    return explain(ExplainRequest(ref, **more), context).data


def test_story_is_in_the_order_of_time(played: RunContext) -> None:
    """The decision comes first, then what happened, each with its rule and the place that shows it."""
    story = told(played, "q")["story"]

    assert [
        (DECIDED_MS, "DECIDED", 1),
        (DECIDED_MS + 120, "ARRIVED", 1),
        (DECIDED_MS + 120, "ARRIVED", 1),
        (TRADED_MS, "QUEUE", 4),
        (OFF_MS + 60_000, "RECONCILED", 5),
    ] == [(event["at"], event["rule"], event["line"]) for event in story]
    assert {"betflow-1/2"} == {event["assumptions"] for event in story}
    assert story[0]["tape"].endswith("/a")


def test_story_ends_with_what_it_paid_and_why(played: RunContext) -> None:
    """The three cases, the rule of the settlement, the sum worked out, and the commission."""
    data = told(played, "q", run="run-1")

    assert [0.0, 1.83, 4.4] == [data["paid"][case]["profit"] for case in ("worst", "expected", "best")]
    assert [
        "Its runner won.",
        "In the expected case: 1.66 × (2.1 - 1) = 1.83.",
        "In the best case: 4.00 × (2.1 - 1) = 4.40.",
    ] == data["why"][:3]
    assert data["why"][3].endswith(
        "what the market paid in all: -2.17 in the expected case, so there is none."
    )


def test_commission_is_worked_out(tmp_path: Path, runs: Runs) -> None:
    """Where the market paid something, its commission is told: 5 % of 4.00."""
    orders = orders_file(tmp_path / "orders.json", {"ref": "take", "price": 2.0})
    run = runs.start("backtest", {}, config_hash="0")
    backtest(BacktestRequest((str(race(tmp_path / "race")),), orders=orders), run.context)

    assert told(run.context, "take")["why"][-1].endswith(
        "4.00 in the expected case, and 5 % of that is 0.20."
    )
    run.close()


def test_latest_run_is_told(played: RunContext) -> None:
    """Without a run it is the latest that has such an order."""
    assert ("run-2", 6.0) == (told(played, "q")["run_id"], told(played, "q")["order"]["size"])
    assert 4.0 == told(played, "q", run="run-1")["order"]["size"]


def test_bet_id_names_an_order_too(played: RunContext) -> None:
    """An order is found by what the exchange called it."""
    bet_id = told(played, "lost")["order"]["bet_id"]

    assert "lost" == told(played, bet_id)["heading"]["order"]


@pytest.mark.parametrize(
    ("expected", "ref"),
    [
        ("In each case: the backer's stake, -4.00.", "lost"),
        ("Unsettled: the recording ends before the market was settled.", "open"),
        ("Nothing of it was matched, so it paid nothing.", "idle"),
        ("It was not matched: INVALID_MARKET_ID (no tape has market 1.7).", "nowhere"),
    ],
)
def test_reasons_are_in_plain_words(played: RunContext, expected: str, ref: str) -> None:
    """Lost, unsettled, unmatched and refused orders each say why."""
    assert expected in told(played, ref)["why"]


def test_order_that_is_not_there_is_an_error(played: RunContext) -> None:
    """An unknown ref, an unknown run and another market are errors that say so."""
    with pytest.raises(NotFoundError, match="no order 'x' in any backtest"):
        told(played, "x")
    with pytest.raises(NotFoundError, match="no run begins with 'run-9'"):
        told(played, "q", run="run-9")
    with pytest.raises(NotFoundError, match=r"no order 'q' in market 1\.6"):
        told(played, "q", market_id="1.6")


def test_ref_of_several_orders_asks_which(tmp_path: Path, runs: Runs) -> None:
    """Where a ref is a bet id as well, the error names both orders and how to choose."""
    orders = orders_file(tmp_path / "orders.json", {"ref": "2"}, {"ref": "b", "market_id": "1.6"})
    tapes = [race(tmp_path / name, market_id) for name, market_id in (("a", "1.5"), ("b", "1.6"))]
    run = runs.start("backtest", {}, config_hash="0")
    backtest(BacktestRequest(tuple(map(str, tapes)), orders=orders), run.context)

    with pytest.raises(UsageError, match=r"2 orders are called '2'.*--market: 1\.5, 1\.6"):
        told(run.context, "2")
    assert "b" == told(run.context, "2", market_id="1.6")["heading"]["order"]
    run.close()
