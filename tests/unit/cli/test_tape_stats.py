"""``betflow tape stats`` as people see it, of a market that has an auction and an early off."""

import json
from pathlib import Path
from typing import Any

import pytest

from betflow.cli.options import CommandGroup
from betflow.cli.tape_stats import stats
from changes import OFF_MS, defined


@pytest.fixture(autouse=True)
def _early_greyhounds(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A market that is suspended a minute before its time, has an auction, and never turns in play."""
    monkeypatch.setenv("BETFLOW_DATA_DIR", str(data_dir))
    monkeypatch.chdir(tmp_path)
    held = defined(status="SUSPENDED", bspReconciled=True)
    changes: list[dict[str, Any]] = [
        {"marketDefinition": defined(), "rc": [{"id": 1, "trd": [[2, 100]], "atb": [[2, 1]]}]},
        {"marketDefinition": held, "rc": [{"id": 1, "trd": [[3, 10]], "atb": [[2, 0]]}]},
        {"marketDefinition": defined(status="CLOSED", bspReconciled=True)},
    ]
    lines = [
        json.dumps({"op": "mcm", "pt": OFF_MS + (number - 2) * 60_000, "mc": [{"id": "1.1", **change}]})
        for number, change in enumerate(changes)
    ]
    Path("tape").write_text("".join(f"{line}\n" for line in lines))


def _stats(*arguments: str) -> int:
    program = CommandGroup(name="betflow", help="A program.")
    program.command("stats")(stats)
    code: int = program(["stats", *arguments], prog_name="betflow", standalone_mode=False)
    return code


def test_prices_at_an_early_off_say_from_when_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the market was off before its time, people see that prices are the last before that."""
    assert 0 == _stats("tape")

    (line,) = (each for each in capsys.readouterr().out.splitlines() if each.startswith("prices at the off"))
    assert "13:58:00.000" in line
    assert line.endswith("(the last before the actual off)")


def test_auction_without_in_play_is_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns of a market that does not turn in play say SP, not in play, and mark a derived last price."""
    assert 0 == _stats("tape")

    out = capsys.readouterr().out
    assert "SP max" in out
    assert "in max" not in out
    assert "~3" in out
    assert "~ derived: the recording has no last price there, so where volume grew last" in out
