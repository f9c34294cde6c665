"""
The checks behind ``audit verify``: each compares two things that were written down apart from each other.

The chain with itself and with the anchors in the records; the records with the hashes in the chain; the list
of runs and the tables of backtests with the chain that they are projections of; the files on the disk with
the hashes that the runs gave them, at their end or, for tapes, when each was archived: a run that is killed
has no end.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from betflow.errors import DamagedError, Finding
from betflow.jobs import liveness
from betflow.jobs.outcome import artifact_of
from betflow.jobs.records import anchor_of, read_record, record_files, record_sha256
from betflow.jobs.runs import RunContext
from betflow.jobs.sealing import lock_path
from betflow.jobs.tape_journal import TAPE_ARCHIVED
from betflow.ledger.backtests import TABLES, BacktestKind, BacktestTables
from betflow.ledger.backtests import project as project_backtest
from betflow.ledger.journal import Entry, Head, Journal
from betflow.ledger.runs import RunRow, RunTable, project
from betflow.ledger.verification import Verdict, missing_guards, verify_chain
from betflow.tape.archive import FOLDER

_COMPARE = "Compare with a backup of the data folder."
_RESTORE = "Restore it from a backup of the data folder."
_ARCHIVE_REMEDY = (
    "Restore it from a backup, or import its source again: `betflow tape verify` names it, and what to "
    "remove first."
)
_EXPORT_REMEDY = (
    "The record is whole; run the command again (`betflow audit show` has its arguments) if you need what it "
    "wrote."
)


@dataclass(frozen=True, slots=True)
class Check:
    """
    What the checks found.

    Attributes:
        runs: How many rows were compared with the journal.
        records: How many run records were read.
        files: How many files that runs wrote were hashed.
        damage: What is wrong in the data folder: what betflow keeps is not what it wrote.
        exports: Files outside the data folder that are gone or differ. They are their owner's, who may delete
            or edit them, so the record is whole all the same.
    """

    chain: Verdict
    runs: int
    records: int
    files: int
    damage: tuple[Finding, ...]
    exports: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    sha256: str
    anchor: Head | None


@dataclass(slots=True)
class _Told:
    """What the entries that begin and end runs or archive tapes tell."""

    rows: dict[str, RunRow] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def check_all(context: RunContext) -> Check:
    """Do every check, whatever the ones before it found; what began after this run is left to the next."""
    table = RunTable(context.ledger)
    own = table.get(context.run_id)
    own_seq = own.started_seq if own is not None else 0
    found, damaged = _read_records(context.data_dir)
    told = _told_by_journal(context, until=own_seq)
    chain = _check_chain(context, found, cut=own_seq - 1)
    files = list(_check_files(context, told.files))
    damage = [
        *_chain_findings(context, chain),
        *told.findings,
        *damaged,
        *_check_rows(table, told.rows, until=own_seq),
        *_check_backtests(context, until=own_seq),
        *_check_records(context, told.rows, found, skip={each.subject for each in damaged}),
        *(each for each in files if not _is_about_export(each)),
    ]
    return Check(
        chain,
        runs=len(told.rows),
        records=len(found),
        files=len(told.files),
        damage=tuple(damage),
        exports=tuple(filter(_is_about_export, files)),
    )


def _read_records(data_dir: Path) -> tuple[dict[str, _Record], list[Finding]]:
    """Read every record, by its path in the data folder."""
    found: dict[str, _Record] = {}
    damaged = []
    for file in record_files(data_dir):
        path = file.relative_to(data_dir).as_posix()
        try:
            found[path] = _read(file)
        except (DamagedError, OSError) as error:
            reason = f"{error}. {_RESTORE}" if isinstance(error, OSError) else str(error)
            damaged.append(Finding("audit.record-altered", path, reason, {"path": str(file)}))
    return found, damaged


def _read(file: Path) -> _Record:
    record = read_record(file)
    return _Record(record_sha256(record), anchor_of(record))


def _told_by_journal(context: RunContext, *, until: int) -> _Told:
    told = _Told()
    for entry in Journal(context.ledger).entries():
        if entry.seq > until:
            break
        try:
            if entry.kind == TAPE_ARCHIVED:
                told.files.update(_written_by(entry, _files_of_tape(entry)))
                continue
            if not entry.kind.startswith("run."):
                continue
            row = project(told.rows.get(entry.run_id), entry)
            artifacts = {each["path"]: each for each in json.loads(entry.body).get("artifacts", [])}
        except (ValueError, KeyError, TypeError, AttributeError):
            message = f"entry {entry.seq} does not say what a {entry.kind} entry says. {_COMPARE}"
            told.findings.append(Finding("audit.entry-unreadable", entry.run_id, message, {"seq": entry.seq}))
            continue
        if row is not None:
            told.rows[entry.run_id] = row
        told.files.update(_written_by(entry, artifacts))
    return told


def _written_by(entry: Entry, files: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what was written, with the run and the entry that tell of it."""
    return {path: {**each, "run": entry.run_id, "seq": entry.seq} for path, each in files.items()}


def _files_of_tape(entry: Entry) -> dict[str, dict[str, Any]]:
    """Return a tape and the manifest beside it, as they were when it was archived."""
    body = json.loads(entry.body)
    manifest = PurePosixPath(entry.subject).with_suffix(".json").as_posix()
    return {
        entry.subject: {"sha256": body["stored_sha256"], "bytes": body["stored_bytes"]},
        manifest: {"sha256": body["manifest_sha256"], "bytes": body["manifest_bytes"]},
    }


def _check_chain(context: RunContext, found: dict[str, _Record], *, cut: int) -> Verdict:
    anchors = [record.anchor for record in found.values() if record.anchor is not None]
    context.progress.start("journal", total=Journal(context.ledger).head().seq, unit="entries")
    verdict = verify_chain(context.ledger, anchors=anchors, cut=cut, on_entry=context.progress.advance)
    context.progress.stop()
    return verdict


def _chain_findings(context: RunContext, chain: Verdict) -> Iterator[Finding]:
    if chain.first_bad is not None:
        bad = chain.first_bad
        message = (
            f"entry {bad.seq} is {bad.defect}: {bad.reason}. Trust nothing from there on and compare with a "
            "backup. This check itself was chained to the head that it found."
        )
        yield Finding(f"audit.journal-{bad.defect}", "journal", message, {"seq": bad.seq})
    for name in missing_guards(context.ledger):
        message = (
            f"the trigger {name}, which keeps the journal append-only, was dropped or changed. "
            f"Somebody worked on the database by hand. {_COMPARE}"
        )
        yield Finding("audit.guard-missing", "journal", message, {"trigger": name})


def _check_rows(table: RunTable, told: dict[str, RunRow], *, until: int) -> Iterator[Finding]:
    """Compare the list of runs with what the journal tells of them."""
    listed = {row.run_id: row for row in table.newest_first()}
    for run_id, expected in told.items():
        row = listed.pop(run_id, None)
        if row is None:
            message = f"the journal knows this run, the list of runs does not. {_COMPARE}"
            yield Finding("audit.run-missing", run_id, message, {"seq": expected.started_seq})
        elif row != expected and not (expected.sealed_seq is None and (row.sealed_seq or 0) > until):
            names = ", ".join(
                each.name
                for each in fields(RunRow)
                if getattr(row, each.name) != getattr(expected, each.name)
            )
            message = f"the list of runs differs from the journal in: {names}. {_COMPARE}"
            yield Finding("audit.run-altered", run_id, message, {"seq": expected.started_seq})
    for run_id, row in listed.items():
        if row.started_seq <= until:
            message = f"the list of runs has this run, the journal does not. {_COMPARE}"
            yield Finding("audit.run-unknown", run_id, message, {"seq": row.started_seq})


def _check_backtests(context: RunContext, *, until: int) -> Iterator[Finding]:
    """Make the rows of each entry of a backtest anew and compare them with the tables."""
    tables = BacktestTables(context.ledger)
    expected = dict.fromkeys(TABLES, 0)
    entries = (entry for kind in BacktestKind for entry in Journal(context.ledger).entries_of_kind(kind))
    for entry in entries:
        if entry.seq > until:
            continue
        try:
            rows = {table: made for table, made in project_backtest(entry).items() if made}
        except (ValueError, KeyError, TypeError):
            message = f"entry {entry.seq} does not say what a {entry.kind} entry says. {_COMPARE}"
            yield Finding("audit.entry-unreadable", entry.run_id, message, {"seq": entry.seq})
            continue
        for table, made in rows.items():
            expected[table] += len(made)
        if tables.rows_of(entry.seq) != rows:
            message = (
                f"the tables of backtests differ from entry {entry.seq}, about {entry.subject}. {_COMPARE}"
            )
            yield Finding("audit.backtest-altered", entry.run_id, message, {"seq": entry.seq})
    for table, count in tables.count(until=until).items():
        if count > expected[table]:
            message = f"{table} has {count - expected[table]} rows that the journal does not know. {_COMPARE}"
            yield Finding("audit.backtest-unknown", table, message)


def _check_records(
    context: RunContext, told: dict[str, RunRow], found: dict[str, _Record], *, skip: set[str]
) -> Iterator[Finding]:
    """Compare each record with the hash in the entry that sealed its run, and its anchor with that entry."""
    expected = {row.record: row for row in told.values() if row.record is not None}
    for path in sorted(expected.keys() - skip):
        row = expected[path]
        # Its process may be about to put it there.
        is_pending = liveness.is_alive(lock_path(context.data_dir, row.run_id))
        if path not in found and (context.data_dir / path).exists():
            found[path] = _read(context.data_dir / path)
        record = found.get(path)
        if record is None:
            if not is_pending:
                message = f"the record of run {row.run_id} is gone. {_RESTORE}"
                yield Finding("audit.record-missing", path, message, {"run": row.run_id})
        elif record.sha256 != row.record_sha256:
            message = f"the record does not have the hash that the journal holds. {_RESTORE}"
            yield Finding("audit.record-altered", path, message, {"run": row.run_id})
        elif not _is_anchored(context, record, row):
            message = (
                f"the record does not vouch for entry {row.sealed_seq} as the journal has it. {_COMPARE}"
            )
            yield Finding("audit.record-altered", path, message, {"seq": row.sealed_seq or 0})
    for path in sorted(found.keys() - expected.keys()):
        if not _is_in_chain(context, found[path].anchor):
            message = f"the journal does not know that this run ended as its record says. {_COMPARE}"
            yield Finding("audit.record-unknown", path, message, {"path": str(context.data_dir / path)})


def _is_anchored(context: RunContext, record: _Record, row: RunRow) -> bool:
    return (
        record.anchor is not None
        and record.anchor.seq == row.sealed_seq
        and _is_in_chain(context, record.anchor)
    )


def _is_in_chain(context: RunContext, anchor: Head | None) -> bool:
    if anchor is None:
        return False
    entry = Journal(context.ledger).entry(anchor.seq)
    return entry is not None and entry.hash == anchor.hash


def _check_files(context: RunContext, written: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    """Hash each file that runs wrote and compare it with what the last of them recorded."""
    context.progress.start("files", total=len(written), unit="files")
    for path, expected in sorted(written.items()):
        is_export = not _is_inside(context.data_dir, path)
        told = _compared(context.data_dir / path, expected)
        if told is not None:
            defect, what = told
            remedy = _EXPORT_REMEDY if is_export else _ARCHIVE_REMEDY if path.startswith(FOLDER) else _RESTORE
            code = f"audit.{'export' if is_export else 'file'}-{defect}"
            message = f"run {expected['run']} wrote this file, and {what}. {remedy}"
            yield Finding(code, path, message, {name: expected[name] for name in ("run", "seq", "sha256")})
        context.progress.advance()
    context.progress.stop()


def _compared(path: Path, expected: dict[str, Any]) -> tuple[str, str] | None:
    """Return how a file differs from what was recorded, as part of a code and in words; else None."""
    try:
        actual = artifact_of(path)
    except FileNotFoundError:
        return "missing", "it is gone"
    except OSError as error:
        return "unreadable", f"it cannot be read: {error.strerror}"
    if actual.sha256 == expected["sha256"]:
        return None
    return (
        "changed",
        f"it was changed: {expected['bytes']:,} bytes were written, there are {actual.bytes:,} now",
    )


def _is_inside(data_dir: Path, path: str) -> bool:
    # A file that is reached through a link may stand inside all the same.
    return (data_dir / path).resolve().is_relative_to(data_dir.resolve())


def _is_about_export(finding: Finding) -> bool:
    return finding.code.startswith("audit.export-")
