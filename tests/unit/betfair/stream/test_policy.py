"""How long to wait before the next attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.betfair.stream.policy import StreamPolicy


@pytest.mark.parametrize(
    ("expected", "attempt", "chance"),
    [(1.0, 1, 0.0), (1.5, 1, 0.5), (2.0, 2, 0.0), (4.0, 3, 0.0), (15.0, 5, 0.0), (22.5, 9, 0.5)],
)
def test_delays(expected: float, attempt: int, chance: float) -> None:
    """The span doubles up to 30 s; half of it is certain."""
    assert expected == StreamPolicy().delay(attempt, chance)


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_delays_keep_to_their_bounds(attempt: int, chance: float) -> None:
    """Whatever the attempt and the dice, a delay is from 1 s to 30 s."""
    assert 1.0 <= StreamPolicy().delay(attempt, chance) <= 30.0
