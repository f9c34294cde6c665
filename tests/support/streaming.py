"""
The other side of the stream for tests, without any network: a conversation, and an exchange that can resume.

Lines go through the wire's own decoders, so a test says what Betfair sends.
"""

import json
from typing import Any

from betflow.betfair.secrets import Secret
from betflow.betfair.stream.happenings import Happening
from betflow.betfair.stream.policy import StreamPolicy
from betflow.betfair.stream.session import Phase, StreamSession
from betflow.betfair.stream.subscription import SubscriptionRequest
from betflow.errors import GatewayError
from betflow.wire.stream import (
    Authentication,
    MarketSubscription,
    OrderSubscription,
    StreamRequest,
    decode_request,
)

APP_KEY = Secret("planted-app-key")
TOKEN = Secret("planted-session-token")

GREETING = {"op": "connection", "connectionId": "002-230915140112-174"}


def line(content: dict[str, Any] | bytes) -> bytes:
    """Return a line as it is on the wire; bytes stay as they are."""
    return content if isinstance(content, bytes) else json.dumps(content).encode() + b"\r\n"


def success(request_id: int | None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    """Return the answer that a request is accepted."""
    return {"op": "status", "id": request_id, "statusCode": "SUCCESS", "connectionClosed": False, **fields}


def failure(
    code: str, request_id: int | None = None, *, closed: bool = True, text: str = ""
) -> dict[str, Any]:
    """Return the answer that a request is refused."""
    return {
        "op": "status",
        "id": request_id,
        "statusCode": "FAILURE",
        "errorCode": code,
        "errorMessage": text,
        "connectionClosed": closed,
        "connectionId": "002",
    }


def requests(content: bytes) -> list[StreamRequest]:
    """Return the requests that a client sent."""
    return [decode_request(each) for each in content.split(b"\r\n") if each]


class Conversation:
    """
    A session, told step by step what comes and when.

    Attributes:
        session: The session.
        now: The time, in seconds.
        happened: Everything that happened so far.
    """

    def __init__(
        self,
        *subscriptions: SubscriptionRequest,
        policy: StreamPolicy | None = None,
        chance: float = 0.0,
    ) -> None:
        self.session = StreamSession(
            APP_KEY, subscriptions or (MarketSubscription(id=0),), chance=lambda: chance, policy=policy
        )
        self.now = 1000.0
        self.happened: list[Happening] = []

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self.session.phase

    @property
    def failure(self) -> GatewayError | None:
        """Why the session ended."""
        return self.session.failure

    def opened(self) -> None:
        """Make a connection, after the wait for it."""
        if self.session.phase is Phase.WAITING:
            self.after(self.session.wait or 0.0)
        self.happened += self.session.opened(TOKEN, self.now)

    def subscribed(self) -> list[SubscriptionRequest]:
        """Make a connection, greet, and let the session in; return the subscriptions it asks for."""
        self.opened()
        self.says(GREETING)
        (authentication,) = requests(self.session.outgoing())
        assert isinstance(authentication, Authentication)
        self.says(success(authentication.id, connectionsAvailable=9))
        asked = requests(self.session.outgoing())
        return [each for each in asked if isinstance(each, (MarketSubscription, OrderSubscription))]

    def streaming(self, **image: Any) -> int:  # noqa: ANN401 - as in JSON
        """Make a connection and bring an image of one subscription; return the id of the request."""
        (request,) = self.subscribed()
        operation = "mcm" if isinstance(request, MarketSubscription) else "ocm"
        self.says(
            success(request.id),
            {"op": operation, "id": request.id, "pt": 1, "initialClk": "I", "clk": "1", "ct": "SUB_IMAGE"}
            | image,
        )
        assert request.id is not None
        return request.id

    def says(self, *contents: dict[str, Any] | bytes) -> list[Happening]:
        """Let lines come in one piece; return what happened."""
        happened = self.session.receive(b"".join(map(line, contents)), self.now)
        self.happened += happened
        return happened

    def closes(self) -> list[Happening]:
        """Let the connection be closed."""
        happened = self.session.closed(self.now)
        self.happened += happened
        return happened

    def after(self, seconds: float) -> list[Happening]:
        """Let time pass without anything coming."""
        self.now += seconds
        happened = self.session.wake(self.now)
        self.happened += happened
        return happened


class ResumableExchange:
    """
    An exchange that publishes given changes, and brings what was missed to who resumes.

    Args:
        operation: ``mcm`` or ``ocm``.
        images: What an image brings after so many changes: ``images[0]`` before the first.
        changes: What each message brings, as ``mc`` or ``oc``.
    """

    def __init__(
        self, operation: str, images: list[list[dict[str, Any]]], changes: list[list[dict[str, Any]]]
    ) -> None:
        self._operation = operation
        self._images = images
        self._changes = changes
        self._subscription: int | None = None
        self.position = 0

    @property
    def is_done(self) -> bool:
        """Whether everything is published."""
        return self.position == len(self._changes)

    def answer(self, content: bytes) -> list[bytes]:
        """Return the lines that answer requests."""
        lines: list[bytes] = []
        for request in requests(content):
            lines.append(line(success(request.id)))
            if isinstance(request, (MarketSubscription, OrderSubscription)):
                self._subscription = request.id
                lines += self._subscribed(request)
        return lines

    def publish(self) -> bytes:
        """Publish the next change; return its line."""
        self.position += 1
        return self._line(self._changes[self.position - 1])

    def _subscribed(self, request: SubscriptionRequest) -> list[bytes]:
        if request.clk is None:
            return self._in_segments(self._images[self.position], "SUB_IMAGE")
        missed = [each for change in self._changes[int(request.clk) : self.position] for each in change]
        return self._in_segments(missed, "RESUB_DELTA")

    def _in_segments(self, changes: list[dict[str, Any]], change_type: str) -> list[bytes]:
        if len(changes) < 2:
            return [self._line(changes, ct=change_type, initialClk="I")]
        last = len(changes) - 1
        kinds = ["SEG_START", *["SEG"] * (last - 1), "SEG_END"]
        return [
            self._line([change], ct=change_type, initialClk="I" if place == 0 else None, segmentType=kind)
            for place, (change, kind) in enumerate(zip(changes, kinds, strict=True))
        ]

    def _line(self, changes: list[dict[str, Any]], **fields: Any) -> bytes:  # noqa: ANN401 - as in JSON
        key = {"mcm": "mc", "ocm": "oc"}[self._operation]
        is_whole = fields.get("segmentType") in (None, "SEG_END")
        return line(
            {
                "op": self._operation,
                "id": self._subscription,
                "pt": self.position,
                "clk": str(self.position) if is_whole else None,
                key: changes,
                **fields,
            }
        )
