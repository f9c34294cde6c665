"""When a call that did not succeed may be made again, and after which pause."""

from collections.abc import Callable
from dataclasses import dataclass


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
