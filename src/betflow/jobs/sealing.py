"""
How runs end: the last entry in the journal and the JSON record, together or not at all.

The record is *staged* before the entry is committed and *published* after. Whatever the moment of a crash,
the next run mends it: a run without a last entry is sealed as crashed, a staged record whose entry was
committed is published.
"""

import glob
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from betflow.errors import DamagedError, ExitCode, Finding
from betflow.jobs import liveness, records
from betflow.jobs.clock import Clock, iso
from betflow.jobs.outcome import Artifact, Outcome, envelope
from betflow.jobs.plain import plain
from betflow.ledger.journal import Draft, Journal
from betflow.ledger.runs import RunKind, RunRow, RunStatus, RunTable
from betflow.ledger.store import Ledger

_LIVE = "live"


def lock_path(data_dir: Path, run_id: str) -> Path:
    """Name the file whose lock is the run's sign of life."""
    return data_dir / _LIVE / f"{run_id}.lock"


@dataclass(frozen=True, slots=True)
class Seals:
    """What ends the runs of one data folder, over one open ledger."""

    data_dir: Path
    ledger: Ledger
    clock: Clock

    def finish(self, row: RunRow, outcome: Outcome) -> dict[str, Any]:
        """Seal a run of this process with its outcome, and return the envelope as recorded."""
        status = RunStatus(outcome.status)
        if outcome.code is ExitCode.INTERRUPTED:
            status = RunStatus.INTERRUPTED
        with self.ledger.translated():
            with self.ledger.transaction():
                wrapped = self._stage(row, outcome, kind=RunKind.FINISHED, status=status)
            self._publish(row)
        return wrapped

    def mend(self) -> None:
        """Seal the runs whose process is gone, and publish the records that a crash kept from their place."""
        with self.ledger.translated():
            for row in list(RunTable(self.ledger).unsealed()):
                self._seal_if_crashed(row.run_id)
            live = self.data_dir / _LIVE
            for staged in sorted(live.glob("*.json")):
                self._publish_if_committed(staged)
            for lock in sorted(live.glob("*.lock")):
                self._remove_if_left_behind(lock)

    def _seal_if_crashed(self, run_id: str) -> None:
        lock = lock_path(self.data_dir, run_id)
        with self.ledger.transaction():
            row = RunTable(self.ledger).get(run_id)
            if row is None or row.status != RunStatus.RUNNING or liveness.is_alive(lock):
                return
            self._remove_unfinished(run_id)
            message = f"process {row.pid} on {row.host} ended without sealing its run. Run the command again."
            finding = Finding("error.crashed", row.command, message)
            outcome = Outcome(findings=(finding,), is_failure=True)
            self._stage(row, outcome, kind=RunKind.CRASHED, status=RunStatus.CRASHED)
        self._publish(row)

    def _remove_unfinished(self, run_id: str) -> None:
        """Remove what a run worked on: in the data folder, that is called after it, behind a dot."""
        for left in self.data_dir.glob(f"*/.{glob.escape(run_id)}.*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def _remove_if_left_behind(self, lock: Path) -> None:
        """Remove the lock file of a run that was killed as it began or after it was sealed."""
        if liveness.is_alive(lock):
            return
        # Runs begin under the write lock: while we have it, a lock that nobody holds is nobody's.
        with self.ledger.transaction():
            if not liveness.is_alive(lock):
                lock.unlink(missing_ok=True)

    def _publish_if_committed(self, staged: Path) -> None:
        row = RunTable(self.ledger).get(staged.stem)
        # A run that is being sealed right now is not ours to touch.
        if row is None or row.record is None or liveness.is_alive(lock_path(self.data_dir, row.run_id)):
            return
        try:
            intact = records.record_sha256(records.read_record(staged)) == row.record_sha256
        except (DamagedError, FileNotFoundError):
            return
        if intact:
            self._publish(row)

    def _stage(self, row: RunRow, outcome: Outcome, *, kind: RunKind, status: RunStatus) -> dict[str, Any]:
        now_ms = self.clock()
        wrapped = envelope(
            outcome, command=row.command, run_id=row.run_id, started=row.started, finished=iso(now_ms)
        )
        record = {**wrapped, "run": _provenance(row, outcome)}
        body = {
            "status": str(status),
            "exit_code": int(outcome.code),
            "finished": wrapped["finished"],
            "record": records.record_path(row.run_id, row.started),
            "record_sha256": records.record_sha256(record),
            "inputs": _listed(outcome.inputs, self.data_dir),
            "artifacts": _listed(outcome.artifacts, self.data_dir),
        }
        draft = Draft(row.run_id, kind, row.command, body)
        entry = Journal(self.ledger).append(draft, recorded_at=iso(now_ms))
        RunTable(self.ledger).apply(entry)
        anchored = records.anchored(record, seq=entry.seq, entry_hash=entry.hash)
        records.write_record(self._staged_path(row.run_id), anchored)
        return wrapped

    def _publish(self, row: RunRow) -> None:
        staged = self._staged_path(row.run_id)
        path = self.data_dir / records.record_path(row.run_id, row.started)
        # A record that is there although its run had not ended is evidence for `audit verify`: it stays as
        # it is.
        if path.exists():
            staged.unlink()
        else:
            records.publish_record(staged, path)

    def _staged_path(self, run_id: str) -> Path:
        return self.data_dir / _LIVE / f"{run_id}.json"


def _provenance(row: RunRow, outcome: Outcome) -> dict[str, Any]:
    return {
        "arguments": json.loads(row.arguments),
        "code_version": row.code_version,
        "config_hash": row.config_hash,
        "host": row.host,
        "pid": row.pid,
        "exit_code": int(outcome.code),
        "inputs": plain(outcome.inputs),
        "model_version": None,
    }


def _listed(artifacts: tuple[Artifact, ...], data_dir: Path) -> list[dict[str, Any]]:
    """List files by their path inside the data folder where they are in it, so that the folder may move."""
    listed: list[dict[str, Any]] = plain(artifacts)
    for each in listed:
        path = Path(each["path"])
        if path.is_relative_to(data_dir):
            each["path"] = path.relative_to(data_dir).as_posix()
    return listed
