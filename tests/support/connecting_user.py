"""A user who connects, with secrets that are easy to find again in what is left behind."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trustme

from betfair_on_loopback import Betfair
from certificates import certificate_pem, issue, key_pem, private
from exchange_service import service_error
from loopback import Answer, Received

PLANTED = "s3cret"
PASSPHRASE = f"{PLANTED}-passphrase"
ECHO = f"{PLANTED}-password {PLANTED}-app-key TOKEN"
"""All that a server has been told, and may repeat; TOKEN stands for the session token of the request."""


@dataclass
class ConnectingUser:
    """
    A user with a certificate, and Betfair on loopback.

    Attributes:
        exchange: Betfair.
        folder: Where the user works.
        monkeypatch: For the environment.
    """

    exchange: Betfair
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    certificate: Path = field(init=False)
    key: Path = field(init=False)

    def __post_init__(self) -> None:
        self.exchange.is_set(self.monkeypatch, BETFAIR_HISTORIC_URL=f"{self.exchange.server.url}/historic")
        self.certificate, self.key = self.folder / "client.crt", self.folder / "client.key"
        self.certify(issue(self.exchange.server.authority))

    def certify(self, leaf: trustme.LeafCert) -> None:
        """Give the user another certificate, whose key is encrypted."""
        self.certificate.write_bytes(certificate_pem(leaf))
        private(self.key, key_pem(leaf, PASSPHRASE))
        self.sets(
            BETFAIR_CERT_CRT=str(self.certificate),
            BETFAIR_CERT_KEY=str(self.key),
            BETFAIR_CERT_PASSWORD=PASSPHRASE,
        )

    def sets(self, **variables: str) -> None:
        """Set variables of the environment."""
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def leads_to(self, host: str, port: int) -> None:
        """Let all addresses be of another host."""
        self.sets(
            BETFAIR_API_URL=f"https://{host}:{port}",
            BETFAIR_IDENTITY_URL=f"https://{host}:{port}/api",
            BETFAIR_HISTORIC_URL=f"https://{host}:{port}/historic",
            BETFAIR_STREAM_URL=f"{host}:{port}",
        )

    def login_says(self, status: str) -> None:
        """Refuse all logins."""
        answer = Answer(json.dumps({"loginStatus": status, "sessionToken": ""}).encode())
        self.exchange.service.identity.instead["certlogin"] = [answer] * 99

    def everything_says(self, answer: Answer) -> None:
        """Give one answer to whatever is asked."""
        self.exchange.server.script = lambda _request: answer

    def calls_say(self, code: str) -> None:
        """Refuse all calls, and tell in the refusal what was sent."""
        service = self.exchange.service
        self.exchange.server.script = lambda request: _repeating(service(request), request)
        refusal = service_error(code, ECHO)
        fault = {"faultcode": "Client", "faultstring": "ANGX", "detail": refusal["error"]["data"]}
        service.results.update({name: [refusal] for name in service.results})
        self.exchange.answer("menu", Answer(json.dumps(fault).encode(), 400))


def _repeating(answer: Answer, request: Received) -> Answer:
    token = request.headers.get("X-Authentication", "")
    return replace(answer, body=answer.body.replace(b"TOKEN", token.encode()))


def leaks(text: str) -> list[str]:
    """Return the surroundings of planted secrets."""
    places = [at for at in range(len(text)) if text.startswith(PLANTED, at)]
    return [text[max(0, at - 100) : at + 40] for at in places]


def left_behind(data_dir: Path) -> str:
    """Return all that betflow wrote, but for the sessions, which are private and have to be kept."""
    files = [each for each in data_dir.rglob("*") if each.is_file() and each.parent.name != "sessions"]
    return "".join(each.read_bytes().decode("latin-1") for each in files)
