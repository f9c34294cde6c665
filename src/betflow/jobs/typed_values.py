"""Texts from a command line as values."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from betflow.errors import UsageError

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


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


def parse_value(text: str, kind: type, name: str) -> Any:  # noqa: ANN401 - of the kind that is asked for
    """
    Return a text as a value of a kind.

    Args:
        text: As typed.
        kind: int, Decimal, bool, str, or an enum, whose values are taken in any case.
        name: Of the option, for the error.

    Raises:
        UsageError: the text is no such value.
    """
    try:
        return _parsed(text, kind)
    except (ValueError, InvalidOperation, KeyError) as error:
        raise UsageError(f"{name} is {text!r}; expected {_expected(kind)}.", advice="Correct it.") from error


def _parsed(text: str, kind: type) -> Any:  # noqa: ANN401 - of the kind
    if issubclass(kind, Enum):
        return {str(each.value).casefold(): each for each in kind}[text.casefold()]
    if kind is bool:
        return _TRUTHS[text.casefold()]
    value = {int: int, Decimal: Decimal}.get(kind, str)(text)
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(text)
    return value


def _expected(kind: type) -> str:
    if issubclass(kind, Enum):
        return "one of " + ", ".join(str(each.value) for each in kind)
    return {int: "a whole number", bool: "true or false"}.get(kind, "a number")
