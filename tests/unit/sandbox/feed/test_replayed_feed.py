"""Tapes that another process reads ahead: the same as when they are read here."""

import os
import sys
from pathlib import Path

import pytest

from betflow.errors import BetflowError, NotFoundError
from betflow.sandbox.feed.replayed import ReplayedFeed
from betflow.sandbox.feed.tapes import TapeFeed
from recordings import recording
from tapes import tape

BEGINS = 1_800_000_000_000
FOREVER = BEGINS + 10**12


def test_a_tape_is_played_as_it_is_read_here() -> None:
    """Changes, numbers that are none among them, in the same order, with the same listings."""
    feeds = [each([tape("1.205822330")], begins=BEGINS) for each in (TapeFeed, ReplayedFeed)]
    first, second = [list(each.take(FOREVER)) for each in feeds]

    assert len(first) > 1000
    assert repr(first) == repr(second)  # as text, since no nan equals another
    assert "nan" in repr(first)
    here, ahead = [each.listing("1.205822330") for each in feeds]
    assert here == ahead
    for each in feeds:
        assert each.next_at() is None
        each.close()


def test_findings_come_with_the_changes(tmp_path: Path) -> None:
    """What cannot be read is told where it is told here."""
    (tmp_path / "1.100000001").write_bytes(b"{damaged\n".join([recording(prices=300), recording()]))
    feeds = [each([tmp_path], begins=BEGINS) for each in (TapeFeed, ReplayedFeed)]
    for each in feeds:
        list(each.take(FOREVER))

    first, second = [list(each.findings) for each in feeds]
    assert first
    assert first == second
    for each in feeds:
        each.close()


def test_what_cannot_be_replayed_is_refused_at_once(tmp_path: Path) -> None:
    """With the error that there would be here."""
    with pytest.raises(NotFoundError, match="There is no tape in"):
        ReplayedFeed([tmp_path], begins=BEGINS)
    with pytest.raises(NotFoundError, match="There is no file or folder"):
        ReplayedFeed([tmp_path / "nothing"], begins=BEGINS)
    with pytest.raises(NotFoundError, match="There is no file or folder"):
        ReplayedFeed([tmp_path / "more than a command line takes"] * 5000, begins=BEGINS)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_need_not_be_text(tmp_path: Path) -> None:
    """A file whose name is no UTF-8 is read, and findings name it with escapes."""
    path = tmp_path / os.fsdecode(b"1.100000001-\xff")
    path.write_bytes(b"{damaged\n".join([recording(prices=3), recording()]))
    feed = ReplayedFeed([path], begins=BEGINS)

    assert [] != list(feed.take(FOREVER))
    assert [rf"{tmp_path}/1.100000001-\xff"] == [each.subject for each in feed.findings]
    feed.close()


def test_a_reader_that_dies_is_an_error(tmp_path: Path) -> None:
    """When the process is killed, taking from it says so."""
    (tmp_path / "1.100000001").write_bytes(recording(prices=20_000))
    feed = ReplayedFeed([tmp_path], begins=BEGINS)
    next(feed.take(FOREVER))
    feed._worker.kill()

    with pytest.raises(BetflowError, match="was killed by signal 9"):
        list(feed.take(FOREVER))
    feed.close()


def test_a_feed_that_is_closed_leaves_nothing_behind(tmp_path: Path) -> None:
    """The process ends by itself, whatever it was doing."""
    (tmp_path / "1.100000001").write_bytes(recording(prices=20_000))
    feed = ReplayedFeed([tmp_path], begins=BEGINS)
    next(feed.take(FOREVER))

    feed.close()
    assert 0 == feed._worker.returncode
