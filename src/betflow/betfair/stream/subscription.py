"""One subscription of a session: its request, its tokens, and the segments of a message that is not whole."""

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeGuard

import msgspec

from betflow.betfair.stream.happenings import ResumePoint, StreamKind
from betflow.errors import UsageError
from betflow.wire.enums import ChangeType, SegmentType
from betflow.wire.stream import (
    MarketChangeMessage,
    MarketSubscription,
    OrderChangeMessage,
    OrderSubscription,
    StreamMessage,
)

ChangeMessage: TypeAlias = MarketChangeMessage | OrderChangeMessage
SubscriptionRequest: TypeAlias = MarketSubscription | OrderSubscription

HEARTBEATS_MS: Final = range(500, 5001)
CONFLATIONS_MS: Final = range(120_001)
LADDER_LEVELS: Final = range(1, 11)
USUAL_HEARTBEAT_MS: Final = 5000


class BrokenSegmentsError(ValueError):
    """A segment has no place where it comes: the message it belongs to is lost."""


def check_request(request: SubscriptionRequest) -> None:
    """
    Refuse what Betfair does not accept, or would silently alter.

    Raises:
        UsageError: A heartbeat, a conflation or a number of levels is out of bounds, or only one of the two
            tokens to resume from is there.
    """
    _check("heartbeat_ms", request.heartbeat_ms, HEARTBEATS_MS)
    _check("conflate_ms", request.conflate_ms, CONFLATIONS_MS)
    if isinstance(request, MarketSubscription):
        wanted = request.market_data_filter
        _check("ladder_levels", wanted.ladder_levels if wanted else None, LADDER_LEVELS)
    if (request.initial_clk is None) != (request.clk is None):
        raise UsageError(
            "A subscription resumes from initial_clk and clk, and only one of them is given.",
            advice="Give both, as one point of resuming had them, or none.",
        )


def _check(name: str, value: int | None, allowed: range) -> None:
    if value is not None and value not in allowed:
        raise UsageError(
            f"A subscription cannot have {name} {value:,}: it is from {allowed[0]:,} to {allowed[-1]:,}.",
            advice="Choose a value within these bounds.",
        )


class Subscription:
    """
    What a session knows of one of its subscriptions.

    Attributes:
        kind: What it is about.
        request_id: Of the latest request; Betfair's messages carry it. 0 before the first.
        status: The latest message's status, None while data is healthy.
        refused: Whether Betfair refused it for good.
        resuming_from: Where the latest request resumes; None where it asks for an image.
    """

    def __init__(self, request: SubscriptionRequest) -> None:
        check_request(request)
        self.kind = StreamKind.MARKETS if isinstance(request, MarketSubscription) else StreamKind.ORDERS
        self.request_id = 0
        self.status: int | None = None
        self.refused = False
        self.resuming_from: ResumePoint | None = None
        self._request = request
        self._initial_clk = request.initial_clk
        self._clk = request.clk
        self._heartbeat_ms = request.heartbeat_ms or USUAL_HEARTBEAT_MS
        self._segments: list[ChangeMessage] = []
        self._damaged_at: ResumePoint | None = None

    @property
    def resume_point(self) -> ResumePoint | None:
        """Where the subscription can be taken up again; None before the first image is whole."""
        if self._initial_clk is None or self._clk is None:
            return None
        return ResumePoint(self._initial_clk, self._clk)

    @property
    def silence(self) -> float:
        """How long one heartbeat interval is, in seconds: Betfair's, where it said so."""
        return self._heartbeat_ms / 1000

    def request(self, request_id: int) -> SubscriptionRequest:
        """Return the request to send: it resumes where that is possible."""
        point = self.resuming_from = self.resume_point
        self.request_id = request_id
        self.disconnected()
        return msgspec.structs.replace(
            self._request,
            id=request_id,
            initial_clk=point.initial_clk if point else None,
            clk=point.clk if point else None,
        )

    def disconnected(self) -> None:
        """Forget a message that was cut off; what it brought comes again."""
        self._segments = []

    def forget(self) -> None:
        """Ask for an image next time."""
        self._initial_clk = self._clk = None

    def damaged(self) -> None:
        """
        Note that a line was damaged; the next request resumes before it.

        Damage at the same place again is no accident of the network: then an image is asked for.
        """
        point = self.resume_point
        if point is not None and point == self._damaged_at:
            self.forget()
        self._damaged_at = point

    def takes(self, message: ChangeMessage) -> bool:
        """Return whether a message is of the latest request, as far as it says."""
        return not self.refused and message.id in (None, self.request_id)

    def is_ordinary(self, message: StreamMessage) -> TypeGuard[ChangeMessage]:
        """
        Return whether a message is whole and nothing but changes, and move on to its token if so.

        Nearly all messages are; `takes` and `whole` are for all others.
        """
        if (
            isinstance(message, (MarketChangeMessage, OrderChangeMessage))
            and message.ct is None
            and message.segment_type is None
            and message.status == self.status
            and message.id == self.request_id
            and not self._segments
        ):
            if message.clk is not None:
                self._clk = message.clk
            return True
        return False

    def whole(self, message: ChangeMessage) -> Sequence[ChangeMessage]:
        """
        Take a message; return the messages that are complete with it.

        The segments of a message are held back until the last is there, so that nobody sees half an image,
        also not where the connection ends in the middle. The tokens move on with whole messages only.

        Raises:
            BrokenSegmentsError: The beginning or the end of a segmented message is missing.
        """
        segment_type = message.segment_type
        if message.ct == ChangeType.HEARTBEAT or (segment_type is None and not self._segments):
            if not self._segments:  # else its token is of a moment that the segments only lead to
                self._note(message)
            return (message,)
        if segment_type == SegmentType.SEG_START and not (
            self._segments and message.ct != ChangeType.SUB_IMAGE
        ):
            self._segments = [message]
            return ()
        if segment_type in (SegmentType.SEG, SegmentType.SEG_END) and self._segments:
            self._segments.append(message)
            if segment_type == SegmentType.SEG:
                return ()
            segments, self._segments = self._segments, []
            for each in segments:
                self._note(each)
            return segments
        raise BrokenSegmentsError(
            f"a message of segment type {segment_type} after {len(self._segments)} segments"
        )

    def terms(self, messages: Sequence[ChangeMessage]) -> tuple[int | None, int | None]:
        """Return the conflation and the heartbeat that an image or a resumption says are in force."""
        first = messages[0]
        return first.conflate_ms, first.heartbeat_ms

    def _note(self, message: ChangeMessage) -> None:
        if message.initial_clk is not None:
            self._initial_clk = message.initial_clk
        if message.clk is not None:
            self._clk = message.clk
        if message.heartbeat_ms:
            self._heartbeat_ms = message.heartbeat_ms
