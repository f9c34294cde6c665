"""
Moments as Betfair writes them, and as epoch milliseconds. Pure: says nothing about what time it is.

The calendar is worked out here, in integers, because the pure rooms do without modules that know a clock.
It is the proleptic Gregorian calendar, UTC, without leap seconds, as everywhere in computing.
"""

import re
from functools import lru_cache

from betflow.errors import UsageError

_SECOND = 1_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?P<offset>Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_OF_400_YEARS = 146_097
_DAYS_BEFORE_1970 = 719_468
"""From 0000-03-01, where the years of the calculation begin, to 1970-01-01."""

_EPOCH_DIGITS = re.compile(r"-?\d{1,15}", re.ASCII)
_EARLIEST_PLAUSIBLE = 100_000_000_000
"""1973 in milliseconds. In seconds it is the year 5138, so a smaller number is most likely in seconds."""


def epoch_ms(text: str) -> int:
    """
    Return a moment that Betfair wrote as epoch milliseconds.

    Takes ISO 8601 with ``Z``, an offset or neither (then UTC), with or without seconds and fractions; digits
    below the millisecond are cut off.

    Raises:
        ValueError: if the text is no such moment.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no moment; expected one like 2021-07-30T05:44:00.000Z")
    part = match.groupdict()
    year, month, day = (int(part[name]) for name in ("year", "month", "day"))
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if not (1 <= month <= len(_DAYS_IN_MONTH) and 1 <= day <= _month_length(year, month)):
        raise ValueError(f"{text!r} names a day that the calendar does not have")
    if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - the dial of a clock
        raise ValueError(f"{text!r} names a time that the clock does not have")
    milliseconds = int((part["fraction"] or "").ljust(3, "0")[:3])
    moment = _days_since_1970(year, month, day) * _DAY + hour * _HOUR + minute * _MINUTE + second * _SECOND
    return moment + milliseconds - _offset_ms(part["offset"])


def iso(moment_ms: int) -> str:
    """Return epoch milliseconds as Betfair writes them: ``2021-07-30T05:44:00.000Z``."""
    days, rest = divmod(moment_ms, _DAY)
    hour, rest = divmod(rest, _HOUR)
    minute, rest = divmod(rest, _MINUTE)
    second, milliseconds = divmod(rest, _SECOND)
    year, month, day = _date_of(days)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}Z"


def whole_second(moment_ms: int) -> int:
    """
    Return the beginning of the second that a moment is in, epoch milliseconds.

    Betfair tells when bets were placed, matched and ended in whole seconds; recorded answers show it.
    """
    return moment_ms - moment_ms % _SECOND


def iso_second(moment_ms: int) -> str:
    """Return the second of a moment as Betfair writes the times of bets: ``2021-07-30T05:44:00.000Z``."""
    return iso(whole_second(moment_ms))


def parse_moment(text: str) -> int:
    """
    Return the epoch milliseconds of a moment given on a command line.

    Args:
        text: Epoch milliseconds, or ISO 8601: a date, or a date and time; UTC unless it has an offset.

    Raises:
        UsageError: if it is neither, or epoch seconds by the look of it.
    """
    advice = (
        "Give epoch milliseconds (1627623840000) or ISO 8601 (2021-07-30T05:44:00Z; UTC without an offset)."
    )
    stripped = text.strip()
    if _EPOCH_DIGITS.fullmatch(stripped):
        moment = int(stripped)
        if moment < _EARLIEST_PLAUSIBLE:
            raise UsageError(
                f"{stripped} is too small for epoch milliseconds; is it in seconds?", advice=advice
            )
        return moment
    try:
        return epoch_ms(stripped)
    except ValueError as error:
        raise UsageError(f"{error}.", advice=advice) from error


def parse_end(text: str) -> int:
    """
    Return the epoch milliseconds behind a span that a command line ends with a moment, or with a date's day.

    Raises:
        UsageError: as `parse_moment` does.
    """
    moment = parse_moment(text)
    is_date = len(text.strip()) == len("2021-07-30") and "-" in text
    return moment + _DAY if is_date else moment


def _offset_ms(offset: str | None) -> int:
    if offset is None or offset in "Zz":
        return 0
    digits = offset[1:].replace(":", "")
    size = int(digits[:2]) * _HOUR + int(digits[2:]) * _MINUTE
    return -size if offset.startswith("-") else size


def _month_length(year: int, month: int) -> int:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _DAYS_IN_MONTH[month - 1] + (month == 2 and is_leap)  # noqa: PLR2004 - February


def _days_since_1970(year: int, month: int, day: int) -> int:
    """Count days; years begin in March here, so that a leap day is the last of its year."""
    year -= month < 3  # noqa: PLR2004 - March
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _DAYS_OF_400_YEARS + day_of_era - _DAYS_BEFORE_1970


@lru_cache(maxsize=64)
def _date_of(days: int) -> tuple[int, int, int]:
    """Undo `_days_since_1970`."""
    era, day_of_era = divmod(days + _DAYS_BEFORE_1970, _DAYS_OF_400_YEARS)
    leap_days = day_of_era // 1_460 - day_of_era // 36_524 + day_of_era // 146_096
    year_of_era = (day_of_era - leap_days) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * march_month + 2) // 5 + 1
    month = (march_month + 2) % 12 + 1
    return year_of_era + era * 400 + (month < 3), month, day  # noqa: PLR2004 - March
