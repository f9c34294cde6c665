"""The tables of backtests are what the journal tells."""

from typing import Any

import pytest

from betflow.jobs.integrity import check_all
from betflow.jobs.runs import Run, RunContext
from betflow.ledger.backtests import TABLES, BacktestKind, BacktestTables, pennies, project
from betflow.ledger.journal import Journal

CASES = {"worst": {"profit": -2.0, "net": -2.0}, "best": {"profit": 4.0, "net": 3.8}}


def order(ref: str, *, bet_id: str = "1", fills: int = 1) -> dict[str, Any]:
    """Return an order as a backtest writes it down, matched in that many parts."""
    fill = {
        "kind": "MATCHED",
        "rule": "QUEUE",
        "at": 5,
        "publish_time": 4,
        "price": 3.0,
        "amounts": [0.0, 1.0, 2.0],
        "doubts": ["GAP", "LATE"],
        "tape": "tape.bz2",
        "line": 7,
        "offset": 99,
    }
    return {
        "ref": ref,
        "bet_id": bet_id,
        "strategy": "s",
        "market_id": "1.5",
        "selection_id": 7,
        "handicap": 0.0,
        "side": "BACK",
        "order_type": "LIMIT",
        "price": 3.0,
        "size": 2.0,
        "size_matched": 1.0,
        "average_price_matched": 3.0,
        "size_remaining": 0.0,
        "size_cancelled": 0.0,
        "size_lapsed": 1.0,
        "size_voided": 0.0,
        "status": "EXECUTION_COMPLETE",
        "error_code": None,
        "settled": True,
        "profit": 2.0,
        **CASES,
        "story": [{"kind": "ACCEPTED", "rule": "ARRIVED"}, *[fill] * fills],
    }


def market(*orders: dict[str, Any]) -> dict[str, Any]:
    """Return a market as a backtest writes it down."""
    facts = {
        "market_id": "1.5",
        "event_id": "9",
        "market_type": "WIN",
        "market_time": "2026-02-18T14:00:00.000Z",
    }
    result = {"profit": 2.0, "commission": 0.1, "net": 1.9, **CASES}
    tapes = [{"name": "tape.bz2", "path": "/tapes/tape.bz2", "sha256": "ab"}]
    return {"market": facts, "result": result, "settled": True, "orders": list(orders), "tapes": tapes}


@pytest.fixture
def written(run: Run) -> RunContext:
    """Write a market with two orders, an order without a market, and the end."""
    context, tables = run.context, BacktestTables(run.context.ledger)
    bodies: list[tuple[BacktestKind, dict[str, Any]]] = [
        (BacktestKind.MARKET, market(order("a", fills=2), order("b", bet_id="2", fills=0))),
        (BacktestKind.UNPLACED, {"orders": [{**order("c", bet_id="", fills=0), "market_id": "1.6"}]}),
        (BacktestKind.FINISHED, {"result_hash": "cd", "request": {}, "totals": {"net": 1.9}}),
    ]
    for kind, body in bodies:
        tables.apply(context.record(kind, "1.5", body))
    return context


def test_rows_are_what_the_entry_says(written: RunContext) -> None:
    """A market gives a row of its own, one for each order, and one for each part that was matched."""
    rows = BacktestTables(written.ledger).rows_of(2)

    assert [
        (
            "run-1",
            2,
            "1.5",
            "9",
            "WIN",
            "2026-02-18T14:00:00.000Z",
            1,
            2,
            200,
            10,
            -200,
            190,
            380,
            "tape.bz2",
            "ab",
        )
    ] == rows["backtest_markets"]
    assert [("a", "1", 200, 100, -200, 200, 400), ("b", "2", 200, 100, -200, 200, 400)] == [
        tuple(row[TABLES["backtest_orders"].index(name)] for name in _SOME) for row in rows["backtest_orders"]
    ]
    assert [
        ("run-1", 2, 0, fill, 5, 3.0, "QUEUE", 0, 100, 200, "GAP,LATE", "tape.bz2", 7, 99, 4)
        for fill in (0, 1)
    ] == rows["backtest_fills"]


_SOME = (
    *("ref", "bet_id", "size_pennies", "size_matched_pennies"),
    *("profit_worst_pennies", "profit_pennies", "profit_best_pennies"),
)


def test_tables_can_be_made_anew(written: RunContext) -> None:
    """Rows that were lost come back from the journal, the same."""
    tables = BacktestTables(written.ledger)
    before = {entry.seq: tables.rows_of(entry.seq) for entry in Journal(written.ledger).entries()}
    for table in TABLES:
        written.ledger.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants

    tables.rebuild()

    assert before == {entry.seq: tables.rows_of(entry.seq) for entry in Journal(written.ledger).entries()}
    assert {"backtests": 1, "backtest_markets": 1, "backtest_orders": 3, "backtest_fills": 2} == tables.count(
        until=9
    )


def test_entries_of_other_kinds_have_no_rows(written: RunContext) -> None:
    """What is not about a backtest leaves the tables alone."""
    entry = written.record("backtested.otherwise", "x", {})

    assert {} == project(entry)


def test_orders_are_found_by_ref_and_by_bet(written: RunContext) -> None:
    """An order is found by either name, and only in the run that is asked for."""
    tables = BacktestTables(written.ledger)

    assert [("a", "1", 2, 0)] == [
        (each.ref, each.bet_id, each.seq, each.number) for each in tables.orders_named("a")
    ]
    assert ["b"] == [each.ref for each in tables.orders_named("2", run_id="run-1")]
    assert [] == tables.orders_named("a", run_id="run-2")


def test_whole_tables_pass_the_audit(written: RunContext) -> None:
    """Tables that say what the journal says are no finding."""
    assert [] == _about_backtests(written)


@pytest.mark.parametrize(
    ("expected", "tampering"),
    [
        ("audit.backtest-altered", "UPDATE backtest_orders SET profit_pennies = 1000 WHERE ref = 'a'"),
        ("audit.backtest-altered", "DELETE FROM backtest_fills WHERE fill = 1"),
        ("audit.backtest-altered", "UPDATE backtests SET result_hash = 'ef'"),
        ("audit.backtest-unknown", "INSERT INTO backtests VALUES ('run-0', 1, 'ef', '{}', '{}')"),
    ],
)
def test_tampering_with_the_tables_is_named(written: RunContext, expected: str, tampering: str) -> None:
    """A row that was altered, deleted or added is a finding of the audit."""
    written.ledger.connection.execute(tampering)

    assert [expected] == _about_backtests(written)


def _about_backtests(context: RunContext) -> list[str]:
    context.ledger.connection.execute("UPDATE runs SET started_seq = 1000")  # as if this run came afterwards
    return [each.code for each in check_all(context).damage if "backtest" in each.code]


@pytest.mark.parametrize(
    ("expected", "amount"), [(None, None), (0, 0.0), (-1, -0.01), (123456789, 1234567.89)]
)
def test_amounts_are_pennies(expected: int | None, amount: float | None) -> None:
    """An amount with two decimals is a whole number of pennies."""
    assert expected == pennies(amount)


def test_amount_with_a_third_decimal_is_refused() -> None:
    """Money is never rounded on its way into the tables."""
    with pytest.raises(ArithmeticError):
        pennies(0.005)
