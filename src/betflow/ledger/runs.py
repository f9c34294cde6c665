"""
The list of runs: a projection of the journal, one row for each run.

`project` is the only place that says how an entry changes a row. The table is written with it, entry by
entry, and `audit verify` folds the whole journal with it to see that the table still says the same.
"""

import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace
from enum import StrEnum

from betflow.ledger.canonical import canonical_json
from betflow.ledger.journal import Entry
from betflow.ledger.store import Ledger


class RunKind(StrEnum):
    """The entries that begin and end a run."""

    STARTED = "run.started"
    FINISHED = "run.finished"
    CRASHED = "run.crashed"
    """Written by a later run, which found the process of this one gone."""


class RunStatus(StrEnum):
    """Where a run stands: still going, or how it ended."""

    RUNNING = "running"
    OK = "ok"
    FINDINGS = "findings"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class RunRow:
    """
    One run.

    Attributes:
        arguments: The redacted arguments, canonical JSON.
        record: The run's JSON record, relative to the data folder; None while it runs.
        record_sha256: Of the record's canonical JSON without its anchor.
    """

    run_id: str
    command: str
    status: str
    exit_code: int | None
    started: str
    finished: str | None
    arguments: str
    code_version: str
    config_hash: str
    host: str
    pid: int
    started_seq: int
    sealed_seq: int | None = None
    record: str | None = None
    record_sha256: str | None = None


_COLUMNS = ", ".join(each.name for each in fields(RunRow))
_MARKS = ", ".join("?" for _ in fields(RunRow))
_INSERT = f"INSERT OR REPLACE INTO runs ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - constants


def project(row: RunRow | None, entry: Entry) -> RunRow | None:
    """Return the row of a run after an entry of that run; other kinds of entry leave it as it was."""
    body = json.loads(entry.body)
    match entry.kind:
        case RunKind.STARTED:
            return RunRow(
                run_id=entry.run_id,
                command=entry.subject,
                status=RunStatus.RUNNING,
                exit_code=None,
                started=body["started"],
                finished=None,
                arguments=canonical_json(body["arguments"]),
                code_version=body["code_version"],
                config_hash=body["config_hash"],
                host=body["host"],
                pid=body["pid"],
                started_seq=entry.seq,
            )
        case RunKind.FINISHED | RunKind.CRASHED if row is not None:
            return replace(
                row,
                status=body["status"],
                exit_code=body["exit_code"],
                finished=body["finished"],
                sealed_seq=entry.seq,
                record=body["record"],
                record_sha256=body["record_sha256"],
            )
    return row


class RunTable:
    """The rows of one open ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def apply(self, entry: Entry) -> RunRow:
        """Bring the row of the entry's run up to date, inside the transaction that appended the entry."""
        row = project(self.get(entry.run_id), entry)
        if row is None:
            raise ValueError(f"run {entry.run_id} cannot end at entry {entry.seq}: it never started")
        self._ledger.write(_INSERT, [astuple(row)])
        return row

    def get(self, run_id: str) -> RunRow | None:
        """Return the row of a run, or None."""
        return next(self._select("WHERE run_id = ?", run_id), None)

    def starting_with(self, prefix: str) -> Iterator[RunRow]:
        """Yield the runs whose id starts with *prefix*, in order of id."""
        return self._select("WHERE substr(run_id, 1, ?) = ? ORDER BY run_id", len(prefix), prefix)

    def unsealed(self) -> Iterator[RunRow]:
        """Yield the runs that have started and not ended."""
        return self._select("WHERE status = 'running' ORDER BY run_id")

    def newest_first(self) -> Iterator[RunRow]:
        """Yield every run, the newest first."""
        return self._select("ORDER BY started DESC, started_seq DESC")

    def _select(self, condition: str, *parameters: object) -> Iterator[RunRow]:
        statement = f"SELECT {_COLUMNS} FROM runs {condition}"  # noqa: S608 - constants of this class
        return (RunRow(*row) for row in self._ledger.rows(statement, parameters))
