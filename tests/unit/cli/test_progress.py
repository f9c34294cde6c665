"""Progress is a bar where somebody looks and a line a minute where nobody does."""

import io

import pytest

from betflow.cli.progress import BarProgress, LineProgress, progress_on


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def test_lines_come_once_a_minute() -> None:
    """Work says nothing for a minute, then once a minute how far it is."""
    now_s = [0.0]
    stream = io.StringIO()
    progress = LineProgress(stream, elapsed_s=lambda: now_s[0])

    progress.start("backfill", total=5000, unit="files")
    for now_s[0] in (1.0, 59.0, 61.0, 62.0, 122.0):
        progress.advance(1000)
    progress.stop()
    progress.advance()

    assert [
        "backfill: 3,000 of 5,000 files",
        "backfill: 5,000 of 5,000 files",
    ] == stream.getvalue().splitlines()


def test_lines_without_a_total() -> None:
    """Where nobody knows how much there is, only what is done is said."""
    now_s = [0.0]
    stream = io.StringIO()
    progress = LineProgress(stream, elapsed_s=lambda: now_s[0])

    progress.start("record", total=None, unit="messages")
    now_s[0] = 60.0
    progress.advance(7)

    assert "record: 7 messages\n" == stream.getvalue()


def test_bar_shows_the_label_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar is drawn while the work goes on; the task may end without having begun."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    progress = BarProgress(stream)

    progress.stop()
    progress.start("[backfill]", total=2, unit="files")
    progress.advance()
    progress.stop()

    assert "[backfill]" in stream.getvalue()


def test_the_stream_decides() -> None:
    """A terminal gets a bar, everything else lines."""
    assert isinstance(progress_on(Terminal()), BarProgress)
    assert isinstance(progress_on(io.StringIO()), LineProgress)
