"""
The protocol of the stream as a pure state machine: no socket, no clock, no dice.

Whoever owns a socket tells the session what came and when; the session says what to send, what happened,
and how long to wait at most. Times are seconds of any clock; only steps forward count, so a clock that is set
back does no harm, and one that jumps ahead costs a reconnection that resumes where it was.

Nothing is missed in silence. A line that cannot be read, or a message whose segments do not fit, ends the
connection, and the next one resumes before it. Betfair's own order of things: "Exchange Stream API".
"""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final, TypeAlias

import msgspec

from betflow.betfair.secrets import Secret, masked
from betflow.betfair.stream.framing import LineSplitter, LineTooLongError
from betflow.betfair.stream.happenings import (
    Authenticated,
    Connected,
    Damaged,
    Disconnected,
    Happening,
    HeartbeatAnswered,
    Ignored,
    Reconnecting,
    Refused,
    Repeated,
    ResumePoint,
    StatusChanged,
    StreamKind,
    Subscribed,
    Synchronised,
)
from betflow.betfair.stream.policy import StreamPolicy
from betflow.betfair.stream.refusals import Reaction, reaction_to, refusal
from betflow.betfair.stream.subscription import (
    BrokenSegmentsError,
    ChangeMessage,
    Subscription,
    SubscriptionRequest,
)
from betflow.errors import GatewayError, Sent, UnreachableError, UsageError
from betflow.wire.enums import ChangeType, StatusCode
from betflow.wire.stream import (
    Authentication,
    ChangeNotice,
    ConnectionMessage,
    HeartbeatRequest,
    MarketChangeMessage,
    OrderChangeMessage,
    StatusMessage,
    StreamMessage,
    StreamRequest,
    decode,
    decode_notice,
    encode_request,
)

Happenings: TypeAlias = list[Happening]

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CHANGES: Final = {"mcm": StreamKind.MARKETS, "ocm": StreamKind.ORDERS}
_KNOWN: Final = frozenset({*_CHANGES, "connection", "status"})


class Phase(Enum):
    """Where a session stands."""

    WAITING = auto()
    """For the next attempt."""
    CONNECTING = auto()
    """Make a connection now, and tell how it went: `StreamSession.opened` or `failed`."""
    GREETING = auto()
    """Connected; Betfair greets first."""
    AUTHENTICATING = auto()
    STREAMING = auto()
    """Subscriptions are requested, and changes come."""
    ENDED = auto()
    """For good; `StreamSession.failure` says why."""


_WITHOUT_CONNECTION: Final = frozenset({Phase.WAITING, Phase.CONNECTING, Phase.ENDED})


class StreamSession:
    """
    One stream, over as many connections as it takes.

    Args:
        app_key: The application key.
        subscriptions: One to markets, one to orders, or both. Their ids do not matter. Tokens in them resume
            an earlier session, whose books have to be there.
        chance: Gives a number from 0 (included) to 1 (excluded) each time.
        policy: How patient to be.

    Attributes:
        phase: Where the session stands.
        is_connected: Whether the session has use for a connection; where not, an open one has to be closed.
        failure: Why it ended; None while it has not, and after `stop`.
        needs_login: Betfair refused the session token: `opened` has to be given a new one.

    Raises:
        UsageError: There is no subscription, there are two of one kind, or one asks for what Betfair does not
            accept.
    """

    def __init__(
        self,
        app_key: Secret,
        subscriptions: Sequence[SubscriptionRequest],
        *,
        chance: Callable[[], float],
        policy: StreamPolicy | None = None,
    ) -> None:
        self.phase = Phase.CONNECTING
        self.is_connected = False
        self.failure: GatewayError | None = None
        self.needs_login = False
        self._app_key = app_key
        self._token: Secret | None = None
        self._subscriptions = _by_kind(subscriptions)
        # Those whose data flow on this connection, by the type of their messages.
        self._flowing: dict[type[StreamMessage], Subscription] = {}
        self._chance = chance
        self._policy = policy or StreamPolicy()
        self._outgoing: list[bytes] = []
        self._lines = LineSplitter()
        self._previous = b""
        self._connection_id: str | None = None
        self._last_request = 0
        self._authentication: int | None = None
        self._heartbeats: dict[int, float] = {}
        self._time: float | None = None  # the caller's clock, at its latest reading
        self._elapsed = 0.0  # our own: the caller's steps forward, added up
        self._deadline: float | None = None
        self._heard = 0.0  # when bytes came last
        self._data_since: float | None = None
        self._attempt = 0
        self._fruitless = 0
        self._renewed = False

    @property
    def wait(self) -> float | None:
        """How many seconds from the latest time told `wake` is due; None where only the caller can go on."""
        deadline = self._deadline
        if self.phase is Phase.STREAMING:
            deadline = self._heard + self._patience()
        return None if deadline is None else max(0.0, deadline - self._elapsed)

    @property
    def refused_token(self) -> Secret | None:
        """The session token that Betfair refused, where a new one is needed."""
        return self._token if self.needs_login else None

    @property
    def connection_id(self) -> str | None:
        """Betfair's name for the connection; its support asks for it."""
        return self._connection_id

    def resume_point(self, kind: StreamKind) -> ResumePoint | None:
        """Return where a subscription can be taken up again, also by a later session."""
        subscription = self._subscriptions.get(kind)
        return subscription.resume_point if subscription else None

    def outgoing(self) -> bytes:
        """Return what has to be sent now, once."""
        content = b"".join(self._outgoing)
        self._outgoing = []
        return content

    # What the owner of the socket tells.

    def opened(self, token: Secret, now: float) -> Happenings:
        """Take note that a connection is made; it will be authenticated with *token*."""
        self._observe(now)
        self._token = token
        self.needs_login = False
        self._lines = LineSplitter()
        self._previous = b""
        self._connection_id = None
        self._data_since = None
        self._heartbeats = {}
        self._enter(Phase.GREETING, self._policy.answer_timeout)
        return []

    def failed(self, reason: str, now: float, *, error: GatewayError | None = None) -> Happenings:
        """
        Take note that no connection could be made.

        Args:
            reason: Why, for people.
            now: The time.
            error: Given where another attempt would change nothing.
        """
        self._observe(now)
        happened: Happenings = []
        self._lose(reason, happened, error=error)
        return happened

    def closed(self, now: float, reason: str = "Betfair closed the connection") -> Happenings:
        """Take note that the connection is gone."""
        self._observe(now)
        happened: Happenings = []
        if self._lines.pending:
            reason = f"{reason} in the middle of a line ({self._lines.pending:,} bytes of it came)"
        self._lose(reason, happened)
        return happened

    def wake(self, now: float) -> Happenings:
        """Take note of the time; something is due where `wait` has passed."""
        self._observe(now)
        happened: Happenings = []
        if self.wait != 0:
            return happened
        if self.phase is Phase.WAITING:
            self._connection_id = None
            self._enter(Phase.CONNECTING, None)
        elif self.phase is Phase.STREAMING:
            self._lose(f"nothing came for {self._patience():g} s", happened)
        else:
            waited = {Phase.GREETING: "greeting", Phase.AUTHENTICATING: "answer to the authentication"}
            self._lose(f"no {waited[self.phase]} for {self._policy.answer_timeout:g} s", happened)
        return happened

    def stop(self) -> None:
        """End the session; nothing is sent any more."""
        self._end(None)

    def receive(self, data: bytes, now: float) -> Happenings:
        """Take bytes that came; return what happened, in order."""
        self._observe(now)
        happened: Happenings = []
        if not self.is_connected:
            return happened
        self._heard = self._elapsed
        try:
            lines = self._lines.feed(data)
        except LineTooLongError as error:
            self._damage(str(error), len(data), happened)
            return happened
        for line in lines:
            if line == self._previous:
                happened.append(Repeated(len(line)))
                continue
            self._previous = line
            try:
                message = decode(line)
            except _UNREADABLE as error:
                self._take_unreadable(line, error, happened)
            else:
                subscription = self._flowing.get(type(message))
                if subscription is not None and subscription.is_ordinary(message):
                    happened.append(message)
                    continue
                self._take(message, len(line), happened)
            if not self._has_use_for_more():
                break  # what else came on this connection comes again on the next
        return happened

    # What the owner of the session asks for.

    def subscribe(self, request: SubscriptionRequest) -> None:
        """
        Subscribe, or put another subscription in the place of the one of the same kind: an image follows.

        Raises:
            UsageError: Betfair does not accept such a request.
        """
        subscription = Subscription(request)
        self._subscriptions[subscription.kind] = subscription
        self._flowing = {}
        if self.phase is Phase.STREAMING:
            self._send(subscription.request(self._next_id()))

    def heartbeat(self) -> None:
        """Ask for a sign of life; `HeartbeatAnswered` says how long it took."""
        if self.phase is Phase.STREAMING:
            request_id = self._next_id()
            self._heartbeats[request_id] = self._elapsed
            self._send(HeartbeatRequest(id=request_id))

    # Lines.

    def _has_use_for_more(self) -> bool:
        return self.is_connected

    def _take(self, message: StreamMessage, size: int, happened: Happenings) -> None:
        """Take a message that is no ordinary change."""
        if isinstance(message, (MarketChangeMessage, OrderChangeMessage)):
            self._take_changes(message, size, happened)
        elif isinstance(message, StatusMessage):
            self._take_status(message, happened)
        else:
            self._take_greeting(message, happened)

    def _take_unreadable(self, line: bytes, error: Exception, happened: Happenings) -> None:
        """Take a line that is no message of ours: something new, a notice without changes, or damage."""
        try:
            notice = decode_notice(line)
        except _UNREADABLE:
            notice = ChangeNotice()
        kind = _CHANGES.get(notice.op or "")
        if kind is not None and not notice.has_changes and notice.status is not None:
            self._note_status(self._subscriptions.get(kind), notice.status, happened)
        elif notice.op and notice.op not in _KNOWN:
            happened.append(Ignored(notice.op, notice.id))
        else:
            # The reason tells what and where, never the content: a line could repeat a secret.
            reason = str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__
            self._damage(reason, len(line), happened)

    def _take_changes(self, message: ChangeMessage, size: int, happened: Happenings) -> None:
        kind = StreamKind.MARKETS if type(message) is MarketChangeMessage else StreamKind.ORDERS
        subscription = self._subscriptions.get(kind)
        if subscription is None or self.phase is not Phase.STREAMING or not subscription.takes(message):
            happened.append(Ignored("mcm" if kind is StreamKind.MARKETS else "ocm", message.id))
            return
        if message.status != subscription.status:
            self._note_status(subscription, message.status, happened)
        try:
            messages = subscription.whole(message)
        except BrokenSegmentsError as error:
            self._damage(str(error), size, happened)
            return
        if not messages:
            return
        happened.extend(messages)
        self._flowing[type(message)] = subscription
        if self._data_since is None:
            self._data_since = self._elapsed
            self._fruitless = 0
            self._renewed = False
        if messages[0].ct is not None and messages[0].ct != ChangeType.HEARTBEAT:
            conflate_ms, heartbeat_ms = subscription.terms(messages)
            resumed = messages[0].ct == ChangeType.RESUB_DELTA
            happened.append(Synchronised(kind, resumed, conflate_ms, heartbeat_ms))

    def _note_status(
        self, subscription: Subscription | None, status: int | None, happened: Happenings
    ) -> None:
        if subscription is not None and status != subscription.status:
            subscription.status = status
            happened.append(StatusChanged(subscription.kind, status))

    def _take_greeting(self, message: ConnectionMessage, happened: Happenings) -> None:
        self._connection_id = message.connection_id
        happened.append(Connected(message.connection_id))
        if self.phase is not Phase.GREETING or self._token is None:
            return
        self._authentication = self._next_id()
        self._enter(Phase.AUTHENTICATING, self._policy.answer_timeout)
        self._send(
            Authentication(
                id=self._authentication, app_key=self._app_key.reveal(), session=self._token.reveal()
            )
        )

    def _take_status(self, message: StatusMessage, happened: Happenings) -> None:
        if message.status_code != StatusCode.SUCCESS:
            self._refused(message, happened)
        elif self.phase is Phase.AUTHENTICATING and message.id in (None, self._authentication):
            happened.append(Authenticated(message.connections_available))
            self._enter(Phase.STREAMING, None)
            for subscription in self._subscriptions.values():
                if not subscription.refused:
                    self._send(subscription.request(self._next_id()))
        elif message.id is not None and message.id in self._heartbeats:
            happened.append(HeartbeatAnswered(self._elapsed - self._heartbeats.pop(message.id)))
        elif (requested := self._requested(message.id)) is not None:
            happened.append(Subscribed(requested.kind, requested.request_id, requested.resuming_from))
        else:
            happened.append(Ignored("status", message.id))

    def _requested(self, request_id: int | None) -> Subscription | None:
        """Return the subscription whose latest request has the id."""
        for subscription in self._subscriptions.values():
            if request_id is not None and subscription.request_id == request_id:
                return subscription
        return None

    # Refusals.

    def _refused(self, message: StatusMessage, happened: Happenings) -> None:
        code = message.error_code or "a failure without a code"
        text = masked(message.error_message or "", self._secrets())
        self._connection_id = message.connection_id or self._connection_id
        subscription = self._requested(message.id)
        happened.append(Refused(code, text, subscription.kind if subscription else None, self._connection_id))
        error = refusal(
            code, text, operation=self._operation(subscription), connection_id=self._connection_id
        )
        reaction = reaction_to(code)
        if reaction is Reaction.DROP_SUBSCRIPTION:
            self._drop(subscription, error, message, happened)
        elif reaction is Reaction.LOG_IN and not self._renewed:
            self._renewed = self.needs_login = True
            self._lose(error.message, happened, refused=error, at_once=True)
        elif reaction in (Reaction.GIVE_UP, Reaction.LOG_IN):
            self._lose(error.message, happened, error=error)
        else:
            if reaction is Reaction.START_AFRESH:
                for each in self._concerned(subscription, message):
                    each.forget()
            slowly = reaction is Reaction.RECONNECT_SLOWLY
            self._lose(error.message, happened, refused=error, slowly=slowly)

    def _drop(
        self,
        subscription: Subscription | None,
        error: GatewayError,
        message: StatusMessage,
        happened: Happenings,
    ) -> None:
        """End one subscription; the session goes on as long as there is another."""
        for each in self._concerned(subscription, message):
            each.refused = True
        self._flowing = {}
        if all(each.refused for each in self._subscriptions.values()):
            self._lose(error.message, happened, error=error)
        elif message.connection_closed:
            self._lose(error.message, happened, refused=error)

    def _concerned(self, subscription: Subscription | None, message: StatusMessage) -> list[Subscription]:
        """Return what a refusal is about: one subscription, none that is still there, or all."""
        if subscription is not None:
            return [subscription]
        return list(self._subscriptions.values()) if message.id is None else []

    def _operation(self, subscription: Subscription | None) -> str:
        if subscription is not None:
            return "marketSubscription" if subscription.kind is StreamKind.MARKETS else "orderSubscription"
        return "authentication" if self.phase is Phase.AUTHENTICATING else "stream"

    def _secrets(self) -> tuple[Secret, ...]:
        return (self._app_key,) if self._token is None else (self._app_key, self._token)

    # Ends of connections.

    def _damage(self, reason: str, size: int, happened: Happenings) -> None:
        happened.append(Damaged(reason, size))
        if self.phase is Phase.STREAMING:
            for subscription in self._subscriptions.values():
                subscription.damaged()
        self._lose(f"a line of {size:,} bytes cannot be read: {reason}", happened)

    def _lose(
        self,
        reason: str,
        happened: Happenings,
        *,
        error: GatewayError | None = None,
        refused: GatewayError | None = None,
        at_once: bool = False,
        slowly: bool = False,
    ) -> None:
        """End the connection; wait for the next attempt, or give up."""
        happened.append(Disconnected(reason, self._connection_id))
        for subscription in self._subscriptions.values():
            subscription.disconnected()
        if self._data_since is None:
            self._fruitless += 1
        elif self._elapsed - self._data_since >= self._policy.sound_after:
            self._attempt = 0
        self._data_since = None
        if error is None and self._fruitless >= self._policy.attempts:
            error = refused or self._exhausted(reason)
        if error is not None:
            self._end(error)
            return
        self._attempt += 1
        delay = self._policy.delay(self._attempt, self._chance())
        delay = 0.0 if at_once else self._policy.longest_delay if slowly else delay
        self._enter(Phase.WAITING, delay)
        happened.append(Reconnecting(self._attempt, delay))

    def _exhausted(self, reason: str) -> GatewayError:
        several = f"{self._fruitless} connections in a row brought no data; the last: "
        return UnreachableError(
            f"{several if self._fruitless > 1 else ''}{reason}.",
            operation="stream",
            sent=Sent.NOT_SENT,
            ids={"connectionId": self._connection_id} if self._connection_id else None,
            advice="Check the network, its firewall and the address of the stream, then start again.",
        )

    def _end(self, failure: GatewayError | None) -> None:
        self.failure = failure
        self._enter(Phase.ENDED, None)

    # Time, and what is sent.

    def _observe(self, now: float) -> None:
        if self._time is not None and now > self._time:
            self._elapsed += now - self._time
        self._time = now

    def _enter(self, phase: Phase, seconds: float | None) -> None:
        self.phase = phase
        self.is_connected = phase not in _WITHOUT_CONNECTION
        self._flowing = {}
        self._outgoing = []
        self._deadline = None if seconds is None else self._elapsed + seconds

    def _patience(self) -> float:
        """Return how long a connection may be silent; the first data may take longer than heartbeats."""
        interval = max(each.silence for each in self._subscriptions.values())
        silence = self._policy.heartbeats * interval
        return silence if self._data_since is not None else max(silence, self._policy.answer_timeout)

    def _next_id(self) -> int:
        self._last_request += 1
        return self._last_request

    def _send(self, request: StreamRequest) -> None:
        self._outgoing.append(encode_request(request))


def _by_kind(requests: Sequence[SubscriptionRequest]) -> dict[StreamKind, Subscription]:
    subscriptions = {each.kind: each for each in map(Subscription, requests)}
    if not requests or len(subscriptions) != len(requests):
        raise UsageError(
            f"A stream has one subscription to markets, one to orders, or both; {len(requests)} were given.",
            advice="Give each kind once, and use one stream for each further subscription.",
        )
    return subscriptions
