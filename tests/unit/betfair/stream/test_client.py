"""The edge of the stream, against a scripted server on loopback."""

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from betflow.betfair.secrets import Secret
from betflow.betfair.stream.client import ExchangeStream, discard
from betflow.betfair.stream.happenings import (
    Disconnected,
    Happening,
    HeartbeatAnswered,
    ResumePoint,
    StreamKind,
    Synchronised,
)
from betflow.betfair.stream.policy import StreamPolicy
from betflow.errors import AuthenticationError, ConfigurationError, UnreachableError
from betflow.wire.stream import (
    Authentication,
    HeartbeatRequest,
    MarketChangeMessage,
    MarketSubscription,
    OrderSubscription,
    decode_request,
)
from stream_server import Peer, Script, StreamServer
from streaming import APP_KEY, GREETING, TOKEN, failure, line, success

# Nothing waits between attempts, and nothing stalls for longer than a test can bear.
PROMPT = StreamPolicy(
    attempts=2, shortest_delay=0.0, longest_delay=0.0, connect_timeout=5.0, answer_timeout=5.0
)


def _stream(
    server: StreamServer,
    *,
    token: Callable[[Secret | None], Secret] = lambda _: TOKEN,
    keep: Callable[[int, bytes], None] = discard,
    policy: StreamPolicy = PROMPT,
    authority: Path | None = None,
) -> ExchangeStream:
    return ExchangeStream(
        server.address,
        app_key=APP_KEY,
        token=token,
        subscriptions=[MarketSubscription(id=0)],
        authority=authority or server.authority,
        keep=keep,
        policy=policy,
        chance=lambda: 0.0,
    )


def _let_in(peer: Peer) -> MarketSubscription | OrderSubscription:
    """Greet, let the client in, and return what it subscribes to."""
    peer.send(line(GREETING))
    authentication = decode_request(peer.request())
    assert isinstance(authentication, Authentication)
    peer.send(line(success(authentication.id, connectionsAvailable=9)))
    request = decode_request(peer.request())
    assert isinstance(request, (MarketSubscription, OrderSubscription))
    return request


def _image(request_id: int | None, **fields: object) -> bytes:
    return line(
        {"op": "mcm", "id": request_id, "pt": 1, "initialClk": "I", "clk": "1", "ct": "SUB_IMAGE", **fields}
    )


def _serving(*changes: int) -> Script:
    """Return a script that brings an image, and changes with these publish times, and drops."""

    def script(peer: Peer) -> None:
        request = _let_in(peer)
        peer.send(line(success(request.id)) + _image(request.id))
        for pt in changes:
            peer.send(line({"op": "mcm", "id": request.id, "pt": pt, "clk": str(pt)}))

    return script


def _until(stream: ExchangeStream, is_last: Callable[[Happening], bool]) -> list[Happening]:
    """Follow a stream until something happens, and stop it."""
    happened = []
    for each in stream:
        happened.append(each)
        if is_last(each):
            stream.stop()
    return happened


def _published(pt: int) -> Callable[[Happening], bool]:
    return lambda each: isinstance(each, MarketChangeMessage) and each.pt == pt


def test_changes_come(tmp_path: Path) -> None:
    """A stream brings the image and the changes after it, over verified TLS."""
    with StreamServer(tmp_path, _serving(2, 3)).running() as server:
        happened = _until(_stream(server), _published(3))

    assert [1, 2, 3] == [each.pt for each in happened if isinstance(each, MarketChangeMessage)]


def test_bytes_are_handed_on_before_they_are_read(tmp_path: Path) -> None:
    """Every byte that was received is kept, in order and by connection, also those that cannot be read."""
    kept: list[tuple[int, bytes]] = []

    def damaged(peer: Peer) -> None:
        request = _let_in(peer)
        peer.send(_image(request.id) + b"{damaged\r\n")

    with StreamServer(tmp_path, damaged, _serving(2)).running() as server:
        _until(_stream(server, keep=lambda number, data: kept.append((number, data))), _published(2))

    first = b"".join(data for number, data in kept if number == 1)
    second = b"".join(data for number, data in kept if number == 2)
    assert line(GREETING) + line(success(1, connectionsAvailable=9)) + _image(2) + b"{damaged\r\n" == first
    assert second.startswith(line(GREETING))
    assert {1, 2} == {number for number, _ in kept}


def test_a_stream_that_cannot_be_kept_ends(tmp_path: Path) -> None:
    """Where bytes cannot be kept nothing goes on without them."""

    def full(_: int, __: bytes) -> None:
        raise OSError(28, "No space left on device")

    with (
        StreamServer(tmp_path, _serving(2)).running() as server,
        pytest.raises(OSError, match="No space left"),
    ):
        list(_stream(server, keep=full))


def test_a_drop_is_resumed(tmp_path: Path) -> None:
    """After a drop the next connection resumes, and the stream knows where a later one can."""
    asked: list[MarketSubscription | OrderSubscription] = []

    def resumed(peer: Peer) -> None:
        asked.append(_let_in(peer))
        peer.send(line({"op": "mcm", "id": asked[0].id, "pt": 5, "clk": "5", "ct": "RESUB_DELTA"}))
        peer.until_gone()

    with StreamServer(tmp_path, _serving(2), resumed).running() as server:
        stream = _stream(server)
        happened = _until(stream, lambda each: isinstance(each, Synchronised) and each.resumed)

    assert [("I", "2")] == [(each.initial_clk, each.clk) for each in asked]
    assert "Betfair closed the connection" in [
        each.reason for each in happened if isinstance(each, Disconnected)
    ]
    assert ResumePoint("I", "5") == stream.resume_point(StreamKind.MARKETS)


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    """A server that accepts and then says nothing is left after its time."""
    impatient = StreamPolicy(attempts=2, shortest_delay=0.0, longest_delay=0.0, answer_timeout=0.05)
    with (
        StreamServer(tmp_path, Peer.until_gone, Peer.until_gone).running() as server,
        pytest.raises(UnreachableError, match=r"no greeting for 0\.05 s"),
    ):
        list(_stream(server, policy=impatient))


def test_nobody_there(tmp_path: Path) -> None:
    """A port where nobody listens is tried as often as is allowed, and the error says so."""
    with StreamServer(tmp_path).running() as server:
        pass

    with pytest.raises(UnreachableError, match=r"2 connections in a row.*refused"):
        list(_stream(server))


def test_a_name_that_does_not_exist(tmp_path: Path) -> None:
    """A host name that cannot be resolved is an error that can be read."""
    with StreamServer(tmp_path).running() as server:
        server.address = ("no-such-host.invalid", 443)

        with pytest.raises(UnreachableError, match="2 connections in a row"):
            list(_stream(server))


def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    """A certificate of another host is refused at once; the session token is never sent to it."""
    received: list[bytes] = []

    def script(peer: Peer) -> None:
        received.append(peer.request())

    with (
        StreamServer(tmp_path, script, host="example.org").running() as server,
        pytest.raises(UnreachableError, match=r"certificate of localhost.*not valid for 'localhost'"),
    ):
        list(_stream(server))

    assert 1 == server.connections
    assert [] == received


def test_a_certificate_of_an_unknown_authority(tmp_path: Path) -> None:
    """Without its authority a server's certificate is refused, with what can be done about it."""
    other = tmp_path / "other"
    other.mkdir()
    stranger = StreamServer(other)
    with stranger.running(), StreamServer(tmp_path, _serving(2)).running() as server:
        stream = _stream(server, authority=stranger.authority)
        with pytest.raises(UnreachableError, match="BETFAIR_CA_FILE"):
            list(stream)


def test_old_tls(tmp_path: Path) -> None:
    """A server that speaks only TLS 1.1 is not spoken to."""
    server = StreamServer(tmp_path, _serving(2), _serving(2))
    server.context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        server.context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        server.context.maximum_version = ssl.TLSVersion.TLSv1_1

    with server.running(), pytest.raises(UnreachableError):
        list(_stream(server))


def test_an_authority_that_is_none(tmp_path: Path) -> None:
    """A file of authorities that holds none is refused before anything is connected."""
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    server = StreamServer(tmp_path)
    with server.running(), pytest.raises(ConfigurationError, match=r"empty\.pem"):
        _stream(server, authority=empty)


def test_a_session_is_renewed_once(tmp_path: Path) -> None:
    """A token that is refused is given back for a new one, and the stream goes on with that."""
    given: list[Secret | None] = []
    sessions: list[str] = []

    def token(refused: Secret | None) -> Secret:
        given.append(refused)
        return Secret("renewed-token") if refused else TOKEN

    def refusing(peer: Peer) -> None:
        peer.send(line(GREETING))
        request = decode_request(peer.request())
        peer.send(line(failure("INVALID_SESSION_INFORMATION", request.id)))
        peer.until_gone()

    def accepting(peer: Peer) -> None:
        peer.send(line(GREETING))
        request = decode_request(peer.request())
        assert isinstance(request, Authentication)
        sessions.append(str(request.session))
        peer.send(line(success(request.id)))
        peer.send(_image(decode_request(peer.request()).id))
        peer.until_gone()

    with StreamServer(tmp_path, refusing, accepting).running() as server:
        _until(_stream(server, token=token), _published(1))

    assert [None, TOKEN] == given
    assert ["renewed-token"] == sessions


def test_a_session_that_is_refused_twice(tmp_path: Path) -> None:
    """A renewed token that is refused too ends the stream, and no secret is in the error."""

    def refusing(peer: Peer) -> None:
        peer.send(line(GREETING))
        request = decode_request(peer.request())
        text = f"{{appKey='{APP_KEY.reveal()}', session='{TOKEN.reveal()}'}}"
        peer.send(line(failure("NO_SESSION", request.id, text=text)))
        peer.until_gone()

    with (
        StreamServer(tmp_path, refusing, refusing).running() as server,
        pytest.raises(AuthenticationError, match="NO_SESSION") as raised,
    ):
        list(_stream(server))

    assert "planted" not in str(raised.value) + repr(raised.value)


def test_a_heartbeat_and_another_subscription(tmp_path: Path) -> None:
    """Inside the loop the stream can be asked for a sign of life and for other markets."""

    def script(peer: Peer) -> None:
        peer.send(_image(_let_in(peer).id))
        heartbeat, subscription = decode_request(peer.request()), decode_request(peer.request())
        assert isinstance(heartbeat, HeartbeatRequest)
        assert isinstance(subscription, MarketSubscription)
        peer.send(line(success(heartbeat.id)) + _image(subscription.id, pt=9))
        peer.until_gone()

    happened: list[Happening] = []
    with StreamServer(tmp_path, script).running() as server:
        stream = _stream(server)
        for each in stream:
            happened.append(each)
            if _published(1)(each):
                stream.heartbeat()
                stream.subscribe(MarketSubscription(id=0))
            if _published(9)(each):
                stream.stop()

    assert any(isinstance(each, HeartbeatAnswered) for each in happened)


def test_stopping_from_another_thread(tmp_path: Path) -> None:
    """A stream that waits for data can be stopped from elsewhere, and ends without an error."""
    connected = threading.Event()

    def script(peer: Peer) -> None:
        peer.send(_image(_let_in(peer).id))
        connected.set()
        peer.until_gone()

    with StreamServer(tmp_path, script).running() as server:
        stream = _stream(server)

        def stop() -> None:
            connected.wait(20)
            stream.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        happened = list(stream)
        stopper.join()

    assert any(isinstance(each, MarketChangeMessage) for each in happened)


def test_leaving_the_loop_closes_the_connection(tmp_path: Path) -> None:
    """Whoever leaves the loop leaves no connection behind."""
    gone = threading.Event()

    def script(peer: Peer) -> None:
        peer.send(line(GREETING))
        peer.until_gone()
        gone.set()

    with StreamServer(tmp_path, script).running() as server:
        happenings = iter(_stream(server))
        next(happenings)
        del happenings
        assert gone.wait(20)
