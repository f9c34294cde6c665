"""The ledger's tables, made by steps that each run once (`betflow.ledger.store` says how to add one)."""

from betflow.storage.sqlite import Executor

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


def create_journal(database: Executor) -> None:
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


def create_runs(database: Executor) -> None:
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


def index_journal_by_kind(database: Executor) -> None:
    """Let the entries of a kind be found, and of those the latest about a subject."""
    database.execute("CREATE INDEX journal_kind ON journal (kind, subject, seq)")


def create_backtests(database: Executor) -> None:
    """Create the projections of what backtests found."""
    database.execute(
        """
        CREATE TABLE backtests (
            run_id TEXT PRIMARY KEY,
            seq INTEGER NOT NULL,
            result_hash TEXT NOT NULL,
            request TEXT NOT NULL,
            totals TEXT NOT NULL
        ) STRICT
        """
    )
    database.execute(
        """
        CREATE TABLE backtest_markets (
            run_id TEXT NOT NULL,
            seq INTEGER PRIMARY KEY,
            market_id TEXT NOT NULL,
            event_id TEXT,
            market_type TEXT,
            market_time TEXT,
            settled INTEGER NOT NULL,
            orders INTEGER NOT NULL,
            profit_pennies INTEGER,
            commission_pennies INTEGER,
            net_worst_pennies INTEGER,
            net_pennies INTEGER,
            net_best_pennies INTEGER,
            tapes TEXT NOT NULL,
            tapes_sha256 TEXT NOT NULL
        ) STRICT
        """
    )
    database.execute("CREATE INDEX backtest_markets_run ON backtest_markets (run_id, market_id)")
    database.execute(
        """
        CREATE TABLE backtest_orders (
            run_id TEXT NOT NULL,
            seq INTEGER NOT NULL,
            number INTEGER NOT NULL,
            ref TEXT NOT NULL,
            bet_id TEXT NOT NULL,
            strategy TEXT NOT NULL,
            market_id TEXT NOT NULL,
            selection_id INTEGER,
            handicap REAL,
            side TEXT,
            order_type TEXT,
            price REAL,
            size_pennies INTEGER,
            size_matched_pennies INTEGER NOT NULL,
            average_price_matched REAL,
            size_remaining_pennies INTEGER NOT NULL,
            size_cancelled_pennies INTEGER NOT NULL,
            size_lapsed_pennies INTEGER NOT NULL,
            size_voided_pennies INTEGER NOT NULL,
            status TEXT NOT NULL,
            error_code TEXT,
            settled INTEGER NOT NULL,
            profit_worst_pennies INTEGER,
            profit_pennies INTEGER,
            profit_best_pennies INTEGER,
            PRIMARY KEY (seq, number)
        ) STRICT, WITHOUT ROWID
        """
    )
    database.execute("CREATE INDEX backtest_orders_ref ON backtest_orders (ref)")
    database.execute("CREATE INDEX backtest_orders_bet ON backtest_orders (bet_id)")
    database.execute("CREATE INDEX backtest_orders_run ON backtest_orders (run_id, market_id)")
    database.execute(
        """
        CREATE TABLE backtest_fills (
            run_id TEXT NOT NULL,
            seq INTEGER NOT NULL,
            number INTEGER NOT NULL,
            fill INTEGER NOT NULL,
            at INTEGER NOT NULL,
            price REAL NOT NULL,
            rule TEXT NOT NULL,
            size_worst_pennies INTEGER NOT NULL,
            size_pennies INTEGER NOT NULL,
            size_best_pennies INTEGER NOT NULL,
            doubts TEXT NOT NULL,
            tape TEXT,
            line INTEGER,
            "offset" INTEGER,
            publish_time INTEGER NOT NULL,
            PRIMARY KEY (seq, number, fill)
        ) STRICT, WITHOUT ROWID
        """
    )


STEPS = (create_journal, create_runs, index_journal_by_kind, create_backtests)
"""In the order in which they run. One that was released is never edited: a change is another at the end."""
