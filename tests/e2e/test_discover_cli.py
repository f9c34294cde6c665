"""`betflow discover` as a user has it: what it prints, and what it says about what it printed before."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from betfair_on_loopback import betfair
from betflow.errors import ExitCode
from command_line import CommandLine
from identity_service import APP_KEY, PASSWORD
from market_service import Markets, catalogue, made_up_book

FIRST, SMALL = "1.101", "1.102"


@pytest.fixture
def markets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Markets]:
    """Run Betfair with two markets, one of which is too small, and let the environment lead there."""
    books = {FIRST: made_up_book(FIRST), SMALL: made_up_book(SMALL, runners=2)}
    markets = Markets([catalogue(each) for each in books.values()], books, at_any_time=True)
    monkeypatch.chdir(tmp_path)
    # The off is long gone by the clock of whoever runs this, so it is not judged here.
    monkeypatch.setenv("BETFLOW_DISCOVERY__MARKET__TIME_TO_OFF__MIN", "-1e12")
    with betfair(tmp_path, results=markets.results) as running:
        running.is_set(monkeypatch)
        yield markets


@pytest.fixture
def betflow(data_dir: Path, markets: Markets, capsys: pytest.CaptureFixture[str]) -> CommandLine:  # noqa: ARG001 - it runs
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


def _hashes(text: str) -> list[str]:
    return re.findall(r"\b[0-9a-f]{64}\b", text)


def test_table_and_replay(betflow: CommandLine) -> None:
    """Each market has a line with its verdict and the first reason against it; a replay prints the same."""
    ran = betflow("discover")

    assert ExitCode.OK == ran.code
    head, first, second, *_ = ran.out.splitlines()
    assert "verdict" in head
    assert [FIRST, "eligible"] == [word for word in first.split() if word in {FIRST, "eligible"}]
    assert second.startswith(SMALL)
    assert "field size 2 (min 5) +1 more" in second

    again = betflow("discover", "--replay", "last")
    assert _hashes(ran.out) == _hashes(again.out)
    assert "the same verdicts, to the byte" in again.out
    assert ran.out.splitlines()[:3] == again.out.splitlines()[:3]


def test_reasons_of_one_market(betflow: CommandLine) -> None:
    """Every rule with its value, its limit and whether it passed; then the runners."""
    out = betflow("discover", "--explain", SMALL).out

    assert FIRST not in out
    rules = {line.split()[0]: line.split()[-1] for line in out.splitlines() if "_" in line}
    assert ("no", "yes", "-") == (rules["field_size"], rules["total_matched"], rules["lay_overround"])
    assert "Runners are selected by: lay min 12 max 18, spread max 2, to lay min 2." in out
    assert re.search(r"Runner 10000000 +no +3 +3\.05 +1 .* lay$", out, re.MULTILINE)
    assert "is not among the markets" in betflow("discover", "--explain", "1.9").out


def test_replay_says_whose_limits_are_used(betflow: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the run, until those of the profile are asked for."""
    first = betflow("discover")
    monkeypatch.setenv("BETFLOW_DISCOVERY__MARKET__FIELD_SIZE__MIN", "7")

    again = betflow("discover", "--replay", "last").out
    assert "the run's are used" in again
    assert re.search(r"market\.field_size +min 5 +min 7", again)
    assert "0 of 2 markets" in betflow("discover", "--replay", "last", "--by", "profile").out
    assert "1 of 2 markets" in first.out


def test_nothing_found_says_what_was_looked_for(betflow: CommandLine, markets: Markets) -> None:
    """And that is no finding."""
    markets.catalogues = []
    ran = betflow("discover", "--event-type", "tennis", "--country", "all")

    assert ExitCode.OK == ran.code
    assert ran.out.startswith("No market. Looked for:")
    assert re.search(r"event types +tennis\ncountries +any\n", ran.out)


def test_json_has_everything(betflow: CommandLine) -> None:
    """All reasons of all markets and runners, the limits, and the files that were kept."""
    ran = betflow.json("discover")

    market, _ = ran.data["markets"]
    assert 13 == len(market["reasons"])
    assert [5] * 6 == [len(runner["reasons"]) for runner in market["runners"]]
    assert {"min": 12.0, "max": 18.0} == ran.data["limits"]["runner"]["lay_price"]
    assert 4 == len(ran.envelope["artifacts"])


def test_no_secret_comes_out(betflow: CommandLine) -> None:
    """Neither in what is printed nor in any file but the session's."""
    ran = betflow("discover", "--verbose", "--log-level", "debug")

    files = [
        each for each in betflow.data_dir.rglob("*") if each.is_file() and each.parent.name != "sessions"
    ]
    written = b"".join(each.read_bytes() for each in files).decode(errors="replace")
    for secret in (APP_KEY, PASSWORD, "s3cret"):
        assert secret not in ran.out + ran.err + written


def test_without_credentials_it_says_what_is_missing(
    betflow: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay needs none."""
    betflow("discover")
    monkeypatch.delenv("BETFAIR_PASSWORD")

    ran = betflow("discover")
    assert (ExitCode.CONFIGURATION, True) == (ran.code, "BETFAIR_PASSWORD" in ran.err)
    assert ExitCode.OK == betflow("discover", "--replay", "last").code
