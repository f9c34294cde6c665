"""The sandbox's identity service over HTTPS, with a client that nobody here wrote."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme

from betflow.errors import ConfigurationError
from betflow.wire.enums import LoginError
from certificates import certificate_pem, issue, key_pem
from sandboxes import LIVE_KEY, Running, running

LOGIN = "username=sandbox&password=sandbox"
JSON = "application/json"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox on which nothing happens."""
    with running(tmp_path_factory.mktemp("sandbox")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _nothing_goes_wrong(sandbox: Running) -> Iterator[None]:
    yield
    sandbox.sandbox.context.faults.clear()


def test_a_login_with_the_linked_certificate_gives_a_token_that_works(sandbox: Running) -> None:
    """The answer has two keys and no more."""
    client = sandbox.client()
    client.present(sandbox.place.certificates)
    answer = client.post("/api/certlogin", LOGIN)
    assert (200, JSON) == (answer.status_code, answer.headers["Content-Type"])
    content = answer.json()
    assert ({"sessionToken", "loginStatus"}, "SUCCESS") == (set(content), content["loginStatus"])
    client.token = content["sessionToken"]
    assert (
        10000.0
        == client.call("AccountAPING/v1.0/getAccountFunds", service="account")["result"][
            "availableToBetBalance"
        ]
    )


def test_a_login_without_a_certificate_or_with_another_is_refused(sandbox: Running) -> None:
    """One that is issued by the same authority and not linked to the account will not do."""
    without = sandbox.client().post("/api/certlogin", LOGIN)
    assert (200, {"loginStatus": "CERT_AUTH_REQUIRED"}) == (without.status_code, without.json())
    client = sandbox.client()
    client.present(sandbox.place.unlinked)
    assert {"loginStatus": "CERT_AUTH_REQUIRED"} == client.post("/api/certlogin", LOGIN).json()


def test_a_certificate_of_an_unknown_authority_ends_the_handshake(sandbox: Running, tmp_path: Path) -> None:
    """TLS itself refuses what it cannot check."""
    leaf = issue(trustme.CA())
    (tmp_path / "client.crt").write_bytes(certificate_pem(leaf))
    (tmp_path / "client.key").write_bytes(key_pem(leaf))
    client = sandbox.client()
    client.present(tmp_path)
    with pytest.raises(requests.ConnectionError):
        client.post("/api/certlogin", LOGIN)


def test_a_certificate_of_ones_own_can_be_linked(tmp_path: Path) -> None:
    """As one uploads one to Betfair; it may be signed by itself or by anybody."""
    leaf = issue(trustme.CA())
    (tmp_path / "client.crt").write_bytes(certificate_pem(leaf))
    (tmp_path / "client.key").write_bytes(key_pem(leaf))
    with running(tmp_path / "sandbox", client_certificates=[tmp_path / "client.crt"]) as own:
        client = own.client()
        client.present(tmp_path)
        assert "SUCCESS" == client.post("/api/certlogin", LOGIN).json()["loginStatus"]


def test_what_is_no_certificate_cannot_be_linked(tmp_path: Path) -> None:
    """It says which file."""
    (tmp_path / "client.crt").write_text("nothing")
    with (
        pytest.raises(ConfigurationError, match=r"client\.crt cannot be linked to the account"),
        running(tmp_path / "sandbox", client_certificates=[tmp_path / "client.crt"]),
    ):
        pass


def test_an_interactive_login_echoes_the_app_key(sandbox: Running) -> None:
    """And is an HTML page for whoever does not ask for JSON."""
    client = sandbox.client()
    content = client.post("/api/login", LOGIN, Accept=JSON).json()
    assert {"token", "product", "status", "error"} == set(content)
    assert (LIVE_KEY, "SUCCESS", "") == (content["product"], content["status"], content["error"])
    page = client.post("/api/login", LOGIN)
    assert (200, "text/html") == (page.status_code, page.headers["Content-Type"])


def test_a_session_is_kept_alive_and_ended(sandbox: Running) -> None:
    """By GET as well as by POST; then its token is no good any more."""
    client = sandbox.logged_in()
    success = {"token": client.token, "product": LIVE_KEY, "status": "SUCCESS", "error": ""}
    assert success == client.get("/api/keepAlive", Accept=JSON).json()
    assert success == client.post("/api/keepAlive", b"", Accept=JSON).json()
    assert success == client.post("/api/logout", b"", Accept=JSON).json()
    failure = {**success, "status": "FAIL", "error": "NO_SESSION"}
    assert failure == client.post("/api/keepAlive", b"", Accept=JSON).json()
    assert "INVALID_SESSION_INFORMATION" == client.error(
        "AccountAPING/v1.0/getAccountFunds", service="account"
    )


@pytest.mark.parametrize("status", LoginError)
def test_every_status_of_a_login_can_be_provoked(sandbox: Running, status: LoginError) -> None:
    """By a fault, once."""
    sandbox.goes_wrong(where="identity", subject="certlogin", kind="error", code=str(status))
    client = sandbox.client()
    client.present(sandbox.place.certificates)
    assert {"loginStatus": status} == client.post("/api/certlogin", LOGIN).json()


def test_an_account_with_limited_access_has_a_token_and_cannot_bet(sandbox: Running) -> None:
    """Its orders are refused."""
    sandbox.goes_wrong(where="identity", kind="error", code="KYC_SUSPEND")
    client = sandbox.client()
    content = client.post("/api/login", LOGIN, Accept=JSON).json()
    assert ("LIMITED_ACCESS", "KYC_SUSPEND") == (content["status"], content["error"])
    client.token = content["token"]
    report = client.call("SportsAPING/v1.0/cancelOrders")["result"]
    assert ("FAILURE", "PERMISSION_DENIED") == (report["status"], report["errorCode"])


def test_a_session_is_open_from_the_start(sandbox: Running) -> None:
    """Its token is in a file, for whoever does not want to log in."""
    client = sandbox.client()
    client.token = sandbox.place.token.read_text().strip()
    assert "result" in client.call("AccountAPING/v1.0/getAccountFunds", service="account")


def test_paths_are_case_sensitive_and_logins_are_posted(sandbox: Running) -> None:
    """As at Betfair."""
    client = sandbox.client()
    assert 404 == client.post("/api/certLogin", LOGIN).status_code
    assert 405 == client.get("/api/certlogin").status_code


def test_the_password_may_have_any_character(tmp_path: Path) -> None:
    """Where it is encoded as a form has to be."""
    with running(tmp_path, password="p&ss=wörd+1 %") as own:  # noqa: S106 - made up
        client = own.client()
        client.present(own.place.certificates)
        body = "username=sandbox&password=p%26ss%3Dw%C3%B6rd%2B1+%25"
        assert "SUCCESS" == client.post("/api/certlogin", body).json()["loginStatus"]
