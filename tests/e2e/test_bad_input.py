"""
What goes wrong on the way to Betfair has a message, advice and an exit code, and leaves no secret behind.

Every command that connects is run into every failure. Password, app key, session tokens and the passphrase
of the key begin with the same word, which must not be found in anything that the commands leave: not on
stdout and stderr with every log line, not in the records of runs, not in the database.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from betfair_on_loopback import betfair
from betflow.betfair.transport import HttpRequest, Transport
from betflow.errors import ExitCode
from betflow.settings import load_settings
from certificates import der, issue, key_pem, private
from command_line import CommandLine, Ran
from connecting_user import ECHO, PASSPHRASE, PLANTED, ConnectingUser, leaks, left_behind
from loopback import DROP, STALL, Answer, free_port
from market_service import Markets, catalogue, made_up_book
from stream_server import Peer, Script
from streaming import GREETING, failure, line

MARKET = "1.23"

BETTING = ("markets", "discover", f"ladder {MARKET}", f"shape {MARKET}")
CALLING = ("doctor", "test-connection", "funds", "navigate", *BETTING)
MARCH = "--event-type horse-racing --plan basic --from 2017-03-01 --to 2017-03-31"
HISTORIC = ("historic ls", f"historic options {MARCH}", f"historic download {MARCH} --output bought")
CONNECTING = (*CALLING, f"ladder {MARKET} --watch --for 1s", *HISTORIC)
"""Every command that asks Betfair something."""


@dataclass(frozen=True)
class Failure:
    """
    What goes wrong.

    Attributes:
        arrange: Lets it go wrong.
        code: How every command ends.
        says: What happened, in words.
        advises: What to do.
        commands: Those that it concerns.
    """

    arrange: Callable[[ConnectingUser], None]
    code: ExitCode
    says: str
    advises: str
    commands: tuple[str, ...] = CONNECTING


def expired(scene: ConnectingUser) -> None:
    """Use a certificate of the past."""
    scene.certify(issue(scene.exchange.server.authority, not_after="2021-01-01"))


def binary(scene: ConnectingUser) -> None:
    """Use a certificate in DER form."""
    scene.certificate.write_bytes(der(issue(scene.exchange.server.authority)))


def foreign_key(scene: ConnectingUser) -> None:
    """Use the key of another certificate."""
    private(scene.key, key_pem(issue(scene.exchange.server.authority), PASSPHRASE))


def no_account(scene: ConnectingUser) -> None:
    """Set nothing of an account."""
    for name in ("BETFAIR_APP_KEY", "BETFAIR_USERNAME", "BETFAIR_PASSWORD"):
        scene.monkeypatch.delenv(name)


def unknown_key(scene: ConnectingUser) -> None:
    """Have a profile with a typing error."""
    (scene.folder / "config").mkdir()
    (scene.folder / "config" / "default.yaml").write_text("betfair: {api: {rateLimits: 7}}\n")


def silent(scene: ConnectingUser) -> None:
    """Let nothing be answered, and wait but little."""
    scene.sets(BETFLOW_BETFAIR__API__REQUEST_TIMEOUT="100ms")
    scene.everything_says(STALL)


def stale(scene: ConnectingUser) -> None:
    """Let sessions end as soon as they begin."""
    scene.calls_say("INVALID_SESSION_INFORMATION")


FAILURES = {
    "wrong password": Failure(
        lambda scene: scene.login_says("INVALID_USERNAME_OR_PASSWORD"),
        ExitCode.AUTHENTICATION,
        "username or password is wrong",
        "Correct BETFAIR_USERNAME and BETFAIR_PASSWORD",
    ),
    "locked account": Failure(
        lambda scene: scene.login_says("ACCOUNT_NOW_LOCKED"),
        ExitCode.AUTHENTICATION,
        "the account has just been locked",
        "Unlock it with 'Forgot password'",
    ),
    "certificate not linked": Failure(
        lambda scene: scene.login_says("CERT_AUTH_REQUIRED"),
        ExitCode.AUTHENTICATION,
        "is not the one of the account",
        "Upload the certificate (.crt) under My Account > Security",
    ),
    "expired certificate": Failure(
        expired, ExitCode.CONFIGURATION, "expired on 2021-01-01", "Make a new one and upload it"
    ),
    "certificate in DER form": Failure(
        binary, ExitCode.CONFIGURATION, "is a certificate in DER form", "Run: openssl x509 -inform der"
    ),
    "wrong key": Failure(
        foreign_key,
        ExitCode.CONFIGURATION,
        "does not belong to the certificate",
        "Name the key that the certificate was made with",
    ),
    "key that others may read": Failure(
        lambda scene: scene.key.chmod(0o644),
        ExitCode.CONFIGURATION,
        "others than you may read it (mode 0644)",
        "Run: chmod 600 ",
    ),
    "wrong passphrase": Failure(
        lambda scene: scene.sets(BETFAIR_CERT_PASSWORD=f"{PLANTED}-typing-error"),
        ExitCode.CONFIGURATION,
        "cannot be opened with the password that is set",
        "Correct BETFAIR_CERT_PASSWORD",
    ),
    "proxy that answers HTML": Failure(
        lambda scene: scene.everything_says(
            Answer(f"<html>{ECHO}</html>".encode(), content_type="text/html")
        ),
        ExitCode.UNREACHABLE,
        "bytes of text/html, which is no answer of Betfair's",
        "Something in between answered: a proxy, or a sign-in page",
    ),
    "200 with an error body": Failure(
        lambda scene: scene.calls_say("ACCESS_DENIED"),
        ExitCode.REFUSED,
        "ACCESS_DENIED: the app key or the account may not do this",
        "Ask Betfair's developer support",
        CALLING,
    ),
    "weight exceeded": Failure(
        lambda scene: scene.calls_say("TOO_MUCH_DATA"),
        ExitCode.REFUSED,
        "TOO_MUCH_DATA: ",
        "Ask for fewer markets, or for less of each",
        CALLING,
    ),
    "wrong app key": Failure(
        lambda scene: scene.calls_say("INVALID_APP_KEY"),
        ExitCode.AUTHENTICATION,
        "the app key is not valid",
        "Compare BETFAIR_APP_KEY with the keys of your Betfair account",
        CALLING,
    ),
    "session that ends at once": Failure(
        stale, ExitCode.AUTHENTICATION, "the session is not valid", "Log in again", CALLING
    ),
    "service that is down": Failure(
        lambda scene: scene.everything_says(Answer(ECHO.encode(), 503)),
        ExitCode.UNREACHABLE,
        "answered with status 503",
        "is not available. Try again in a moment",
    ),
    "connection that breaks": Failure(
        lambda scene: scene.everything_says(DROP),
        ExitCode.UNREACHABLE,
        "broke before the answer was whole",
        "Try again",
    ),
    "connection refused": Failure(
        lambda scene: scene.leads_to("localhost", free_port()),
        ExitCode.UNREACHABLE,
        "nobody answers at localhost:",
        "sandbox",
    ),
    "DNS failure": Failure(
        lambda scene: scene.leads_to("betfair.invalid", 443),
        ExitCode.UNREACHABLE,
        "the name betfair.invalid:443 has no address",
        "Check the connection of this machine, its name server",
    ),
    "read timeout": Failure(
        silent,
        ExitCode.UNREACHABLE,
        "gave no answer within 0.1 s",
        "set a longer betfair.api.request_timeout",
    ),
    "unknown profile": Failure(
        lambda scene: scene.sets(BETFLOW_PROFILE="racing"),
        ExitCode.CONFIGURATION,
        "profile racing is not there: no file config/racing.yaml",
        "'betflow init --profile racing' makes it.",
    ),
    "unknown key in YAML": Failure(
        unknown_key,
        ExitCode.CONFIGURATION,
        "sets betfair.api.rate_limits, which betflow does not have",
        "Settings below betfair.api are: ",
    ),
    "missing .env": Failure(
        no_account,
        ExitCode.CONFIGURATION,
        "BETFAIR_APP_KEY, BETFAIR_USERNAME, BETFAIR_PASSWORD are not set",
        "'betflow init' makes one to fill in",
        tuple(command for command in CONNECTING if command != "doctor"),
    ),
}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectingUser]:
    """Return a user whose connection works."""
    monkeypatch.chdir(tmp_path)
    book = made_up_book(MARKET)
    markets = Markets([catalogue(book)], {MARKET: book}, at_any_time=True)
    menu = {"type": "GROUP", "name": "ROOT", "id": 0, "children": []}
    with betfair(tmp_path, results={**markets.results, "menu": menu}) as exchange:
        yield ConnectingUser(exchange, tmp_path, monkeypatch)


@pytest.fixture
def betflow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over a data folder of its own."""
    return CommandLine(tmp_path / "data", capsys)


def seen(ran: Ran) -> str:
    """Return what a command told of what went wrong."""
    return " ".join(finding["message"] for finding in ran.envelope["findings"])


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_told_by_every_command(
    scene: ConnectingUser, betflow: CommandLine, name: str
) -> None:
    """What happened, what to do, the exit code; and no secret in anything that is left."""
    failure = FAILURES[name]
    failure.arrange(scene)

    printed = ""
    for command in failure.commands:
        ran = betflow(*command.split(), "--json", "--log-level", "debug")
        printed += ran.out + ran.err
        assert (command, failure.code) == (command, ran.code)
        assert failure.says in seen(ran), command
        assert failure.advises in seen(ran), command
    ran = betflow("test-connection")

    assert (failure.code, "") == (ran.code, ran.out)
    assert failure.says in ran.err
    assert [] == leaks(printed + ran.err + left_behind(betflow.data_dir))


def test_the_search_finds_what_is_there(scene: ConnectingUser, betflow: CommandLine) -> None:
    """The secrets are in use: they are in the session that is kept, and in what Betfair received."""
    assert ExitCode.OK == betflow("test-connection").code

    sessions = "".join(each.read_text() for each in (betflow.data_dir / "sessions").glob("*.json"))
    assert 1 == len(leaks(sessions))
    received = "".join(f"{each.headers}{each.body!r}" for each in scene.exchange.server.received)
    assert f"{PLANTED}-password" in received
    assert f"{PLANTED}-app-key" in received
    assert f"{PLANTED}-token-1=" in received
    assert [] == leaks(left_behind(betflow.data_dir))


@pytest.mark.parametrize("command", CONNECTING)
def test_a_defect_shows_no_secret(scene: ConnectingUser, betflow: CommandLine, command: str) -> None:
    """A traceback has no variables: a frame of the transport holds the password."""

    def fail(_transport: Transport, request: HttpRequest) -> None:
        body = request.body
        raise RuntimeError(f"a defect after {len(body)} bytes")

    scene.monkeypatch.setattr(Transport, "exchange", fail)

    ran = betflow(*command.split(), "--log-level", "debug")

    assert ExitCode.FINDINGS == ran.code
    assert "a defect in betflow: RuntimeError: a defect after " in ran.err
    assert "Traceback" in ran.err or '"exc_value"' in ran.err
    assert [] == leaks(ran.out + ran.err + left_behind(betflow.data_dir))


def test_settings_do_not_show_secrets(scene: ConnectingUser) -> None:
    """Neither does what carries them, printed in any way."""
    settings = load_settings()

    assert settings.betfair.api.password is not None
    assert scene.exchange.variables["BETFAIR_PASSWORD"] == settings.betfair.api.password.get_secret_value()
    assert [] == leaks(f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}")


def test_a_certificate_of_another_host(
    tmp_path: Path, betflow: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who shows another host's certificate is told nothing, by any command."""
    monkeypatch.chdir(tmp_path)
    with betfair(tmp_path, host="other.example") as exchange:
        scene = ConnectingUser(exchange, tmp_path, monkeypatch)
        for command in CONNECTING:
            ran = betflow.json(*command.split())
            assert (command, ExitCode.UNREACHABLE) == (command, ran.code)
            assert "Hostname mismatch" in seen(ran)
            assert "nothing was sent. If a company's proxy or a sandbox is meant to be there" in seen(ran)

    assert [] == scene.exchange.server.received


@pytest.mark.parametrize("command", [each for each in CALLING if each != "doctor"])
def test_a_session_that_expires_in_mid_run(scene: ConnectingUser, betflow: CommandLine, command: str) -> None:
    """It costs another login, and nobody notices."""
    assert ExitCode.OK == betflow("funds").code
    scene.exchange.service.identity.alive.clear()

    assert ExitCode.OK == betflow(*command.split()).code
    assert ["certlogin", "certlogin"] == scene.exchange.service.identity.calls


def says(content: bytes) -> Script:
    """Return a stream that says something in place of its greeting."""

    def script(peer: Peer) -> None:
        peer.send(content)
        peer.until_gone()

    return script


def refuses(code: str) -> Script:
    """Return a stream that refuses whoever authenticates, and repeats what it was told, as Betfair does."""

    def script(peer: Peer) -> None:
        peer.send(line(GREETING))
        told = peer.request().decode()
        peer.send(line(failure(code, 1, text=f"told: {told}")))

    return script


def drops(_peer: Peer) -> None:
    """Say nothing, and go."""


@pytest.mark.parametrize(
    ("script", "code", "told", "advice"),
    [
        (
            refuses("NOT_AUTHORIZED"),
            ExitCode.AUTHENTICATION,
            "NOT_AUTHORIZED",
            "Ask Betfair to enable the stream",
        ),
        (refuses("INVALID_APP_KEY"), ExitCode.AUTHENTICATION, "INVALID_APP_KEY", "Check the app key"),
        (refuses("NO_SESSION"), ExitCode.AUTHENTICATION, "NO_SESSION", "Log in, and try again"),
        (refuses("MAX_CONNECTION_LIMIT_EXCEEDED"), ExitCode.REFUSED, "MAX_CONNECTION", "Close other streams"),
        (refuses("INVALID_REQUEST"), ExitCode.REFUSED, "INVALID_REQUEST", "Betfair did not accept its form"),
        (
            says(b"<html>Sign in</html>\r\n"),
            ExitCode.UNREACHABLE,
            "cannot be read",
            "the address of the stream",
        ),
        (drops, ExitCode.UNREACHABLE, "Betfair closed the connection", "Check the network, its firewall"),
    ],
)
def test_what_the_stream_may_do(
    tmp_path: Path,
    betflow: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    script: Script,
    code: ExitCode,
    told: str,
    advice: str,
) -> None:
    """A stream that does not let us in ends the test, with the reason and without a secret."""
    monkeypatch.chdir(tmp_path)
    with betfair(tmp_path, script, script) as exchange:
        ConnectingUser(exchange, tmp_path, monkeypatch)
        ran = betflow("test-connection", "--log-level", "debug", "--json")

    assert code == ran.code
    assert told in seen(ran)
    assert advice in seen(ran)
    assert [] == leaks(ran.out + ran.err + left_behind(betflow.data_dir))
