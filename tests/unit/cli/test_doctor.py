"""The doctor measures each thing, says what to do about it, and ends with the right exit code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from betfair_on_loopback import APP_VERSION, Betfair, betfair
from betflow.errors import ExitCode
from betflow.jobs import doctor_machine
from certificates import certificate_pem, der, issue, key_pem, private
from command_line import CommandLine, Ran
from loopback import Answer, free_port

HTML = Answer(b"<html>Sign in</html>", content_type="text/html")
ACCOUNT = {"BETFAIR_APP_KEY": "key-of-nobody", "BETFAIR_USERNAME": "me", "BETFAIR_PASSWORD": "password"}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow with a data folder of its own."""
    return CommandLine(data_dir, capsys)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all addresses lead to where nobody listens."""
    port = free_port()
    for name, scheme in {"API": "https://", "IDENTITY": "https://", "STREAM": ""}.items():
        monkeypatch.setenv(f"BETFAIR_{name}_URL", f"{scheme}localhost:{port}")


@pytest.fixture
def exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Betfair]:
    """Run Betfair, and set up the environment for it."""
    with betfair(tmp_path) as running:
        running.is_set(monkeypatch)
        yield running


def checks(ran: Ran) -> dict[str, tuple[str, str]]:
    """Return result and measured value of each check."""
    return {each["name"]: (each["result"], each["measured"]) for each in ran.data["checks"]}


def results(ran: Ran) -> dict[str, str]:
    """Return the result of each check."""
    return {name: result for name, (result, _) in checks(ran).items()}


def advice(ran: Ran, name: str) -> str:
    """Return what to do about a check."""
    return next(str(each["advice"]) for each in ran.data["checks"] if each["name"] == name)


def test_all_is_well(betflow: CommandLine, exchange: Betfair) -> None:
    """With an account that works everything passes that can be looked at, and the code is 0."""
    ran = betflow.json("doctor")

    assert (ExitCode.OK, 0, []) == (ran.code, ran.data["fail"], ran.codes)
    found = checks(ran)
    assert ("pass", "app key, username (me) and password are set") == found["credentials"]
    assert ("pass", "me has a session, by password") == found["login"]
    assert ("pass", "live: of 'mine' (version 1.0), active") == found["app-key"]
    assert found["stream"][1].endswith("TLS verified (connection 002-230915140112-174)")
    assert " the server's, give or take " in found["clock"][1]
    assert [name for name in found if name.startswith(("certificate", "dotenv"))] == [
        name for name, (result, _) in found.items() if result == "skipped"
    ]
    assert exchange.stream.connections == 1


def test_people_see_a_line_for_each_check(betflow: CommandLine, exchange: Betfair) -> None:
    """Results come first on each line, and the count is the last one."""
    ran = betflow("doctor")

    assert (
        f"pass     betting              {exchange.server.url.removeprefix('https://')} answers in " in ran.out
    )
    assert "skipped  certificate          none is named, so logins are by password; " in ran.out
    assert "15 passed, 0 failed, 6 skipped.\n" in ran.out
    assert "" == ran.err


def test_nobody_needs_an_account(
    betflow: CommandLine, exchange: Betfair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an account services are asked as nobody; what cannot be checked says why, and the code is 0."""
    for name in ACCOUNT:
        monkeypatch.delenv(name)

    ran = betflow.json("doctor")

    assert (ExitCode.OK, 0) == (ran.code, ran.data["fail"])
    found = checks(ran)
    assert ["pass"] * 4 == [found[name][0] for name in ("identity", "betting", "stream", "clock")]
    assert found["credentials"][1].startswith("no account is set; 'betflow init' makes a .env for it")
    reason = ("skipped", "there is no account to log in with")
    assert (reason, reason) == (found["login"], found["app-key"])
    assert {("", "")} == {
        (each.headers.get("X-Application", ""), each.headers.get("X-Authentication", ""))
        for each in exchange.server.received
    }


@pytest.mark.usefixtures("nowhere")
def test_services_that_cannot_be_reached(betflow: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told by itself, the login is not tried, and the code is that of an exchange out of reach."""
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)

    ran = betflow.json("doctor")

    assert (ExitCode.UNREACHABLE, 3) == (ran.code, ran.data["fail"])
    assert ["doctor.identity", "doctor.betting", "doctor.stream"] == ran.codes
    found = checks(ran)
    assert found["identity"][1].startswith("nobody answers at localhost:")
    assert found["stream"][1].startswith("no connection to localhost:")
    assert ("skipped", "no server told the time") == found["clock"]
    assert ("skipped", "the identity service cannot be reached") == found["login"]
    assert "betflow sandbox run" in advice(ran, "identity")
    assert "firewall" in advice(ran, "stream")


def test_a_page_of_a_proxy_is_not_taken_for_betfair(betflow: CommandLine, exchange: Betfair) -> None:
    """Whoever answers with HTML is not Betfair."""
    exchange.server.script = lambda _request: HTML

    ran = betflow.json("doctor")

    assert (ExitCode.UNREACHABLE, ["doctor.identity", "doctor.betting"]) == (ran.code, ran.codes)
    assert "20 bytes of text/html, which is no answer of Betfair's" in checks(ran)["betting"][1]


def test_a_certificate_of_another_host(
    betflow: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Services that show a certificate of another host are not talked to."""
    with betfair(tmp_path, host="other.example") as running:
        running.is_set(monkeypatch)
        ran = betflow.json("doctor")

    assert (ExitCode.UNREACHABLE, 3) == (ran.code, ran.data["fail"])
    assert "Hostname mismatch" in checks(ran)["identity"][1]
    assert "Hostname mismatch" in checks(ran)["stream"][1]
    assert [] == running.server.received


@pytest.mark.parametrize(
    ("date", "result"),
    [
        ("Sat, 01 Jan 2000 00:00:00 GMT", "fail"),
        ("", "skipped"),
        ("yesterday", "skipped"),
        (None, "pass"),
        ("Sat, 01 Jan 2000 00:00:00 +99999999999999999", "skipped"),
    ],
)
def test_clocks_are_compared(betflow: CommandLine, exchange: Betfair, date: str | None, result: str) -> None:
    """A clock that is far from the servers' fails with the command that sets it."""
    exchange.server.date = date

    ran = betflow.json("doctor")

    assert result == results(ran)["clock"]
    if result == "fail":
        assert ExitCode.CONFIGURATION == ran.code
        assert "ahead of the server's" in checks(ran)["clock"][1]
        assert "timedatectl set-ntp true" in advice(ran, "clock")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("INVALID_USERNAME_OR_PASSWORD", "Correct BETFAIR_USERNAME and BETFAIR_PASSWORD"),
        ("ACCOUNT_ALREADY_LOCKED", "'Forgot password' on Betfair's website"),
        ("CERT_AUTH_REQUIRED", "Upload the certificate"),
    ],
)
def test_a_refused_login(betflow: CommandLine, exchange: Betfair, status: str, told: str) -> None:
    """The reason is told in words, with what to do, and nothing is asked without a session."""
    answer = f'{{"token":"","product":"","status":"FAIL","error":"{status}"}}'
    exchange.service.identity.instead["login"] = [Answer(answer.encode())]

    ran = betflow.json("doctor")

    assert (ExitCode.AUTHENTICATION, ["doctor.login"]) == (ran.code, ran.codes)
    assert checks(ran)["login"][1].startswith(f"{status}: ")
    assert told in advice(ran, "login")
    assert ("skipped", "nobody is logged in") == checks(ran)["app-key"]


@pytest.mark.parametrize(
    ("version", "result", "measured", "told"),
    [
        ({"delayData": True}, "pass", "delayed: of 'mine' (version 1.0), active", "1 to 180 s old"),
        (
            {"active": False},
            "fail",
            "The app key of 'mine' (version 1.0) is not active.",
            "Set BETFAIR_APP_KEY",
        ),
        ({"applicationKey": "another"}, "skipped", "the key is none of the account's own", "None"),
        (
            {"delayData": None},
            "pass",
            "of 'mine' (version 1.0), active; whether it is delayed is not told",
            "None",
        ),
    ],
)
def test_the_kind_of_the_app_key(
    betflow: CommandLine, exchange: Betfair, version: dict[str, Any], result: str, measured: str, told: str
) -> None:
    """Betfair says of the account's own keys whether they are active, and whether data is delayed."""
    exchange.answer(
        "getDeveloperAppKeys", [{"appName": "mine", "appId": 1, "appVersions": [{**APP_VERSION, **version}]}]
    )

    ran = betflow.json("doctor")

    assert (ExitCode.CONFIGURATION if result == "fail" else ExitCode.OK) == ran.code
    assert result == checks(ran)["app-key"][0]
    assert checks(ran)["app-key"][1].startswith(measured)
    assert told in advice(ran, "app-key")


def pair(folder: Path, *, days: str = "2126-01-01") -> tuple[Path, Path]:
    """Write a certificate and its key."""
    leaf = issue(trustme.CA(), not_after=days)
    certificate = folder / "client.crt"
    certificate.write_bytes(certificate_pem(leaf))
    return certificate, private(folder / "client.key", key_pem(leaf))


def opened(certificate: Path, key: Path) -> None:
    """Let others read the key."""
    assert certificate.exists()
    key.chmod(0o640)


def expired(certificate: Path, key: Path) -> None:
    """Put an old pair there."""
    assert key.exists()
    pair(certificate.parent, days="2021-01-01")


def binary(certificate: Path, key: Path) -> None:
    """Put the certificate there in DER form."""
    assert key.exists()
    certificate.write_bytes(der(issue(trustme.CA())))


def foreign(certificate: Path, key: Path) -> None:
    """Put another key there."""
    assert certificate.exists()
    key.write_bytes(key_pem(issue(trustme.CA())))


def gone(certificate: Path, key: Path) -> None:
    """Take the key away."""
    assert certificate.exists()
    key.unlink()


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    ("harm", "failing", "told", "skipped"),
    [
        (opened, "privacy", "Run: chmod 600 ", []),
        (expired, "expiry", "Make a new one and upload it", []),
        (binary, "format", "Run: openssl x509 -inform der -in ", ["key", "expiry"]),
        (foreign, "key", "Name the key that the certificate was made with", []),
        (gone, "format", "put the file there", ["privacy", "key", "expiry"]),
    ],
)
def test_what_is_wrong_with_a_certificate(
    betflow: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: Any,  # noqa: ANN401 - one of the functions above
    failing: str,
    told: str,
    skipped: list[str],
) -> None:
    """Form, dates, key and privacy are told apart; the code is that of a configuration, whatever else is."""
    certificate, key = pair(tmp_path)
    for name, value in {
        **ACCOUNT,
        "BETFAIR_CERT_CRT": str(certificate),
        "BETFAIR_CERT_KEY": str(key),
    }.items():
        monkeypatch.setenv(name, value)
    harm(certificate, key)

    ran = betflow.json("doctor")

    of_certificate = {
        name.removeprefix("certificate-"): result
        for name, result in results(ran).items()
        if name.startswith("certificate-")
    }
    assert [failing] == [name for name, result in of_certificate.items() if result == "fail"]
    assert skipped == [name for name, result in of_certificate.items() if result == "skipped"]
    assert told in advice(ran, f"certificate-{failing}")
    assert ExitCode.CONFIGURATION == ran.code
    assert ("skipped", "the certificate cannot be used") == checks(ran)["login"]


@pytest.mark.usefixtures("nowhere")
def test_a_sound_certificate(betflow: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files, its form, whose it is and how long it lives are told."""
    certificate, key = pair(tmp_path)
    monkeypatch.setenv("BETFAIR_CERT_CRT", str(certificate))
    monkeypatch.setenv("BETFAIR_CERT_KEY", str(key))
    monkeypatch.setattr(doctor_machine, "SOON_DAYS", 100_000)

    ran = betflow.json("doctor")

    found = checks(ran)
    assert ("pass", f"{certificate} and {key}") == found["certificate"]
    assert ("pass", f"{key} is private (mode 0600)") == found["certificate-privacy"]
    assert found["certificate-format"][1].startswith("two PEM files, of ")
    assert ("pass", "the key belongs to the certificate") == found["certificate-key"]
    assert found["certificate-expiry"][1].startswith("valid until 2126-01-01, another ")
    assert "Make a new one soon" in advice(ran, "certificate-expiry")


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    ("name", "variables", "told"),
    [
        ("credentials", {"BETFAIR_USERNAME": "me"}, "BETFAIR_APP_KEY, BETFAIR_PASSWORD are not set."),
        ("variables", {"BETFAIR_APPKEY": "1"}, "No setting is called BETFAIR_APPKEY."),
        (
            "addresses",
            {"BETFAIR_API_URL": "http://localhost"},
            "betfair.api.base_url cannot be used: http://",
        ),
        ("addresses", {"BETFAIR_CA_FILE": "nowhere.pem"}, "nowhere.pem cannot be used as an authority"),
    ],
)
def test_what_is_wrong_with_settings(
    betflow: CommandLine, monkeypatch: pytest.MonkeyPatch, name: str, variables: dict[str, str], told: str
) -> None:
    """Half an account, a typing error and an address that cannot be are failures of the configuration."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)

    ran = betflow.json("doctor")

    assert (ExitCode.CONFIGURATION, "fail") == (ran.code, results(ran)[name])
    assert told in checks(ran)[name][1]
    assert advice(ran, name) != "None"


@pytest.mark.usefixtures("nowhere")
def test_what_is_wrong_with_this_machine(betflow: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room on the disk fails; so does a .env that others may read."""
    Path(".env").write_text("# nothing\n")
    Path(".env").chmod(0o604)
    monkeypatch.setattr(doctor_machine, "LEAST_FREE_BYTES", 10**18)

    ran = betflow.json("doctor")

    assert ExitCode.CONFIGURATION == ran.code
    assert f"Run: chmod 600 {Path('.env').absolute()}" == advice(ran, "dotenv")
    assert "and recording needs 1000000000 GB." in checks(ran)["disk"][1]


@pytest.mark.usefixtures("nowhere")
def test_a_data_folder_that_others_may_look_into(betflow: CommandLine) -> None:
    """It works, and the advice says how to close it."""
    betflow.data_dir.mkdir(mode=0o755)

    ran = betflow.json("doctor")

    assert ("pass", f"{betflow.data_dir} (mode 0755)") == checks(ran)["data-folder"]
    assert f"Run: chmod 700 {betflow.data_dir}" in advice(ran, "data-folder")
