"""Answers of the identity service are understood in both forms, and every status is explained."""

import pytest

from betflow.betfair.identity import (
    Admission,
    Credentials,
    certificate_admission,
    interactive_admission,
    login_request,
    session_refusal,
    session_request,
)
from betflow.betfair.login_statuses import LOGIN_STATUSES, explain
from betflow.betfair.secrets import Secret
from betflow.betfair.transport import Reply
from betflow.errors import AuthenticationError, ExitCode, GatewayError, Sent, UnreachableError
from betflow.wire.enums import LoginError

URL = "https://h/api/certlogin"
SECRET = "S3CRET"  # noqa: S105 - planted, to see that it does not come out
CREDENTIALS = Credentials("me@example.com", Secret("p&ss=wörd+1"), Secret("key"))

DOCUMENTED = [*LoginError, "LIMITED_ACCESS", "LOGIN_RESTRICTED", "FAIL"]


def reply(body: bytes, *, status: int = 200, kind: str = "application/json") -> Reply:
    """Return a reply."""
    return Reply(status, kind, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"sessionToken":"abc=","loginStatus":"SUCCESS"}',
        b'{"loginStatus":"SUCCESS","sessionToken":"abc=","new":[1]}',
        b"loginStatus=SUCCESS\nsessionToken=abc=\n",
        b"sessionToken=abc=\r\nloginStatus=SUCCESS\r\n",
        b" loginStatus = SUCCESS \n\nsessionToken = abc= ",
    ],
)
def test_a_login_with_a_certificate_is_understood_in_both_forms(body: bytes) -> None:
    """The answer is JSON or, failing that, lines of key=value; the token may end in the sign itself."""
    assert Admission(Secret("abc=")) == certificate_admission(URL, reply(body), ())


@pytest.mark.parametrize(
    ("body", "restriction"),
    [
        (b'{"token":"abc","product":"key","status":"SUCCESS","error":""}', ""),
        (b'{"token":"abc","product":"key","status":"SUCCESS","error":"","lastLoginDate":"01/02/2026"}', ""),
        (b'{"token":"abc","status":"LIMITED_ACCESS","error":"KYC_SUSPEND"}', "KYC_SUSPEND"),
        (b'{"token":"abc","status":"LIMITED_ACCESS"}', "LIMITED_ACCESS"),
    ],
)
def test_an_interactive_login_is_understood(body: bytes, restriction: str) -> None:
    """An account that may look and not bet is let in, with the reason why it may not."""
    assert Admission(Secret("abc"), restriction) == interactive_admission(URL, reply(body), ())


@pytest.mark.parametrize("status", DOCUMENTED)
def test_every_documented_status_is_explained(status: str) -> None:
    """A refusal has the status, its meaning in words and what to do, and the exit code of a login."""
    refusal = certificate_admission(URL, reply(b'{"loginStatus":"%s"}' % status.encode()), ())

    assert isinstance(refusal, AuthenticationError)
    assert (status, Sent.REFUSED, ExitCode.AUTHENTICATION) == (refusal.code, refusal.sent, refusal.exit_code)
    assert explain(status).meaning in str(refusal)
    assert explain(status).advice in str(refusal)
    assert explain(status) is not explain("NO_SUCH_STATUS")


def test_no_status_is_explained_that_is_not_documented() -> None:
    """The words are about what Betfair says."""
    assert set(DOCUMENTED) == set(LOGIN_STATUSES)


def test_only_what_may_pass_is_tried_again() -> None:
    """A wrong password tried again locks the account; trouble inside Betfair or at a regulator may pass."""
    assert {
        "INTERNAL_ERROR",
        "INVALID_CONNECTIVITY_TO_REGULATOR",
        "INVALID_CONNECTIVITY_TO_REGULATOR_DK",
        "INVALID_CONNECTIVITY_TO_REGULATOR_IT",
    } == {status for status, words in LOGIN_STATUSES.items() if words.passing}


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("NEW_STATUS", b'{"loginStatus":"NEW_STATUS"}'),
        ("UNKNOWN", b'{"loginStatus":"<b>not a status</b>"}'),
        ("UNKNOWN", b'{"loginStatus":"S3CRET_IN_IT"}'),
        ("SUCCESS", b'{"loginStatus":"SUCCESS"}'),
        ("SUCCESS", b'{"loginStatus":"SUCCESS","sessionToken":""}'),
    ],
)
def test_odd_statuses_are_refusals(code: str, body: bytes) -> None:
    """A new status is told; one that is none, or holds a secret, is not; success has a token."""
    refusal = certificate_admission(URL, reply(body), [Secret(SECRET)])

    assert isinstance(refusal, AuthenticationError)
    assert code == refusal.code
    assert SECRET not in str(refusal)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"<html><title>Sign in</title>S3CRET=1</html>", 200, "text/html"),
        (b"", 503, ""),
        (b"[1]", 200, "application/json"),
        (b"\xff\xfe", 200, "S3CRET/S3CRET"),
        (b"[" * 100_000, 200, "application/json"),
    ],
)
def test_whoever_else_answers_is_told_from_betfair(body: bytes, status: int, kind: str) -> None:
    """A proxy, a sign-in page or a gateway without a service is no refusal, and is not quoted."""
    for understand in (certificate_admission, interactive_admission):
        trouble = understand(URL, reply(body, status=status, kind=kind), ())
        assert isinstance(trouble, UnreachableError)
        assert ExitCode.UNREACHABLE == trouble.exit_code
        assert f"h answered with status {status}" in str(trouble)
        assert SECRET not in str(trouble)
    assert isinstance(session_refusal("logout", URL, reply(body, status=status, kind=kind), ()), GatewayError)


def test_keep_alive_and_logout_are_understood() -> None:
    """Success is no refusal, and a failure has its reason."""
    failure = session_refusal(
        "keepAlive", URL, reply(b'{"token":"","status":"FAIL","error":"NO_SESSION"}'), ()
    )

    assert (
        session_refusal("keepAlive", URL, reply(b'{"token":"t","status":"SUCCESS","error":""}'), ()) is None
    )
    assert isinstance(failure, AuthenticationError)
    assert ("NO_SESSION", "keepAlive") == (failure.code, failure.operation)


def test_a_login_is_a_form() -> None:
    """Username and password are encoded as a form, whatever signs are in them."""
    request = login_request(URL, CREDENTIALS)

    assert b"username=me%40example.com&password=p%26ss%3Dw%C3%B6rd%2B1" == request.body
    assert ("application/json", "application/x-www-form-urlencoded", "key") == (
        request.headers["Accept"],
        request.headers["Content-Type"],
        request.headers["X-Application"],
    )


def test_keep_alive_sends_the_session() -> None:
    """KeepAlive and logout have no body, and the session in a header."""
    request = session_request(URL, CREDENTIALS, Secret("token"))

    assert (b"", "token", "application/json") == (
        request.body,
        request.headers["X-Authentication"],
        request.headers["Accept"],
    )
