"""The ledger's file: private, shared by processes, and honest about trouble."""

import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from betflow.errors import BusyError, DamagedError, StorageError
from betflow.ledger.journal import Draft, Journal
from betflow.ledger.store import FILE_NAME, Ledger, open_ledger
from tampering import opened

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


@posix_only
def test_folder_and_file_are_private(data_dir: Path, ledger: Ledger) -> None:
    """Only the owner may look into the data folder, the ledger and its log."""
    Journal(ledger).append(Draft("run", "fact", "", {}), recorded_at="then")

    assert 0o700 == stat.S_IMODE(data_dir.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in data_dir.iterdir()}


def test_ledger_opens_again(data_dir: Path) -> None:
    """A ledger that is there is opened, not made anew."""
    first = open_ledger(data_dir)
    entry = Journal(first).append(Draft("run", "fact", "", {}), recorded_at="then")
    first.close()

    second = open_ledger(data_dir)

    assert entry == Journal(second).entry(1)
    second.close()


def test_file_that_is_no_database_is_damaged(data_dir: Path) -> None:
    """A file of something else is reported, with what to do."""
    data_dir.mkdir()
    (data_dir / FILE_NAME).write_text(
        "This is a shopping list, and long enough not to be an empty database. " * 9
    )

    with pytest.raises(DamagedError, match=r"not a database.* Restore it from a backup"):
        open_ledger(data_dir)


def test_malformed_page_is_damaged(data_dir: Path) -> None:
    """A ledger with a page of garbage is reported when the page is read."""
    ledger = open_ledger(data_dir)
    for _ in range(200):
        Journal(ledger).append(Draft("run", "fact", "x" * 500, {}), recorded_at="then")
    ledger.close()
    path = data_dir / FILE_NAME
    content = bytearray(path.read_bytes())
    content[8192 : len(content) - 4096] = b"\xff" * (len(content) - 12288)
    path.write_bytes(content)

    def read_all() -> None:
        with closing(open_ledger(data_dir)) as damaged:
            list(Journal(damaged).entries())

    with pytest.raises(DamagedError, match="malformed"):
        read_all()


def test_dropped_table_is_damaged(data_dir: Path, ledger: Ledger) -> None:
    """A journal that was dropped is reported."""
    with opened(data_dir) as client:
        client.execute("DROP TABLE journal")

    with pytest.raises(DamagedError, match="no such table"):
        Journal(ledger).head()


def test_data_folder_that_is_a_file_cannot_be_used(tmp_path: Path) -> None:
    """A file where the data folder should be is reported, with what to do."""
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match="--data-dir"):
        open_ledger(tmp_path / "file")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, StorageError),
        (sqlite3.SQLITE_READONLY, StorageError),
        (sqlite3.SQLITE_IOERR_WRITE, StorageError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, BusyError),
        (sqlite3.SQLITE_CORRUPT_INDEX, DamagedError),
    ],
)
def test_codes_of_sqlite_are_translated(ledger: Ledger, code: int, expected: type[Exception]) -> None:
    """Each of SQLite's codes, the extended ones too, becomes the error that says what to do."""
    error = sqlite3.OperationalError("trouble")
    error.sqlite_errorcode = code

    with pytest.raises(expected), ledger.translated():
        raise error


def test_full_disk_is_a_storage_error(ledger: Ledger) -> None:
    """A database that may not grow any more refuses the entry and stays whole."""
    ledger.connection.execute("PRAGMA max_page_count = 1")

    with pytest.raises(StorageError, match="full"):
        Journal(ledger).append(Draft("run", "fact", "x" * 100_000, {}), recorded_at="then")

    assert Journal(ledger).entry(1) is None
