"""
The files of a data folder: each is as a run wrote it, is betflow's own working file, or is named.

What runs wrote is compared with the hashes in the journal, in the data folder and outside. Then every file
that stands in the data folder is looked for in the journal. Links, devices and pipes are never betflow's, and
nothing is read through them.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from betflow.errors import Finding
from betflow.jobs import liveness
from betflow.jobs.audit_facts import Facts, Written
from betflow.jobs.audit_records import RESTORE
from betflow.jobs.exports import RECORD_FOLDERS
from betflow.jobs.outcome import Artifact, artifact_of
from betflow.jobs.plain import plain
from betflow.jobs.runs import RunContext
from betflow.jobs.sealing import lock_path
from betflow.ledger.runs import RunStatus, RunTable
from betflow.ledger.store import FILE_NAME as LEDGER
from betflow.tape.archive import FOLDER as ARCHIVE

_EXPORT = "audit.export-"
_ARCHIVE_REMEDY = (
    "Restore it from a backup, or import its source again: `betflow tape verify` names it, and what to "
    "remove first."
)
_EXPORT_REMEDY = (
    "The record is whole; run the command again (`betflow audit show` has its arguments) if you need what it "
    "wrote."
)

_CHECKED_BY_THEMSELVES = re.compile(
    r"(ledger|archive/index)\.sqlite(-wal|-shm)?|runs/[^/]+/[^/]+/[^/]+/[^/]+\.json"
)
"""The files of SQLite, whose rows are compared, and the records."""

_WORKING = (
    (re.compile(r"sessions/[0-9a-f]{16}\.(json|json\.new|lock)"), "the session of an account"),
    (re.compile(r"sandbox/.+"), "a sandbox's"),
    (re.compile(r"archive/backfill\.lock"), "the lock of imports"),
    (re.compile(r"archive/incoming/\d{7}-\d{7}\.(zst|json)"), "of an import that did not come to its end"),
)
_OF_RUN = (
    (re.compile(r"live/(?P<run>[^/]+)\.lock"), "the lock of a run"),
    (re.compile(r"[^/]+/\.(?P<run>[^/.]+)\..+"), "of a run that goes on"),
)
_SEEN = re.compile(r"discoveries/[^/]+/[^/]+/[^/]+/(?P<run>[^/]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class WorkingFile:
    """A file that betflow works with and does not vouch for, and what it is."""

    path: str
    what: str


def check_written(context: RunContext, facts: Facts) -> Iterator[Finding]:
    """Hash each file that runs wrote and compare it with what the last of them recorded."""
    context.progress.start("files", total=len(facts.files), unit="files")
    for path, expected in sorted(facts.files.items()):
        is_export = not _is_inside(context.data_dir, path)
        allowed = {expected.sha256, *facts.underway.get(path, ())}
        told = _compared(context.data_dir / path, expected, allowed, may_be_link=is_export)
        if told is not None:
            defect, what = told
            remedy = _EXPORT_REMEDY if is_export else _ARCHIVE_REMEDY if path.startswith(ARCHIVE) else RESTORE
            code = f"{_EXPORT if is_export else 'audit.file-'}{defect}"
            message = f"run {expected.run} wrote this file, and {what}. {remedy}"
            where: dict[str, int | str] = {
                "run": expected.run,
                "seq": expected.seq,
                "sha256": expected.sha256,
            }
            yield Finding(code, path, message, where)
        context.progress.advance()
    context.progress.stop()


def is_about_export(finding: Finding) -> bool:
    """Say whether a finding is about a file outside the data folder, which is its owner's."""
    return finding.code.startswith(_EXPORT)


def _compared(
    path: Path, expected: Written, allowed: set[str], *, may_be_link: bool
) -> tuple[str, str] | None:
    """Return how a file differs from what was recorded, as part of a code and in words; else None."""
    try:
        status = path.stat() if may_be_link else path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return "changed", "a link, a folder or a device stands in its place"
        if status.st_size != expected.bytes and len(allowed) == 1:
            actual = Artifact(str(path), "", status.st_size)  # however large it is now, it is another
        else:
            actual = artifact_of(path)
    except (FileNotFoundError, NotADirectoryError):
        return "missing", "it is gone"
    except OSError as error:
        return "unreadable", f"it cannot be read: {error.strerror}"
    if actual.sha256 in allowed:
        return None
    if actual.bytes == expected.bytes:
        return "changed", f"it was changed: there are other {actual.bytes:,} bytes now"
    return "changed", f"it was changed: {expected.bytes:,} bytes were written, there are {actual.bytes:,} now"


def _is_inside(data_dir: Path, path: str) -> bool:
    # A file that is reached through a link may stand inside all the same.
    return (data_dir / path).resolve().is_relative_to(data_dir.resolve())


def look_for_strangers(context: RunContext, facts: Facts) -> tuple[list[Finding], list[WorkingFile]]:
    """Go through the data folder; return a finding for each file of nobody, and the working files."""
    look = _Look(context, facts)
    findings: list[Finding] = []
    working: list[WorkingFile] = []
    for path, entry in _walk(context.data_dir):
        if isinstance(entry, OSError):
            message = f"it cannot be looked into: {entry.strerror}. Correct its permissions and check again."
            findings.append(Finding("audit.folder-unreadable", path, message, {"path": path}))
            continue
        is_regular = entry.is_file(follow_symlinks=False)
        if is_regular and look.is_vouched_for(path):
            continue
        what = look.what_is(path) if is_regular else None
        if what is not None:
            working.append(WorkingFile(path, what))
        else:
            findings.append(_stranger(context.data_dir, path, is_regular=is_regular))
    return findings, working


class _Look:
    """Whether the journal, or the way betflow works, accounts for a file."""

    def __init__(self, context: RunContext, facts: Facts) -> None:
        self._context = context
        self._facts = facts
        self._table = RunTable(context.ledger)
        root = context.data_dir.resolve()
        absolute = (Path(each).resolve() for each in facts.files if Path(each).is_absolute())
        self._reached_through_links = {
            each.relative_to(root).as_posix() for each in absolute if each.is_relative_to(root)
        }

    def is_vouched_for(self, path: str) -> bool:
        """Say whether a file is compared elsewhere, or is as it was intended."""
        if path in self._facts.files or _CHECKED_BY_THEMSELVES.fullmatch(path):
            return True
        return path in self._reached_through_links or self._is_as_intended(path)

    def _is_as_intended(self, path: str) -> bool:
        intended = self._facts.underway.get(path)
        try:
            return intended is not None and artifact_of(self._context.data_dir / path).sha256 in intended
        except FileNotFoundError:
            return True  # its run has removed it meanwhile

    def what_is(self, path: str) -> str | None:
        """Say what a file is that betflow works with; None where it is no such file."""
        for pattern, what in _WORKING:
            if pattern.fullmatch(path):
                return what
        for pattern, what in _OF_RUN:
            match = pattern.fullmatch(path)
            if match and self._goes_on(match["run"]):
                return what
        match = _SEEN.fullmatch(path)
        if match and self._did_not_keep(match["run"]):
            return "seen by a run that did not come to its end"
        return None

    def _goes_on(self, run_id: str) -> bool:
        row = self._table.get(run_id)
        if row is not None and row.status == RunStatus.RUNNING:
            return True
        return row is not None and liveness.is_alive(lock_path(self._context.data_dir, run_id))

    def _did_not_keep(self, run_id: str) -> bool:
        row = self._table.get(run_id)
        return row is not None and row.status not in {RunStatus.OK, RunStatus.FINDINGS}


def _walk(root: Path) -> Iterator[tuple[str, os.DirEntry[str] | OSError]]:
    """
    Yield all that is below a folder and is no folder, by path, in order; or why a folder cannot be read.

    A folder of the top level may stand on another disk and be a link; a link further down is a stranger.
    """
    pending = [PurePosixPath()]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as listing:
                entries = sorted(listing, key=lambda each: each.name)
        except OSError as error:
            yield plain(folder), error
            continue
        folders = []
        for entry in entries:
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=folder == PurePosixPath()):
                folders.append(path)
            else:
                yield plain(path), entry
        pending += reversed(folders)


def _stranger(data_dir: Path, path: str, *, is_regular: bool) -> Finding:
    top, *below = PurePosixPath(path).parts
    where: dict[str, int | str] = {"path": str(data_dir / path)}
    if not is_regular:
        message = (
            "betflow makes no links, devices or pipes here. Put the file itself in its place, or remove it."
        )
        return Finding("audit.file-unknown", path, message, where)
    if (below and top in RECORD_FOLDERS) or top.lower().startswith(LEDGER):
        message = (
            "no entry of the journal knows this file. Compare with a backup, and remove it if it is none."
        )
        return Finding("audit.file-unknown", path, message, where)
    message = "betflow did not write this file, and takes no notice of it. Move it out of the data folder."
    return Finding("audit.file-foreign", path, message, where)
