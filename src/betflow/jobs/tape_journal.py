"""
What the journal says of the archive: which tapes were to get their place, and which have it.

Before tapes are moved to their place an entry ``tapes.intended`` names them, with the hashes that their files
will have. When they are there and in the index, each gets an entry ``tape.archived``. A run that is killed in
between leaves an intention without an outcome; the next run closes it, with ``tape.archived`` where the files
are in their place as intended, else with ``tape.abandoned``. So each intention has one outcome, whatever
happens, and a tape is vouched for by the hashes of somebody who had it in hand.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec

from betflow.errors import DamagedError
from betflow.jobs.runs import RunContext
from betflow.ledger.journal import Entry, Journal
from betflow.tape.archive import Archive
from betflow.tape.manifest import Manifest

TAPES_INTENDED = "tapes.intended"
"""Kind of the entry that names the tapes that are about to get their place."""
TAPE_ARCHIVED = "tape.archived"
"""Kind of the entry that says which bytes a tape and its manifest have in the archive."""
TAPE_ABANDONED = "tape.abandoned"
"""Kind of the entry that closes an intention which was not carried out."""


_Body = TypeVar("_Body")


class Reason(StrEnum):
    """Why a tape is archived, in the words of the journal."""

    IMPORTED = "imported"
    CLEARED = "the same content came from a source that is not damaged"
    """Its manifest is replaced: the damage was the earlier source's, not the content's."""
    REPAIRED = "imported again: nobody could vouch for what was in its place"
    FOUND = "found in its place without an entry here, and verified"


class Intention(msgspec.Struct, frozen=True, kw_only=True):
    """
    A tape that is to have its place, and the bytes that it has then.

    Attributes:
        sha256: The tape.
        stored_sha256: Of its file in the archive.
        manifest_sha256: Of the manifest beside it.
        supersedes: The hash of its manifest when it was archived before, None where it never was.
    """

    sha256: str
    stored_sha256: str
    manifest_sha256: str
    manifest_bytes: int
    reason: Reason
    supersedes: str | None = None


class _Intended(msgspec.Struct, frozen=True):
    tapes: list[Intention]


class _Archived(msgspec.Struct, frozen=True):
    manifest_sha256: str


class TapeJournal:
    """The entries about tapes, in the ledger of a run that writes to an archive."""

    def __init__(self, context: RunContext, archive: Archive) -> None:
        self._context = context
        self._archive = archive
        self._journal = Journal(context.ledger)

    def intend(self, intentions: Sequence[Intention]) -> None:
        """Say which tapes are about to get their place; it is on the disk when this returns."""
        body = msgspec.to_builtins(_Intended(list(intentions)))
        folder = self._archive.root.relative_to(self._context.data_dir)
        self._context.record(TAPES_INTENDED, folder.as_posix(), body)

    def archived(self, intention: Intention, manifest: Manifest) -> None:
        """Say that a tape has its place, as intended, and is in the index."""
        body = {
            "sha256": manifest.sha256,
            "bytes": manifest.bytes,
            "stored_sha256": intention.stored_sha256,
            "stored_bytes": manifest.stored_bytes,
            "manifest_sha256": intention.manifest_sha256,
            "manifest_bytes": intention.manifest_bytes,
            "messages": manifest.counts.messages,
            "markets": len(manifest.markets),
            "damaged": manifest.damaged,
            "source": manifest.source,
            "reason": str(intention.reason),
            "supersedes": intention.supersedes,
        }
        self._context.record(TAPE_ARCHIVED, self._subject(manifest.sha256), body)

    def abandoned(self, intention: Intention) -> None:
        """Say that a tape did not get its place."""
        self._context.record(TAPE_ABANDONED, self._subject(intention.sha256), msgspec.to_builtins(intention))

    def vouched_for(self) -> set[str]:
        """Return the tapes that the journal says are archived, by sha256, whether or not they still are."""
        return self._tapes(TAPE_ARCHIVED)

    def abandoned_tapes(self) -> set[str]:
        """Return the tapes that were intended once and did not get their place as intended, by sha256."""
        return self._tapes(TAPE_ABANDONED)

    def manifest_sha256(self, sha256: str) -> str | None:
        """
        Return the hash of a tape's manifest as it was archived last, or None where it never was.

        Raises:
            DamagedError: the entry does not say.
        """
        entry = self._journal.latest(TAPE_ARCHIVED, self._subject(sha256))
        return None if entry is None else _decoded(entry, _Archived).manifest_sha256

    def open_intentions(self) -> list[Intention]:
        """
        Return the intentions that have no outcome: the run that had them was killed, or the disk refused.

        Raises:
            DamagedError: an entry does not say what was intended.
        """
        closed: dict[str, int] = {}
        for kind in (TAPE_ARCHIVED, TAPE_ABANDONED):
            for subject, seq in self._journal.subjects(kind).items():
                closed[subject] = max(seq, closed.get(subject, 0))
        still_open: dict[str, Intention] = {}
        for entry in self._journal.entries_of_kind(TAPES_INTENDED):
            for intention in _decoded(entry, _Intended).tapes:
                if entry.seq > closed.get(self._subject(intention.sha256), 0):
                    still_open[intention.sha256] = intention
        return list(still_open.values())

    def _tapes(self, kind: str) -> set[str]:
        return {PurePosixPath(subject).stem for subject in self._journal.subjects(kind)}

    def _subject(self, sha256: str) -> str:
        return self._archive.tape_path(sha256).relative_to(self._context.data_dir).as_posix()


def _decoded(entry: Entry, body: type[_Body]) -> _Body:
    try:
        return msgspec.json.decode(entry.body, type=body)
    except msgspec.DecodeError as error:
        raise DamagedError(
            f"entry {entry.seq} of the journal does not say what a {entry.kind} entry says: {error}.",
            advice="`betflow audit verify` says what was done to the journal.",
        ) from error
