"""
What happens on a stream, besides the changes themselves.

None of these values holds a secret: texts of Betfair's that repeat the app key or the session token are
blacked out before they get here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from betflow.wire.stream import MarketChangeMessage, OrderChangeMessage


class StreamKind(StrEnum):
    """What a subscription is about."""

    MARKETS = "markets"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a subscription can be taken up again: the two tokens that Betfair sent."""

    initial_clk: str
    clk: str | int


@dataclass(frozen=True, slots=True)
class Connected:
    """Betfair greeted a new connection. Its support asks for the id."""

    connection_id: str | None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """App key and session are accepted; `connections_available` more connections may be opened."""

    connections_available: int | None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Betfair accepted a subscription; `resumed_from` is None where an image follows."""

    kind: StreamKind
    request_id: int
    resumed_from: ResumePoint | None


@dataclass(frozen=True, slots=True)
class Synchronised:
    """
    The image, or what was missed since the point of resuming, is complete: the books are up to date again.

    Attributes:
        kind: Of which subscription.
        resumed: Whether nothing was missed; False after an image, where what happened before is not known.
        conflate_ms: The conflation in force, which may be more than was asked for (a delayed app key has
            180,000); None where Betfair does not say.
        heartbeat_ms: The heartbeat in force, likewise.
    """

    kind: StreamKind
    resumed: bool
    conflate_ms: int | None
    heartbeat_ms: int | None


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """503: Betfair's data may be late or incomplete from here on. None: it is healthy again."""

    kind: StreamKind
    status: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Betfair answered a request with a failure, or ends the connection."""

    code: str
    text: str
    kind: StreamKind | None
    connection_id: str | None


@dataclass(frozen=True, slots=True)
class HeartbeatAnswered:
    """Betfair answered our own heartbeat, so many seconds after it was sent."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Repeated:
    """A line came twice in a row and counts once; `size` in bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """A line that is not for us: an operation nobody knows, or of a subscription that was replaced."""

    operation: str
    request_id: int | None


@dataclass(frozen=True, slots=True)
class Damaged:
    """A line cannot be read, so something is missed; the stream is taken up again before it."""

    reason: str
    size: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A connection, or the attempt to make one, ended."""

    reason: str
    connection_id: str | None


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The next attempt comes after so many seconds."""

    attempt: int
    seconds: float


Happening: TypeAlias = (
    MarketChangeMessage
    | OrderChangeMessage
    | Connected
    | Authenticated
    | Subscribed
    | Synchronised
    | StatusChanged
    | Refused
    | HeartbeatAnswered
    | Repeated
    | Ignored
    | Damaged
    | Disconnected
    | Reconnecting
)
"""What a session tells: changes as they came, each whole, and everything else worth knowing."""
