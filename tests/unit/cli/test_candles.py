"""``betflow candles`` and ``betflow tape stats`` as a person and a program see them."""

import csv
import json
from pathlib import Path

import pytest

from betflow.cli.candles import candles
from betflow.cli.options import CommandGroup
from betflow.cli.tape_stats import stats
from changes import OFF_MS, defined
from recordings import line


@pytest.fixture(autouse=True)
def _own_folders(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BETFLOW_DATA_DIR", str(data_dir))
    monkeypatch.chdir(tmp_path)
    runners = [{"id": 1, "sortPriority": 1, "status": "ACTIVE", "name": "Sea, Poem", "bsp": 2.5}]
    changes = [
        {"marketDefinition": defined(runners=runners), "rc": [{"id": 1, "trd": [[2, 100]], "atb": [[2, 1]]}]},
        {"marketDefinition": defined(runners=runners, inPlay=True), "rc": [{"id": 1, "trd": [[3, 5]]}]},
        {},
    ]
    messages = [
        {"op": "mcm", "pt": OFF_MS + number * 60_000, "mc": [{"id": "1.1", **change}]}
        for number, change in enumerate(changes)
    ]
    (tmp_path / "tape").write_text("".join(f"{json.dumps(message)}\n" for message in messages))


def _run(*arguments: str) -> int:
    program = CommandGroup(name="betflow", help="A program.")
    program.command("candles")(candles)
    program.command("stats")(stats)
    code: int = program(list(arguments), prog_name="betflow", standalone_mode=False)
    return code


def test_table_shows_what_was_traded(capsys: pytest.CaptureFixture[str]) -> None:
    """People see the intervals with trades, and how many there are without."""
    assert 0 == _run("candles", "tape")

    lines = capsys.readouterr().out.splitlines()
    assert "start +00:00             selection id  runner" == lines[0][:46].rstrip()
    assert ["2026-02-18 14:00:00.000", "2026-02-18 14:01:00.000"] == [row[:23] for row in lines[1:3]]
    assert "1 of 3 candles are empty and not shown." == lines[-1]


def test_market_without_trades_has_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing was traded, a sentence says so instead of a head without rows."""
    (tmp_path / "still").write_bytes(line(OFF_MS, {"id": "1.1", "marketDefinition": defined()}))

    assert 0 == _run("candles", "still")

    assert "Nothing was traded: all 2 candles are empty.\n" == capsys.readouterr().out


def test_csv_on_stdout_is_csv(capsys: pytest.CaptureFixture[str]) -> None:
    """``--format csv`` prints rows that a CSV reader takes, empty intervals too."""
    assert 0 == _run("candles", "tape", "--format", "csv")

    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert ["50.0", "2.5", "0.0"] == [row["volume"] for row in rows]
    assert {"Sea, Poem"} == {row["runner"] for row in rows}
    assert ["false", "false", "true"] == [row["empty"] for row in rows]


def test_json_on_stdout_is_an_array(capsys: pytest.CaptureFixture[str]) -> None:
    """``--format json`` prints the rows; ``--json`` prints the envelope around them."""
    assert 0 == _run("candles", "tape", "--format", "json")
    rows = json.loads(capsys.readouterr().out)
    assert 0 == _run("candles", "tape", "--json")
    envelope = json.loads(capsys.readouterr().out)

    assert rows == envelope["data"]["candles"]


def test_output_is_an_artifact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--output`` writes the rows and says how many they are."""
    assert 0 == _run("candles", "tape", "--output", "candles.json", "--runner", "1")

    assert ["market", "1.1", "runners", "1", "candles", "3"] == capsys.readouterr().out.split()
    assert 3 == len(json.loads((tmp_path / "candles.json").read_text()))


def test_usage_error_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong goes to stderr, and nothing to stdout."""
    assert 2 == _run("candles", "tape", "--interval", "often")

    captured = capsys.readouterr()
    assert "" == captured.out
    assert "'often' is no interval. Give one like 500ms, 60s, 5m, 1h or 1d." in captured.err


def test_statistics_of_a_market(capsys: pytest.CaptureFixture[str]) -> None:
    """People see the market, its runners with both phases, and how it stood over time."""
    assert 0 == _run("stats", "tape")

    out = capsys.readouterr().out
    assert (
        "actual off         2026-02-18T14:01:00.000+00:00 (derived: turned in play without a suspension)"
        in out
    )
    assert "overround          -50.00 %" in out
    (runner,) = (line for line in out.splitlines() if "Sea, Poem" in line)
    assert ["ACTIVE", "2.50", "2", "-", "2", "2", "~2", "2.00", "50.00"] == runner.split()[3:12]


def test_statistics_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` has the same numbers, unrounded."""
    assert 0 == _run("stats", "tape", "--json")

    data = json.loads(capsys.readouterr().out)["data"]
    assert 2.5 == data["runners"][0]["in_play"]["volume"]
