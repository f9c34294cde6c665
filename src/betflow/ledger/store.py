"""The ledger's file: opened, migrated, locked, and its errors translated."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from betflow.errors import BetflowError, BusyError, DamagedError, StorageError
from betflow.ledger.schema import MIGRATIONS

FILE_NAME = "ledger.sqlite"
BUSY_TIMEOUT_S = 30.0
_SWITCH_PAUSE_S = 0.02

_STORAGE_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOLFS,
}
_STORAGE_ADVICE = "Free the disk or the permission, or choose another folder with --data-dir."
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class Ledger:
    """
    One open connection to the ledger of a data folder.

    A connection belongs to the thread and the process that opened it: workers report to their parent, which
    writes.
    """

    def __init__(self, database: Database, path: Path) -> None:
        self.database = database
        self.path = path

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection below, for statements that sqlite-utils has no word for."""
        return self.database.conn

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """
        Hold the write lock for a block: all of it is committed, or nothing.

        The lock is taken at once (``BEGIN IMMEDIATE``), so that what the block reads is still true when it
        writes. A block inside another joins it.
        """
        with translated(self.path):
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                self.database.rollback()
                raise

    def close(self) -> None:
        """Close the connection; a transaction that is still open is rolled back."""
        with translated(self.path):
            self.database.close()


def open_ledger(data_dir: Path) -> Ledger:
    """
    Open the ledger of a data folder, making folder, file and tables where they are missing.

    Raises:
        StorageError: if the folder or the file cannot be made or written.
        DamagedError: if the file is not a ledger any more.
        BusyError: if another process holds the write lock for longer than `BUSY_TIMEOUT_S`.
    """
    path = data_dir / FILE_NAME
    _make_private(path)
    with translated(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            ledger = Ledger(Database(connection, execute_plugins=False, strict=True), path)
            _prepare(ledger)
        except BaseException:
            connection.close()
            raise
        return ledger


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about the ledger at *path* into betflow's errors."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        known = _translate(error, path)
        if known is None:
            raise
        raise known from error


def _prepare(ledger: Ledger) -> None:
    connection = ledger.connection
    # Bytes that are no UTF-8 were not written by us; `audit verify` must get to see them, not die of them.
    connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
    # FULL: an entry that was reported as written survives a power cut; the chain depends on it.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA trusted_schema=OFF")
    _switch_to_wal(connection)
    if MIGRATIONS.pending(ledger.database):
        with ledger.transaction():
            MIGRATIONS.apply(ledger.database)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """
    Let readers and the one writer work side by side, from now on and for everybody.

    Two processes that make a new ledger at the same moment get SQLITE_BUSY here at once, for all the
    timeout: SQLite sees that they would wait for each other (seen with 3.40). So this waits.
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


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the database: it has to be right from the start.
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StorageError(f"{path} cannot be made: {error.strerror}.", advice=_STORAGE_ADVICE) from error


def _translate(error: sqlite3.DatabaseError, path: Path) -> BetflowError | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _STORAGE_CODES:
        return StorageError(f"the ledger {path} cannot be written: {error}.", advice=_STORAGE_ADVICE)
    if code in _BUSY_CODES:
        return BusyError(
            f"the ledger {path} is held by another process for more than {BUSY_TIMEOUT_S:.0f} s.",
            advice="Wait for that process to end, then try again.",
        )
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return None
    return DamagedError(
        f"the ledger {path} is damaged: {error}.",
        advice="Restore it from a backup, or move it away to begin a new one; tapes and records stay.",
    )
