"""
The sandbox's time: it begins when its markets want it to, and passes as fast as one likes.

Real time comes in as an argument, from a clock that never goes back.
"""

from collections.abc import Callable
from math import inf

from betflow.errors import UsageError

SLOWEST, FASTEST = 0.01, 100_000.0
"""Simulated seconds a second; beyond the fastest there is only as fast as it goes."""


def speed_of(text: str) -> float:
    """
    Read a speed: simulated seconds a second, or ``max``, which is infinite.

    Raises:
        UsageError: it is none.
    """
    if text.strip().lower() == "max":
        return inf
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not SLOWEST <= speed <= FASTEST:
        raise UsageError(
            f"{text!r} is no speed.",
            advice=f"Give simulated seconds a second, from {SLOWEST:g} to {FASTEST:g}, or max.",
        )
    return speed


class SimulatedClock:
    """
    What time it is in the sandbox.

    At an infinite speed time does not pass by itself: whoever feeds the markets moves it with `advance`.

    Args:
        begins: The first moment, epoch milliseconds.
        speed: Simulated seconds a second.
        monotonic: Real time in seconds, from any moment on.
    """

    def __init__(self, begins: int, *, speed: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._since = monotonic()
        self._at_since = float(begins)
        self._speed = speed
        self._is_paused = False

    def now(self) -> int:
        """Return the time, epoch milliseconds; it never goes back."""
        return int(self._exact())

    def _exact(self) -> float:
        if self._is_paused or self._speed == inf:
            return self._at_since
        return self._at_since + (self._monotonic() - self._since) * self._speed * 1000.0

    @property
    def speed(self) -> float:
        """Simulated seconds a second."""
        return self._speed

    @property
    def is_paused(self) -> bool:
        """Whether time stands still."""
        return self._is_paused

    def set_speed(self, speed: float) -> None:
        """Let time pass at another speed from now on."""
        self._hold()
        self._speed = speed

    def pause(self) -> None:
        """Let time stand still."""
        self._hold()
        self._is_paused = True

    def resume(self) -> None:
        """Let time pass again, from where it stood."""
        self._hold()
        self._is_paused = False

    def advance(self, to: int) -> None:
        """Move on to a moment at once; an earlier one changes nothing."""
        self._hold()
        self._at_since = max(self._at_since, float(to))

    def _hold(self) -> None:
        """Count from now on."""
        self._at_since, self._since = self._exact(), self._monotonic()
