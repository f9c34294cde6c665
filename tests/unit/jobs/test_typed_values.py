"""Texts from a command line become the values that a signature asks for."""

from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import pytest

from betflow.errors import UsageError
from betflow.jobs.typed_values import described, parse_pairs, parse_value


class Side(Enum):
    """Two values."""

    BACK = "BACK"
    LAY = "LAY"


@pytest.mark.parametrize(
    ("expected", "text", "kind"),
    [
        (3, "3", int),
        (-2.5, "-2.5", float),
        (Decimal("0.10"), "0.10", Decimal),
        ("3", "3", str),
        (True, "Yes", bool),
        (False, "0", bool),
        (Side.LAY, "lay", Side),
        ("fast", "fast", Literal["fast", "slow"]),
        (2, "2", Literal[1, 2]),
        (None, "none", int | None),
        (4, "4", int | None),
        ((1, 2), "1, 2", tuple[int, ...]),
        (["a"], "a", list[str]),
        (frozenset({"GB", "IE"}), "GB,IE", frozenset[str]),
        ("anything", "anything", object),
    ],
)
def test_text_becomes_the_value_of_its_kind(expected: object, text: str, kind: Any) -> None:  # noqa: ANN401 - annotations
    """Numbers, truth values, enums, literals, lists and what may be None are read as the annotation says."""
    value = parse_value(text, kind, "x")

    assert (expected, type(expected)) == (value, type(value))


@pytest.mark.parametrize(
    ("expected", "text", "kind"),
    [
        ("x=two: 'two' is not a whole number.", "two", int),
        ("x=1.5: '1.5' is not a whole number or none.", "1.5", int | None),
        ("x=maybe: 'maybe' is not true or false.", "maybe", bool),
        ("x=buy: 'buy' is not one of BACK, LAY.", "buy", Side),
        ("x=never: 'never' is not one of fast, slow.", "never", Literal["fast", "slow"]),
        ("x=a: 'a' is not a number.", "a", Decimal),
        ("x=nan: 'nan' is not a number.", "nan", float),
        ("x=1,b: '1,b' is not a list with commas of a whole number.", "1,b", tuple[int, ...]),
    ],
)
def test_text_of_another_kind_is_refused(expected: str, text: str, kind: Any) -> None:  # noqa: ANN401 - annotations
    """The error names the option, the text and what was expected."""
    with pytest.raises(UsageError) as caught:
        parse_value(text, kind, "x")

    assert expected == caught.value.message


def test_list_of_anything_is_described() -> None:
    """A list without a kind of its own says no more than that."""
    assert "a list with commas" == described(list)


def test_pairs_are_taken_apart_at_the_first_sign() -> None:
    """A value may have an equals sign in it."""
    assert {"a": "b=c", "d": ""} == parse_pairs(["a=b=c", " d ="], "--param")


@pytest.mark.parametrize("texts", [["a"], ["=b"], ["a=1", "a=2"]])
def test_pairs_without_name_or_twice_are_refused(texts: list[str]) -> None:
    """A pair needs a name and a sign, and a name comes once."""
    with pytest.raises(UsageError, match="--param"):
        parse_pairs(texts, "--param")
