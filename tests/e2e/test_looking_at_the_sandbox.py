"""Commands that look at Betfair, over a sandbox that runs beside them, with nothing but its profile."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import yaml

from betflow.errors import ExitCode
from command_line import CommandLine

SMALL = ("--races", "2", "--greyhounds", "0", "--football", "0", "--tennis", "0", "--seed", "3")
PROFILE = ("--profile", "sandbox")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it is ended by a signal")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run a sandbox of two races; return the folder that its profile is in."""
    folder = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "betflow", "sandbox", "run", *SMALL, "--port", "0", "--stream-port", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BET")}
    with subprocess.Popen(
        [*command, "--data-dir", str(folder / "exchange")],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            while "is open" not in (line := process.stderr.readline()):
                assert line, "the sandbox ended"
            yield folder
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


@pytest.fixture
def betflow(
    sandbox: Path, data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """Return betflow where the profile is, over an empty data folder."""
    monkeypatch.chdir(sandbox)
    return CommandLine(data_dir, capsys)


def test_markets_are_found_and_judged_and_judged_again(betflow: CommandLine) -> None:
    """The win markets of all races, by all rules; the replay asks nobody, and gives the same."""
    ran = betflow.json("discover", *PROFILE)

    assert {("WIN", "7")} == {(each["market_type"], each["event_type_id"]) for each in ran.data["markets"]}
    assert ran.data["judged"] >= 2
    measured = {each["rule"]: each["measured"] for each in ran.data["markets"][0]["reasons"]}
    assert None not in measured.values()
    assert ("OPEN", False, True) == (measured["status"], measured["in_play"], measured["bsp"])

    again = betflow.json("discover", "--replay", "last")
    assert (ExitCode.OK, ran.data["markets"]) == (again.code, again.data["markets"])
    assert ran.data["verdicts_sha256"] == again.data["verdicts_sha256"]
    assert ExitCode.OK == betflow("audit", "verify").code


def test_shape_and_ladder_of_a_market(betflow: CommandLine) -> None:
    """Names, probabilities and ladders are there, the best prices on both sides of the gap."""
    (market, *_) = betflow.json("discover", *PROFILE).data["markets"]
    shape = betflow.json("shape", market["market_id"], *PROFILE).data
    ladder = betflow.json("ladder", market["market_id"], *PROFILE).data

    assert abs(1 - sum(each["probability"] for each in shape["runners"])) < 0.001
    assert {each["name"] for each in shape["runners"]} == {each["name"] for each in ladder["runners"]}
    for runner in ladder["runners"]:
        prices = [rung["price"] for rung in runner["rungs"]]
        assert sorted(prices, reverse=True) == prices
        backs = [rung["price"] for rung in runner["rungs"] if rung["to_back"]]
        lays = [rung["price"] for rung in runner["rungs"] if rung["to_lay"]]
        assert max(backs) < min(lays)


def test_ladder_is_watched(betflow: CommandLine) -> None:
    """The image is there at once, with names; lines are of the runner that was asked for."""
    (market, *_) = betflow.json("discover", *PROFILE).data["markets"]
    name = market["runners"][0]["name"]
    ran = betflow("ladder", market["market_id"], "--runner", name, "--for", "1s", *PROFILE)

    assert ExitCode.OK == ran.code
    first, second, *_ = ran.out.splitlines()
    assert first.endswith("market is OPEN")
    assert re.match(rf"\S+\+00:00  {re.escape(name)}  back \S+×\S+  lay \S+×\S+", second)
    assert "The connection is gone" not in ran.out


def test_market_that_the_exchange_does_not_have(betflow: CommandLine) -> None:
    """Neither of the two commands finds it."""
    for command in ("shape", "ladder"):
        ran = betflow(command, "1.999999999", *PROFILE)
        assert (ExitCode.USAGE, True) == (ran.code, "has no open market 1.999999999" in ran.err)


def test_the_doctor_finds_nothing_wrong(betflow: CommandLine) -> None:
    """Every check passes, the certificate's and the account's as well; only a .env is not needed."""
    ran = betflow.json("doctor", *PROFILE)

    assert (ExitCode.OK, {}) == (
        ran.code,
        {each["name"]: each["measured"] for each in ran.data["checks"] if each["result"] == "fail"},
    )
    assert ["dotenv"] == [each["name"] for each in ran.data["checks"] if each["result"] == "skipped"]
    measured = {each["name"]: each["measured"] for each in ran.data["checks"]}
    assert "sandbox has a session, by certificate" == measured["login"]
    assert measured["app-key"].startswith("live: ")


def test_the_connection_is_tested(betflow: CommandLine) -> None:
    """Login by certificate, event types, funds and the stream: the last line says that it works."""
    ran = betflow("test-connection", *PROFILE)

    assert (ExitCode.OK, "") == (ran.code, ran.err)
    assert "Horse Racing" in ran.out
    assert "✅ Connection looks good." == ran.out.splitlines()[-1]


def test_funds_are_those_of_the_account(betflow: CommandLine) -> None:
    """It begins with a round sum, and nothing is bet."""
    data = betflow.json("funds", *PROFILE).data

    assert ("GBP", 10_000.0, 0.0) == (data["currency"], data["available_to_bet_balance"], data["exposure"])


def test_the_menu_leads_to_the_markets_that_are_listed(betflow: CommandLine) -> None:
    """Both ways show the same market, with the same time; the filters take away what is not asked for."""
    filters = ("--event-type", "horse-racing", "--market-type", "WIN", "--country", "GB,IE")
    listed = betflow.json("markets", *filters, *PROFILE).data
    market = listed["markets"][0]
    found = betflow.json("navigate", market["market_id"], *PROFILE).data

    assert {("Horse Racing", "WIN")} == {
        (each["event_type"], each["market_type"]) for each in listed["markets"]
    }
    assert (market["market_time"], "Horse Racing") == (found["here"]["time"], found["path"][0]["name"])
    sports = betflow.json("navigate", *PROFILE).data["children"]
    assert [("7", "Horse Racing")] == [(each["id"], each["name"]) for each in sports]
    races = betflow.json("navigate", "horse-racing", *PROFILE).data["children"]
    assert {each["market_time"] for each in listed["markets"]} == {each["time"] for each in races}
    assert [] == betflow.json("markets", "--country", "FR", *PROFILE).data["markets"]


@pytest.fixture
def fault(sandbox: Path) -> Iterator[Callable[..., None]]:
    """Return what lets something go wrong in the sandbox; at the end all is well again."""
    profile = yaml.safe_load((sandbox / "config" / "sandbox.yaml").read_text())["betfair"]
    base = profile["api"]["base_url"].removesuffix("/exchange")
    with requests.Session() as session:
        session.verify = profile["ca_file"]

        def strike(**rule: object) -> None:
            assert session.post(f"{base}/sandbox/faults", json=rule, timeout=5).ok

        yield strike
        assert session.delete(f"{base}/sandbox/faults", timeout=5).ok


LOGIN = {"where": "identity", "subject": "certlogin", "kind": "error"}


@pytest.mark.parametrize(
    ("rule", "code", "told"),
    [
        (
            LOGIN | {"code": "INVALID_USERNAME_OR_PASSWORD"},
            ExitCode.AUTHENTICATION,
            "a few wrong passwords lock",
        ),
        (LOGIN | {"code": "ACCOUNT_NOW_LOCKED"}, ExitCode.AUTHENTICATION, "Unlock it with 'Forgot password'"),
        (LOGIN | {"code": "CERT_AUTH_REQUIRED"}, ExitCode.AUTHENTICATION, "Upload the certificate"),
        (
            {"where": "api", "kind": "error", "code": "TOO_MUCH_DATA"},
            ExitCode.REFUSED,
            "Ask for fewer markets",
        ),
        ({"where": "api", "kind": "malformed"}, ExitCode.UNREACHABLE, "which is no answer of Betfair's"),
        (
            {"where": "api", "kind": "status-503", "times": 0},
            ExitCode.UNREACHABLE,
            "answered with status 503",
        ),
        (
            {"where": "api", "kind": "drop", "times": 0},
            ExitCode.UNREACHABLE,
            "broke before the answer was whole",
        ),
        (
            {"where": "connect", "subject": "api", "kind": "wrong-host"},
            ExitCode.UNREACHABLE,
            "nothing was sent",
        ),
        (
            {"where": "connect", "subject": "stream", "kind": "wrong-host"},
            ExitCode.UNREACHABLE,
            "cannot be trusted",
        ),
    ],
)
def test_what_goes_wrong_is_told(
    betflow: CommandLine, fault: Callable[..., None], rule: dict[str, object], code: ExitCode, told: str
) -> None:
    """The exchange fails on demand, and the test of the connection says how."""
    fault(**rule)
    ran = betflow("test-connection", *PROFILE)

    assert (code, "") == (ran.code, ran.out)
    assert told in ran.err


@pytest.mark.parametrize("kind", ["session-expired", "too-many-requests", "status-503", "drop"])
def test_what_passes_is_not_noticed(betflow: CommandLine, fault: Callable[..., None], kind: str) -> None:
    """A session that ends, and trouble that is over at the next attempt, cost nothing but time."""
    fault(where="api", kind=kind)

    assert ExitCode.OK == betflow("test-connection", *PROFILE).code


def test_the_doctor_sees_clocks_that_differ(betflow: CommandLine, fault: Callable[..., None]) -> None:
    """By a minute and a half; in a sandbox, which has a time of its own, nothing is wrong with that."""
    for where in ("api", "identity"):
        fault(where=where, kind="clock-skew", ms=-90_000, times=0)
    ran = betflow.json("doctor", *PROFILE)

    measured = {each["name"]: each["measured"] for each in ran.data["checks"]}
    assert ExitCode.OK == ran.code
    assert re.search(r"^(89|90|91)\.\d s ahead of the server's, .*a time of its own", measured["clock"])
