"""Whenever calls are made, no span of time has more of them than Betfair allows."""

from hypothesis import given
from hypothesis import strategies as st

from betflow.betfair.breaker import Breaker
from betflow.betfair.limits import SlidingWindow, WindowByKey
from betflow.betfair.retries import Retries

# Fractions of two, so that sums of times are exact.
STEPS = st.lists(st.integers(0, 2048).map(lambda number: number / 1024), max_size=60)


def uses(window: SlidingWindow, steps: list[float]) -> tuple[list[float], list[float]]:
    """Return when calls came, and when they were made."""
    came, made, now = [], [], 0.0
    for step in steps:
        now += step
        came.append(now)
        made.append(now + window.reserve(now))
    return came, made


@given(st.integers(1, 6), STEPS)
def test_no_span_has_too_many(limit: int, steps: list[float]) -> None:
    """Any *limit* + 1 calls in a row take a second at least, and none is made before it came."""
    came, made = uses(SlidingWindow(limit), steps)

    assert sorted(made) == made
    assert all(later - earlier >= 1.0 for earlier, later in zip(made, made[limit:], strict=False))
    assert all(0 <= wait for wait in (after - before for before, after in zip(came, made, strict=True)))


@given(st.integers(1, 6), STEPS)
def test_nobody_waits_longer_than_needed(limit: int, steps: list[float]) -> None:
    """Each call is made when it comes, or a second after the one that is *limit* before it."""
    came, made = uses(SlidingWindow(limit), steps)

    for number, (before, after) in enumerate(zip(came, made, strict=True)):
        assert after == max(before, made[number - limit] + 1.0 if number >= limit else before)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 512)), max_size=40))
def test_keys_do_not_wait_for_one_another(calls: list[tuple[str, int]]) -> None:
    """Each key has the waits that it would have alone."""
    together, alone = WindowByKey(2), {key: SlidingWindow(2) for key in "ab"}
    now = 0.0
    for key, step in calls:
        now += step / 1024
        assert alone[key].reserve(now) == together.reserve(key, now)


def test_idle_keys_are_forgotten() -> None:
    """A process that reads markets all day does not keep all of them in mind."""
    windows = WindowByKey(5)
    for number in range(5000):
        windows.reserve(f"1.{number}", float(number))

    assert len(windows._windows) <= 1002


@given(st.integers(1, 5), st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=80))
def test_a_breaker_is_open_after_failures_on_end_only(threshold: int, calls: list[tuple[bool, int]]) -> None:
    """It holds back for 30 s from the last of *threshold* failures on end; then one call decides."""
    breaker = Breaker(threshold, 30.0)
    now, failures, opened = 0.0, 0, None
    for succeeds, step in calls:
        now += step
        left = breaker.admit(now)
        expected = 0.0 if opened is None else max(0.0, opened + 30.0 - now)
        assert expected == left
        if left:
            continue
        if succeeds:
            breaker.succeeded()
            failures, opened = 0, None
        else:
            breaker.failed(now)
            failures += 1
            opened = now if failures >= threshold else None


def test_one_call_probes() -> None:
    """While one call probes the others wait; one that was not made after all leaves it to the next."""
    breaker = Breaker(1, 30.0)
    breaker.failed(0.0)

    assert (29.0, 0.0, 30.0) == (breaker.admit(1.0), breaker.admit(30.0), breaker.admit(30.0))
    breaker.abandoned()
    assert 0.0 == breaker.admit(31.0)
    breaker.failed(31.0)
    assert 30.0 == breaker.admit(31.0)


def test_pauses_double() -> None:
    """Three repetitions after 100, 200 and 400 milliseconds, and no fourth."""
    assert [0.1, 0.2, 0.4, None] == [Retries().pause_s(failures) for failures in (1, 2, 3, 4)]
    assert Retries(limit=0).pause_s(1) is None
