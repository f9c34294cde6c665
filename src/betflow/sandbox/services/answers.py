"""Bringing an answer to the client over HTTP, or failing to in the way that a fault says."""

import asyncio
import gzip
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from betflow.sandbox.faults import Fault, FaultKind
from betflow.sandbox.services.peers import Peer

JSON: Final = "application/json"
HTML: Final = "text/html"
TEXT: Final = "text/plain"
_COMPRESSED: Final = frozenset({JSON, HTML, TEXT})
_LEAST_BYTES: Final = 500
"""What is shorter goes as it is."""
_LEVEL: Final = 1
_UNAVAILABLE: Final = b"<html><body><h1>503 Service Unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An answer; an ASGI application of its own.

    Attributes:
        body: What comes.
        status: Of HTTP.
        media_type: What it is.
        headers: More of them.
        fault: What goes wrong on the way.
    """

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    fault: Fault | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or what the fault leaves of it."""
        peer: Peer = scope["state"]["peer"]
        await self._encoded(scope)._answer(receive, send, peer)  # noqa: SLF001 - it is one of ours

    def _encoded(self, scope: Scope) -> "Answer":
        """Return it compressed, where the client takes that and it is worth it; what is malformed, too."""
        accepted = Headers(scope=scope).get("accept-encoding", "")
        kind = self.fault.kind if self.fault is not None else None
        is_broken = kind is FaultKind.MALFORMED
        is_worth_it = len(self.body) >= _LEAST_BYTES and self.media_type in _COMPRESSED
        if not is_worth_it or "gzip" not in accepted or kind is FaultKind.STATUS_503:
            return self
        body = self.body[: -(-len(self.body) // 2)] if is_broken else self.body
        return replace(
            self,
            body=gzip.compress(body, _LEVEL, mtime=0),
            headers=(*self.headers, ("content-encoding", "gzip"), ("vary", "accept-encoding")),
            fault=None if is_broken else self.fault,
        )

    async def _answer(self, receive: Receive, send: Send, peer: Peer) -> None:
        match self.fault:
            case Fault(kind=FaultKind.DROP):
                peer.drop()
            case Fault(kind=FaultKind.STALL, seconds=0) | Fault(kind=FaultKind.TIMEOUT_AFTER_ACCEPTING):
                await _silence(receive, self.fault.seconds)
                peer.drop()
            case Fault(kind=FaultKind.STATUS_503):
                await self._send(send, peer, 503, _UNAVAILABLE, HTML)
            case Fault(kind=FaultKind.MALFORMED):
                await self._send(
                    send, peer, self.status, self.body[: -(-len(self.body) // 2)], self.media_type
                )
            case Fault(kind=FaultKind.HALF_LINE):
                await self._start(send, peer, self.status, len(self.body), self.media_type)
                half = self.body[: len(self.body) // 2]
                await send({"type": "http.response.body", "body": half, "more_body": True})
                peer.close()
                await _silence(receive, 0.0)
            case _:
                await self._send(send, peer, self.status, self.body, self.media_type)

    async def _send(self, send: Send, peer: Peer, status: int, body: bytes, media_type: str) -> None:
        await self._start(send, peer, status, len(body), media_type)
        await send({"type": "http.response.body", "body": body})

    async def _start(self, send: Send, peer: Peer, status: int, length: int, media_type: str) -> None:
        skew = self.fault.ms if self.fault and self.fault.kind is FaultKind.CLOCK_SKEW else 0
        headers = {
            "content-type": media_type,
            "content-length": str(length),
            "date": formatdate((peer.now_ms() + skew) / 1000, usegmt=True),
            "cache-control": "no-cache",
            **dict(self.headers),
        }
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _silence(receive: Receive, seconds: float) -> None:
    """Say nothing until the client has gone, or for so many seconds where that is not zero."""
    try:
        async with asyncio.timeout(seconds or None):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass
