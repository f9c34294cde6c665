"""``candles`` as a job."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from betflow.errors import ConfigurationError, DamagedError, NotFoundError, UsageError
from betflow.jobs import candles as job
from betflow.jobs.candles import COLUMNS, CandlesRequest, candles
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from changes import OFF_MS, defined
from work import calls_of

MINUTE = 60_000
_CALLS_A_CANDLE = 15


@pytest.fixture
def tape(tmp_path: Path) -> str:
    """Return a tape of four minutes: runner 1 is traded in the first and the third; off in the last."""
    named = [
        {"id": 1, "sortPriority": 2, "status": "ACTIVE", "name": "2. Late"},
        {"id": 2, "sortPriority": 1, "status": "ACTIVE", "name": "1. Early"},
    ]
    lines: list[tuple[int, dict[str, Any]]] = [
        (-3 * MINUTE, {"marketDefinition": defined(runners=named), "rc": [{"id": 1, "trd": [[2, 100]]}]}),
        (-MINUTE, {"rc": [{"id": 1, "trd": [[3, 50]], "atb": [[2.9, 4]]}]}),
        (0, {"marketDefinition": defined(runners=named, inPlay=True)}),
    ]
    path = tmp_path / "tape.json"
    messages = [
        {"op": "mcm", "pt": OFF_MS + after, "mc": [{"id": "1.1", **change}]} for after, change in lines
    ]
    path.write_text("".join(f"{json.dumps(message)}\n" for message in messages))
    return str(path)


def _starts(outcome: Outcome) -> list[int]:
    return [(row["start"] - OFF_MS) // MINUTE for row in outcome.data["candles"]]


def test_an_empty_candle_costs_a_handful_of_calls(tape: str, context: RunContext) -> None:
    """A market that was open for months has tens of thousands of candles in which nothing happens."""

    def work(interval: str) -> int:
        return calls_of(lambda: candles(CandlesRequest(tape, interval=interval), context))

    work("60s")
    more_candles = 2 * 3 * (600 - 60)
    assert (work("100ms") - work("1s")) / more_candles < _CALLS_A_CANDLE


def test_rows_are_by_runner_and_time(tape: str, context: RunContext) -> None:
    """Runners come by sort priority, each with all intervals, and rows have the columns in order."""
    outcome = candles(CandlesRequest(tape), context)

    rows = outcome.data["candles"]
    assert [-3, -2, -1, 0] * 2 == _starts(outcome)
    assert ["1. Early"] * 4 + ["2. Late"] * 4 == [row["runner"] for row in rows]
    assert list(COLUMNS) == list(rows[0])
    assert (8, MINUTE) == (outcome.data["count"], outcome.data["interval_ms"])
    assert {
        "selection_id": 1,
        "handicap": 0.0,
        "runner": "2. Late",
        "start": OFF_MS - MINUTE,
        "start_iso": "2026-02-18T13:59:00.000Z",
        "open": 3.0,
        "high": 3.0,
        "low": 3.0,
        "close": 3.0,
        "volume": 25.0,
        "updates": 1,
        "best_back": 2.9,
        "best_lay": None,
        "in_play": False,
        "empty": False,
    } == rows[6]


def test_one_runner_in_a_part_of_the_tape(tape: str, context: RunContext) -> None:
    """A runner and a window narrow what is given, not what is counted."""
    request = CandlesRequest(tape, runner=1, since="2026-02-18T13:58:59Z", until=str(OFF_MS))

    outcome = candles(request, context)

    assert [-2, -1] == _starts(outcome)
    assert 25.0 == outcome.data["candles"][1]["volume"]


def test_output_has_the_rows_and_the_data_their_number(
    tape: str, tmp_path: Path, context: RunContext
) -> None:
    """Rows that are written to a file are not in the data as well; the file is recorded with its hash."""
    path = tmp_path / "candles.csv"

    outcome = candles(CandlesRequest(tape, output=path), context)

    assert "candles" not in outcome.data
    assert 8 == outcome.data["count"]
    assert [str(path)] == [artifact.path for artifact in outcome.artifacts]
    assert ",".join(COLUMNS) == path.read_text().splitlines()[0]


def test_named_format_goes_before_the_name(tape: str, tmp_path: Path, context: RunContext) -> None:
    """``--format`` decides, whatever the file is called."""
    path = tmp_path / "candles.txt"

    candles(CandlesRequest(tape, output=path, export_format="json"), context)

    assert 8 == len(json.loads(path.read_text()))


@pytest.mark.parametrize("runner", [None, 1])
def test_picture_is_drawn(tape: str, tmp_path: Path, context: RunContext, runner: int | None) -> None:
    """The picture is a PNG of some size, recorded with its hash."""
    pytest.importorskip("matplotlib")
    path = tmp_path / "candles.png"

    outcome = candles(CandlesRequest(tape, plot=path, runner=runner), context)

    assert b"\x89PNG" == path.read_bytes()[:4]
    assert [str(path)] == [artifact.path for artifact in outcome.artifacts]


@pytest.mark.parametrize(
    ("expected", "turns"),
    [
        ([], []),
        ([(130, 200)], [130]),
        ([(100, 200)], [30]),
        ([(130, 150), (180, 200)], [130, 150, 180]),
        ([(100, 120)], [30, 120, 250]),
        ([], [30, 60, 200]),
    ],
)
def test_shading_begins_at_the_turn(expected: list[tuple[int, int]], turns: list[int]) -> None:
    """The picture shades what is in play of the part that it shows, from the moment of the turn."""
    pytest.importorskip("matplotlib")
    from betflow.jobs.candle_plot import in_play_spans  # noqa: PLC0415 - needs an extra

    assert expected == in_play_spans(turns, 100, 200)


@pytest.mark.parametrize(
    "strange",
    [
        {"rc": []},
        {"rc": [{"id": 1, "ltp": "Infinity"}, {"id": 2, "atb": [[1e-9, 1]]}]},
        {"rc": [{"id": 1, "ltp": -3}, {"id": 2, "atb": [["Infinity", 1]], "atl": [["NaN", 1]]}]},
        {"rc": [{"id": each, "ltp": 2} for each in range(30)]},
        {"marketDefinition": defined(marketTime="soon", name="$x_1$ \x07\u200f 馬")},
    ],
)
def test_picture_of_strange_tapes(tmp_path: Path, context: RunContext, strange: dict[str, Any]) -> None:
    """Nothing that a tape may hold keeps the picture from being drawn."""
    pytest.importorskip("matplotlib")
    tape = tmp_path / "tape"
    tape.write_text(json.dumps({"op": "mcm", "pt": OFF_MS, "mc": [{"id": "1.1", **strange}]}) + "\n")

    candles(CandlesRequest(str(tape), plot=tmp_path / "candles.png"), context)

    assert (tmp_path / "candles.png").stat().st_size > 0


def test_publish_times_that_cannot_be_drawn(tmp_path: Path, context: RunContext) -> None:
    """A publish time beyond the calendar of pictures is damage, and said so."""
    pytest.importorskip("matplotlib")
    tape = tmp_path / "tape"
    tape.write_text('{"op":"mcm","pt":99999999999999999,"mc":[{"id":"1.1","rc":[{"id":1,"ltp":2}]}]}')

    with pytest.raises(DamagedError, match="cannot be drawn"):
        candles(CandlesRequest(str(tape), plot=tmp_path / "candles.png"), context)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"interval": "soon"}, "is no interval"),
        ({"since": "soon"}, "is no moment"),
        ({"since": str(OFF_MS), "until": str(OFF_MS)}, "is not after --from"),
        ({"export_format": "xls"}, "'xls' is no format"),
        ({"export_format": "parquet"}, "Name a file for it with --output"),
        ({"output": Path("candles.xls")}, "'xls' is no format"),
        ({"output": Path("candles")}, "is no format"),
        ({"output": Path("candles.parquet"), "export_format": "csv"}, "says parquet, and --format csv"),
        ({"output": Path("/")}, "is no format"),
        ({"plot": Path("candles.jpg")}, "is no .png file"),
        ({"interval": "1ms"}, "more than 100,000"),
    ],
)
def test_request_that_cannot_be_is_refused(
    tape: str, context: RunContext, wrong: dict[str, Any], message: str
) -> None:
    """What is wrong with a request is said, with what to give instead."""
    with pytest.raises(UsageError, match=message):
        candles(CandlesRequest(tape, **wrong), context)


def test_runner_that_is_not_there(tape: str, context: RunContext) -> None:
    """The error lists the runners that are."""
    with pytest.raises(NotFoundError, match=r"no runner 9 in market 1\.1\. It has 2, 1\."):
        candles(CandlesRequest(tape, runner=9), context)


def test_missing_extra_is_told_before_the_tape_is_read(
    tape: str, tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the package for a format or a picture, the error names the extra at once."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(job, "open_market", None)

    with pytest.raises(ConfigurationError, match=r"betflow\[parquet\]"):
        candles(CandlesRequest(tape, output=tmp_path / "candles.parquet"), context)
    with pytest.raises(ConfigurationError, match=r"betflow\[plot\]"):
        candles(CandlesRequest(tape, plot=tmp_path / "candles.png"), context)


@pytest.mark.parametrize("option", ["output", "plot"])
def test_recording_is_not_overwritten(
    tape: str, tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """An output that is the recording itself is refused before anything is read."""
    monkeypatch.setattr(job, "open_market", None)
    monkeypatch.setattr(job, "require_extra", lambda _module, _extra: None)
    path = Path(tape).rename(tmp_path / "tape.png")
    target: dict[str, Any] = {option: path, "export_format": "csv"}

    with pytest.raises(UsageError, match="is the tape itself"):
        candles(CandlesRequest(str(path), **target), context)
