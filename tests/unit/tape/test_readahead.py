"""A thread works ahead, in order, and is gone when nobody reads on."""

import threading
from collections.abc import Iterator

import pytest

from betflow.tape.readahead import Readahead


def threads() -> list[threading.Thread]:
    """Return the threads that work ahead at this moment."""
    return [each for each in threading.enumerate() if each.name == "betflow-readahead"]


def test_chunks_arrive_in_order() -> None:
    """What the source gives arrives whole and in order, and the thread ends."""
    chunks = [b"%d" % number for number in range(100)]

    assert chunks == list(Readahead(iter(chunks)))
    assert [] == threads()


def test_what_the_source_raises_is_raised_in_its_place() -> None:
    """An exception of the source arrives behind the chunks that came before it."""

    def source() -> Iterator[bytes]:
        yield b"good"
        raise ValueError("bad")

    arrived: list[bytes] = []
    with pytest.raises(ValueError, match="bad"):
        arrived.extend(Readahead(source()))

    assert [b"good"] == arrived


def test_consumer_that_stops_leaves_no_thread() -> None:
    """A consumer that stops in the middle leaves no thread behind."""
    ahead = Readahead(iter([b"x"] * 1000))

    next(iter(ahead))
    ahead.close()

    assert [] == threads()
