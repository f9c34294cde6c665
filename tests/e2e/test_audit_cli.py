"""The record is kept and proved from the command line, as a user runs it."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from betflow import __version__
from betflow.errors import ExitCode
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import Runs
from betflow.settings import Settings
from tampering import overwrite, rows_of

WAITING = """
import sys
import typer
from betflow.cli.contract import run_command
from betflow.cli.options import CommandGroup

program = CommandGroup(name="betflow", help="A program.")

def job(context):
    context.record("fact.kept", "1.234", {})
    print("ready", file=sys.stderr, flush=True)
    sys.stdin.read()

@program.command("wait")
def wait(ctx: typer.Context) -> None:
    run_command(ctx, job, lambda data, screen: None)

@program.command("rest")
def rest() -> None:
    pass

sys.exit(program(["wait", "--json"], prog_name="betflow", standalone_mode=False))
"""

HEAVY = """
import sys
from betflow.cli.app import run
run(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
"""


@pytest.fixture
def environment(data_dir: Path) -> dict[str, str]:
    """Return an environment in which betflow writes into a folder of the test's own."""
    return {**os.environ, "BETFLOW_DATA_DIR": str(data_dir), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def betflow(environment: dict[str, str], tmp_path: Path) -> "Betflow":
    """Return betflow as a user has it."""
    return Betflow(environment, tmp_path)


class Betflow:
    """The command line in a process of its own."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "betflow", *arguments],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def verify(self) -> tuple[int, dict[str, Any]]:
        """Verify, and return the exit code and the envelope."""
        done = self("audit", "verify", "--json")
        envelope: dict[str, Any] = json.loads(done.stdout)
        return done.returncode, envelope


@pytest.fixture
def tape(data_dir: Path) -> Path:
    """Write a file in a run, and return it."""
    run = Runs(Settings(data_dir=data_dir)).start("backfill", {}, config_hash="0")
    path = data_dir / "tape.zst"
    path.write_bytes(b"tape")
    run.finish(Outcome({"tapes": 1}, artifacts=(artifact_of(path),)))
    run.close()
    return path


def test_runs_are_listed_and_shown(betflow: Betflow, tape: Path) -> None:
    """A run is listed with its whole id, and shown with what it wrote."""
    listed = betflow("audit", "ls", "--command", "backfill")
    run_id = listed.stdout.splitlines()[1].split()[0]
    shown = betflow("audit", "show", run_id)

    assert (0, "", 0, "") == (listed.returncode, listed.stderr, shown.returncode, shown.stderr)
    assert str(tape) in shown.stdout


def test_untouched_record_is_whole(betflow: Betflow, tape: Path) -> None:
    """Verify ends with 0 as long as nothing was touched, time after time."""
    verdicts = [betflow.verify() for _ in range(2)]

    assert [0, 0] == [code for code, _ in verdicts]
    assert [True, True] == [envelope["data"]["is_whole"] for _, envelope in verdicts]
    assert tape.exists()


def test_changed_file_is_damage(betflow: Betflow, tape: Path) -> None:
    """A file that was changed after a run wrote it is named, with exit code 7."""
    tape.write_bytes(b"rope")

    code, envelope = betflow.verify()

    assert (ExitCode.DAMAGED, "findings") == (code, envelope["status"])
    assert [("audit.file-changed", "tape.zst")] == [
        (finding["code"], finding["subject"]) for finding in envelope["findings"]
    ]


@pytest.mark.usefixtures("tape")
def test_missing_record_is_damage(betflow: Betflow, data_dir: Path) -> None:
    """A run record that was deleted is named, with exit code 7."""
    [record] = (data_dir / "runs").glob("*/*/*/*.json")
    record.unlink()

    code, envelope = betflow.verify()

    assert (ExitCode.DAMAGED, ["audit.record-missing"]) == (
        code,
        [finding["code"] for finding in envelope["findings"]],
    )


@pytest.mark.usefixtures("tape")
def test_truncated_journal_is_damage(betflow: Betflow, data_dir: Path) -> None:
    """A journal whose end was cut off is damage from the first entry that is gone."""
    betflow("audit", "ls")
    overwrite(data_dir, rows_of(data_dir)[:1])

    code, envelope = betflow.verify()

    assert (ExitCode.DAMAGED, 2, "truncated") == (
        code,
        envelope["data"]["first_bad"]["seq"],
        envelope["data"]["first_bad"]["defect"],
    )


@pytest.mark.usefixtures("tape")
def test_first_bad_entry_is_told_to_people(betflow: Betflow, data_dir: Path) -> None:
    """People read the verdict on stdout and what to do on stderr."""
    rows = rows_of(data_dir)
    rows[1] = rows[1]._replace(body=rows[1].body.replace("1", "2", 1))
    overwrite(data_dir, rows)

    done = betflow("audit", "verify")

    assert ExitCode.DAMAGED == done.returncode
    assert "first bad entry  2 (altered)" in done.stdout
    assert "audit.journal-altered" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot ask a process to end")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_is_sealed(
    betflow: Betflow, environment: dict[str, str], number: signal.Signals
) -> None:
    """Ctrl-C and SIGTERM end a run with 130, with what it had written, and verify finds all of it."""
    with subprocess.Popen(
        [sys.executable, "-c", WAITING],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as waiting:
        assert waiting.stderr is not None
        assert waiting.stdout is not None
        assert "ready\n" == waiting.stderr.readline()
        waiting.send_signal(number)
        envelope = json.loads(waiting.stdout.read())

    assert (130, "failed", "error.interrupted") == (
        waiting.returncode,
        envelope["status"],
        envelope["findings"][0]["code"],
    )
    shown = json.loads(betflow("audit", "show", envelope["run_id"], "--json").stdout)["data"]
    assert ("interrupted", ["run.started", "fact.kept", "run.finished"]) == (
        shown["run"]["status"],
        [entry["kind"] for entry in shown["entries"]],
    )
    assert 0 == betflow.verify()[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_reader_that_went_away_is_no_error(environment: dict[str, str]) -> None:
    """``| head`` ends betflow in silence, and the run is sealed all the same."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "betflow", "audit", "ls"],
            env=environment,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_answer_that_cannot_be_written_is_an_error(environment: dict[str, str]) -> None:
    """Output onto a full disk ends with 3 and says where the answer is, without a traceback."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "betflow", "audit", "ls"],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )

    assert ExitCode.CONFIGURATION == done.returncode
    assert done.stderr.startswith("error: the answer could not be written: No space left on device.")


@pytest.mark.skipif(sys.platform == "win32", reason="the shell's word for it")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(environment: dict[str, str], closed: str) -> None:
    """A run whose stdout or stderr is closed is done all the same."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{shlex.quote(sys.executable)} -m betflow audit ls {closed}"],
        env=environment,
        check=False,
    )

    assert 0 == done.returncode


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
def test_arguments_that_are_no_text(environment: dict[str, str]) -> None:
    """Bytes on the command line that are no UTF-8 are recorded and shown as escapes, in any locale."""
    done = subprocess.run(
        [sys.executable, "-m", "betflow", "audit", "show", b"caf\xe9"],
        env={**environment, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )

    assert (ExitCode.USAGE, b"") == (done.returncode, done.stdout)
    assert b"no run begins with" in done.stderr


def test_version_imports_nothing_heavy(betflow: Betflow, environment: dict[str, str]) -> None:
    """The version is told without even the command line's library."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "betflow", "--version"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}

    assert f"betflow {__version__}\n" == done.stdout == betflow("--version").stdout
    assert set() == imported & {
        "typer",
        "rich",
        "dataclasses",
        "json",
        "pathlib",
        "sqlite3",
        "betflow.errors",
    }


def test_help_imports_nothing_heavy(environment: dict[str, str]) -> None:
    """The help is shown without what only a running command needs."""
    done = subprocess.run(
        [sys.executable, "-c", HEAVY, "--help"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    heavy = {
        "msgspec",
        "pydantic_settings",
        "requests",
        "rich",
        "sqlite3",
        "sqlite_utils",
        "structlog",
        "yaml",
        "zstandard",
    }

    assert set() == heavy & set(done.stderr.split())
    assert "audit" in done.stdout
