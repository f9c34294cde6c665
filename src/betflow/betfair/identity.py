"""
What is said to the identity service, and what its answers mean. Pure: no connection, no clock.

Source: "Non-Interactive (bot) login", "Interactive Login - API Endpoint", "Keep Alive", "Logout".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from betflow import __version__
from betflow.betfair.login_statuses import explain
from betflow.betfair.secrets import Secret, masked
from betflow.betfair.transport import HttpRequest, Reply
from betflow.betfair.troubles import no_answer_of_betfair
from betflow.errors import AuthenticationError, GatewayError, Sent
from betflow.wire.identity import CertLogin, IdentityAnswer

USER_AGENT = f"betflow/{__version__}"

_STATUS = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_SUCCESS = "SUCCESS"
_LIMITED = "LIMITED_ACCESS"

_T = TypeVar("_T", CertLogin, IdentityAnswer)


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    Who logs in.

    Attributes:
        username: The account.
        password: Its password.
        app_key: The application key.
    """

    username: str
    password: Secret
    app_key: Secret


@dataclass(frozen=True, slots=True)
class Admission:
    """
    That Betfair let us in.

    Attributes:
        token: The session.
        restriction: Why the account may not bet, if it may not; else empty.
    """

    token: Secret
    restriction: str = ""


def login_request(url: str, credentials: Credentials) -> HttpRequest:
    """Return a login; with a certificate it differs in the address, and in what TLS presents."""
    return HttpRequest(
        url,
        {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": USER_AGENT,
            "X-Application": credentials.app_key.reveal(),
        },
        urlencode({"username": credentials.username, "password": credentials.password.reveal()}).encode(),
    )


def session_request(url: str, credentials: Credentials, token: Secret) -> HttpRequest:
    """Return a keepAlive or a logout."""
    return HttpRequest(
        url,
        {
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            "X-Application": credentials.app_key.reveal(),
            "X-Authentication": token.reveal(),
        },
    )


def certificate_admission(url: str, reply: Reply, secrets: Iterable[Secret]) -> Admission | GatewayError:
    """Return what the answer to a login with a certificate means; *secrets* are not quoted from it."""
    answer = _decoded(reply, CertLogin)
    if answer is None:
        return no_answer_of_betfair("certlogin", url, reply, {})
    if answer.login_status == _SUCCESS and answer.session_token:
        return Admission(Secret(answer.session_token))
    return login_refusal("certlogin", answer.login_status, secrets)


def interactive_admission(url: str, reply: Reply, secrets: Iterable[Secret]) -> Admission | GatewayError:
    """Return what the answer to an interactive login means; *secrets* are not quoted from it."""
    answer = _decoded(reply, IdentityAnswer)
    if answer is None:
        return no_answer_of_betfair("login", url, reply, {})
    if answer.status in {_SUCCESS, _LIMITED} and answer.token:
        restriction = "" if answer.status == _SUCCESS else _status(answer.error or _LIMITED, secrets)
        return Admission(Secret(answer.token), restriction)
    return login_refusal("login", answer.error or answer.status, secrets)


def session_refusal(operation: str, url: str, reply: Reply, secrets: Iterable[Secret]) -> GatewayError | None:
    """Return why a keepAlive or a logout did not succeed; None where it did."""
    answer = _decoded(reply, IdentityAnswer)
    if answer is None:
        return no_answer_of_betfair(operation, url, reply, {})
    if answer.status == _SUCCESS:
        return None
    return login_refusal(operation, answer.error or answer.status, secrets)


def login_refusal(operation: str, status: str, secrets: Iterable[Secret] = ()) -> AuthenticationError:
    """Say why Betfair does not let us in, and what to do."""
    code = _status(status, secrets)
    status_in_words = explain(code)
    return AuthenticationError(
        f"{code}: {status_in_words.meaning}.",
        operation=operation,
        sent=Sent.REFUSED,
        code=code,
        passing=status_in_words.passing,
        advice=status_in_words.advice,
    )


def _status(text: str, secrets: Iterable[Secret]) -> str:
    """Return a status; what is none, and might be anything, is not quoted."""
    return text if _STATUS.fullmatch(text) and masked(text, secrets) == text else "UNKNOWN"


def _decoded(reply: Reply, kind: type[_T]) -> _T | None:
    """
    Return an answer that is JSON or, failing that, lines of ``key=value``; None where it is neither.

    Betfair answers so with any status of HTTP.
    """
    try:
        return msgspec.json.decode(reply.body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        lines = reply.body.decode().splitlines()
        return msgspec.convert(dict(_pair(line) for line in lines if "=" in line), kind)
    except (msgspec.ValidationError, UnicodeDecodeError):
        return None


def _pair(line: str) -> tuple[str, str]:
    """Split at the first sign: a token may end in more of them."""
    key, _, value = line.partition("=")
    return key.strip(), value.strip()
