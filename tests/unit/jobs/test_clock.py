"""Times as text."""

import pytest

from betflow.jobs.clock import iso, now_ms


@pytest.mark.parametrize(
    ("expected", "time_ms"),
    [
        ("1970-01-01T00:00:00.000Z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2026-02-18T09:30:00.007Z", 1_771_407_000_007),
    ],
)
def test_time_is_written_in_utc_with_milliseconds(expected: str, time_ms: int) -> None:
    """Milliseconds since 1970 are written exactly, with three digits and a Z."""
    assert expected == iso(time_ms)


def test_the_clock_goes_forward() -> None:
    """The clock reads milliseconds of this century, and never goes back in a test."""
    first, second = now_ms(), now_ms()

    assert 1_700_000_000_000 < first <= second
