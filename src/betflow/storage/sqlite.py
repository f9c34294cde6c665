"""
SQLite files as betflow keeps them: opened, brought up to date, locked, checked, and their trouble told.

A file is used by several processes at once: readers never wait, writers wait for each other. Its tables are
made by *steps*, functions that each run once and in order; which have run is written in the file, so that a
file of an older betflow is brought up to date when it is opened, and one of a newer betflow is left alone.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from betflow.errors import BetflowError, BusyError, ConfigurationError, DamagedError, StorageError
from betflow.storage.files import make_private_file, make_private_folder

BUSY_TIMEOUT_S = 30.0
"""How long one process waits for another; a batch of an import takes milliseconds."""

_SWITCH_PAUSE_S = 0.02
_PROBLEMS_TOLD = 3

_REFUSED_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOLFS,
}
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

_MIGRATIONS = "_sqlite_migrations"


class Executor(Protocol):
    """What executes the statements of a step."""

    def execute(self, sql: str, /) -> object:
        """Execute one statement."""


Step = Callable[[Executor], None]


@dataclass(frozen=True, slots=True)
class StoreKind:
    """
    What a file is, and what its user can do when something is wrong with it.

    Attributes:
        noun: What to call it, e.g. ``ledger``.
        name: Names the set of steps in the file; never changed.
        steps: Make the tables, in order. One that was released is never edited, renamed or taken out: a
            change is another step at the end.
        refusal: What to raise when the disk refuses.
        refusal_advice: What to do then.
        damage_advice: What to do when the file is damaged.
    """

    noun: str
    name: str
    steps: tuple[Step, ...]
    refusal_advice: str
    damage_advice: str
    refusal: type[StorageError] = StorageError


class Store:
    """
    One open connection to a file; a context manager.

    A connection belongs to the thread and the process that opened it: workers report to their parent, which
    writes.

    Args:
        path: The file; it and its folder are made, private, where they are missing.
        kind: What the file is.
        is_on_disk: Without it nothing is made and the store is empty, in memory.
        fill: Writes what a file has to have after its steps ran, in the same transaction: nobody sees the
            tables without it.

    Raises:
        StorageError: folder or file cannot be made or written (a subclass where *kind* says so).
        DamagedError: the file is no such file any more.
        ConfigurationError: a newer betflow made the file.
        BusyError: another process holds the write lock for longer than `BUSY_TIMEOUT_S`.
    """

    def __init__(
        self,
        path: Path,
        kind: StoreKind,
        *,
        is_on_disk: bool = True,
        fill: Callable[["Store"], None] | None = None,
    ) -> None:
        self.path = path
        self._kind = kind
        if is_on_disk:
            self._make_private()
        with self.translated():
            name = path if is_on_disk else ":memory:"
            self.connection = sqlite3.connect(name, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            try:
                self._prepare(fill)
            except BaseException:
                self.connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """
        Hold the write lock for a block: all of it is committed, or nothing.

        The lock is taken at once (``BEGIN IMMEDIATE``), so that what the block reads is still true when it
        writes. A block inside another joins it.
        """
        with self.translated():
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.rollback()
                raise

    def rows(self, statement: str, values: Iterable[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows that a statement finds, one at a time."""
        with self.translated():
            yield from self.connection.execute(statement, tuple(values))

    def write(self, statement: str, rows: Iterable[Iterable[object]]) -> None:
        """Execute a statement once for each row of values: all of them, or none."""
        with self.transaction():
            self.connection.executemany(statement, (tuple(row) for row in rows))

    def check_integrity(self) -> None:
        """
        Look at every page of the file, and whether its indexes agree with its tables.

        Raises:
            DamagedError: they do not; it says what SQLite found.
        """
        problems = [row[0] for row in self.rows(f"PRAGMA integrity_check({_PROBLEMS_TOLD})")]
        if problems != ["ok"]:
            raise self._damaged("; ".join(problems))

    def strange_objects(self) -> list[str]:
        """Name the tables, indexes, triggers and views that are missing or are not as the steps make."""
        with closing(sqlite3.connect(":memory:")) as fresh:
            for step in self._kind.steps:
                step(fresh)
            expected = _objects(fresh)
        with self.translated():
            found = _objects(self.connection)
        return sorted(f"{kind} {name}" for kind, name, *_ in expected ^ found)

    def close(self) -> None:
        """Close the connection; a transaction that is still open is rolled back."""
        with self.translated():
            self.connection.close()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what SQLite raises in a block into betflow's errors; defects of betflow stay what they are."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            known = self._translate(error)
            if known is None:
                raise
            raise known from error

    def _make_private(self) -> None:
        try:
            make_private_folder(self.path.parent)
            # SQLite gives its -wal and -shm files the mode of the database: it has to be right at once.
            make_private_file(self.path)
        except OSError as error:
            message = f"the {self._kind.noun} {self.path} cannot be made: {error.strerror}."
            raise self._kind.refusal(message, advice=self._kind.refusal_advice) from error

    def _prepare(self, fill: Callable[["Store"], None] | None) -> None:
        execute = self.connection.execute
        # What was reported as written survives a power cut: the journal's chain depends on it.
        execute("PRAGMA synchronous=FULL")
        execute("PRAGMA foreign_keys=ON")
        execute("PRAGMA trusted_schema=OFF")
        _switch_to_wal(self.connection)
        known = [step.__name__ for step in self._kind.steps]
        applied = self._applied()
        self._refuse_newer([name for name in applied if name not in known])
        if not applied.issuperset(known):
            self._migrate(fill)

    def _applied(self) -> set[str]:
        """Return the names of the steps that have run."""
        is_there = "SELECT 1 FROM sqlite_schema WHERE name = ?"
        if self.connection.execute(is_there, (_MIGRATIONS,)).fetchone() is None:
            return set()
        statement = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid"
        return {name for (name,) in self.connection.execute(statement, (self._kind.name,))}

    def _migrate(self, fill: Callable[["Store"], None] | None) -> None:
        """Run the steps that have not run yet."""
        # It takes longer to import than all else of a short command, and only this needs it.
        from sqlite_utils import Database, Migrations  # noqa: PLC0415

        database = Database(self.connection, execute_plugins=False, strict=True)
        migrations = Migrations(self._kind.name)
        for step in self._kind.steps:
            migrations()(step)
        with self.transaction():
            migrations.apply(database)
            if fill is not None:
                fill(self)

    def _refuse_newer(self, unknown: list[str]) -> None:
        if unknown:
            raise ConfigurationError(
                f"the {self._kind.noun} {self.path} was written by a newer betflow: this one does not know "
                f"{', '.join(unknown)}.",
                advice="Update betflow, or name another folder with --data-dir.",
            )

    def _translate(self, error: sqlite3.DatabaseError) -> BetflowError | None:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return None
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _REFUSED_CODES:
            message = f"the {self._kind.noun} {self.path} cannot be written: {error}."
            return self._kind.refusal(message, advice=self._kind.refusal_advice)
        if code in _BUSY_CODES:
            return BusyError(
                f"the {self._kind.noun} {self.path} is held by another process for more than "
                f"{BUSY_TIMEOUT_S:.0f} s.",
                advice="Wait for that process to end, then try again.",
            )
        return self._damaged(str(error))

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(
            f"the {self._kind.noun} {self.path} is damaged: {what}.", advice=self._kind.damage_advice
        )


def _objects(connection: sqlite3.Connection) -> set[tuple[str | None, ...]]:
    """Return what a file's schema has, but for the list of its steps and what SQLite makes by itself."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
    return {
        (kind, name, table, sql)
        for kind, name, table, sql in rows
        if not (kind in {"table", "index"} and table == _MIGRATIONS) and not (kind == "index" and sql is None)
    }


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """
    Let readers and the one writer work side by side, from now on and for everybody.

    Two processes that make a new file at the same moment get SQLITE_BUSY here at once, for all the timeout:
    SQLite sees that they would wait for each other (seen with 3.40). So this waits.
    """
    attempts = int(BUSY_TIMEOUT_S / _SWITCH_PAUSE_S)
    for attempt in range(attempts):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY_CODES or attempt == attempts - 1:
                raise
            time.sleep(_SWITCH_PAUSE_S)
        else:
            return
