"""
The stream's edge: sockets, TLS and the loop's clock.

Whoever advances the exchange does it on the same loop. What it publishes is written in the loop's next turn,
all of a client's lines in one piece.
"""

import asyncio
import secrets
import ssl
from collections.abc import Callable
from typing import Final

from betflow.sandbox.faults import Faults, Where
from betflow.sandbox.streaming.connection import Connection
from betflow.sandbox.streaming.doorway import Callers, Doorway
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.subscribing import Exchange, Subscriber
from betflow.sandbox.truth import Truth

_TICK_S: Final = 0.05
_LAST_WORDS_S: Final = 2.0
_PATIENCE_S: Final = 5.0
_SUBJECT: Final = "stream"


class StreamServer:
    """
    Serves the Exchange Stream on the running loop.

    Args:
        exchange: What is streamed.
        callers: Knows app keys and sessions.
        faults: What goes wrong.
        truth: Where it is written down.
        limits: What is allowed.

    Attributes:
        ports: Where it listens.
    """

    def __init__(
        self, exchange: Exchange, callers: Callers, faults: Faults, truth: Truth, limits: StreamLimits
    ) -> None:
        self.ports: list[int] = []
        self._exchange = exchange
        self._faults = faults
        self._truth = truth
        self._limits = limits
        self._doorway = Doorway(callers, limits)
        self._subscriber = Subscriber(exchange, limits, nonce=secrets.token_urlsafe(6))
        exchange.on_market.append(self._hear)
        exchange.on_delayed_market.append(self._hear)
        exchange.on_orders.append(self._hear)
        self._loop = asyncio.get_running_loop()
        self._listeners: list[asyncio.Server] = []
        self._clients: set[_Client] = set()
        self._is_due = False
        self._sent_to_others = 0
        self._room = asyncio.Event()
        self._room.set()
        self._timer = self._loop.call_later(_TICK_S, self._tick)

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._clients)

    @property
    def is_watched(self) -> bool:
        """Whether anybody has subscribed to anything."""
        return any(client.is_subscribed for client in self._clients)

    @property
    def messages(self) -> int:
        """How many lines were sent, to all clients together."""
        return self._sent_to_others + sum(client.sent for client in self._clients)

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """
        Listen at one more address.

        Args:
            host: Where.
            port: Where; 0 for any that is free.
            tls: How connections are secured, with the faults of new ones; None for plain TCP.

        Raises:
            OSError: the port is in use.
        """
        listener = await self._loop.create_server(
            lambda: _Client(self),
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=self._limits.idle_s if tls is not None else None,
        )
        self._listeners.append(listener)
        self.ports.append(listener.sockets[0].getsockname()[1])

    async def keep_up(self) -> None:
        """
        Return when clients have taken what was published: for an exchange that is as fast as they are.

        A client that takes nothing for some seconds is not waited for.
        """
        await asyncio.sleep(0)
        await self._room.wait()

    async def close(self) -> None:
        """Listen no more, and close all connections."""
        self._timer.cancel()
        for listener in self._listeners:
            listener.close()
        for client in list(self._clients):
            client.hang_up()
        closed = [asyncio.ensure_future(listener.wait_closed()) for listener in self._listeners]
        if closed:  # where that waits for connections, those that are still shaking hands are not waited for
            await asyncio.wait(closed, timeout=_LAST_WORDS_S)
        self._room.set()

    # What clients do.

    def connection(self) -> Connection:
        """Return a new connection."""
        return Connection(
            doorway=self._doorway,
            subscriber=self._subscriber,
            faults=self._faults,
            truth=self._truth,
            limits=self._limits,
            published_at=self._exchange.now,
            now=self.now,
        )

    @property
    def now(self) -> float:
        """Real time, in seconds."""
        return self._loop.time()

    @property
    def limits(self) -> StreamLimits:
        """What is allowed."""
        return self._limits

    def came(self, client: "_Client", *, is_secured: bool) -> bool:
        """Take a client in; return whether it may stay, which a fault may prevent: with TLS it has by now."""
        self._clients.add(client)
        return is_secured or self._faults.next(Where.CONNECT, _SUBJECT) is None

    def gone(self, client: "_Client") -> None:
        """Forget a client."""
        self._clients.discard(client)
        self._sent_to_others += client.sent
        self.look_for_room()

    def look_for_room(self) -> None:
        """Look whether there is a client that has to be waited for."""
        now = self.now
        if any(client.is_waited_for(now) for client in self._clients):
            self._room.clear()
        else:
            self._room.set()

    def soon(self, what: Callable[[], None]) -> None:
        """Do something in the loop's next turn."""
        self._loop.call_soon(what)

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something later."""
        self._loop.call_later(seconds, what)

    # What is published.

    def _hear(self, *_published: object) -> None:
        """Look in the loop's next turn what is to be sent of what was published."""
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_due = False
        for client in list(self._clients):
            client.turn()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        self._flush()
        self.look_for_room()


class _Client(asyncio.Protocol):
    """A client's socket."""

    def __init__(self, server: StreamServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._connection: Connection | None = None
        self._full_since: float | None = None
        self._is_going_on = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type
        self._transport = transport
        transport.set_write_buffer_limits(high=self._server.limits.unread)
        is_secured = transport.get_extra_info("ssl_object") is not None
        if not self._server.came(self, is_secured=is_secured):
            transport.abort()
            return
        self._connection = self._server.connection()
        self.turn()

    def data_received(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.receive(data, self._server.now)
            self._go_on()

    def eof_received(self) -> None:
        """Close as well: a client that says nothing any more has gone."""

    def pause_writing(self) -> None:
        self._full_since = self._server.now
        self._server.look_for_room()

    def resume_writing(self) -> None:
        self._full_since = None
        self._server.look_for_room()
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        if self._connection is not None:
            self._connection.close()
        self._server.gone(self)
        self._connection = None

    @property
    def is_subscribed(self) -> bool:
        """Whether it has subscribed to anything."""
        return self._connection is not None and self._connection.is_subscribed

    @property
    def sent(self) -> int:
        """How many lines were sent."""
        return self._connection.sent if self._connection is not None else 0

    def is_waited_for(self, now: float) -> bool:
        """Return whether the client reads, and has not read everything yet."""
        return self._full_since is not None and now - self._full_since < _PATIENCE_S

    def turn(self) -> None:
        """Write what is due."""
        connection, transport = self._connection, self._transport
        if connection is None or transport is None:
            return
        now = self._server.now
        connection.turn(now, is_writable=self._full_since is None)
        for piece in connection.take(now):
            transport.write(piece)
        if connection.is_ended:
            self.hang_up()

    def _go_on(self) -> None:
        """
        Answer one request, and the next in the loop's next turn, so that others have theirs between.

        Nothing is read, and nothing answered while the client does not read what it has got already: whoever
        sends faster than it is served, or asks for more than it takes, waits and fills no memory.
        """
        connection, transport = self._connection, self._transport
        if self._is_going_on or connection is None or transport is None:
            return
        if self._full_since is not None:
            transport.pause_reading()
            return
        connection.answer(self._server.now)
        self.turn()
        if connection.is_asked:
            transport.pause_reading()
            self._is_going_on = True
            self._server.soon(self._go_on_again)
        else:
            transport.resume_reading()

    def _go_on_again(self) -> None:
        self._is_going_on = False
        self._go_on()

    def hang_up(self) -> None:
        """Close the connection after what was written; a client that does not read it has lost it."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.close()
        self._server.later(_LAST_WORDS_S, transport.abort)
