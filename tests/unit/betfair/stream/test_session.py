"""The protocol of the stream, told step by step."""

import traceback
from typing import Any

import pytest

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
from betflow.betfair.stream.refusals import refusal
from betflow.betfair.stream.session import Phase, StreamSession
from betflow.errors import AuthenticationError, GatewayError, RefusedError, UnreachableError, UsageError
from betflow.wire.enums import StreamErrorCode
from betflow.wire.stream import (
    Authentication,
    HeartbeatRequest,
    MarketChangeMessage,
    MarketDataFilter,
    MarketFilter,
    MarketSubscription,
    OrderChangeMessage,
    OrderSubscription,
)
from streaming import APP_KEY, GREETING, TOKEN, Conversation, failure, line, requests, success

MARKETS = MarketSubscription(id=0, market_filter=MarketFilter(market_ids=("1.1",)), heartbeat_ms=2000)
ORDERS = OrderSubscription(id=0)


def _change(
    request_id: int | None,
    clk: str,
    *changes: dict[str, Any],
    **fields: Any,  # noqa: ANN401 - as in JSON
) -> dict[str, Any]:
    return {"op": "mcm", "id": request_id, "pt": 2, "clk": clk, "mc": list(changes), **fields}


def _publish_times(happened: list[Happening]) -> list[int]:
    return [each.pt for each in happened if isinstance(each, (MarketChangeMessage, OrderChangeMessage))]


def _point(conversation: Conversation) -> ResumePoint | None:
    return conversation.session.resume_point(StreamKind.MARKETS)


def _resumes(conversation: Conversation) -> list[tuple[str | None, str | int | None]]:
    """Make the next connection; return from where each subscription resumes."""
    return [(each.initial_clk, each.clk) for each in conversation.subscribed()]


# The beginning.


def test_the_beginning_of_a_stream() -> None:
    """Greeting, authentication, subscription, image: each step is told, in order."""
    conversation = Conversation(MARKETS)
    request_id = conversation.streaming(heartbeatMs=2000, conflateMs=180_000)

    told = [each for each in conversation.happened if not isinstance(each, MarketChangeMessage)]
    assert [
        Connected("002-230915140112-174"),
        Authenticated(9),
        Subscribed(StreamKind.MARKETS, request_id, None),
        Synchronised(StreamKind.MARKETS, resumed=False, conflate_ms=180_000, heartbeat_ms=2000),
    ] == told
    assert [1] == _publish_times(conversation.happened)


def test_nothing_is_sent_before_the_greeting() -> None:
    """The session waits for Betfair to greet, and then authenticates, once."""
    conversation = Conversation()
    conversation.opened()

    assert b"" == conversation.session.outgoing()
    conversation.says(GREETING)
    assert [Authentication(id=1, app_key="planted-app-key", session="planted-session-token")] == requests(
        conversation.session.outgoing()
    )
    assert b"" == conversation.session.outgoing()


def test_both_subscriptions_on_one_connection() -> None:
    """Markets and orders are subscribed to on the same connection, with ids of their own."""
    markets, orders = Conversation(MARKETS, ORDERS).subscribed()

    assert isinstance(markets, MarketSubscription)
    assert isinstance(orders, OrderSubscription)
    assert markets.id != orders.id
    assert MARKETS.market_filter == markets.market_filter


@pytest.mark.parametrize("subscriptions", [(), (MARKETS, MARKETS), (ORDERS, ORDERS)])
def test_one_subscription_of_a_kind(
    subscriptions: tuple[MarketSubscription | OrderSubscription, ...],
) -> None:
    """No subscription, or two of one kind, are refused."""
    with pytest.raises(UsageError, match=f"{len(subscriptions)} were given"):
        StreamSession(APP_KEY, subscriptions, chance=lambda: 0.0)


@pytest.mark.parametrize(
    ("expected", "request_"),
    [
        ("heartbeat_ms 499", MarketSubscription(id=0, heartbeat_ms=499)),
        ("heartbeat_ms 5,001", OrderSubscription(id=0, heartbeat_ms=5001)),
        ("conflate_ms 120,001", OrderSubscription(id=0, conflate_ms=120_001)),
        ("ladder_levels 11", MarketSubscription(id=0, market_data_filter=MarketDataFilter(ladder_levels=11))),
        ("initial_clk and clk", MarketSubscription(id=0, clk="1")),
    ],
)
def test_what_betfair_does_not_accept(
    expected: str, request_: MarketSubscription | OrderSubscription
) -> None:
    """A subscription out of bounds is refused before it is sent."""
    with pytest.raises(UsageError, match=expected):
        Conversation(request_)


def test_a_later_session_resumes_an_earlier() -> None:
    """Tokens of an earlier session are sent with the first request."""
    assert [("I", "7")] == _resumes(Conversation(MarketSubscription(id=0, initial_clk="I", clk="7")))


# Losing and resuming.


def test_a_dropped_connection_is_resumed() -> None:
    """After a drop the subscription is taken up at the latest token, and what was missed comes."""
    conversation = Conversation(MARKETS)
    request_id = conversation.streaming()
    conversation.says(_change(request_id, "2"))
    conversation.closes()
    (request,) = conversation.subscribed()
    assert request.id is not None

    happened = conversation.says(
        success(request.id), _change(request.id, "5", ct="RESUB_DELTA", initialClk="J")
    )
    assert Subscribed(StreamKind.MARKETS, request.id, ResumePoint("I", "2")) == happened[0]
    assert Synchronised(StreamKind.MARKETS, resumed=True, conflate_ms=None, heartbeat_ms=None) == happened[-1]
    assert ResumePoint("J", "5") == _point(conversation)


def test_orders_are_resumed_too() -> None:
    """Each subscription resumes at its own token."""
    conversation = Conversation(MARKETS, ORDERS)
    markets, orders = conversation.subscribed()
    for request, operation, clk in ((markets, "mcm", "m"), (orders, "ocm", "o")):
        conversation.says(
            {"op": operation, "id": request.id, "pt": 1, "initialClk": "I", "clk": clk, "ct": "SUB_IMAGE"}
        )
    conversation.closes()

    assert [("I", "m"), ("I", "o")] == _resumes(conversation)


def test_heartbeats_move_the_token_on() -> None:
    """A heartbeat's token is resumed from."""
    conversation = Conversation()
    request_id = conversation.streaming()
    conversation.says({"op": "mcm", "id": request_id, "pt": 3, "clk": "9", "ct": "HEARTBEAT"})

    assert ResumePoint("I", "9") == _point(conversation)


def test_without_an_image_there_is_nothing_to_resume() -> None:
    """A connection that is lost before its image is whole begins anew."""
    conversation = Conversation()
    conversation.subscribed()
    conversation.closes()

    assert [(None, None)] == _resumes(conversation)


def test_an_image_in_mid_stream() -> None:
    """An image that nobody asked for is handed on, and told from a resumption."""
    conversation = Conversation()
    request_id = conversation.streaming()
    happened = conversation.says(_change(request_id, "8", ct="SUB_IMAGE", initialClk="K"))

    assert [2] == _publish_times(happened)
    assert (
        Synchronised(StreamKind.MARKETS, resumed=False, conflate_ms=None, heartbeat_ms=None) == happened[-1]
    )
    assert ResumePoint("K", "8") == _point(conversation)


def test_a_refused_clock() -> None:
    """Where Betfair does not take the tokens any more, an image is asked for."""
    conversation = Conversation()
    conversation.streaming()
    conversation.closes()
    (request,) = conversation.subscribed()
    conversation.says(failure("INVALID_CLOCK", request.id))

    assert [(None, None)] == _resumes(conversation)


def test_how_a_line_was_cut_is_told() -> None:
    """A connection that ends in the middle of a line says so, and nothing of the half line is taken."""
    conversation = Conversation()
    request_id = conversation.streaming()
    half = line(_change(request_id, "2"))[:-7]

    assert [] == conversation.says(half)
    disconnected, _ = conversation.closes()
    assert isinstance(disconnected, Disconnected)
    assert f"{len(half)} bytes of it came" in disconnected.reason
    assert ResumePoint("I", "1") == _point(conversation)


# Segments.


def test_segments_are_handed_on_when_all_are_there() -> None:
    """Nobody sees half a message: its segments come together, and the token moves on with the last."""
    conversation = Conversation()
    request_id = conversation.streaming()

    assert [] == conversation.says(_change(request_id, "2", segmentType="SEG_START", pt=10))
    assert [] == conversation.says(_change(request_id, "3", segmentType="SEG", pt=11))
    assert ResumePoint("I", "1") == _point(conversation)
    assert [10, 11, 12] == _publish_times(
        conversation.says(_change(request_id, "4", segmentType="SEG_END", pt=12))
    )
    assert ResumePoint("I", "4") == _point(conversation)


def test_segments_that_are_cut_by_a_disconnect() -> None:
    """A message that was cut is dropped, and resumed before."""
    conversation = Conversation()
    request_id = conversation.streaming()
    conversation.says(_change(request_id, "2", segmentType="SEG_START"))
    conversation.closes()
    (request,) = conversation.subscribed()

    assert ("I", "1") == (request.initial_clk, request.clk)
    assert [2] == _publish_times(conversation.says(_change(request.id, "3")))


def test_a_heartbeat_between_segments() -> None:
    """A heartbeat in the middle of a segmented message is handed on, and neither ends nor skips it."""
    conversation = Conversation()
    request_id = conversation.streaming()
    conversation.says(_change(request_id, "2", segmentType="SEG_START", pt=10))
    heartbeat = {"op": "mcm", "id": request_id, "pt": 11, "clk": "2", "ct": "HEARTBEAT"}

    assert [11] == _publish_times(conversation.says(heartbeat))
    assert ResumePoint("I", "1") == _point(conversation)
    assert [10, 12] == _publish_times(
        conversation.says(_change(request_id, "3", segmentType="SEG_END", pt=12))
    )


def test_an_image_that_begins_again() -> None:
    """An image that begins anew before it ended replaces what was there of it."""
    conversation = Conversation()
    request_id = conversation.streaming()
    for pt in (10, 20):
        conversation.says(_change(request_id, "2", ct="SUB_IMAGE", segmentType="SEG_START", pt=pt))

    assert [20, 21] == _publish_times(
        conversation.says(_change(request_id, "3", ct="SUB_IMAGE", segmentType="SEG_END", pt=21))
    )


@pytest.mark.parametrize(
    "kinds", [["SEG"], ["SEG_END"], ["SEG_START", "SEG_START"], ["SEG_START", None], ["SEG_NEW"]]
)
def test_segments_that_do_not_fit(kinds: list[str | None]) -> None:
    """Where the beginning or the end of a message is missing, the stream is resumed before it."""
    conversation = Conversation()
    request_id = conversation.streaming()
    for number, kind in enumerate(kinds):
        conversation.says(_change(request_id, f"x{number}", segmentType=kind))

    assert any(isinstance(each, Damaged) for each in conversation.happened)
    assert [("I", "1")] == _resumes(conversation)


# Lines that are no messages, or not for us.


@pytest.mark.parametrize(
    "damaged",
    [
        b'{"op":"mcm","id":2,"clk":"2","pt":1,"mc":[{"id":\r\n',
        b'{"op":"mcm","id":2,"clk":"2","mc":[{"id":"1.1"}]}\r\n',
        b"\xff\xfe\r\n",
        b'{"op":"mcm","pt":1,"ct":"\xff"}\r\n',
        b"[" * 100_000 + b"\r\n",
        b"[]\r\n",
        b"<html>\r\n",
    ],
    ids=["half", "without-time", "no-text", "no-utf-8", "nested", "list", "html"],
)
def test_a_line_that_cannot_be_read(damaged: bytes) -> None:
    """A damaged line ends the connection, and the next resumes before it: nothing is missed."""
    conversation = Conversation()
    request_id = conversation.streaming()
    happened = conversation.says(damaged, _change(request_id, "3"))

    assert [Damaged, Disconnected, Reconnecting] == [type(each) for each in happened]
    assert [("I", "1")] == _resumes(conversation)


def test_damage_at_the_same_place_again() -> None:
    """Where resuming brings the same damage again, an image is asked for instead."""
    conversation = Conversation()
    conversation.streaming()
    conversation.says(b"{\r\n")
    conversation.subscribed()
    conversation.says(b"{\r\n")

    assert [(None, None)] == _resumes(conversation)


def test_an_answer_in_html() -> None:
    """Something that is no stream at all is told as damage, and tried again."""
    conversation = Conversation()
    conversation.opened()
    happened = conversation.says(b"HTTP/1.1 400 Bad Request\r\n")

    assert [Damaged, Disconnected, Reconnecting] == [type(each) for each in happened]


def test_a_message_twice() -> None:
    """A line that comes twice in a row counts once."""
    conversation = Conversation()
    request_id = conversation.streaming()
    message = _change(request_id, "2", {"id": "1.1"})

    assert [2] == _publish_times(conversation.says(message))
    assert [Repeated(len(line(message)) - 2)] == conversation.says(message)


def test_a_message_of_a_subscription_that_was_replaced() -> None:
    """A message with another id than the latest request's is not for us any more."""
    conversation = Conversation()
    request_id = conversation.streaming()
    conversation.session.subscribe(MARKETS)

    assert [Ignored("mcm", request_id)] == conversation.says(_change(request_id, "2"))


def test_another_subscription_in_place_of_the_first() -> None:
    """A new subscription is sent on the same connection, and asks for an image."""
    conversation = Conversation()
    conversation.streaming()
    conversation.session.subscribe(MARKETS)

    (request,) = requests(conversation.session.outgoing())
    assert isinstance(request, MarketSubscription)
    assert (MARKETS.market_filter, None) == (request.market_filter, request.clk)


def test_an_operation_that_is_new() -> None:
    """A line of an operation that nobody knows does no harm."""
    conversation = Conversation()
    request_id = conversation.streaming()

    assert [Ignored("rcm", 2)] == conversation.says({"op": "rcm", "id": 2, "clk": 12, "pt": 1, "rc": []})
    assert [2] == _publish_times(conversation.says(_change(request_id, "2")))


# Late data and conflation.


def test_status_503() -> None:
    """Late data is told once when it begins and once when it ends, and the connection is kept."""
    conversation = Conversation()
    request_id = conversation.streaming()
    happened = conversation.says(
        _change(request_id, "2", status=503), _change(request_id, "3", status=503), _change(request_id, "4")
    )

    told = [each for each in happened if isinstance(each, StatusChanged)]
    assert [StatusChanged(StreamKind.MARKETS, 503), StatusChanged(StreamKind.MARKETS, None)] == told
    assert Phase.STREAMING is conversation.phase


def test_status_503_alone() -> None:
    """A notice of late data without a publish time, as it was seen, is no damaged line."""
    conversation = Conversation()
    conversation.streaming()

    assert [StatusChanged(StreamKind.MARKETS, 503)] == conversation.says(
        {"op": "mcm", "id": 2, "status": 503}
    )


def test_conflated_changes_are_handed_on() -> None:
    """That changes were merged stays with the change."""
    conversation = Conversation()
    request_id = conversation.streaming()
    (message,) = conversation.says(_change(request_id, "2", {"id": "1.1", "con": True}))

    assert isinstance(message, MarketChangeMessage)
    assert [True] == [each.con for each in message.mc or ()]


# Time.


def test_two_heartbeats_missed() -> None:
    """A connection is given up after two intervals without a byte, and not before."""
    conversation = Conversation(MARKETS)
    conversation.streaming(heartbeatMs=2000)

    assert 4.0 == conversation.session.wait
    assert [] == conversation.after(3.875)
    disconnected, _ = conversation.after(0.125)
    assert Disconnected("nothing came for 4 s", "002-230915140112-174") == disconnected


def test_any_byte_is_a_sign_of_life() -> None:
    """Half a line is a sign of life too: a big image may take long to come."""
    conversation = Conversation(MARKETS)
    conversation.streaming(heartbeatMs=2000)
    conversation.after(3.875)
    conversation.says(b'{"op":')

    assert [] == conversation.after(3.875)


def test_heartbeats_as_betfair_has_them() -> None:
    """The interval is Betfair's, where it is another than was asked for."""
    conversation = Conversation(MARKETS)
    conversation.streaming(heartbeatMs=30_000)

    assert 60.0 == conversation.session.wait


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        ("no greeting for 15 s", []),
        ("no answer to the authentication for 15 s", [GREETING]),
        ("nothing came for 15 s", [GREETING, success(1)]),
    ],
)
def test_a_server_that_stalls(expected: str, lines: list[dict[str, Any]]) -> None:
    """Each step of the beginning has its time, and what was waited for is told."""
    conversation = Conversation(MARKETS)
    conversation.opened()
    for each in lines:
        conversation.says(each)

    assert [] == conversation.after(14.5)
    disconnected, _ = conversation.after(0.5)
    assert isinstance(disconnected, Disconnected)
    assert expected == disconnected.reason


def test_a_clock_that_is_set_back() -> None:
    """A clock that is set back by an hour neither ends a connection nor keeps a dead one."""
    conversation = Conversation(MARKETS)
    conversation.streaming(heartbeatMs=2000)

    assert [] == conversation.after(-3600)
    assert [] == conversation.after(3.875)
    assert [] != conversation.after(0.125)


def test_a_clock_that_jumps_ahead() -> None:
    """What came before the jump was noticed keeps the connection; else it is resumed where it was."""
    conversation = Conversation(MARKETS)
    request_id = conversation.streaming(heartbeatMs=2000)
    conversation.now += 3600
    conversation.says(_change(request_id, "2"))
    assert 4.0 == conversation.session.wait

    conversation.after(3600)
    assert [("I", "2")] == _resumes(conversation)


def test_a_heartbeat_of_ours() -> None:
    """A heartbeat is answered by a status, and how long that took is told."""
    conversation = Conversation()
    conversation.streaming()
    conversation.session.heartbeat()
    (request,) = requests(conversation.session.outgoing())
    assert isinstance(request, HeartbeatRequest)
    conversation.now += 0.25

    assert [HeartbeatAnswered(0.25)] == conversation.says(success(request.id))


# Trying again.


def _fails(conversation: Conversation, reason: str = "connection refused") -> None:
    """Let an attempt to connect fail, and the wait for the next pass."""
    conversation.happened += conversation.session.failed(reason, conversation.now)
    conversation.after(conversation.session.wait or 0.0)


def test_delays_grow() -> None:
    """Attempts that bring nothing come at growing distances, from 1 s up to 30 s."""
    conversation = Conversation(policy=StreamPolicy(attempts=8))
    for _ in range(7):
        _fails(conversation)

    delays = [each.seconds for each in conversation.happened if isinstance(each, Reconnecting)]
    assert [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0] == delays


def test_ten_attempts() -> None:
    """After ten connections that bring no data the session gives up, and says what the last met."""
    conversation = Conversation()
    for _ in range(9):
        _fails(conversation)
    _fails(conversation, "no route to host")

    assert 9 == sum(isinstance(each, Reconnecting) for each in conversation.happened)
    assert isinstance(conversation.failure, UnreachableError)
    assert "10 connections in a row" in str(conversation.failure)
    assert "no route to host" in str(conversation.failure)


def test_attempts_are_counted_anew_after_data() -> None:
    """A connection that brings data makes the count begin anew: a stream may be resumed for ever."""
    conversation = Conversation(policy=StreamPolicy(attempts=2))
    for _ in range(5):
        conversation.streaming()
        conversation.closes()
        conversation.after(conversation.session.wait or 0.0)
        _fails(conversation)

    assert Phase.CONNECTING is conversation.phase


def test_delays_begin_anew_after_a_sound_connection() -> None:
    """A connection that held for 30 s is followed by the shortest delay, one that broke at once is not."""
    conversation = Conversation()
    for held in (0, 0, 29, 31):
        request_id = conversation.streaming()
        conversation.now += held
        conversation.says(_change(request_id, "2"))
        conversation.closes()

    delays = [each.seconds for each in conversation.happened if isinstance(each, Reconnecting)]
    assert [1.0, 2.0, 4.0, 1.0] == delays


# Refusals.


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        (AuthenticationError, "NO_APP_KEY"),
        (AuthenticationError, "INVALID_APP_KEY"),
        (AuthenticationError, "NOT_AUTHORIZED"),
        (RefusedError, "INVALID_INPUT"),
        (RefusedError, "INVALID_REQUEST"),
    ],
)
def test_refusals_for_good(expected: type[GatewayError], code: str) -> None:
    """Where trying again would change nothing the session ends at once, with Betfair's code and advice."""
    conversation = Conversation()
    conversation.opened()
    conversation.says(GREETING, failure(code, 1))

    error = conversation.failure
    assert type(error) is expected
    assert (code, {"connectionId": "002"}) == (error.code, error.ids)


@pytest.mark.parametrize("code", ["TIMEOUT", "UNEXPECTED_ERROR", "CONNECTION_FAILED", "SOMETHING_NEW"])
def test_refusals_that_pass(code: str) -> None:
    """What may pass is tried again, and resumed."""
    conversation = Conversation()
    conversation.streaming()
    refused, _, reconnecting = conversation.says(failure(code))

    assert Refused(code, "", None, "002") == refused
    assert Reconnecting(1, 1.0) == reconnecting
    assert [("I", "1")] == _resumes(conversation)


@pytest.mark.parametrize("code", ["MAX_CONNECTION_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"])
def test_refusals_that_take_time(code: str) -> None:
    """Where haste makes it worse the session waits longest, and gives up with Betfair's code."""
    conversation = Conversation()
    for _ in range(10):
        conversation.opened()
        conversation.says(GREETING, failure(code, -1))

    assert {30.0} == {each.seconds for each in conversation.happened if isinstance(each, Reconnecting)}
    assert isinstance(conversation.failure, RefusedError)
    assert code == conversation.failure.code


@pytest.mark.parametrize("code", ["INVALID_SESSION_INFORMATION", "NO_SESSION"])
def test_a_session_that_expired(code: str) -> None:
    """A refused session token is renewed once, without delay; refused again, the session ends."""
    conversation = Conversation()
    conversation.opened()
    conversation.says(GREETING, failure(code, 1))

    assert (TOKEN, 0.0) == (conversation.session.refused_token, conversation.session.wait)
    conversation.opened()
    conversation.says(GREETING, failure(code, 2))
    assert isinstance(conversation.failure, AuthenticationError)


def test_a_session_that_expires_again_after_hours() -> None:
    """Once data came with a renewed token, the next expiry is a first one."""
    conversation = Conversation()
    for _ in range(3):
        conversation.opened()
        conversation.says(GREETING)
        (request,) = requests(conversation.session.outgoing())
        conversation.says(failure("INVALID_SESSION_INFORMATION", request.id))
        conversation.streaming()
        conversation.closes()

    assert Phase.WAITING is conversation.phase


def test_too_many_markets() -> None:
    """Too many markets end a session that has nothing else: the same filter would be refused again."""
    conversation = Conversation()
    (request,) = conversation.subscribed()
    conversation.says(failure("SUBSCRIPTION_LIMIT_EXCEEDED", request.id, closed=False, text="limit is 200"))

    assert isinstance(conversation.failure, RefusedError)
    assert "limit is 200" in str(conversation.failure)
    assert "marketSubscription" == conversation.failure.operation


def test_too_many_markets_beside_orders() -> None:
    """Where only the markets are too many, the orders go on, also over the next connection."""
    conversation = Conversation(MARKETS, ORDERS)
    markets, orders = conversation.subscribed()
    (refused,) = conversation.says(failure("SUBSCRIPTION_LIMIT_EXCEEDED", markets.id, closed=False))
    assert Refused("SUBSCRIPTION_LIMIT_EXCEEDED", "", StreamKind.MARKETS, "002") == refused

    image = {"op": "ocm", "id": orders.id, "pt": 1, "initialClk": "I", "clk": "o", "ct": "SUB_IMAGE"}
    conversation.says(image)
    conversation.closes()
    assert [("I", "o")] == _resumes(conversation)


def test_a_narrower_filter_after_a_refusal() -> None:
    """A subscription that was refused can be replaced on the same connection."""
    conversation = Conversation(MARKETS, ORDERS)
    markets, _ = conversation.subscribed()
    conversation.says(failure("SUBSCRIPTION_LIMIT_EXCEEDED", markets.id, closed=False))
    conversation.session.subscribe(MARKETS)
    (request,) = requests(conversation.session.outgoing())

    assert [2] == _publish_times(conversation.says(_change(request.id, "1")))


def test_a_late_refusal_of_a_subscription_that_was_replaced() -> None:
    """A refusal that is about an earlier request leaves the present subscription alone."""
    conversation = Conversation()
    request_id = conversation.streaming()
    conversation.session.subscribe(MARKETS)
    conversation.says(failure("SUBSCRIPTION_LIMIT_EXCEEDED", request_id, closed=False))

    assert Phase.STREAMING is conversation.phase


@pytest.mark.parametrize("code", StreamErrorCode)
def test_every_code_has_its_advice(code: StreamErrorCode) -> None:
    """No error code of the published definition is left without a word of advice."""
    conversation = Conversation(policy=StreamPolicy(attempts=1))
    conversation.opened()
    conversation.says(GREETING, failure(code, 1))

    assert conversation.failure is not None
    assert conversation.failure.advice


def test_no_secret_is_ever_seen() -> None:
    """Betfair repeats the app key and the token in the text of an error; nothing that we tell has them."""
    text = (
        "Connection is already authenticated: {op='authentication', id=1, "
        "appKey='planted-app-key', session='planted-session-token'}"
    )
    conversation = Conversation()
    conversation.opened()
    conversation.says(GREETING, failure("INVALID_REQUEST", 1, text=text))
    error = conversation.failure
    assert error is not None

    shown = [*map(repr, conversation.happened), repr(conversation.session), repr(error), str(error)]
    shown += traceback.format_exception(error)
    assert "already authenticated" in str(error)
    assert not [each for each in shown if "planted" in each]


def test_stopping() -> None:
    """A session that is stopped has no failure, and neither sends nor takes anything any more."""
    conversation = Conversation()
    conversation.opened()
    conversation.says(GREETING)
    conversation.session.stop()

    assert Phase.ENDED is conversation.phase
    assert conversation.failure is None
    assert b"" == conversation.session.outgoing()
    assert [] == conversation.says({"op": "mcm", "pt": 1})


def test_orders_come_typed() -> None:
    """An order message has its orders as values."""
    conversation = Conversation(ORDERS)
    conversation.streaming(oc=[{"id": "1.1", "orc": [{"id": 7, "uo": [{"id": "10", "status": "E"}]}]}])

    (message,) = (each for each in conversation.happened if isinstance(each, OrderChangeMessage))
    assert ["1.1"] == [each.id for each in message.oc or ()]


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("Betfair answers TIMEOUT.", ""),
        ("Betfair answers TIMEOUT: It is idle.", "It is idle"),
        ("Betfair answers TIMEOUT: It is idle.", "It is idle."),
    ],
)
def test_a_refusal_is_told_in_one_sentence(expected: str, text: str) -> None:
    """Whether or not Betfair ends its own."""
    assert expected == refusal("TIMEOUT", text, operation="stream", connection_id=None).message
