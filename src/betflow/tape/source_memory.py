"""
Which source files were imported, and what came of them, so that an import does not read them again.

It is kept in the index's file because it lives as long: losing it costs time and nothing else.
"""

from dataclasses import astuple, dataclass

from betflow.storage.sqlite import Store


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


class SourceMemory:
    """What is remembered in an open index."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def recall(self, path: str) -> Source | None:
        """Return a file as it was when it was last imported, or None."""
        statement = "SELECT path, bytes, mtime_ns, sha256, imported FROM sources WHERE path = ?"
        return next((Source(*row) for row in self._store.rows(statement, [path])), None)

    def remember(self, source: Source) -> None:
        """Remember that a file was imported as it is."""
        statement = (
            "INSERT OR REPLACE INTO sources (path, bytes, mtime_ns, sha256, imported) VALUES (?, ?, ?, ?, ?)"
        )
        self._store.write(statement, [astuple(source)])
