"""How many calls may be made, and when. Pure: told the time, and says how long to wait."""

from collections import deque

_FORGET_ABOVE = 1000


class SlidingWindow:
    """
    At most so many in any span of time, wherever it begins.

    So many in each span by the clock would let twice as many pass at a border.

    Args:
        limit: How many.
        window_s: In how many seconds.
    """

    def __init__(self, limit: int, window_s: float = 1.0) -> None:
        self._limit = limit
        self._window_s = window_s
        self._times: deque[float] = deque(maxlen=limit)

    def reserve(self, now_s: float) -> float:
        """
        Take the next place.

        Args:
            now_s: The time now; never before that of an earlier call.

        Returns:
            How many seconds to wait before using it.
        """
        at = now_s
        if len(self._times) == self._limit:
            at = max(now_s, self._times[0] + self._window_s)
        self._times.append(at)
        return at - now_s

    def is_idle(self, now_s: float) -> bool:
        """Say whether nothing that was reserved counts any more."""
        return not self._times or self._times[-1] + self._window_s <= now_s


class WindowByKey:
    """
    A `SlidingWindow` for each key, made when it is needed and forgotten when it is idle.

    Args:
        limit: How many of one key.
        window_s: In how many seconds.
    """

    def __init__(self, limit: int, window_s: float = 1.0) -> None:
        self._limit = limit
        self._window_s = window_s
        self._windows: dict[str, SlidingWindow] = {}

    def reserve(self, key: str, now_s: float) -> float:
        """Take the next place of a key; like `SlidingWindow.reserve`."""
        if len(self._windows) > _FORGET_ABOVE:
            self._windows = {name: each for name, each in self._windows.items() if not each.is_idle(now_s)}
        return self._windows.setdefault(key, SlidingWindow(self._limit, self._window_s)).reserve(now_s)
