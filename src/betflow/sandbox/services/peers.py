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
"""How long a client may take to send a request, from the first moment of a connection."""
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
            self._has_asked = False
            self._late = self.loop.call_later(REQUEST_S, self._drop_if_late)

        def handle_events(self) -> None:
            super().handle_events()
            self._has_asked = self._has_asked or self.conn.their_state is not h11.IDLE

        def connection_lost(self, exc: Exception | None) -> None:
            self._late.cancel()
            super().connection_lost(exc)

        def _drop_if_late(self) -> None:
            """End a connection that has not brought a request yet: it holds a place and gives nothing."""
            if not self._has_asked:
                self.transport.abort()

    return Serving(lambda: Certified(config=config, server_state=state, app_state={}), state)
