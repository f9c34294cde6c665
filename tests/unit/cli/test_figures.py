"""Money, prices and times look the same wherever a person reads them."""

import io
import time
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from betflow.cli.figures import Cut, Moment, average, count, in_zone, money, off, percent, price, size, soon
from betflow.cli.screen import Screen, print_findings

LONDON = ZoneInfo("Europe/London")
SUMMER, WINTER = "2021-07-30T05:44:00.000Z", "2021-12-30T05:44:00.000Z"


@pytest.mark.parametrize(
    ("expected", "amount"),
    [
        ("443,904.33", 443904.33),
        ("2.00", 2),
        ("29,357.16", 29357.155),
        ("-1,234.57", -1234.565),
        ("0.00", -0.001),
        ("1.01", Decimal("1.005")),
        ("NaN", "NaN"),
        ("inf", float("inf")),
        (None, None),
    ],
)
def test_money_has_thousands_and_two_decimals(
    expected: str | None, amount: float | Decimal | str | None
) -> None:
    """Half a penny is rounded away from nothing, and nothing has no sign."""
    assert expected == money(amount)


@pytest.mark.parametrize(
    ("expected", "number"),
    [("0.0 kB", 0), ("7.9 kB", 7_912), ("1.0 MB", 1_000_000), ("1,234.5 GB", 1_234_500_000_000)],
)
def test_size_has_the_unit_that_suits_it(expected: str, number: int) -> None:
    """A small file is not 0.0 MB."""
    assert expected == size(number)


def test_currency_stands_beside_money() -> None:
    """An amount whose currency is known says it."""
    assert "1,000.00 GBP" == money(1000, "GBP")


@pytest.mark.parametrize(
    ("expected", "value"), [("5", 5.0), ("1.01", 1.01), ("7.4", 7.4), ("1000", 1000.0), (None, None)]
)
def test_price_stands_as_on_the_ladder(expected: str | None, value: float | None) -> None:
    """A price has no more decimals than it needs."""
    assert expected == price(value)


def test_largest_amount_has_all_its_digits() -> None:
    """However large a number of a tape is, it can be shown."""
    assert f"{10**308:,}.00" == money(1e308)


def test_averages_and_percentages_are_rounded() -> None:
    """Two decimals, also of a starting price, which is an average."""
    assert ("12.94", "102.67 %", "16,096") == (average(12.9356), percent(102.6749), count(16096))


@pytest.mark.parametrize(
    ("expected", "moment"),
    [
        ("2021-07-30T06:44:00.000+01:00", Moment(SUMMER)),
        ("2021-07-30T06:44:00+01:00", Moment(SUMMER, Cut.SECOND)),
        ("2021-12-30T05:44+00:00", off(WINTER)),
        ("no time", Moment("no time")),
        ("9999-99-99", Moment("9999-99-99")),
    ],
)
def test_moment_has_the_offset_of_its_zone(expected: str, moment: Moment) -> None:
    """A time is one word of ISO 8601 with the offset of that day; what is no time is shown as it is."""
    assert expected == moment.written(LONDON)


def test_moment_in_utc_ends_in_z() -> None:
    """--utc shows times as --json does."""
    assert SUMMER == Moment(SUMMER).written(UTC)


@pytest.fixture
def _in_kolkata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_kolkata")
def test_people_see_the_local_zone() -> None:
    """Without a zone it is that of the machine: in tables, in fields, in prose and in findings."""
    stream = io.StringIO()
    screen = Screen(stream)

    screen.table(["off", "event"], [[off(SUMMER), "Lismore"]])
    screen.fields({"off": off(SUMMER)})
    screen.sentence(f"It was published {SUMMER}.")
    print_findings([{"code": "a", "subject": "b", "message": f"at {SUMMER}"}], stream, run_id=None)

    assert [
        "off +05:30        event",
        "2021-07-30 11:14  Lismore",
        "off  2021-07-30T11:14+05:30",
        "It was published 2021-07-30T11:14:00.000+05:30.",
        "finding a: b: at 2021-07-30T11:14:00.000+05:30",
    ] == stream.getvalue().splitlines()


def test_column_of_one_offset_has_it_in_the_heading() -> None:
    """Where days have different offsets each time has its own."""
    one, both, utc = io.StringIO(), io.StringIO(), io.StringIO()

    Screen(one, zone=LONDON).table(["off"], [[soon(SUMMER)], [None]])
    Screen(both, zone=LONDON).table(["off"], [[off(SUMMER)], [off(WINTER)]])
    Screen(utc, zone=UTC).table(["off"], [[off(SUMMER)]])

    assert ["off +01:00", "30 Jul 06:44", "-"] == [line.rstrip() for line in one.getvalue().splitlines()]
    assert ["off", "2021-07-30T06:44+01:00", "2021-12-30T05:44+00:00"] == both.getvalue().splitlines()
    assert ["off UTC", "2021-07-30 05:44"] == utc.getvalue().splitlines()


def test_figures_are_aligned_to_the_right() -> None:
    """A column of figures is one of numbers."""
    stream = io.StringIO()

    Screen(stream).table(["matched"], [[money(1234.5)], [money(2)]])

    assert [" matched", "1,234.50", "    2.00"] == stream.getvalue().splitlines()


def test_only_moments_are_moved_to_a_zone() -> None:
    """Dates, times without a zone and other numbers in a text stay as they are."""
    text = "2021-07-30, 2021-07-30T05:44:00 and 1.185781277"

    assert f"{text} 2021-07-30T06:44:00.000+01:00" == in_zone(f"{text} {SUMMER}", LONDON)
