"""A scripted HTTPS server on loopback, with an authority of its own: real sockets, real TLS, no exchange."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from betflow.betfair.tls import verified_context


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came; `certificate` says whether the client presented one."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    certificate: bool

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON has no narrower type
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; `cut` ends the connection in the middle of the body, `drip` sends it byte by byte."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    drip: bool = False


DROP = Answer(status=0)
"""Close the connection without a word."""
STALL = Answer(status=-1)
"""Say nothing until the server is closed."""

Script = Callable[[Received], Answer]


class Loopback:
    """
    The server, while it runs.

    Attributes:
        script: What answers.
        received: Every request, in the order in which they came.
        date: What its clock shows, as HTTP writes it; None for the time as it is.
    """

    def __init__(self, folder: Path, script: Script, *, host: str = "localhost") -> None:
        self.script = script
        self.received: list[Received] = []
        self.closing = threading.Event()
        self.date: str | None = None
        self._client_context: ssl.SSLContext | None = None
        self.authority = trustme.CA()
        self.authority_file = folder / "authority"
        self.authority.cert_pem.write_to_path(self.authority_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host).configure_cert(context)
        self.authority.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        self._server = _Server(("localhost", 0), _Handler)
        self._server.loopback = self
        self._server.context = context
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://localhost:{self._server.server_address[1]}"

    def client_context(self) -> ssl.SSLContext:
        """Return TLS for a client that trusts it, the same for all."""
        if self._client_context is None:
            self._client_context = verified_context(authority=self.authority_file)
        return self._client_context

    def close(self) -> None:
        """Stop, and let go of whoever waits."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def loopback(folder: Path, script: Script, *, host: str = "localhost") -> Iterator[Loopback]:
    """Run a server that answers by a script, as a host of that name."""
    server = Loopback(folder, script, host=host)
    try:
        yield server
    finally:
        server.close()


def replies(*answers: Answer | bytes) -> Script:
    """Return a script of one answer after the other; the last one is repeated."""
    left = [each if isinstance(each, Answer) else Answer(each) for each in answers]
    lock = threading.Lock()

    def script(_request: Received) -> Answer:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    loopback: Loopback
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base has it
        """Shake hands in the thread of the connection: a client that does not cannot stop the others."""
        request.settimeout(10)
        with suppress(OSError), self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: object) -> None:
        """Leave it to the client to notice that the connection is gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: else the client's delayed acknowledgement costs 40 ms
    server: _Server
    connection: ssl.SSLSocket

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Received(self.path, dict(self.headers), content, bool(self.connection.getpeercert()))
        self.server.loopback.received.append(request)
        self._answer(self.server.loopback.script(request))

    do_GET = do_POST  # noqa: N815 - as the base looks for it

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return what the clock shows."""
        date = self.server.loopback.date
        return super().date_time_string(timestamp) if date is None else date

    def _answer(self, answer: Answer) -> None:
        if answer is STALL:
            self.server.loopback.closing.wait(10)
        if answer is DROP or answer is STALL:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) + answer.cut))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.drip:
            self._drip(answer.body)
        else:
            self.wfile.write(answer.body)
        self.close_connection |= answer.cut

    def _drip(self, body: bytes) -> None:
        """Send a byte every 50 ms, for as long as somebody reads."""
        with suppress(OSError):
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.server.loopback.closing.wait(0.05):
                    return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("localhost", 0)) as server:
        return int(server.getsockname()[1])
