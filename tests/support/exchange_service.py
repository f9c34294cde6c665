"""JSON-RPC as far as a gateway talks to it, for `loopback`: an identity service, and answers by operation."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from betflow.betfair.allowance import Allowance, Policy
from betflow.betfair.channel import Connection
from betflow.betfair.endpoints import Jurisdiction, endpoints
from betflow.betfair.transport import Transport
from betflow.errors import GatewayError
from identity_service import Clock, IdentityService, session
from loopback import Answer, Loopback, Received

RpcError = dict[str, Any]
Result = Answer | Callable[[dict[str, Any]], Any] | Any


def service_error(code: str, details: str = "", name: str = "APINGException") -> RpcError:
    """Return the error of JSON-RPC with which a service refuses a call."""
    exception = {"requestUUID": "prd-0001", "errorCode": code, "errorDetails": details}
    return {
        "error": {"code": -32099, "message": "ANGX-0001", "data": {"exceptionname": name, name: exception}}
    }


@dataclass
class ExchangeService:
    """
    What it answers: by operation, one result after the other, the last one again and again.

    A result is the answer to the whole request, a function of the parameters, an error of JSON-RPC, or what
    is in ``result``. A session that does not live is refused.
    """

    results: dict[str, list[Result]] = field(default_factory=dict)
    identity: IdentityService = field(default_factory=IdentityService)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Received) -> Answer:
        """Answer a request."""
        if "/api/" in request.path:
            return self.identity(request)
        is_alive = request.headers.get("X-Authentication") in self.identity.alive
        if request.path.endswith("menu.json"):
            menu: Answer = self._next("menu", {}, is_alive=is_alive, bare=True)
            return menu
        body = request.json
        answers = [
            self._call(each, is_alive=is_alive) for each in (body if isinstance(body, list) else [body])
        ]
        whole = next((each for each in answers if isinstance(each, Answer)), None)
        if whole is not None:
            return whole
        # The answers to a batch come in any order.
        return Answer(json.dumps(answers[::-1] if isinstance(body, list) else answers[0]).encode())

    def _call(self, call: dict[str, Any], *, is_alive: bool) -> Any:  # noqa: ANN401 - JSON has no narrower type
        operation = call["method"].rpartition("/")[2]
        result = self._next(operation, call["params"], is_alive=is_alive)
        return result if isinstance(result, Answer) else {"jsonrpc": "2.0", **result, "id": call["id"]}

    def _next(self, operation: str, parameters: dict[str, Any], *, is_alive: bool, bare: bool = False) -> Any:  # noqa: ANN401
        with self.lock:
            self.calls.append((operation, parameters))
            planned = self.results[operation]
            if not is_alive:
                return _fault() if bare else service_error("INVALID_SESSION_INFORMATION")
            result = planned.pop(0) if len(planned) > 1 else planned[0]
        if callable(result):
            result = result(parameters)
        if isinstance(result, Answer) or (isinstance(result, dict) and result.keys() == {"error"}):
            return result
        return Answer(json.dumps(result).encode()) if bare else {"result": result}

    def names(self) -> list[str]:
        """Return which operations were called."""
        return [name for name, _parameters in self.calls]


def _fault() -> Answer:
    detail = service_error("INVALID_SESSION_INFORMATION")["error"]["data"]
    fault = {"faultcode": "Client", "faultstring": "ANGX-0003", "detail": detail}
    return Answer(json.dumps(fault).encode(), status=400)


@dataclass
class Connected:
    """A connection to a server, and what it told of attempts that failed."""

    connection: Connection
    troubles: list[tuple[GatewayError, float]]

    def close(self) -> None:
        """Close the connections."""
        self.connection.transport.close()
        self.connection.session._transport.close()


def connect(
    server: Loopback,
    folder: Path,
    clock: Clock,
    *,
    policy: Policy | None = None,
    jurisdiction: Jurisdiction = Jurisdiction.INTERNATIONAL,
    read_timeout_s: float = 5.0,
) -> Connected:
    """Return a connection to a server."""
    troubles: list[tuple[GatewayError, float]] = []
    connection = Connection(
        session=session(server, folder, clock, read_timeout_s=read_timeout_s),
        transport=Transport(server.client_context(), read_timeout_s=read_timeout_s),
        endpoints=endpoints(jurisdiction, api_url=server.url, identity_url=f"{server.url}/api"),
        pace=clock.pace(),
        allowance=Allowance(policy),
        jurisdiction=jurisdiction,
        on_trouble=lambda error, pause_s: troubles.append((error, pause_s)),
    )
    return Connected(connection, troubles)
