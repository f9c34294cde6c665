"""
The closed sets of Betfair's vocabulary.

Wire types carry these as plain text, because Betfair adds values without notice and an unknown one
must not cost a message; compare against the members (a `StrEnum` member equals its text).

Source: Exchange Stream API, published interface definition (ESASwaggerSchema.json).
"""

from enum import StrEnum


class ChangeType(StrEnum):
    """What a change message is (`ct`); absent on an ordinary update."""

    SUB_IMAGE = "SUB_IMAGE"
    """An image: replaces what was cached for the subscription. May recur in mid-stream."""
    RESUB_DELTA = "RESUB_DELTA"
    """Deltas since the clock that the client resumed from."""
    HEARTBEAT = "HEARTBEAT"
    """Nothing changed; the connection lives."""


class SegmentType(StrEnum):
    """Which part of a segmented message this is; absent when the message is whole."""

    SEG_START = "SEG_START"
    SEG = "SEG"
    SEG_END = "SEG_END"


class MarketStatus(StrEnum):
    """The state of a market."""

    INACTIVE = "INACTIVE"
    OPEN = "OPEN"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class RunnerStatus(StrEnum):
    """The state, and after settlement the result, of a runner."""

    ACTIVE = "ACTIVE"
    WINNER = "WINNER"
    PLACED = "PLACED"
    """Each-way markets only."""
    LOSER = "LOSER"
    REMOVED = "REMOVED"
    REMOVED_VACANT = "REMOVED_VACANT"
    """A greyhound trap that stays empty."""
    HIDDEN = "HIDDEN"
    """A horse that is not officially entered."""


class LadderType(StrEnum):
    """Which price ladder a market uses (`priceLadderDefinition.type`)."""

    CLASSIC = "CLASSIC"
    FINEST = "FINEST"
    LINE_RANGE = "LINE_RANGE"
