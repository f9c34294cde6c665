"""Texts from a command line as the values that a signature asks for."""

import types
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import Enum
from math import isfinite
from typing import Any, Literal, Union, get_args, get_origin

from betflow.errors import UsageError

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_LISTS = {tuple, list, set, frozenset}
_NONE = {"", "none", "null"}


def parse_pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    """
    Return what ``name=value`` says, by name.

    Raises:
        UsageError: one has no ``=``, or a name comes twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"{option} {text!r} has no name and value.", advice="Write it as name=value.")
        if name in pairs:
            raise UsageError(f"{option} {name} is given twice.", advice="Give it once.")
        pairs[name] = value.strip()
    return pairs


def parse_value(text: str, kind: Any, name: str) -> Any:  # noqa: ANN401 - of the kind that is asked for
    """
    Return a text as a value of a kind.

    Args:
        text: As typed.
        kind: An annotation: int, float, Decimal, bool, str, an enum, a `Literal`, or one of those or None;
            a tuple or list of them takes a text with commas. Any other kind gets the text itself.
        name: Of the option, for the error.

    Raises:
        UsageError: the text is no such value.
    """
    try:
        return _parsed(text, kind)
    except (ValueError, InvalidOperation) as error:
        raise UsageError(
            f"{name}={text}: {text!r} is not {described(kind)}.", advice="Correct it."
        ) from error


def described(kind: Any) -> str:  # noqa: ANN401 - any annotation
    """Say which values an annotation takes."""
    origin, members = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return " or ".join("none" if each is type(None) else described(each) for each in members)
    if origin is Literal:
        return "one of " + ", ".join(map(str, members))
    if (origin or kind) in _LISTS:
        return f"a list with commas of {described(members[0])}" if members else "a list with commas"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(each.value) for each in kind)
    names = {
        int: "a whole number",
        float: "a number",
        Decimal: "a number",
        bool: "true or false",
        str: "a text",
    }
    return names.get(kind, "a text")


def _parsed(text: str, kind: Any) -> Any:  # noqa: ANN401 - any annotation
    origin, members = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _one_of(text, members)
    if origin is Literal:
        return _literal(text, members)
    if (origin or kind) in _LISTS:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return (origin or kind)(_parsed(part, members[0] if members else str) for part in parts)
    return _simple(text, kind)


def _one_of(text: str, kinds: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any annotation
    if type(None) in kinds and text.casefold() in _NONE:
        return None
    for kind in kinds:
        if kind is not type(None):
            try:
                return _parsed(text, kind)
            except (ValueError, InvalidOperation):
                continue
    raise ValueError(text)


def _literal(text: str, members: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any annotation
    for member in members:
        if str(member) == text:
            return member
    raise ValueError(text)


def _simple(text: str, kind: Any) -> Any:  # noqa: ANN401 - any annotation
    if kind is bool:
        if text.casefold() not in _TRUTHS:
            raise ValueError(text)
        return _TRUTHS[text.casefold()]
    if isinstance(kind, type) and issubclass(kind, Enum):
        by_text = {str(each.value).casefold(): each for each in kind}
        if text.casefold() not in by_text:
            raise ValueError(text)
        return by_text[text.casefold()]
    if kind in {int, float, Decimal}:
        value = kind(text)
        if not isfinite(value):
            raise ValueError(text)
        return value
    return text
