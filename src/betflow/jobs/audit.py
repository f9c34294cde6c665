"""What was run, what each run did, and proof that the record of it is whole."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from betflow.errors import DamagedError, ExitCode, UsageError
from betflow.jobs import integrity, records
from betflow.jobs.anchors import read_anchors
from betflow.jobs.data_folder import data_folder
from betflow.jobs.earlier_runs import find_run, is_of_command
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.ledger.journal import Entry, Journal
from betflow.ledger.runs import RunRow, RunStatus, RunTable


@dataclass(frozen=True, slots=True)
class ListRequest:
    """
    Which runs to list.

    Attributes:
        limit: At most this many, the newest; None: all.
        command: This command or its subcommands: "tape" is all of tape. None is every command.
        status: One of `RunStatus`; None is every status.
    """

    limit: int | None = 20
    command: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class ShowRequest:
    """Which run to show: its id, a beginning that only it has, or "last" for the last that was no audit."""

    run: str


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """What to check the journal against besides itself: a file that `anchors.anchor` wrote, or None."""

    anchors: Path | None = None


_BY_ITSELF: Final = VerifyRequest()


def ls(request: ListRequest, context: RunContext) -> Outcome:
    """List runs, the newest first, without the one that asks."""
    if request.status is not None and request.status not in set(RunStatus):
        raise UsageError(
            f"{request.status!r} is not a status.", advice=f"Choose one of {', '.join(RunStatus)}."
        )
    rows = (
        row
        for row in RunTable(context.ledger).newest_first()
        if row.run_id != context.run_id
        and (request.status is None or row.status == request.status)
        and (request.command is None or is_of_command(row, request.command))
    )
    return Outcome(
        {"runs": [_summary(row) for row in islice(rows, request.limit)], "folder": data_folder(context)}
    )


def show(request: ShowRequest, context: RunContext) -> Outcome:
    """
    Show one run: its row, its record and the entries that it wrote.

    Raises:
        NotFoundError: if no run has that id, or several begin so.
    """
    row = find_run(request.run, context)
    entries = [_entry(entry) for entry in Journal(context.ledger).entries_of(row.run_id)]
    record: dict[str, Any] = {}
    if row.record is not None:
        try:
            record = records.read_record(context.data_dir / row.record)
        except FileNotFoundError:
            raise DamagedError(
                f"the record of run {row.run_id} is gone: {context.data_dir / row.record}.",
                advice="'betflow audit verify' says what else is; restore it from a backup.",
            ) from None
    data = {
        "run": {**asdict(row), "arguments": json.loads(row.arguments), "seconds": _seconds(row)},
        "data": record.get("data", {}),
        "findings": record.get("findings", []),
        "inputs": record.get("run", {}).get("inputs", []),
        "artifacts": record.get("artifacts", []),
        "entries": entries,
    }
    return Outcome(data=data)


def verify(context: RunContext, request: VerifyRequest = _BY_ITSELF) -> Outcome:
    """
    Check the journal's chain, the runs' rows and records, and the files that runs wrote.

    The exit code is 7 where anything in the data folder is damaged. Files outside it are their owner's: that
    one is gone or differs is a finding, and the exit code is 1.
    """
    kept, unreadable = read_anchors(request.anchors) if request.anchors is not None else ((), ())
    check = integrity.check_all(context, kept=kept)
    data = {
        "is_whole": not check.damage,
        "first_bad": asdict(check.chain.first_bad) if check.chain.first_bad else None,
        "entries": check.chain.entries,
        "head": asdict(check.chain.head),
        "anchors": len(kept),
        "runs": check.runs,
        "records": check.records,
        "files": check.files,
        "exports": {
            defect: sum(each.code == f"audit.export-{defect}" for each in check.others)
            for defect in ("missing", "changed", "unreadable")
        },
        "working": [asdict(each) for each in check.working],
    }
    exit_code = ExitCode.DAMAGED if check.damage else None
    return Outcome(data=data, findings=(*check.damage, *check.others, *unreadable), exit_code=exit_code)


def _summary(row: RunRow) -> dict[str, Any]:
    return {
        "run_id": row.run_id,
        "command": row.command,
        "status": row.status,
        "exit_code": row.exit_code,
        "started": row.started,
        "finished": row.finished,
        "seconds": _seconds(row),
    }


def _seconds(row: RunRow) -> float | None:
    if row.finished is None:
        return None
    elapsed = datetime.fromisoformat(row.finished) - datetime.fromisoformat(row.started)
    return elapsed.total_seconds()


def _entry(entry: Entry) -> dict[str, Any]:
    return {**entry._asdict(), "body": json.loads(entry.body)}
