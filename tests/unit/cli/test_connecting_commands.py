"""The commands that ask Betfair something, and get an answer."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from betfair_on_loopback import FUNDS, Betfair, betfair
from betflow.errors import ExitCode
from certificates import certificate_pem, issue, key_pem, private
from command_line import CommandLine
from loopback import Answer


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow with a data folder of its own."""
    return CommandLine(data_dir, capsys)


@pytest.fixture
def exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Betfair]:
    """Run Betfair, and set up the environment for it."""
    with betfair(tmp_path) as running:
        running.is_set(monkeypatch)
        yield running


def test_a_connection_that_works(betflow: CommandLine, exchange: Betfair) -> None:
    """Everything is tried once: the login, the event types, the funds in one request, the stream."""
    ran = betflow.json("test-connection")

    assert ExitCode.OK == ran.code
    assert ("password", "me", None) == tuple(
        ran.data["login"][key] for key in ("by", "username", "restriction")
    )
    event_types = ran.data["event_types"]
    assert (11, 10) == (event_types["count"], len(event_types["first"]))
    assert {"id": "7", "name": "Horse Racing", "markets": 70} == event_types["first"][6]
    assert ("GBP", 1234.5) == (ran.data["funds"]["currency"], ran.data["funds"]["available_to_bet_balance"])
    assert "002-230915140112-174" == ran.data["stream"]["connection_id"]
    assert ["login"] == exchange.service.identity.calls
    assert ["listEventTypes", "getAccountDetails", "getAccountFunds"] == exchange.service.names()
    assert (3, 1) == (len(exchange.server.received), exchange.stream.connections)


def test_what_people_see(betflow: CommandLine, exchange: Betfair) -> None:
    """The last line says that it works; nothing is on stderr."""
    ran = betflow("test-connection")

    assert ("✅ Connection looks good.", "") == (ran.out.splitlines()[-1], ran.err)
    assert "login        me, by password, in " in ran.out
    assert "available to bet     1,234.50 GBP\n" in ran.out
    assert exchange.stream.address[0] in ran.out


def test_a_login_is_tried_even_where_there_is_a_session(betflow: CommandLine, exchange: Betfair) -> None:
    """What is tried is the login; other commands then use its session."""
    for command in ("test-connection", "test-connection", "funds"):
        assert ExitCode.OK == betflow(command).code

    assert ["login", "login"] == exchange.service.identity.calls


def test_a_certificate_is_told(
    betflow: CommandLine, exchange: Betfair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a certificate the login is by certificate."""
    leaf = issue(trustme.CA())
    path = private(tmp_path / "client.pem", certificate_pem(leaf) + key_pem(leaf))
    monkeypatch.setenv("BETFAIR_CERT_PATH", str(path))
    exchange.server.authority.configure_trust(exchange.server._server.context)

    assert betflow.json("test-connection").code == ExitCode.UNREACHABLE  # an authority that nobody knows

    leaf = issue(exchange.server.authority)
    private(path, certificate_pem(leaf) + key_pem(leaf))
    assert "certificate" == betflow.json("test-connection").data["login"]["by"]
    assert ["certlogin"] == exchange.service.identity.calls


def test_an_account_that_may_only_look(betflow: CommandLine, exchange: Betfair) -> None:
    """Limited access is a session and a finding, with what to do."""
    answer = b'{"token":"t","product":"p","status":"LIMITED_ACCESS","error":"SELF_EXCLUDED"}'
    exchange.service.identity.instead["login"] = [Answer(answer)]
    exchange.service.identity.alive.add("t")

    ran = betflow.json("test-connection")

    assert (ExitCode.FINDINGS, ["connection.limited-access"]) == (ran.code, ran.codes)
    assert "SELF_EXCLUDED" == ran.data["login"]["restriction"]


UNNEEDED = {
    "betflow.trading.engine",
    "numpy",
    "pyarrow",
    "sqlite_utils",
    "structlog",
    "trustme",
}
"""What a connection does not need, and would take as long to import as all the rest."""


def test_the_module_is_the_command(betflow: CommandLine, exchange: Betfair) -> None:
    """``python -m betflow.scripts.test_connection`` takes the same arguments, and loads what it needs."""
    assert ExitCode.OK == betflow("funds").code  # the ledger is there, as on any day but the first
    module = ("-m", "betflow.scripts.test_connection", "--data-dir", str(betflow.data_dir))

    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-X", "importtime", *module],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert ExitCode.OK == done.returncode
    assert done.stdout.endswith("✅ Connection looks good.\n")
    assert ["login", "login"] == exchange.service.identity.calls
    lines = done.stderr.splitlines()
    assert set() == UNNEEDED & {line.rpartition("|")[2].strip() for line in lines}
    assert [] == [line for line in lines if not line.startswith("import time:")]


def test_funds(betflow: CommandLine, exchange: Betfair) -> None:
    """Funds have Betfair's names, and the account's currency."""
    assert ExitCode.OK == betflow("funds").code

    data = betflow.json("funds").data
    assert ("GBP", *FUNDS.values()) == tuple(
        data[name]
        for name in (
            *("currency", "available_to_bet_balance", "exposure", "retained_commission", "exposure_limit"),
            *("discount_rate", "points_balance", "wallet"),
        )
    )
    assert ["login"] == exchange.service.identity.calls


def test_funds_that_are_not_limited(betflow: CommandLine, exchange: Betfair) -> None:
    """An exposure limit of 0 is none; what Betfair leaves out is not shown."""
    exchange.answer("getAccountFunds", {"availableToBetBalance": -1234567.891, "exposureLimit": 0})
    exchange.answer("getAccountDetails", {})

    assert "available to bet  -1,234,567.89\nexposure limit    none\n" == betflow("funds").out
