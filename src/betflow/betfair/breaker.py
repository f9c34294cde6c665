"""No calls for a while after many that failed. Pure: told the time and what became of each call."""


class Breaker:
    """
    A circuit breaker: closed, open, or letting one call probe.

    Args:
        threshold: After so many failures on end it opens.
        open_s: For so many seconds; then one call probes, and closes it or opens it anew.
    """

    def __init__(self, threshold: int = 10, open_s: float = 30.0) -> None:
        self._threshold = threshold
        self._open_s = open_s
        self._failures = 0
        self._opened_s: float | None = None
        self._is_probing = False

    @property
    def failures(self) -> int:
        """How many calls failed on end."""
        return self._failures

    def admit(self, now_s: float) -> float:
        """
        Ask for a call. Whoever is let through tells what became of it: `succeeded`, `failed` or `abandoned`.

        Returns:
            0 where it may be made, else how many seconds are left until a call may probe.
        """
        if self._opened_s is None:
            return 0.0
        left = self._opened_s + self._open_s - now_s
        if left > 0:
            return left
        if self._is_probing:
            return self._open_s
        self._is_probing = True
        return 0.0

    def succeeded(self) -> None:
        """Tell that there was an answer, whatever it said."""
        self._failures = 0
        self._opened_s = None
        self._is_probing = False

    def failed(self, now_s: float) -> None:
        """Tell that there was no answer."""
        self._failures += 1
        self._is_probing = False
        if self._failures >= self._threshold:
            self._opened_s = now_s

    def abandoned(self) -> None:
        """Tell that the call was not made after all: the next may."""
        self._is_probing = False
