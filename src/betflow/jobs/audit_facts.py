"""
What the journal says that ``audit verify`` compares with everything else: runs, and the files they wrote.

One walk over the entries, in order; the last entry about a file says what it must be.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from betflow.errors import Finding
from betflow.jobs.runs import RunContext
from betflow.jobs.tape_journal import TAPE_ABANDONED, TAPE_ARCHIVED, TAPES_INTENDED
from betflow.ledger.backtests import BacktestKind, results_path
from betflow.ledger.journal import Entry, Journal
from betflow.ledger.runs import RunRow, project
from betflow.tape.archive import Archive

COMPARE = "Compare with a backup of the data folder."
"""What to do about a projection that differs."""

_SENSELESS = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading the body of an entry raises that no betflow wrote."""


@dataclass(frozen=True, slots=True)
class Written:
    """
    A file as a run wrote it.

    Attributes:
        run: The run.
        seq: The entry that says so.
    """

    sha256: str
    bytes: int
    run: str
    seq: int


@dataclass(slots=True)
class Facts:
    """
    What the entries tell.

    Attributes:
        rows: The runs, by id.
        files: By path, relative to the data folder where it is in it: what was written there last.
        underway: By path, the hashes that a file may have besides: it was intended, or its run did not come
            to the entry that lists it. It need not be there.
        tapes: The tapes that were archived, by sha256, with the hash of the manifest.
        findings: Entries that do not say what entries of their kind say.
    """

    rows: dict[str, RunRow] = field(default_factory=dict)
    files: dict[str, Written] = field(default_factory=dict)
    underway: dict[str, set[str]] = field(default_factory=dict)
    tapes: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_facts(context: RunContext, *, after: int = 0, until: int | None = None) -> Facts:
    """Read the entries behind a place and up to another, by default all."""
    facts = Facts()
    archive = Archive(Path())
    for entry in Journal(context.ledger).entries(after=after):
        if until is not None and entry.seq > until:
            break
        try:
            _take(facts, entry, archive)
        except _SENSELESS:
            message = f"entry {entry.seq} does not say what a {entry.kind} entry says. {COMPARE}"
            facts.findings.append(
                Finding("audit.entry-unreadable", entry.run_id, message, {"seq": entry.seq})
            )
    return facts


def _take(facts: Facts, entry: Entry, archive: Archive) -> None:
    if entry.kind == TAPE_ARCHIVED:
        _take_tape(facts, entry, json.loads(entry.body))
    elif entry.kind == TAPES_INTENDED:
        for intention in json.loads(entry.body)["tapes"]:
            tape = archive.tape_path(intention["sha256"]).as_posix()
            facts.underway[tape] = {intention["stored_sha256"]}
            facts.underway[_manifest_of(tape)] = {intention["manifest_sha256"]}
    elif entry.kind == TAPE_ABANDONED:
        _settle(facts, entry.subject)
    elif entry.kind == BacktestKind.FINISHED:
        facts.underway[results_path(entry.run_id)] = {json.loads(entry.body)["result_hash"]}
    elif entry.kind.startswith("run."):
        row = project(facts.rows.get(entry.run_id), entry)
        artifacts = json.loads(entry.body).get("artifacts", [])
        written = {each["path"]: _written(entry, each["sha256"], each["bytes"]) for each in artifacts}
        if row is not None:
            facts.rows[entry.run_id] = row
        facts.files.update(written)


def _take_tape(facts: Facts, entry: Entry, body: dict[str, Any]) -> None:
    """Take in a tape and the manifest beside it, as they were when it was archived."""
    tape = entry.subject
    manifest = _manifest_of(tape)
    facts.files[tape] = _written(entry, body["stored_sha256"], body["stored_bytes"])
    facts.files[manifest] = _written(entry, body["manifest_sha256"], body["manifest_bytes"])
    facts.tapes[PurePosixPath(tape).stem] = body["manifest_sha256"]
    _settle(facts, tape)


def _settle(facts: Facts, tape: str) -> None:
    """Forget what was intended with a tape: it has its outcome."""
    facts.underway.pop(tape, None)
    facts.underway.pop(_manifest_of(tape), None)


def _manifest_of(tape: str) -> str:
    return PurePosixPath(tape).with_suffix(".json").as_posix()


def _written(entry: Entry, sha256: str, size: int) -> Written:
    return Written(sha256, size, entry.run_id, entry.seq)
