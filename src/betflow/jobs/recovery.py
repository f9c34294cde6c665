"""
What is made of an archive that a killed run left, before another run writes to it.

Afterwards the journal vouches for every tape that the index knows, and the index knows every tape that the
journal vouches for. What was intended and carried out is written down by the hashes of the intention. A tape
that nobody wrote down (the ledger was lost, or the archive came from elsewhere) is read again to its end: it
is taken in when its content has the hash that names it and its manifest tells what is there. Else it is left
out with a finding, and importing its source again puts it right.
"""

import hashlib
from dataclasses import dataclass, field

from betflow.errors import DamagedError, Finding
from betflow.jobs.outcome import artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.tape_journal import Intention, Reason, TapeJournal
from betflow.tape import Tape
from betflow.tape.archive import Archive
from betflow.tape.index_writer import IndexWriter
from betflow.tape.inspection import Inspection, Inspector
from betflow.tape.manifest import Manifest, facts_bytes
from betflow.tape.recognition import is_damage_code


class UnvouchedError(DamagedError):
    """
    A tape is not what the journal, its name or its manifest says.

    Attributes:
        code: Of the finding; the same as ``tape verify`` gives.
    """

    def __init__(self, code: str, what: str, manifest: Manifest) -> None:
        super().__init__(
            f"{what}; it was left out of journal and index.",
            advice=f"Import {manifest.source} again with `betflow backfill`: that puts it right.",
        )
        self.code = code


@dataclass(slots=True)
class Recovered:
    """
    What an archive holds when recovery is done.

    Attributes:
        tapes: Those that the journal vouches for and that have their manifest, by sha256.
        findings: What was left out, and why.
    """

    tapes: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


class Recovery:
    """The steps, in their order; each may be killed and is then done again by the next run."""

    def __init__(
        self, context: RunContext, archive: Archive, journal: TapeJournal, index: IndexWriter
    ) -> None:
        self._context = context
        self._archive = archive
        self._journal = journal
        self._index = index

    def run(self) -> Recovered:
        """
        Bring journal and index up to date with the archive; no run may be writing.

        Raises:
            DamagedError: the journal does not say what was intended.
        """
        recovered = Recovered()
        self._close_intentions()
        there = set(self._archive.names())
        vouched_for = self._journal.vouched_for()
        recovered.tapes = there & vouched_for
        self._look_at_strangers(sorted(there - vouched_for), recovered)
        self._bring_index_up_to_date(recovered)
        return recovered

    def _close_intentions(self) -> None:
        for intention in self._journal.open_intentions():
            manifest = self._carried_out(intention)
            if manifest is None:
                self._journal.abandoned(intention)
            else:
                # The index first: the outcome in the journal says that all of it is done.
                self._index.enter(manifest)
                self._journal.archived(intention, manifest)

    def _carried_out(self, intention: Intention) -> Manifest | None:
        """Return the manifest of a tape whose files are as they were intended, else None."""
        try:
            manifest, content = self._archive.manifest_as_written(intention.sha256)
            if _digest(content) != intention.manifest_sha256:
                return None
            stored = artifact_of(self._archive.tape_path(intention.sha256))
        except (DamagedError, FileNotFoundError):
            return None
        return manifest if stored.sha256 == intention.stored_sha256 else None

    def _look_at_strangers(self, names: list[str], recovered: Recovered) -> None:
        """Take in the tapes that nobody wrote down and that are what they say."""
        if not names:
            return
        abandoned = self._journal.abandoned_tapes()
        self._context.progress.start("recover", total=len(names), unit="tapes")
        for name in names:
            try:
                intention, manifest = self._vouched_for_by_content(name, is_abandoned=name in abandoned)
            except DamagedError as error:
                recovered.findings.append(self._finding(name, error))
            else:
                self._index.enter(manifest)
                self._journal.archived(intention, manifest)
                recovered.tapes.add(name)
            self._context.progress.advance()
        self._context.progress.stop()

    def _vouched_for_by_content(self, sha256: str, *, is_abandoned: bool) -> tuple[Intention, Manifest]:
        manifest, content = _looked_at_again(self._archive, sha256)
        if is_abandoned:
            # Its content speaks for it; whoever had its manifest in hand says that it was another.
            what = "The manifest is not what the journal says was intended"
            raise UnvouchedError("tape.manifest-altered", what, manifest)
        intention = Intention(
            sha256=sha256,
            stored_sha256=manifest.stored_sha256,
            manifest_sha256=_digest(content),
            manifest_bytes=len(content),
            reason=Reason.FOUND,
        )
        return intention, manifest

    def _bring_index_up_to_date(self, recovered: Recovered) -> None:
        """Enter what the index lost, as far as its manifest is as it was written, and take out the rest."""
        entered = self._index.entered()
        for name in sorted(recovered.tapes - entered):
            try:
                self._index.enter(self._unaltered(name))
            except DamagedError as error:
                recovered.findings.append(self._finding(name, error))
                recovered.tapes.discard(name)
        self._index.forget(entered - recovered.tapes)

    def _unaltered(self, sha256: str) -> Manifest:
        manifest, content = self._archive.manifest_as_written(sha256)
        if _digest(content) != self._journal.manifest_sha256(sha256):
            raise UnvouchedError(
                "tape.manifest-altered", "The manifest is not what the journal says was written", manifest
            )
        return manifest

    def _finding(self, name: str, error: DamagedError) -> Finding:
        if isinstance(error, UnvouchedError):
            return Finding(error.code, str(self._archive.tape_path(name)), str(error))
        return Finding("tape.manifest-damaged", str(self._archive.manifest_path(name)), str(error))


def _looked_at_again(archive: Archive, sha256: str) -> tuple[Manifest, bytes]:
    """
    Read an archived tape to its end, and return its manifest and the bytes that say so.

    Raises:
        DamagedError: tape and manifest do not agree.
    """
    manifest, content = archive.manifest_as_written(sha256)
    path = archive.tape_path(sha256)
    if not path.is_file():
        raise UnvouchedError("tape.missing", "The tape is gone", manifest)
    if artifact_of(path).sha256 != manifest.stored_sha256:
        what = "The file does not have the hash that its manifest gives"
        raise UnvouchedError("tape.file-changed", what, manifest)
    digest = hashlib.sha256()
    inspection = Inspector(Tape(path, on_chunk=digest.update), thorough=False).inspect()
    if not digest.hexdigest() == sha256 == manifest.sha256:
        what = "The content does not have the hash that names it"
        raise UnvouchedError("tape.content-changed", what, manifest)
    if not _tells(manifest, inspection):
        what = "The manifest does not tell what the tape holds"
        raise UnvouchedError("tape.manifest-altered", what, manifest)
    return manifest, content


def _tells(manifest: Manifest, inspection: Inspection) -> bool:
    """Say whether a manifest tells what is in its tape; of damage on the way in only the manifest knows."""
    told = {(each.code, each.message) for each in manifest.findings}
    is_damaged = any(is_damage_code(code) for code, _ in told)
    return (
        _facts(manifest) == _facts(inspection)
        and told.issuperset((each.code, each.message) for each in (*inspection.damage, *inspection.oddities))
        and manifest.damaged == is_damaged
    )


def _facts(of: Manifest | Inspection) -> bytes:
    times = (of.first_publish_time, of.last_publish_time)
    return facts_bytes((of.kind, of.bytes, of.counts, times, of.markets))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
