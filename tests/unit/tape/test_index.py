"""The index finds markets, and can be lost without losing anything."""

import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from betflow.errors import DamagedError
from betflow.storage.sqlite import Store
from betflow.tape.archive import Archive, TapeWriter, write_draft
from betflow.tape.index import Index, MarketOrder
from betflow.tape.index_writer import IndexWriter
from betflow.tape.manifest import Counts, Manifest, MarketSummary, RunnerSummary, SourceKind
from betflow.tape.selection import MarketFilter
from betflow.tape.source_memory import Source, SourceMemory

EVERYTHING = MarketFilter()


def market(market_id: str = "1.1", **facts: Any) -> MarketSummary:  # noqa: ANN401 - facts of many types
    """Return a market's summary."""
    settled = {"messages": 5, "definitions": 1, "first_publish_time": 1, "last_publish_time": 9, **facts}
    return MarketSummary(
        market_id=market_id, runners=(RunnerSummary(selection_id=7, handicap=0.5),), **settled
    )


def archived(archive: Archive, content: bytes, *markets: MarketSummary, damaged: bool = False) -> Manifest:
    """Put a tape with these markets into the archive."""
    with TapeWriter(archive.incoming / "1.zst") as writer:
        writer.write(content)
        stored = writer.finish()
    manifest = Manifest(
        sha256=stored.sha256,
        bytes=stored.bytes,
        stored_sha256=stored.stored_sha256,
        stored_bytes=stored.stored_bytes,
        kind=SourceKind.RAW_STREAM,
        damaged=damaged,
        counts=Counts(lines=1, messages=1, other=0, blank=0, damaged=0),
        first_publish_time=1,
        last_publish_time=2,
        markets=markets,
        findings=(),
        source="tape",
        made_by="test",
    )
    write_draft(stored, manifest)
    archive.keep(stored)
    return manifest


@pytest.fixture
def archive(data_dir: Path) -> Archive:
    """Return an empty archive."""
    archive = Archive(data_dir)
    archive.incoming.mkdir(parents=True)
    return archive


def ids(index: Index, wanted: MarketFilter = EVERYTHING, order: MarketOrder = MarketOrder.ID) -> list[str]:
    """Return the ids of the markets that the index finds."""
    return [row["market_id"] for row in index.markets(wanted, order=order)]


def test_asking_makes_no_archive(data_dir: Path) -> None:
    """Where there is no archive nothing is found, and none is made."""
    with Index(Archive(data_dir)) as index:
        assert ([], [], 0) == (index.tapes_of("1.1"), ids(index), index.count(EVERYTHING))

    assert not data_dir.exists()


def test_missing_index_is_made_from_the_manifests(archive: Archive) -> None:
    """An index that was removed is the same again afterwards."""
    archived(archive, b"a", market("1.1", venue="Ascot"))
    archived(archive, b"b", market("1.2"), market("1.3"))
    with Index(archive) as index:
        before = index.markets(EVERYTHING)
        path = index.store.path
    path.unlink()

    with Index(archive) as index:
        assert before == index.markets(EVERYTHING)


def test_damaged_manifest_does_not_hide_the_others(archive: Archive) -> None:
    """A manifest that cannot be read costs its own tape only."""
    bad = archived(archive, b"a", market("1.1"))
    archived(archive, b"b", market("1.2"))
    archive.manifest_path(bad.sha256).write_text("{")

    with Index(archive) as index:
        assert ["1.2"] == ids(index)
        assert not IndexWriter(index.store, archive).knows(bad.sha256)


def test_best_tape_comes_first(archive: Archive) -> None:
    """Of several tapes of a market settled ones come first, then more messages, then undamaged ones."""
    tapes = {
        "long": (False, 900, False),
        "fragment": (True, 2, False),
        "full": (True, 100, True),
        "sound": (True, 100, False),
    }
    names = {
        name: archived(
            archive, name.encode(), market(settled=settled, messages=messages), damaged=damaged
        ).sha256
        for name, (settled, messages, damaged) in tapes.items()
    }

    with Index(archive) as index:
        expected = [names[name] for name in ("sound", "full", "fragment", "long")]
        assert expected == index.tapes_of("1.1")
        [row] = index.markets(EVERYTHING)

    assert (names["sound"], 100, 4, False) == (row["sha256"], row["messages"], row["tapes"], row["damaged"])


def test_filter_looks_at_the_best_tape_alone(archive: Archive) -> None:
    """A market whose best tape is settled is not found as unsettled because of another tape of it."""
    archived(archive, b"whole", market(settled=True))
    archived(archive, b"fragment", market(settled=False))
    unsettled = MarketFilter(settled=False)

    with Index(archive) as index:
        assert ([], 0) == (ids(index, unsettled), index.count(unsettled))
        assert 1 == index.count(MarketFilter(settled=True))


def test_number_of_tapes_does_not_depend_on_the_filter(archive: Archive) -> None:
    """A filtered market has as many tapes as without the filter."""
    archived(archive, b"whole", market(settled=True))
    archived(archive, b"fragment", market(settled=False))

    with Index(archive) as index:
        [row] = index.markets(MarketFilter(settled=True))

    assert 2 == row["tapes"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_index_is_private(archive: Archive) -> None:
    """Nobody but the owner may read the index and what SQLite puts beside it."""
    archived(archive, b"a", market())
    with Index(archive) as index:
        IndexWriter(index.store, archive).forget(["a"])
        modes = {path.stat().st_mode & 0o777 for path in archive.root.glob("index.sqlite*")}

    assert {0o600} == modes


def test_markets_are_sorted(archive: Archive) -> None:
    """Markets are sorted by time, id, messages or venue; what is unknown comes last."""
    archived(
        archive,
        b"a",
        market("1.10", market_time_ms=1, venue="York", messages=1),
        market("1.9", market_time_ms=2, venue="Ascot", messages=3),
        market("1.8", messages=2),
    )

    with Index(archive) as index:
        found = {order: ids(index, order=order) for order in MarketOrder}

    assert {
        MarketOrder.TIME: ["1.10", "1.9", "1.8"],
        MarketOrder.ID: ["1.8", "1.9", "1.10"],
        MarketOrder.MESSAGES: ["1.9", "1.8", "1.10"],
        MarketOrder.VENUE: ["1.9", "1.10", "1.8"],
    } == found


@pytest.mark.parametrize(
    ("expected", "wanted"),
    [
        (["1.1"], MarketFilter(event_types=frozenset({"7"}))),
        (["1.1"], MarketFilter(venues=frozenset({"ascot"}))),
        (["1.2"], MarketFilter(countries=frozenset({"ie", "fr"}))),
        (["1.2"], MarketFilter(market_types=frozenset({"place"}))),
        (["1.2"], MarketFilter(from_ms=150)),
        (["1.1"], MarketFilter(before_ms=200)),
        (["1.1"], MarketFilter(settled=True)),
        (["1.2", "1.3"], MarketFilter(settled=False)),
        ([], MarketFilter(settled=True, countries=frozenset({"ie"}))),
    ],
)
def test_index_and_filter_agree(archive: Archive, expected: list[str], wanted: MarketFilter) -> None:
    """What the index finds is what the filter takes."""
    facts = {"event_type_id": "7", "country_code": "GB", "market_type": "WIN", "venue": "Ascot"}
    markets = (
        market("1.1", market_time_ms=100, settled=True, **facts),
        market("1.2", market_time_ms=200, country_code="IE", market_type="PLACE"),
        market("1.3"),
    )
    archived(archive, b"a", *markets)

    with Index(archive) as index:
        assert (expected, len(expected)) == (ids(index, wanted), index.count(wanted))
    assert expected == [each.market_id for each in markets if wanted.takes(each)]


def test_tapes_are_forgotten(archive: Archive) -> None:
    """A tape is taken out with its markets and runners; the others stay."""
    gone = archived(archive, b"a", market("1.1"))
    archived(archive, b"b", market("1.2"))
    with Index(archive) as index:
        IndexWriter(index.store, archive).forget([gone.sha256])
        found = ids(index)

    with sqlite3.connect(archive.root / "index.sqlite") as connection:
        runners = connection.execute("SELECT count(*) FROM runners").fetchone()
    connection.close()
    assert (["1.2"], (1,)) == (found, runners)


def test_entering_a_tape_again_changes_nothing(archive: Archive) -> None:
    """A tape that is entered twice is there once."""
    manifest = archived(archive, b"a", market("1.1"))
    with Index(archive) as index:
        writer = IndexWriter(index.store, archive)
        writer.enter(manifest)

        assert ["1.1"] == ids(index)
        assert {manifest.sha256} == writer.entered()


def test_failed_transaction_leaves_nothing(archive: Archive) -> None:
    """What a block wrote before it failed is undone."""
    manifest = archived(archive, b"a", market("1.1"))
    with Index(archive) as index:
        writer = IndexWriter(index.store, archive)
        writer.forget([manifest.sha256])
        with pytest.raises(KeyError):
            _fail_after_entering(index.store, writer, manifest)

        assert [] == ids(index)


def _fail_after_entering(store: Store, writer: IndexWriter, manifest: Manifest) -> None:
    with store.transaction():
        writer.enter(manifest)
        raise KeyError


def test_source_files_are_remembered(archive: Archive) -> None:
    """A source file is remembered as it was last imported."""
    with Index(archive) as index:
        memory = SourceMemory(index.store)
        for size in (1, 2):
            memory.remember(Source("/a", size, 5, "hash", "{}"))

        assert Source("/a", 2, 5, "hash", "{}") == memory.recall("/a")
        assert memory.recall("/b") is None


def test_file_that_is_no_index_is_damage(archive: Archive) -> None:
    """An index that is no database says that it can be removed."""
    (archive.root / "index.sqlite").write_bytes(b"no database at all" * 100)

    with pytest.raises(DamagedError, match="made anew"):
        Index(archive)
