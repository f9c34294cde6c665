"""Whoever stops reading, skips a tape or reads one again leaves nothing behind: no thread, no open file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from betflow.tape import Tape, TapeDamageWarning, read, tapes
from wrapping import COMPRESSIONS, LINES, line, messages, open_files, readahead_threads, tar

# More than a thread reads ahead of its reader, so that it has to wait when nobody reads.
BZ2 = COMPRESSIONS["bz2"](b"".join(line(number) for number in range(20_000))) * 15


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder of three long tapes; at the end nothing in it may be open."""
    for name in "abc":
        (tmp_path / name).write_bytes(BZ2)
    yield tmp_path
    assert ([], []) == (readahead_threads(), open_files(tmp_path))


def test_leaving_a_tape_in_the_middle(folder: Path) -> None:
    """A loop over a tape that is left early ends its thread and closes its file."""
    for _message in Tape(folder / "a").messages():
        assert 1 == len(readahead_threads())
        break


def test_leaving_the_books_of_many_tapes(folder: Path) -> None:
    """A loop over several tapes that is left early ends what was begun for the next ones too."""
    for _market in read(folder):
        break


def test_leaving_before_a_tape_is_read(folder: Path) -> None:
    """A loop over tapes that is left before the tape was read ends what was begun for it."""
    for _tape in read(folder).tapes():
        break


def test_passing_over_tapes(folder: Path) -> None:
    """Tapes that are passed over unread are closed."""
    assert 3 == len(list(read(folder).tapes()))


def test_leaving_an_archive_in_the_middle(folder: Path) -> None:
    """An archive is closed when its tapes are left."""
    (folder / "a").write_bytes(tar({"x": BZ2, "y": BZ2}))

    for tape in tapes(folder / "a"):
        next(iter(tape.messages()))
        break


def test_an_error_of_the_reader(folder: Path) -> None:
    """An error in the loop's body ends everything as well."""
    with pytest.raises(ZeroDivisionError):
        _fail(folder)


def _fail(folder: Path) -> None:
    for _market in read(folder):
        raise ZeroDivisionError


def test_a_tape_that_was_opened_and_closed(folder: Path) -> None:
    """What `open` began, `close` ends."""
    tape = Tape(folder / "a")
    tape.open()
    tape.close()


def test_each_iteration_begins_afresh(tmp_path: Path) -> None:
    """Books, findings, account and positions of a second iteration, also after an abandoned one, are new."""
    (tmp_path / "tape").write_bytes(LINES[0] + b"bad\n" + LINES[1])
    tape = Tape(tmp_path / "tape")
    for _ in tape:
        break

    for _ in range(2):
        assert messages(LINES[0] + LINES[1]) == list(tape.messages())
        assert (3, 2, 1, 1) == (
            tape.account.lines,
            tape.account.messages,
            tape.account.damaged,
            len(tape.findings),
        )
    assert ["1.1", "1.2"] == [market.market_id for market in tape]


def test_every_finding_is_a_warning_at_the_loop(tmp_path: Path) -> None:
    """Each finding is warned of once, and the warning names the file."""
    (tmp_path / "a").write_bytes(b"bad\n" + LINES[0] + b"bad")
    (tmp_path / "b").touch()
    replay = read(tmp_path)

    with pytest.warns(TapeDamageWarning) as caught:
        assert 1 == len(list(replay))

    assert ["tape.line-damaged", "tape.half-line", "tape.empty"] == [each.code for each in replay.findings]
    assert [f"{each.subject}: {each.message}" for each in replay.findings] == [
        str(each.message) for each in caught
    ]
    assert {__file__} == {each.filename for each in caught}
