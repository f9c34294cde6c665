"""Moments as texts and as epoch milliseconds."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.errors import UsageError
from betflow.exchange.times import epoch_ms, iso, parse_end, parse_moment

OFF = 1_627_623_840_000


@pytest.mark.parametrize(
    "text",
    [
        "2021-07-30T05:44:00.000Z",
        "2021-07-30T05:44:00Z",
        "2021-07-30T05:44Z",
        "2021-07-30t05:44:00z",
        "2021-07-30 05:44:00",
        "2021-07-30T05:44:00+00:00",
        "2021-07-30T15:44:00.000+1000",
        "2021-07-29T22:14:00-07:30",
        "2021-07-30T05:44:00.000999Z",
        " 2021-07-30T05:44:00,0 ",
    ],
)
def test_forms_of_one_moment(text: str) -> None:
    """With Z, an offset or neither, with or without seconds and fractions, it is the same moment."""
    assert OFF == epoch_ms(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2021-07",
        "2021-13-01",
        "2021-00-01",
        "2021-02-29",
        "2100-02-29",
        "2021-04-31",
        "2021-07-30T24:00",
        "2021-07-30T05:60",
        "2021-07-30T05:44:60",
        "2021-07-30T",
        "30-07-2021",
        "2021-07-30T05:44:00.Z",
        "\u00b2021-07-30",
    ],
)
def test_text_that_is_no_moment_is_refused(text: str) -> None:
    """What the calendar or the clock does not have is refused."""
    with pytest.raises(ValueError, match=r"is no moment|does not have"):
        epoch_ms(text)


def test_iso_is_as_betfair_writes() -> None:
    """Milliseconds, and Z."""
    assert "2021-07-30T05:44:00.000Z" == iso(OFF)
    assert "1969-12-31T23:59:59.999Z" == iso(-1)


def test_iso_takes_any_number() -> None:
    """A publish time that is nonsense is still shown, not refused."""
    assert "33658-09-27T01:46:40.000Z" == iso(10**15)


@given(st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)))  # noqa: DTZ001 - naive is UTC here
def test_calendar_agrees_with_the_standard_library(moment: dt.datetime) -> None:
    """Every moment from year 1 to 9999 is written and read as the standard library has it."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=dt.UTC)
    milliseconds = (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)
    text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    assert text == iso(milliseconds)
    assert milliseconds == epoch_ms(text)


@pytest.mark.parametrize(
    "text", ["1627623840000", "2021-07-30T05:44:00Z", "2021-07-30 05:44", " 2021-07-30T05:44 "]
)
def test_moment_of_a_command_line(text: str) -> None:
    """A moment is given as epoch milliseconds or in ISO 8601, UTC unless it says otherwise."""
    assert OFF == parse_moment(text)


def test_date_alone_is_its_beginning() -> None:
    """A date is the first moment of the day."""
    assert "2021-07-30T00:00:00.000Z" == iso(parse_moment("2021-07-30"))


@pytest.mark.parametrize("text", ["yesterday", "2021-07-32", "", "1e12", "9" * 5000])
def test_moment_that_is_none_says_what_to_give(text: str) -> None:
    """The error shows both forms."""
    with pytest.raises(UsageError, match=r"Give epoch milliseconds .* or ISO 8601"):
        parse_moment(text)


def test_epoch_seconds_are_not_taken_for_milliseconds() -> None:
    """1627623840 would be a day in January 1970; it is refused, with the likely reason."""
    with pytest.raises(UsageError, match="too small for epoch milliseconds; is it in seconds"):
        parse_moment("1627623840")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("2021-07-31T00:00:00.000Z", "2021-07-30"),
        ("2021-07-30T00:00:00.000Z", "2021-07-30T00:00Z"),
        ("2021-07-30T05:44:00.000Z", "1627623840000"),
    ],
)
def test_span_that_ends_with_a_date_has_its_day(expected: str, text: str) -> None:
    """A date as an end includes its day; a moment is the end itself."""
    assert expected == iso(parse_end(text))
