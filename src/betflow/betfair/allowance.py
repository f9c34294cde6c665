"""
What may be called and when, counted for all gateways that share it.

Source: "Market Data Request Limits", "Best Practice", "listMarketBook", support article "TOO_MANY_REQUESTS".
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from betflow.betfair.breaker import Breaker
from betflow.betfair.calls import Call
from betflow.betfair.limits import SlidingWindow, WindowByKey
from betflow.betfair.retries import Retries
from betflow.wire.book import ListMarketBook, ListRunnerBook
from betflow.wire.positions import ListClearedOrders, ListCurrentOrders, ListMarketProfitAndLoss

BOOKS_PER_MARKET_AND_SECOND = 5
CONCURRENT_ORDER_QUERIES = 3
INSTRUCTIONS_PER_SECOND = 1000


@dataclass(frozen=True, slots=True)
class Policy:
    """
    How calls are made.

    Attributes:
        rate_limit: How many a second.
        retries: How often one that only reads is made again.
        breaker_threshold: After so many on end without an answer none is made for a while.
        breaker_open_s: For how long.
        call_timeout_s: How long one may take with all its waits and repetitions, but for a login.
    """

    rate_limit: int = 50
    retries: Retries = field(default_factory=Retries)
    breaker_threshold: int = 10
    breaker_open_s: float = 30.0
    call_timeout_s: float = 60.0


class Allowance:
    """
    What is left of what may be called; may be used by several threads.

    Args:
        policy: How calls are made.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self._lock = threading.Lock()
        self._rate = SlidingWindow(self.policy.rate_limit)
        self._books = WindowByKey(BOOKS_PER_MARKET_AND_SECOND)
        self._instructions = SlidingWindow(INSTRUCTIONS_PER_SECOND)
        self._breaker = Breaker(self.policy.breaker_threshold, self.policy.breaker_open_s)
        self._slots = {
            name: threading.BoundedSemaphore(CONCURRENT_ORDER_QUERIES) for name in ("current", "cleared")
        }

    def closed_for_s(self, now_s: float) -> tuple[float, int]:
        """
        Ask the breaker for a call. Whoever is let through tells what became of it: `answered` or `abandoned`.

        Returns:
            0 where it may be made, else how many seconds are left; and how many calls on end had no answer.
        """
        with self._lock:
            return self._breaker.admit(now_s), self._breaker.failures

    def answered(self, *, is_answer: bool, now_s: float) -> None:
        """Tell the breaker whether there was an answer, whatever it said."""
        with self._lock:
            if is_answer:
                self._breaker.succeeded()
            else:
                self._breaker.failed(now_s)

    def abandoned(self) -> None:
        """Tell the breaker that a call was not made after all."""
        with self._lock:
            self._breaker.abandoned()

    def reserve(self, calls: Sequence[Call[Any]], now_s: float) -> float:
        """Take the next places for calls; return how many seconds to wait before using them."""
        with self._lock:
            waits = [self._rate.reserve(now_s) for _ in range(max(1, len(calls)))]
            waits += [self._books.reserve(each, now_s) for call in calls for each in _markets_read(call)]
            waits += [self._instructions.reserve(now_s) for call in calls for _ in _instructions(call)]
        return max(waits)

    @contextmanager
    def slots(self, calls: Sequence[Call[Any]], within_s: float) -> Iterator[bool]:
        """
        Take part in the few queries of orders that Betfair answers at the same time.

        Yields:
            Whether there was a place for all calls within so many seconds.
        """
        with ExitStack() as stack:
            for name in sorted({slot for each in calls if (slot := _slot(each))}):
                if not self._slots[name].acquire(timeout=max(0.0, within_s)):
                    yield False
                    return
                stack.callback(self._slots[name].release)
            yield True


def _markets_read(call: Call[Any]) -> tuple[str, ...]:
    match call.parameters:
        case ListMarketBook(market_ids=markets):
            return markets
        case ListRunnerBook(market_id=market):
            return (market,)
    return ()


def _instructions(call: Call[Any]) -> Sequence[object]:
    return getattr(call.parameters, "instructions", None) or ()


def _slot(call: Call[Any]) -> str:
    """Return which queries of orders a call is among, if it is one."""
    match call.parameters:
        case ListCurrentOrders() | ListMarketProfitAndLoss():
            return "current"
        case ListMarketBook() | ListRunnerBook() as book if book.order_projection or book.match_projection:
            return "current"
        case ListClearedOrders():
            return "cleared"
    return ""
