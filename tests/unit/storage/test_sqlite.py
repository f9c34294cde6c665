"""A SQLite file is opened by many at once, kept up to date, and honest about trouble."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from betflow.errors import BusyError, ConfigurationError, DamagedError, StorageError
from betflow.ledger.store import LEDGER
from betflow.storage import sqlite
from betflow.storage.sqlite import Executor, Store, StoreKind
from betflow.tape.index import INDEX

RACERS = 8


class RefusedError(StorageError):
    """What the store of these tests raises."""


def create_notes(database: Executor) -> None:
    """Create a table and an index."""
    database.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT UNIQUE) STRICT")
    database.execute("CREATE INDEX notes_by_text ON notes (text)")


def add_author(database: Executor) -> None:
    """Add a column to the table."""
    database.execute("ALTER TABLE notes ADD COLUMN author TEXT")


NOTES = StoreKind(
    noun="notebook",
    name="test.notes",
    steps=(create_notes,),
    refusal=RefusedError,
    refusal_advice="Free the disk.",
    damage_advice="Buy another.",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a store that is not there yet."""
    return tmp_path / "folder" / "notes.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """Open an empty store."""
    with Store(path, NOTES) as opened:
        yield opened


def texts(store: Store) -> list[str]:
    """Return what was noted."""
    return [text for (text,) in store.rows("SELECT text FROM notes ORDER BY number")]


def note(store: Store, *lines: str) -> None:
    """Write notes."""
    store.write("INSERT INTO notes (text) VALUES (?)", [[line] for line in lines])


def test_new_file_is_opened_by_many_at_the_same_moment(path: Path) -> None:
    """Of several that make the file at the same moment none is refused, and all find the tables."""
    together = threading.Barrier(RACERS)

    def open_and_write(number: int) -> None:
        together.wait()
        with Store(path, NOTES) as store:
            note(store, str(number))

    with ThreadPoolExecutor(RACERS) as pool:
        list(pool.map(open_and_write, range(RACERS)))

    with Store(path, NOTES) as store:
        assert [str(number) for number in range(RACERS)] == sorted(texts(store))


def test_switching_waits_for_another_that_switches(store: Store) -> None:
    """A switch to WAL that SQLite refuses at once, for all its timeout, is tried again."""

    class Busy:
        attempts = 0

        def execute(self, _statement: str) -> None:
            self.attempts += 1
            if self.attempts < 3:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error

    busy = Busy()
    sqlite._switch_to_wal(cast("sqlite3.Connection", busy))

    assert 3 == busy.attempts
    assert [("wal",)] == list(store.rows("PRAGMA journal_mode"))


def test_later_steps_reach_an_older_file(path: Path) -> None:
    """A file that an older betflow made gets the steps that it does not have, and keeps its rows."""
    with Store(path, NOTES) as store:
        note(store, "old")

    with Store(path, replace(NOTES, steps=(create_notes, add_author))) as store:
        assert [("old", None)] == list(store.rows("SELECT text, author FROM notes"))


def test_file_of_a_newer_betflow_is_left_alone(path: Path) -> None:
    """A file with a step that is not known here is refused by name, with what to do."""
    with Store(path, replace(NOTES, steps=(create_notes, add_author))):
        pass

    with pytest.raises(ConfigurationError, match=r"newer betflow.* add_author\. Update betflow"):
        Store(path, NOTES)


def test_what_fills_a_new_file_comes_with_its_tables(path: Path) -> None:
    """Where filling a new file fails, the tables are not there either, and the next one fills it."""

    def fail(_store: Store) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        Store(path, NOTES, fill=fail)

    with Store(path, NOTES, fill=lambda store: note(store, "filled")) as store:
        assert ["filled"] == texts(store)
    with Store(path, NOTES, fill=lambda store: note(store, "again")) as store:
        assert ["filled"] == texts(store)


def test_store_in_memory_makes_nothing(path: Path) -> None:
    """A store that is not on the disk has its tables and leaves no file."""
    with Store(path, NOTES, is_on_disk=False) as store:
        assert [] == texts(store)

    assert not path.parent.exists()


def test_failed_block_leaves_nothing(store: Store) -> None:
    """What a transaction wrote before it failed is undone, also what a block inside it had written."""

    def fail() -> None:
        with store.transaction():
            note(store, "one", "two")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert [] == texts(store)


def test_rows_are_written_all_or_none(store: Store) -> None:
    """When one of several rows is refused, none of them is there, and a defect stays a defect."""
    with pytest.raises(sqlite3.IntegrityError):
        note(store, "one", "two", "one")

    assert [] == texts(store)


def test_full_disk_is_told_with_advice(store: Store) -> None:
    """A disk that refuses raises what the kind of store says, with its advice."""
    store.connection.execute("PRAGMA max_page_count = 1")

    with pytest.raises(RefusedError, match=r"notebook .* cannot be written: .*full\. Free the disk\."):
        note(store, "x" * 100_000)


def test_held_lock_is_busy(path: Path, store: Store) -> None:
    """A write lock that another holds for too long says so."""
    store.connection.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match=r"notebook .* is held by another process"):
            note(store, "one")


def test_file_of_something_else_is_damage(path: Path) -> None:
    """A file that is no database says so, with what to do."""
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)

    with pytest.raises(DamagedError, match=r"not a database\. Buy another"):
        Store(path, NOTES)


def test_index_that_disagrees_with_its_table_is_found(path: Path) -> None:
    """An integrity check finds a row that an index does not know, and is silent where all is well."""
    with Store(path, NOTES) as store:
        note(store, "one", "two")
        store.check_integrity()
    index = "name = 'notes_by_text'"
    with closing(sqlite3.connect(path)) as client, client:
        client.execute("PRAGMA writable_schema = ON")
        [row] = client.execute(f"SELECT * FROM sqlite_master WHERE {index}")  # noqa: S608 - a constant
        client.execute(f"DELETE FROM sqlite_master WHERE {index}")  # noqa: S608 - likewise
    with closing(sqlite3.connect(path)) as client, client:
        client.execute("INSERT INTO notes (text) VALUES ('behind its back')")
        client.execute("PRAGMA writable_schema = ON")
        client.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)

    with Store(path, NOTES) as store, pytest.raises(DamagedError, match=r"missing from index.* Buy another"):
        store.check_integrity()


def test_steps_are_told_apart_by_name() -> None:
    """No store that betflow has was made by other steps than these, in this order."""
    pinned = {
        "betflow.ledger": ["create_journal", "create_runs", "index_journal_by_kind", "create_backtests"],
        "betflow.tape.index": ["create_tapes", "create_sources"],
    }
    assert pinned == {kind.name: [step.__name__ for step in kind.steps] for kind in (LEDGER, INDEX)}
