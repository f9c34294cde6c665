"""The identity service, as far as a session talks to it, for `loopback`: logs in, keeps alive, logs out."""

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path

from betflow.betfair.endpoints import endpoints
from betflow.betfair.identity import Credentials
from betflow.betfair.retries import Pace, Retries
from betflow.betfair.secrets import Secret
from betflow.betfair.session import Lifetime, Session
from betflow.betfair.token_cache import TokenCache
from betflow.betfair.transport import Transport
from certificates import NOW_MS
from loopback import Answer, Loopback, Received

APP_KEY = "s3cret-app-key"
PASSWORD = "s3cret-password"  # noqa: S105 - planted, to see that it does not come out


@dataclass
class IdentityService:
    """What it knows: sessions that live, and answers that are to be given instead, by operation."""

    alive: set[str] = field(default_factory=set)
    instead: dict[str, list[Answer]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Received) -> Answer:
        """Answer a request."""
        operation = request.path.rpartition("/")[2]
        with self.lock:
            self.calls.append(operation)
            planned = self.instead.get(operation)
            if planned:
                return planned.pop(0)
            return Answer(json.dumps(self._answer(operation, request)).encode())

    def _answer(self, operation: str, request: Received) -> dict[str, str]:
        if operation in {"certlogin", "login"}:
            token = f"s3cret-token-{self.calls.count(operation)}="
            self.alive.add(token)
            if operation == "certlogin":
                return {"sessionToken": token, "loginStatus": "SUCCESS"}
            return {"token": token, "product": APP_KEY, "status": "SUCCESS", "error": ""}
        token = request.headers.get("X-Authentication", "")
        is_alive = token in self.alive
        if operation == "logout":
            self.alive.discard(token)
        status, error = ("SUCCESS", "") if is_alive else ("FAIL", "NO_SESSION")
        return {"token": token, "product": APP_KEY, "status": status, "error": error}


class Clock:
    """Time that passes when a test says so, or when somebody sleeps."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.pauses: list[float] = []

    def __call__(self) -> int:
        """Return the time in milliseconds since 1970."""
        return self.now_ms

    def now_s(self) -> float:
        """Return the time in seconds."""
        return self.now_ms / 1000

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(round(seconds, 6))
        self.now_ms += round(seconds * 1000)

    def pace(self) -> Pace:
        """Return the clock as calls see it."""
        return Pace(self.now_s, self.sleep)


def session(
    server: Loopback,
    folder: Path,
    clock: Clock,
    *,
    with_certificate: bool = True,
    lifetime: Lifetime = Lifetime.of(12 * 3600),  # noqa: B008 - a frozen value
    read_timeout_s: float = 5.0,
) -> Session:
    """Return a session at a server."""
    return Session(
        credentials=Credentials("me", Secret(PASSWORD), Secret(APP_KEY)),
        endpoints=endpoints(api_url=server.url, identity_url=f"{server.url}/api"),
        transport=Transport(server.client_context(), read_timeout_s=read_timeout_s),
        cache=TokenCache(folder / "sessions", server.url, "me", APP_KEY),
        lifetime=lifetime,
        with_certificate=with_certificate,
        clock=clock,
        pace=clock.pace(),
        retries=Retries(),
    )
