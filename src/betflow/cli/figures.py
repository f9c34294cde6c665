"""
Money, prices, counts and times as people read them: the same in every command.

Answers keep numbers as they were measured and times in UTC, for ``--json``. What a person reads is written
here: money with thousands and two decimals, prices as they stand on the ladder, averages rounded, times in
the local zone with its offset.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

CURRENCY_OF_MARKETS = "GBP"
"""Betfair publishes what is offered and traded in pounds, whatever the account's currency is."""

_PENNY = Decimal("0.01")
_ANY_SIZE = Context(prec=400)
"""Enough for the largest float, which damaged or made-up tapes may have."""
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z", re.ASCII)


class Figure(str):
    """A number that is written already; columns of figures are aligned to the right."""

    __slots__ = ()


class Result(Figure):
    """What was won or lost; a terminal shows profit green and loss red."""

    __slots__ = ()


class Cut(StrEnum):
    """To what a time is shown; the names are `datetime.isoformat`'s."""

    MINUTE = "minutes"
    SECOND = "seconds"
    MILLISECOND = "milliseconds"


@dataclass(frozen=True, slots=True)
class Moment:
    """
    A moment of an answer, which a screen writes in its zone.

    Attributes:
        text: ISO 8601, as it is in the answer.
        cut: To what it is shown.
        is_near: So near that a table needs no year.
    """

    text: str
    cut: Cut = Cut.MILLISECOND
    is_near: bool = False

    def written(self, zone: tzinfo | None) -> str:
        """
        Return it in a zone with its offset, as one word that ``--at`` and the like take: ISO 8601.

        Args:
            zone: None is the local one.

        A text that is no moment, or none that the zone's calendar has, is returned as it is.
        """
        there = self._in(zone)
        if there is None:
            return self.text
        return there.replace(tzinfo=None).isoformat("T", self.cut) + _offset(there)

    def in_table(self, zone: tzinfo | None) -> str:
        """Return it as a cell of a table whose heading has the offset."""
        there = self._in(zone)
        if there is None:
            return self.text
        return f"{there:%d %b %H:%M}" if self.is_near else there.replace(tzinfo=None).isoformat(" ", self.cut)

    def offset(self, zone: tzinfo | None) -> str:
        """Return the offset of the zone at that moment, ``Z`` for UTC; nothing where there is no moment."""
        there = self._in(zone)
        return "" if there is None else _offset(there)

    def _in(self, zone: tzinfo | None) -> datetime | None:
        try:
            return datetime.fromisoformat(self.text).astimezone(zone)
        except (ValueError, OverflowError, OSError):
            return None


def _offset(there: datetime) -> str:
    if there.tzinfo is UTC:
        return "Z"
    digits = f"{there:%z}"
    return f"{digits[:3]}:{digits[3:5]}"


def off(moment: str | None) -> Moment | None:
    """Return when a market is to go off, which Betfair sets to the minute."""
    return None if moment is None else Moment(moment, Cut.MINUTE)


def soon(moment: str | None) -> Moment | None:
    """Return when a market that is listed at Betfair is to go off: in a table without its year."""
    return None if moment is None else Moment(moment, Cut.MINUTE, is_near=True)


def second(moment: str | None) -> Moment | None:
    """Return when something of ours happened, to the second."""
    return None if moment is None else Moment(moment, Cut.SECOND)


def published(moment: str | None) -> Moment | None:
    """Return when Betfair published something, to the millisecond."""
    return None if moment is None else Moment(moment)


def in_zone(text: str, zone: tzinfo | None) -> str:
    """Return a text with every moment in it, which are in UTC, in a zone; None is the local one."""
    return _MOMENT.sub(lambda found: Moment(found[0]).written(zone), text)


def money(amount: float | Decimal | str | None, currency: str = "") -> Figure | None:
    """
    Return an amount with thousands and two decimals, half a penny rounded away from nothing.

    What JSON has no number for, ``NaN`` and ``Infinity``, is text in an answer and stays what it is.
    """
    if amount is None:
        return None
    exact = Decimal(str(amount))
    if exact.is_finite():
        exact = exact.quantize(_PENNY, ROUND_HALF_UP, _ANY_SIZE)
        return Figure(f"{exact or abs(exact):,} {currency}".rstrip())
    return Figure(amount)


def result(amount: float | Decimal | str | None) -> Result | None:
    """Return what was won or, below 0, lost, written as `money`."""
    figure = money(amount)
    return None if figure is None else Result(figure)


def price(value: float | str | None) -> Figure | None:
    """Return a price as it stands on the ladder: 5, 7.4, 1.01; text, as for `money`, stays what it is."""
    return None if value is None else Figure(value if isinstance(value, str) else f"{value:.10g}")


def average(value: float | str | None) -> Figure | None:
    """Return an average of prices, or a starting price, which is one, with two decimals."""
    return money(value)


def count(number: int | None) -> Figure | None:
    """Return a number of things, with thousands."""
    return None if number is None else Figure(f"{number:,}")


def size(number: int) -> Figure:
    """Return a number of bytes in the unit that suits it: 7.9 kB, 791.1 MB, 1.2 GB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if number >= factor:
            return Figure(f"{number / factor:,.1f} {unit}")
    return Figure(f"{number / 1000:,.1f} kB")


def percent(value: float | None) -> Figure | None:
    """Return a percentage with two decimals."""
    return None if value is None else Figure(f"{value:,.2f} %")
