"""
Exact money: amounts in two decimals, and every rounding that a rule asks for, by name.

Amounts and prices are `Decimal`, what is in between is `Fraction`: nothing is rounded until a rule says so,
and each such rule has one function here. Floats of the wire come in through `exact`, which takes them as the
number that they print as.

All roundings are symmetric around zero, so that what a backer wins is, to the penny, what the layer loses.

Source: docs/explanation/settlement.md, "Rounding".
"""

from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final, TypeAlias

from betflow.errors import UsageError

Number: TypeAlias = Decimal | int | str | float
"""What is taken for a number: 2.02 as `Decimal`, int, text or float."""

ZERO: Final = Decimal("0.00")
PENNY: Final = Decimal("0.01")

_EXACT = Context(prec=100)
_WHOLE: Final = Decimal(1)
_HUNDRED: Final = 100
_REMEMBERED: Final = 4096
"""Numbers whose exact form is kept: prices and sizes come again and again."""
_LARGEST_EXPONENT: Final = 30
_MONEY_DECIMALS: Final = 2
_PRICE_DECIMALS: Final = 2
_AVERAGE_DECIMALS: Final = 8


class MoneyError(UsageError):
    """A number that is no exact amount, price or percentage."""


class Rounding(StrEnum):
    """What happens to the part below the last digit that is kept."""

    HALF_UP = "HALF_UP"
    """To the nearest; a half away from zero."""
    HALF_EVEN = "HALF_EVEN"
    """To the nearest; a half to the even digit."""
    DOWN = "DOWN"
    """Cut off, towards zero."""


def exact(number: Number) -> Decimal:
    """
    Return the number that was written: a float counts as what it prints as, so 0.1 is a tenth.

    Raises:
        MoneyError: if it is no finite number.
    """
    if isinstance(number, bool):
        raise _no_number(str(number))
    return _exact(repr(number) if isinstance(number, float) else str(number))


@lru_cache(maxsize=_REMEMBERED)
def _exact(text: str) -> Decimal:
    try:
        value = Decimal(text, _EXACT)
    except InvalidOperation:
        raise _no_number(text) from None
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise _no_number(text)
    return value


def _no_number(text: str) -> MoneyError:
    return MoneyError(f"{text!r} is no exact number.", advice="Give a number like 2.02.")


def money(amount: Number) -> Decimal:
    """
    Return an amount with exactly two decimals.

    Raises:
        MoneyError: if it is no number or has a third decimal; money is never rounded on its way in.
    """
    return _money(exact(amount))


@lru_cache(maxsize=_REMEMBERED)
def _money(value: Decimal) -> Decimal:
    pennies = Fraction(value) * _HUNDRED
    if pennies.denominator != 1:
        raise MoneyError(
            f"{value} has more than two decimals.", advice="Amounts are exact; round by a rule first."
        )
    return _decimal(pennies.numerator, _MONEY_DECIMALS)


def round_profit(profit: Fraction, rounding: Rounding) -> Decimal:
    """Round the profit of one bet, all of its fragments together; the only rounding that it sees."""
    return _rounded(profit, _MONEY_DECIMALS, rounding)


def round_commission(commission: Fraction, rounding: Rounding) -> Decimal:
    """Round the commission on one market's net winnings; Betfair charges it once for each market."""
    return _rounded(commission, _MONEY_DECIMALS, rounding)


def round_reduced_price(price: Fraction) -> Decimal:
    """
    Round a price after a reduction to two decimals, a half up.

    So published: all three traded prices off the ladder in a recorded market with three non-runners come out
    of this, and two decimals are what Betfair's own example shows (8.6 less 16.2 % is 7.21).
    """
    return _rounded(price, _PRICE_DECIMALS, Rounding.HALF_UP)


def round_reduced_stake(stake: Fraction) -> Decimal:
    """Round the stake that is left by a dead heat, as the worked example of the rules does: 171.43."""
    return _rounded(stake, _MONEY_DECIMALS, Rounding.HALF_UP)


def round_starting_price_liability(liability: Fraction) -> Decimal:
    """Round the liability of a starting price lay after a reduction; down, for it is a promise of a limit."""
    return _rounded(liability, _MONEY_DECIMALS, Rounding.DOWN)


def round_target_size(pennies: Fraction, rounding: Rounding) -> int:
    """Round the size that reaches a bet target, in pennies: 2 of profit at 6.4 is 0.37, as Betfair shows."""
    return int(_rounded(pennies, 0, rounding))


def round_starting_price_size(pennies: Fraction) -> int:
    """Round the size of a lay at the starting price, or what it loses, to the nearest penny."""
    return int(_rounded(pennies, 0, Rounding.HALF_UP))


def round_exposure(loss: Fraction) -> Decimal:
    """Round a possible loss up to the next penny: a limit is not to be passed by a fraction."""
    return _decimal(-(-loss * _HUNDRED // 1), _MONEY_DECIMALS)


def round_average_price(price: Fraction) -> Decimal:
    """Round an average price to eight decimals at most, for people; no amount is worked out from it."""
    average = _rounded(price, _AVERAGE_DECIMALS, Rounding.HALF_UP).normalize(_EXACT)
    return (
        average if average.as_tuple().exponent in range(-_AVERAGE_DECIMALS, 1) else average.quantize(_WHOLE)
    )


def share_out(amount: Decimal, weights: dict[str, Decimal]) -> dict[str, Decimal]:
    """
    Divide an amount by weight, exact to the penny: the parts add up to the whole.

    Every part is cut off to the penny; the pennies left over go to the largest fractions that were cut off,
    of equal ones to the first by name. Without any weight nothing can be divided, and the answer is empty.

    Args:
        amount: Not negative, two decimals.
        weights: By name, none negative.
    """
    total = sum((Fraction(weight) for weight in weights.values()), Fraction())
    if not total:
        return {}
    pennies = int(Fraction(amount) * _HUNDRED)
    shares = {name: pennies * Fraction(weight) / total for name, weight in weights.items()}
    whole = {name: int(share) for name, share in shares.items()}
    left_over = pennies - sum(whole.values())
    by_rest = sorted(shares, key=lambda name: (whole[name] - shares[name], name))
    for name in by_rest[:left_over]:
        whole[name] += 1
    return {name: _decimal(count, _MONEY_DECIMALS) for name, count in whole.items()}


def _rounded(number: Fraction, decimals: int, rounding: Rounding) -> Decimal:
    scaled = abs(number) * 10**decimals
    match rounding:
        case Rounding.HALF_UP:
            units = int(scaled + Fraction(1, 2))
        case Rounding.HALF_EVEN:
            units = round(scaled)
        case Rounding.DOWN:
            units = int(scaled)
    return _decimal(-units if number < 0 else units, decimals)


def _decimal(units: int, decimals: int) -> Decimal:
    return Decimal(units).scaleb(-decimals, context=_EXACT)
