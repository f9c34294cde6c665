"""The ledger's tables, made by steps that each run once (`betflow.ledger.store` says how to add one)."""

from sqlite_utils import Database

GUARDS = {
    "journal_refuses_update": (
        "CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an entry is never changed'); END"
    ),
    "journal_refuses_delete": (
        "CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an entry is never deleted'); END"
    ),
    # INSERT OR REPLACE deletes without the DELETE trigger unless the client has recursive_triggers on.
    "journal_refuses_replace": (
        "CREATE TRIGGER journal_refuses_replace BEFORE INSERT ON journal "
        "WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq) "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an entry is never replaced'); END"
    ),
}


def create_journal(database: Database) -> None:
    """Create the append-only journal with the triggers that guard it."""
    database.execute(
        """
        CREATE TABLE journal (
            seq INTEGER PRIMARY KEY,
            run_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            event_time_ms INTEGER,
            recorded_at TEXT NOT NULL,
            body TEXT NOT NULL,
            prev_hash TEXT NOT NULL,
            hash TEXT NOT NULL
        ) STRICT
        """
    )
    database.execute("CREATE INDEX journal_run ON journal (run_id, seq)")
    for guard in GUARDS.values():
        database.execute(guard)


def create_runs(database: Database) -> None:
    """Create the projection that lists runs."""
    database.execute(
        """
        CREATE TABLE runs (
            run_id TEXT PRIMARY KEY,
            command TEXT NOT NULL,
            status TEXT NOT NULL,
            exit_code INTEGER,
            started TEXT NOT NULL,
            finished TEXT,
            arguments TEXT NOT NULL,
            code_version TEXT NOT NULL,
            config_hash TEXT NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            started_seq INTEGER NOT NULL,
            sealed_seq INTEGER,
            record TEXT,
            record_sha256 TEXT
        ) STRICT
        """
    )
    database.execute("CREATE INDEX runs_started ON runs (started, run_id)")
    database.execute("CREATE INDEX runs_live ON runs (run_id) WHERE status = 'running'")


def index_journal_by_kind(database: Database) -> None:
    """Let the entries of a kind be found, and of those the latest about a subject."""
    database.execute("CREATE INDEX journal_kind ON journal (kind, subject, seq)")


STEPS = (create_journal, create_runs, index_journal_by_kind)
"""In the order in which they run. One that was released is never edited: a change is another at the end."""
