"""What somebody with a SQLite client can do to a journal after dropping its triggers."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from betflow.ledger.journal import COLUMNS, Entry, entry_hash
from betflow.ledger.schema import GUARDS
from betflow.ledger.store import FILE_NAME

Rows = list[Entry]


@contextmanager
def opened(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """Open the ledger as any client would."""
    with closing(sqlite3.connect(data_dir / FILE_NAME)) as connection, connection:
        yield connection


def rows_of(data_dir: Path) -> Rows:
    """Read every entry."""
    with opened(data_dir) as connection:
        return [Entry(*row) for row in connection.execute(f"SELECT {COLUMNS} FROM journal ORDER BY seq")]  # noqa: S608


def overwrite(data_dir: Path, rows: Rows) -> None:
    """Put these entries in place of the journal's, and the triggers back."""
    with opened(data_dir) as connection:
        for name in GUARDS:
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.execute("DELETE FROM journal")
        marks = ", ".join("?" * 9)
        connection.executemany(f"INSERT INTO journal ({COLUMNS}) VALUES ({marks})", rows)  # noqa: S608
        for guard in GUARDS.values():
            connection.execute(guard)


def rehashed(entry: Entry) -> Entry:
    """Give an entry the hash that its columns have now."""
    return entry._replace(hash=entry_hash(entry))


def rechained(rows: Rows, *, start: int) -> Rows:
    """Chain the rows anew from the index *start*, as somebody would who knows how."""
    result = rows[:start]
    for row in rows[start:]:
        result.append(rehashed(row._replace(prev_hash=result[-1].hash, seq=result[-1].seq + 1)))
    return result


def copy_of(data_dir: Path, target: Path) -> Path:
    """Copy a data folder."""
    shutil.copytree(data_dir, target)
    return target
