"""Settings become a stream: its patience, its terms, and the session that it shares with calls."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from betflow.betfair.channel import Connection
from betflow.betfair.stream.happenings import Happening, Refused, Synchronised
from betflow.betfair.stream.policy import StreamPolicy
from betflow.errors import AuthenticationError
from betflow.jobs.connecting import open_connection, open_stream, stream_policy
from betflow.settings import BetfairSettings, Settings
from betflow.wire.stream import Authentication, MarketSubscription, OrderSubscription, decode_request
from identity_service import APP_KEY, PASSWORD, Clock, IdentityService
from loopback import DROP, Answer, loopback
from stream_server import Peer, Script, StreamServer
from streaming import GREETING, failure, line, success

PROMPT = StreamPolicy(attempts=3, shortest_delay=0.0, longest_delay=0.0)
"""Waits for nothing between attempts."""


class Exchange:
    """An identity service, and a stream that asks it whether a session lives; *asked* is what came."""

    def __init__(self) -> None:
        self.identity = IdentityService()
        self.asked: list[MarketSubscription] = []

    def lets_in(self, peer: Peer) -> None:
        """Greet, judge the session, take the subscription, and answer with an image."""
        peer.send(line(GREETING))
        authentication = decode_request(peer.request())
        assert isinstance(authentication, Authentication)
        if authentication.session not in self.identity.alive:
            peer.send(line(failure("INVALID_SESSION_INFORMATION", authentication.id)))
            return
        peer.send(line(success(authentication.id, connectionsAvailable=9)))
        request = decode_request(peer.request())
        assert isinstance(request, MarketSubscription)
        self.asked.append(request)
        image = {"op": "mcm", "id": request.id, "pt": 1, "initialClk": "I", "clk": "1", "ct": "SUB_IMAGE"}
        peer.send(line(success(request.id)) + line(image))

    @contextmanager
    def settings(self, folder: Path, *scripts: Script, **stream: object) -> Iterator[Settings]:
        """Run both, and return the settings that lead there."""
        with (
            loopback(folder, self.identity) as server,
            StreamServer(folder, *scripts, authority=server.authority).running() as streaming,
        ):
            host, port = streaming.address
            yield Settings(
                data_dir=folder / "data",
                betfair=BetfairSettings.model_validate(
                    {
                        "ca_file": server.authority_file,
                        "api": {
                            "app_key": APP_KEY,
                            "username": "me",
                            "password": PASSWORD,
                            "identity_url": f"{server.url}/api",
                            "max_retries": 0,
                        },
                        "stream": {"url": f"{host}:{port}", **stream},
                    }
                ),
            )


def until_synchronised(settings: Settings, connection: Connection) -> list[Happening]:
    """Follow a stream of markets until its books are up to date."""
    happened = []
    stream = open_stream(settings, connection, [MarketSubscription(id=0)], policy=PROMPT)
    for each in stream:
        happened.append(each)
        if isinstance(each, Synchronised):
            stream.stop()
    return happened


@pytest.fixture
def exchange() -> Exchange:
    """Return an exchange that nobody has logged in to."""
    return Exchange()


def test_patience_is_the_users() -> None:
    """How often and when a lost connection is made again is as it is set, and by default as documented."""
    assert StreamPolicy() == stream_policy(BetfairSettings())
    set_otherwise = {
        "max_reconnect_attempts": 3,
        "initial_reconnect_delay": "250ms",
        "max_reconnect_delay": "1m",
    }
    assert StreamPolicy(attempts=3, shortest_delay=0.25, longest_delay=60.0) == stream_policy(
        BetfairSettings.model_validate({"stream": set_otherwise})
    )


def test_terms_are_the_users_where_a_subscription_has_none(exchange: Exchange, tmp_path: Path) -> None:
    """Heartbeat and conflation are the settings', unless the subscription itself says otherwise."""
    terms = {"heartbeat_ms": 700, "conflate_ms": 250}
    with (
        exchange.settings(tmp_path, exchange.lets_in, **terms) as settings,
        open_connection(settings, clock=Clock()) as connection,
    ):
        until_synchronised(settings, connection)
        own = open_stream(settings, connection, [OrderSubscription(id=0, heartbeat_ms=500, conflate_ms=0)])

    assert [(700, 250)] == [(each.heartbeat_ms, each.conflate_ms) for each in exchange.asked]
    (subscription,) = own._session._subscriptions.values()
    assert (500, 0) == (subscription._request.heartbeat_ms, subscription._request.conflate_ms)


def test_a_stream_shares_the_session_of_calls(exchange: Exchange, tmp_path: Path) -> None:
    """Who has logged in already need not do it again for a stream."""
    with (
        exchange.settings(tmp_path, exchange.lets_in) as settings,
        open_connection(settings, clock=Clock()) as connection,
    ):
        connection.session.token()
        until_synchronised(settings, connection)

    assert ["login"] == exchange.identity.calls


def test_a_session_that_has_ended_is_renewed(exchange: Exchange, tmp_path: Path) -> None:
    """A session that Betfair refuses costs another login and another connection, and the stream goes on."""
    with (
        exchange.settings(tmp_path, exchange.lets_in, exchange.lets_in) as settings,
        open_connection(settings, clock=Clock()) as connection,
    ):
        connection.session.token()
        exchange.identity.alive.clear()
        happened = until_synchronised(settings, connection)

    assert ["login", "login"] == exchange.identity.calls
    assert ["INVALID_SESSION_INFORMATION"] == [each.code for each in happened if isinstance(each, Refused)]


OUT_OF_ORDER = Answer(b'{"token":"","product":"","status":"FAIL","error":"INTERNAL_ERROR"}')


@pytest.mark.parametrize("answer", [DROP, OUT_OF_ORDER], ids=["dropped", "out of order"])
def test_a_login_that_may_succeed_later_is_tried_again(
    exchange: Exchange, tmp_path: Path, answer: Answer
) -> None:
    """That the identity service does not answer, or is out of order, for once does not end a stream."""
    exchange.identity.instead["login"] = [answer]
    with (
        exchange.settings(tmp_path, exchange.lets_in) as settings,
        open_connection(settings, clock=Clock()) as connection,
    ):
        happened = until_synchronised(settings, connection)

    assert ["login", "login"] == exchange.identity.calls
    assert isinstance(happened[-1], Synchronised)


def test_a_refused_login_ends_a_stream(exchange: Exchange, tmp_path: Path) -> None:
    """A wrong password is not tried again: that would lock the account."""
    refusal = {"token": "", "product": "", "status": "FAIL", "error": "INVALID_USERNAME_OR_PASSWORD"}
    exchange.identity.instead["login"] = [Answer(json.dumps(refusal).encode())]
    with (
        exchange.settings(tmp_path) as settings,
        open_connection(settings, clock=Clock()) as connection,
        pytest.raises(AuthenticationError, match="INVALID_USERNAME_OR_PASSWORD"),
    ):
        until_synchronised(settings, connection)

    assert ["login"] == exchange.identity.calls
