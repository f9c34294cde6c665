"""A scripted server of the stream on loopback: real sockets, real TLS, and everything it does has an end."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import trustme

_PATIENCE = 20.0  # seconds until a test that hangs fails; nothing waits for so long on purpose


class Peer:
    """One connection, as the server has it."""

    def __init__(self, connected: ssl.SSLSocket) -> None:
        self._socket = connected
        self._received = b""

    def send(self, content: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(content)

    def request(self) -> bytes:
        """
        Return the next line that the client sends.

        Raises:
            ConnectionError: It went away.
        """
        while b"\r\n" not in self._received:
            data = self._socket.recv(4096)
            if not data:
                raise ConnectionError("the client went away")
            self._received += data
        line, self._received = self._received.split(b"\r\n", 1)
        return line + b"\r\n"

    def until_gone(self) -> None:
        """Wait until the client goes away."""
        while self._socket.recv(4096):
            pass


Script = Callable[[Peer], None]


class StreamServer:
    """
    Plays one script per connection, in order, and closes each connection at its script's end.

    Args:
        folder: For the certificate of the authority.
        scripts: What to do, connection by connection.
        host: Who it says it is.
        authority: Vouches for it; one of its own where there is none.

    Attributes:
        address: Where it listens.
        authority: The certificate of the authority that vouches for it, PEM.
        connections: How many connections were made so far.
    """

    def __init__(
        self,
        folder: Path,
        *scripts: Script,
        host: str = "localhost",
        authority: trustme.CA | None = None,
    ) -> None:
        authority = authority or trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = ("localhost", self._listener.getsockname()[1])
        self.connections = 0
        self._scripts = scripts
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def context(self) -> ssl.SSLContext:
        """How the server secures connections."""
        return self._context

    @contextlib.contextmanager
    def running(self) -> Iterator["StreamServer"]:
        """Serve while the block runs."""
        self._thread.start()
        try:
            yield self
        finally:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # who waits for a connection is woken
            self._listener.close()
            self._thread.join(_PATIENCE)
            assert not self._thread.is_alive()

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                plain, _ = self._listener.accept()
            except OSError:  # closed, or nobody came
                return
            self.connections += 1
            plain.settimeout(_PATIENCE)
            # A client that goes away, or that refuses the certificate, ends the script.
            with (
                plain,
                contextlib.suppress(OSError),
                self._context.wrap_socket(plain, server_side=True) as peer,
            ):
                script(Peer(peer))
