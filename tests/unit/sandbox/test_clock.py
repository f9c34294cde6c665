"""The sandbox's time."""

from math import inf

import pytest

from betflow.errors import UsageError
from betflow.sandbox.clock import SimulatedClock, speed_of

BEGINS = 1_700_000_000_000


class RealTime:
    """Real time that passes when a test says so, in seconds."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Return it."""
        return self.seconds


def test_time_begins_where_it_is_told_to_and_passes_at_its_speed() -> None:
    """At speed 60 a real second is a simulated minute."""
    real = RealTime()
    clock = SimulatedClock(BEGINS, speed=60.0, monotonic=real)
    assert clock.now() == BEGINS
    real.seconds += 1.5
    assert clock.now() == BEGINS + 90_000


def test_another_speed_counts_from_the_moment_it_is_set() -> None:
    """What has passed has passed."""
    real = RealTime()
    clock = SimulatedClock(BEGINS, speed=1.0, monotonic=real)
    real.seconds += 10
    clock.set_speed(10.0)
    real.seconds += 1
    assert clock.now() == BEGINS + 20_000


def test_a_pause_takes_no_time() -> None:
    """It goes on from where it stood."""
    real = RealTime()
    clock = SimulatedClock(BEGINS, speed=1.0, monotonic=real)
    clock.pause()
    real.seconds += 10
    assert clock.now() == BEGINS
    clock.resume()
    real.seconds += 1
    assert clock.now() == BEGINS + 1000


def test_without_a_limit_only_whoever_feeds_the_markets_moves_time() -> None:
    """Real time is nothing to it."""
    real = RealTime()
    clock = SimulatedClock(BEGINS, speed=inf, monotonic=real)
    real.seconds += 10
    assert clock.now() == BEGINS
    clock.advance(BEGINS + 5)
    assert clock.now() == BEGINS + 5


def test_time_never_goes_back() -> None:
    """An earlier moment changes nothing."""
    clock = SimulatedClock(BEGINS, speed=inf, monotonic=RealTime())
    clock.advance(BEGINS - 5)
    assert clock.now() == BEGINS


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("0.5", 0.5), ("max", inf), (" MAX ", inf)])
def test_a_speed_is_a_number_or_the_word_max(text: str, speed: float) -> None:
    """Simulated seconds a second."""
    assert speed == speed_of(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast", "", "1e9"])
def test_what_is_no_speed_is_a_usage_error_that_says_what_is_one(text: str) -> None:
    """From nearly standing still to very fast."""
    with pytest.raises(UsageError, match=r"is no speed\. Give simulated seconds a second, from 0\.01 to"):
        speed_of(text)
