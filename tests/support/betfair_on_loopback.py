"""What commands reach of Betfair, on loopback: logins, JSON-RPC and a stream."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from betflow.wire.stream import Authentication, MarketSubscription, OrderSubscription, decode_request
from exchange_service import ExchangeService, Result
from identity_service import APP_KEY, PASSWORD, IdentityService
from loopback import Loopback, Received, loopback
from stream_server import Peer, Script, StreamServer
from streaming import GREETING, failure, line, success

FUNDS = {
    "availableToBetBalance": 1234.5,
    "exposure": -12.0,
    "retainedCommission": 0.0,
    "exposureLimit": -5000.0,
    "discountRate": 0.0,
    "pointsBalance": 10,
    "wallet": "UK",
}
DETAILS = {"currencyCode": "GBP", "firstName": "Private", "countryCode": "GB"}
APP_VERSION = {
    "owner": "me",
    "versionId": 1,
    "version": "1.0",
    "applicationKey": APP_KEY,
    "subscriptionRequired": False,
    "ownerManaged": False,
    "active": True,
    "delayData": False,
}
EVENT_TYPES = [
    {"eventType": {"id": str(number), "name": name}, "marketCount": 10 * number}
    for number, name in enumerate(
        [
            "Soccer",
            "Tennis",
            "Golf",
            "Cricket",
            "Rugby Union",
            "Boxing",
            "Horse Racing",
            "Motor Sport",
            "Darts",
            "Bowls",
            "Politics",
        ],
        start=1,
    )
]
RESULTS: dict[str, Any] = {
    "listEventTypes": EVENT_TYPES,
    "getAccountDetails": DETAILS,
    "getAccountFunds": FUNDS,
    "getDeveloperAppKeys": [{"appName": "mine", "appId": 1, "appVersions": [APP_VERSION]}],
}


@dataclass
class Betfair:
    """
    What runs.

    Attributes:
        service: Answers JSON-RPC and logins.
        server: Carries it.
        stream: Lets in who has a session that lives.
    """

    service: ExchangeService
    server: Loopback
    stream: StreamServer

    @property
    def variables(self) -> dict[str, str]:
        """What a user sets to get there."""
        host, port = self.stream.address
        return {
            "BETFAIR_APP_KEY": APP_KEY,
            "BETFAIR_USERNAME": "me",
            "BETFAIR_PASSWORD": PASSWORD,
            "BETFAIR_API_URL": self.server.url,
            "BETFAIR_IDENTITY_URL": f"{self.server.url}/api/",
            "BETFAIR_STREAM_URL": f"{host}:{port}",
            "BETFAIR_CA_FILE": str(self.server.authority_file),
            "BETFLOW_BETFAIR__API__MAX_RETRIES": "0",
        }

    def answer(self, operation: str, *results: Result) -> None:
        """Let an operation be answered so, one after the other, the last one again and again."""
        self.service.results[operation] = list(results)

    def is_set(self, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
        """Put the settings into the environment."""
        for name, value in {**self.variables, **more}.items():
            monkeypatch.setenv(name, value)


def letting_in(identity: IdentityService) -> Script:
    """Return a script that greets, judges the session, and takes a subscription to answer with an image."""

    def script(peer: Peer) -> None:
        peer.send(line(GREETING))
        authentication = decode_request(peer.request())
        assert isinstance(authentication, Authentication)
        if authentication.session not in identity.alive:
            peer.send(line(failure("INVALID_SESSION_INFORMATION", authentication.id)))
            return
        peer.send(line(success(authentication.id, connectionsAvailable=9)))
        request = decode_request(peer.request())
        assert isinstance(request, (MarketSubscription, OrderSubscription))
        operation = "mcm" if isinstance(request, MarketSubscription) else "ocm"
        image = {"op": operation, "id": request.id, "pt": 1, "initialClk": "I", "clk": "1", "ct": "SUB_IMAGE"}
        peer.send(line(success(request.id)) + line(image))
        peer.until_gone()

    return script


@contextmanager
def betfair(
    folder: Path,
    *scripts: Script,
    results: dict[str, Any] | None = None,
    host: str = "localhost",
    connections: int = 4,
    answers: Callable[[ExchangeService], Callable[[Received], Any]] | None = None,
) -> Iterator[Betfair]:
    """
    Run Betfair on loopback for a block.

    Args:
        folder: For its certificate.
        scripts: Of the stream, one for each connection; else it lets in who has a session.
        results: What is in the answers, by operation, besides the usual.
        host: Who the certificates are for.
        connections: How many the stream serves, where there are no scripts.
        answers: Stands between the server and the service.
    """
    service = ExchangeService({name: [result] for name, result in {**RESULTS, **(results or {})}.items()})
    answering = answers(service) if answers else service
    with loopback(folder, answering, host=host) as server:
        chosen = scripts or (letting_in(service.identity),) * connections
        stream = StreamServer(folder, *chosen, host=host, authority=server.authority)
        with stream.running():
            yield Betfair(service, server, stream)
