"""What is typed becomes a filter, and what makes no sense is refused."""

import pytest

from betflow.errors import UsageError
from betflow.exchange.times import epoch_ms
from betflow.tape.selection import FilterOptions, MarketFilter


def test_nothing_typed_takes_everything() -> None:
    """No options are an empty filter, which is false."""
    assert MarketFilter() == FilterOptions().parsed()
    assert not FilterOptions().parsed()


def test_lists_have_commas_and_any_case() -> None:
    """Lists are split at commas, spaces and case do not matter."""
    parsed = FilterOptions(countries="gb, IE,", market_types="win").parsed()

    assert MarketFilter(countries=frozenset({"gb", "ie"}), market_types=frozenset({"win"})) == parsed


@pytest.mark.parametrize("text", ["7", "horse-racing", "Horse Racing", "HORSES", "horse_racing"])
def test_event_types_have_names(text: str) -> None:
    """Event types are taken by number and by name."""
    assert frozenset({"7"}) == FilterOptions(event_types=text).parsed().event_types


def test_unknown_event_type_is_refused_with_the_known() -> None:
    """An event type that has no name here is refused, and the names are listed."""
    with pytest.raises(UsageError, match=r"'chess' is no event type .* horse-racing"):
        FilterOptions(event_types="7,chess").parsed()


def test_last_day_is_included_and_last_moment_is_not() -> None:
    """A date as the end takes its whole day; a moment as the end is not taken itself."""
    day = FilterOptions(to_time="2021-07-30").parsed().before_ms
    moment = FilterOptions(to_time="2021-07-30T12:00:00Z").parsed().before_ms

    assert (epoch_ms("2021-07-31"), epoch_ms("2021-07-30T12:00")) == (day, moment)


def test_one_day_can_be_asked_for() -> None:
    """The same date as beginning and end is that day."""
    parsed = FilterOptions(from_time="2021-07-30", to_time="2021-07-30").parsed()

    assert (epoch_ms("2021-07-30"), epoch_ms("2021-07-31")) == (parsed.from_ms, parsed.before_ms)


def test_empty_span_is_refused() -> None:
    """An end before the beginning is refused."""
    with pytest.raises(UsageError, match="Swap --from and --to"):
        FilterOptions(from_time="2021-07-31", to_time="2021-07-30").parsed()
