"""An exchange ends in a reply, or in a value that says why there is none and whether anything was sent."""

import gzip
import ssl
from pathlib import Path

import pytest

from betflow.betfair.tls import verified_context
from betflow.betfair.transport import HttpRequest, Method, NoReply, Reply, Transport, Trouble
from betflow.errors import ConfigurationError, Sent
from loopback import DROP, STALL, Answer, Loopback, free_port, loopback, replies

SECRET = "s3cret-token"  # noqa: S105 - planted, to see that it does not come out


def ask(server: Loopback | str, *, read_timeout_s: float = 5.0, trusting: bool = True) -> Reply | NoReply:
    """Send a request with a secret in its headers and its body."""
    url = server if isinstance(server, str) else server.url
    trusted = trusting and isinstance(server, Loopback)
    context = server.client_context() if trusted and isinstance(server, Loopback) else verified_context()
    transport = Transport(context, connect_timeout_s=5.0, read_timeout_s=read_timeout_s)
    try:
        return transport.exchange(HttpRequest(url, {"X-Authentication": SECRET}, SECRET.encode()))
    finally:
        transport.close()


def test_a_reply_is_what_came_back(tmp_path: Path) -> None:
    """A reply has status, type, body and the server's time, whatever the status."""
    answers = [Answer(b"{}", content_type="Application/JSON; charset=utf-8"), Answer(b"no", 503, "text/html")]
    with loopback(tmp_path, replies(*answers)) as server:
        server.date = "Wed, 18 Feb 2026 09:30:00 GMT"
        assert Reply(200, "application/json", b"{}", server.date) == ask(server)
        server.date = ""
        assert Reply(503, "text/html", b"no") == ask(server)


def test_a_request_arrives_as_it_was_made(tmp_path: Path) -> None:
    """Method, headers and body go out as they are, and nothing is added that Betfair refuses."""
    with loopback(tmp_path, replies(b"{}")) as server:
        ask(server)
    (received,) = server.received

    assert (SECRET, SECRET.encode()) == (received.headers["X-Authentication"], received.body)
    assert {"gzip", "deflate"} <= set(received.headers["Accept-Encoding"].split(", "))
    assert set() == {"Expect", "Authorization", "Cookie"} & set(received.headers)


def test_passwords_of_other_programs_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password for the host in ~/.netrc is not sent along."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with loopback(tmp_path, replies(b"{}")) as server:
        ask(server)

    assert "Authorization" not in server.received[0].headers


def test_cookies_are_not_kept(tmp_path: Path) -> None:
    """A session is what the header says; a cookie of the last one is not sent with the next."""
    with loopback(tmp_path, replies(Answer(b"{}", headers={"Set-Cookie": "ssoid=1"}))) as server:
        transport = Transport(server.client_context())
        for _ in range(2):
            transport.exchange(HttpRequest(server.url, {}, method=Method.GET))
        transport.close()

    assert [False, False] == ["Cookie" in each.headers for each in server.received]


def test_a_redirection_is_not_followed(tmp_path: Path) -> None:
    """Whoever says that the exchange is elsewhere gets no password there."""
    with loopback(tmp_path, replies(Answer(status=302, headers={"Location": "/elsewhere"}))) as server:
        reply = ask(server)

    assert isinstance(reply, Reply)
    assert (302, 1) == (reply.status, len(server.received))


@pytest.mark.parametrize(
    ("trouble", "answer"),
    [(Trouble.BROKEN, DROP), (Trouble.READ_TIMEOUT, STALL), (Trouble.BROKEN, Answer(b"[", cut=True))],
)
def test_after_sending_the_outcome_is_unknown(tmp_path: Path, trouble: Trouble, answer: Answer) -> None:
    """Where the connection broke, or nothing came in time, the other side may have acted."""
    with loopback(tmp_path, replies(answer)) as server:
        reply = ask(server, read_timeout_s=0.2)

    assert NoReply(trouble, Sent.UNKNOWN) == reply


def test_a_reply_that_trickles_in_has_a_total(tmp_path: Path) -> None:
    """Each byte is in time, and the whole is not: the timeout is of the reply, not of its pieces."""
    trickle = Answer(b"{" + b" " * 1000 + b"}", drip=True)
    with loopback(tmp_path, replies(trickle)) as server:
        transport = Transport(server.client_context(), connect_timeout_s=0.2, read_timeout_s=0.3)
        whole = transport.exchange(HttpRequest(server.url, {}, method=Method.GET))
        within = transport.exchange(HttpRequest(server.url, {}, method=Method.GET), within_s=0.2)
        transport.close()

    assert [NoReply(Trouble.READ_TIMEOUT, Sent.UNKNOWN)] * 2 == [whole, within]


def test_a_connection_is_none_the_worse_for_a_deadline(tmp_path: Path) -> None:
    """What one exchange was given is not what the next one on the same connection has."""
    with loopback(tmp_path, replies(b"{}")) as server:
        transport = Transport(server.client_context())
        sound = [transport.exchange(HttpRequest(server.url, {}), within_s=each) for each in (1.0, 5.0)]
        too_late = transport.exchange(HttpRequest(server.url, {}), within_s=0.0)
        again = transport.exchange(HttpRequest(server.url, {}))
        transport.close()

    assert [Reply, Reply, Reply] == [type(each) for each in (*sound, again)]
    assert NoReply(Trouble.READ_TIMEOUT, Sent.NOT_SENT) == too_late


def test_a_compressed_reply_is_read_and_half_of_one_is_no_json(tmp_path: Path) -> None:
    """What was sent may have acted, though its answer cannot be read; nothing is made of the rest."""
    body, headers = gzip.compress(b'{"result":[]}'), {"Content-Encoding": "gzip"}
    answers = [Answer(sent, headers=headers, cut=cut) for sent, cut in ((body, False), (body[:12], True))]
    answers += [Answer(body[:12], headers=headers), Answer(b"{}", headers=headers)]
    with loopback(tmp_path, replies(*answers)) as server:
        server.date = ""
        assert Reply(200, "application/json", b'{"result":[]}') == ask(server)
        assert NoReply(Trouble.BROKEN, Sent.UNKNOWN) == ask(server)
        assert Reply(200, "application/json", b"{") == ask(server)
        assert NoReply(Trouble.BROKEN, Sent.UNKNOWN) == ask(server)


def test_what_was_not_sent_is_known_not_to_be() -> None:
    """Where nobody listens, nothing was sent."""
    assert NoReply(Trouble.REFUSED, Sent.NOT_SENT) == ask(f"https://localhost:{free_port()}")
    assert NoReply(Trouble.NAME, Sent.NOT_SENT) == ask("https://betfair.invalid/")


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be reached is told apart from the exchange."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://localhost:{free_port()}")

    assert NoReply(Trouble.PROXY, Sent.NOT_SENT) == ask("https://betfair.invalid/")


def test_a_server_of_another_name_is_not_trusted(tmp_path: Path) -> None:
    """A certificate for another host ends it before anything is sent."""
    with loopback(tmp_path, replies(b"{}"), host="elsewhere.example") as server:
        reply = ask(server)

    assert isinstance(reply, NoReply)
    assert (Trouble.UNTRUSTED, Sent.NOT_SENT, []) == (reply.trouble, reply.sent, server.received)
    assert "localhost" in reply.detail
    assert not reply.detail.endswith("."), "whoever tells it ends the sentence"


def test_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    """A certificate of an authority that was not added ends it before anything is sent."""
    with loopback(tmp_path, replies(b"{}")) as server:
        reply = ask(server, trusting=False)

    assert isinstance(reply, NoReply)
    assert (Trouble.UNTRUSTED, Sent.NOT_SENT, []) == (reply.trouble, reply.sent, server.received)


@pytest.mark.parametrize("switch", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_verification_cannot_be_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    """Neither the environment nor a session that somebody changed makes an unknown server trusted."""
    with loopback(tmp_path, replies(b"{}")) as server:
        transport = Transport(verified_context())
        transport._session.verify = False
        verifying_off = transport.exchange(HttpRequest(server.url, {}))
        transport.close()
        monkeypatch.setenv(switch, str(tmp_path / "nowhere"))
        no_bundle = ask(server)

    assert [Trouble.UNTRUSTED] * 2 == [
        each.trouble for each in (verifying_off, no_bundle) if isinstance(each, NoReply)
    ]
    assert [] == server.received


def test_only_https_is_spoken() -> None:
    """An address without TLS is no address."""
    transport = Transport(verified_context())
    reply = transport.exchange(HttpRequest(f"http://localhost:{free_port()}", {}))
    transport.close()

    assert isinstance(reply, NoReply)


def test_old_versions_of_tls_are_not_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS 1.2 is the oldest version, even where the system's default is an older one."""
    lenient = ssl.create_default_context()
    lenient.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    monkeypatch.setattr(ssl, "create_default_context", lambda: lenient)

    context = verified_context()

    assert "TLSv1_2" == context.minimum_version.name
    assert context.check_hostname
    assert "CERT_REQUIRED" == context.verify_mode.name


def test_wrong_authority_is_refused(tmp_path: Path) -> None:
    """A file of authorities that is not there, or is none, is refused with the name of its setting."""
    (tmp_path / "authority").write_text("no PEM")

    with pytest.raises(ConfigurationError, match=r"no certificate in PEM form.* BETFAIR_CA_FILE"):
        verified_context(authority=tmp_path / "authority")
    with pytest.raises(ConfigurationError, match=r"No such file.* BETFAIR_CA_FILE"):
        verified_context(authority=tmp_path / "nowhere")


def test_neither_request_nor_reply_shows_what_is_in_it() -> None:
    """What is printed of a request or a reply has no header and no body."""
    request = HttpRequest("https://h/", {"X-Authentication": SECRET}, SECRET.encode())
    shown = f"{request!r} {request} {Reply(200, 'text/html', SECRET.encode())!r}"

    assert SECRET not in shown
    assert "https://h/" in shown
