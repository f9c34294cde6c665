"""``betflow sandbox run``, as a user runs it."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from calendar import monthrange
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from betflow.errors import ExitCode
from betflow.jobs import liveness
from betflow.settings import load_settings
from command_line import CommandLine

SMALL = ("--races", "1", "--greyhounds", "0", "--football", "0", "--tennis", "0")
FREE = ("--port", "0", "--stream-port", "0")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


def test_a_sandbox_tells_where_it_is_and_at_the_end_what_was_done(betflow: CommandLine) -> None:
    """Where it is goes to stderr, and stdout has one envelope."""
    ran = betflow.json("sandbox", "run", *SMALL, *FREE, "--for", "300ms")
    assert ExitCode.OK == ran.code
    assert "The sandbox is open." in ran.err
    assert f"stream        {ran.data['stream']}" in ran.err
    counts = ("requests", "calls", "refused", "orders", "messages", "faults")
    assert [0] * len(counts) == [ran.data[name] for name in counts]
    assert ran.data["markets"] >= 3
    assert ran.data["seconds"] >= 0.3
    assert betflow("sandbox", "run", *SMALL, *FREE, "--for", "100ms").out.startswith("ran ")


def test_the_profile_is_whole_and_private(betflow: CommandLine, data_dir: Path) -> None:
    """It names everything, and the secrets are in a file of their own."""
    ran = betflow.json("sandbox", "run", *SMALL, *FREE, "--for", "100ms")
    profile = Path("config/sandbox.yaml")
    assert "password" not in profile.read_text().lower()
    settings = load_settings(profile="sandbox", overrides={"data_dir": data_dir})
    assert f"{ran.data['api']}/exchange" == settings.betfair.api.base_url
    assert "sandbox" == settings.betfair.api.username
    folder = data_dir / "sandbox" / "sandbox"
    files = [profile, *(path for path in folder.rglob("*") if path.is_file())]
    assert {"ca.pem", "client.crt", "client.key", "secrets.env", "token", "sandbox.yaml"} == {
        each.name for each in files
    }
    assert {0o600} == {each.stat().st_mode & 0o777 for each in files}


def test_a_profile_of_somebody_elses_is_never_replaced(betflow: CommandLine) -> None:
    """The sandbox asks for another name."""
    Path("config").mkdir()
    Path("config/sandbox.yaml").write_text("env: prod\n")
    ran = betflow("sandbox", "run", *SMALL, *FREE, "--for", "100ms")
    assert ExitCode.USAGE == ran.code
    assert "is not one that a sandbox wrote" in ran.err
    assert "env: prod\n" == Path("config/sandbox.yaml").read_text()


def test_a_port_that_is_taken_is_named(betflow: CommandLine) -> None:
    """For HTTPS and for the stream, with the option that gives another one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option, other in (("--port", "--stream-port"), ("--stream-port", "--port")):
            ran = betflow("sandbox", "run", *SMALL, option, port, other, "0", "--for", "100ms")
            assert ExitCode.USAGE == ran.code
            assert f"port {port} of 127.0.0.1 cannot be listened on: Address already in use." in ran.err
            assert f"Give another one with {option}" in ran.err


def test_one_name_is_one_sandbox(betflow: CommandLine, data_dir: Path) -> None:
    """Another one of that name is told what to do."""
    lock = data_dir / "sandbox" / "sandbox.lock"
    liveness.hold(lock)
    try:
        ran = betflow("sandbox", "run", *SMALL, *FREE, "--for", "100ms")
    finally:
        liveness.release(lock)
    assert ExitCode.ALREADY_RUNNING == ran.code
    assert "--name NAME --port 0 --stream-port 0" in ran.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--speed", "fast"), "'fast' is no speed"),
        (("--port", "70000"), "--port is 70000."),
        (("--races", "0"), "That is no number of events."),
        (("--for", "0"), "--for is 0."),
        (("--for", "inf"), "--for is inf."),
        (("--longest-gap", "long"), "--longest-gap 'long' is no duration."),
        (("--longest-gap", "nan"), "--longest-gap is nan."),
        (("--first-off", "-1"), "--first-off is -1."),
        (("--longest-gap", "-1"), "--longest-gap is -1."),
        (("--name", "../x"), "is no name for the profile"),
        (("--name", "default"), "is the profile that all others begin with"),
        (("--rules", "missing.yaml"), "missing.yaml cannot be read"),
        (("--chaos", "missing.yaml"), "missing.yaml cannot be read"),
        (("--tapes", "missing"), "missing"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_usage_error(
    betflow: CommandLine, arguments: tuple[str, ...], why: str
) -> None:
    """Before anything is written."""
    ran = betflow("sandbox", "run", *SMALL, *FREE, "--for", "100ms", *arguments)
    assert ExitCode.USAGE == ran.code
    assert why in ran.err
    assert not Path("config").exists()


def test_without_the_extra_the_error_says_how_to_get_it(
    betflow: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration error."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "uvicorn" else find(name, *rest)
    )
    ran = betflow("sandbox", "run", "--for", "100ms")
    assert ExitCode.CONFIGURATION == ran.code
    assert "Run: pip install 'betflow[sandbox]'" in ran.err


class Started:
    """A sandbox in a process of its own, open."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "betflow", "sandbox", "run", *SMALL, *FREE, *arguments, "--json"]
        self.process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def wait(self) -> "Started":
        """Return when it is open."""
        assert self.process.stderr is not None
        assert any("Try: betflow test-connection" in line for line in self.process.stderr)
        return self

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and stdout."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=20)
        return self.process.returncode, out


Start = Callable[..., Started]


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    """Start sandboxes that do not outlive the test."""
    started: list[Started] = []

    def start(*arguments: str) -> Started:
        started.append(Started(data_dir, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


def test_two_sandboxes_beside_each_other_and_what_is_left_of_them(betflow: CommandLine, start: Start) -> None:
    """Both are reached; a signal ends one cleanly, and the other is killed and leaves nothing broken."""
    sandbox, other = start(), start("--name", "other")
    sandbox.wait()
    other.wait()
    for profile in ("sandbox", "other"):
        assert ExitCode.OK == betflow("test-connection", "--profile", profile).code

    code, out = sandbox.end(signal.SIGTERM)
    assert ExitCode.OK == code
    data = json.loads(out)["data"]
    assert (3, 0) == (data["requests"], data["refused"])
    assert data["messages"] >= 2

    other.process.kill()
    other.process.wait()
    for profile in ("sandbox", "other"):
        gone = betflow("test-connection", "--profile", profile)
        assert ExitCode.UNREACHABLE == gone.code
        assert "start it: betflow sandbox run" in gone.err

    again = start("--name", "other").wait()
    assert ExitCode.OK == betflow("test-connection", "--profile", "other").code
    assert ExitCode.OK == again.end(signal.SIGINT)[0]
    assert {"ca_file", "certificate", "api", "stream"} == set(
        yaml.safe_load(Path("config/other.yaml").read_text())["betfair"]
    )


def test_historic_data_is_made_up_when_it_is_asked_for(
    betflow: CommandLine, start: Start, data_dir: Path
) -> None:
    """Yesterday, downloaded and verified; nothing of it is left where it was made."""
    sandbox = start().wait()
    bought = betflow.json("historic", "ls", "--profile", "sandbox").data["purchases"]
    assert {"Horse Racing", "Greyhound Racing"} == {each["sport"] for each in bought}
    month = bought[0]["months"][0]
    _, last = monthrange(*map(int, month.split("-")))
    days = ("--from", f"{month}-01", "--to", f"{month}-{last}")
    wanted = ("--event-type", "greyhound-racing", "--plan", "basic", *days, "--output", "bought")
    assert 2 == betflow.json("historic", "download", *wanted, "--profile", "sandbox").data["downloaded"]
    assert 0 == betflow.json("tape", "verify", "bought").data["damaged"]
    assert ExitCode.OK == sandbox.end(signal.SIGTERM)[0]
    assert not (data_dir / "sandbox" / "sandbox" / "scratch").exists()
