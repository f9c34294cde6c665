"""``betflow backtest`` as a person runs it, over recorded markets."""

import hashlib
from pathlib import Path

import pytest

from command_line import CommandLine
from races import orders_file, race
from tapes import tape, tapes

STRATEGY = ("--strategy", "harvest-odds-band")


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return the command line over an empty data folder."""
    return CommandLine(data_dir, capsys)


def test_all_tapes_give_the_same_bytes_with_one_worker_and_with_two(betflow: CommandLine) -> None:
    """Every recorded tape is played, and the results file is the same to the byte."""
    runs = [
        betflow.json("backtest", *STRATEGY, *tapes(), "--workers", workers).data for workers in ("1", "2")
    ]

    one, two = (Path(data["results_file"]).read_bytes() for data in runs)
    assert one == two
    assert hashlib.sha256(one).hexdigest() == runs[0]["result_hash"] == runs[1]["result_hash"]
    assert len(tapes()) == len(runs[0]["tapes"])
    assert 0 < runs[0]["totals"]["bets"] <= runs[0]["number_of_orders"]


def test_archive_gives_the_same_orders_as_the_file(betflow: CommandLine) -> None:
    """A tape in the archive plays as the file that it was imported from."""
    path = tape("1.197931750")
    betflow("backfill", path)

    from_file, from_archive = (
        betflow.json("backtest", *STRATEGY, source).data for source in (path, "1.197931750")
    )

    figures = ("size_matched", "average_price_matched", "profit", "status")
    assert [[row[name] for name in figures] for row in from_file["orders"]] == [
        [row[name] for name in figures] for row in from_archive["orders"]
    ]
    assert [each["sha256"] for each in from_file["tapes"]] == [
        each["sha256"] for each in from_archive["tapes"]
    ]


def test_win_and_place_market_of_a_race_are_played_together(betflow: CommandLine) -> None:
    """Both markets name both tapes, and are in one group of bet ids."""
    data = betflow.json("backtest", *STRATEGY, tape("1.197931750"), tape("1.197931751")).data

    assert [["1.197931750.bz2", "1.197931751.bz2"]] * 2 == [market["tapes"] for market in data["markets"]]
    assert ["1", "2"] == [order["bet_id"] for order in data["orders"]]


def test_answer_for_people_names_hash_and_files(tmp_path: Path, betflow: CommandLine) -> None:
    """Totals in three cases, the orders with their results, the hash and where the results are."""
    orders = orders_file(tmp_path / "orders.json", {"ref": "q"}, {"ref": "bad", "price": 2.111})

    ran = betflow("backtest", "--orders", orders, race(tmp_path / "race"))

    assert (0, "") == (ran.code, ran.err)
    lines = ran.out.splitlines()
    assert ["worst", "expected", "best"] == [
        line.split()[0] for line in lines if line[:5] in {"worst", "expec", "best "}
    ]
    [row] = (line for line in lines if line.startswith("q "))
    assert ["2.1", "4.00", "1.66", "2.10", "EXECUTION_COMPLETE", "1.83", "0.00", "4.40"] == row.split()[-8:]
    assert any(line.startswith("bad ") and "INVALID_ODDS" in line for line in lines)
    assert any(line.startswith("result hash  ") for line in lines)


def test_explanation_for_people_reads_from_top_to_bottom(tmp_path: Path, betflow: CommandLine) -> None:
    """The order, then its story with times, then the three cases and why."""
    orders = orders_file(tmp_path / "orders.json", {"ref": "q"})
    betflow("backtest", "--orders", orders, race(tmp_path / "race"))

    out = betflow("backtest", "explain", "q").out

    parts = [
        "runner         1 1. Paper Tiger",
        "2026-02-18T13:59:05.000+00:00  decided to back 4.00 at 2.1 or higher",
        "DECIDED · race, line 1, byte 0, published 2026-02-18T13:59:00.000+00:00 · betflow-1/2",
        "1.66 (worst case 0.00, best 4.00) matched at 2.1: 15.00 traded there",
        "expected     1.66",
        "Its runner won.",
        "In the expected case: 1.66 × (2.1 - 1) = 1.83.",
    ]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)


def test_audit_knows_the_backtest(tmp_path: Path, betflow: CommandLine) -> None:
    """After backtests the audit is whole, and names a results file that was changed."""
    data = betflow.json("backtest", *STRATEGY, race(tmp_path / "race")).data

    assert 0 == betflow("audit", "verify").code
    with Path(data["results_file"]).open("ab") as file:
        file.write(b" ")
    assert ["audit.file-changed"] == betflow.json("audit", "verify").codes


def test_mistakes_are_usage_errors(tmp_path: Path, betflow: CommandLine) -> None:
    """Nothing to play, an unknown parameter and a broken row end with exit code 2 and say what to do."""
    path = race(tmp_path / "race")
    broken = tmp_path / "orders.csv"
    broken.write_text("ref,at,market_id,selection_id,side,price,size\na,2026-02-18,1.5,1,BUY,2,2\n")

    ran = [
        betflow("backtest", path),
        betflow("backtest", path, *STRATEGY, "--param", "luck=1"),
        betflow("backtest", path, "--orders", broken),
    ]

    assert [2, 2, 2] == [each.code for each in ran]
    assert "neither a strategy nor orders" in ran[0].err
    assert "It has: side, lowest, highest" in ran[1].err
    assert "row 1 (line 2), column side: found 'BUY'; expected one of BACK, LAY" in ran[2].err
