"""
Who is at the other end of a connection: its certificate, and the connection itself, which can be dropped.

uvicorn tells an application neither; its protocol is extended to put a `Peer` into the state of each request.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

REQUEST_S: Final = 30.0
"""How long a client may take to send the head of a request: from its first byte, or from connecting."""
IDLE_S: Final = 180
"""How long a connection may do nothing: what Betfair allows."""
_GOODBYE_MS: Final = 100
_HEADER_BYTES: Final = 64 * 1024
_MOST_CONNECTIONS: Final = 1000


@dataclass(frozen=True, slots=True)
class Peer:
    """
    The other end of a connection.

    Attributes:
        certificate: SHA-256 of its certificate (DER, hex), if it showed one; it is one that we trust.
        now_ms: Says what time it is, for the header ``Date``.
    """

    certificate: str | None
    now_ms: Callable[[], int]
    _transport: asyncio.Transport

    def drop(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def close(self) -> None:
        """End the connection when everything is sent."""
        self._transport.close()


@dataclass(frozen=True, slots=True)
class Serving:
    """
    How an application is served.

    Attributes:
        protocol: Makes what serves it to a new connection.
    """

    protocol: Callable[[], asyncio.Protocol]
    _state: ServerState

    async def close(self) -> None:
        """End all connections; those whose clients do not say goodbye at once are dropped."""
        for connection in list(self._state.connections):
            connection.transport.close()
        for _ in range(_GOODBYE_MS):
            if not self._state.connections:
                return
            await asyncio.sleep(0.001)
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


def serving(
    application: Any,  # noqa: ANN401 - ASGI has no type of its own
    now_ms: Callable[[], int],
) -> Serving:
    """Return how an ASGI application is served, with a clock for the header ``Date``."""
    config = Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=IDLE_S,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )
    config.load()
    state = ServerState()

    class Certified(H11Protocol):
        """HTTP/1.1, with the peer of a connection in the state of its requests."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type: it is a stream's
            super().connection_made(transport)
            tls = transport.get_extra_info("ssl_object")
            certificate = tls.getpeercert(binary_form=True) if tls is not None else None
            fingerprint = hashlib.sha256(certificate).hexdigest() if certificate else None
            self.app_state = {**self.app_state, "peer": Peer(fingerprint, now_ms, transport)}
            self._late: asyncio.TimerHandle | None = None
            self._awaited: object = None
            self._await(h11.IDLE)

        def handle_events(self) -> None:
            super().handle_events()
            state = self.conn.their_state
            if state is h11.SEND_BODY or (state is h11.IDLE and self.conn.trailing_data[0]):
                self._await(state)
            elif state is not h11.IDLE:
                self._await(None)

        def connection_lost(self, exc: Exception | None) -> None:
            self._await(None)
            super().connection_lost(exc)

        def _await(self, part: object) -> None:
            """Give the client time for a part of a request: what brings half of one only holds a place."""
            if part is self._awaited:
                return
            self._awaited = part
            if self._late is not None:
                self._late.cancel()
            self._late = None
            if part is not None:
                # Who waits for a body tells the client that it is late; this is for where nobody does.
                seconds = REQUEST_S if part is h11.IDLE else 2 * REQUEST_S
                self._late = self.loop.call_later(seconds, self.transport.abort)

    return Serving(lambda: Certified(config=config, server_state=state, app_state={}), state)
