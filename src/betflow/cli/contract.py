"""
What every command does alike: resolve settings, start the run, do the job, seal, print, exit.

A command's own file says which options it has, which job they ask for and how its answer looks; the rest is
here, so that every command keeps the same promises about stdout, stderr, ``--json``, exit codes and the
journal.
"""

import errno
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

import typer

from betflow.cli.options import CommonOptions, common_options, own_arguments
from betflow.cli.screen import Screen, print_envelope, print_findings, safely
from betflow.collecting import collecting_seldom
from betflow.errors import BetflowError, ExitCode, Finding, StorageError, UsageError
from betflow.jobs.clock import iso, now_ms
from betflow.jobs.outcome import Outcome, Status, envelope, failure
from betflow.jobs.plain import redacted
from betflow.logs import configure_logs, log
from betflow.storage.streams import STDOUT, descriptor

if TYPE_CHECKING:
    from betflow.jobs.runs import Run, RunContext

T = TypeVar("T")
Job = Callable[["RunContext"], Outcome]
Render = Callable[[dict[str, Any], Screen], None]

_WRITTEN = ("output", "plot", "html")
"""The options that name a file to write."""
_STORAGE_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class _Ended:
    envelope: dict[str, Any]
    code: ExitCode


def run_command(ctx: typer.Context, job: Job, render: Render, *, makes_profile: bool = False) -> NoReturn:
    """
    Run one command from its parsed command line to its exit code.

    Args:
        ctx: Gives the command's name, its arguments (for the record, secrets masked) and the common options.
        job: Does the work and returns what came of it; knows nothing about terminals.
        render: Shows the data of an outcome to people; not called for ``--json``, nor when the job was not
            done.
        makes_profile: Whether the profile need not be there yet.
    """
    options = common_options(ctx)
    command, arguments = command_name(ctx), own_arguments(ctx)
    taken = _takes_stdout(arguments)
    with _signals_interrupt(), collecting_seldom():
        asked = _refuse_two_answers if taken and options.json else job
        ended = _execute(command, arguments, options, asked, makes_profile=makes_profile)
    _show(ended.envelope, options, render, sys.stderr if taken and not options.json else sys.stdout)
    raise typer.Exit(ended.code)


def _takes_stdout(arguments: dict[str, Any]) -> bool:
    """Say whether a file that the command writes goes to stdout, which then has no room for the answer."""
    named = (arguments.get(name) for name in _WRITTEN)
    return any(descriptor(path) == STDOUT for path in named if isinstance(path, Path))


def _refuse_two_answers(_context: "RunContext") -> NoReturn:
    raise UsageError(
        "the envelope and the file would both go to stdout.", advice="Name a file, or leave out --json."
    )


def early_failure(error: BetflowError, arguments: list[str], *, command: str) -> ExitCode:
    """Tell about an error that came before any run could start, in the form that the arguments ask for."""
    now = iso(now_ms())
    outcome = failure(error, subject=command)
    wrapped = envelope(outcome, command=command, run_id=None, started=now, finished=now)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    common = CommonOptions(json="--json" in options, utc="--utc" in options)
    _show(wrapped, common, lambda _data, _screen: None)
    return outcome.code


def command_name(ctx: typer.Context) -> str:
    """Return the command as it is typed, without the program: ``tape stats``."""
    return ctx.command_path.partition(" ")[2]


def _execute(
    command: str, arguments: dict[str, Any], options: CommonOptions, job: Job, *, makes_profile: bool
) -> _Ended:
    started = iso(now_ms())
    run = _attempt(lambda: _start(command, arguments, options, makes_profile=makes_profile), command)
    if isinstance(run, Outcome):
        return _unsealed(run, command, started, run_id=None)
    try:
        outcome = _attempt(lambda: job(run.context), command)
        run.context.progress.stop()
        with _signals_ignored():
            return _seal(run, outcome, command, started)
    finally:
        run.close()


def _start(command: str, arguments: dict[str, Any], options: CommonOptions, *, makes_profile: bool) -> "Run":
    configure_logs(level="warning", stream=sys.stderr)
    from betflow.cli.progress import progress_on
    from betflow.jobs.runs import Runs, SilentProgress
    from betflow.ledger.canonical import canonical_json, digest
    from betflow.settings import load_settings

    overrides = {"data_dir": options.data_dir, "log_level": options.log_level}
    given = {name: value for name, value in overrides.items() if value is not None}
    settings = load_settings(
        profile=options.profile,
        overrides=given,
        config_dir=options.config_dir,
        profile_may_miss=makes_profile,
    )
    configure_logs(level=settings.log_level, stream=sys.stderr)
    config_hash = digest(canonical_json(redacted(settings.model_dump())))
    runs = Runs(settings, progress=SilentProgress() if options.quiet else progress_on(sys.stderr))
    return runs.start(command, arguments, config_hash=config_hash)


def _seal(run: "Run", outcome: Outcome, command: str, started: str) -> _Ended:
    ended = _attempt(lambda: _finish(run, outcome, command), command)
    if isinstance(ended, Outcome):
        return _unsealed(ended, command, started, run_id=run.context.run_id)
    told = {key: ended.envelope[key] for key in ("run_id", "command", "status", "started", "finished")}
    log("info", "run.finished", **told, exit_code=int(ended.code))
    return ended


def _finish(run: "Run", outcome: Outcome, command: str) -> _Ended:
    """Seal a run; as failed where its job returned what cannot be written down as JSON."""
    try:
        return _Ended(run.finish(outcome), outcome.code)
    except (TypeError, ValueError) as error:
        failed = _internal_failure(error, command)
        return _Ended(run.finish(failed), failed.code)


def _unsealed(outcome: Outcome, command: str, started: str, *, run_id: str | None) -> _Ended:
    finished = iso(now_ms())
    wrapped = envelope(outcome, command=command, run_id=run_id, started=started, finished=finished)
    return _Ended(wrapped, outcome.code)


def _attempt(action: Callable[[], T], command: str) -> T | Outcome:
    """Return what an action returns, or the outcome of its failure: nothing that is raised goes further."""
    try:
        return action()
    except BetflowError as error:
        return failure(error, subject=command)
    except KeyboardInterrupt:
        message = "interrupted; everything written so far is kept. Run the command again."
        finding = Finding("error.interrupted", command, message)
        return Outcome(findings=(finding,), exit_code=ExitCode.INTERRUPTED, is_failure=True)
    except Exception as error:  # noqa: BLE001 - the top of the command line: a bug too ends in an envelope
        if isinstance(error, OSError) and error.errno in _STORAGE_ERRNOS:
            return failure(_storage_error(error), subject=command)
        return _internal_failure(error, command)


def _storage_error(error: OSError) -> StorageError:
    place = f" ({error.filename})" if error.filename else ""
    return StorageError(
        f"the disk refuses: {error.strerror}{place}.",
        advice="Free the space or the permission and run the command again; what was written is kept.",
    )


def _internal_failure(error: Exception, command: str) -> Outcome:
    log("error", "command.crashed", command=command, exc_info=error)
    message = (
        f"a defect in betflow: {type(error).__name__}: {error}. Please report it with the log line above."
    )
    return Outcome(findings=(Finding("error.internal", command, message),), is_failure=True)


def _show(
    wrapped: dict[str, Any], options: CommonOptions, render: Render, stream: TextIO | None = None
) -> None:
    stream = stream or sys.stdout
    with safely(stream):
        if options.json:
            print_envelope(wrapped, stream)
        elif wrapped["status"] != Status.FAILED and not options.quiet:
            render(wrapped["data"], Screen(stream, zone=options.zone))
    with safely(sys.stderr):
        if not options.json:
            print_findings(wrapped["findings"], sys.stderr, run_id=wrapped["run_id"], zone=options.zone)


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Make SIGTERM end the work as Ctrl-C does, inside the block."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    with _handling({signal.SIGTERM: interrupt}):
        yield


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """Let the block, which takes milliseconds, come to its end."""
    with _handling({signal.SIGINT: signal.SIG_IGN, signal.SIGTERM: signal.SIG_IGN}):
        yield


@contextmanager
def _handling(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    # Only the main thread may set handlers; a program that runs commands in threads keeps its own.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
