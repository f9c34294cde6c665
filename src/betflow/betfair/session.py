"""
The session of an account: logged in when it is needed, kept alive, shared between processes, renewed once.

Source: "Login & Session Management": 12 hours, or 20 minutes in Italy and Spain, from the login or the latest
keepAlive; calls do not extend it. Betfair asks for few logins and bans who makes too many for 20 minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from betflow.betfair import identity
from betflow.betfair.endpoints import Endpoints
from betflow.betfair.identity import Admission, Credentials
from betflow.betfair.retries import Pace, Retries, repeated
from betflow.betfair.secrets import Secret
from betflow.betfair.token_cache import SessionToken, Stored, TokenCache
from betflow.betfair.transport import HttpRequest, NoReply, Reply, Transport
from betflow.betfair.troubles import no_answer
from betflow.errors import AuthenticationError, GatewayError, Sent

MAX_RENEWAL_AGE_S = 6 * 3600.0
"""A session is never older than this when it is used, where nothing else is said."""

MAX_LOGINS_PER_MINUTE = 20
"""Of an account on this machine. Betfair bans at 100; more than a few mean that something goes in circles."""

_MINUTE_MS = 60_000

_Meaning = TypeVar("_Meaning")


@dataclass(frozen=True, slots=True)
class Lifetime:
    """
    How long a session lives.

    Attributes:
        expires_after_s: After the login or the latest keepAlive.
        renewed_after_s: The age at which it is kept alive.
    """

    expires_after_s: float
    renewed_after_s: float

    @classmethod
    def of(cls, expires_after_s: float, renewed_after_s: float | None = None) -> "Lifetime":
        """Return a lifetime; unless told otherwise it is renewed at half of it, after six hours at most."""
        half = min(expires_after_s / 2, MAX_RENEWAL_AGE_S)
        return cls(
            expires_after_s, half if renewed_after_s is None else min(renewed_after_s, expires_after_s)
        )


class Session:
    """
    The session of one account, for all threads and, through the cache, for all processes.

    Args:
        credentials: Who logs in.
        endpoints: Where.
        transport: How; it presents the client certificate.
        cache: Where the session is shared.
        lifetime: How long it lives.
        with_certificate: Whether to log in with a certificate, or interactively.
        clock: The time now in milliseconds since 1970; sessions outlive processes.
        pace: For the pauses between attempts.
        retries: How often an attempt is made again that may succeed a moment later.
    """

    def __init__(  # noqa: PLR0913 - what a session needs
        self,
        *,
        credentials: Credentials,
        endpoints: Endpoints,
        transport: Transport,
        cache: TokenCache,
        lifetime: Lifetime,
        with_certificate: bool,
        clock: Callable[[], int],
        pace: Pace,
        retries: Retries = Retries(),  # noqa: B008 - a frozen value
    ) -> None:
        self._credentials = credentials
        self._endpoints = endpoints
        self._transport = transport
        self._cache = cache
        self._lifetime = lifetime
        self._with_certificate = with_certificate
        self._clock = clock
        self._pace = pace
        self._retries = retries
        self._current: SessionToken | None = None
        self._tokens: set[Secret] = set()

    @property
    def with_certificate(self) -> bool:
        """Whether logins are by certificate."""
        return self._with_certificate

    @property
    def app_key(self) -> Secret:
        """The app key, which every call sends along."""
        return self._credentials.app_key

    def secrets(self) -> tuple[Secret, ...]:
        """Return what must not be seen in anything that comes back; sessions that are over are among it."""
        return (self._credentials.app_key, self._credentials.password, *self._tokens)

    def token(self) -> SessionToken:
        """
        Return a session that is alive, as far as one can know: this process's, another's, or a new one.

        Raises:
            AuthenticationError: Betfair does not let us in.
            UnreachableError: there was no answer.
            StorageError: the session cannot be kept.
        """
        if self._current is not None and self._is_fresh(self._current):
            return self._current
        with self._cache.locked():
            stored = self._cache.read()
            return self._used(self._alive(stored) or self._logged_in(stored))

    def renewed(self, refused: SessionToken) -> SessionToken:
        """
        Return another session than one that Betfair has refused.

        It is one that another process has made meanwhile, or that of a new login.

        Raises:
            AuthenticationError: Betfair does not let us in, or takes sessions back as fast as they are made.
            UnreachableError: there was no answer.
            StorageError: the session cannot be kept.
        """
        with self._cache.locked():
            stored = self._cache.read()
            known = stored.session
            if known is None or known.token == refused.token or not self._is_fresh(known):
                known = self._logged_in(stored)
            return self._used(known)

    def log_in(self) -> SessionToken:
        """
        Log in anew, whether there is a session or not; from then on the new one is everybody's.

        Raises:
            AuthenticationError: Betfair does not let us in.
            UnreachableError: there was no answer.
            StorageError: the session cannot be kept.
        """
        with self._cache.locked():
            return self._used(self._logged_in(self._cache.read()))

    def keep_alive(self) -> SessionToken:
        """
        Extend the session now, or log in where there is none any more.

        Raises:
            AuthenticationError: Betfair does not let us in.
            UnreachableError: there was no answer.
            StorageError: the session cannot be kept.
        """
        with self._cache.locked():
            stored = self._cache.read()
            extended = self._extended(stored.session) if stored.session else None
            if isinstance(extended, SessionToken):
                self._cache.write(replace(stored, session=extended))
            elif isinstance(extended, GatewayError) and not isinstance(extended, AuthenticationError):
                raise extended
            return self._used(extended if isinstance(extended, SessionToken) else self._logged_in(stored))

    def logout(self) -> bool:
        """
        End the session, for all processes that share it.

        Returns:
            Whether there was one.

        Raises:
            UnreachableError: there was no answer; the session is forgotten all the same.
        """
        with self._cache.locked():
            stored = self._cache.read()
            self._cache.write(replace(stored, session=None))
            session = stored.session or self._current
            self._current = None
        if session is None:
            return False
        trouble = self._about_session("logout", self._endpoints.logout, session)
        if trouble is not None and not isinstance(trouble, AuthenticationError):
            raise trouble
        return trouble is None

    def _used(self, session: SessionToken) -> SessionToken:
        self._current = session
        self._tokens.add(session.token)
        return session

    def _age_s(self, session: SessionToken) -> float:
        return (self._clock() - session.renewed_ms) / 1000

    def _is_fresh(self, session: SessionToken) -> bool:
        """Say whether a session can be used as it is; one from the future cannot be judged."""
        return 0 <= self._age_s(session) < self._lifetime.renewed_after_s

    def _alive(self, stored: Stored) -> SessionToken | None:
        """Return the session that is stored, kept alive if it is time; None where it has ended."""
        session = stored.session
        if session is None or self._is_fresh(session):
            return session
        if self._age_s(session) >= self._lifetime.expires_after_s:
            return None
        extended = self._extended(session)
        if isinstance(extended, AuthenticationError):
            return None
        if isinstance(extended, GatewayError):
            raise extended
        self._cache.write(replace(stored, session=extended))
        return extended

    def _extended(self, session: SessionToken) -> SessionToken | GatewayError:
        now = self._clock()
        trouble = self._about_session("keepAlive", self._endpoints.keep_alive, session)
        return trouble or replace(session, renewed_ms=now)

    def _about_session(self, operation: str, url: str, session: SessionToken) -> GatewayError | None:
        """Send a keepAlive or a logout; return why it did not succeed."""

        def meaning(reply: Reply) -> GatewayError | None:
            return identity.session_refusal(operation, url, reply, self.secrets())

        return self._attempts(
            operation, url, lambda: identity.session_request(url, self._credentials, session.token), meaning
        )

    def _logged_in(self, stored: Stored) -> SessionToken:
        """Log in and share the session; whatever comes of it, the attempt is counted."""
        now = self._clock()
        recent = tuple(each for each in stored.logins_ms if 0 <= now - each < _MINUTE_MS)
        if len(recent) >= MAX_LOGINS_PER_MINUTE:
            raise AuthenticationError(
                f"{len(recent)} logins within a minute, and the limit here is {MAX_LOGINS_PER_MINUTE}.",
                operation=self._login_operation,
                sent=Sent.NOT_SENT,
                advice="Betfair takes the sessions back: does another program log this account out, or was "
                "the app key withdrawn? Betfair bans an account that logs in too often.",
            )
        self._cache.write(Stored(None, (*recent, now)))
        admission = self._admission()
        if isinstance(admission, GatewayError):
            raise admission
        session = SessionToken(admission.token, now, admission.restriction)
        self._cache.write(Stored(session, (*recent, now)))
        return session

    @property
    def _login_operation(self) -> str:
        return "certlogin" if self._with_certificate else "login"

    def _admission(self) -> Admission | GatewayError:
        url = self._endpoints.cert_login if self._with_certificate else self._endpoints.login
        admitted = (
            identity.certificate_admission if self._with_certificate else identity.interactive_admission
        )

        def meaning(reply: Reply) -> Admission | GatewayError:
            return admitted(url, reply, self.secrets())

        return self._attempts(
            self._login_operation, url, lambda: identity.login_request(url, self._credentials), meaning
        )

    def _attempts(
        self,
        operation: str,
        url: str,
        request: Callable[[], HttpRequest],
        meaning: Callable[[Reply], _Meaning | GatewayError],
    ) -> _Meaning | GatewayError:
        """Ask, again where that may help, and return what the last answer means."""

        def attempt() -> _Meaning | GatewayError:
            outcome = self._transport.exchange(request())
            if isinstance(outcome, NoReply):
                return no_answer(operation, url, outcome, {}, self._transport.timeouts)
            return meaning(outcome)

        return repeated(attempt, self._retries, self._pace, within_s=sum(self._transport.timeouts))
