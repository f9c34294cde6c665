"""Lines out of packets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.betfair.stream.framing import LineSplitter, LineTooLongError


def test_lines_end_with_crlf_and_may_end_with_lf() -> None:
    """Both ends of a line are taken off, and empty lines are passed over."""
    assert [b"{1}", b"{2}"] == LineSplitter().feed(b"{1}\r\n\r\n{2}\n")


def test_a_line_that_is_not_complete_is_held() -> None:
    """The beginning of a line waits for its end."""
    splitter = LineSplitter()

    assert [] == splitter.feed(b'{"op"')
    assert 5 == splitter.pending
    assert [b'{"op":1}'] == splitter.feed(b":1}\r\n")
    assert 0 == splitter.pending


def test_a_line_without_end_is_not_held_for_ever() -> None:
    """What is held of a line is limited."""
    splitter = LineSplitter(limit=10)
    splitter.feed(b"1234567890")

    with pytest.raises(LineTooLongError, match="10 bytes"):
        splitter.feed(b"1")


@given(st.lists(st.binary(min_size=1).filter(lambda each: not set(each) & set(b"\r\n"))), st.data())
def test_any_way_of_cutting_gives_the_same_lines(lines: list[bytes], data: st.DataObject) -> None:
    """However the bytes are cut into packets, also between CR and LF, the lines are the same."""
    content = b"".join(each + b"\r\n" for each in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)))))
    splitter = LineSplitter()

    pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert lines == [line for piece in pieces for line in splitter.feed(piece)]
