"""The journal is appended to, and refuses everything else."""

import sqlite3
from pathlib import Path

import pytest

from betflow.ledger.journal import GENESIS, Draft, Head, Journal, entry_hash
from betflow.ledger.store import Ledger
from tampering import opened

DRAFT = Draft("run-1", "fact", "1.234", {"price": 3.05})


def test_empty_journal_has_the_genesis_head() -> None:
    """Before the first entry the head is entry 0 with a hash of zeros."""
    assert Head(0, "0" * 64) == Head()


def test_first_entry_follows_genesis(ledger: Ledger) -> None:
    """The first entry is number 1 and carries the genesis hash."""
    entry = Journal(ledger).append(DRAFT, recorded_at="2026-02-18T09:30:00.000Z")

    assert (1, GENESIS) == (entry.seq, entry.prev_hash)


def test_hash_is_as_documented(ledger: Ledger) -> None:
    """Whoever knows sha256 and JSON can check an entry: sha256sum made this hash of the documented text."""
    entry = Journal(ledger).append(DRAFT, recorded_at="then")

    # printf '%s' '[1,"run-1","fact","1.234",null,"then","{\"price\":3.05}","000…0"]' | sha256sum
    assert "8b75dc72778f96ed8de0714c49bf204ed20e630ace828b6fffbf856dec208573" == entry.hash
    assert entry_hash(entry) == entry.hash


def test_entries_are_chained(ledger: Ledger) -> None:
    """Each entry carries the hash of the one before it."""
    journal = Journal(ledger)
    first = journal.append(DRAFT, recorded_at="then")
    second = journal.append(DRAFT, recorded_at="then")

    assert first.hash == second.prev_hash
    assert Head(2, second.hash) == journal.head()


def test_an_entry_reads_back_as_appended(ledger: Ledger) -> None:
    """An entry is found by its number, and by its run."""
    journal = Journal(ledger)
    entry = journal.append(DRAFT, recorded_at="then")

    assert entry == journal.entry(1)
    assert [entry] == list(journal.entries_of("run-1"))
    assert journal.entry(2) is None


def test_entries_are_found_by_what_they_are_about(ledger: Ledger) -> None:
    """Of a kind, all entries are found in order, and the last one about each subject."""
    journal = Journal(ledger)
    drafts = [
        Draft("run-1", kind, subject, {})
        for kind, subject in [("fact", "1.1"), ("fact", "1.2"), ("other", "1.1"), ("fact", "1.1")]
    ]
    first, second, _, fourth = (journal.append(draft, recorded_at="then") for draft in drafts)

    assert [first, second, fourth] == list(journal.entries_of_kind("fact"))
    assert (fourth, None) == (journal.latest("fact", "1.1"), journal.latest("other", "1.2"))
    assert {"1.1": 4, "1.2": 2} == journal.subjects("fact")


def test_a_transaction_that_fails_appends_nothing(ledger: Ledger) -> None:
    """Entries of a transaction are all written, or none."""
    journal = Journal(ledger)

    def append_and_fail() -> None:
        with ledger.transaction():
            journal.append(DRAFT, recorded_at="then")
            raise KeyError

    with pytest.raises(KeyError):
        append_and_fail()

    assert Head() == journal.head()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET body = '{}' WHERE seq = 1",
        "DELETE FROM journal",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal",
        "INSERT INTO journal SELECT * FROM journal WHERE true ON CONFLICT (seq) DO UPDATE SET body = '{}'",
    ],
)
def test_other_clients_are_refused_too(data_dir: Path, ledger: Ledger, statement: str) -> None:
    """Triggers refuse update, delete, replace and upsert, whatever the client's settings are."""
    Journal(ledger).append(DRAFT, recorded_at="then")

    with opened(data_dir) as client, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        client.execute(statement)
