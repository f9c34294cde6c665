"""When a call that did not succeed may be made again, and after which pause."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from betflow.errors import GatewayError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Retries:
    """
    How often a call that only reads is made again.

    Attributes:
        limit: How often at most; 0 for never.
        backoff_s: The pause before the first repetition, in seconds; each further one is twice as long.
    """

    limit: int = 3
    backoff_s: float = 0.1

    def pause_s(self, failures: int) -> float | None:
        """Return the pause after that many failures on end, None where it is enough."""
        return self.backoff_s * 2 ** (failures - 1) if failures <= self.limit else None


@dataclass(frozen=True, slots=True)
class Pace:
    """
    Time, as calls see it.

    Attributes:
        now_s: Seconds since some moment; never goes back.
        sleep: Waits for so many seconds.
    """

    now_s: Callable[[], float]
    sleep: Callable[[float], None]


def repeated(
    attempt: Callable[[], _T | GatewayError],
    retries: Retries,
    pace: Pace,
    on_trouble: Callable[[GatewayError, float], None] = lambda _error, _pause_s: None,
    *,
    within_s: float = inf,
) -> _T | GatewayError:
    """
    Make an attempt, and again after a pause while its trouble may pass; return what the last one came to.

    Args:
        attempt: Must change nothing, or nothing twice.
        retries: How often at most.
        pace: Waits.
        on_trouble: Told of each attempt that is made again, and after how many seconds.
        within_s: After so many seconds there is no further attempt.
    """
    failures, ends_s = 0, pace.now_s() + within_s
    while True:
        result = attempt()
        if not isinstance(result, GatewayError) or not result.passing:
            return result
        failures += 1
        pause_s = retries.pause_s(failures)
        if pause_s is None or pace.now_s() + pause_s > ends_s:
            return result
        on_trouble(result, pause_s)
        pace.sleep(pause_s)
