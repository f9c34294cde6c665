"""What the stream allows: Betfair's limits, which a test may move."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """
    The limits; the defaults are Betfair's where it says what they are.

    Attributes:
        idle_s: So long a connection may do nothing before it is subscribed, in real seconds.
        connections: Of one account at the same time.
        delayed_connections: The same with a delayed app key.
        connects: Connections that one account may authenticate within `connects_within_s`.
        connects_within_s: See above.
        markets: That one subscription may have.
        delayed_conflate_ms: The conflation of a delayed app key, whatever is asked for.
        longest_request: In bytes.
        segment: A message longer than so many bytes is cut into segments, where the client takes them.
        unread: So many bytes may wait for a client before its changes are put together.
        history: So many changes are kept for clients that are slow or come back.
    """

    idle_s: float = 15.0
    connections: int = 10
    delayed_connections: int = 2
    connects: int = 100
    connects_within_s: float = 10.0
    markets: int = 200
    delayed_conflate_ms: int = 180_000
    longest_request: int = 1 << 20
    segment: int = 1 << 16
    unread: int = 1 << 20
    history: int = 50_000
