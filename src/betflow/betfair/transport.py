"""
One HTTP exchange: a request goes out, and what came back, or what became of it, is a value.

Nothing is raised here, repeated or followed elsewhere: who calls knows what was asked, and what it means that
no answer came. Neither requests nor replies show what is in them, and errors of the libraries below, which
hold both, go no further than this module.

Source: "Optimizing API Application Performance" (headers; a connection is kept for 3 minutes at most).
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.cookiejar import DefaultCookiePolicy
from math import inf
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError, NewConnectionError

from betflow.betfair.deadline import DeadlineSocket, within
from betflow.errors import Sent


class Method(StrEnum):
    """What is asked of an address."""

    GET = "GET"
    POST = "POST"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """
    What goes out.

    Attributes:
        url: Where to; https, and without secrets.
        headers: May hold secrets.
        body: May hold secrets.
        method: What is asked.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    method: Method = Method.POST


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What came back, from whoever answered.

    Attributes:
        status: Of HTTP.
        content_type: As the other side names it, without parameters; may be empty.
        body: All of it.
        date: What time it was on the other side, as HTTP writes it; may be empty.
    """

    status: int
    content_type: str
    body: bytes = field(repr=False)
    date: str = ""


class Trouble(StrEnum):
    """Why no reply came."""

    NAME = "name"
    """The host's name has no address."""
    REFUSED = "refused"
    """Nobody listens there, or there is no way to it."""
    CONNECT_TIMEOUT = "connect timeout"
    PROXY = "proxy"
    """The proxy of this network cannot be used."""
    UNTRUSTED = "untrusted"
    """The other side's certificate is not to be trusted."""
    TLS = "tls"
    """The connection could not be secured, or stopped being so."""
    READ_TIMEOUT = "read timeout"
    BROKEN = "broken"
    """The connection broke before the reply was whole."""


@dataclass(frozen=True, slots=True)
class NoReply:
    """
    That no reply came.

    Attributes:
        trouble: Why.
        sent: Whether the request can have been seen.
        detail: What the system says, e.g. ``certificate has expired``; without anything that was sent.
    """

    trouble: Trouble
    sent: Sent
    detail: str = ""


class Incoming:
    """
    A reply whose body is still coming.

    Attributes:
        status: Of HTTP.
        content_type: As the other side names it, without parameters; may be empty.
        headers: Of the reply; names in any case.
    """

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.content_type = _content_type(response)
        self.headers: Mapping[str, str] = response.headers
        self._response = response

    def read(self, size: int) -> bytes | NoReply:
        """Return up to *size* bytes more, none at the end; or why there are no more before it."""
        try:
            return bytes(self._response.raw.read(size, decode_content=False))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return _no_reply(error)


class Transport:
    """
    Connections to Betfair, kept open for the next request; may be used by several threads.

    Args:
        context: Secures the connections; from now on its sockets are those of `betflow.betfair.deadline`.
        connect_timeout_s: How long to wait for a connection.
        read_timeout_s: How long to wait for a reply, all of it; of one received bit by bit, for each part.
        connections: How many are kept for one host.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 30.0,
        connections: int = 10,
    ) -> None:
        self.timeouts = (connect_timeout_s, read_timeout_s)
        context.sslsocket_class = DeadlineSocket
        self._session = requests.Session()
        # Else requests would look for passwords in ~/.netrc, and send them along.
        self._session.auth = _without_password
        # Nor are cookies kept: Betfair's hold a session token, and our headers say whose call it is.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._session.mount("https://", _VerifyingAdapter(context, pool_maxsize=connections))
        self._session.adapters.pop("http://")

    def exchange(self, request: HttpRequest, *, within_s: float = inf) -> Reply | NoReply:
        """
        Send a request and wait for the reply; a redirection is a reply like any other.

        Args:
            request: What goes out.
            within_s: How long all of it may take, if that is less than the two timeouts together.
        """
        connect_s, read_s = self.timeouts
        total_s = min(within_s, connect_s + read_s)
        if total_s <= 0:
            return NoReply(Trouble.READ_TIMEOUT, Sent.NOT_SENT)
        try:
            with within(total_s):
                response = self._sent(request, (min(connect_s, total_s), read_s), is_streamed=False)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return _no_reply(error)
        date = response.headers.get("Date", "")
        return Reply(response.status_code, _content_type(response), response.content, date)

    @contextmanager
    def receive(self, request: HttpRequest) -> Iterator[Incoming | NoReply]:
        """Send a request, and leave it to the block to read the reply bit by bit, for as long as it wants."""
        try:
            response = self._sent(request, self.timeouts, is_streamed=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            yield _no_reply(error)
            return
        try:
            yield Incoming(response)
        finally:
            response.close()

    def _sent(
        self, request: HttpRequest, timeouts_s: tuple[float, float], *, is_streamed: bool
    ) -> requests.Response:
        return self._session.request(
            str(request.method),
            request.url,
            data=request.body,
            headers=dict(request.headers),
            timeout=timeouts_s,
            allow_redirects=False,
            stream=is_streamed,
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class _VerifyingAdapter(HTTPAdapter):
    """Connections with our own idea of TLS; that nobody can switch off, in the environment or in code."""

    def __init__(self, context: ssl.SSLContext, *, pool_maxsize: int) -> None:
        self._context = context
        super().__init__(pool_connections=4, pool_maxsize=pool_maxsize, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as requests has it
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - as requests has it
        """Send a request; whoever said that it need not be verified is not listened to."""
        return super().send(request, **{**kwargs, "verify": kwargs.get("verify") or True})

    def cert_verify(self, conn: Any, url: str, verify: bool | str, cert: Any) -> None:  # noqa: ANN401, FBT001 - as requests has it
        """Verify by the context's authorities and the environment's; requests would load its own anew."""
        conn.cert_reqs = "CERT_REQUIRED"
        if isinstance(verify, str):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # requests'


def _content_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _without_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _no_reply(error: BaseException) -> NoReply:
    """
    Say what an error of the libraries means; the first of these that it, or what caused it, is.

    The errors let go of the frames that they came through: those hold the request, and the connections, which
    would not be closed before the garbage is collected.
    """
    if type(error) is OSError:  # what requests says where an environment variable names no file
        return NoReply(Trouble.UNTRUSTED, Sent.NOT_SENT, "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names no file")
    causes = [each.with_traceback(None) for each in _causes(error)]
    for kind, trouble, sent in _MEANINGS:
        for cause in causes:
            if isinstance(cause, kind):
                return NoReply(trouble, sent, _detail(cause))
    return NoReply(Trouble.BROKEN, Sent.UNKNOWN)


_MEANINGS: tuple[tuple[type[BaseException], Trouble, Sent], ...] = (
    (requests.exceptions.ProxyError, Trouble.PROXY, Sent.NOT_SENT),
    (requests.exceptions.InvalidProxyURL, Trouble.PROXY, Sent.NOT_SENT),
    (ssl.SSLCertVerificationError, Trouble.UNTRUSTED, Sent.NOT_SENT),
    (NameResolutionError, Trouble.NAME, Sent.NOT_SENT),
    (requests.exceptions.ConnectTimeout, Trouble.CONNECT_TIMEOUT, Sent.NOT_SENT),
    (NewConnectionError, Trouble.REFUSED, Sent.NOT_SENT),
    # A server that dislikes our certificate says so after the request may have been sent.
    (ssl.SSLError, Trouble.TLS, Sent.UNKNOWN),
    (requests.exceptions.SSLError, Trouble.TLS, Sent.UNKNOWN),
    (requests.exceptions.ReadTimeout, Trouble.READ_TIMEOUT, Sent.UNKNOWN),
    (urllib3.exceptions.ReadTimeoutError, Trouble.READ_TIMEOUT, Sent.UNKNOWN),
    (TimeoutError, Trouble.READ_TIMEOUT, Sent.UNKNOWN),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Go through an error and everything below it: causes, contexts, and errors wrapped as arguments."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = [each for each in current.args if isinstance(each, BaseException)]
        reason = getattr(current, "reason", None)
        reasons = [reason] if isinstance(reason, BaseException) else []
        pending += [*wrapped, *reasons, current.__cause__, current.__context__]


def _detail(cause: BaseException) -> str:
    """Return what the system says, of those that cannot quote a request."""
    match cause:
        case ssl.SSLCertVerificationError(verify_message=message) if message:
            return str(message).rstrip(".")
        case ssl.SSLError(reason=str(reason)):
            return reason.replace("_", " ").lower()
    return ""
