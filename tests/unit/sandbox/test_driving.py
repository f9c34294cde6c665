"""How an exchange is moved through time."""

import asyncio
from math import inf

import pytest

from betflow.sandbox.clock import SimulatedClock
from betflow.sandbox.driving import Driver
from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.feed import FeedChange
from changes import OFF_MS, change, defined
from exchange_scenes import ScriptedFeed


class DoneError(Exception):
    """The test has seen enough."""


def drive_at_full_speed(feed: ScriptedFeed, *, readings: int) -> tuple[int, int]:
    """Drive until real time was read so often; return how far time went, and how often readers took."""
    left = readings
    kept_up = 0

    def monotonic() -> float:
        nonlocal left
        left -= 1
        if left < 0:
            raise DoneError
        return 0.0

    async def keep_up() -> None:
        nonlocal kept_up
        kept_up += 1

    exchange = Exchange(feed)
    clock = SimulatedClock(feed.begins, speed=inf, monotonic=lambda: 0.0)
    driver = Driver(exchange, feed, clock, monotonic=monotonic, is_watched=lambda: True, keep_up=keep_up)
    with pytest.raises(DoneError):
        asyncio.run(driver.drive())
    return exchange.now - feed.begins, kept_up


def test_at_full_speed_time_goes_from_change_to_change() -> None:
    """An hour without a change takes one step, and readers are waited for after it."""
    feed = ScriptedFeed(OFF_MS)
    feed.put(FeedChange(OFF_MS + 3_600_000, change(marketDefinition=defined())))

    gone, kept_up = drive_at_full_speed(feed, readings=2)

    assert 3_600_000 <= gone < 3_601_000
    assert 1 == kept_up


def test_behind_the_last_change_time_passes_as_real_time_does() -> None:
    """When all is over, time does not run away: it goes on by as much as the loop sleeps."""
    gone, kept_up = drive_at_full_speed(ScriptedFeed(OFF_MS), readings=6)

    assert (15, 0) == (gone, kept_up)
