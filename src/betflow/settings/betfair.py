"""
How Betfair is reached, as settings, and the names that other programs have for them.

Durations are in seconds, and may be written with a unit.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from betflow.betfair.endpoints import Jurisdiction
from betflow.settings.durations import Seconds

_API = ("betfair", "api")
_CERTIFICATE = ("betfair", "certificate")
BETFAIR_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "BETFAIR_APP_KEY": (*_API, "app_key"),
    "BETFAIR_USERNAME": (*_API, "username"),
    "BETFAIR_PASSWORD": (*_API, "password"),
    "BETFAIR_API_URL": (*_API, "base_url"),
    "BETFAIR_IDENTITY_URL": (*_API, "identity_url"),
    "BETFAIR_HISTORIC_URL": (*_API, "historic_url"),
    "BETFAIR_STREAM_URL": ("betfair", "stream", "url"),
    "BETFAIR_JURISDICTION": ("betfair", "jurisdiction"),
    "BETFAIR_CA_FILE": ("betfair", "ca_file"),
    "BETFAIR_CERT_CRT": (*_CERTIFICATE, "crt"),
    "BETFAIR_CERT_KEY": (*_CERTIFICATE, "key"),
    "BETFAIR_CERT_PATH": (*_CERTIFICATE, "cert_path"),
    "BETFAIR_CERT_PASSWORD": (*_CERTIFICATE, "password"),
    "Executor__Betfair__AppKey": (*_API, "app_key"),
    "Executor__Betfair__CertificatePath": (*_CERTIFICATE, "cert_path"),
    "Executor__Betfair__CertificatePassword": (*_CERTIFICATE, "password"),
    "Executor__Betfair__ApiTimeoutSeconds": (*_API, "request_timeout"),
    "Executor__Betfair__ReauthenticationIntervalHours": (*_API, "reauthentication_interval"),
}
"""Which setting a variable is that does not begin with ``BETFLOW_``."""

SECRETS: Mapping[tuple[str, ...], str] = {
    (*_API, "app_key"): "BETFAIR_APP_KEY",
    (*_API, "password"): "BETFAIR_PASSWORD",
    (*_CERTIFICATE, "password"): "BETFAIR_CERT_PASSWORD",
}
"""Which settings are secret, and the variable that holds each."""


class LogLevel(StrEnum):
    """The least serious event that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class DefaultOrderType(StrEnum):
    """What becomes of the unmatched rest of an order, as other programs name it."""

    LAPSE = "LAPSE"
    PERSIST = "PERSIST"
    EXECUTE_LAPSE = "EXECUTE_LAPSE"


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Count = Annotated[int, Field(ge=1)]
AnyCaseLogLevel = Annotated[LogLevel, BeforeValidator(_lower)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CertificateSettings(_Section):
    """
    Where the client certificate is: two PEM files, or one file with certificate and key, PEM or ``.pfx``.

    Attributes:
        crt: The certificate, PEM.
        key: Its private key, PEM.
        cert_path: One file with both: PEM, or PKCS#12. Or the folder that holds the one pair.
        password: What the key, or the PKCS#12 file, is encrypted with.
    """

    crt: Path | None = None
    key: Path | None = None
    cert_path: Path | None = None
    password: SecretStr | None = None


class ApiSettings(_Section):
    """
    Who logs in, and how calls are made.

    Attributes:
        app_key: The application key, live or delayed.
        username: The account.
        password: Its password.
        base_url: Where the betting API is; the other APIs are found beside it. None: by jurisdiction.
        identity_url: Where to log in. None: by jurisdiction.
        historic_url: Where the historic data service is. None: by jurisdiction.
        connect_timeout: How long to wait for a connection.
        request_timeout: How long to wait for an answer, all of it.
        call_timeout: How long a call may take with all its waits and repetitions, but for a login.
        rate_limit: Calls a second, of one process.
        max_retries: How often a call that only reads is repeated.
        retry_backoff: The pause before the first repetition; each further one is twice as long.
        reauthentication_interval: The age at which a session is renewed. None: half its lifetime, 6 hours at
            most.
        exchange_clock: Whether the exchange says what time it is. A sandbox's profile sets it: its time may
            be of another day, or run faster; otherwise this machine's clock is meant.
    """

    app_key: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    base_url: str | None = None
    identity_url: str | None = None
    historic_url: str | None = None
    connect_timeout: Seconds = 5.0
    request_timeout: Seconds = 30.0
    call_timeout: Seconds = 60.0
    rate_limit: Count = 50
    max_retries: Annotated[int, Field(ge=0)] = 3
    retry_backoff: Seconds = 0.1
    reauthentication_interval: Seconds | None = None
    exchange_clock: bool = False


class StreamSettings(_Section):
    """
    How the Exchange Stream is read.

    Attributes:
        url: Host and port. None: Betfair's.
        heartbeat_ms: How often the stream says that it lives, at least.
        conflate_ms: Changes within this time come as one; 0 for every change.
        max_reconnect_attempts: After so many connections in a row that bring no data, it is an error.
        initial_reconnect_delay: The pause before the first attempt.
        max_reconnect_delay: The longest pause.
    """

    url: str | None = None
    heartbeat_ms: Annotated[int, Field(ge=500, le=5000)] = 5000
    conflate_ms: Annotated[int, Field(ge=0, le=120_000)] = 0
    max_reconnect_attempts: Count = 10
    initial_reconnect_delay: Seconds = 1.0
    max_reconnect_delay: Seconds = 30.0


class MarketDataSettings(_Section):
    """
    What is recorded. Understood, so that a file that has it is accepted; nothing reads it yet.

    Attributes:
        buffer_size: Messages that are written together.
        flush_interval_seconds: The longest time between two writes.
        event_type_id: The sport; 4339 is greyhound racing.
        market_types: The types of markets.
        in_play_delay: How long a market is followed after its turn in play.
        market_window: How far ahead markets are looked for.
    """

    buffer_size: Count = 1000
    flush_interval_seconds: Seconds = 5.0
    event_type_id: int = 4339
    market_types: tuple[str, ...] = ("WIN", "PLACE")
    in_play_delay: Seconds = 120.0
    market_window: Seconds = 604800.0


class BettingSettings(_Section):
    """
    How bets are made. Understood, so that a file that has it is accepted; nothing reads it yet.

    Attributes:
        min_stake: The smallest stake, in the account's currency.
        max_stake: The largest stake.
        default_order_type: What becomes of what is unmatched.
        commission: In percent.
        poll_interval_seconds: How often orders are looked at.
        max_order_age: The age at which an unmatched order is cancelled.
    """

    min_stake: Annotated[Decimal, Field(gt=0)] = Decimal("0.50")
    max_stake: Annotated[Decimal, Field(gt=0)] = Decimal("500.00")
    default_order_type: DefaultOrderType = DefaultOrderType.LAPSE
    commission: Annotated[Decimal, Field(ge=0, le=100)] = Decimal("5.0")
    poll_interval_seconds: Seconds = 30.0
    max_order_age: Seconds = 86400.0


class ErrorHandlingSettings(_Section):
    """
    What happens when calls fail.

    Attributes:
        log_level: How serious a failed attempt is in the log.
        circuit_breaker_threshold: After so many failures on end no call is made for a while.
        circuit_breaker_timeout: How long; then one call probes.
    """

    log_level: AnyCaseLogLevel = LogLevel.INFO
    circuit_breaker_threshold: Count = 10
    circuit_breaker_timeout: Seconds = 30.0


class BetfairSettings(_Section):
    """
    How Betfair is reached.

    Attributes:
        jurisdiction: Whose rules the account is under.
        ca_file: Further authorities to trust, PEM: those of a company's proxy, or of the sandbox.
        certificate: The client certificate.
        api: Who logs in, and how calls are made.
        stream: How the Exchange Stream is read.
        market_data: What is recorded.
        betting: How bets are made.
        error_handling: What happens when calls fail.
    """

    jurisdiction: Annotated[Jurisdiction, BeforeValidator(_lower)] = Jurisdiction.INTERNATIONAL
    ca_file: Path | None = None
    certificate: CertificateSettings = CertificateSettings()
    api: ApiSettings = ApiSettings()
    stream: StreamSettings = StreamSettings()
    market_data: MarketDataSettings = MarketDataSettings()
    betting: BettingSettings = BettingSettings()
    error_handling: ErrorHandlingSettings = ErrorHandlingSettings()
