"""
How answers look to people: tables on a terminal, plain columns elsewhere, never a value cut short.

Values may come from tapes that anybody made, so control characters are shown as escapes instead of obeyed.
"""

import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from betflow.errors import StorageError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FINDINGS_SHOWN = 20


class Screen:
    """Where a command shows its answer to people."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def line(self, text: str = "") -> None:
        """Write one line."""
        self._stream.write(f"{shown(text)}\n")

    def fields(self, values: Mapping[str, object]) -> None:
        """Write names and values, one pair on a line; pairs without a value are left out."""
        width = max((len(name) for name in values), default=0)
        for name, value in values.items():
            if value is not None:
                self.line(f"{name:<{width}}  {shown(value)}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Write a table; columns that hold only numbers are aligned to the right."""
        texts = [[shown(cell) for cell in row] for row in rows]
        right = [_is_numeric(rows, index) for index in range(len(columns))]
        if self._stream.isatty():
            self._rich_table(columns, texts, right)
        else:
            self._plain_table(columns, texts, right)

    def _plain_table(self, columns: Sequence[str], texts: list[list[str]], right: list[bool]) -> None:
        widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
        for row in [list(columns), *texts]:
            cells = [
                cell.rjust(width) if is_right else cell.ljust(width)
                for cell, width, is_right in zip(row, widths, right, strict=True)
            ]
            self._stream.write("  ".join(cells).rstrip() + "\n")

    def _rich_table(self, columns: Sequence[str], texts: list[list[str]], right: list[bool]) -> None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        for index, (name, is_right) in enumerate(zip(columns, right, strict=True)):
            # Folded, not cut; the first column, which names the row, only when nothing else is left.
            width = max((len(row[index]) for row in texts), default=0) if index == 0 else None
            table.add_column(name, justify="right" if is_right else "left", overflow="fold", min_width=width)
        for row in texts:
            table.add_row(*map(Text, row))
        Console(file=self._stream, markup=False, highlight=False).print(table, crop=False)


def shown(value: object) -> str:
    """Return a value as people read it, on one line, with control characters as escapes."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", str(value))


def print_envelope(envelope: Mapping[str, Any], stream: TextIO) -> None:
    """Write an envelope: on one line for programs, indented on a terminal."""
    is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    indent = 2 if stream.isatty() else None
    stream.write(json.dumps(envelope, ensure_ascii=not is_utf8, allow_nan=False, indent=indent) + "\n")


def print_findings(findings: Sequence[Mapping[str, Any]], stream: TextIO, *, run_id: str | None) -> None:
    """Write what went wrong, a line each, and where to read the rest when there is much."""
    for finding in findings[:_FINDINGS_SHOWN]:
        is_error = finding["code"].startswith("error.")
        label = "error" if is_error else f"finding {finding['code']}"
        subject = "" if is_error else f"{finding['subject']}: "
        stream.write(shown(f"{label}: {subject}{finding['message']}") + "\n")
    more = len(findings) - _FINDINGS_SHOWN
    if more > 0:
        stream.write(f"… and {more} findings more: betflow audit show {run_id}\n")


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
    values = [row[index] for row in rows if row[index] is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)
