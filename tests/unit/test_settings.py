"""Every setting comes from the strongest place that names it."""

import itertools
from decimal import Decimal
from pathlib import Path

import pytest

from betflow.betfair.endpoints import Jurisdiction
from betflow.errors import ConfigurationError
from betflow.settings import Environment, LogLevel, Origin, Source, load_settings, platform_data_dir


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_profile(name: str, content: str) -> None:
    """Write a profile into the folder where betflow starts."""
    Path("config").mkdir(exist_ok=True)
    Path(f"config/{name}.yaml").write_text(content)


def test_defaults() -> None:
    """Without any source a setting has its default."""
    settings = load_settings()

    assert (platform_data_dir(), Environment.DEV, LogLevel.WARNING) == (
        settings.data_dir,
        settings.env,
        settings.log_level,
    )


def test_stronger_sources_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source beats the ones below it: profile, .env, environment, command line."""
    write_profile("default", "log_level: error\ndata_dir: /profile\nenv: prod\n")
    assert Path("/profile") == load_settings().data_dir

    Path(".env").write_text("BETFLOW_DATA_DIR=/dotenv\n")
    assert Path("/dotenv") == load_settings().data_dir

    monkeypatch.setenv("BETFLOW_DATA_DIR", "/environment")
    assert Path("/environment") == load_settings().data_dir

    settings = load_settings(overrides={"data_dir": Path("/option")})
    assert (Path("/option"), Environment.PROD, LogLevel.ERROR) == (
        settings.data_dir,
        settings.env,
        settings.log_level,
    )


def test_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing says nothing, and neither does a line of .env as in the template."""
    monkeypatch.setenv("BETFLOW_LOG_LEVEL", "")
    Path(".env").write_text("BETFLOW_DATA_DIR=\n")

    settings = load_settings()

    assert (platform_data_dir(), LogLevel.WARNING) == (settings.data_dir, settings.log_level)


@pytest.mark.parametrize("nothing", ["", " "])
def test_data_folder_of_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, nothing: str) -> None:
    """An empty data folder is a mistake of the shell's: nothing is written anywhere else instead."""
    with pytest.raises(ConfigurationError, match=r"data_dir.* is empty; name a folder"):
        load_settings(overrides={"data_dir": nothing})
    monkeypatch.setenv("BETFLOW_DATA_DIR", nothing)
    with pytest.raises(ConfigurationError, match=r"BETFLOW_DATA_DIR is set to nothing.* unset it"):
        load_settings()
    assert Path("a").absolute() == load_settings(overrides={"data_dir": "a"}).data_dir


def test_data_folder_of_a_profile_is_not_empty() -> None:
    """A profile that names no folder is refused like an option."""
    write_profile("default", "data_dir: ''\n")

    with pytest.raises(ConfigurationError, match=r"data_dir.* is empty"):
        load_settings()


def test_data_folder_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is meant from where betflow starts, and ~ is the user's."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")

    assert Path("data").absolute() == load_settings(overrides={"data_dir": "data"}).data_dir
    assert Path("/home/me/data") == load_settings(overrides={"data_dir": "~/data"}).data_dir


def test_profile_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option names the profile, else the variable, in the environment or in .env."""
    for name in ("option", "variable", "dotenv"):
        write_profile(name, f"data_dir: /{name}\n")

    Path(".env").write_text("BETFLOW_PROFILE=dotenv\n")
    assert Path("/dotenv") == load_settings().data_dir

    monkeypatch.setenv("BETFLOW_PROFILE", "variable")
    assert Path("/variable") == load_settings().data_dir
    assert Path("/option") == load_settings(profile="option").data_dir


def test_variables_in_a_profile_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """${VAR} is taken from the environment or from .env."""
    write_profile("default", "data_dir: ${DISK}/${NAME}\n")
    Path(".env").write_text("NAME=betflow\n")
    monkeypatch.setenv("DISK", "/disk")

    assert Path("/disk/betflow") == load_settings().data_dir


def test_credentials_in_dotenv_are_no_error() -> None:
    """What other programs and later parts keep in .env is left alone."""
    Path(".env").write_text("BETFAIR_APP_KEY=1\nBETFAIR_PASSWORD=2\nBETFLOW_ENV=prod\n")

    assert Environment.PROD == load_settings().env


@pytest.mark.parametrize(
    ("message", "content"),
    [
        (r"default\.yaml sets colour, which betflow does not have.*data_dir, disc", "colour: red\n"),
        (r"default\.yaml needs \$\{BETFLOW_NOWHERE\}", "data_dir: ${BETFLOW_NOWHERE}\n"),
        (r"default\.yaml cannot be read", "data_dir: [\n"),
        (r"default\.yaml is not a list of settings", "- data_dir\n"),
        (r"setting env: Input should be 'dev' or 'prod'", "env: live\n"),
    ],
)
def test_wrong_profile_is_refused(message: str, content: str) -> None:
    """A profile that says what betflow cannot do is refused, naming the key and what would do."""
    write_profile("default", content)

    with pytest.raises(ConfigurationError, match=message):
        load_settings()


def test_missing_profile_is_refused() -> None:
    """A profile that somebody names must be there; the message lists those that are."""
    write_profile("sandbox", "")

    with pytest.raises(
        ConfigurationError, match=r"profile live is not there.*Profiles are: .*sandbox.*init --profile live"
    ):
        load_settings(profile="live")


def test_profile_name_is_no_path() -> None:
    """A profile is named, not addressed."""
    with pytest.raises(ConfigurationError, match="is not a name"):
        load_settings(profile="../secrets")


def test_value_that_is_refused_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused value may be a secret in the wrong place: the error names only the setting."""
    monkeypatch.setenv("BETFLOW_ENV", "s3cret")

    with pytest.raises(ConfigurationError) as caught:
        load_settings()

    assert "s3cret" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("name", [".env", "config/default.yaml"])
def test_file_that_is_not_utf8_is_named(name: str) -> None:
    """A file in another encoding is a configuration error that names the file."""
    Path("config").mkdir()
    Path(name).write_bytes(b"log_level: caf\xe9\n")

    with pytest.raises(ConfigurationError, match=rf"{name} cannot be read: .*utf-8|{name} .* not UTF-8"):
        load_settings()


SECRET = "s3cret-value"  # noqa: S105 - planted, to see that it does not come out

# A file that another trading program is set up with, as its guide prints it.
YAML_OF_ANOTHER_PROGRAM = """
betfair:
  certificate:
    certPath: /etc/betfair/client-cert.pem
  api:
    appKey: "${BETFAIR_APP_KEY}"
    username: "${BETFAIR_USERNAME}"
    baseUrl: "https://api.betfair.com/exchange/betting/json-rpc/v1/"
    requestTimeout: "30s"
    rateLimit: 50
    maxRetries: 3
    retryBackoff: "100ms"
  stream:
    url: "stream-api.betfair.com:443"
    heartbeatMs: 5000
    conflateMs: 1000
    maxReconnectAttempts: 10
    initialReconnectDelay: "1s"
    maxReconnectDelay: "30s"
  marketData:
    bufferSize: 1000
    flushIntervalSeconds: 5
    eventTypeId: 4339
    marketTypes:
      - WIN
      - PLACE
    inPlayDelay: "2m"
    marketWindow: "7d"
  betting:
    minStake: 0.50
    maxStake: 500.00
    defaultOrderType: "LAPSE"
    commission: 5.0
    pollIntervalSeconds: 30
    maxOrderAge: "24h"
  errorHandling:
    logLevel: "INFO"
    circuitBreakerThreshold: 10
    circuitBreakerTimeout: "30s"
"""


def test_profile_of_another_program_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with another program's names and units sets what it says."""
    monkeypatch.setenv("BETFAIR_APP_KEY", "key")
    monkeypatch.setenv("BETFAIR_USERNAME", "me")
    write_profile("default", YAML_OF_ANOTHER_PROGRAM)

    betfair = load_settings().betfair

    assert betfair.api.app_key is not None
    assert ("key", "me") == (betfair.api.app_key.get_secret_value(), betfair.api.username)
    assert Path("/etc/betfair/client-cert.pem") == betfair.certificate.cert_path
    assert (30.0, 0.1, 1.0) == (
        betfair.api.request_timeout,
        betfair.api.retry_backoff,
        betfair.stream.initial_reconnect_delay,
    )
    assert (1000, 604800.0, Decimal("0.5")) == (
        betfair.stream.conflate_ms,
        betfair.market_data.market_window,
        betfair.betting.min_stake,
    )
    assert LogLevel.INFO == betfair.error_handling.log_level


def test_defaults_of_another_program_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that file everything is as in it, but for addresses and for conflation, which loses changes."""
    monkeypatch.setenv("BETFAIR_APP_KEY", "key")
    monkeypatch.setenv("BETFAIR_USERNAME", "me")
    own = load_settings().betfair
    write_profile("default", YAML_OF_ANOTHER_PROGRAM)
    theirs = load_settings().betfair

    assert (own.market_data, own.betting, own.error_handling) == (
        theirs.market_data,
        theirs.betting,
        theirs.error_handling,
    )
    assert own.api == theirs.api.model_copy(update={"base_url": None})
    assert own.stream == theirs.stream.model_copy(update={"url": None, "conflate_ms": 0})


EXECUTOR = """
Executor:
  Betfair:
    AppKey: ${BETFAIR_APP_KEY}
    CertificatePath: certs/betfair-client.pfx
    CertificatePassword: ${PFX_PASSWORD}
    ApiTimeoutSeconds: 20
    ReauthenticationIntervalHours: 6
"""


def test_section_of_an_executor_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """The section Executor.Betfair of yet another program sets the same."""
    monkeypatch.setenv("BETFAIR_APP_KEY", "key")
    monkeypatch.setenv("PFX_PASSWORD", SECRET)
    write_profile("default", EXECUTOR)

    betfair = load_settings().betfair

    assert betfair.certificate.password is not None
    assert (Path("certs/betfair-client.pfx"), SECRET) == (
        betfair.certificate.cert_path,
        betfair.certificate.password.get_secret_value(),
    )
    assert (20.0, 21600.0) == (betfair.api.request_timeout, betfair.api.reauthentication_interval)


@pytest.mark.parametrize(
    ("name", "value", "place", "expected"),
    [
        ("BETFAIR_USERNAME", "me", "api.username", "me"),
        ("BETFAIR_API_URL", "https://h/", "api.base_url", "https://h/"),
        ("BETFAIR_IDENTITY_URL", "https://h/api/", "api.identity_url", "https://h/api/"),
        ("BETFAIR_STREAM_URL", "h:443", "stream.url", "h:443"),
        ("BETFAIR_CERT_CRT", "a.crt", "certificate.crt", Path("a.crt")),
        ("BETFAIR_CERT_KEY", "a.key", "certificate.key", Path("a.key")),
        ("BETFAIR_CERT_PATH", "a.pem", "certificate.cert_path", Path("a.pem")),
        ("BETFAIR_CA_FILE", "ca.pem", "ca_file", Path("ca.pem")),
        ("BETFAIR_JURISDICTION", "Italy", "jurisdiction", Jurisdiction.ITALY),
        ("Executor__Betfair__ApiTimeoutSeconds", "9", "api.request_timeout", 9.0),
        ("Executor__Betfair__ReauthenticationIntervalHours", "6", "api.reauthentication_interval", 21600.0),
        ("BETFLOW_BETFAIR__API__RATE_LIMIT", "7", "api.rate_limit", 7),
    ],
)
def test_variables_set_their_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, place: str, expected: object
) -> None:
    """Each variable sets one setting, from the environment and from .env; empty, it says nothing."""
    for where in ("environment", ".env"):
        if where == ".env":
            monkeypatch.delenv(name)
            Path(".env").write_text(f"{name}={value}\n")
        else:
            monkeypatch.setenv(name, value)
        found: object = load_settings().betfair
        for part in place.split("."):
            found = getattr(found, part)
        assert expected == found, where
    Path(".env").write_text(f"{name}=\n")

    assert load_settings().betfair == type(load_settings().betfair)()


def test_sources_of_betfair_settings_have_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """For one and the same setting: BETFLOW_ variable, BETFAIR_ variable, both in .env, profile."""
    write_profile("default", "betfair: {api: {username: profile, rateLimit: 9}}\n")
    names = ["profile"]
    names.append(load_settings().betfair.api.username or "")
    Path(".env").write_text("BETFAIR_USERNAME=dotenv\n")
    names.append(load_settings().betfair.api.username or "")
    monkeypatch.setenv("BETFAIR_USERNAME", "variable")
    names.append(load_settings().betfair.api.username or "")
    monkeypatch.setenv("BETFLOW_BETFAIR__API__USERNAME", "ours")
    names.append(load_settings().betfair.api.username or "")

    assert ["profile", "profile", "dotenv", "variable", "ours"] == names
    assert 9 == load_settings().betfair.api.rate_limit


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("100ms", 0.1),
        ("30s", 30.0),
        ("2m", 120.0),
        ("24h", 86400.0),
        ("7d", 604800.0),
        ("1m30s", 90.0),
        ("1.5", 1.5),
        ("2.5s", 2.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    """A duration is a number of seconds, or has units."""
    write_profile("default", f"betfair: {{api: {{requestTimeout: '{text}'}}}}\n")

    assert seconds == load_settings().betfair.api.request_timeout


@pytest.mark.parametrize(
    ("message", "content"),
    [
        (r"sets betfair\.api\.colour.* below betfair\.api are: app_key", "betfair: {api: {colour: red}}"),
        (r"sets betfair\.apis.* below betfair are: api", "betfair: {apis: {rateLimit: 1}}"),
        (r"sets executor, which", "Executor: {Betfair: {AppKey: '${X}'}, Trading: {MinStake: 2}}"),
        (r"sets executor, which", "Executor: {Betfair: {Colour: red}}"),
        (r"betfair\.api\.request_timeout: .*30s", "betfair: {api: {requestTimeout: soon}}"),
        (r"betfair\.api\.request_timeout: .*greater than 0", "betfair: {api: {requestTimeout: 0s}}"),
        (r"betfair\.jurisdiction: .*'international'", "betfair: {jurisdiction: mars}"),
        (r"setting betfair\.api: ", "betfair: {api: 7}"),
    ],
)
def test_wrong_betfair_settings_are_refused(message: str, content: str) -> None:
    """What Betfair's settings cannot take is refused with its place and what would do."""
    write_profile("default", content)

    with pytest.raises(ConfigurationError, match=message):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "content"),
    [
        ("BETFAIR_PASSWORD", f"betfair: {{api: {{password: {SECRET}}}}}"),
        ("BETFAIR_APP_KEY", f"betfair: {{api: {{appKey: {SECRET}}}}}"),
        ("BETFAIR_APP_KEY", f"Executor: {{Betfair: {{AppKey: {SECRET}}}}}"),
        ("BETFAIR_CERT_PASSWORD", f"betfair: {{certificate: {{password: {SECRET}}}}}"),
    ],
)
def test_secret_in_a_profile_is_refused(variable: str, content: str) -> None:
    """A profile is shared: it may name the variable of a secret, not hold the secret; nor is that told."""
    write_profile("default", content)

    with pytest.raises(ConfigurationError, match=variable) as refusal:
        load_settings()
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    "broken", [f"betfair: {{api: {{password: '{SECRET}", f"betfair:\n  password: {SECRET}\n api: - x\n"]
)
def test_secret_in_a_broken_profile_is_not_told(broken: str) -> None:
    """A file that is no YAML is refused by line and column, without a word of what is in it."""
    write_profile("default", broken)

    with pytest.raises(ConfigurationError, match=r"cannot be read: line \d+, column \d+") as refusal:
        load_settings()
    assert (None, None) == (refusal.value.__cause__, refusal.value.__context__)
    assert SECRET not in str(refusal.value)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings nor what is said about a wrong one show a secret."""
    for name in ("BETFAIR_PASSWORD", "BETFAIR_APP_KEY", "BETFAIR_CERT_PASSWORD"):
        monkeypatch.setenv(name, SECRET)
    settings = load_settings()
    shown = [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()]
    monkeypatch.setenv("BETFLOW_BETFAIR__API__RATE_LIMIT", SECRET)
    with pytest.raises(ConfigurationError) as refusal:
        load_settings()

    shown += [str(refusal.value), repr(refusal.value.__context__), repr(refusal.value.__cause__)]
    assert [] == list(itertools.filterfalse(lambda text: SECRET not in text, shown))


def test_a_file_of_secrets_keeps_everything_else_about_betfair_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a real account is mixed into a profile that brings its own; other settings stay as ever."""
    secrets = tmp_path / "secrets.env"
    secrets.write_text("BETFAIR_USERNAME=sandbox\nBETFAIR_PASSWORD=sandbox\n")
    secrets.chmod(0o600)
    write_profile(
        "sandbox", f"secrets_file: {secrets}\nbetfair:\n  api:\n    base_url: https://localhost:1\n"
    )
    Path(".env").write_text("BETFAIR_PASSWORD=real\nBETFAIR_CERT_CRT=/real.crt\nBETFLOW_LOG_LEVEL=error\n")
    monkeypatch.setenv("BETFAIR_APP_KEY", "real")
    monkeypatch.setenv("BETFLOW_BETFAIR__API__USERNAME", "real")
    monkeypatch.setenv("BETFAIR_API_URL", "https://real")

    settings = load_settings(profile="sandbox")

    api = settings.betfair.api
    assert ("sandbox", "sandbox", "https://localhost:1", None, None) == (
        api.username,
        api.password and api.password.get_secret_value(),
        api.base_url,
        api.app_key,
        settings.betfair.certificate.crt,
    )
    assert LogLevel.ERROR == settings.log_level
    assert Origin(Source.SECRETS_FILE, secrets.as_posix()) == settings.origin(("betfair", "api", "username"))


def test_a_file_of_secrets_has_to_be_there_and_private(tmp_path: Path) -> None:
    """The error says how to make it so."""
    secrets = tmp_path / "secrets.env"
    write_profile("sandbox", f"secrets_file: {secrets}\n")
    with pytest.raises(ConfigurationError, match=r"cannot be read: No such file.*betflow sandbox run"):
        load_settings(profile="sandbox")
    secrets.write_text("BETFAIR_PASSWORD=hidden\n")
    secrets.chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"can be read by others\. Run: chmod 600"):
        load_settings(profile="sandbox")
