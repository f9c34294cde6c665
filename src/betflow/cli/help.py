"""
The page that ``--help`` prints, as wide as the terminal.

It is made here and not by rich, whose import alone takes longer than the rest of ``betflow --help``.
"""

import inspect
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import typer

from betflow.errors import ExitCode

HELP_NAMES = ("-h", "--help")
"""The options that ask for the page."""

_WIDEST = 110
"""Columns: longer lines of prose are hard to read."""
_NARROW = 60
"""Columns: below, what an option does stands under its name."""
_LABELS = 30
"""Columns for names of options; a longer name has a line of its own."""
_INDENT = "  "


def help_page(command: Any, ctx: typer.Context) -> str:  # noqa: ANN401 - Typer keeps its types to itself
    """Return all there is to say about a command or a group, for the terminal that stdout is."""
    page = _Page(min(shutil.get_terminal_size().columns, _WIDEST), bold=sys.stdout.isatty())
    page.prose(f"{page.title('Usage:')} {usage(command, ctx.command_path)}", indent=_INDENT * 2)
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        page.line()
        page.prose(" ".join(paragraph.split()))
    visible = [each for each in command.get_params(ctx) if not getattr(each, "hidden", False)]
    arguments = [each for each in visible if each.param_type_name == "argument"]
    page.section("Arguments", [(placeholder(each), _told(each)) for each in arguments])
    page.section("Commands", [(name, _summary(each)) for name, each in members(command, ctx)])
    panels: dict[str, list[tuple[str, str]]] = {"Options": []}
    for option in (each for each in visible if each.param_type_name == "option"):
        title = getattr(option, "rich_help_panel", None) or "Options"
        panels.setdefault(title, []).append((option_label(option), _told(option)))
    for title, rows in panels.items():
        page.section(title, rows)
    page.section("Exit codes", [(f"{code.value:>3}", code.meaning) for code in ExitCode])
    return page.text()


def usage(command: Any, path: str) -> str:  # noqa: ANN401 - as above
    """Return a command line in short: the words, and placeholders for what follows."""
    arguments = (each for each in command.params if each.param_type_name == "argument")
    pieces = [path, "[OPTIONS]", *map(placeholder, arguments)]
    return " ".join([*pieces, "COMMAND"] if hasattr(command, "commands") else pieces)


def placeholder(argument: Any) -> str:  # noqa: ANN401 - as above
    """Return how an argument stands in a command line: in brackets where it can be left out."""
    name = str(argument.metavar or argument.name.upper())
    return name if argument.required else f"[{name}]"


def option_label(option: Any) -> str:  # noqa: ANN401 - as above
    """Return an option's names, the short one first, and what follows them."""
    names = ", ".join([*sorted(option.opts, key=len), *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.metavar}"


def members(command: Any, ctx: typer.Context | None) -> list[tuple[str, Any]]:  # noqa: ANN401 - as above
    """
    Return the commands below a group or a command by their names.

    A command of two words stands below the command of its first word, which the group that holds both knows.
    """
    if hasattr(command, "commands"):
        return [(name, command.commands[name]) for name in command.commands if " " not in name]
    siblings = (
        getattr(ctx.parent.command, "commands", {}) if ctx is not None and ctx.parent is not None else {}
    )
    first = f"{command.name} "
    return [(name.removeprefix(first), each) for name, each in siblings.items() if name.startswith(first)]


def _summary(command: Any) -> str:  # noqa: ANN401 - as above
    first, *_ = inspect.cleandoc(command.short_help or command.help or "").split("\n\n")
    return " ".join(first.split())


def _told(parameter: Any) -> str:  # noqa: ANN401 - as above
    """Say what a parameter does, with its default."""
    text = " ".join((parameter.help or "").split())
    if parameter.param_type_name == "option" and parameter.required:
        return f"{text} [required]"
    default = parameter.default
    if parameter.opts[0] in HELP_NAMES or callable(default) or default is None or isinstance(default, bool):
        return text
    number = int(default) if isinstance(default, float) and default.is_integer() else default
    return f"{text} [default: {number}]"


class _Page:
    """Lines that are no longer than a terminal is wide, unless a single word is."""

    def __init__(self, width: int, *, bold: bool) -> None:
        self._width = width
        self._bold = bold
        self._lines: list[str] = []

    def text(self) -> str:
        return "\n".join(self._lines)

    def line(self, text: str = "") -> None:
        self._lines.append(text)

    def title(self, text: str) -> str:
        return typer.style(text, bold=True) if self._bold else text

    def prose(self, text: str, *, indent: str = "") -> None:
        self._lines += self._wrap(text, indent)

    def section(self, title: str, rows: Iterable[tuple[str, str]]) -> None:
        """Write a heading, and rows of a name and what it means; nothing where there are no rows."""
        listed = list(rows)
        if not listed:
            return
        self.line()
        self.line(self.title(title))
        fits = (len(label) for label, _ in listed if len(label) <= _LABELS)
        column = len(_INDENT) * 2 + max(fits, default=0) if self._width >= _NARROW else len(_INDENT) * 3
        for label, meaning in listed:
            self._lines += self._row(label, meaning, " " * column)

    def _row(self, label: str, meaning: str, indent: str) -> Iterator[str]:
        first, *rest = self._wrap(indent + meaning, indent) if meaning else [indent]
        name = f"{_INDENT}{label}"
        if len(name) + len(_INDENT) <= len(indent):
            yield f"{name:<{len(indent)}}{first[len(indent) :]}".rstrip()
        else:
            yield name
            yield first
        yield from rest

    def _wrap(self, text: str, indent: str) -> list[str]:
        wrap: Callable[..., list[str]] = partial(
            textwrap.wrap, break_long_words=False, break_on_hyphens=False
        )
        return wrap(text, self._width, subsequent_indent=indent)
