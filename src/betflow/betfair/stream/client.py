"""
The edge of the stream: a socket, a clock and dice around a `StreamSession`.

Bytes are handed on as they were received before anything reads them, so that whoever keeps them has them
whatever happens next.
"""

import contextlib
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from betflow.betfair.secrets import Secret
from betflow.betfair.stream.happenings import Happening, ResumePoint, StreamKind
from betflow.betfair.stream.policy import StreamPolicy
from betflow.betfair.stream.session import Happenings, Phase, StreamSession
from betflow.betfair.stream.subscription import SubscriptionRequest
from betflow.betfair.tls import verified_context
from betflow.errors import GatewayError, Sent, UnreachableError

_RECEIVED_AT_ONCE: Final = 256 * 1024
_SHORTEST_WAIT: Final = 0.001  # a socket takes 0 for "do not wait at all"


def discard(connection: int, data: bytes) -> None:
    """Keep nothing of what is received."""


class ExchangeStream:
    """
    Changes of markets and orders as they come, over as many connections as it takes.

    Iterate over it once; the loop body runs for each `Happening`. It ends after `stop`, and with an exception
    where trying again would change nothing.

    Args:
        address: Host and port; always over TLS, and the certificate has to be the host's.
        app_key: The application key.
        token: Gives the session token, for each connection anew. Its argument is None, or the token that
            Betfair refused: then it logs in again. A `GatewayError` that may pass counts as a connection that
            could not be made; what else it raises ends the stream.
        subscriptions: One to markets, one to orders, or both.
        authority: Further authorities to trust besides the system's, PEM.
        keep: Takes the number of the connection, from 1, and bytes as they were received, before they are
            read. What it raises ends the stream.
        policy: How patient to be.
        clock: Gives the time in seconds.
        chance: Gives a number from 0 (included) to 1 (excluded) each time.

    Raises:
        UsageError: Betfair would not accept the subscriptions.
        ConfigurationError: *authority* cannot be used.
    """

    def __init__(  # noqa: PLR0913 - the last four have defaults that hardly anybody changes
        self,
        address: tuple[str, int],
        *,
        app_key: Secret,
        token: Callable[[Secret | None], Secret],
        subscriptions: Sequence[SubscriptionRequest],
        authority: Path | None = None,
        keep: Callable[[int, bytes], None] = discard,
        policy: StreamPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._address = address
        self._policy = policy or StreamPolicy()
        self._session = StreamSession(app_key, subscriptions, chance=chance, policy=self._policy)
        self._token = token
        self._context = verified_context(authority=authority)
        self._keep = keep
        self._clock = clock
        self._socket: ssl.SSLSocket | None = None
        self._connection = 0
        self._stopped = threading.Event()

    def __iter__(self) -> Iterator[Happening]:
        """
        Yield what happens.

        Raises:
            AuthenticationError: Betfair does not accept the app key or, twice, the session.
            RefusedError: Betfair refuses what is asked for.
            UnreachableError: So many connections in a row brought no data, or the server is not the one it
                says it is.
        """
        try:
            while self._session.phase is not Phase.ENDED:
                yield from self._step()
                if self._stopped.is_set():
                    self._session.stop()
                if not self._session.is_connected:
                    self._disconnect()
        finally:
            self._disconnect()
        if self._session.failure is not None:
            raise self._session.failure

    def stop(self) -> None:
        """End the stream; may be called from another thread, also where it waits."""
        self._stopped.set()
        connected = self._socket
        if connected is not None:
            # The plain shutdown: that of the TLS layer must not be called while another thread reads.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    def subscribe(self, request: SubscriptionRequest) -> None:
        """
        Put another subscription in the place of the one of the same kind; for use inside the loop.

        Raises:
            UsageError: Betfair would not accept it.
        """
        self._session.subscribe(request)

    def heartbeat(self) -> None:
        """Ask for a sign of life; `HeartbeatAnswered` tells how long it took. For use inside the loop."""
        self._session.heartbeat()

    def resume_point(self, kind: StreamKind) -> ResumePoint | None:
        """Return where a later stream can take the subscription up again."""
        return self._session.resume_point(kind)

    def _step(self) -> Happenings:
        if self._session.phase is Phase.CONNECTING:
            return self._connect()
        if self._session.phase is Phase.WAITING:
            self._stopped.wait(self._session.wait)
            return self._session.wake(self._clock())
        return self._exchange()

    def _connect(self) -> Happenings:
        try:
            token = self._token(self._session.refused_token)
        except GatewayError as error:
            # Who logs us in may be out of reach or out of order for the moment, as the stream may be.
            return self._session.failed(error.message, self._clock(), error=None if error.passing else error)
        try:
            self._socket = self._secured()
        except ssl.SSLCertVerificationError as error:
            return self._session.failed(error.verify_message, self._clock(), error=self._not_genuine(error))
        except OSError as error:
            host, port = self._address
            return self._session.failed(f"no connection to {host}:{port}: {_reason(error)}", self._clock())
        self._connection += 1
        return self._session.opened(token, self._clock())

    def _secured(self) -> ssl.SSLSocket:
        plain = socket.create_connection(self._address, timeout=self._policy.connect_timeout)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._context.wrap_socket(plain, server_hostname=self._address[0])
        except BaseException:
            plain.close()
            raise

    def _not_genuine(self, error: ssl.SSLCertVerificationError) -> GatewayError:
        host, port = self._address
        return UnreachableError(
            f"The certificate of {host}:{port} cannot be trusted: {error.verify_message.rstrip('.')}.",
            operation="stream",
            sent=Sent.NOT_SENT,
            advice="Check the address and this machine's clock; BETFAIR_CA_FILE adds a private authority.",
        )

    def _exchange(self) -> Happenings:
        """Send what has to be sent, and take what comes, or note that nothing came."""
        connected = self._socket
        if connected is None:  # a session that is connected has a socket
            return self._session.closed(self._clock())
        try:
            if outgoing := self._session.outgoing():
                connected.settimeout(self._policy.connect_timeout)
                connected.sendall(outgoing)
        except OSError as error:
            return self._session.closed(self._clock(), f"nothing could be sent: {_reason(error)}")
        try:
            connected.settimeout(self._wait())
            data = connected.recv(_RECEIVED_AT_ONCE)
        except TimeoutError:
            return self._session.wake(self._clock())
        except OSError as error:
            return self._session.closed(self._clock(), f"the connection broke: {_reason(error)}")
        if not data:
            return self._session.closed(self._clock())
        self._keep(self._connection, data)
        return self._session.receive(data, self._clock())

    def _wait(self) -> float | None:
        wait = self._session.wait
        return None if wait is None else max(wait, _SHORTEST_WAIT)

    def _disconnect(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None


def _reason(error: OSError) -> str:
    """Return why something failed, in words and without addresses of memory."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, socket.gaierror):
        return "the name has no address"
    return error.strerror or str(error) or type(error).__name__
