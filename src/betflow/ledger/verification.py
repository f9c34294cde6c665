"""
Walk the chain and name the first entry that is not what was written.

Whoever can drop the triggers can change the table; the hashes tell. Each entry must carry the hash of its
own columns and the hash of the entry before it, and must belong to a run that has started and not ended.
Which of these fails, and at which other place the entry would be sound, says what was done.

The table alone cannot tell that its end was cut off, or that all of it was written anew. For that the walk
takes *anchors*: hashes of entries that were kept outside the database, in the records of the runs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from betflow.ledger.journal import GENESIS, Entry, Head, Journal, entry_hash
from betflow.ledger.runs import RunKind
from betflow.ledger.schema import GUARDS
from betflow.ledger.store import Ledger

_ENDS: Final = frozenset({str(RunKind.FINISHED), str(RunKind.CRASHED)})
_STARTED: Final = str(RunKind.STARTED)
_BEFORE_ALL = Entry(0, "", "", "", None, "", "", "", GENESIS)


class Defect(StrEnum):
    """What was done to an entry."""

    ALTERED = "altered"
    """A column is not what was written, or another entry stands in its place."""
    MISSING = "missing"
    """It was deleted."""
    INSERTED = "inserted"
    """It was never written by a run."""
    REORDERED = "reordered"
    """It changed places with another."""
    TRUNCATED = "truncated"
    """The journal was cut off before it."""


@dataclass(frozen=True, slots=True)
class BadEntry:
    """The first entry that is not what was written, and why one can tell."""

    seq: int
    defect: Defect
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What a walk of the chain found.

    Attributes:
        entries: How many entries were walked: all of them, or those up to the first bad one.
        head: The last entry that was walked.
        first_bad: None when the chain is whole.
    """

    entries: int
    head: Head
    first_bad: BadEntry | None


def verify_chain(
    ledger: Ledger,
    *,
    anchors: Iterable[Head] = (),
    kept: Iterable[Head] = (),
    cut: int | None = None,
    on_entry: Callable[[], None] = lambda: None,
) -> Verdict:
    """
    Walk the chain from its beginning, one entry at a time, up to the first bad one.

    Args:
        ledger: Read as it is when the walk begins.
        anchors: Places and hashes of entries, as the records of the runs have them.
        kept: The same, as somebody kept them outside the data folder.
        cut: The last place before the entries of this very check, which stand where a journal was cut off.
        on_entry: Called after each entry.

    Raises:
        DamagedError: if SQLite cannot read the table, or the chain is whole and the rest of the file is not.
    """
    walk = _Walk(ledger, anchors, kept, cut)
    walked = 0
    for entry in Journal(ledger).entries():
        walked += 1
        bad = walk.judge(entry)
        on_entry()
        if bad is not None:
            return Verdict(walked, Head(entry.seq, entry.hash), bad)
    bad = walk.judge_end()
    if bad is None:
        ledger.check_integrity()
    return Verdict(walked, Head(walk.before.seq, walk.before.hash), bad)


def missing_guards(ledger: Ledger) -> list[str]:
    """Name the triggers that keep the journal append-only and are not there, or not as they were made."""
    triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'"
    found = dict(ledger.rows(triggers))
    return [name for name, statement in GUARDS.items() if found.get(name) != statement]


class _Walk:
    """The state of one walk: everything up to *before* is sound."""

    def __init__(
        self, ledger: Ledger, anchors: Iterable[Head], kept: Iterable[Head], cut: int | None
    ) -> None:
        self._journal = Journal(ledger)
        self._anchors: dict[int, set[str]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.seq, set()).add(anchor.hash)
        self._kept: set[int] = set()
        for anchor in kept:
            self._anchors.setdefault(anchor.seq, set()).add(anchor.hash)
            self._kept.add(anchor.seq)
        self._cut = cut
        self._open_runs: set[str] = set()
        self._last_anchored = 0
        self.before = _BEFORE_ALL

    def judge(self, entry: Entry) -> BadEntry | None:
        """Return what is wrong with the next entry, or take it in."""
        bad = (
            self._judge_place(entry)
            or self._judge_content(entry)
            or self._judge_link(entry)
            or self._judge_anchor(entry)
            or self._judge_run(entry)
        )
        if bad is None:
            self.before = entry
        return bad

    def judge_end(self) -> BadEntry | None:
        """Return what is wrong with the end of a journal whose entries are all sound."""
        end = self.before.seq if self._cut is None else min(self.before.seq, self._cut)
        last_anchored = max(self._anchors, default=0)
        if last_anchored <= self.before.seq:
            return None
        return BadEntry(
            end + 1,
            Defect.TRUNCATED,
            f"the journal was cut off; {self._voucher(last_anchored)} vouches for entry {last_anchored}",
        )

    def _judge_place(self, entry: Entry) -> BadEntry | None:
        expected = self.before.seq + 1
        if entry.seq > expected:
            return BadEntry(
                expected, Defect.MISSING, f"after entry {self.before.seq} comes entry {entry.seq}"
            )
        if entry.seq < expected:
            return BadEntry(entry.seq, Defect.INSERTED, "the journal never writes at this place")
        return None

    def _judge_content(self, entry: Entry) -> BadEntry | None:
        if _is_sound(entry):
            return None
        home = self._home_of(entry)
        return self._diagnose_push(entry, home) or self._diagnose_move(entry, home)

    def _diagnose_push(self, entry: Entry, home: int | None) -> BadEntry | None:
        """Return what is wrong where the entry that belongs here stands one place behind."""
        seq = entry.seq
        follower = self._journal.entry(seq + 1)
        if follower is not None and self._continues(follower, as_seq=seq):
            if home == seq + 1:
                return BadEntry(
                    seq, Defect.REORDERED, f"entry {home} stands in its place, and it behind that"
                )
            return BadEntry(seq, Defect.INSERTED, f"entry {seq} as written stands behind it")
        is_other = entry.prev_hash == self.before.prev_hash and entry.hash != self.before.hash
        if home == self.before.seq and is_other:
            return BadEntry(home, Defect.INSERTED, f"entry {home} as written stands behind it")
        return None

    def _diagnose_move(self, entry: Entry, home: int | None) -> BadEntry:
        """Return what is wrong where an entry from further away stands here, or one from nowhere."""
        seq = entry.seq
        if home is None or home < seq:
            return BadEntry(seq, Defect.ALTERED, "its columns do not have the hash that it carries")
        if self._continuation_is_elsewhere(seq):
            return BadEntry(seq, Defect.REORDERED, f"entry {home} stands in its place")
        follower = self._journal.entry(seq + 1)
        if follower is not None and _is_sound(follower):
            return BadEntry(seq, Defect.ALTERED, f"a copy of entry {home} stands in its place")
        return BadEntry(seq, Defect.MISSING, f"entry {home} was moved up into its place")

    def _judge_link(self, entry: Entry) -> BadEntry | None:
        if entry.prev_hash == self.before.hash:
            return None
        if self.before.seq and self._is_vouched_for(entry):
            reason = f"another entry stands in its place than the one that entry {entry.seq} follows"
            return BadEntry(self.before.seq, Defect.ALTERED, reason)
        return BadEntry(entry.seq, Defect.ALTERED, f"it does not follow entry {self.before.seq}")

    def _judge_anchor(self, entry: Entry) -> BadEntry | None:
        hashes = self._anchors.get(entry.seq)
        if hashes is None:
            return None
        if hashes == {entry.hash}:
            self._last_anchored = entry.seq
            return None
        if self._cut is not None and entry.seq > self._cut:
            reason = (
                f"the journal was cut off; {self._voucher(entry.seq)} vouches for another entry {entry.seq}"
            )
            return BadEntry(self._cut + 1, Defect.TRUNCATED, reason)
        after = f"the journal was written anew after entry {self._last_anchored}"
        reason = f"{self._voucher(entry.seq)} vouches for another entry: {after}"
        return BadEntry(entry.seq, Defect.ALTERED, reason)

    def _judge_run(self, entry: Entry) -> BadEntry | None:
        if entry.kind == _STARTED:
            self._open_runs.add(entry.run_id)
        elif entry.run_id not in self._open_runs:
            return BadEntry(entry.seq, Defect.INSERTED, f"run {entry.run_id} was not running then")
        if entry.kind in _ENDS:
            self._open_runs.remove(entry.run_id)
        return None

    def _voucher(self, seq: int) -> str:
        return "an anchor that was kept outside" if seq in self._kept else "a run record"

    def _is_vouched_for(self, entry: Entry) -> bool:
        """Say whether something else agrees with an entry that disagrees with the one before it."""
        if entry.seq in self._anchors:
            return entry.hash in self._anchors[entry.seq]
        follower = self._journal.entry(entry.seq + 1)
        if follower is not None:
            return follower.prev_hash == entry.hash
        return self.before.hash not in self._anchors.get(self.before.seq, ())

    def _continues(self, entry: Entry, *, as_seq: int) -> bool:
        return entry.prev_hash == self.before.hash and _is_sound(entry._replace(seq=as_seq))

    def _continuation_is_elsewhere(self, seq: int) -> bool:
        return any(self._continues(other, as_seq=seq) for other in self._journal.entries() if other.seq > seq)

    def _home_of(self, entry: Entry) -> int | None:
        """Find the place at which an entry would be sound; done once, for the first bad entry."""
        places = range(1, self._journal.head().seq + 2)
        return next((place for place in places if _is_sound(entry._replace(seq=place))), None)


def _is_sound(entry: Entry) -> bool:
    try:
        return entry.hash == entry_hash(entry)
    except (TypeError, ValueError):
        # A type or bytes that the journal never writes.
        return False
