"""What is wrong with a command line, in our sentences: Typer finds it, and says it in a programmer's."""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import typer

_EXPECTED = {
    "Input should be a valid integer": "expected a whole number",
    "Input should be a valid number": "expected a number",
    "Input should be greater than or equal to ": "expected {} or more",
    "Input should be less than or equal to ": "expected {} at most",
}
"""What Typer says of a value, by its beginning, and how we say it; the number that follows is filled in."""


def complaint(error: typer.TyperException, arguments: list[str]) -> str:
    """Return what is wrong with a command line, as one sentence or as a sentence and a question."""
    known: Any = getattr(error, "possibilities", None)
    name = getattr(error, "option_name", "")
    message = str(getattr(error, "message", "") if known else error.format_message()).strip().rstrip(".")
    close = get_close_matches(name, known or [], n=1)
    if close:
        return f"{message}. Did you mean {close[0]}?"
    if isinstance(error, typer.BadParameter):
        message = _of_value(error, arguments) or message
    return message if message.endswith("?") else f"{message}."


def _of_value(error: typer.BadParameter, arguments: list[str]) -> str | None:
    """Say which value of which option is wrong, and what it should be, where that is known."""
    said = error.message.rstrip(".")
    expected = next((ours for theirs, ours in _EXPECTED.items() if said.startswith(theirs)), None)
    param: Any = error.param
    if expected is None or param is None:
        return None
    names = [each for each in (*param.opts, *param.secondary_opts) if each.startswith("-")]
    given = [value for name, value in _pairs(arguments) if name in names]
    value = f" is {given[-1]!r};" if given else ":"
    return f"{names[0] if names else param.metavar}{value} {expected.format(said.rpartition(' ')[2])}"


def _pairs(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what may be an option and its value, in both forms: ``--limit 3`` and ``--limit=3``."""
    yield from pairwise(arguments)
    for word in arguments:
        name, equals, value = word.partition("=")
        if equals:
            yield name, value
