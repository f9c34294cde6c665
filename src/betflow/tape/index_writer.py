"""What goes into the archive's index and out of it: tapes, with markets and runners as manifests tell."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final, TypeAlias

from betflow.errors import DamagedError
from betflow.storage.sqlite import Store
from betflow.tape.archive import Archive
from betflow.tape.manifest import Manifest
from betflow.tape.schema import market_row, runner_rows, tape_row

_KEYS: Final = {"tapes": 1, "markets": 2, "runners": 4}
"""How many of a table's first columns are its key."""

Rows: TypeAlias = dict[str, list[tuple[object, ...]]]
"""Rows by table, each in the order of its columns."""


def rows_of_tape(manifest: Manifest) -> Rows:
    """Return the rows that a tape has in the index; of two with one key the later one counts."""
    sha256, markets = manifest.sha256, manifest.markets
    return {
        "tapes": [tape_row(manifest)],
        "markets": [market_row(sha256, market) for market in markets],
        "runners": [row for market in markets for row in runner_rows(sha256, market)],
    }


class IndexWriter:
    """The writing side of an open index; each method is one transaction, or joins the one that is open."""

    def __init__(self, store: Store, archive: Archive) -> None:
        self._store = store
        self._archive = archive

    def fill(self) -> None:
        """Enter every tape of the archive, as an index does that was not there."""
        for sha256 in self._archive.names():
            with suppress(DamagedError):  # `tape verify` names it; the others must be found
                self.enter(self._archive.manifest(sha256))

    def enter(self, manifest: Manifest) -> None:
        """Enter a tape; one that is there already is entered anew."""
        with self._store.transaction():
            self.forget([manifest.sha256])
            for table, rows in rows_of_tape(manifest).items():
                self._insert(table, rows)

    def differences(self, sha256: str, expected: Rows) -> list[str]:
        """Name the tables whose rows about a tape are not these."""
        return [table for table, rows in expected.items() if not self._has(table, sha256, rows)]

    def _has(self, table: str, sha256: str, expected: list[tuple[object, ...]]) -> bool:
        found = list(self._store.rows(f"SELECT * FROM {table} WHERE sha256 = ?", [sha256]))  # noqa: S608 - constants
        width = _KEYS[table]
        by_key = {row[:width]: row for row in expected}
        return len(found) == len(by_key) and all(by_key.get(row[:width]) == row for row in found)

    def forget(self, names: Iterable[str]) -> None:
        """Take out tapes, with their markets and runners."""
        self._store.write("DELETE FROM tapes WHERE sha256 = ?", ([name] for name in names))

    def entered(self) -> set[str]:
        """Return the tapes that are in the index."""
        return {row[0] for row in self._store.rows("SELECT sha256 FROM tapes")}

    def knows(self, sha256: str) -> bool:
        """Say whether a tape is in the index."""
        return any(self._store.rows("SELECT 1 FROM tapes WHERE sha256 = ?", [sha256]))

    def _insert(self, table: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._store.write(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - constants
