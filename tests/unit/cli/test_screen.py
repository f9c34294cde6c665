"""Answers are whole and harmless, on a terminal and elsewhere."""

import io
import json
import os

import pytest

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
def test_terminal_table_folds_what_does_not_fit() -> None:
    """On a narrow terminal an id goes on below; every character of it is there."""
    stream = Terminal()

    Screen(stream).table(["run", "command"], [[RUN_ID, "tape stats and a lot of other words"]])

    column = "".join(line[:25].strip() for line in stream.getvalue().splitlines())
    assert "…" not in stream.getvalue()
    assert set(RUN_ID) <= set(column)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("-", None),
        ("yes", True),
        ("no", False),
        ("3.05", 3.05),
        ("a\\x1b[2Jb\\x0a", "a\x1b[2Jb\n"),
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

    print_envelope({"data": "café\udcff"}, stream)
    stream.flush()

    assert 1 == raw.getvalue().count(b"\n")
    assert {"data": "café\udcff"} == json.loads(raw.getvalue())


def test_long_lists_of_findings_end_with_where_to_read_on() -> None:
    """Twenty findings are shown, and where the others are."""
    stream = io.StringIO()

    print_findings([{"code": "a", "subject": "b", "message": "c"}] * 25, stream, run_id=RUN_ID)

    lines = stream.getvalue().splitlines()
    assert (21, f"… and 5 findings more: betflow audit show {RUN_ID}") == (len(lines), lines[-1])


def test_reader_that_went_away_is_no_error() -> None:
    """A pipe that nobody reads any more ends the writing in silence."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")

    with safely(stream):
        stream.write("x" * 100_000)

    stream.close()
