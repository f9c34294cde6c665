"""Settings become a connection: with every credential, the right certificate, and the user's limits."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from betflow.betfair.certificates import CertificateFiles
from betflow.betfair.endpoints import Jurisdiction
from betflow.betfair.reading import ReadingGateway
from betflow.betfair.secrets import Secret
from betflow.errors import AuthenticationError, ConfigurationError
from betflow.jobs.connecting import certificate_files, open_connection
from betflow.logs import configure_logs
from betflow.settings import BetfairSettings, Settings, load_settings
from certificates import certificate_pem, issue, key_pem, pfx, private
from exchange_service import ExchangeService, service_error
from identity_service import APP_KEY, PASSWORD, Clock
from loopback import Answer, Loopback, loopback

PASSPHRASE = "passphrase"  # noqa: S105 - of a certificate that exists only here


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def service() -> ExchangeService:
    """Return a service that knows no sport."""
    return ExchangeService({"listEventTypes": [[]]})


@pytest.fixture
def server(tmp_path: Path, service: ExchangeService) -> Iterator[Loopback]:
    """Run it."""
    with loopback(tmp_path, service) as running:
        yield running


def settings(server: Loopback, monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> Settings:
    """Return settings as a user has them in the environment."""
    variables = {
        "BETFAIR_APP_KEY": APP_KEY,
        "BETFAIR_USERNAME": "me",
        "BETFAIR_PASSWORD": PASSWORD,
        "BETFAIR_API_URL": server.url,
        "BETFAIR_IDENTITY_URL": f"{server.url}/api/",
        "BETFAIR_CA_FILE": str(server.authority_file),
        **more,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings(overrides={"data_dir": folder / "data"})


def test_a_certificate_is_presented_at_the_login_only(
    server: Loopback, service: ExchangeService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a PKCS#12 file the login is by certificate; the other services do not get to see it."""
    path = private(tmp_path / "client.pfx", pfx(issue(server.authority), PASSPHRASE))
    given = settings(
        server, monkeypatch, tmp_path, BETFAIR_CERT_PATH=str(path), BETFAIR_CERT_PASSWORD=PASSPHRASE
    )
    with open_connection(given, clock=Clock()) as connection:
        ReadingGateway(connection).list_event_types()

    assert ["certlogin"] == service.identity.calls
    assert [True, False] == [each.certificate for each in server.received]


def test_without_a_certificate_the_login_is_interactive(
    server: Loopback, service: ExchangeService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who has no certificate logs in all the same; the session is kept in the data folder."""
    given = settings(server, monkeypatch, tmp_path)
    for _ in range(2):
        with open_connection(given, clock=Clock()) as connection:
            ReadingGateway(connection).list_event_types()

    assert ["login"] == service.identity.calls
    assert 1 == len(list((tmp_path / "data" / "sessions").glob("*.json")))


def test_limits_are_the_users(server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Rates, repetitions, the breaker, timeouts and lifetimes are as they are set."""
    given = settings(
        server,
        monkeypatch,
        tmp_path,
        BETFAIR_JURISDICTION="italy",
        BETFLOW_BETFAIR__API__RATE_LIMIT="7",
        BETFLOW_BETFAIR__API__MAX_RETRIES="2",
        BETFLOW_BETFAIR__API__RETRY_BACKOFF="250ms",
        BETFLOW_BETFAIR__API__REQUEST_TIMEOUT="9s",
        BETFLOW_BETFAIR__ERROR_HANDLING__CIRCUIT_BREAKER_THRESHOLD="4",
        BETFLOW_BETFAIR__ERROR_HANDLING__CIRCUIT_BREAKER_TIMEOUT="1m",
    )
    with open_connection(given) as connection:
        policy = connection.allowance.policy
        assert (7, 2, 0.25, 4, 60.0) == (
            policy.rate_limit,
            policy.retries.limit,
            policy.retries.backoff_s,
            policy.breaker_threshold,
            policy.breaker_open_s,
        )
        assert ((5.0, 9.0), Jurisdiction.ITALY) == (connection.transport.timeouts, connection.jurisdiction)
        assert 600.0 == connection.session._lifetime.renewed_after_s


@pytest.mark.parametrize(
    ("missing", "verb"),
    [
        (("BETFAIR_APP_KEY",), "is"),
        (("BETFAIR_USERNAME", "BETFAIR_PASSWORD"), "are"),
        (("BETFAIR_APP_KEY", "BETFAIR_USERNAME", "BETFAIR_PASSWORD"), "are"),
    ],
)
def test_every_missing_credential_is_named(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: tuple[str, ...], verb: str
) -> None:
    """All that is missing is told at once."""
    given = settings(server, monkeypatch, tmp_path, **dict.fromkeys(missing, ""))

    with (
        pytest.raises(ConfigurationError, match=f": {', '.join(missing)} {verb} not set"),
        open_connection(given),
    ):
        pytest.fail("there is no connection")


def test_failed_attempts_are_logged(
    server: Loopback, service: ExchangeService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each attempt that is made again is in the log, at the user's level, without any secret."""
    service.results["listEventTypes"] = [service_error("SERVICE_BUSY", f"{PASSWORD} {APP_KEY}"), []]
    given = settings(server, monkeypatch, tmp_path, BETFLOW_BETFAIR__ERROR_HANDLING__LOG_LEVEL="WARNING")
    stream, clock = io.StringIO(), Clock()
    configure_logs(level="warning", stream=stream)
    with open_connection(given, clock=clock, pace=clock.pace()) as connection:
        ReadingGateway(connection).list_event_types()

    assert '"event": "betfair.attempt-failed"' in stream.getvalue()
    assert '"again_in_s": 0.1' in stream.getvalue()
    assert "s3cret" not in stream.getvalue()


@pytest.mark.parametrize(("mode", "warnings"), [(0o644, 1), (0o600, 0)])
def test_a_password_that_others_may_read_is_told(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int, warnings: int
) -> None:
    """It is used, and a warning has the command that mends it; a password of the environment is not meant."""
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"BETFAIR_PASSWORD={PASSWORD}\n")
    dotenv.chmod(mode)
    stream = io.StringIO()
    configure_logs(level="warning", stream=stream)
    with open_connection(settings(server, monkeypatch, tmp_path)):
        assert "" == stream.getvalue()
    with open_connection(settings(server, monkeypatch, tmp_path, BETFAIR_PASSWORD="")):
        assert warnings == stream.getvalue().count(f"chmod 600 {dotenv}")

    assert PASSWORD not in stream.getvalue()


def test_a_refused_login_ends_it(
    server: Loopback, service: ExchangeService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first call tells what is wrong with the login."""
    service.identity.instead["login"] = [Answer(b'{"status":"FAIL","error":"INVALID_USERNAME_OR_PASSWORD"}')]
    with (
        open_connection(settings(server, monkeypatch, tmp_path), clock=Clock()) as connection,
        pytest.raises(AuthenticationError, match="Correct BETFAIR_USERNAME"),
    ):
        ReadingGateway(connection).list_event_types()


def betfair(**certificate: object) -> BetfairSettings:
    """Return settings with a certificate."""
    return BetfairSettings.model_validate({"certificate": certificate})


def test_where_the_certificate_is(tmp_path: Path) -> None:
    """The pair that is named, else the file, else the folder, else the folder of installations, else none."""
    leaf = issue(trustme.CA())
    installed, other = tmp_path / "installed", tmp_path / "other"
    for folder in (installed, other):
        folder.mkdir()
        (folder / "client.crt").write_bytes(certificate_pem(leaf))
        private(folder / "client.key", key_pem(leaf))

    crt, key, pem = Path("a.crt"), Path("a.key"), Path("a.pem")
    secret = Secret(PASSPHRASE)
    for expected, given in (
        (CertificateFiles(crt, key, secret), betfair(crt=crt, key=key, password=PASSPHRASE, cert_path=pem)),
        (CertificateFiles(crt), betfair(crt=crt)),
        (CertificateFiles(pem), betfair(cert_path=pem)),
        (CertificateFiles(other / "client.crt", other / "client.key"), betfair(cert_path=other)),
        (CertificateFiles(installed / "client.crt", installed / "client.key"), betfair()),
    ):
        assert expected == certificate_files(given, installed)
    assert certificate_files(betfair(), tmp_path / "nowhere") is None


def test_a_certificate_that_cannot_be_found(tmp_path: Path) -> None:
    """A key alone, and a folder without a certificate, are refused with the setting that is missing."""
    with pytest.raises(ConfigurationError, match="BETFAIR_CERT_CRT as well"):
        certificate_files(betfair(key=Path("a.key")), tmp_path)
    with pytest.raises(ConfigurationError, match=r"has no certificate.* BETFAIR_CERT_PATH"):
        certificate_files(betfair(cert_path=tmp_path), tmp_path)
