"""
Price ladders: which prices a market has, and counting in ticks.

Everything is counted in whole units of the ladder's smallest decimal place (hundredths on CLASSIC), so a
price is either on the ladder or it is not, and no binary dust decides. Prices go in as `Decimal`, int, text
or float (a float counts as the number that it prints as) and come out as `Decimal`.

Only our own orders have to be on the ladder. History need not be: volumes of reduced bets stand at other
prices.

Source: "Additional Information", price increments; `priceLadderDefinition` of the market definition.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from betflow.errors import UsageError
from betflow.wire.enums import LadderType
from betflow.wire.stream import MarketDefinition

Price: TypeAlias = Decimal | int | str | float
"""What is taken for a price: 2.02 as `Decimal`, int, text or float."""

_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_HUNDREDTHS = 2
_LARGEST_EXPONENT = 30
_REMEMBERED = 4096  # numbers whose exact form is kept: prices come again and again
_EXACT = Context(prec=100)
"""Holds every number that `_NUMBER` and `_LARGEST_EXPONENT` let through without rounding it."""


class PriceError(UsageError):
    """A price, or a number of ticks, that the ladder does not have."""


@dataclass(frozen=True, slots=True)
class _Band:
    """A stretch of the ladder with one step; in units. It includes its first price, not the next band's."""

    first: int
    step: int
    first_index: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """
    The prices that a market has, lowest first, counted by index from 0.

    Take `CLASSIC`, `FINEST` or `Ladder.of` a market definition; `Ladder.line_range` makes one of lines.
    """

    type: LadderType
    _bands: tuple[_Band, ...] = field(repr=False)
    _last: int = field(repr=False)
    _decimals: int = field(repr=False)

    @staticmethod
    def of(definition: MarketDefinition) -> "Ladder":
        """
        Return the ladder of a market: the one its definition names, CLASSIC where it names none.

        Raises:
            PriceError: if the definition names a ladder that is not known, or lines without their range.
        """
        ladder = definition.price_ladder_definition
        name = ladder.type if ladder else None
        if name is None or name == LadderType.CLASSIC:
            return CLASSIC
        if name == LadderType.FINEST:
            return FINEST
        if name != LadderType.LINE_RANGE:
            raise PriceError(f"the price ladder {name!r} is not known; known are {', '.join(LadderType)}.")
        line = (definition.line_min_unit, definition.line_max_unit, definition.line_interval)
        minimum, maximum, interval = line
        if minimum is None or maximum is None or interval is None:
            raise PriceError(
                f"a LINE_RANGE ladder needs minimum, maximum and interval; the definition has {line}."
            )
        return Ladder.line_range(minimum, maximum, interval)

    @staticmethod
    def line_range(minimum: Price, maximum: Price, interval: Price) -> "Ladder":
        """
        Return the ladder of the lines from *minimum* by *interval*, up to at most *maximum*.

        Raises:
            PriceError: if the interval is not positive or the maximum below the minimum.
        """
        low, high, step = _decimal_of(minimum), _decimal_of(maximum), _decimal_of(interval)
        if step <= 0 or high < low:
            raise PriceError(f"there are no lines from {minimum} to {maximum} by {interval}.")
        decimals = max(_decimal_places(low), _decimal_places(step))
        first, unit_step = int(_units(low, decimals)), int(_units(step, decimals))
        steps = (_units(high, decimals) - first) // unit_step
        last = first + steps * unit_step
        return Ladder(LadderType.LINE_RANGE, (_Band(first, unit_step, 0),), last, decimals)

    def __len__(self) -> int:
        return self._index_at_or_below(self._last) + 1

    def __iter__(self) -> Iterator[Decimal]:
        return (self._price_at(index) for index in range(len(self)))

    def __contains__(self, price: Price) -> bool:
        return self.is_on(price)

    @property
    def lowest(self) -> Decimal:
        """The lowest price."""
        return self._price_at(0)

    @property
    def highest(self) -> Decimal:
        """The highest price."""
        return self._price_at(len(self) - 1)

    def is_on(self, price: Price) -> bool:
        """
        Say whether the ladder has the price.

        Raises:
            PriceError: if it is no number at all.
        """
        return self._index_of(_decimal_of(price)) is not None

    def index(self, price: Price) -> int:
        """
        Return where the price stands, 0 the lowest.

        Raises:
            PriceError: if the ladder does not have it; names the nearest two.
        """
        number = _decimal_of(price)
        index = self._index_of(number)
        if index is None:
            raise PriceError(f"price {_text(number)} is not on the {self.type} ladder; {self._near(number)}.")
        return index

    def price(self, index: int) -> Decimal:
        """
        Return the price at an index, 0 the lowest.

        Raises:
            PriceError: if the ladder ends before it.
        """
        if not 0 <= index < len(self):
            raise PriceError(f"the {self.type} ladder has indices 0 to {len(self) - 1}, not {index}.")
        return self._price_at(index)

    def move(self, price: Price, ticks: int) -> Decimal:
        """
        Return the price that many ticks higher (lower, where negative).

        Raises:
            PriceError: if the price is not on the ladder, or the ladder ends on the way.
        """
        start = self.index(price)
        index = start + ticks
        if index < 0:
            raise PriceError(
                f"{-ticks} ticks below {price} is off the {self.type} ladder; "
                f"{self.lowest} is {start} ticks away."
            )
        if index >= len(self):
            room = len(self) - 1 - start
            raise PriceError(
                f"{ticks} ticks above {price} is off the {self.type} ladder; "
                f"{self.highest} is {room} ticks away."
            )
        return self._price_at(index)

    def ticks_between(self, start: Price, end: Price) -> int:
        """
        Count the ticks from one price to another; negative where the second is lower.

        Raises:
            PriceError: if either is not on the ladder.
        """
        return self.index(end) - self.index(start)

    def nearest(self, price: Price) -> Decimal:
        """Return the nearest price on the ladder: of two the lower, beyond an end the end."""
        number = _decimal_of(price)
        below, above = self._neighbours(number)
        if below is None or above is None:
            return self.highest if above is None else self.lowest
        return below if Fraction(number) - Fraction(below) <= Fraction(above) - Fraction(number) else above

    def at_or_below(self, price: Price) -> Decimal:
        """
        Return the highest price on the ladder that is not higher.

        Raises:
            PriceError: if all are higher.
        """
        number = _decimal_of(price)
        below, _ = self._neighbours(number)
        if below is None:
            raise PriceError(f"the {self.type} ladder begins at {self.lowest}, above {_text(number)}.")
        return below

    def at_or_above(self, price: Price) -> Decimal:
        """
        Return the lowest price on the ladder that is not lower.

        Raises:
            PriceError: if all are lower.
        """
        number = _decimal_of(price)
        _, above = self._neighbours(number)
        if above is None:
            raise PriceError(f"the {self.type} ladder ends at {self.highest}, below {_text(number)}.")
        return above

    def _index_of(self, number: Decimal) -> int | None:
        units = _units(number, self._decimals)
        if units.denominator != 1 or not self._bands[0].first <= units <= self._last:
            return None
        index = self._index_at_or_below(int(units))
        return index if self._units_at(index) == units else None

    def _index_at_or_below(self, units: int) -> int:
        band = self._bands[bisect_right(self._bands, units, key=lambda each: each.first) - 1]
        return band.first_index + (units - band.first) // band.step

    def _units_at(self, index: int) -> int:
        band = self._bands[bisect_right(self._bands, index, key=lambda each: each.first_index) - 1]
        return band.first + (index - band.first_index) * band.step

    def _price_at(self, index: int) -> Decimal:
        return _plain(Decimal(self._units_at(index)).scaleb(-self._decimals))

    def _neighbours(self, number: Decimal) -> tuple[Decimal | None, Decimal | None]:
        """Return the prices at or below and at or above; the same twice where the price is on the ladder."""
        units = _units(number, self._decimals)
        if units < self._bands[0].first:
            return None, self.lowest
        if units > self._last:
            return self.highest, None
        index = self._index_at_or_below(units.__floor__())
        below = self._price_at(index)
        return below, below if self._units_at(index) == units else self._price_at(index + 1)

    def _near(self, number: Decimal) -> str:
        below, above = self._neighbours(number)
        if below is None:
            return f"the lowest is {above}"
        if above is None:
            return f"the highest is {below}"
        return f"nearest {below}, {above}"


def _decimal_of(price: Price) -> Decimal:
    """Return the number that a price is written as."""
    if isinstance(price, float):
        return _decimal_of_text(repr(price))
    if isinstance(price, bool) or not isinstance(price, Decimal | int | str):
        raise PriceError(f"{price!r} is no price; give a number like 2.02.")
    return _decimal_of_text(str(price).strip())


@lru_cache(maxsize=_REMEMBERED)
def _decimal_of_text(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise PriceError(f"{text!r} is no price; give a number like 2.02.")
    number = Decimal(text)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise PriceError(f"{text!r} is no price; give a number like 2.02.")
    return number


@lru_cache(maxsize=_REMEMBERED)
def _units(number: Decimal, decimals: int) -> Fraction:
    """Count in units of the last decimal place; exact, where `Decimal` would round to its context."""
    return Fraction(number) * Fraction(10**decimals)


def _decimal_places(number: Decimal) -> int:
    exponent = number.normalize(_EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(number: Decimal) -> Decimal:
    """Drop trailing zeros, but not into the exponent form of `Decimal.normalize`: 10, not 1E+1."""
    is_whole = number == number.to_integral_value()
    return number.quantize(Decimal(1), context=_EXACT) if is_whole else number.normalize(_EXACT)


def _text(number: Decimal) -> str:
    return f"{_plain(number):f}"


def _bands_of(steps: tuple[tuple[int, int], ...]) -> tuple[_Band, ...]:
    """Number the bands of a ladder, given each one's first price and step in units."""
    bands = [_Band(*steps[0], 0)]
    for first, step in steps[1:]:
        before = bands[-1]
        bands.append(_Band(first, step, before.first_index + (first - before.first) // before.step))
    return tuple(bands)


CLASSIC = Ladder(
    LadderType.CLASSIC,
    _bands_of(
        (
            (1_01, 1),
            (2_00, 2),
            (3_00, 5),
            (4_00, 10),
            (6_00, 20),
            (10_00, 50),
            (20_00, 1_00),
            (30_00, 2_00),
            (50_00, 5_00),
            (100_00, 10_00),
        )
    ),
    1000_00,
    _HUNDREDTHS,
)
"""The ladder of most markets: 350 prices from 1.01 to 1000."""

FINEST = Ladder(LadderType.FINEST, _bands_of(((1_01, 1),)), 1000_00, _HUNDREDTHS)
"""The ladder of Asian handicap and total goals markets: every hundredth from 1.01 to 1000."""
