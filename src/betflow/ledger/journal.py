"""
The append-only record, each entry chained to the one before it.

The hash of an entry is the sha256 of the canonical JSON array of its other columns, in the order of the
table::

    [seq, run_id, kind, subject, event_time_ms, recorded_at, body, prev_hash]

JSON quotes every text, so no two different entries share an encoding. The body enters as the text that is
stored. The first entry's ``prev_hash`` is `GENESIS`. ``seq`` orders; the times only explain.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from betflow.ledger.canonical import canonical_json, digest
from betflow.ledger.store import Ledger

GENESIS = "0" * 64
COLUMNS = "seq, run_id, kind, subject, event_time_ms, recorded_at, body, prev_hash, hash"
_INSERT = f"INSERT INTO journal ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant


class Entry(NamedTuple):
    """One row of the journal, which is a tuple of its columns; *body* is the canonical JSON as stored."""

    seq: int
    run_id: str
    kind: str
    subject: str
    event_time_ms: int | None
    recorded_at: str
    body: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's place and hash; ``(0, GENESIS)`` for an empty journal."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What to write down, before it has a place in the chain.

    Attributes:
        run_id: The run that says so.
        kind: What kind of fact, ``noun.verb``, e.g. ``run.started``.
        subject: What it is about: a command, a file, a market, a bet.
        body: The fact itself, plain JSON types.
        event_time_ms: When it happened in the world, where that is not when it was recorded.
    """

    run_id: str
    kind: str
    subject: str
    body: Mapping[str, object]
    event_time_ms: int | None = None


_COLUMN_TYPES: Final = frozenset({int, str, type(None)})
_encode = msgspec.json.Encoder().encode


class Journal:
    """The journal of one open ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def append(self, draft: Draft, *, recorded_at: str) -> Entry:
        """Chain an entry to the head and commit it, or leave that to the transaction that is open."""
        body = canonical_json(draft.body)
        with self._ledger.transaction():
            head = self.head()
            entry = _chain(draft, body, head, recorded_at)
            self._ledger.write(_INSERT, [entry])
        return entry

    def head(self) -> Head:
        """Return where the chain ends now."""
        rows = self._ledger.rows("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
        return next((Head(*row) for row in rows), Head())

    def entry(self, seq: int) -> Entry | None:
        """Return the entry at *seq*, or None where the chain has none."""
        return next(self._select("WHERE seq = ?", (seq,)), None)

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        """Yield the entries behind a place, or all of them, in order, one at a time."""
        # An entry in an impossible place has to be seen, too.
        return (
            self._select("WHERE seq > ? ORDER BY seq", (after,))
            if after
            else self._select("ORDER BY seq", ())
        )

    def entries_of(self, run_id: str) -> Iterator[Entry]:
        """Yield the entries that one run wrote, in order."""
        return self._select("WHERE run_id = ? ORDER BY seq", (run_id,))

    def entries_of_kind(self, kind: str) -> Iterator[Entry]:
        """Yield the entries of one kind, in order."""
        return self._select("WHERE kind = ? ORDER BY seq", (kind,))

    def latest(self, kind: str, subject: str) -> Entry | None:
        """Return the last entry of a kind about a subject, or None."""
        return next(
            self._select("WHERE kind = ? AND subject = ? ORDER BY seq DESC LIMIT 1", (kind, subject)), None
        )

    def subjects(self, kind: str) -> dict[str, int]:
        """Return what the entries of a kind are about, each with the place of the last of them."""
        statement = "SELECT subject, max(seq) FROM journal WHERE kind = ? GROUP BY subject"
        return dict(self._ledger.rows(statement, (kind,)))

    def _select(self, condition: str, parameters: tuple[object, ...]) -> Iterator[Entry]:
        statement = f"SELECT {COLUMNS} FROM journal {condition}"  # noqa: S608 - constants of this class
        return map(Entry._make, self._ledger.rows(statement, parameters))


def entry_hash(entry: Entry) -> str:
    """
    Compute the hash that an entry with these columns must have.

    Raises:
        TypeError: if a column holds a type that the journal never writes.
        ValueError: if a column holds text that is not valid UTF-8.
    """
    columns = entry[:-1]
    if not _COLUMN_TYPES.issuperset(map(type, columns)):
        return digest(canonical_json(columns))
    # Canonical JSON of whole numbers and text, without the detour that other values need.
    return hashlib.sha256(_encode(columns)).hexdigest()


def _chain(draft: Draft, body: str, head: Head, recorded_at: str) -> Entry:
    columns = (
        head.seq + 1,
        draft.run_id,
        draft.kind,
        draft.subject,
        draft.event_time_ms,
        recorded_at,
        body,
        head.hash,
    )
    return Entry(*columns, hash=digest(canonical_json(columns)))
