"""Every line of a tape is accounted for, and each finding and position points at the very bytes."""

import bz2
import time
from pathlib import Path

import pytest

from betflow.tape import Limits, Position, Tape
from betflow.tape.reader import MOST_FINDINGS
from tapes import tape as recorded
from wrapping import COMPRESSIONS, LINES, line, messages

BAD = b'{"op":"mcm","pt":"soon"}\n'


def _tape(folder: Path, content: bytes, **limits: int) -> Tape:
    (folder / "tape").write_bytes(content)
    tape = Tape(folder / "tape", limits=Limits(**limits))
    for _message in tape.messages():
        pass
    account = tape.account
    assert account.lines == account.messages + account.other + account.blank + account.damaged
    return tape


def _codes(tape: Tape) -> list[str]:
    return [finding.code for finding in tape.findings]


@pytest.mark.parametrize("name", ["1.205822330", "1.197931751", "BASIC-1.132153978"])
def test_position_of_every_message_of_a_real_tape_is_its_place(name: str) -> None:
    """At the offset of each message stand its bytes, and its line has its number."""
    file = recorded(name)
    content = bz2.decompress(file.read_bytes())
    lines = content.split(b"\n")
    tape = Tape(file)

    for message in tape.messages():
        line_number, offset = tape.position.line, tape.position.offset
        text = lines[line_number - 1]
        assert content.startswith(text, offset)
        assert offset == 0 or content[offset - 1 : offset] == b"\n"
        assert repr([message]) == repr(messages(text))  # NaN is not equal to itself


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_positions_are_those_of_the_bytes(mark: bytes, end: bytes, tmp_path: Path) -> None:
    """Marks and line ends count: an offset is one of the expanded content as it is."""
    texts = [each.rstrip() for each in LINES]
    content = mark + end.join(texts)
    (tmp_path / "tape").write_bytes(content)
    tape = Tape(tmp_path / "tape")

    found = [tape.position for _message in tape.messages()]

    assert [Position(at, content.index(text)) for at, text in enumerate(texts, 1)] == found
    assert [] == tape.findings


def test_runs_of_damaged_lines_point_at_their_first(tmp_path: Path) -> None:
    """Each run of damaged lines is one finding, with line, offset, count and the first line's reason."""
    runs = [BAD * 3, b"not json\n" * 2, b'{"op":"mcm","pt":1,"clk":"\xff"}\n']
    content = b"".join(LINES[at] + run for at, run in enumerate(runs)) + LINES[3]

    tape = _tape(tmp_path, content)

    assert ["tape.line-damaged"] * 3 == _codes(tape)
    assert [content.index(run) for run in runs] == [finding.where["offset"] for finding in tape.findings]
    assert [2, 6, 9] == [finding.where["line"] for finding in tape.findings]
    assert [3, 2, 1] == [finding.where["lines"] for finding in tape.findings]
    assert "it is not UTF-8" == tape.findings[2].where["reason"]
    assert (4, 6) == (tape.account.messages, tape.account.damaged)


@pytest.mark.parametrize("between", [b"\n", b'{"op":"ocm"}\n', LINES[0]])
def test_damage_with_anything_between_is_two_findings(between: bytes, tmp_path: Path) -> None:
    """Only lines that follow one another directly are put together."""
    tape = _tape(tmp_path, BAD + between + BAD)

    assert [(1, 1), (3, 1)] == [(each.where["line"], each.where["lines"]) for each in tape.findings]


def test_findings_have_a_limit_and_the_rest_is_counted(tmp_path: Path) -> None:
    """Beyond the most that are listed, findings are counted in one that comes last."""
    tape = _tape(tmp_path, (BAD + LINES[0]) * (MOST_FINDINGS + 5))

    assert ["tape.line-damaged"] * MOST_FINDINGS + ["tape.more-findings"] == _codes(tape)
    assert "5 more" in tape.findings[-1].message
    assert MOST_FINDINGS + 5 == tape.account.damaged


@pytest.mark.parametrize("kind", ["plain", *COMPRESSIONS])
@pytest.mark.parametrize("before", [0, 200_000, 262_140])
def test_limit_of_a_line_is_exact_whatever_it_comes_in(kind: str, before: int, tmp_path: Path) -> None:
    """A line of the greatest length is read and one that is a byte longer is left out, wherever it stands."""
    first = b'{"op":"mcm","pt":1}'.ljust(before) + b"\n"
    longest = b'{"op":"mcm","pt":2}'.ljust(300_000) + b"\n"
    longer = b'{"op":"mcm","pt":3}'.ljust(300_001) + b"\n"
    content = first + longest + longer + longer + LINES[0]

    tape = _tape(tmp_path, COMPRESSIONS.get(kind, bytes)(content), line=300_000)

    assert (5, 3, 2) == (tape.account.lines, tape.account.messages, tape.account.damaged)
    assert ["tape.line-damaged"] == _codes(tape)
    where = tape.findings[0].where
    assert (3, content.index(longer), 2) == (where["line"], where["offset"], where["lines"])


def test_line_behind_one_that_is_too_long_is_placed(tmp_path: Path) -> None:
    """After a line that was left out, positions are still those of the bytes."""
    content = b"x" * 1000 + b"\n" + LINES[0]
    (tmp_path / "tape").write_bytes(content)
    tape = Tape(tmp_path / "tape", limits=Limits(line=100))

    assert [Position(2, 1001)] == [tape.position for _message in tape.messages()]


@pytest.mark.parametrize("text", [b"\n", b'{"op":"ocm"}\n', b"x\n"])
def test_time_for_lines_without_a_message_grows_with_their_number_only(text: bytes, tmp_path: Path) -> None:
    """Ten times as many blank, other or damaged lines take some ten times as long, not a hundred times."""

    def seconds(lines: int) -> float:
        content = bz2.compress(text * lines)
        began = time.process_time()
        _tape(tmp_path, content)
        return time.process_time() - began

    few = min(seconds(2_000) for _ in range(3))

    assert seconds(20_000) < 40 * max(few, 0.002)


@pytest.mark.parametrize("end", [b"", b"bad\n", b"\n\n", b"x" * 2000 + b"\n", b'{"op":"mc'])
def test_latest_message_stays_whatever_comes_behind_it(end: bytes, tmp_path: Path) -> None:
    """At the end of a tape the latest message is still there, also where lines behind it are none."""
    tape = _tape(tmp_path, LINES[0] + LINES[1] + end, line=1000)

    assert messages(LINES[1]) == [tape.message]


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_break_is_placed_at_the_end_of_what_was_read(kind: str, tmp_path: Path) -> None:
    """A stream that breaks off has one finding, which says how many lines and bytes came out before."""
    content = b"".join(map(line, range(5_000)))
    whole = COMPRESSIONS[kind](content)
    given: list[bytes] = []
    (tmp_path / "tape").write_bytes(whole[: len(whole) * 2 // 3])
    tape = Tape(tmp_path / "tape", on_chunk=given.append)

    read = list(tape.messages())

    assert ["tape.truncated"] == _codes(tape)
    assert {"line": len(read), "offset": len(b"".join(given))} == tape.findings[0].where
    assert b"".join(given).count(b"\n") == len(read)


FEW = Limits(lines_without_message=5)


def _in_a_row(folder: Path, content: bytes, limits: Limits = FEW) -> Tape:
    (folder / "tape").write_bytes(content)
    tape = Tape(folder / "tape", limits=limits)
    assert len(list(tape.messages())) == tape.account.messages
    return tape


@pytest.mark.parametrize("text", [b"{}\n", b'{"op":"ocm"}\n', b" \n", b"x\n", b'x\n\n \n{"op":"ocm"}\n'])
def test_reading_ends_where_too_many_lines_in_a_row_are_no_messages(text: bytes, tmp_path: Path) -> None:
    """Behind so many lines without a message nothing is looked at, and a finding says where that is."""
    tape = _in_a_row(tmp_path, LINES[0] + text * 50 + LINES[1])

    assert (1, 6, 5) == (
        *(tape.account.messages, tape.account.lines),
        tape.account.other + tape.account.blank + tape.account.damaged,
    )
    before = LINES[0] + b"".join((text * 5).splitlines(keepends=True)[:4])
    assert ("tape.no-messages", {"line": 6, "offset": len(before)}) == (
        tape.findings[-1].code,
        tape.findings[-1].where,
    )


def test_fewer_lines_in_a_row_than_the_limit_are_passed_over(tmp_path: Path) -> None:
    """A message begins the count anew, also where many lines in all are none."""
    content = (b"x\n" * 4 + LINES[0]) * 9

    assert (9, 45) == ((account := _in_a_row(tmp_path, content).account).messages, account.lines)


def test_what_is_not_looked_at_is_counted_and_handed_on(tmp_path: Path) -> None:
    """Behind too many lines without a message the content goes on to whoever keeps or hashes it."""
    content, given = b"{}\n" * 50_000, list[bytes]()
    (tmp_path / "tape").write_bytes(content)

    tape = Tape(tmp_path / "tape", limits=FEW, on_chunk=given.append)

    assert [] == list(tape)
    assert (content, len(content)) == (b"".join(given), tape.account.bytes)


def test_break_behind_too_many_lines_is_told_too(tmp_path: Path) -> None:
    """Where a stream breaks off in what was not looked at, that is a finding as well."""
    tape = _in_a_row(tmp_path, bz2.compress(b"x\n" * 50_000)[:-5])

    assert ["tape.line-damaged", "tape.no-messages", "tape.truncated"] == [
        each.code for each in tape.findings
    ]


def test_end_of_the_reading_is_listed_behind_any_number_of_findings(tmp_path: Path) -> None:
    """What ended the reading is told although there are more findings than are listed."""
    tape = _in_a_row(tmp_path, b"x\n\n" * 9_000, Limits(lines_without_message=9_000))

    assert ["tape.no-messages", "tape.more-findings"] == [each.code for each in tape.findings[-2:]]
