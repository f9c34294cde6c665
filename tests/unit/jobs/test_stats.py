"""``tape stats`` as a job."""

import json
from pathlib import Path
from typing import Any

import pytest

from betflow.errors import NotFoundError, UsageError
from betflow.jobs.outcome import Status, envelope
from betflow.jobs.runs import RunContext
from betflow.jobs.stats import StatsRequest, stats
from changes import OFF, OFF_MS, defined


def _tape(path: Path, *messages: tuple[int, list[dict[str, Any]]]) -> str:
    lines = [json.dumps({"op": "mcm", "pt": OFF_MS + after, "mc": changes}) for after, changes in messages]
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def test_answer_has_the_market_its_times_and_runners(tmp_path: Path, context: RunContext) -> None:
    """The data says which market it is, gives times twice, and goes through strict JSON."""
    names = {"name": "R7 1600m", "eventName": "Rand 1st Oct", "venue": "Randwick", "marketType": "WIN"}
    runners = [{"id": 1, "sortPriority": 1, "status": "REMOVED", "bsp": "NaN"}]
    traded = {"id": 1, "atb": [[2, 3]], "trd": [[2, 100.01]]}
    tape = _tape(
        tmp_path / "tape",
        (-5, [{"id": "1.1", "marketDefinition": defined(runners=runners, **names), "rc": [traded]}]),
        (9, [{"id": "1.1", "marketDefinition": defined(runners=runners, status="SUSPENDED", **names)}]),
    )

    outcome = stats(StatsRequest(tape), context)

    data = outcome.data
    assert ("1.1", "Randwick", OFF) == (
        data["market"]["market_id"],
        data["market"]["venue"],
        data["scheduled_off_iso"],
    )
    assert (OFF_MS + 9, "2026-02-18T14:00:00.009Z", False) == (
        data["actual_off"],
        data["actual_off_iso"],
        data["turned_in_play"],
    )
    (runner,) = data["runners"]
    assert ("NaN", {"price": 2.0, "size": 3.0}) == (runner["bsp"], runner["best_back"])
    assert 50.005 == runner["pre_play"]["volume"]
    assert ["OPEN", "SUSPENDED"] == [entry["status"] for entry in data["timeline"]]
    wrapped = envelope(outcome, command="tape stats", run_id="run-1", started=OFF, finished=OFF)
    assert data == json.loads(json.dumps(wrapped, allow_nan=False))["data"]


def test_file_that_was_read_is_recorded(tmp_path: Path, context: RunContext) -> None:
    """The outcome names the file with its hash."""
    tape = _tape(tmp_path / "tape", (0, [{"id": "1.1"}]))

    (read,) = stats(StatsRequest(tape), context).inputs

    assert (tape, (tmp_path / "tape").stat().st_size) == (read.path, read.bytes)


def test_one_market_of_several(tmp_path: Path, context: RunContext) -> None:
    """Of several markets one has to be named; messages of the others say how far the tape goes."""
    tape = _tape(
        tmp_path / "tape",
        (-5, [{"id": "1.1", "marketDefinition": defined()}, {"id": "1.2"}]),
        (0, [{"id": "1.2", "marketDefinition": defined()}]),
    )

    with pytest.raises(UsageError, match="--market"):
        stats(StatsRequest(tape), context)
    data = stats(StatsRequest(tape, "1.1"), context).data

    assert ("1.1", 1, True) == (data["market"]["market_id"], data["messages"], data["captured"])


def test_damaged_line_is_a_finding(tmp_path: Path, context: RunContext) -> None:
    """What could not be read is told; the rest counts."""
    tape = _tape(tmp_path / "tape", (0, [{"id": "1.1", "marketDefinition": defined()}]))
    with Path(tape).open("a") as file:
        file.write("not a message\n")

    outcome = stats(StatsRequest(tape), context)

    assert Status.FINDINGS == outcome.status
    assert 1 == outcome.data["messages"]


def test_market_that_is_nowhere(context: RunContext) -> None:
    """Neither a file nor an archived market is a clear error."""
    with pytest.raises(NotFoundError):
        stats(StatsRequest("1.999"), context)
