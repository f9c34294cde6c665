"""The book at a moment is what a reader of the whole tape saw after the last message published by then."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.errors import UsageError
from betflow.exchange.book import MarketBooks
from betflow.exchange.snapshot import MarketSnapshot, snapshot
from betflow.jobs.sources import MarketSource
from betflow.jobs.tape_book import book_at
from betflow.tape import Tape
from betflow.wire.stream import decode_market_change
from changes import defined
from recordings import line

MARKET, OTHER = "1.1", "1.2"
TIMES = st.integers(1, 9)


@st.composite
def recordings(draw: st.DrawFn) -> list[bytes]:
    """Draw the lines of a tape of two markets whose publish times are in any order."""
    lines = []
    for number, pt in enumerate(draw(st.lists(TIMES, min_size=1, max_size=12))):
        ids = draw(st.lists(st.sampled_from([MARKET, OTHER]), max_size=2, unique=True))
        change: dict[str, Any] = {
            "rc": [{"id": 1, "atb": [[2 + number / 100, 5]]}],
            "img": draw(st.booleans()),
        }
        if draw(st.booleans()):
            change["marketDefinition"] = defined()
        is_image = draw(st.integers(0, 5)) == 0
        more = {"ct": "SUB_IMAGE"} if is_image else {}
        lines.append(line(pt, *({"id": each, **change} for each in ids), **more))
    return lines


def naive(lines: list[bytes], moment: int) -> MarketSnapshot | None:
    """Read the whole tape; keep the book after each message that was published by then."""
    kept = None
    seen = False
    books = MarketBooks()
    for message in map(decode_market_change, lines):
        books.apply(message)
        concerns = any(change.id == MARKET for change in message.mc or ())
        if message.pt <= moment and (concerns or message.ct == "SUB_IMAGE"):
            seen = seen or concerns
            kept = snapshot(books.books[MARKET]) if MARKET in books.books else None
    return kept if seen else None


@given(recordings(), TIMES)
def test_book_is_that_of_a_reader_of_the_whole_tape(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], moment: int
) -> None:
    """In whatever order the publish times are, the last message by then and all before it make the book."""
    path = tmp_path_factory.mktemp("tape") / "tape"
    path.write_bytes(b"\n".join(lines))
    expected = naive(lines, moment)
    source = MarketSource(Tape(path), MARKET)
    if not any(MARKET.encode() in each for each in lines):
        return

    if expected is None:
        with pytest.raises(UsageError):
            book_at(source, moment)
    else:
        assert expected == snapshot(book_at(source, moment)[0])
