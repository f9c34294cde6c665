"""
One client's conversation: bytes and time in, lines out. It does no I/O.

Real time is in seconds, from a clock that never goes back: time-outs and heartbeats are about the connection,
and do not pass faster in a sandbox that does.

Source: "Exchange Stream API" (connection, authentication, subscription, status messages).
"""

from collections import deque
from typing import Final, TypeAlias

import msgspec

from betflow.sandbox.faults import Fault, FaultKind, Faults, Where
from betflow.sandbox.sessions import Caller
from betflow.sandbox.streaming.doorway import Doorway
from betflow.sandbox.streaming.json_lines import line_of
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.outlet import Outlet
from betflow.sandbox.streaming.requests import RequestReader, request_of
from betflow.sandbox.streaming.statuses import StreamRefusal, failure, success
from betflow.sandbox.streaming.subscribing import Subscriber
from betflow.sandbox.streaming.subscription import LaggingError, Subscription
from betflow.sandbox.truth import Truth
from betflow.wire.enums import StreamErrorCode
from betflow.wire.stream import (
    Authentication,
    ConnectionMessage,
    HeartbeatRequest,
    MarketChange,
    MarketSubscription,
    OrderMarketChange,
    OrderSubscription,
    StreamRequest,
)

AnySubscription: TypeAlias = Subscription[MarketChange] | Subscription[OrderMarketChange]

_CODE_OF: Final = {
    FaultKind.SESSION_EXPIRED: StreamErrorCode.INVALID_SESSION_INFORMATION,
    FaultKind.TOO_MANY_REQUESTS: StreamErrorCode.TOO_MANY_REQUESTS,
}


class Connection:
    """
    A connection from its greeting to its end.

    Args:
        doorway: Lets it in.
        subscriber: Makes its subscriptions.
        faults: What goes wrong.
        truth: Where it is written down.
        limits: What is allowed.
        published_at: The simulated time, epoch milliseconds, which is in its id.
        now: Real time.
    """

    def __init__(
        self,
        *,
        doorway: Doorway,
        subscriber: Subscriber,
        faults: Faults,
        truth: Truth,
        limits: StreamLimits,
        published_at: int,
        now: float,
    ) -> None:
        self._doorway = doorway
        self._subscriber = subscriber
        self._limits = limits
        self._reader = RequestReader(limits.longest_request)
        self.id = doorway.connection_id(published_at)
        self._outlet = Outlet(self.id, faults, truth)
        self._caller: Caller | None = None
        self._authentication: Authentication | None = None
        self._subscriptions: dict[Where, AnySubscription] = {}
        self._sent_at: dict[Where, float] = {}
        self._heard_at = now
        self._asked: deque[bytes] = deque()
        self._is_behind = False
        greeting = msgspec.json.encode(ConnectionMessage(connection_id=self.id))
        self._outlet.send([line_of(greeting)], now)

    @property
    def is_ended(self) -> bool:
        """Whether it ends after what `take` still gives."""
        return self._outlet.is_ended

    @property
    def is_subscribed(self) -> bool:
        """Whether it has a subscription."""
        return bool(self._subscriptions)

    @property
    def sent(self) -> int:
        """How many lines went out."""
        return self._outlet.sent

    @property
    def is_asked(self) -> bool:
        """Whether there are requests to answer."""
        return bool(self._asked) and not self.is_ended

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes that the client sent; whole requests in them wait for `answer`."""
        try:
            self._asked += self._reader.feed(data)
        except StreamRefusal as refusal:
            self._refuse(refusal, now)

    def answer(self, now: float) -> None:
        """Answer the next request: one at a time, since an image may take long and others wait."""
        if not self.is_asked:
            return
        self._heard_at = now
        try:
            self._answer(request_of(self._asked.popleft()), now)
        except StreamRefusal as refusal:
            self._refuse(refusal, now)

    def turn(self, now: float, *, is_writable: bool = True) -> None:
        """
        Send what is due.

        Args:
            now: Real time.
            is_writable: Whether the client reads what it gets; what happens while it does not is put together
                for it.
        """
        if self.is_ended or self._outlet.is_silent(now):
            return
        if not self._subscriptions:
            if now - self._heard_at >= self._limits.idle_s:
                self._refuse(_idle(self._limits.idle_s), now)
            return
        if not is_writable:
            self._is_behind = any(each.is_waiting for each in self._subscriptions.values())
            return
        together, self._is_behind = self._is_behind, False
        try:
            for where, subscription in self._subscriptions.items():
                self._send(where, self._due(where, subscription, now, together=together), now)
        except LaggingError:
            text = "The client reads too slowly: what it missed is gone"
            self._refuse(StreamRefusal(StreamErrorCode.UNEXPECTED_ERROR, text), now)
        except StreamRefusal as refusal:
            self._refuse(refusal, now)

    def take(self, now: float) -> list[bytes]:
        """Return what is to be written now, each a write of its own."""
        return self._outlet.take(now)

    def close(self) -> None:
        """End it, whoever wanted it to end."""
        self._outlet.is_ended = True
        for subscription in self._subscriptions.values():
            subscription.close()
        self._subscriptions = {}
        if self._caller is not None:
            self._doorway.leave(self._caller)
            self._caller = None

    # Requests.

    def _answer(self, request: StreamRequest, now: float) -> None:
        match request:
            case HeartbeatRequest():
                self._outlet.send([success(request.id)], now)
            case Authentication():
                self._authenticate(request, now)
            case MarketSubscription():
                self._subscribe(Where.STREAM, self._subscriber.markets(request, self._known(request)), now)
            case OrderSubscription():
                self._subscribe(
                    Where.ORDER_STREAM, self._subscriber.orders(request, self._known(request)), now
                )

    def _authenticate(self, request: Authentication, now: float) -> None:
        if self._caller is not None:
            raise StreamRefusal(
                StreamErrorCode.INVALID_REQUEST,
                f"Connection is already authenticated: {{op='authentication', id={request.id}, appKey='***', "
                "session='***'}",
                request_id=request.id,
            )
        self._caller, available = self._doorway.enter(request, now)
        self._authentication = request
        self._outlet.send([success(request.id, connections_available=available)], now)

    def _known(self, request: MarketSubscription | OrderSubscription) -> Caller:
        if self._caller is None:
            text = "Connection is not authenticated"
            raise StreamRefusal(StreamErrorCode.INVALID_REQUEST, text, request_id=request.id)
        return self._caller

    def _subscribe(self, where: Where, opened: tuple[AnySubscription, list[bytes]], now: float) -> None:
        subscription, lines = opened
        replaced = self._subscriptions.pop(where, None)
        if replaced is not None:
            replaced.close()
        self._subscriptions[where] = subscription
        self._outlet.send([success(subscription.request_id)], now)
        self._send(where, lines, now)

    # Messages.

    def _due(self, where: Where, subscription: AnySubscription, now: float, *, together: bool) -> list[bytes]:
        was_full = subscription.is_full
        lines = subscription.take(together=together)
        if subscription.is_full and not was_full:
            text = f"More markets fit than the limit, which is: {self._limits.markets}"
            code = StreamErrorCode.SUBSCRIPTION_LIMIT_EXCEEDED
            self._refuse(StreamRefusal(code, text, request_id=subscription.request_id), now)
        if not lines and (now - self._sent_at[where]) * 1000 >= subscription.terms.heartbeat_ms:
            lines = [subscription.heartbeat()]
        return lines

    def _send(self, where: Where, lines: list[bytes], now: float) -> None:
        if not lines:
            return
        self._sent_at[where] = now
        fault = self._outlet.changes(where, lines, now)
        if fault is None:
            return
        if fault.kind is FaultKind.SUB_IMAGE:
            self._outlet.send(self._subscriptions[where].image(), now)
            return
        if fault.kind is FaultKind.SESSION_EXPIRED and self._authentication is not None:
            self._doorway.expire(self._authentication)
        raise _refusal_of(fault)

    def _refuse(self, refusal: StreamRefusal, now: float) -> None:
        self._outlet.send([failure(refusal, self.id)], now)
        if refusal.closes:
            self._outlet.is_ended = True


def _refusal_of(fault: Fault) -> StreamRefusal:
    code = _CODE_OF.get(fault.kind) or StreamErrorCode(fault.code)
    return StreamRefusal(code, "A fault that was asked for")


def _idle(seconds: float) -> StreamRefusal:
    text = f"Connection is not subscribed and is idle: {seconds * 1000:.0f} ms"
    return StreamRefusal(StreamErrorCode.TIMEOUT, text)
