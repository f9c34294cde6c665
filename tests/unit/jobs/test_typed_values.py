"""Texts from a command line become values."""

from decimal import Decimal
from enum import Enum

import pytest

from betflow.errors import UsageError
from betflow.jobs.typed_values import parse_pairs, parse_value


class Side(Enum):
    """Two values."""

    BACK = "BACK"
    LAY = "LAY"


@pytest.mark.parametrize(
    ("expected", "text", "kind"),
    [
        (3, "3", int),
        (Decimal("0.10"), "0.10", Decimal),
        ("3", "3", str),
        (True, "Yes", bool),
        (False, "0", bool),
        (Side.LAY, "lay", Side),
    ],
)
def test_text_becomes_the_value_of_its_kind(expected: object, text: str, kind: type) -> None:
    """Numbers, truth values and enums are read."""
    value = parse_value(text, kind, "x")

    assert (expected, type(expected)) == (value, type(value))


@pytest.mark.parametrize(
    ("expected", "text", "kind"),
    [
        ("x is 'two'; expected a whole number.", "two", int),
        ("x is 'maybe'; expected true or false.", "maybe", bool),
        ("x is 'buy'; expected one of BACK, LAY.", "buy", Side),
        ("x is 'a'; expected a number.", "a", Decimal),
        ("x is 'nan'; expected a number.", "nan", Decimal),
    ],
)
def test_text_of_another_kind_is_refused(expected: str, text: str, kind: type) -> None:
    """The error names the option, the text and what was expected."""
    with pytest.raises(UsageError) as caught:
        parse_value(text, kind, "x")

    assert expected == caught.value.message


def test_pairs_are_taken_apart_at_the_first_sign() -> None:
    """A value may have an equals sign in it."""
    assert {"a": "b=c", "d": ""} == parse_pairs(["a=b=c", " d ="], "--param")


@pytest.mark.parametrize("texts", [["a"], ["=b"], ["a=1", "a=2"]])
def test_pairs_without_name_or_twice_are_refused(texts: list[str]) -> None:
    """A pair needs a name and a sign, and a name comes once."""
    with pytest.raises(UsageError, match="--param"):
        parse_pairs(texts, "--param")
