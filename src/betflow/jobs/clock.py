"""The only place that reads the wall clock; everybody else is told the time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]
"""Returns the time now in integer milliseconds since 1970, UTC."""


def now_ms() -> int:
    """Return the time now in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def iso(time_ms: int) -> str:
    """Write a time in milliseconds as ISO 8601 in UTC, e.g. ``2026-02-18T09:30:00.123Z``."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"
