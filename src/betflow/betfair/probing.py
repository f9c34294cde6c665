"""
Whether Betfair's services can be reached.

Each is asked without a session and without an app key, and has to refuse that in its own way: so nobody needs
an account for it, no secret goes anywhere, and a page of a proxy is not taken for Betfair.
"""

from pathlib import Path

from betflow.betfair import identity
from betflow.betfair.calls import Call, Exchange, answers, http_request
from betflow.betfair.identity import USER_AGENT
from betflow.betfair.secrets import Secret
from betflow.betfair.stream.client import ExchangeStream
from betflow.betfair.stream.happenings import Connected
from betflow.betfair.stream.policy import StreamPolicy
from betflow.betfair.transport import HttpRequest, NoReply, Reply, Transport
from betflow.betfair.troubles import no_answer
from betflow.errors import DamagedAnswerError, UnreachableError
from betflow.wire.catalogue import ListEventTypes
from betflow.wire.operations import LIST_EVENT_TYPES
from betflow.wire.stream import MarketSubscription

_NOBODY = Secret("")


def probe_identity(transport: Transport, url: str) -> Reply:
    """
    Ask the identity service to keep alive a session that there is not; *url* is that of keepAlive.

    Raises:
        UnreachableError: it does not answer, or somebody else does.
    """
    headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
    reply = _reply("keepAlive", url, transport, HttpRequest(url, headers))
    trouble = identity.session_refusal("keepAlive", url, reply, ())
    if isinstance(trouble, UnreachableError):
        raise trouble
    return reply


def probe_api(transport: Transport, url: str) -> Reply:
    """
    Ask a service of JSON-RPC for the event types, as nobody; *url* is that of the betting service.

    Raises:
        UnreachableError: it does not answer, or somebody else does.
        DamagedAnswerError: the answer is JSON-RPC, and cannot be understood.
    """
    exchange = Exchange(url, {1: Call(LIST_EVENT_TYPES, ListEventTypes())})
    reply = _reply(exchange.name, url, transport, http_request(exchange, _NOBODY, _NOBODY))
    (answer,) = answers(exchange, reply, ()).values()
    if isinstance(answer, UnreachableError | DamagedAnswerError):
        raise answer
    return reply


def probe_stream(address: tuple[str, int], authority: Path | None, connect_timeout_s: float) -> str | None:
    """
    Let the stream greet, and go away; return its name for the connection.

    Raises:
        UnreachableError: it does not greet, or is not the one it says it is.
    """
    stream = ExchangeStream(
        address,
        app_key=_NOBODY,
        token=lambda _refused: _NOBODY,
        subscriptions=[MarketSubscription(id=0)],
        authority=authority,
        policy=StreamPolicy(attempts=1, connect_timeout=connect_timeout_s, answer_timeout=connect_timeout_s),
    )
    connection_id = None
    for each in stream:
        if isinstance(each, Connected):
            connection_id = each.connection_id
            stream.stop()  # before anything is said
    return connection_id


def _reply(operation: str, url: str, transport: Transport, request: HttpRequest) -> Reply:
    outcome = transport.exchange(request)
    if isinstance(outcome, NoReply):
        raise no_answer(operation, url, outcome, {}, transport.timeouts)
    return outcome
