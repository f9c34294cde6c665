"""
Who may come in: accounts with their passwords, certificates and app keys, and the sessions that are open.

Answers have the shapes of the identity service. Time is real time (see `rules`), from a clock that comes in.

Source: "Non-Interactive (bot) login", "Interactive Login - API Endpoint", "Login & Session Management",
"Accounts Exceptions"; recorded answers.
"""

import base64
import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.rules import Rate, Rules
from betflow.wire.enums import LoginError, ServiceErrorCode
from betflow.wire.identity import CertLogin, IdentityAnswer

_MINUTE_MS = 60_000
_TOKEN_BYTES = 32

SUCCESS = "SUCCESS"
LIMITED = frozenset(
    {
        LoginError.PENDING_AUTH,
        LoginError.SECURITY_QUESTION_WRONG_3X,
        LoginError.KYC_SUSPEND,
        LoginError.SUSPENDED,
        LoginError.CONTACT_VERIFICATION_REQUIRED,
    }
)
"""With these an interactive login gives a session that cannot bet."""


def new_token() -> str:
    """Make a session token as long as Betfair's."""
    return base64.b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Member:
    """
    Somebody with an account.

    Attributes:
        username: Names the account.
        live_key: The app key that sees everything.
        delayed_key: The app key that sees less, and later.
        certificates: SHA-256 of the certificates (DER, hex) that are linked to the account.
    """

    username: str
    password: str = field(repr=False)
    live_key: str = field(repr=False)
    delayed_key: str = field(repr=False)
    certificates: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call, with which app key; `cannot_bet` where the login gave limited access only."""

    account: str
    app_key: str
    is_delayed: bool
    cannot_bet: bool = False


@dataclass(slots=True)
class _Session:
    account: str
    renewed: int
    is_limited: bool


class Sessions:
    """
    The door.

    Args:
        members: Who has an account.
        rules: How long sessions live, and how many logins there may be.
        clock: Real time in milliseconds, from any moment on.
        tokens: Makes session tokens.
    """

    def __init__(
        self,
        members: Iterable[Member],
        *,
        rules: Rules,
        clock: Callable[[], int],
        tokens: Callable[[], str] = new_token,
    ) -> None:
        self._members = {each.username: each for each in members}
        self._keys = {
            key: (each.username, is_delayed)
            for each in self._members.values()
            for key, is_delayed in ((each.live_key, False), (each.delayed_key, True))
        }
        self._rules = rules
        self._clock = clock
        self._tokens = tokens
        self._sessions: dict[str, _Session] = {}
        self._logins: dict[str, Rate] = {}
        self._banned_until: dict[str, int] = {}

    def login_with_certificate(
        self, username: str, password: str, certificate: str | None, *, refusal: str = ""
    ) -> CertLogin:
        """
        Answer a login by certificate.

        Args:
            username: The account.
            password: Its password.
            certificate: SHA-256 of the one that the connection was made with (DER, hex), if any.
            refusal: A reason to refuse that comes from elsewhere.
        """
        error = refusal or self._error(username, password, certificate, is_certificate_needed=True)
        if error:
            return CertLogin(login_status=error)
        return CertLogin(login_status=SUCCESS, session_token=self._open(username))

    def login(self, username: str, password: str, app_key: str, *, refusal: str = "") -> IdentityAnswer:
        """Answer an interactive login; *refusal* as above, with a session where access is only limited."""
        if not (app_key and username and password):
            return _failed(app_key, LoginError.INPUT_VALIDATION_ERROR)
        error = self._error(username, password, None, is_certificate_needed=False)
        if not error and refusal in LIMITED:
            token = self._open(username, is_limited=True)
            return IdentityAnswer(token=token, product=app_key, status="LIMITED_ACCESS", error=refusal)
        if error or refusal:
            return _failed(app_key, refusal or error)
        return IdentityAnswer(token=self._open(username), product=app_key, status=SUCCESS, error="")

    def keep_alive(self, token: str, app_key: str) -> IdentityAnswer:
        """Let a session begin to live anew."""
        session = self._live(token)
        if session is None:
            return _without_session(token, app_key)
        session.renewed = self._clock()
        return IdentityAnswer(token=token, product=app_key, status=SUCCESS, error="")

    def logout(self, token: str, app_key: str) -> IdentityAnswer:
        """End a session."""
        if self._live(token) is None:
            return _without_session(token, app_key)
        del self._sessions[token]
        return IdentityAnswer(token=token, product=app_key, status=SUCCESS, error="")

    def caller(self, app_key: str, token: str) -> Caller:
        """
        Return who calls.

        Raises:
            ServiceRefusal: NO_APP_KEY, INVALID_APP_KEY, NO_SESSION or INVALID_SESSION_INFORMATION.
        """
        if not app_key:
            raise ServiceRefusal(ServiceErrorCode.NO_APP_KEY)
        known = self._keys.get(app_key)
        if known is None:
            raise ServiceRefusal(ServiceErrorCode.INVALID_APP_KEY)
        session = self._required(token)
        owner, is_delayed = known
        if owner != session.account:
            raise ServiceRefusal(ServiceErrorCode.INVALID_APP_KEY)
        return Caller(session.account, app_key, is_delayed, session.is_limited)

    def account(self, token: str) -> str:
        """
        Return whose session it is, whatever the app key: for the operations that list app keys.

        Raises:
            ServiceRefusal: NO_SESSION or INVALID_SESSION_INFORMATION.
        """
        return self._required(token).account

    def member(self, username: str) -> Member:
        """Return who has an account of that name."""
        return self._members[username]

    def expire(self, token: str) -> None:
        """End a session before its time, as a fault does."""
        self._sessions.pop(token, None)

    @property
    def open(self) -> int:
        """How many sessions there are."""
        return sum(1 for token in list(self._sessions) if self._live(token) is not None)

    def _error(
        self, username: str, password: str, certificate: str | None, *, is_certificate_needed: bool
    ) -> str:
        """Return why somebody may not come in, or nothing; counts the login if they may."""
        member = self._members.get(username)
        if is_certificate_needed and certificate is None:
            return LoginError.CERT_AUTH_REQUIRED
        if member is None or not hmac.compare_digest(member.password.encode(), password.encode()):
            return LoginError.INVALID_USERNAME_OR_PASSWORD
        if is_certificate_needed and certificate not in member.certificates:
            return LoginError.CERT_AUTH_REQUIRED
        now = self._clock()
        if now < self._banned_until.get(username, now):
            return LoginError.TEMPORARY_BAN_TOO_MANY_REQUESTS
        rate = self._logins.setdefault(username, Rate(self._rules.logins_a_minute, within_ms=_MINUTE_MS))
        if not rate.take(now):
            self._banned_until[username] = now + self._rules.ban_ms
            return LoginError.TEMPORARY_BAN_TOO_MANY_REQUESTS
        return ""

    def _open(self, username: str, *, is_limited: bool = False) -> str:
        token = self._tokens()
        self._sessions[token] = _Session(username, self._clock(), is_limited)
        return token

    def _live(self, token: str) -> _Session | None:
        session = self._sessions.get(token)
        if session is not None and self._clock() - session.renewed >= self._rules.session_lifetime_ms:
            del self._sessions[token]
            return None
        return session

    def _required(self, token: str) -> _Session:
        if not token:
            raise ServiceRefusal(ServiceErrorCode.NO_SESSION)
        session = self._live(token)
        if session is None:
            raise ServiceRefusal(ServiceErrorCode.INVALID_SESSION_INFORMATION)
        return session


def _failed(app_key: str, error: str) -> IdentityAnswer:
    return IdentityAnswer(token="", product=app_key, status="FAIL", error=error)


def _without_session(token: str, app_key: str) -> IdentityAnswer:
    """Return the answer to a token that is missing, and to one that is none."""
    error = LoginError.NO_SESSION if token else LoginError.INPUT_VALIDATION_ERROR
    return IdentityAnswer(token=token, product=app_key, status="FAIL", error=error)
