"""Whatever is in a table, on a terminal of any width each value is whole, or said to be left out."""

import re
from io import StringIO
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from betflow.cli.screen import Screen

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text("abc ×馬-", max_size=30),
    st.just("1.127236622"),
)
NAMES = st.lists(st.text("xyz", min_size=1, max_size=12), min_size=1, max_size=8, unique=True)


class Terminal(StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[object]], list[tuple[str, ...]]]:
    """Draw the names, the rows and the columns that can be done without."""
    names = draw(NAMES)
    rows = draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), max_size=5))
    spare = draw(st.lists(st.sampled_from(names), unique=True, max_size=len(names) - 1))
    return names, rows, [(name,) for name in spare]


@given(tables(), st.integers(1, 200))
@example((["x", "y"], [["1", "2"]], [("y",)]), 1)  # the remark wraps behind its first word
def test_every_word_on_a_terminal_is_one_of_the_table(
    table: tuple[list[str], list[list[object]], list[tuple[str, ...]]], columns: int
) -> None:
    """The words on the terminal are those of the table, but for columns that are said to be left out."""
    names, rows, spare = table
    terminal, pipe = Terminal(), StringIO()
    with patch.dict("os.environ", {"COLUMNS": str(columns), "TERM": "dumb"}):
        Screen(terminal).table(names, rows, spare=spare)
    Screen(pipe).table(names, rows, spare=spare)

    remark = re.search(r"^\(Without\s+(.*?):.*?--json\.\)$", terminal.getvalue(), re.DOTALL | re.MULTILINE)
    shown = terminal.getvalue()[: remark.start()] if remark else terminal.getvalue()
    words = set(shown.split()) - {"·"}

    assert words <= set(pipe.getvalue().split())
    if remark is None and rows:
        assert {word for row in pipe.getvalue().splitlines()[1:] for word in row.split()} <= words
    if remark is not None:
        left_out = {name.strip() for name in remark[1].split(",")}
        assert left_out <= {name for (name,) in spare}
        assert set(names) - left_out <= words


@given(tables(), st.integers(40, 200))
def test_columns_are_never_wider_than_the_terminal(
    table: tuple[list[str], list[list[object]], list[tuple[str, ...]]], columns: int
) -> None:
    """A line that is longer than the terminal is wide has one word, or a name and one word."""
    names, rows, spare = table
    terminal = Terminal()
    with patch.dict("os.environ", {"COLUMNS": str(columns), "TERM": "dumb"}):
        Screen(terminal).table(names, rows, spare=spare)

    assert [] == [
        row for row in terminal.getvalue().splitlines() if len(row) > columns and len(row.split()) > 2
    ]
