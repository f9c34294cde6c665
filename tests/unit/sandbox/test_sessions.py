"""Logins and sessions of the sandbox."""

from collections.abc import Callable
from itertools import count

import msgspec
import pytest

from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.rules import Rules
from betflow.sandbox.sessions import Caller, Member, Sessions, new_token
from betflow.wire.enums import LoginError, ServiceErrorCode
from betflow.wire.identity import CertLogin, IdentityAnswer

LIVE, DELAYED, LINKED = "a-live-key", "a-delayed-key", "ab" * 32
HOUR_MS = 3_600_000


class RealTime:
    """Real time that passes when a test says so, in milliseconds."""

    def __init__(self) -> None:
        self.now = 5_000

    def __call__(self) -> int:
        """Return it."""
        return self.now


def opened(real: RealTime | None = None, rules: Rules | None = None) -> Sessions:
    """Return a door that knows ann and bob; tokens are token-1, token-2 …."""
    numbers = count(1)
    members = (
        Member("ann", "correct horse", LIVE, DELAYED, frozenset({LINKED})),
        Member("bob", "bob's password", "bob's live key", "bob's delayed key"),
    )
    return Sessions(
        members,
        rules=rules or Rules(),
        clock=real or RealTime(),
        tokens=lambda: f"token-{next(numbers)}",
    )


def refused(call: Callable[[], object]) -> ServiceErrorCode:
    """Return why a call is refused."""
    with pytest.raises(ServiceRefusal) as caught:
        call()
    return caught.value.code


def test_a_login_by_certificate_opens_a_session() -> None:
    """The answer is what Betfair's is, to the key."""
    sessions = opened()
    answer = sessions.login_with_certificate("ann", "correct horse", LINKED)
    assert {"loginStatus": "SUCCESS", "sessionToken": "token-1"} == msgspec.to_builtins(answer)
    assert Caller("ann", LIVE, is_delayed=False) == sessions.caller(LIVE, "token-1")


@pytest.mark.parametrize(
    ("username", "password", "certificate", "status"),
    [
        ("ann", "correct horse", None, LoginError.CERT_AUTH_REQUIRED),
        ("ann", "correct horse", "cd" * 32, LoginError.CERT_AUTH_REQUIRED),
        ("bob", "bob's password", LINKED, LoginError.CERT_AUTH_REQUIRED),
        ("ann", "wrong horse", LINKED, LoginError.INVALID_USERNAME_OR_PASSWORD),
        ("eve", "correct horse", LINKED, LoginError.INVALID_USERNAME_OR_PASSWORD),
    ],
)
def test_a_login_by_certificate_needs_the_password_and_a_certificate_of_the_account(
    username: str, password: str, certificate: str | None, status: LoginError
) -> None:
    """The answer then has the status and nothing else."""
    answer = opened().login_with_certificate(username, password, certificate)
    assert {"loginStatus": status} == msgspec.to_builtins(answer)


def test_an_interactive_login_needs_no_certificate_and_echoes_the_app_key() -> None:
    """Clients take the product for their next calls."""
    answer = opened().login("ann", "correct horse", LIVE)
    assert IdentityAnswer(token="token-1", product=LIVE, status="SUCCESS", error="") == answer  # noqa: S106 - made up


def test_an_interactive_login_that_fails_has_an_empty_token() -> None:
    """And says why."""
    expected = {"token": "", "product": LIVE, "status": "FAIL", "error": "INVALID_USERNAME_OR_PASSWORD"}
    assert expected == msgspec.to_builtins(opened().login("ann", "wrong", LIVE))
    no_key = {"token": "", "product": "", "status": "FAIL", "error": "INPUT_VALIDATION_ERROR"}
    assert no_key == msgspec.to_builtins(opened().login("ann", "correct horse", ""))


def test_a_login_can_be_refused_with_any_status() -> None:
    """Whoever makes faults says with which."""
    for status in LoginError:
        answer = opened().login_with_certificate("ann", "correct horse", LINKED, refusal=status)
        assert CertLogin(login_status=status) == answer


def test_limited_access_is_a_session_that_cannot_bet() -> None:
    """Of an account whose documents are wanted, for one."""
    sessions = opened()
    answer = sessions.login("ann", "correct horse", LIVE, refusal=LoginError.KYC_SUSPEND)
    assert ("LIMITED_ACCESS", "KYC_SUSPEND") == (answer.status, answer.error)
    assert sessions.caller(LIVE, answer.token or "").cannot_bet


def test_a_session_ends_after_its_lifetime_unless_it_is_kept_alive() -> None:
    """Twelve hours, and calls do not lengthen it."""
    real = RealTime()
    sessions = opened(real)
    sessions.login("ann", "correct horse", LIVE)
    real.now += 11 * HOUR_MS
    sessions.caller(LIVE, "token-1")
    assert "SUCCESS" == sessions.keep_alive("token-1", LIVE).status
    real.now += 12 * HOUR_MS - 1
    assert 1 == sessions.open
    real.now += 1
    assert ServiceErrorCode.INVALID_SESSION_INFORMATION == refused(lambda: sessions.caller(LIVE, "token-1"))
    assert "NO_SESSION" == sessions.keep_alive("token-1", LIVE).error
    assert 0 == sessions.open


def test_a_logout_ends_the_session() -> None:
    """Once."""
    sessions = opened()
    sessions.login("ann", "correct horse", LIVE)
    success = {"token": "token-1", "product": LIVE, "status": "SUCCESS", "error": ""}
    assert success == msgspec.to_builtins(sessions.logout("token-1", LIVE))
    failure = {"token": "token-1", "product": LIVE, "status": "FAIL", "error": "NO_SESSION"}
    assert failure == msgspec.to_builtins(sessions.logout("token-1", LIVE))


def test_without_a_token_keep_alive_and_logout_do_not_understand() -> None:
    """As it was recorded."""
    expected = {"token": "", "product": LIVE, "status": "FAIL", "error": "INPUT_VALIDATION_ERROR"}
    assert expected == msgspec.to_builtins(opened().keep_alive("", LIVE))
    assert expected == msgspec.to_builtins(opened().logout("", LIVE))


@pytest.mark.parametrize(
    ("app_key", "token", "code"),
    [
        ("", "token-1", ServiceErrorCode.NO_APP_KEY),
        ("unknown", "token-1", ServiceErrorCode.INVALID_APP_KEY),
        ("bob's live key", "token-1", ServiceErrorCode.INVALID_APP_KEY),
        (LIVE, "", ServiceErrorCode.NO_SESSION),
        (LIVE, "token-2", ServiceErrorCode.INVALID_SESSION_INFORMATION),
    ],
)
def test_a_call_needs_an_app_key_and_a_session_of_the_same_account(
    app_key: str, token: str, code: ServiceErrorCode
) -> None:
    """What is missing and what is wrong are told apart."""
    sessions = opened()
    sessions.login("ann", "correct horse", LIVE)
    assert code == refused(lambda: sessions.caller(app_key, token))


def test_the_delayed_app_key_is_known_as_such() -> None:
    """It sees less, and later."""
    sessions = opened()
    sessions.login("ann", "correct horse", LIVE)
    assert sessions.caller(DELAYED, "token-1").is_delayed


def test_a_hundred_logins_a_minute_are_followed_by_a_ban_of_twenty_minutes() -> None:
    """Sessions go on working, and others log in as ever."""
    real = RealTime()
    sessions = opened(real)
    for _ in range(100):
        assert "SUCCESS" == sessions.login("ann", "correct horse", LIVE).status
    assert LoginError.TEMPORARY_BAN_TOO_MANY_REQUESTS == sessions.login("ann", "correct horse", LIVE).error
    sessions.caller(LIVE, "token-100")
    assert "SUCCESS" == sessions.login("bob", "bob's password", "bob's live key").status
    real.now += 20 * 60_000 - 1
    assert LoginError.TEMPORARY_BAN_TOO_MANY_REQUESTS == sessions.login("ann", "correct horse", LIVE).error
    real.now += 1
    assert "SUCCESS" == sessions.login("ann", "correct horse", LIVE).status


def test_no_secret_shows_in_a_repr() -> None:
    """Neither password nor app key."""
    shown = repr(Member("ann", "correct horse", LIVE, DELAYED))
    assert not [secret for secret in ("correct horse", LIVE, DELAYED) if secret in shown]


def test_tokens_are_as_long_as_betfairs_and_no_two_are_alike() -> None:
    """Forty-four characters of base64."""
    tokens = {new_token() for _ in range(20)}
    assert {44} == {len(token) for token in tokens}
    assert 20 == len(tokens)
