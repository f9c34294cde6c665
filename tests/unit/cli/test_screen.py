"""Answers are whole and harmless, on a terminal and elsewhere."""

import io
import json
import os

import pytest

from betflow.cli.figures import result
from betflow.cli.screen import Screen, print_envelope, print_findings, safely, shown

RUN_ID = "20260218T093000-9f86d081"


class Terminal(io.StringIO):
    """A terminal of 40 columns."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")


def test_plain_table_is_as_wide_as_it_needs() -> None:
    """Away from a terminal columns are aligned, numbers to the right, and nothing is cut."""
    stream = io.StringIO()

    Screen(stream).table(["run", "exit"], [[RUN_ID, 0], ["x" * 200, 130], ["-", None]])

    assert [
        f"{'run':200}  exit",
        f"{RUN_ID:200}     0",
        f"{'x' * 200}   130",
        f"{'-':200}     -",
    ] == stream.getvalue().splitlines()


@pytest.mark.usefixtures("_narrow")
def test_terminal_leaves_out_what_can_be_done_without() -> None:
    """Of the spare columns a terminal shows the most important that fit, and says which it does not show."""
    stream = Terminal()
    columns, row = ["run", "exit", "started", "by", "at"], [RUN_ID, 0, "2026-02-18", "cron", "noon"]

    Screen(stream).table(columns, [row], spare=[("by", "at"), ("started",), ("exit",)])

    assert [
        "run                       exit",
        f"{RUN_ID}     0",
        "(Without started, by, at: a wider",
        "  terminal has them, and --json.)",
    ] == stream.getvalue().splitlines()


@pytest.mark.usefixtures("_narrow")
def test_room_is_used_to_the_last_column() -> None:
    """A table, and a spare column, that are exactly as wide as there is room are shown."""
    whole, cut = Terminal(), Terminal()

    Screen(whole).table(["a", "b"], [["x" * 30, "y" * 8]], spare=[("b",)])
    Screen(cut).table(["a", "b", "c"], [["x" * 30, "y" * 8, "z"]], spare=[("c",), ("b",)])

    row = f"{'x' * 30}  {'y' * 8}"
    assert [row] == whole.getvalue().splitlines()[1:]
    assert row == cut.getvalue().splitlines()[1]


@pytest.mark.usefixtures("_narrow")
def test_terminal_stacks_rows_that_do_not_fit() -> None:
    """A row too wide for the terminal has lines of its own, broken between words; long words stay whole."""
    stream = Terminal()
    path, words = "a" * 45, "one two three four five six seven eight nine"

    Screen(stream).table(["path", "size", "words", "kind"], [[path, 5, words, "x"]], spare=[("size",)])

    assert [
        path,
        "  size 5",
        "  words one two three four five six",
        "    seven eight nine",
        "  kind x",
    ] == stream.getvalue().splitlines()


@pytest.mark.usefixtures("_narrow")
def test_wide_characters_are_counted_as_they_are_shown() -> None:
    """A character that takes two columns of a terminal is counted as two."""
    stream = Terminal()

    Screen(stream).table(["name", "price"], [["馬馬", 2], ["horse", 3]])

    assert ["name   price", "馬馬       2", "horse      3"] == stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("-", None),
        ("yes", True),
        ("no", False),
        ("3.05", 3.05),
        ("a\\x1b[2Jb\\x0a", "a\x1b[2Jb\n"),
        ("a\\u202eb\\u2028\\xad\\U000e0001 é\xa0€", "a\u202eb\u2028\xad\U000e0001 é\xa0€"),
        ("café", "café"),
    ],
)
def test_values_are_shown_on_one_line(expected: str, value: object) -> None:
    """Control characters, which could clear the reader's screen, are shown instead of obeyed."""
    assert expected == shown(value)


@pytest.mark.usefixtures("_narrow")
def test_markup_in_data_is_only_text() -> None:
    """A runner called [red] is shown with its brackets."""
    stream = Terminal()

    Screen(stream).table(["runner"], [["[red]Rum[/red]"]])

    assert "[red]Rum[/red]" in stream.getvalue()


def test_fields_without_a_value_are_left_out() -> None:
    """Names are aligned, and what has no value is not shown."""
    stream = io.StringIO()

    Screen(stream).fields({"run": "a", "finished": None, "command": "b"})

    assert "run       a\ncommand   b\n" == stream.getvalue()


def test_envelope_is_one_line_for_programs() -> None:
    """A program reads one line; whatever the encoding, it is JSON."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="")

    print_envelope({"data": "café 🐎"}, stream)
    stream.flush()

    assert b'{"data": "caf\\u00e9 \\ud83d\\udc0e"}\n' == raw.getvalue()
    assert {"data": "café 🐎"} == json.loads(raw.getvalue())


def test_long_lists_of_findings_end_with_where_to_read_on() -> None:
    """Twenty findings are shown, and where the others are."""
    stream = io.StringIO()

    print_findings([{"code": "a", "subject": "b", "message": "c"}] * 25, stream, run_id=RUN_ID)

    lines = stream.getvalue().splitlines()
    assert (21, f"… and 5 findings more: betflow audit show {RUN_ID}") == (len(lines), lines[-1])


@pytest.mark.usefixtures("_narrow")
def test_finding_is_broken_between_words_on_a_terminal() -> None:
    """A finding that is longer than a line goes on below; away from a terminal it is one line."""
    finding = {"code": "a.b", "subject": "x" * 50, "message": "It is damaged."}
    terminal, pipe = Terminal(), io.StringIO()

    print_findings([finding], terminal, run_id=RUN_ID)
    print_findings([finding], pipe, run_id=RUN_ID)

    assert ["finding a.b:", f"  {'x' * 50}:", "  It is damaged."] == terminal.getvalue().splitlines()
    assert f"finding a.b: {'x' * 50}: It is damaged.\n" == pipe.getvalue()


def test_reader_that_went_away_is_no_error() -> None:
    """A pipe that nobody reads any more ends the writing in silence."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")

    with safely(stream):
        stream.write("x" * 100_000)

    stream.close()


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, ""), (1, "████"), (0.5, "██"), (0.53125, "██▏"), (0.21875, "▉"), (2, "████"), (-1, "")],
)
def test_bar(share: float, expected: str) -> None:
    """It is as long as its share of the width, to an eighth of a character, and never longer than that."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")

    assert expected == Screen(stream).bar(share, 4)


def test_bar_where_there_are_no_blocks() -> None:
    """A stream that knows only ASCII gets whole signs."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    assert "##" == Screen(stream).bar(0.53125, 4)


def test_profit_is_green_and_loss_red_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal shows what was won green and what was lost red, aligned as without colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    Screen(stream).table(["market", "net"], [["1.1", result(2)], ["1.2", result(-12.5)], ["1.3", result(0)]])

    assert [
        "1.1       \x1b[32m2.00\x1b[0m",
        "1.2     \x1b[31m-12.50\x1b[0m",
        "1.3       0.00",
    ] == [line.replace("\x1b[32m  ", "  \x1b[32m") for line in stream.getvalue().splitlines()[1:]]


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR, and away from a terminal, nothing has a colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    for stream in (Terminal(), io.StringIO()):
        Screen(stream).table(["net"], [[result(-12.5)]])

        assert "\x1b[3" not in stream.getvalue()


def test_an_error_begins_red_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The word "error" is red, what follows is not."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    print_findings([{"code": "error.usage", "subject": "", "message": "No."}], stream, run_id=None)

    assert "\x1b[1;31merror\x1b[0m: No.\n" == stream.getvalue()


def test_no_line_ends_in_blanks() -> None:
    """A row whose last values are empty ends with its last value."""
    stream = io.StringIO()
    Screen(stream).table(["a", "b", "c"], [["1", "", ""], ["", "", "three"]])

    assert ["a  b  c", "1", "      three"] == stream.getvalue().splitlines()
