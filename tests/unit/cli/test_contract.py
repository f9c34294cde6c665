"""However a job ends, the command tells it on the right channel and with the right exit code."""

import errno
import json
import math
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from betflow.cli.app import run
from betflow.cli.contract import run_command
from betflow.cli.options import CommandGroup
from betflow.cli.screen import Screen
from betflow.errors import DamagedError, ExitCode, Finding, NotFoundError
from betflow.jobs.outcome import Artifact, Outcome
from betflow.jobs.runs import RunContext
from betflow.ledger.runs import RunTable
from betflow.ledger.store import FILE_NAME, open_ledger

KEYS = ["schema", "command", "run_id", "status", "started", "finished", "data", "findings", "artifacts"]
SECRET = "s3cret-in-a-local"  # noqa: S105 - planted, to see that it does not come out

Job = Callable[[RunContext], Outcome]


@pytest.fixture(autouse=True)
def _own_folders(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BETFLOW_DATA_DIR", str(data_dir))
    monkeypatch.chdir(tmp_path)


def command_of(job: Job, *arguments: str) -> int:
    """Run a job as the command ``do`` and return the exit code."""
    program = CommandGroup(name="betflow", help="A program.")

    def render(data: dict[str, Any], screen: Screen) -> None:
        screen.line(f"answer: {data['answer']}")

    @program.command("do")
    def do(ctx: typer.Context, market: str = "", password: str = "") -> None:
        """Do it."""
        assert market != password
        run_command(ctx, job, render)

    @program.command("rest")
    def rest() -> None:
        """Rest."""

    code: int = program(["do", "--market", "1.234", *arguments], prog_name="betflow", standalone_mode=False)
    return code


def raising(error: BaseException) -> Job:
    """Return a job that ends in an error, with a secret in its variables."""

    def job(context: RunContext) -> Outcome:
        password = f"{SECRET} of {context.run_id}"
        if password:
            raise error
        return Outcome()

    return job


def answer(_context: RunContext) -> Outcome:
    """Answer."""
    return Outcome({"answer": 42})


def only_row(data_dir: Path) -> tuple[str, int | None, str]:
    """Return status, exit code and arguments of the only run."""
    with closing(open_ledger(data_dir)) as ledger:
        [row] = RunTable(ledger).newest_first()
        return row.status, row.exit_code, row.arguments


def test_answer_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """For people the command's own rendering goes to stdout, and nothing else anywhere."""
    assert ExitCode.OK == command_of(answer)

    assert ("answer: 42\n", "") == capsys.readouterr()


def test_json_is_one_envelope(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs exactly one envelope goes to stdout, with the promised keys in their order."""
    assert ExitCode.OK == command_of(answer, "--json")

    output = capsys.readouterr()
    envelope = json.loads(output.out)
    assert (KEYS, "") == (list(envelope), output.err)
    assert ("betflow/1", "do", "ok", {"answer": 42}) == (
        envelope["schema"],
        envelope["command"],
        envelope["status"],
        envelope["data"],
    )


def test_findings_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Findings are told beside the answer, and by the exit code."""
    finding = Finding("tape.line-damaged", "a.bz2", "line 7 is no JSON.")

    assert ExitCode.FINDINGS == command_of(lambda _: Outcome({"answer": 1}, findings=(finding,)))

    assert ("answer: 1\n", "finding tape.line-damaged: a.bz2: line 7 is no JSON.\n") == capsys.readouterr()


def test_quiet_command_tells_only_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """With --quiet there is no answer; findings are told, and an envelope that is asked for."""
    finding = Finding("tape.line-damaged", "a.bz2", "line 7 is no JSON.")

    assert ExitCode.OK == command_of(answer, "--quiet")
    assert ("", "") == capsys.readouterr()

    assert ExitCode.FINDINGS == command_of(lambda _: Outcome({"answer": 1}, findings=(finding,)), "-q")
    assert ("", "finding tape.line-damaged: a.bz2: line 7 is no JSON.\n") == capsys.readouterr()

    assert ExitCode.OK == command_of(answer, "--quiet", "--json")
    assert {"answer": 42} == json.loads(capsys.readouterr().out)["data"]


@pytest.mark.parametrize(
    ("code", "name", "error"),
    [
        (ExitCode.USAGE, "error.not-found", NotFoundError("no market 1.2.", advice="Run backfill.")),
        (ExitCode.DAMAGED, "error.damaged", DamagedError("the tape is damaged.")),
        (ExitCode.CONFIGURATION, "error.storage", OSError(errno.ENOSPC, "No space left on device")),
        (ExitCode.CONFIGURATION, "error.storage", PermissionError(errno.EACCES, "Permission denied", "x")),
        (ExitCode.INTERRUPTED, "error.interrupted", KeyboardInterrupt()),
        (ExitCode.FINDINGS, "error.internal", ZeroDivisionError("division by zero")),
        (ExitCode.FINDINGS, "error.internal", FileNotFoundError(errno.ENOENT, "No such file", "x")),
    ],
)
def test_failure_is_an_envelope_too(
    capsys: pytest.CaptureFixture[str], data_dir: Path, code: ExitCode, name: str, error: BaseException
) -> None:
    """Whatever a job raises becomes a failed envelope and a sealed run; no variable is shown."""
    assert code == command_of(raising(error), "--json")

    output = capsys.readouterr()
    envelope = json.loads(output.out)
    assert (KEYS, "failed", [name]) == (
        list(envelope),
        envelope["status"],
        [finding["code"] for finding in envelope["findings"]],
    )
    assert ("interrupted" if code == ExitCode.INTERRUPTED else "failed", code) == only_row(data_dir)[:2]
    assert SECRET not in output.out + output.err


def test_failure_is_told_to_people_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A failed job shows no answer, but says on stderr what to do."""
    assert ExitCode.USAGE == command_of(raising(NotFoundError("no market 1.2.", advice="Run backfill.")))

    assert ("", "error: no market 1.2. Run backfill.\n") == capsys.readouterr()


def test_defect_leaves_a_traceback_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """A bug is told in one line, with the traceback in the log on stderr."""
    command_of(raising(ZeroDivisionError("division by zero")))

    output = capsys.readouterr()
    log, message = output.err.splitlines()
    assert "" == output.out
    assert "ZeroDivisionError" == json.loads(log)["exception"][0]["exc_type"]
    assert message.startswith("error: a defect in betflow: ZeroDivisionError")


@pytest.mark.parametrize("value", [math.nan, b"bytes", {1, 2}])
def test_answer_that_is_no_json_is_a_defect(
    capsys: pytest.CaptureFixture[str], data_dir: Path, value: object
) -> None:
    """An answer that cannot be written down ends in an envelope, not in a run without an end."""
    assert ExitCode.FINDINGS == command_of(lambda _: Outcome({"answer": value}), "--json")

    assert "error.internal" == json.loads(capsys.readouterr().out)["findings"][0]["code"]
    assert "failed" == only_row(data_dir)[0]


def test_arguments_are_recorded_without_secrets(data_dir: Path) -> None:
    """The run's row holds the command's own arguments, with secrets masked."""
    command_of(answer, "--password", SECRET)

    assert '{"market":"1.234","password":"********"}' == only_row(data_dir)[2]


@pytest.mark.parametrize("as_json", [False, True])
def test_ledger_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], data_dir: Path, *, as_json: bool
) -> None:
    """Without a place to write down the run nothing is done, and the envelope has no run id."""
    data_dir.mkdir()
    (data_dir / FILE_NAME).write_text("a shopping list " * 500)

    code = command_of(raising(AssertionError()), *(["--json"] if as_json else []))

    output = capsys.readouterr()
    assert ExitCode.DAMAGED == code
    if as_json:
        envelope = json.loads(output.out)
        assert (None, "error.damaged") == (envelope["run_id"], envelope["findings"][0]["code"])
    else:
        assert "Restore it from a backup" in output.err


def test_ledger_that_breaks_under_way(capsys: pytest.CaptureFixture[str]) -> None:
    """A run that cannot be sealed says so, although its job was done."""

    def job(context: RunContext) -> Outcome:
        context.ledger.connection.execute("PRAGMA max_page_count = 1")
        return Outcome({"answer": 1}, artifacts=(Artifact("x" * 100_000, "0", 0),))

    code = command_of(job, "--json")

    envelope = json.loads(capsys.readouterr().out)
    assert (ExitCode.CONFIGURATION, "error.storage") == (code, envelope["findings"][0]["code"])
    assert envelope["run_id"] is not None


def test_usage_error_keeps_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    """A command line that cannot be understood ends with 2, in the form that was asked for."""
    assert ExitCode.USAGE == run(["audit", "show"])
    assert ("", "error: Missing argument 'RUN'. See 'betflow audit show --help'.\n") == capsys.readouterr()

    assert ExitCode.USAGE == run(["audit", "nonsense", "--json"])
    envelope = json.loads(capsys.readouterr().out)
    assert (KEYS, "error.usage", "audit") == (
        list(envelope),
        envelope["findings"][0]["code"],
        envelope["command"],
    )


def test_json_after_two_dashes_is_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands after -- is no option."""
    assert ExitCode.USAGE == run(["audit", "verify", "--", "--json"])

    assert "" == capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["audit"]])
def test_group_without_a_command_shows_its_help(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """A group alone is a usage error that shows what there is."""
    assert ExitCode.USAGE == run(arguments)

    assert "--json" in capsys.readouterr().out


def test_wrong_setting_keeps_the_contract(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting that cannot be ends with 3 before any run starts."""
    monkeypatch.setenv("BETFLOW_ENV", "live")

    assert ExitCode.CONFIGURATION == run(["audit", "ls", "--json"])

    envelope = json.loads(capsys.readouterr().out)
    assert (None, "error.configuration") == (envelope["run_id"], envelope["findings"][0]["code"])
