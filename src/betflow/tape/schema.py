"""
The index's tables, made by steps that each run once, and what goes into their rows.

The index holds nothing that the manifests do not hold, except which source files were imported: that saves
time, and losing it costs only time.
"""

from collections.abc import Iterator
from typing import Any

from betflow.storage.sqlite import Executor
from betflow.tape.manifest import Manifest, MarketSummary

MARKET_COLUMNS = (
    *("market_id", "event_id", "event_name", "event_type_id", "venue", "country_code", "market_type"),
    *("betting_type", "market_time", "market_time_ms", "open_date", "name", "status", "settled"),
    *("in_play_seen", "runners", "messages", "definitions", "first_publish_time", "last_publish_time"),
)
"""The columns of ``markets``, without the tape's name."""


def create_tapes(database: Executor) -> None:
    """Create the tables of what the archive holds."""
    database.execute(
        """
        CREATE TABLE tapes (
            sha256 TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            stored_sha256 TEXT NOT NULL,
            stored_bytes INTEGER NOT NULL,
            lines INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            first_publish_time INTEGER NOT NULL,
            last_publish_time INTEGER NOT NULL,
            markets INTEGER NOT NULL,
            damaged INTEGER NOT NULL,
            findings INTEGER NOT NULL,
            source TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    )
    database.execute(
        """
        CREATE TABLE markets (
            market_id TEXT NOT NULL,
            sha256 TEXT NOT NULL REFERENCES tapes ON DELETE CASCADE,
            event_id TEXT,
            event_name TEXT,
            event_type_id TEXT,
            venue TEXT,
            country_code TEXT,
            market_type TEXT,
            betting_type TEXT,
            market_time TEXT,
            market_time_ms INTEGER,
            open_date TEXT,
            name TEXT,
            status TEXT,
            settled INTEGER NOT NULL,
            in_play_seen INTEGER NOT NULL,
            runners INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            definitions INTEGER NOT NULL,
            first_publish_time INTEGER NOT NULL,
            last_publish_time INTEGER NOT NULL,
            PRIMARY KEY (market_id, sha256)
        ) STRICT, WITHOUT ROWID
        """
    )
    database.execute("CREATE INDEX markets_tape ON markets (sha256)")
    database.execute("CREATE INDEX markets_time ON markets (market_time_ms, market_id)")
    database.execute(
        """
        CREATE TABLE runners (
            sha256 TEXT NOT NULL,
            market_id TEXT NOT NULL,
            selection_id INTEGER NOT NULL,
            handicap REAL NOT NULL,
            name TEXT,
            status TEXT,
            bsp REAL,
            sort_priority INTEGER,
            PRIMARY KEY (sha256, market_id, selection_id, handicap),
            FOREIGN KEY (market_id, sha256) REFERENCES markets ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID
        """
    )
    database.execute("CREATE INDEX runners_selection ON runners (selection_id)")


def create_sources(database: Executor) -> None:
    """Create the memory of the files that were imported as they are."""
    database.execute(
        """
        CREATE TABLE sources (
            path TEXT PRIMARY KEY,
            bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            imported TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    )


STEPS = (create_tapes, create_sources)
"""In the order in which they run. One that was released is never edited: a change is another at the end."""


def tape_row(manifest: Manifest) -> tuple[Any, ...]:
    """Return a tape's row of ``tapes``."""
    return (
        *(manifest.sha256, str(manifest.kind), manifest.bytes, manifest.stored_sha256),
        *(manifest.stored_bytes, manifest.counts.lines, manifest.counts.messages),
        *(manifest.first_publish_time, manifest.last_publish_time, len(manifest.markets)),
        *(manifest.damaged, len(manifest.findings), manifest.source),
    )


def market_row(sha256: str, market: MarketSummary) -> tuple[Any, ...]:
    """Return a market's row of ``markets``."""
    values = [len(market.runners) if name == "runners" else getattr(market, name) for name in MARKET_COLUMNS]
    return (values[0], sha256, *values[1:])


def runner_rows(sha256: str, market: MarketSummary) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of ``runners`` of a market."""
    for runner in market.runners:
        key = (sha256, market.market_id, runner.selection_id, runner.handicap)
        yield (*key, runner.name, runner.status, runner.bsp, runner.sort_priority)
