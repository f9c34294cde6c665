"""
The archive's index: which markets there are, in which tapes, and which source files are in already.

A projection of the manifests, in ``archive/index.sqlite``: where the file is missing it is made anew.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from sqlite_utils import Database

from betflow.errors import BetflowError, BusyError, DamagedError
from betflow.tape.archive import Archive, ArchiveWriteError, make_private_file
from betflow.tape.manifest import Manifest
from betflow.tape.schema import MARKET_COLUMNS, MIGRATIONS, market_row, runner_rows, tape_row
from betflow.tape.selection import MarketFilter

FILE_NAME = "index.sqlite"
BUSY_TIMEOUT_S = 30.0

_WRITE_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
}
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

_TAPE_COLUMNS = ("sha256", "kind", "damaged", "findings", "stored_bytes", "source")
_BEST_FIRST = "markets.settled DESC, markets.messages DESC, tapes.damaged, tapes.sha256"


def _ranked() -> str:
    """Return SQL for every market of every tape, with its place among the tapes of that market."""
    own = ", ".join(f"markets.{name}" for name in MARKET_COLUMNS)
    of_tape = ", ".join(f"tapes.{name}" for name in _TAPE_COLUMNS)
    return f"""
        SELECT {own}, {of_tape}, count(*) OVER (PARTITION BY market_id) AS tapes,
            row_number() OVER (PARTITION BY market_id ORDER BY {_BEST_FIRST}) AS place
        FROM markets JOIN tapes USING (sha256)
        """  # noqa: S608 - constants


# A filter looks at the best tape of each market alone: it must not make another one the best.
_BEST = f"({_ranked()}) WHERE place = 1"


class MarketOrder(StrEnum):
    """How a list of markets is sorted."""

    TIME = "time"
    ID = "id"
    MESSAGES = "messages"
    VENUE = "venue"


_ORDERS = {
    MarketOrder.TIME: "market_time_ms IS NULL, market_time_ms",
    MarketOrder.ID: "length(market_id)",
    MarketOrder.MESSAGES: "messages DESC",
    MarketOrder.VENUE: "venue IS NULL, venue, market_time_ms",
}


@dataclass(frozen=True, slots=True)
class Source:
    """
    A file that was imported, as it was then.

    Attributes:
        imported: What came of it, as text of the importer's own.
    """

    path: str
    bytes: int
    mtime_ns: int
    sha256: str
    imported: str


class Index:
    """
    One open connection to the index.

    Use it as a context manager, in the thread that opened it. One process writes at a time.

    Raises:
        ArchiveWriteError: the disk refuses.
        DamagedError: the file is no index any more.
        BusyError: another process holds it for longer than `BUSY_TIMEOUT_S`.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.path = archive.root / FILE_NAME
        # Without an archive there is nothing to find; asking must not make one.
        name = self.path if archive.root.is_dir() else ":memory:"
        if name is self.path:
            make_private_file(self.path)
        with self._translated():
            connection = sqlite3.connect(name, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._database = Database(connection, execute_plugins=False, strict=True)
            try:
                self._prepare()
            except BaseException:
                connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of a block, or nothing."""
        connection = self._database.conn
        with self._translated():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                self._database.rollback()
                raise

    def rebuild(self) -> int:
        """Make the index of tapes anew from the manifests, and return how many there are."""
        with self.transaction():
            return self._fill()

    def unindexed(self) -> list[str]:
        """Return the archived tapes that are not indexed: a killed run did not come to it."""
        indexed = self._indexed()
        return [sha256 for sha256 in self._archive.names() if sha256 not in indexed]

    def forget_lost(self) -> None:
        """Take out the tapes that are no longer in the archive."""
        lost = self._indexed() - set(self._archive.names())
        with self.transaction():
            self._database.conn.executemany("DELETE FROM tapes WHERE sha256 = ?", ((each,) for each in lost))

    def add(self, manifest: Manifest) -> None:
        """Enter a tape, inside a `transaction`; one that is there already is entered anew."""
        execute = self._database.execute
        execute("DELETE FROM tapes WHERE sha256 = ?", [manifest.sha256])
        self._insert("tapes", [tape_row(manifest)])
        self._insert("markets", [market_row(manifest.sha256, market) for market in manifest.markets])
        self._insert(
            "runners", [row for market in manifest.markets for row in runner_rows(manifest.sha256, market)]
        )

    def knows(self, sha256: str) -> bool:
        """Say whether a tape is indexed."""
        return any(self._rows("SELECT 1 FROM tapes WHERE sha256 = ?", [sha256]))

    def tapes_of(self, market_id: str) -> list[str]:
        """Return the tapes of a market, by sha256: settled first, then most messages, then undamaged."""
        sql = (
            f"SELECT sha256 FROM markets JOIN tapes USING (sha256) WHERE market_id = ? ORDER BY {_BEST_FIRST}"  # noqa: S608 - a constant
        )
        return [row[0] for row in self._rows(sql, [market_id])]

    def markets(
        self, wanted: MarketFilter, *, order: MarketOrder = MarketOrder.TIME, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the markets, each once, with the best tape of it (see `tapes_of`) and how many there are."""
        where, values = _condition(wanted)
        columns = (*MARKET_COLUMNS, *_TAPE_COLUMNS, "tapes")
        sql = f"""
            SELECT {", ".join(columns)} FROM {_BEST} AND {where}
            ORDER BY {_ORDERS[order]}, market_id LIMIT ?
            """  # noqa: S608 - constants and placeholders
        rows = self._rows(sql, [*values, -1 if limit is None else limit])
        return [_with_booleans(dict(zip(columns, row, strict=True))) for row in rows]

    def count(self, wanted: MarketFilter) -> int:
        """Count the markets that a filter takes."""
        where, values = _condition(wanted)
        sql = f"SELECT count(*) FROM {_BEST} AND {where}"  # noqa: S608 - see _condition
        return int(next(self._rows(sql, values))[0])

    def source(self, path: str) -> Source | None:
        """Return what is remembered of a source file."""
        sql = "SELECT path, bytes, mtime_ns, sha256, imported FROM sources WHERE path = ?"
        for row in self._rows(sql, [path]):
            return Source(*row)
        return None

    def remember(self, source: Source) -> None:
        """Remember that a source file was imported as it is, inside a `transaction`."""
        self._database.execute(
            "INSERT OR REPLACE INTO sources (path, bytes, mtime_ns, sha256, imported) VALUES (?, ?, ?, ?, ?)",
            [source.path, source.bytes, source.mtime_ns, source.sha256, source.imported],
        )

    def _prepare(self) -> None:
        execute = self._database.execute
        execute("PRAGMA foreign_keys=ON")
        execute("PRAGMA trusted_schema=OFF")
        execute("PRAGMA synchronous=NORMAL")
        if execute("PRAGMA journal_mode").fetchone()[0] == "delete":
            execute("PRAGMA journal_mode=WAL")
        if MIGRATIONS.pending(self._database):
            # With the tables, in one step: a half-made index is never seen.
            with self.transaction():
                MIGRATIONS.apply(self._database)
                self._fill()

    def _fill(self) -> int:
        self._database.execute("DELETE FROM tapes")
        number = 0
        for sha256 in self._archive.names():
            with suppress(DamagedError):  # `tape verify` names it; the others must be found
                self.add(self._archive.manifest(sha256))
                number += 1
        return number

    def _indexed(self) -> set[str]:
        return {row[0] for row in self._rows("SELECT sha256 FROM tapes")}

    def _rows(self, sql: str, values: list[Any] | None = None) -> Iterator[tuple[Any, ...]]:
        with self._translated():
            yield from self._database.execute(sql, values or [])

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._database.conn.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - constants

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what SQLite raises into betflow's errors."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            known = self._translate(error)
            if known is None:
                raise
            raise known from error

    def _translate(self, error: sqlite3.DatabaseError) -> BetflowError | None:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return None
        if code in _WRITE_CODES:
            return ArchiveWriteError(
                f"the index {self.path} cannot be written: {error}.",
                advice="Free the disk or the permission; the tapes in the archive stay valid.",
            )
        if code in _BUSY_CODES:
            return BusyError(
                f"the index {self.path} is held by another process for more than {BUSY_TIMEOUT_S:.0f} s.",
                advice="Wait for that process to end, then try again.",
            )
        return DamagedError(
            f"the index {self.path} is damaged: {error}.",
            advice="Remove it: it is made anew from the manifests beside the tapes.",
        )


def _condition(wanted: MarketFilter) -> tuple[str, list[Any]]:
    """Return the filter as SQL with placeholders, and their values."""
    parts, values = ["1"], list[Any]()
    for column, allowed in (
        ("event_type_id", wanted.event_types),
        ("country_code", wanted.countries),
        ("market_type", wanted.market_types),
        ("venue", wanted.venues),
    ):
        if allowed:
            parts.append(f"lower({column}) IN ({', '.join('?' * len(allowed))})")
            values += sorted(allowed)
    for condition, value in (
        ("market_time_ms >= ?", wanted.from_ms),
        ("market_time_ms < ?", wanted.before_ms),
        ("settled = ?", wanted.settled),
    ):
        if value is not None:
            parts.append(condition)
            values.append(value)
    return " AND ".join(parts), values


def _with_booleans(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: bool(row[name]) for name in ("settled", "in_play_seen", "damaged")}}
