"""
``betflow tape verify``: every byte and every line of a tape, looked at again.

Of an archived tape first whether the journal knows it and its manifest, then the file (its hash is in the
manifest), its content (its hash is its name), each line, decoded with all of its prices, and whether the
manifest tells what is there. Of any other file only the lines. What is no tape is passed over in a folder or
an archive, and damaged where it was named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from betflow.errors import DamagedError, ExitCode, Finding, NotFoundError, StorageError
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.tape_journal import TapeJournal
from betflow.storage.streams import readable
from betflow.tape import Tape, files, tapes
from betflow.tape.archive import Archive
from betflow.tape.compression import Damage
from betflow.tape.index import Index
from betflow.tape.inspection import Inspection, Inspector
from betflow.tape.manifest import Manifest, facts_bytes
from betflow.tape.recognition import Recognition, is_damage_code, recognise

_SKIPPED_LISTED = 100
_REIMPORT = "Remove the file and import its source again with `betflow backfill`"


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """What to look at: files, folders and ids of archived markets; nothing means the whole archive."""

    targets: tuple[str, ...] = ()


def verify(request: VerifyRequest, context: RunContext) -> Outcome:
    """
    Look at tapes again; the exit code is 7 for damage, 1 for oddities alone.

    Raises:
        NotFoundError: there is neither a file nor an archived market of that name; nothing was done then.
    """
    check = _Check(Archive(context.data_dir), context)
    check.run(request.targets)
    is_damaged = any(_is_damage(finding) for finding in check.findings)
    data = {
        "is_whole": not is_damaged,
        "tapes": len(check.tapes),
        "damaged": sum(each["is_damaged"] for each in check.tapes),
        "odd": sum(each["is_odd"] and not each["is_damaged"] for each in check.tapes),
        "lines": sum(each["lines"] for each in check.tapes),
        "bytes": sum(each["bytes"] for each in check.tapes),
        "skipped": len(check.skipped),
        "skipped_files": check.skipped[:_SKIPPED_LISTED],
        "listed": check.tapes,
    }
    return Outcome(data, tuple(check.findings), exit_code=ExitCode.DAMAGED if is_damaged else None)


class _Check:
    def __init__(self, archive: Archive, context: RunContext) -> None:
        self._archive = archive
        self._context = context
        self._journal = TapeJournal(context, archive)
        self.findings: list[Finding] = []
        self.tapes: list[dict[str, Any]] = []
        self.skipped: list[str] = []

    def run(self, targets: tuple[str, ...]) -> None:
        targets = tuple(str(readable(Path(target))) for target in targets)
        archived, paths = self._resolve(targets)
        self._context.progress.start("verify", total=len(archived) + len(paths), unit="files")
        for name in archived:
            self._check_archived(name)
            self._context.progress.advance()
        named = set(map(Path, targets))
        for path in paths:
            self._check_file(path, is_named=path in named)
            self._context.progress.advance()
        if not targets:
            self.findings.extend(self._leftovers())
        elif not self.tapes and not self.findings:
            message = (
                "There is no tape in it: nothing was verified. Name a file, a folder with tapes or a market."
            )
            self.findings.append(Finding("verify.no-tapes", ", ".join(targets), message))

    def _resolve(self, targets: tuple[str, ...]) -> tuple[list[str], list[Path]]:
        if not targets:
            return list(self._archive.names()), []
        archived: dict[str, None] = {}
        paths: list[Path] = []
        with Index(self._archive) as index:
            for target in targets:
                names = [] if Path(target).exists() else index.tapes_of(target)
                if not names and not Path(target).exists():
                    raise NotFoundError(
                        f"There is no file and no market {target} in the archive of "
                        f"{self._context.data_dir}.",
                        advice="`betflow tape ls` shows what is there.",
                    )
                archived.update(dict.fromkeys(names))
                if not names:
                    paths.extend(files([target]))
        return list(archived), paths

    def _check_file(self, path: Path, *, is_named: bool) -> None:
        try:
            for tape in tapes(path):
                inspection = Inspector(tape, thorough=True).inspect()
                what = recognise(inspection, head=tape.head, name=tape.name)
                if what is Recognition.NO_TAPE and (tape.is_member or not is_named):
                    self.skipped.append(tape.label)
                else:
                    self._note(tape.label, inspection, [])
        except (NotFoundError, StorageError) as error:  # it went away, or may not be read: the others go on
            self._damaged(path, f"tape.{Damage.UNREADABLE}", str(error))
        except OSError as error:
            self._damaged(path, f"tape.{Damage.UNREADABLE}", f"It cannot be read: {error.strerror}.")

    def _check_archived(self, name: str) -> None:
        path = self._archive.tape_path(name)
        try:
            manifest, written = self._archive.manifest_as_written(name)
            journalled = self._journal.manifest_sha256(name)
        except DamagedError as error:
            self._damaged(path, "tape.manifest-damaged", str(error))
            return
        if not path.is_file():
            self._damaged(path, "tape.missing", f"The tape is gone. Import {manifest.source} again.")
            return
        broken = []
        if journalled is None:
            message = (
                "No entry of the journal says that it was archived. An archive that came from elsewhere is "
                "taken in by `betflow backfill`; else remove the tape and its manifest."
            )
            broken.append(Finding("tape.unknown", str(path), message))
        elif sha256(written).hexdigest() != journalled:
            message = f"The manifest is not the one that was written. {_REIMPORT} ({manifest.source})."
            broken.append(Finding("tape.manifest-altered", str(path), message))
        if artifact_of(path).sha256 != manifest.stored_sha256:
            message = f"The file is not what was written. {_REIMPORT} ({manifest.source})."
            broken.append(Finding("tape.file-changed", str(path), message))
        digest = sha256()
        tape = Tape(path, on_chunk=digest.update)
        inspection = Inspector(tape, thorough=True).inspect()
        if digest.hexdigest() != name:
            message = f"The content does not have the hash that names it. {_REIMPORT} ({manifest.source})."
            broken.append(Finding("tape.content-changed", str(path), message))
        known = [each for each in manifest.findings if each.code.startswith("tape.")]
        told = {(each.code, each.message) for each in (*inspection.damage, *inspection.oddities)}
        # What broke off on the way in cannot be seen in what was kept of it.
        broken += [each.about(str(path)) for each in known if (each.code, each.message) not in told]
        if not broken and not _tells_of(manifest, inspection, path):
            message = f"The manifest does not tell what the tape holds. {_REIMPORT} ({manifest.source})."
            broken.append(Finding("tape.manifest-altered", str(path), message))
        self._note(str(path), inspection, broken)

    def _note(self, label: str, inspection: Inspection, broken: list[Finding]) -> None:
        seen = [each.about(label) for each in (*inspection.damage, *inspection.oddities)]
        findings = [*broken, *seen]
        self.findings.extend(findings)
        self.tapes.append(
            {
                "tape": label,
                "lines": inspection.counts.lines,
                "messages": inspection.counts.messages,
                "bytes": inspection.bytes,
                "markets": len(inspection.markets),
                "kind": str(inspection.kind),
                "is_damaged": any(map(_is_damage, findings)),
                "is_odd": bool(findings),
            }
        )

    def _damaged(self, path: Path, code: str, message: str) -> None:
        self.findings.append(Finding(code, str(path), message))
        self.tapes.append(
            {
                "tape": str(path),
                "lines": 0,
                "messages": 0,
                "bytes": 0,
                "markets": 0,
                "kind": None,
                "is_damaged": True,
                "is_odd": True,
            }
        )

    def _leftovers(self) -> Iterator[Finding]:
        for path in self._archive.unaccounted():
            message = "There is no manifest of this tape. Run `betflow backfill` on its source again."
            yield Finding("tape.manifest-missing", str(path), message)


_OWN_DAMAGE = frozenset(
    {
        *("tape.manifest-damaged", "tape.manifest-missing", "tape.missing", "tape.file-changed"),
        *(
            "tape.unknown",
            "tape.content-changed",
            "tape.manifest-altered",
            "tape.time-impossible",
            "tape.volume-impossible",
        ),
    }
)


def _tells_of(manifest: Manifest, inspection: Inspection, path: Path) -> bool:
    """Say whether a manifest tells what is in its tape."""
    told = _facts(manifest)
    if told == _facts(inspection):
        return True
    # An import does not look at prices: what is damage here may have counted as a message there.
    return told == _facts(Inspector(Tape(path), thorough=False).inspect())


def _facts(of: Manifest | Inspection) -> bytes:
    """Return what a manifest and an inspection both tell, written alike: a manifest went through JSON."""
    times = (of.first_publish_time, of.last_publish_time)
    return facts_bytes((of.kind, of.bytes, of.counts, *times, of.markets))


def _is_damage(finding: Finding) -> bool:
    return finding.code in _OWN_DAMAGE or is_damage_code(finding.code)
