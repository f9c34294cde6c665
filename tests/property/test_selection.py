"""What the index finds for a filter is what the filter takes, whatever is known of a market."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from betflow.tape.archive import Archive
from betflow.tape.index import Index
from betflow.tape.index_writer import IndexWriter
from betflow.tape.manifest import Counts, Manifest, MarketSummary, SourceKind
from betflow.tape.selection import MarketFilter

# Letters whose case SQLite does not know, or that become several when their case is folded.
texts = st.sampled_from(["", "7", "GB", "gb", "Ascot", "ASCOT", "É", "é", "ß", "SS", "İ", "i̇", "Σ", "ς"])
moments = st.integers(-2, 2) | st.sampled_from([-(2**63), 2**63 - 1])
wanted_texts = st.frozensets(texts, max_size=3)

facts = st.fixed_dictionaries(
    {"settled": st.booleans()},
    optional={
        **dict.fromkeys(("event_type_id", "country_code", "market_type", "venue"), st.none() | texts),
        "market_time_ms": st.none() | moments,
    },
)
filters = st.builds(
    MarketFilter,
    event_types=wanted_texts,
    countries=wanted_texts,
    market_types=wanted_texts,
    venues=wanted_texts,
    from_ms=st.none() | moments,
    before_ms=st.none() | moments,
    settled=st.none() | st.booleans(),
)


TIMES = {"messages": 1, "definitions": 1, "first_publish_time": 1, "last_publish_time": 1}


def tape(markets: tuple[MarketSummary, ...]) -> Manifest:
    """Return a manifest of a tape with these markets."""
    return Manifest(
        sha256="a",
        bytes=1,
        stored_sha256="b",
        stored_bytes=1,
        kind=SourceKind.RAW_STREAM,
        damaged=False,
        counts=Counts(lines=1, messages=1, other=0, blank=0, damaged=0),
        first_publish_time=1,
        last_publish_time=2,
        markets=markets,
        findings=(),
        source="tape",
        made_by="test",
    )


@given(of_markets=st.lists(facts, max_size=6), wanted=st.lists(filters, min_size=1, max_size=6))
def test_index_and_filter_agree(of_markets: list[dict[str, object]], wanted: list[MarketFilter]) -> None:
    """The markets that the index finds and counts are those that the filter takes, known facts or not."""
    markets = tuple(
        MarketSummary(market_id=f"1.{number}", **TIMES, **each)  # type: ignore[arg-type] # facts of many types
        for number, each in enumerate(of_markets)
    )
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        archive.root.mkdir()
        with Index(archive) as index:
            IndexWriter(index.store, archive).enter(tape(markets))
            for each in wanted:
                expected = {market.market_id for market in markets if each.takes(market)}
                assert expected == {row["market_id"] for row in index.markets(each)}
                assert len(expected) == index.count(each)


@given(of_market=facts)
def test_empty_filter_takes_everything(of_market: dict[str, object]) -> None:
    """A filter that asks for nothing takes a market of which nothing is known."""
    market = MarketSummary(market_id="1.1", **TIMES, **of_market)  # type: ignore[arg-type] # as above

    assert MarketFilter().takes(market)
