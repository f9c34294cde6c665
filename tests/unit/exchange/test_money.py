"""Exact money and its roundings."""

from decimal import Decimal
from fractions import Fraction

import pytest

from betflow.exchange.money import (
    MoneyError,
    Number,
    Rounding,
    exact,
    money,
    round_average_price,
    round_commission,
    round_exposure,
    round_profit,
    round_reduced_price,
    round_reduced_stake,
    round_starting_price_liability,
    share_out,
)


def test_a_float_of_the_wire_is_the_number_that_was_sent() -> None:
    """1.15, which is less than 1.15 in binary, comes in as 1.15."""
    assert Decimal("1.15") == exact(1.15)


def test_a_starting_price_keeps_its_digits() -> None:
    """A starting price has up to 16 decimals and keeps them all."""
    assert Decimal("2.730112832627202") == exact(2.730112832627202)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "two", "1e999", True, ""])
def test_what_is_no_number_is_refused(number: Number) -> None:
    """Text, truth and infinity are no numbers, nor is one with hundreds of digits."""
    with pytest.raises(MoneyError, match="is no exact number"):
        exact(number)


def test_an_amount_has_two_decimals() -> None:
    """2 is 2.00."""
    assert "2.00" == str(money(2))


def test_a_third_decimal_is_refused() -> None:
    """Money is not rounded on its way in."""
    with pytest.raises(MoneyError, match=r"0\.005 has more than two decimals"):
        money("0.005")


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.HALF_UP, ("0.01", "-0.01", "0.02")),
        (Rounding.HALF_EVEN, ("0.00", "0.00", "0.02")),
        (Rounding.DOWN, ("0.00", "0.00", "0.01")),
    ],
)
def test_roundings_treat_profit_and_loss_alike(rounding: Rounding, expected: tuple[str, ...]) -> None:
    """0.005, -0.005 and 0.015 are rounded the same way from both sides of zero."""
    exact_profits = (Fraction(1, 200), Fraction(-1, 200), Fraction(3, 200))

    assert tuple(map(Decimal, expected)) == tuple(round_profit(each, rounding) for each in exact_profits)
    assert Decimal(expected[2]) == round_commission(Fraction(3, 200), rounding)


def test_each_rule_rounds_in_its_own_way() -> None:
    """A reduced price and stake go to the nearest, a liability promised down, an exposure up."""
    number = Fraction("7.205")

    assert Decimal("7.21") == round_reduced_price(number)
    assert Decimal("7.21") == round_reduced_stake(number)
    assert Decimal("7.20") == round_starting_price_liability(number)
    assert Decimal("7.21") == round_exposure(Fraction("7.2001"))
    assert Decimal("7.20") == round_exposure(Fraction("7.2"))


def test_an_average_price_is_written_as_people_write_it() -> None:
    """Eight decimals at most, no zeros at the end, and hundreds are not 1E+2."""
    prices = (Fraction(7, 3), Fraction("8.20"), Fraction(100), Fraction(0))

    assert ["2.33333333", "8.2", "100", "0"] == [str(round_average_price(price)) for price in prices]


def test_the_penny_left_over_goes_to_the_largest_rest() -> None:
    """1.00 by 1:1:1 is 0.34, 0.33, 0.33: of equal rests the first name has the penny."""
    weights = {"c": Decimal(1), "a": Decimal(1), "b": Decimal(1)}

    assert {"a": Decimal("0.34"), "b": Decimal("0.33"), "c": Decimal("0.33")} == share_out(
        Decimal(1), weights
    )
