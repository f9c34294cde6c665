"""
One file on its way into the archive: expanded, hashed, compressed and inspected in a single pass.

This is the part of ``betflow backfill`` that workers do. They write to the archive's ``incoming`` only; what
becomes of it there, and everything that is written down about it, is the parent's.
"""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from betflow import __version__
from betflow.errors import Finding, NotFoundError, StorageError
from betflow.jobs.plain import plain
from betflow.tape import DEFAULT_LIMITS, Limits, Tape
from betflow.tape.archive import Archive, ArchiveWriteError, Stored, TapeWriter, write_draft
from betflow.tape.compression import Damage, StreamDamagedError
from betflow.tape.containers import Member, members
from betflow.tape.inspection import Inspection, Inspector
from betflow.tape.manifest import Manifest, NotedFinding
from betflow.tape.parts import Part
from betflow.tape.recognition import LINE_CODES, Recognition, breaks, is_damage_code, recognise
from betflow.tape.selection import MarketFilter

_NO_TAPE = "backfill.not-a-tape"
_BOMB = f"tape.{Damage.EXPANDS_TOO_MUCH}"


class Fate(StrEnum):
    """What becomes of a stream of lines that a file holds."""

    STORED = "stored"
    FILTERED = "filtered"
    SKIPPED = "skipped"
    """It is no tape, and nobody said that it was."""
    FAILED = "failed"
    """Nothing of it can be used; a finding says why."""


@dataclass(frozen=True, slots=True)
class ImportTask:
    """
    What a worker is asked to do.

    Attributes:
        number: Place in the order of all tasks; also names what is written.
        part: The member of an uncompressed tar to take, None for the whole file.
        is_explicit: Whether the file itself was asked for, so that it has to be a tape.
        readahead: Expand in a thread of its own, where there are processors to spare.
    """

    number: int
    path: Path
    data_dir: Path
    part: Part | None = None
    is_explicit: bool = False
    wanted: MarketFilter = field(default_factory=MarketFilter)
    limits: Limits = DEFAULT_LIMITS
    readahead: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What became of one stream of lines.

    Attributes:
        label: The file and the place inside it.
        stored: Waiting in ``incoming``, its manifest beside it; only where the fate is STORED.
        finding: What a person should know of it; always there where the fate is FAILED.
        is_damage: Whether a failure is the data's.
    """

    label: str
    fate: Fate
    stored: Stored | None = None
    finding: Finding | None = None
    is_damage: bool = False


def import_file(task: ImportTask) -> Iterator[Imported]:
    """
    Import every tape in a file, one after the other.

    Raises:
        ArchiveWriteError: the disk refuses.
    """
    archive = Archive(task.data_dir)
    number = 0
    try:
        for number, member in enumerate(members(task.path, task.limits, part=task.part), 1):
            incoming = archive.incoming / f"{task.number:07}-{number:07}.zst"
            yield _import_member(task, member, incoming)
    except ArchiveWriteError:
        raise
    except StreamDamagedError as error:
        yield _failed(_text(task.path), _after(number, error.message), is_damage=True)
    except (NotFoundError, StorageError) as error:  # it is gone, or may not be read
        yield _failed(_text(task.path), str(error), is_damage=False)
    except OSError as error:
        yield _failed(
            _text(task.path), _after(number, f"it cannot be read: {error.strerror}"), is_damage=False
        )
    except Exception as error:  # noqa: BLE001 - nothing that a file holds may cost the other files
        yield _defect(_text(task.path), number, error)


def _import_member(task: ImportTask, member: Member, incoming: Path) -> Imported:
    label = _text(member.label)
    with TapeWriter(incoming) as writer:
        tape = Tape(member, limits=task.limits, readahead=task.readahead, on_chunk=writer.write)
        inspection = Inspector(tape, thorough=False).inspect()
        if not inspection.counts.messages or _is_bomb(inspection):
            return _unusable(label, tape, inspection, is_explicit=task.is_explicit and not tape.is_member)
        if task.wanted and not any(map(task.wanted.takes, inspection.markets)):
            return Imported(label, Fate.FILTERED)
        stored = writer.finish()
    manifest = _manifest(stored, inspection, source=_text(Path(member.label).absolute()))
    write_draft(stored, manifest)
    return Imported(label, Fate.STORED, stored, finding_of(manifest, label), is_damage=manifest.damaged)


def finding_of(manifest: Manifest, label: str) -> Finding | None:
    """Sum up what is wrong with an archived tape in one finding, or return None."""
    if not manifest.findings:
        return None
    first = manifest.findings[0]
    damage = list(_damage(manifest))
    odd = [each.message for each in manifest.findings if not is_damage_code(each.code)]
    message = " ".join([*damage, *odd])
    return Finding("backfill.damaged" if damage else "backfill.odd", label, message, dict(first.where))


def _damage(manifest: Manifest) -> Iterator[str]:
    counts = manifest.counts
    lines = [each for each in manifest.findings if each.code in LINE_CODES]
    if lines:
        where = lines[0].where
        reason = where.get("reason") or lines[0].message.removesuffix(" Left out.").rstrip(".")
        yield (
            f"{counts.damaged:,} of {counts.lines:,} lines damaged, the first at line {where['line']:,}, "
            f"byte {where['offset']:,}: {reason}; the rest is in the archive."
        )
    for each in manifest.findings:
        if is_damage_code(each.code) and each.code not in LINE_CODES:
            yield f"{each.message} What came before is in the archive."


def _unusable(label: str, tape: Tape, inspection: Inspection, *, is_explicit: bool) -> Imported:
    """Tell a tape that cannot be used from a file that is no tape."""
    for reason in breaks(inspection):
        imported = " Nothing of it was imported." if inspection.bytes else ""
        return _failed(label, f"{reason}{imported}", is_damage=True)
    what = "no line of it is a change of a market"
    match recognise(inspection, head=tape.head, name=tape.name):
        case Recognition.NO_TAPE if is_explicit:
            return _failed(label, f"Not a tape: {what}. Left alone.", is_damage=False, code=_NO_TAPE)
        case Recognition.NO_TAPE:
            return Imported(label, Fate.SKIPPED)
        case Recognition.NAMED_LIKE_A_TAPE:
            message = f"Called like a tape, and {what}. Get it again, or give it another name."
            return _failed(label, message, is_damage=True, code=_NO_TAPE)
    reason = inspection.damage[0].message if inspection.damage else "There is no message in it."
    return _failed(label, f"No line is a message of the stream. {reason}", is_damage=True)


def _text(path: Path | str) -> str:
    """Write a path as text; bytes in it that are no text are written as escapes."""
    text: str = plain(str(path))
    return text


def _after(files: int, message: str) -> str:
    if not files:
        return f"{message[:1].upper()}{message[1:]}"
    return f"After {files:,} file{'' if files == 1 else 's'} in it: {message}"


def _failed(label: str, message: str, *, is_damage: bool, code: str = "backfill.unreadable") -> Imported:
    sentence = message if message.endswith(".") else f"{message}."
    return Imported(label, Fate.FAILED, finding=Finding(code, label, sentence), is_damage=is_damage)


def _defect(label: str, files: int, error: Exception) -> Imported:
    """Say which error it was and where it was raised; not its text, which may hold anything."""
    name = type(error).__name__
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = _after(files, f"a defect of betflow ended the reading: {name}. Please report it.")
    where: dict[str, int | str] = {"exception": name, "module": Path(frame.filename).name}
    if frame.lineno is not None:
        where["line"] = frame.lineno
    return Imported(label, Fate.FAILED, finding=Finding("backfill.defect", label, message, where))


def _is_bomb(inspection: Inspection) -> bool:
    return any(each.code == _BOMB for each in inspection.damage)


def _manifest(stored: Stored, inspection: Inspection, *, source: str) -> Manifest:
    findings: tuple[NotedFinding, ...] = (*inspection.damage, *inspection.oddities)
    return Manifest(
        sha256=stored.sha256,
        bytes=stored.bytes,
        stored_sha256=stored.stored_sha256,
        stored_bytes=stored.stored_bytes,
        kind=inspection.kind,
        damaged=bool(inspection.damage),
        counts=inspection.counts,
        first_publish_time=inspection.first_publish_time,
        last_publish_time=inspection.last_publish_time,
        markets=inspection.markets,
        findings=findings,
        source=source,
        made_by=f"betflow {__version__} backfill",
    )
