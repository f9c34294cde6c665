"""
Moving an exchange through time, at the speed of its clock, without keeping anybody waiting.

A stretch of time is done in slices, after each of which clients have their turn; how long a slice is follows
from how long the last one took.
"""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf

from betflow.sandbox.clock import SimulatedClock
from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.feed import Feed

_TICK_S, _TICK_MS = 0.005, 5
"""How long the loop sleeps when it is in time."""
_LONG_S, _SHORT_S = 0.010, 0.004
"""A slice that takes longer is halved, one that is shorter doubled."""
_SHORTEST_MS, _LONGEST_MS = 20, 3_600_000


class Driver:
    """
    Moves an exchange.

    Args:
        exchange: What is moved.
        feed: Its feed: at full speed time goes from one change to the next, and as real time behind the last.
        clock: Says what time it should be.
        monotonic: Real time in seconds.
        is_watched: Says whether anybody is connected to the stream; at full speed time waits for somebody.
        keep_up: Returns when those who read the stream have taken what there is.
    """

    def __init__(
        self,
        exchange: Exchange,
        feed: Feed,
        clock: SimulatedClock,
        *,
        monotonic: Callable[[], float],
        is_watched: Callable[[], bool],
        keep_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._exchange = exchange
        self._feed = feed
        self._clock = clock
        self._monotonic = monotonic
        self._is_watched = is_watched
        self._keep_up = keep_up
        self._slice = _SHORTEST_MS

    async def drive(self) -> None:
        """Keep the exchange where its clock is; only being cancelled ends it."""
        while True:
            is_full_speed = self._clock.speed == inf and not self._clock.is_paused
            at = self._feed.next_at() if is_full_speed else None
            if at is not None and self._is_watched():
                self._rush(at)
                await self._keep_up()
                continue
            if is_full_speed and at is None:  # all is over: time passes as real time does
                self._clock.advance(self._clock.now() + _TICK_MS)
            await self._catch_up()
            await asyncio.sleep(_TICK_S)

    async def _catch_up(self) -> None:
        while (behind := self._clock.now() - self._exchange.now) > 0:
            self._advance(self._exchange.now + min(behind, self._slice))
            await asyncio.sleep(0)

    def _rush(self, at: int) -> None:
        """Go on by a slice, from the next change on."""
        self._clock.advance(max(self._exchange.now, at) + self._slice)
        self._advance(self._clock.now())

    def _advance(self, to: int) -> None:
        began = self._monotonic()
        self._exchange.advance(to)
        took = self._monotonic() - began
        if took > _LONG_S:
            self._slice = max(_SHORTEST_MS, self._slice // 2)
        elif took < _SHORT_S:
            self._slice = min(_LONGEST_MS, self._slice * 2)
