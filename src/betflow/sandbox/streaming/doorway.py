"""Who is connected, and who may be."""

from typing import Final, Protocol

from betflow.exchange.times import iso
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.rules import Rate
from betflow.sandbox.sessions import Caller
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.statuses import StreamRefusal
from betflow.wire.enums import StreamErrorCode
from betflow.wire.stream import Authentication

_NODE: Final = "001"
_TEXTS: Final = {
    StreamErrorCode.NO_APP_KEY: "AppKey is required",
    StreamErrorCode.INVALID_APP_KEY: "AppKey is invalid",
    StreamErrorCode.NO_SESSION: "Session is required",
    StreamErrorCode.INVALID_SESSION_INFORMATION: "Session is invalid",
    StreamErrorCode.NOT_AUTHORIZED: "Not authorized",
}


class Callers(Protocol):
    """Knows app keys and sessions; see `betflow.sandbox.sessions`."""

    def caller(self, app_key: str, token: str) -> Caller:
        """Return who a client is, or raise a `ServiceRefusal`."""
        ...

    def expire(self, token: str) -> None:
        """End a session before its time."""
        ...


class Doorway:
    """
    Lets connections in.

    Args:
        callers: Knows app keys and sessions.
        limits: How many connections there may be.
    """

    def __init__(self, callers: Callers, limits: StreamLimits) -> None:
        self._callers = callers
        self._limits = limits
        self._connected: dict[str, int] = {}
        self._connects: dict[str, Rate] = {}
        self._count = 0

    def connection_id(self, now: int) -> str:
        """Return the id of a new connection, as Betfair's look: ``002-230915140112-174``."""
        self._count += 1
        digits = "".join(each for each in iso(now) if each.isdigit())
        return f"{_NODE}-{digits[2:14]}-{self._count}"

    def enter(self, request: Authentication, now: float) -> tuple[Caller, int]:
        """
        Let a client in.

        Args:
            request: With its app key and session token.
            now: Real time, in seconds.

        Returns:
            Who it is, and how many connections more it may have. `leave` has to follow in the end.

        Raises:
            StreamRefusal: NO_APP_KEY, INVALID_APP_KEY, NO_SESSION, INVALID_SESSION_INFORMATION,
                TOO_MANY_REQUESTS or MAX_CONNECTION_LIMIT_EXCEEDED.
        """
        try:
            caller = self._callers.caller(request.app_key or "", request.session or "")
        except ServiceRefusal as refusal:
            is_ours = refusal.code in StreamErrorCode.__members__
            code = StreamErrorCode(refusal.code) if is_ours else StreamErrorCode.NOT_AUTHORIZED
            raise StreamRefusal(
                code, refusal.details or _TEXTS.get(code, code), request_id=request.id
            ) from refusal
        self._check_rate(caller, request, now)
        most = self._limits.delayed_connections if caller.is_delayed else self._limits.connections
        active = self._connected.get(caller.account, 0) + 1
        if active > most:
            raise StreamRefusal(
                StreamErrorCode.MAX_CONNECTION_LIMIT_EXCEEDED,
                f"You have exceeded your max connection limit which is: {most} connection(s)."
                f"You currently have: {active} active connection(s).",
                request_id=request.id,
            )
        self._connected[caller.account] = active
        return caller, most - active

    def expire(self, request: Authentication) -> None:
        """End the session that a client came in with."""
        self._callers.expire(request.session or "")

    def leave(self, caller: Caller) -> None:
        """Count one connection less."""
        self._connected[caller.account] -= 1

    def _check_rate(self, caller: Caller, request: Authentication, now: float) -> None:
        rate = self._connects.get(caller.account)
        if rate is None:
            within_ms = int(self._limits.connects_within_s * 1000)
            rate = self._connects[caller.account] = Rate(self._limits.connects, within_ms=within_ms)
        if not rate.take(int(now * 1000)):
            raise StreamRefusal(
                StreamErrorCode.TOO_MANY_REQUESTS,
                f"More than {self._limits.connects} connections in {self._limits.connects_within_s:g} s",
                request_id=request.id,
            )
