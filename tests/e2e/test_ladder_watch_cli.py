"""`betflow ladder --watch` as a user has it: lines, a table on a terminal, an envelope, and Ctrl-C."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from betfair_on_loopback import Betfair, betfair
from betflow.cli.ladder_watch import Grid
from betflow.errors import ExitCode
from changes import OFF_MS
from command_line import CommandLine
from observing import market, observed, runner
from watched_market import CLOSED, DEEPER, FIRST, IMAGE, MARKET, SHORTER, markets, playing


@pytest.fixture
def exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Betfair]:
    """Run Betfair with a market that changes and is closed."""
    monkeypatch.chdir(tmp_path)
    with betfair(tmp_path, playing(IMAGE, DEEPER, SHORTER, CLOSED), results=markets().results) as running:
        running.is_set(monkeypatch)
        yield running


@pytest.fixture
def betflow(data_dir: Path, exchange: Betfair, capsys: pytest.CaptureFixture[str]) -> CommandLine:  # noqa: ARG001 - it runs
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


def test_a_line_for_each_change(betflow: CommandLine) -> None:
    """
    With the time when it was published, and the best prices; the last ladder comes at the end.

    A change deeper in the ladder is in that, and has no line.
    """
    ran = betflow("ladder", MARKET, "--watch", "--runner", str(FIRST))

    assert ExitCode.OK == ran.code
    first, second, third, fourth, *_ = ran.out.splitlines()
    told = f"Runner {FIRST}"
    assert "2026-02-18T14:00:00.000+00:00  market is OPEN" == first
    assert (
        f"2026-02-18T14:00:00.000+00:00  {told}  back 2×10.00  lay 2.02×5.00  last 2  matched 8.00" == second
    )
    assert f"2026-02-18T14:00:00.002+00:00  {told}  back 1.99×7.00  lay 2×5.00  last 2  matched 8.00" == third
    assert "2026-02-18T14:00:00.003+00:00  market is CLOSED" == fourth
    assert re.search(r"ended because +the market was closed", ran.out)
    assert re.search(r"7\.00 +1\.99 +back\n +3\.00 +1\.5\n", ran.out)


def test_json_is_one_envelope(betflow: CommandLine) -> None:
    """Nothing but it is printed."""
    ran = betflow.json("ladder", MARKET, "--watch")

    assert ("closed", 4) == (ran.data["watched"]["ended"], ran.data["watched"]["changes"])


def test_tape_cannot_be_watched(betflow: CommandLine) -> None:
    """It does not change."""
    ran = betflow("ladder", MARKET, "--watch", "--at", str(OFF_MS))

    assert (ExitCode.USAGE, True) == (ran.code, "A tape does not change" in ran.err)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal there")
def test_ctrl_c_ends_it_well(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 0, the last ladder is printed, and nothing looks like an error."""
    command = [sys.executable, "-m", "betflow", "ladder", MARKET, "--watch", "--data-dir", str(data_dir)]
    with betfair(tmp_path, playing(IMAGE), results=markets().results) as exchange:
        exchange.is_set(monkeypatch)
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert "market is OPEN" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)

    assert (ExitCode.OK, "") == (process.returncode, err)
    assert re.search(r"ended because +interrupted", out)


def _drawn(grid: Grid, console: Console) -> str:
    console.print(grid.drawn())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _console(*, width: int = 100, height: int = 15) -> Console:
    return Console(file=io.StringIO(), force_terminal=False, width=width, height=height)


def test_terminal_shows_the_ladder_of_one_runner() -> None:
    """As many prices as the terminal has lines for: four of each side of fifteen lines."""
    console = _console()
    grid = Grid(console, "1")
    seen = observed(runner(1, 2.0, 2.02, name="Red Rum", last_price_traded=2.0), runner(2, 3.0))
    grid.changed(seen, ())
    grid.told("Betfair's data may be late from here on.")

    text = _drawn(grid, console)
    assert "Red Rum · last 2" in text
    prices = ["2.08", "2.06", "2.04", "2.02", "2", "1.99", "1.98", "1.97"]
    assert prices == re.findall(r"^ *(?:10\.00)? +(\d\.?\d*) ", text, re.MULTILINE)
    assert "may be late" in text
    assert len(text.splitlines()) <= console.size.height


def test_terminal_shows_the_best_prices_of_all_runners() -> None:
    """Three of each side, the best in the middle; before anything comes it says that it connects."""
    console = _console()
    grid = Grid(console, None)
    assert "Connecting" in _drawn(grid, console)
    offers = [(2.0, 1.0), (1.99, 2.0), (1.98, 3.0), (1.97, 4.0)]
    grid.changed(market((offers, [(2.02, 5.0)]), (3.0, None), inPlay=True), ())

    text = _drawn(grid, console)
    assert re.search(r"1\.98×3\.00 1\.99×2\.00 2×1\.00 +2\.02×5\.00", text)
    assert "OPEN, in play" in text


@pytest.mark.parametrize(
    ("width", "expected"),
    [(60, "1.98×3.00 1.99×2.00 2×1.00"), (44, "1.99×2.00 2×1.00"), (36, "2×1.00"), (20, "too narrow")],
)
def test_narrow_terminal_shows_fewer_prices(width: int, expected: str) -> None:
    """None of them is cut short; where there is no room for one of each side, it says what to do."""
    console = _console(width=width)
    grid = Grid(console, None)
    grid.changed(market(([(2.0, 1.0), (1.99, 2.0), (1.98, 3.0)], [(2.02, 5.0)]), (3.0, None)), ())

    shown = re.sub(r"\s+", " ", _drawn(grid, console))
    assert expected in shown
    assert "…" not in shown
