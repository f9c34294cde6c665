"""
The archive's index: which markets there are, and in which tapes.

A projection of the manifests, in ``archive/index.sqlite``: where the file is missing it is made anew. Here it
is opened and read; `betflow.tape.index_writer` writes it, and `betflow.tape.source_memory` keeps in the same
file what was imported.
"""

from enum import StrEnum
from typing import Any, Self

from betflow.storage.sqlite import Store, StoreKind
from betflow.tape.archive import Archive, ArchiveWriteError
from betflow.tape.index_writer import IndexWriter
from betflow.tape.schema import MARKET_COLUMNS, STEPS
from betflow.tape.selection import MarketFilter

FILE_NAME = "index.sqlite"

INDEX = StoreKind(
    noun="index",
    name="betflow.tape.index",
    steps=STEPS,
    refusal=ArchiveWriteError,
    refusal_advice="Free the disk or the permission; the tapes in the archive stay valid.",
    damage_advice="Remove it: it is made anew from the manifests beside the tapes.",
)

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


class Index:
    """
    The index of an archive, open for reading; a context manager, used in the thread that opened it.

    Attributes:
        store: The file itself, for those who write to it.

    Raises:
        ArchiveWriteError: the disk refuses.
        DamagedError: the file is no index any more.
        ConfigurationError: a newer betflow wrote it.
        BusyError: another process holds it for too long.
    """

    def __init__(self, archive: Archive) -> None:
        self.store = Store(
            archive.root / FILE_NAME,
            INDEX,
            # Without an archive there is nothing to find; asking must not make one.
            is_on_disk=archive.root.is_dir(),
            fill=lambda store: IndexWriter(store, archive).fill(),
        )
        # SQLite's own lower() knows the letters of English only, and there are other venues.
        self.store.connection.create_function("casefold", 1, _casefold, deterministic=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.store.close()

    def tapes_of(self, market_id: str) -> list[str]:
        """Return the tapes of a market, by sha256: settled first, then most messages, then undamaged."""
        sql = (
            f"SELECT sha256 FROM markets JOIN tapes USING (sha256) WHERE market_id = ? ORDER BY {_BEST_FIRST}"  # noqa: S608 - a constant
        )
        return [row[0] for row in self.store.rows(sql, [market_id])]

    def markets(
        self, wanted: MarketFilter, *, order: MarketOrder = MarketOrder.TIME, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the markets, each once, with the best tape of it (see `tapes_of`) and how many there are."""
        where, values = _where(wanted)
        columns = (*MARKET_COLUMNS, *_TAPE_COLUMNS, "tapes")
        sql = f"""
            SELECT {", ".join(columns)} FROM {_BEST} AND {where}
            ORDER BY {_ORDERS[order]}, market_id LIMIT ?
            """  # noqa: S608 - constants and placeholders
        rows = self.store.rows(sql, [*values, -1 if limit is None else limit])
        return [_with_booleans(dict(zip(columns, row, strict=True))) for row in rows]

    def count(self, wanted: MarketFilter) -> int:
        """Count the markets that a filter takes."""
        where, values = _where(wanted)
        sql = f"SELECT count(*) FROM {_BEST} AND {where}"  # noqa: S608 - see _where
        return int(next(self.store.rows(sql, values))[0])


def _where(wanted: MarketFilter) -> tuple[str, list[object]]:
    """Return a filter as SQL with placeholders, and their values."""
    conditions = wanted.conditions()
    parts = ["1", *(each.sql for each in conditions)]
    return " AND ".join(parts), [value for each in conditions for value in each.values]


def _casefold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _with_booleans(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: bool(row[name]) for name in ("settled", "in_play_seen", "damaged")}}
