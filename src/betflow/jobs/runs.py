"""
The life of a run: its intention is journalled before it does anything, its outcome when it is done.

`Runs.start` seals what crashed before, writes the row and the entry ``run.started``, and gives a `Run` whose
`RunContext` is all that a job sees of the outside. `Run.finish` writes ``run.finished`` and the JSON record.
"""

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from betflow import __version__
from betflow.jobs import liveness
from betflow.jobs.clock import Clock, iso, now_ms
from betflow.jobs.outcome import Outcome
from betflow.jobs.plain import redacted
from betflow.jobs.sealing import Seals, lock_path
from betflow.ledger.journal import Draft, Entry, Journal
from betflow.ledger.runs import RunKind, RunRow, RunTable
from betflow.ledger.store import Ledger, open_ledger

if TYPE_CHECKING:
    from betflow.settings import Settings


class Progress(Protocol):
    """Where a job says how far it is; one task at a time."""

    def start(self, label: str, *, total: int | None, unit: str) -> None:
        """Begin a task of *total* units, or of nobody knows how many."""

    def advance(self, count: int = 1) -> None:
        """Say that *count* more units are done."""

    def stop(self) -> None:
        """End the task, done or not."""


class SilentProgress:
    """Progress for programs and tests: says nothing."""

    def start(self, label: str, *, total: int | None, unit: str) -> None:
        """Ignore it."""

    def advance(self, count: int = 1) -> None:
        """Ignore it."""

    def stop(self) -> None:
        """Ignore it."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """
    All that a job sees of the outside.

    Attributes:
        run_id: This run.
        settings: All of them, resolved.
        data_dir: Everything that betflow writes lives under this folder.
        clock: Says what time it is.
        progress: Where to say how far the work is.
        ledger: Open for this run, in the thread that started it.
    """

    run_id: str
    settings: "Settings"
    data_dir: Path
    clock: Clock
    progress: Progress
    ledger: Ledger

    def record(
        self, kind: str, subject: str, body: Mapping[str, object], *, event_time_ms: int | None = None
    ) -> Entry:
        """
        Append an entry to the journal; it is on the disk when this returns.

        Several entries inside ``with context.ledger.transaction():`` are written, and reach the disk,
        together.

        Args:
            kind: ``noun.verb``, e.g. ``tape.archived``.
            subject: What it is about: a file, a market, a bet.
            body: The fact; secrets in it are masked by name.
            event_time_ms: When it happened in the world, where that is not now.
        """
        draft = Draft(self.run_id, kind, subject, redacted(body), event_time_ms)
        return Journal(self.ledger).append(draft, recorded_at=iso(self.clock()))


class Run:
    """One run that has started; end it with `finish`."""

    def __init__(self, context: RunContext, row: RunRow) -> None:
        self.context = context
        self._row = row
        self._seals = Seals(context.data_dir, context.ledger, context.clock)

    def finish(self, outcome: Outcome) -> dict[str, Any]:
        """
        Seal the run: journal its outcome and write its record.

        Returns:
            The envelope, as it was recorded.

        Raises:
            StorageError: if the disk refuses; the run is then sealed as crashed by the next one.
        """
        return self._seals.finish(self._row, outcome)

    def close(self) -> None:
        """Let go of the ledger and of the sign of life; a run that was not finished counts as crashed."""
        liveness.release(lock_path(self.context.data_dir, self.context.run_id))
        self.context.ledger.close()


class Runs:
    """
    The runs of a data folder.

    Args:
        settings: Everything that betflow writes lives under their data folder; jobs get to see them.
        clock: Says what time it is.
        ids: Makes the id of the next run from the time; ids that sort by time are easier on people.
        progress: Handed to the jobs.
    """

    def __init__(
        self,
        settings: "Settings",
        *,
        clock: Clock = now_ms,
        ids: Callable[[int], str] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._settings = settings
        self._data_dir = settings.data_dir.absolute()
        self._clock = clock
        self._ids = ids or new_run_id
        self._progress = progress or SilentProgress()

    def start(self, command: str, arguments: Mapping[str, object], *, config_hash: str) -> Run:
        """
        Journal the intention to run a command, after sealing the runs that crashed.

        Args:
            command: As it is typed, e.g. ``tape stats``.
            arguments: By name; secrets are masked by name.
            config_hash: Names the settings that the run sees.

        Raises:
            StorageError: if the data folder cannot be written.
            DamagedError: if the ledger is no ledger any more.
        """
        ledger = open_ledger(self._data_dir)
        try:
            return self._start(ledger, command, redacted(arguments), config_hash)
        except BaseException:
            ledger.close()
            raise

    def _start(self, ledger: Ledger, command: str, arguments: dict[str, Any], config_hash: str) -> Run:
        seals = Seals(self._data_dir, ledger, self._clock)
        seals.mend()
        started_ms = self._clock()
        context = RunContext(
            self._ids(started_ms), self._settings, self._data_dir, self._clock, self._progress, ledger
        )
        body = {
            "started": iso(started_ms),
            "arguments": arguments,
            "code_version": __version__,
            "config_hash": config_hash,
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        lock = lock_path(self._data_dir, context.run_id)
        # The sign of life appears under the write lock, so that no other start sees the row without it.
        with ledger.transaction():
            liveness.hold(lock)
            try:
                row = RunTable(ledger).apply(context.record(RunKind.STARTED, command, body))
            except BaseException:
                liveness.release(lock)
                raise
        return Run(context, row)


def new_run_id(time_ms: int) -> str:
    """Make a run id that sorts by time, e.g. ``20260218T093000-9f86d081``."""
    return f"{iso(time_ms)[:19].replace('-', '').replace(':', '')}-{secrets.token_hex(4)}"
