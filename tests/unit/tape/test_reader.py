"""A tape is read whole, every line is accounted for, and what cannot be read is said."""

import bz2
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from betflow.errors import NotFoundError
from betflow.tape import Account, Limits, Position, Tape
from betflow.tape.skimming import decode_skimming
from betflow.wire.stream import MarketChangeMessage
from recordings import MARKET_ID, recorded_lines, recording
from tapes import tapes


def taped(path: Path, *lines: bytes, end: bytes = b"\n") -> Tape:
    """Write lines and return them as a tape."""
    path.write_bytes(b"\n".join(lines) + end)
    return Tape(path)


def codes(tape: Tape) -> list[str]:
    """Read the tape and return the codes of its findings."""
    for _ in tape:
        pass
    return [finding.code for finding in tape.findings]


def test_every_line_of_the_recorded_tapes_is_a_message() -> None:
    """The ten recorded tapes have 72,647 lines, and each is read as a message."""
    account = Account()
    for path in tapes():
        tape = Tape(path)
        for _ in tape.messages():
            pass
        account += tape.account
        assert [] == tape.findings

    assert (72_647, 72_647, 0) == (account.lines, account.messages, account.damaged)


def test_books_follow_the_messages(tmp_path: Path) -> None:
    """Iterating gives the market's book after each change, with what changed."""
    tape = taped(tmp_path / "tape", *recorded_lines(prices=3))

    best = [book.runners[0].best_back for book in tape]

    assert [None, 2.0, 2.01, 2.02, 2.02] == best
    assert "CLOSED" == tape.books.books[MARKET_ID].status


def test_each_iteration_begins_afresh(tmp_path: Path) -> None:
    """A tape of a file can be read again, with the same books and findings."""
    tape = taped(tmp_path / "tape", *recorded_lines(), b"{")

    assert codes(tape) == codes(tape)
    assert 7 == sum(1 for _ in tape)


def test_reading_ahead_changes_nothing(tmp_path: Path) -> None:
    """The messages are the same whether or not a thread works ahead."""
    path = tmp_path / "tape.bz2"
    path.write_bytes(bz2.compress(recording(prices=500)))

    ahead, behind = (
        [message.pt for message in Tape(path, readahead=each).messages()] for each in (True, False)
    )
    assert (502, ahead) == (len(behind), behind)


def test_damaged_line_is_a_finding_and_the_rest_goes_on(tmp_path: Path) -> None:
    """A line that is no JSON is named with line, offset and reason; the lines around it are read."""
    first, *rest = recorded_lines()
    tape = taped(tmp_path / "tape", first, b'{"op":"mcm",,}', *rest)

    assert ["tape.line-damaged"] == codes(tape)
    [finding] = tape.findings
    assert (2, len(first) + 1) == (finding.where["line"], finding.where["offset"])
    assert "JSON is malformed" in finding.message
    assert Account(lines=8, messages=7, damaged=1, bytes=tape.account.bytes) == tape.account


@pytest.mark.parametrize(
    ("reason", "bad"),
    [
        ("not UTF-8", b'{"op":"mcm","pt":1,"clk":"\xff"}'),
        ("nested too deep", b'{"op":"mcm","pt":1,"x":' + b"[" * 5000),
        ("Expected `array`", b'{"op":"mcm","pt":1,"mc":[{"id":"1.1","rc":[{"id":1,"atb":[[5.3]]}]}]}'),
        ("missing required field `pt`", b'{"op":"mcm"}'),
    ],
)
def test_reason_of_damage_is_said(tmp_path: Path, reason: str, bad: bytes) -> None:
    """Whatever is wrong with a line is said in its finding."""
    tape = taped(tmp_path / "tape", bad, *recorded_lines())

    assert ["tape.line-damaged"] == codes(tape)
    assert reason in tape.findings[0].message


def test_damaged_lines_in_a_row_are_one_finding(tmp_path: Path) -> None:
    """Damaged lines that follow one another are one finding that counts them."""
    tape = taped(tmp_path / "tape", b"x", b"y", b"z", *recorded_lines(), b"x")

    assert ["tape.line-damaged", "tape.line-damaged"] == codes(tape)
    assert [3, 1] == [finding.where["lines"] for finding in tape.findings]


def test_half_line_at_the_end_is_told_apart(tmp_path: Path) -> None:
    """A tape that ends in the middle of a line says that, not that the line is damaged."""
    tape = taped(tmp_path / "tape", *recorded_lines(), b'{"op":"mc', end=b"")

    assert ["tape.half-line"] == codes(tape)


def test_last_line_needs_no_end(tmp_path: Path) -> None:
    """A whole message without a line end at the end of the tape is a message."""
    tape = taped(tmp_path / "tape", *recorded_lines(), end=b"")

    assert [] == codes(tape)
    assert 7 == tape.account.messages


def test_other_messages_and_blank_lines_are_accounted_for(tmp_path: Path) -> None:
    """Connections, statuses, orders, unknown operations and blank lines are no damage."""
    others = [b'{"op":"connection"}', b'{"op":"status"}', b'{"op":"ocm","pt":1}', b'{"op":"new"}']
    tape = taped(tmp_path / "tape", *others, b"", b"  ", *recorded_lines())

    assert [] == codes(tape)
    assert (13, 7, 4, 2, 0) == (
        tape.account.lines,
        tape.account.messages,
        tape.account.other,
        tape.account.blank,
        tape.account.damaged,
    )


def test_line_beyond_the_limit_is_left_out(tmp_path: Path) -> None:
    """A line that is too long is a finding with its size, and never held."""
    path = tmp_path / "tape"
    path.write_bytes(b"x" * 500_000 + b"\n" + recording())
    tape = Tape(path, limits=Limits(line=1000))

    assert ["tape.line-damaged"] == codes(tape)
    assert "500,000 bytes" in tape.findings[0].message


def test_truncated_stream_is_read_up_to_the_break(tmp_path: Path) -> None:
    """Of a bz2 that was cut off, everything before the cut is read, and the cut is a finding."""
    content = bz2.compress(recording(prices=20_000))
    path = tmp_path / "tape.bz2"
    path.write_bytes(content[: len(content) // 2])
    tape = Tape(path)

    assert "tape.truncated" in codes(tape)
    assert tape.account.messages > 5000


@pytest.mark.parametrize("content", [b"", b"\n\n \n"])
def test_empty_tape_is_a_finding(tmp_path: Path, content: bytes) -> None:
    """A file with nothing in it is a finding, not an error."""
    path = tmp_path / "tape"
    path.write_bytes(content)

    assert ["tape.empty"] == codes(Tape(path))


def test_position_leads_to_the_message(tmp_path: Path) -> None:
    """The position of a message is the place of its line, and the line is what stands there."""
    lines = recorded_lines()
    tape = taped(tmp_path / "tape", *lines)
    content = (tmp_path / "tape").read_bytes()

    for number, _ in enumerate(tape.messages(), 1):
        assert Position(number, tape.position.offset) == tape.position
        assert lines[number - 1] == tape.line
        assert content[tape.position.offset :].startswith(tape.line)


def test_every_chunk_is_passed_on(tmp_path: Path) -> None:
    """Who asks for the chunks gets the expanded content byte for byte, damage included."""
    content = recording() + b"\xff\xff\n" + recording()
    path = tmp_path / "tape.bz2"
    path.write_bytes(bz2.compress(content))
    chunks: list[bytes] = []

    assert ["tape.line-damaged"] == codes(Tape(path, on_chunk=chunks.append))
    assert content == b"".join(chunks)


def test_scan_goes_on_behind_damage_with_its_own_decoder(tmp_path: Path) -> None:
    """A scan hands over messages batch by batch, with a lean decoder, and damage is found all the same."""
    tape = taped(tmp_path / "tape", b"{", *recorded_lines(), b"}")

    def times(messages: Iterator[MarketChangeMessage]) -> Iterator[int]:
        for message in messages:
            yield message.pt

    assert [message.pt for message in tape.messages()] == list(tape.scan(times, decode_skimming))
    assert 2 == tape.account.damaged


def test_only_the_first_tape_of_an_archive_is_read_and_said_so(tmp_path: Path) -> None:
    """A Tape of an archive with more in it reads the first and says that there are more."""
    (tmp_path / "a").write_bytes(recording())
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "a", "one")
        archive.add(tmp_path / "a", "two")
    tape = Tape(tmp_path / "a.tar")

    assert ["tape.unsupported"] == codes(tape)
    assert 7 == tape.account.messages


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A tape of a file that is not there cannot be made."""
    with pytest.raises(NotFoundError, match="There is no file"):
        Tape(tmp_path / "missing")
