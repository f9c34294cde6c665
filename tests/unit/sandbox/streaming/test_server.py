"""The edge of the stream: real sockets and TLS on loopback, on one loop with the exchange."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest

from betflow.sandbox.authority import Authority
from betflow.sandbox.faults import FaultKind, FaultRule, Faults, Where
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.server import StreamServer
from betflow.sandbox.truth import Truth
from betflow.wire.stream import MarketChange, RunnerChange
from sandbox_stream import APP_KEY, TOKEN, Callers, PublishedExchange, folded_markets, market, subscription

HOST = "localhost"
PATIENCE = 20.0


class Served:
    """A stream server, and what connects to it."""

    def __init__(self, server: StreamServer, authority: Authority | None) -> None:
        self.server = server
        self.writers: list[asyncio.StreamWriter] = []
        self._trust = None if authority is None else ssl.create_default_context(cadata=authority.pem.decode())

    async def connect(self) -> asyncio.StreamReader:
        """Make a connection."""
        reader, writer = await asyncio.open_connection(
            HOST, self.server.ports[0], ssl=self._trust, limit=1 << 24
        )
        self.writers.append(writer)
        return reader

    async def subscribe(self, **others: object) -> asyncio.StreamReader:
        """Make a connection with a subscription to full depth; the image is not read."""
        reader = await self.connect()
        await reader.readline()
        authentication = {"op": "authentication", "id": 1, "appKey": APP_KEY, "session": TOKEN}
        for request in (authentication, subscription(["EX_ALL_OFFERS"], **others)):
            self.writers[-1].write(msgspec.json.encode(request) + b"\r\n")
            status = msgspec.json.decode(await reader.readline())
            assert "SUCCESS" == status["statusCode"]
        return reader

    async def leave(self) -> None:
        """Close all connections."""
        for writer in self.writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def _serving(
    exchange: PublishedExchange, *rules: FaultRule, limits: StreamLimits | None = None, is_plain: bool = False
) -> AsyncIterator[Served]:
    faults = Faults(rules)
    authority = None if is_plain else Authority()
    tls = None if authority is None else authority.server_context(faults, "stream")
    truth = Truth(None, now=lambda: exchange.now)
    server = StreamServer(exchange, Callers(), faults, truth, limits or StreamLimits())
    await server.listen("127.0.0.1", 0, tls)
    served = Served(server, authority)
    try:
        yield served
    finally:
        await served.leave()
        await server.close()


def _run(what: Callable[[], Awaitable[None]]) -> None:
    async def patiently() -> None:
        await asyncio.wait_for(what(), PATIENCE)

    asyncio.run(patiently())


async def _when(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError


def _publish(exchange: PublishedExchange, count: int, first: int = 1) -> None:
    for number in range(first, first + count):
        ladder = [(price / 100, number + price / 100) for price in range(101, 121)]
        exchange.publish(MarketChange(id="1.1", rc=[RunnerChange(id=11, atb=ladder)]))


@pytest.mark.parametrize("is_plain", [False, True])
def test_changes_are_written_as_they_are_published(*, is_plain: bool) -> None:
    """Over TLS and over plain TCP, to every client, in order, whole."""

    async def play() -> None:
        exchange = PublishedExchange(market())
        async with _serving(exchange, is_plain=is_plain) as served:
            readers = [await served.subscribe() for _ in range(2)]
            assert served.server.is_watched
            _publish(exchange, 50)
            for reader in readers:
                lines = [await reader.readline() for _ in range(51)]
                (book,) = folded_markets(lines).books.values()
                assert exchange.books["1.1"].runners[0].available_to_back == book.runners[0].available_to_back
            assert 2 * (3 + 51) == served.server.messages

    _run(play)


def test_a_client_that_leaves_is_forgotten() -> None:
    """Its place is free again."""

    async def play() -> None:
        async with _serving(PublishedExchange(market()), limits=StreamLimits(connections=1)) as served:
            for _ in range(3):
                await served.subscribe()
                assert served.server.is_watched
                await served.leave()
                await _when(lambda: not served.server.connections)
            assert not served.server.is_watched

    _run(play)


def test_an_exchange_waits_for_clients_that_read() -> None:
    """Whoever is as fast as clients take it drops nothing and puts nothing together."""

    async def play() -> None:
        exchange = PublishedExchange(market())
        async with _serving(exchange, limits=StreamLimits(unread=10_000, history=100)) as served:
            reader = await served.subscribe()

            async def read() -> int:
                count = 0
                while count < 2_001:
                    count += b'"con"' not in await reader.readline()
                return count

            reading = asyncio.create_task(read())
            for number in range(40):
                _publish(exchange, 50, first=number)
                await served.server.keep_up()
            assert 2_001 == await reading

    _run(play)


def test_a_client_that_does_not_read_is_closed_in_the_end() -> None:
    """What waits for it is bounded: then changes are put together, and then it is told to go."""

    async def play() -> None:
        exchange = PublishedExchange(market())
        async with _serving(exchange, limits=StreamLimits(unread=1_000, history=50)) as served:
            reader = await served.subscribe()
            transport = served.writers[0].transport
            assert isinstance(transport, asyncio.Transport)
            transport.pause_reading()
            for number in range(400):
                _publish(exchange, 50, first=number)
                await asyncio.sleep(0)
            transport.resume_reading()
            *_, last = [line async for line in reader]
            assert "UNEXPECTED_ERROR" == msgspec.json.decode(last)["errorCode"]

    _run(play)


@pytest.mark.parametrize(
    ("kind", "error"), [(FaultKind.WRONG_HOST, ssl.SSLCertVerificationError), (FaultKind.DROP, OSError)]
)
def test_a_new_connection_may_go_wrong(kind: FaultKind, error: type[OSError]) -> None:
    """The certificate is of another host, or the connection ends; the next one goes well."""

    async def play() -> None:
        rule = FaultRule(where=Where.CONNECT, kind=kind, subject="stream")
        async with _serving(PublishedExchange(market()), rule) as served:
            with pytest.raises(error):
                await served.connect()
            await served.subscribe()

    _run(play)


def test_a_new_plain_connection_may_be_dropped() -> None:
    """Without TLS, the connection ends before the greeting."""

    async def play() -> None:
        rule = FaultRule(where=Where.CONNECT, kind=FaultKind.DROP)
        async with _serving(PublishedExchange(market()), rule, is_plain=True) as served:
            reader = await served.connect()
            with contextlib.suppress(ConnectionResetError):
                assert b"" == await reader.readline()
            await served.subscribe()

    _run(play)


def test_a_server_that_closes_ends_its_connections() -> None:
    """Clients see the end of the stream."""

    async def play() -> None:
        async with _serving(PublishedExchange(market())) as served:
            reader = await served.subscribe()
            await reader.readline()
            await served.server.close()
            assert b"" == await reader.read()

    _run(play)


def test_many_requests_in_one_write_hold_up_nobody() -> None:
    """Each is answered in a turn of its own: who asks meanwhile is answered before the last of them."""

    async def play() -> None:
        async with _serving(PublishedExchange(market()), is_plain=True) as served:
            await served.subscribe()
            other = await served.subscribe()
            await other.readline()
            again = msgspec.json.encode(subscription(["EX_ALL_OFFERS"])) + b"\r\n"
            before = served.server.messages
            served.writers[0].write(again * 500)
            served.writers[1].write(b'{"op":"heartbeat","id":9}\r\n')
            assert 9 == msgspec.json.decode(await other.readline())["id"]
            assert served.server.messages - before < 500
            await _when(lambda: served.server.messages - before == 1001)

    _run(play)
