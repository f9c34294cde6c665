"""The conversation of one client with the stream: greeting, authentication, requests and answers."""

import json

import pytest

from betflow.sandbox.streaming.limits import StreamLimits
from betflow.wire.stream import MarketChange, RunnerChange
from sandbox_stream import APP_KEY, DELAYED_KEY, TOKEN, PublishedExchange, Stream, market, subscription
from tapes import shared_responses


@pytest.fixture
def stream() -> Stream:
    """A stream of two markets."""
    return Stream(PublishedExchange(market("1.1"), market("1.2")))


def _failure(**fields: object) -> dict[str, object]:
    return {
        "op": "status",
        "statusCode": "FAILURE",
        "connectionClosed": True,
        "connectionId": "001-231114221420-1",
        **fields,
    }


def test_a_connection_begins_with_a_greeting(stream: Stream) -> None:
    """The server speaks first, with an id like Betfair's."""
    assert [{"op": "connection", "connectionId": "001-231114221420-1"}] == stream.connect().gets()


def test_authentication_tells_how_many_connections_are_left(stream: Stream) -> None:
    """Ten connections of a live app key are allowed, and one is made."""
    client = stream.connect()
    client.reads()

    client.says(op="authentication", id=7, appKey=APP_KEY, session=TOKEN)
    expected = {
        "op": "status",
        "id": 7,
        "statusCode": "SUCCESS",
        "connectionClosed": False,
        "connectionsAvailable": 9,
    }
    assert [expected] == client.gets()


def test_a_status_looks_like_a_recorded_one(stream: Stream) -> None:
    """With the same fields in the same order."""
    client = stream.client()
    client.says(op="heartbeat", id=2)
    stream.now += 15

    recorded = shared_responses() / "betfair_parser" / "streaming"
    accepted, refused = client.gets()
    assert json.loads((recorded / "status.json").read_text()) == accepted
    assert list(json.loads((recorded / "status_error.json").read_text())) == list(refused)


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({"session": TOKEN}, "NO_APP_KEY"),
        ({"appKey": "other", "session": TOKEN}, "INVALID_APP_KEY"),
        ({"appKey": APP_KEY, "session": None}, "NO_SESSION"),
        ({"appKey": APP_KEY, "session": "other"}, "INVALID_SESSION_INFORMATION"),
    ],
)
def test_who_is_not_known_stays_outside(stream: Stream, credentials: dict[str, str], code: str) -> None:
    """What is wrong with app key or session is said, and the connection ends."""
    client = stream.connect()
    client.reads()

    client.says(op="authentication", id=1, **credentials)
    (status,) = client.gets()
    assert (code, 1, True) == (status["errorCode"], status["id"], status["connectionClosed"])
    assert client.connection.is_ended


@pytest.mark.parametrize(("app_key", "most"), [(APP_KEY, 10), (DELAYED_KEY, 2)])
def test_connections_are_counted(stream: Stream, app_key: str, most: int) -> None:
    """One connection too many is refused, and one that ends makes room."""
    clients = [stream.client(app_key) for _ in range(most)]
    refused = stream.connect()
    refused.reads()

    refused.says(op="authentication", id=1, appKey=app_key, session=TOKEN)
    (status,) = refused.gets()
    assert "MAX_CONNECTION_LIMIT_EXCEEDED" == status["errorCode"]
    assert (
        f"You have exceeded your max connection limit which is: {most} connection(s)."
        f"You currently have: {most + 1} active connection(s)."
    ) == status["errorMessage"]

    clients[0].connection.close()
    assert not stream.client(app_key).connection.is_ended


def test_who_connects_too_often_is_refused() -> None:
    """Connections within a while are counted, also those that ended."""
    stream = Stream(PublishedExchange(), limits=StreamLimits(connects=2, connects_within_s=10))
    for _ in range(2):
        stream.client().connection.close()

    client = stream.connect()
    client.reads()
    client.says(op="authentication", id=1, appKey=APP_KEY, session=TOKEN)
    assert ["TOO_MANY_REQUESTS"] == [status["errorCode"] for status in client.gets()]

    stream.now += 10
    assert not stream.client().connection.is_ended


def test_nobody_authenticates_twice(stream: Stream) -> None:
    """A second authentication is a misuse; the answer does not repeat the secrets."""
    client = stream.client()

    client.says(op="authentication", id=2, appKey=APP_KEY, session=TOKEN)
    (status,) = client.gets()
    assert "INVALID_REQUEST" == status["errorCode"]
    assert status["errorMessage"].startswith(
        "Connection is already authenticated: {op='authentication', id=2"
    )
    assert TOKEN not in status["errorMessage"]


@pytest.mark.parametrize("kind", ["marketSubscription", "orderSubscription"])
def test_nobody_subscribes_without_authentication(stream: Stream, kind: str) -> None:
    """A subscription before the authentication ends the connection."""
    client = stream.connect()
    client.reads()

    client.says(op=kind, id=3)
    expected = _failure(id=3, errorCode="INVALID_REQUEST", errorMessage="Connection is not authenticated")
    assert [expected] == client.gets()


@pytest.mark.parametrize("is_authenticated", [False, True])
def test_a_connection_without_subscription_is_closed(stream: Stream, *, is_authenticated: bool) -> None:
    """After 15 seconds in which nothing was asked for."""
    client = stream.client() if is_authenticated else stream.connect()
    client.reads()

    stream.now += 14.9
    assert [] == client.gets()

    stream.now += 0.1
    expected = _failure(
        errorCode="TIMEOUT", errorMessage="Connection is not subscribed and is idle: 15000 ms"
    )
    assert [expected] == client.gets()
    assert client.connection.is_ended


def test_a_byte_now_and_then_is_no_request(stream: Stream) -> None:
    """Half a line, however slowly it grows, does not keep a connection that is not subscribed."""
    client = stream.client()
    client.reads()

    for _ in range(4):
        stream.now += 3.8
        client.sends(b" ")
    assert ["TIMEOUT"] == [status["errorCode"] for status in client.gets()]


def test_a_connection_with_subscription_may_be_silent(stream: Stream) -> None:
    """Who listens need not speak."""
    client = stream.client()
    client.says(**subscription())

    stream.now += 3600
    client.reads()
    assert not client.connection.is_ended


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"op":"unknown","id":1}',
        b'{"id":1}',
        b'{"op":"marketSubscription","marketFilter":7}',
        b'{"op":"marketSubscription","marketDataFilter":{"fields":["EX_EVERYTHING"]}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_request_ends_the_connection(stream: Stream, line: bytes) -> None:
    """Whatever cannot be read is INVALID_INPUT, of which the id is not known."""
    client = stream.client()

    client.sends(line + b"\r\n")
    (status,) = client.gets()
    assert "INVALID_INPUT" == status["errorCode"]
    assert status["connectionClosed"]
    assert "id" not in status


@pytest.mark.parametrize("end", [b"\r\n", b""])
def test_a_line_that_is_too_long_ends_the_connection(end: bytes) -> None:
    """Also one that has no end yet."""
    client = Stream(PublishedExchange(), limits=StreamLimits(longest_request=1000)).client()

    client.sends(b" " * 600)
    assert [] == client.gets()
    client.sends(b" " * 600 + end)
    assert ["INVALID_INPUT"] == [status["errorCode"] for status in client.gets()]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r\n\r\n"])
def test_lines_end_as_clients_please(stream: Stream, end: bytes) -> None:
    """CRLF and LF end a line, wherever packets are cut; empty lines say nothing."""
    client = stream.client()
    lines = b'{"op":"heartbeat","id":4}' + end + b'{"op":"heartbeat","id":5}' + end

    for place in range(len(lines)):
        client.sends(lines[place : place + 1])
    assert [4, 5] == [status["id"] for status in client.gets()]


def test_a_heartbeat_is_answered_with_its_id(stream: Stream) -> None:
    """And without one, where it has none."""
    client = stream.client()

    client.says(op="heartbeat", id=9)
    client.says(op="heartbeat")
    expected = {"op": "status", "statusCode": "SUCCESS", "connectionClosed": False}
    assert [{**expected, "id": 9}, expected] == client.gets()


def test_a_status_is_a_write_of_its_own(stream: Stream) -> None:
    """Clients wait for exactly one line after the authentication."""
    client = stream.connect()
    client.says(op="authentication", id=1, appKey=APP_KEY, session=TOKEN)
    client.says(**subscription())
    client.reads()

    assert ["connection", "status", "status", "mcm"] == [
        write.split(b'"')[3].decode() for write in client.writes
    ]


def test_requests_in_one_packet_are_all_answered(stream: Stream) -> None:
    """Authentication and subscription may come together."""
    client = stream.connect()

    client.sends(
        b'{"op":"authentication","id":0,"appKey":"live-app-key-123","session":"session-token"}\r\n'
        b'{"op":"marketSubscription","id":0,"marketFilter":null,"marketDataFilter":null,"clk":null}\r\n'
    )
    assert ["connection", "status", "status", "mcm"] == [message["op"] for message in client.gets()]


def test_nothing_is_answered_after_the_end(stream: Stream) -> None:
    """What follows a request that ended the connection is not looked at."""
    client = stream.client()

    client.sends(b'{"op":"no"}\r\n{"op":"heartbeat","id":5}\r\n')
    assert ["INVALID_INPUT"] == [status["errorCode"] for status in client.gets()]


@pytest.mark.parametrize(
    "name", ["market_subscription_1", "market_subscription_2", "market_subscription_3", "order_subscription"]
)
def test_recorded_requests_are_accepted(stream: Stream, name: str) -> None:
    """What real clients were recorded to send gets a status and an image."""
    client = stream.client()
    file = shared_responses() / "betfair_parser_requests" / "streaming" / f"{name}.json"

    client.sends(file.read_bytes().replace(b"\n", b"") + b"\r\n")
    status, image = client.gets()
    assert "SUCCESS" == status["statusCode"]
    assert ("SUB_IMAGE", status.get("id")) == (image["ct"], image.get("id"))


def test_both_subscriptions_share_a_connection(stream: Stream) -> None:
    """Messages of each carry its own id."""
    client = stream.client()
    client.says(**subscription())
    client.says(op="orderSubscription", id=3)

    assert [("status", 2), ("mcm", 2), ("status", 3), ("ocm", 3)] == [
        (message["op"], message["id"]) for message in client.gets()
    ]


def test_a_second_subscription_replaces_the_first(stream: Stream) -> None:
    """A fresh image comes, and changes carry the new id once."""
    client = stream.client()
    client.says(**subscription(None, "1.1"))
    client.says(**subscription(None, "1.2") | {"id": 5})
    client.reads()

    bet = RunnerChange(id=11, atb=[(2.0, 3.0)])
    stream.exchange.publish(MarketChange(id="1.1", rc=[bet]), MarketChange(id="1.2", rc=[bet]))
    assert [(5, "1.2")] == [(message["id"], message["mc"][0]["id"]) for message in client.gets()]
