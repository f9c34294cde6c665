"""
The tapes that an import brings: which of them the archive wants, and how they get their place.

A tape waits in ``incoming`` with its manifest until there is a batch. Then the journal says what is intended
and the files are moved, each in one step. The same content is kept once. Where the archive has it from a
damaged source (a stream that breaks off after its last line, say) and it comes from an undamaged one, the
manifest is replaced, so that the tape no longer counts as damaged.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, replace

import msgspec

from betflow.errors import DamagedError
from betflow.jobs.outcome import Artifact, artifact_of
from betflow.jobs.tape_journal import Intention, Reason, TapeJournal
from betflow.tape.archive import Archive, Stored, write_draft
from betflow.tape.manifest import Manifest, parse_manifest


@dataclass(frozen=True, slots=True)
class _Waiting:
    """
    A tape that waits for its place.

    Attributes:
        supersedes: The manifest that its manifest is to replace; the tape itself has its place already.
    """

    stored: Stored
    is_damaged: bool
    reason: Reason
    supersedes: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A tape that has its place."""

    intention: Intention
    manifest: Manifest


class Arrivals:
    """
    The tapes of one import.

    Attributes:
        held: The tapes that the archive has and that the journal vouches for, by sha256.
        artifacts: The files that were written.
        markets: The markets of the tapes that are new.
        sums: Over the tapes that are new: ``messages``, ``bytes_expanded``, ``bytes_stored``.
    """

    def __init__(self, archive: Archive, journal: TapeJournal) -> None:
        self._archive = archive
        self._journal = journal
        self._waiting: dict[str, _Waiting] = {}
        self.held: set[str] = set()
        self.artifacts: list[Artifact] = []
        self.markets: set[str] = set()
        self.sums: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._waiting)

    def has(self, sha256: str) -> bool:
        """Say whether a tape is in the archive, whole and vouched for."""
        return sha256 in self.held and self._archive.holds(sha256)

    def offer(self, stored: Stored, *, is_damaged: bool) -> bool:
        """
        Let a tape wait for its place, or drop it where the archive gains nothing by it.

        Returns:
            Whether its content is new to the archive.
        """
        earlier = self._waiting.get(stored.sha256)
        if earlier is not None:
            # Of the same content the manifest had better name an undamaged source.
            if earlier.is_damaged and not is_damaged:
                self._archive.drop(earlier.stored)
                self._waiting[stored.sha256] = replace(earlier, stored=stored, is_damaged=False)
            else:
                self._archive.drop(stored)
            return False
        manifest = self._manifest_in_place(stored.sha256)
        if manifest is None:
            reason = Reason.REPAIRED if self._archive.holds(stored.sha256) else Reason.IMPORTED
            self._waiting[stored.sha256] = _Waiting(stored, is_damaged, reason)
            return True
        if manifest.damaged and not is_damaged:
            self._waiting[stored.sha256] = _Waiting(stored, is_damaged, Reason.CLEARED, supersedes=manifest)
        else:
            self._archive.drop(stored)
        return False

    def place(self) -> list[Placed]:
        """
        Give the tapes that wait their place, after the journal has said so.

        Raises:
            ArchiveWriteError: the disk refuses; what has no place then is removed. The next run writes down
                what has one.
        """
        waiting, self._waiting = list(self._waiting.values()), {}
        if not waiting:
            return []
        try:
            placed = [self._intended(each) for each in waiting]
            self._journal.intend([each.intention for each in placed])
            for each in waiting:
                self._archive.keep(each.stored, only_manifest=each.supersedes is not None)
        except BaseException:
            for each in waiting:
                self._archive.drop(each.stored)
            raise
        for each, its in zip(waiting, placed, strict=True):
            self._count(each, its)
        return placed

    def _manifest_in_place(self, sha256: str) -> Manifest | None:
        if not self.has(sha256):
            return None
        try:
            return self._archive.manifest(sha256)
        except DamagedError:
            return None  # what is offered takes its place

    def _intended(self, waiting: _Waiting) -> Placed:
        stored, before = waiting.stored, waiting.supersedes
        content = stored.draft_path.read_bytes()
        manifest = parse_manifest(content, str(stored.draft_path))
        if before is not None:
            # The file in the archive stays, which another version may have compressed in another way.
            manifest = msgspec.structs.replace(
                manifest, stored_sha256=before.stored_sha256, stored_bytes=before.stored_bytes
            )
            write_draft(stored, manifest)
            content = stored.draft_path.read_bytes()
        intention = Intention(
            sha256=stored.sha256,
            stored_sha256=manifest.stored_sha256,
            manifest_sha256=hashlib.sha256(content).hexdigest(),
            manifest_bytes=len(content),
            reason=waiting.reason,
            supersedes=self._journal.manifest_sha256(stored.sha256),
        )
        return Placed(intention, manifest)

    def _count(self, waiting: _Waiting, placed: Placed) -> None:
        manifest = placed.manifest
        self.held.add(manifest.sha256)
        if waiting.supersedes is not None:
            self.artifacts.append(artifact_of(self._archive.manifest_path(manifest.sha256)))
            return
        path = str(self._archive.tape_path(manifest.sha256))
        self.artifacts.append(Artifact(path, manifest.stored_sha256, manifest.stored_bytes))
        self.markets.update(market.market_id for market in manifest.markets)
        self.sums["messages"] += manifest.counts.messages
        self.sums["bytes_expanded"] += manifest.bytes
        self.sums["bytes_stored"] += manifest.stored_bytes
