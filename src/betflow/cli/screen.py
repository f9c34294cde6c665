"""
How answers look to people: aligned columns, and never a value that is cut short or broken in two.

Away from a terminal a table is as wide as it needs. On a terminal, columns that a command calls spare are
left out where there is no room, and a line below says which; where that does not help, rows are stacked.

Values may come from tapes that anybody made, so characters that control a terminal or the direction of text
are shown as escapes instead of obeyed.
"""

import io
import json
import os
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from decimal import Decimal
from itertools import zip_longest
from typing import Any, TextIO, TypeAlias

from betflow.cli.figures import Cut, Figure, Moment, Result, in_zone
from betflow.errors import StorageError

_OBEYED = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Categories of what is no sign: controls, formats (as of direction), ends of lines and paragraphs."""
_FINDINGS_SHOWN = 20
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

_Part: TypeAlias = tuple[str, str]
"""A text and its style, as rich calls it; empty for none."""
_HEAD, _PROFIT, _LOSS, _ERROR = "bold", "green", "red", "bold red"

Spare: TypeAlias = Sequence[tuple[str, ...]]
"""Columns that can be done without, the least important first; those of one tuple stay or go together."""

_GAP = "  "
_INDENT = "  "
_SEPARATOR = " · "
_BLOCK = "█"
_PARTS = "▏▎▍▌▋▊▉"
"""From one eighth of a block to seven."""


class Screen:
    """
    Where a command shows its answer to people.

    Args:
        stream: A terminal, or anything else.
        zone: In which times are shown; None is the local one.
    """

    def __init__(self, stream: TextIO, *, zone: tzinfo | None = None) -> None:
        self._stream = stream
        self._zone = zone

    def time(self, moment: str | None, cut: Cut = Cut.MILLISECOND) -> str | None:
        """Return a moment of an answer in the zone of this screen, with its offset."""
        return None if moment is None else Moment(moment, cut).written(self._zone)

    def told(self, text: str) -> str:
        """Return a text of an answer with the moments in it in the zone of this screen."""
        return in_zone(text, self._zone)

    def line(self, text: str = "") -> None:
        """Write one line."""
        self._stream.write(f"{shown(text)}\n")

    def fields(self, values: Mapping[str, object]) -> None:
        """Write names and values, one pair on a line; pairs without a value are left out."""
        width = max(map(len, values), default=0) + len(_GAP)
        room = self._room()
        texts = ((name, _shown_in(self._zone, value)) for name, value in values.items() if value is not None)
        for name, text in texts:
            lines = [text] if room is None else _wrapped(text, room - width, indent="")
            for label, line in zip_longest([name], lines, fillvalue=""):
                self._stream.write(f"{label:<{width}}{line}".rstrip() + "\n")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, spare: Spare = ()) -> None:
        """
        Write a table; columns that hold only numbers are aligned to the right.

        Args:
            columns: The names, each another.
            rows: The values, as many as there are columns.
            spare: What a terminal without room for it does without.
        """
        grid = _Grid(columns, rows, self._zone)
        room = self._room()
        if room is None or grid.width(columns) <= room:
            self._write_columns(grid, columns)
            return
        kept = _kept(grid, spare, room)
        if grid.width(kept) > room:
            self._write_stacked(grid, room)
            return
        self._write_columns(grid, kept)
        left_out = ", ".join(name for name in columns if name not in kept)
        self.note(f"Without {left_out}: a wider terminal has them, and --json.")

    def fits(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
        """Say whether a table has room with all of its columns; away from a terminal everything has."""
        room = self._room()
        return room is None or _Grid(columns, rows, self._zone).width(columns) <= room

    def bar(self, share: float, width: int) -> str:
        """Return a bar of a chart, so much of a width; a stream without such characters gets plain ones."""
        eighths = round(max(0.0, min(share, 1.0)) * width * 8)
        whole, rest = divmod(eighths, 8)
        text = _BLOCK * whole + (_PARTS[rest - 1] if rest else "")
        try:
            text.encode(self._stream.encoding or "ascii")
        except UnicodeEncodeError:
            return "#" * round(eighths / 8)
        return text

    def note(self, text: str) -> None:
        """Write a remark, in brackets, on as many lines as it needs."""
        self.sentence(f"({text})")

    def sentence(self, text: str) -> None:
        """Write a text on as many lines as it needs, broken between words."""
        room = self._room()
        told = self.told(text)
        for line in [told] if room is None else _wrapped(told, room):
            self.line(line)

    def _room(self) -> int | None:
        """Return how many characters a line has; None away from a terminal."""
        return shutil.get_terminal_size().columns if self._stream.isatty() else None

    def _write_columns(self, grid: "_Grid", columns: Sequence[str]) -> None:
        head, *rows = grid.lines(columns)
        self._write_line([(text, _HEAD) for text, _ in head])
        for row in rows:
            self._write_line(row)

    def _write_stacked(self, grid: "_Grid", room: int) -> None:
        """Write each row on lines of its own: the first value, and the others below it with their names."""
        for first, *others in grid.texts:
            self._write_line([(first, _HEAD)])
            named = (
                f"{grid.headings[name]} {text}" for name, text in zip(grid.columns[1:], others, strict=True)
            )
            for line in _packed(named, room - len(_INDENT)):
                self._stream.write(f"{_INDENT}{line}\n")

    def _write_line(self, parts: Sequence["_Part"]) -> None:
        """Write parts of one line, each in its style where the stream is a terminal."""
        write_styled(self._stream, [*_stripped(parts), ("\n", "")])


def write_styled(stream: TextIO, parts: Sequence["_Part"]) -> None:
    """Write texts, each in its style; away from a terminal, and where NO_COLOR is set, without."""
    if not stream.isatty() or not any(style for _, style in parts):
        stream.write("".join(text for text, _ in parts))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, markup=False, highlight=False)
    console.print(Text.assemble(*parts), soft_wrap=True, end="")


def _stripped(parts: Sequence["_Part"]) -> list["_Part"]:
    """Return the parts of a line without blanks at its end."""
    kept = list(parts)
    while kept:
        text, style = kept.pop()
        if text := text.rstrip():
            return [*kept, (text, style)]
    return kept


class _Grid:
    """
    The texts of a table, and how wide they are.

    Attributes:
        columns: The names.
        headings: What stands over the columns: of one whose times all have one offset, that as well.
        texts: The values as they are shown, row by row.
    """

    def __init__(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], zone: tzinfo | None = None
    ) -> None:
        self.columns = columns
        offsets = {name: _offset(rows, index, zone) for index, name in enumerate(columns)}
        told = {name: "UTC" if offset == "Z" else offset or "" for name, offset in offsets.items()}
        self.headings = {name: f"{name} {offset}".rstrip() for name, offset in told.items()}
        self.texts = [
            [
                cell.in_table(zone) if isinstance(cell, Moment) and offsets[name] else _shown_in(zone, cell)
                for name, cell in zip(columns, row, strict=True)
            ]
            for row in rows
        ]
        self._styles = [[_style(cell) for cell in row] for row in rows]
        self._numeric = {name for index, name in enumerate(columns) if _is_numeric(rows, index)}
        by_column = zip(columns, self.headings.values(), *self.texts, strict=True)
        self._widths = {name: max(map(_width, texts)) for name, *texts in by_column}

    def width(self, columns: Collection[str]) -> int:
        """Return how wide these columns are side by side."""
        return sum(self._widths[name] for name in columns) + len(_GAP) * (len(columns) - 1)

    def lines(self, columns: Collection[str]) -> Iterator[list[_Part]]:
        """Yield the names and then each row, of these columns only, as texts with their styles."""
        chosen = [index for index, name in enumerate(self.columns) if name in columns]
        plain = [""] * len(self.columns)
        for texts, styles in zip(
            (list(self.headings.values()), *self.texts), (plain, *self._styles), strict=True
        ):
            parts: list[_Part] = []
            for index in chosen:
                parts += [(_GAP, ""), (self._aligned(self.columns[index], texts[index]), styles[index])]
            yield parts[1:]

    def _aligned(self, column: str, text: str) -> str:
        padding = " " * (self._widths[column] - _width(text))
        return padding + text if column in self._numeric else text + padding


def _style(cell: object) -> str:
    if not isinstance(cell, Result):
        return ""
    if cell.startswith("-"):
        return _LOSS
    return _PROFIT if any(digit in cell for digit in "123456789") else ""


def _kept(grid: _Grid, spare: Spare, room: int) -> list[str]:
    """Return the columns that there is room for: all that are not spare, then the spare ones that fit."""
    may_go = {name for names in spare for name in names}
    kept = [name for name in grid.columns if name not in may_go]
    for names in reversed(spare):
        if grid.width([*kept, *names]) <= room:
            kept += names
    return [name for name in grid.columns if name in kept]


def _packed(parts: Iterable[str], room: int) -> Iterator[str]:
    """Yield lines of as many parts as there is room for; one that is too long has lines of its own."""
    line = ""
    for part in parts:
        joined = f"{line}{_SEPARATOR}{part}" if line else part
        if line and _width(joined) > room:
            yield from _wrapped(line, room)
            line = part
        else:
            line = joined
    yield from _wrapped(line, room)


def _wrapped(text: str, room: int, *, indent: str = _INDENT) -> list[str]:
    """Break a text between words only; a word that is longer than a line stays whole."""
    if _width(text) <= room:
        return [text]
    return textwrap.wrap(
        text, max(room, 1), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _offset(rows: Sequence[Sequence[object]], index: int, zone: tzinfo | None) -> str | None:
    """Return the offset that all moments of a column have, if they have one in common."""
    offsets = {cell.offset(zone) for cell in (row[index] for row in rows) if isinstance(cell, Moment)}
    return offsets.pop() if len(offsets) == 1 else None


def _shown_in(zone: tzinfo | None, value: object) -> str:
    return shown(value.written(zone) if isinstance(value, Moment) else value)


def shown(value: object) -> str:
    """Return a value as people read it, on one line, with what a terminal would obey as escapes."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if text.isprintable() else "".join(map(_sign, text))


def _sign(character: str) -> str:
    if unicodedata.category(character) not in _OBEYED:
        return character
    code = ord(character)
    if code > 0xFFFF:  # noqa: PLR2004 - each escape has room for so much
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"  # noqa: PLR2004 - as above


def print_envelope(envelope: Mapping[str, Any], stream: TextIO) -> None:
    """Write an envelope of plain JSON types: on one line for programs, indented on a terminal."""
    import msgspec  # neither help nor tables need it

    text = msgspec.json.format(msgspec.json.encode(envelope), indent=2 if stream.isatty() else 0).decode()
    is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    stream.write((text if is_utf8 else _NOT_ASCII.sub(_escaped, text)) + "\n")


def _escaped(character: re.Match[str]) -> str:
    return json.dumps(character[0])[1:-1]


def print_findings(
    findings: Sequence[Mapping[str, Any]], stream: TextIO, *, run_id: str | None, zone: tzinfo | None = None
) -> None:
    """Write what went wrong, a line each, and where to read the rest when there is much."""
    for finding in findings[:_FINDINGS_SHOWN]:
        is_error = finding["code"].startswith("error.")
        label = "error" if is_error else f"finding {finding['code']}"
        subject = "" if is_error else f"{finding['subject']}: "
        text = shown(f"{label}: {subject}{in_zone(finding['message'], zone)}")
        first, *others = _lines(text, stream)
        style = _ERROR if is_error else _HEAD
        write_styled(stream, [(first[: len(label)], style), (f"{first[len(label) :]}\n", "")])
        stream.writelines(f"{line}\n" for line in others)
    more = len(findings) - _FINDINGS_SHOWN
    if more > 0:
        stream.write(f"… and {more} findings more: betflow audit show {run_id}\n")


def _lines(text: str, stream: TextIO) -> list[str]:
    """Return a text on one line, for programs; on a terminal broken between words."""
    return _wrapped(text, shutil.get_terminal_size().columns) if stream.isatty() else [text]


def prepare_streams() -> None:
    """Make stdout and stderr take any text, also where they were closed or know only ASCII."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def safely(stream: TextIO) -> Iterator[None]:
    """Write in the block and flush; a reader that went away (``| head``) is no error."""
    try:
        yield
        stream.flush()
    except OSError as error:
        # Python flushes again when it ends; into nothing, that succeeds.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
        if not isinstance(error, BrokenPipeError):
            raise StorageError(
                f"the answer could not be written: {error.strerror}.",
                advice="The run itself was done; 'betflow audit show last' has its answer.",
            ) from error


def _is_numeric(rows: Sequence[Sequence[object]], index: int) -> bool:
    values = [row[index] for row in rows if row[index] not in {None, ""}]
    return bool(values) and all(isinstance(value, int | float | Decimal | Figure) for value in values)
