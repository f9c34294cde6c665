"""The sandbox as a whole: one process, one loop, listening on loopback only."""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from starlette.applications import Starlette

from betflow.errors import Finding, UsageError
from betflow.sandbox.authority import Authority, ClientPair, certificate_in, fingerprint_of
from betflow.sandbox.clock import SimulatedClock
from betflow.sandbox.currencies import USUAL_RATES
from betflow.sandbox.driving import Driver
from betflow.sandbox.exchange.accounts import AccountTerms
from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.faults import FaultRule, Faults
from betflow.sandbox.feed import Feed
from betflow.sandbox.library import FolderLibrary, Library
from betflow.sandbox.profile import Addresses
from betflow.sandbox.rules import Rules
from betflow.sandbox.services.application import administration, application
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.peers import serving
from betflow.sandbox.sessions import Member, Sessions
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.server import StreamServer
from betflow.sandbox.truth import Truth

HOST: Final = "127.0.0.1"
LIVE_KEY, DELAYED_KEY = "SandboxLiveKey01", "SandboxDelayKey1"
_FLUSH_S: Final = 0.5
_HANDSHAKE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class RealTime:
    """
    Real time, for those who are asked for it.

    Attributes:
        monotonic: Seconds, from any moment on, never going back.
        now_ms: Epoch milliseconds.
    """

    monotonic: Callable[[], float]
    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    How a sandbox is.

    Attributes:
        port: For HTTPS; 0 takes any free one.
        admin_port: For the admin endpoint, where no connection ever goes wrong; 0 takes any free one.
        stream_port: For the stream over TLS.
        plain_stream_port: For the stream without TLS; None: there is none.
        speed: Simulated seconds a second; infinite: as fast as clients take it.
        terms: The account.
        password: To log in with; nobody's secret, since the account exists here only.
        rules: The limits.
        rates: How much of each currency a pound is.
        stream_limits: Those of the stream.
        faults: What goes wrong.
        truth: Where everything that is sent is written down, if anywhere.
        library: The historic data that there is.
        client_certificates: PEM files that are linked to the account beside the one that the sandbox issues.
    """

    port: int = 0
    admin_port: int = 0
    stream_port: int = 0
    plain_stream_port: int | None = None
    speed: float = 1.0
    terms: AccountTerms = field(default_factory=AccountTerms)
    password: str = field(default="sandbox", repr=False)
    rules: Rules = field(default_factory=Rules)
    rates: Mapping[str, Decimal] = field(default_factory=lambda: USUAL_RATES)
    stream_limits: StreamLimits = field(default_factory=StreamLimits)
    faults: tuple[FaultRule, ...] = ()
    truth: Path | None = None
    library: Library = field(default_factory=FolderLibrary)
    client_certificates: Sequence[Path] = ()


class Sandbox:
    """
    A sandbox; it listens within a ``with`` block, and time passes while it is run.

    Args:
        feed: Where its markets come from; closed with the sandbox.
        options: How it is.
        real: Real time.

    Attributes:
        context: What its services work with.
        addresses: Where it listens.
        stream: Serves the Exchange Stream.
        began: The simulated time at which it began.

    Raises:
        UsageError: a port is taken.
        ConfigurationError: a client certificate is none.
        StorageError: the truth cannot be written.
    """

    def __init__(self, feed: Feed, options: Options, real: RealTime) -> None:
        self._feed = feed
        self._options = options
        self._real = real
        self.authority = Authority()
        self.linked = self.authority.client("sandbox client")
        self.unlinked = self.authority.client("sandbox client that is not linked")
        self.member = _member(options, self.linked)
        clock = SimulatedClock(feed.begins, speed=options.speed, monotonic=real.monotonic)
        truth = Truth(options.truth, now=clock.now)
        self.context = Context(
            exchange=Exchange(feed, accounts=(options.terms,), delay_ms=options.rules.book_delay_ms),
            clock=clock,
            real_ms=lambda: int(real.monotonic() * 1000),
            sessions=Sessions(
                (self.member,), rules=options.rules, clock=lambda: int(real.monotonic() * 1000)
            ),
            rules=options.rules,
            rates=options.rates,
            faults=Faults(options.faults, observe=truth.struck),
            truth=truth,
            library=options.library,
        )
        self.context.exchange.on_market.append(self.context.past.hear)
        self.began = feed.begins
        self._ends = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.callback(self._feed.close)
            stack.callback(self.context.truth.close)
            api, admin = await self._serve_api(stack), await self._serve_admin(stack)
            stream, plain = await self._serve_stream(stack)
            # How the markets stand by now is what the first to ask sees, at any speed.
            self.context.exchange.advance(self.began)
            self.addresses = Addresses(api=api, admin=admin, stream=stream, plain_stream=plain)
            self._ends = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._ends.aclose()

    def token(self) -> str:
        """Open a session, and return its token."""
        member = self.member
        answer = self.context.sessions.login(member.username, member.password, member.live_key)
        return answer.token or ""

    @property
    def findings(self) -> Sequence[Finding]:
        """What of the feed's source could not be read so far, and defects of ours."""
        defects = self.context.counts.defects
        message = f"{defects} requests came to a defect of the sandbox; please report it with the log."
        found = [Finding("sandbox.defect", "HTTPS", message)] if defects else []
        return [*self._feed.findings, *found]

    @property
    def messages(self) -> int:
        """How many messages the stream has sent."""
        return self.stream.messages

    async def run(self, until: asyncio.Event) -> None:
        """Let time pass until something has happened."""
        driver = Driver(
            self.context.exchange,
            self._feed,
            self.context.clock,
            monotonic=self._real.monotonic,
            is_watched=lambda: self.stream.is_watched,
            keep_up=self.stream.keep_up,
        )
        tasks = [asyncio.create_task(driver.drive()), asyncio.create_task(self._flush())]
        ended = asyncio.create_task(until.wait())
        try:
            done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # what drives ends with an error only
        finally:
            for task in [*tasks, ended]:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _flush(self) -> None:
        """Bring the truth to its file now and then, for whoever looks at it meanwhile."""
        while True:
            await asyncio.sleep(_FLUSH_S)
            self.context.truth.flush()

    async def _serve_api(self, stack: AsyncExitStack) -> str:
        options = self._options
        tls = self.authority.server_context(self.context.faults, "api", clients=options.client_certificates)
        return await self._serve_https(
            stack, _listener(options.port, "--port"), application(self.context), tls
        )

    async def _serve_admin(self, stack: AsyncExitStack) -> str:
        """Serve the admin endpoint by itself, where no fault of connections keeps anybody out."""
        listener = _listener(self._options.admin_port, "--admin-port")
        tls = self.authority.server_context(Faults(), "admin")
        return await self._serve_https(stack, listener, administration(self.context), tls)

    async def _serve_https(
        self, stack: AsyncExitStack, listener: socket.socket, served_at: Starlette, tls: ssl.SSLContext
    ) -> str:
        served = serving(served_at, self.context.clock.now)
        server = await asyncio.get_running_loop().create_server(
            served.protocol, sock=listener, ssl=tls, ssl_handshake_timeout=_HANDSHAKE_S
        )
        stack.push_async_callback(served.close)
        stack.callback(server.close)
        return _address(listener)

    async def _serve_stream(self, stack: AsyncExitStack) -> tuple[str, str | None]:
        context, options = self.context, self._options
        self.stream = StreamServer(
            context.exchange, context.sessions, context.faults, context.truth, options.stream_limits
        )
        stack.push_async_callback(self.stream.close)
        tls = self.authority.server_context(context.faults, "stream")
        secured = await _listening(self.stream, options.stream_port, tls, "--stream-port")
        if options.plain_stream_port is None:
            return secured, None
        return secured, await _listening(self.stream, options.plain_stream_port, None, "--plain-stream-port")


async def _listening(stream: StreamServer, port: int, tls: ssl.SSLContext | None, option: str) -> str:
    """Let the stream listen at one more port of loopback, and return the address."""
    try:
        await stream.listen(HOST, port, tls)
    except OSError as error:
        raise _taken(port, option, error) from error
    return f"{HOST}:{stream.ports[-1]}"


def _member(options: Options, linked: ClientPair) -> Member:
    others = (fingerprint_of(certificate_in(path)) for path in options.client_certificates)
    return Member(
        username=options.terms.name,
        password=options.password,
        live_key=LIVE_KEY,
        delayed_key=DELAYED_KEY,
        certificates=frozenset({linked.fingerprint, *others}),
    )


def _listener(port: int, option: str) -> socket.socket:
    """Return a socket that listens on loopback, and nowhere else."""
    # The protocol is named, since asyncio sends without delay only where it knows that it is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise _taken(port, option, error) from error
    return listener


def _taken(port: int, option: str, error: OSError) -> UsageError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return UsageError(
        f"port {port} of {HOST} cannot be listened on: {reason}.",
        advice=f"Give another one with {option}; 0 takes any that is free.",
    )


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"{host}:{port}"
