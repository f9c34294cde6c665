"""From settings to a connection with Betfair, or to a stream: who logs in, where, and how it is called."""

import os
import ssl
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path

import msgspec

from betflow.betfair.allowance import Allowance, Policy
from betflow.betfair.certificates import CertificateFiles, check_certificate, find_certificate
from betflow.betfair.channel import Connection
from betflow.betfair.endpoints import Endpoints, endpoints
from betflow.betfair.identity import Credentials
from betflow.betfair.probing import probe_api
from betflow.betfair.retries import Pace, Retries
from betflow.betfair.secrets import Secret
from betflow.betfair.session import Lifetime, Session
from betflow.betfair.stream.client import ExchangeStream, discard
from betflow.betfair.stream.policy import StreamPolicy
from betflow.betfair.stream.subscription import SubscriptionRequest
from betflow.betfair.tls import verified_context
from betflow.betfair.token_cache import SessionToken, TokenCache
from betflow.betfair.transport import Transport
from betflow.errors import ConfigurationError, GatewayError
from betflow.jobs.clock import Clock, now_ms
from betflow.logs import log
from betflow.settings import BetfairSettings, ConfigFolders, Settings
from betflow.settings.layers import Source

SECRETS_FOLDER = Path("/opt/betflow/secrets")
"""Where the certificate is looked for when no setting names it."""

SESSIONS = "sessions"
"""The folder of sessions, in the data folder."""


@contextmanager
def open_connection(
    settings: Settings, *, clock: Clock = now_ms, pace: Pace | None = None
) -> Iterator[Connection]:
    """
    Connect to Betfair for a block, and close the connections after it. Nobody logs in before the first call.

    Args:
        settings: Who, where and how.
        clock: Says what time it is.
        pace: For waiting; time as it passes unless told otherwise.

    Raises:
        ConfigurationError: a credential is missing, an address or the certificate cannot be used.
    """
    betfair = settings.betfair
    pace = pace or Pace(time.monotonic, time.sleep)
    credentials = credentials_of(betfair, settings.folders)
    _warn_of_open_dotenv(settings)
    places = endpoints_of(betfair)
    files = certificate_files(betfair)
    certificate = check_certificate(files, now_ms=clock()) if files else None
    # Only a login presents the certificate. Authorities take long to load: what can, shares them.
    trusting = verified_context(authority=betfair.ca_file)
    presenting = trusting
    if certificate is not None:
        presenting = verified_context(authority=betfair.ca_file, certificate=certificate)
    identity, api = _transport(betfair, presenting), _transport(betfair, trusting)
    retries = Retries(betfair.api.max_retries, betfair.api.retry_backoff)
    session = Session(
        credentials=credentials,
        endpoints=places,
        transport=identity,
        cache=TokenCache(
            settings.data_dir / SESSIONS, places.login, credentials.username, credentials.app_key.reveal()
        ),
        lifetime=Lifetime.of(betfair.jurisdiction.session_lifetime_s, betfair.api.reauthentication_interval),
        with_certificate=certificate is not None,
        clock=clock,
        pace=pace,
        retries=retries,
    )
    policy = Policy(
        rate_limit=betfair.api.rate_limit,
        retries=retries,
        breaker_threshold=betfair.error_handling.circuit_breaker_threshold,
        breaker_open_s=betfair.error_handling.circuit_breaker_timeout,
        call_timeout_s=betfair.api.call_timeout,
    )
    try:
        yield Connection(
            session, api, places, pace, Allowance(policy), betfair.jurisdiction, _logging(betfair)
        )
    finally:
        identity.close()
        api.close()


def open_stream(
    settings: Settings,
    connection: Connection,
    subscriptions: Sequence[SubscriptionRequest],
    *,
    keep: Callable[[int, bytes], None] = discard,
    policy: StreamPolicy | None = None,
) -> ExchangeStream:
    """
    Return a stream of the account that a connection is for, to be iterated over once.

    It shares the connection's session: each connection of the stream gets one that is alive, and where
    Betfair refuses it, there is another login.

    Args:
        settings: How the stream is read; heartbeat and conflation are theirs where a subscription has none.
        connection: Whose session it is, and where the stream is.
        subscriptions: One to markets, one to orders, or both.
        keep: Takes the number of the connection, and bytes as they were received, before they are read.
        policy: How patient to be, if not as the settings say.

    Raises:
        UsageError: Betfair would not accept the subscriptions.
        ConfigurationError: the file of further authorities cannot be used.
    """
    session = connection.session

    def token(refused: Secret | None) -> Secret:
        return (session.token() if refused is None else session.renewed(SessionToken(refused, 0))).token

    stream = settings.betfair.stream
    return ExchangeStream(
        connection.endpoints.stream,
        app_key=session.app_key,
        token=token,
        subscriptions=[
            msgspec.structs.replace(
                each,
                heartbeat_ms=stream.heartbeat_ms if each.heartbeat_ms is None else each.heartbeat_ms,
                conflate_ms=stream.conflate_ms if each.conflate_ms is None else each.conflate_ms,
            )
            for each in subscriptions
        ],
        authority=settings.betfair.ca_file,
        keep=keep,
        policy=policy or stream_policy(settings.betfair),
    )


def exchange_clock(settings: Settings, connection: Connection, clock: Clock) -> Clock:
    """
    Return what says what time it is where the markets are: this machine's clock, at Betfair.

    A sandbox has a time of its own, as its profile says (`exchange_clock`). Then each look at the clock asks
    it, and gets the whole second of the header ``Date``; to ask once would not do, since it may run faster.

    Args:
        settings: Where it is, and whether it has a time of its own.
        connection: To it.
        clock: This machine's.

    Raises:
        UnreachableError: from the clock: the exchange does not answer.
        ConfigurationError: from the clock: its answer has no date.
    """
    if not settings.betfair.api.exchange_clock:
        return clock

    def asked() -> int:
        date = probe_api(connection.transport, connection.endpoints.betting).date
        try:
            return round(parsedate_to_datetime(date).timestamp()) * 1000
        except (ValueError, OverflowError):
            raise ConfigurationError(
                f"The exchange does not tell its time: the date of its answer is {date!r}.",
                advice="Set betfair.api.exchange_clock to false, and this machine's clock is used.",
            ) from None

    return asked


def stream_policy(betfair: BetfairSettings) -> StreamPolicy:
    """Return how patient a stream is."""
    stream = betfair.stream
    return StreamPolicy(
        attempts=stream.max_reconnect_attempts,
        shortest_delay=stream.initial_reconnect_delay,
        longest_delay=stream.max_reconnect_delay,
    )


def credentials_of(betfair: BetfairSettings, folders: ConfigFolders) -> Credentials:
    """
    Return who logs in.

    Args:
        betfair: The settings.
        folders: Where the settings were looked for, for the error.

    Raises:
        ConfigurationError: with the names of all that are missing.
    """
    api = betfair.api
    missing = missing_credentials(betfair)
    if missing or api.app_key is None or api.username is None or api.password is None:
        raise ConfigurationError(
            f"Betfair cannot be called: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            advice="Set them in .env or in the environment."
            if folders.dotenv.exists()
            else f"There is no .env in {folders.own.absolute()}: 'betflow init' makes one to fill in. "
            "Or set them in the environment, or name another --profile.",
        )
    return Credentials(
        api.username, Secret(api.password.get_secret_value()), Secret(api.app_key.get_secret_value())
    )


def check_dotenv(dotenv: Path) -> None:
    """
    See that nobody else may read the secrets in a ``.env``; only POSIX has modes.

    Raises:
        ConfigurationError: others may, with the command that mends it.
    """
    mode = stat.S_IMODE(dotenv.stat().st_mode)
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            f"Others than you may read {dotenv} (mode {mode:04o}).", advice=f"Run: chmod 600 {dotenv}"
        )


def _warn_of_open_dotenv(settings: Settings) -> None:
    """Log that others may read the ``.env`` that the password comes from; it is used all the same."""
    if settings.origin(("betfair", "api", "password")).source is not Source.DOTENV:
        return
    try:
        check_dotenv(settings.folders.dotenv.absolute())
    except ConfigurationError as error:
        log("warning", "betfair.dotenv-open", reason=error.message, advice=error.advice)


def missing_credentials(betfair: BetfairSettings) -> list[str]:
    """Return the variables of those credentials that are not set."""
    api = betfair.api
    given = {
        "BETFAIR_APP_KEY": api.app_key,
        "BETFAIR_USERNAME": api.username,
        "BETFAIR_PASSWORD": api.password,
    }
    return [name for name, value in given.items() if not value]


def endpoints_of(betfair: BetfairSettings) -> Endpoints:
    """
    Return where Betfair's services are.

    Raises:
        ConfigurationError: an address cannot be used.
    """
    return endpoints(
        betfair.jurisdiction,
        api_url=betfair.api.base_url,
        identity_url=betfair.api.identity_url,
        historic_url=betfair.api.historic_url,
        stream_url=betfair.stream.url,
    )


def certificate_files(betfair: BetfairSettings, folder: Path = SECRETS_FOLDER) -> CertificateFiles | None:
    """
    Return where the client certificate is.

    It is the pair that is named, else the file or folder, else the only one in the folder where installations
    have it.

    Returns:
        None where there is none: then the login is interactive.

    Raises:
        ConfigurationError: a key without a certificate, or a folder that does not say which.
    """
    named = betfair.certificate
    password = Secret(named.password.get_secret_value()) if named.password else None
    if named.crt is not None:
        return CertificateFiles(
            named.crt.expanduser(), named.key.expanduser() if named.key else None, password
        )
    if named.key is not None:
        raise ConfigurationError(
            f"The key {named.key} is named, and no certificate.", advice="Set BETFAIR_CERT_CRT as well."
        )
    if named.cert_path is None:
        return find_certificate(folder, password)
    path = named.cert_path.expanduser()
    if not path.is_dir():
        return CertificateFiles(path, None, password)
    found = find_certificate(path, password)
    if found is None:
        raise ConfigurationError(
            f"{path} has no certificate.", advice="Put it there, or let BETFAIR_CERT_PATH name the file."
        )
    return found


def _transport(betfair: BetfairSettings, context: ssl.SSLContext) -> Transport:
    return Transport(
        context, connect_timeout_s=betfair.api.connect_timeout, read_timeout_s=betfair.api.request_timeout
    )


def _logging(betfair: BetfairSettings) -> Callable[[GatewayError, float], None]:
    """Return what logs a failed attempt that is made again, as seriously as the user wants it."""

    def told(error: GatewayError, pause_s: float) -> None:
        log(
            betfair.error_handling.log_level,
            "betfair.attempt-failed",
            operation=error.operation,
            reason=error.message,
            sent=str(error.sent),
            again_in_s=pause_s,
        )

    return told
