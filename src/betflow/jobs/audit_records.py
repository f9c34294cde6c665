"""
The records of the runs, compared with the journal: by hash, by the anchor in each, and by their places.

A record is where its run's last entry says, or it is nobody's. One whose run is unknown still speaks: a
journal that was cut off does not know the runs behind the cut, and their records have their anchors.
"""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from betflow.errors import DamagedError, Finding
from betflow.jobs import liveness
from betflow.jobs.audit_facts import COMPARE
from betflow.jobs.clock import iso
from betflow.jobs.records import anchor_of, read_record, record_files, record_sha256
from betflow.jobs.runs import RunContext
from betflow.jobs.sealing import lock_path
from betflow.ledger.journal import Head, Journal
from betflow.ledger.runs import RunRow, RunTable

RESTORE = "Restore it from a backup of the data folder."
"""What to do about a file that is gone or changed."""

_LARGEST_RECORD = 1 << 28
_PUBLISHING_MS = 60_000
"""How long a process that lives may take from the last entry of its run to the record in its place."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record's hash without its anchor, and the anchor."""

    sha256: str
    anchor: Head | None


@dataclass(frozen=True, slots=True)
class Records:
    """
    The records of a data folder.

    Attributes:
        found: By path in the data folder.
        damaged: Those that are no records any more, by path, with a finding for each.
    """

    found: dict[str, Record]
    damaged: dict[str, Finding]

    @property
    def anchors(self) -> list[Head]:
        """What the records vouch for."""
        return [each.anchor for each in self.found.values() if each.anchor is not None]


def read_records(data_dir: Path) -> Records:
    """Read every record, one at a time."""
    records = Records({}, {})
    for file in record_files(data_dir):
        path = file.relative_to(data_dir).as_posix()
        try:
            records.found[path] = _read(file)
        except (DamagedError, OSError) as error:
            reason = f"{error}. {RESTORE}" if isinstance(error, OSError) else str(error)
            records.damaged[path] = Finding("audit.record-altered", path, reason, {"path": str(file)})
    return records


def _read(file: Path) -> Record:
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_RECORD:
        what = "is larger than any record" if stat.S_ISREG(status.st_mode) else "is no file any more"
        raise DamagedError(f"the run record {file} {what}.", advice=RESTORE)
    record = read_record(file)
    try:
        return Record(record_sha256(record), anchor_of(record))
    except (ValueError, RecursionError) as error:  # a number or a text that betflow does not write
        raise DamagedError(f"the run record {file} cannot be hashed: {error}.", advice=RESTORE) from error


def check_records(context: RunContext, rows: Mapping[str, RunRow], records: Records) -> Iterator[Finding]:
    """Compare each record with the hash in the entry that sealed its run, and its anchor with that entry."""
    expected = {row.record: row for row in rows.values() if row.record is not None}
    for path in sorted(expected.keys() - records.damaged.keys()):
        yield from _compared(context, path, expected[path], records)
    table = RunTable(context.ledger)
    for path in sorted(records.found.keys() - expected.keys()):
        row = table.get(Path(path).stem)
        # A run that ended while this one looks is left to the next check, if its record is its own.
        if row is None or row.record != path or _difference(context, records.found[path], row):
            message = f"the journal does not know that a run ended as this record says. {COMPARE}"
            yield Finding("audit.record-unknown", path, message, {"path": str(context.data_dir / path)})


def _compared(context: RunContext, path: str, row: RunRow, records: Records) -> Iterator[Finding]:
    if path not in records.found and (context.data_dir / path).exists():
        records.found[path] = _read(context.data_dir / path)
    record = records.found.get(path)
    if record is None:
        if not _is_about_to_come(context, row):
            message = f"the record of run {row.run_id} is gone. {RESTORE}"
            yield Finding("audit.record-missing", path, message, {"run": row.run_id})
        return
    difference = _difference(context, record, row)
    if difference:
        where: dict[str, int | str] = {"run": row.run_id, "seq": row.sealed_seq or 0}
        yield Finding("audit.record-altered", path, difference, where)


def _is_about_to_come(context: RunContext, row: RunRow) -> bool:
    """Say whether the process of a run that has just ended may be about to put its record into its place."""
    is_recent = str(row.finished) > iso(context.clock() - _PUBLISHING_MS)
    return is_recent and liveness.is_alive(lock_path(context.data_dir, row.run_id))


def _difference(context: RunContext, record: Record, row: RunRow) -> str:
    """Say how a record is not the one that the entry which sealed its run tells of; empty where it is."""
    if record.sha256 != row.record_sha256:
        return f"the record does not have the hash that the journal holds. {RESTORE}"
    if (
        record.anchor is None
        or record.anchor.seq != row.sealed_seq
        or not _is_in_chain(context, record.anchor)
    ):
        return f"the record does not vouch for entry {row.sealed_seq} as the journal has it. {COMPARE}"
    return ""


def _is_in_chain(context: RunContext, anchor: Head) -> bool:
    entry = Journal(context.ledger).entry(anchor.seq)
    return entry is not None and entry.hash == anchor.hash
