"""
Calls as bytes, and what their answers mean. Pure: no connection, no clock.

Source: "API Overview", "Betting Exceptions"; recorded answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from betflow.betfair.identity import USER_AGENT
from betflow.betfair.secrets import Secret, masked
from betflow.betfair.transport import HttpRequest, Method, Reply
from betflow.betfair.troubles import damaged_answer, no_answer_of_betfair, refusal
from betflow.errors import GatewayError
from betflow.wire.json_rpc import Request, Response, decode_fault, decode_responses
from betflow.wire.navigation import NavigationNode
from betflow.wire.operations import Operation

Answer = TypeVar("Answer")

_SOUND = 200
_NOT_DECODED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_menu = msgspec.json.Decoder(NavigationNode, strict=False).decode


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """
    A call of an operation.

    Attributes:
        operation: What is called.
        parameters: With what; not shown.
        ids: What it is about, for people and for errors.
    """

    operation: Operation[Any, Answer]
    parameters: msgspec.Struct = field(repr=False)
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    Calls that go out together, to one address.

    Attributes:
        url: Where to.
        calls: By the id that they have there.
        is_batch: Whether they are sent as a list, which one call need not be.
    """

    url: str
    calls: Mapping[int, Call[Any]]
    is_batch: bool = False

    @property
    def name(self) -> str:
        """What to call it."""
        return "+".join(dict.fromkeys(each.operation.name for each in self.calls.values()))


def http_request(exchange: Exchange, app_key: Secret, token: Secret) -> HttpRequest:
    """Return calls as a request."""
    return HttpRequest(
        exchange.url,
        _headers(app_key, token) | {"Content-Type": "application/json"},
        _body(exchange),
    )


def menu_request(url: str, app_key: Secret, token: Secret) -> HttpRequest:
    """Return a request for the navigation menu."""
    return HttpRequest(url, _headers(app_key, token), method=Method.GET)


def _headers(app_key: Secret, token: Secret) -> dict[str, str]:
    return {
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
        "X-Application": app_key.reveal(),
        "X-Authentication": token.reveal(),
    }


def _body(exchange: Exchange) -> bytes:
    requests = [
        Request(method=each.operation.method, params=each.parameters, id=number)
        for number, each in exchange.calls.items()
    ]
    return msgspec.json.encode(requests if exchange.is_batch else requests[0])


def answers(exchange: Exchange, reply: Reply, secrets: Iterable[Secret]) -> dict[int, object]:
    """
    Return what each call was answered with: its answer, `Decoded`, or the error that it ended with.

    Answers of a batch come in any order, and are told by their ids. *secrets* are not quoted.
    """
    secrets = tuple(secrets)
    responses = _responses(reply)
    if responses is None:
        trouble = _not_json_rpc(exchange.name, exchange.url, reply, secrets, _common_ids(exchange))
        return dict.fromkeys(exchange.calls, trouble)
    if len(responses) == 1 and responses[0].id is None and responses[0].error is not None:
        # What cannot be read at all is refused as a whole.
        whole = refusal(exchange.name, responses[0].error, _common_ids(exchange), secrets)
        return dict.fromkeys(exchange.calls, whole)
    by_id = {str(each.id): each for each in responses}
    return {
        number: _answer(call, by_id.get(str(number)), exchange.url, secrets)
        for number, call in exchange.calls.items()
    }


def menu(url: str, reply: Reply, secrets: Iterable[Secret]) -> NavigationNode | GatewayError:
    """Return the navigation menu, or why there is none."""
    try:
        if reply.status == _SOUND:
            return _decode_menu(reply.body)
    except _NOT_DECODED:
        pass
    return _not_json_rpc("navigation", url, reply, tuple(secrets), {})


def _responses(reply: Reply) -> Sequence[Response] | None:
    """Return the responses of JSON-RPC; None where it is something else."""
    try:
        decoded = decode_responses(reply.body)
    except _NOT_DECODED:
        return None
    responses = decoded if isinstance(decoded, list) else [decoded]
    if any(each.error is None and (reply.status != _SOUND or not bytes(each.result)) for each in responses):
        return None
    return responses


def _not_json_rpc(
    operation: str, url: str, reply: Reply, secrets: tuple[Secret, ...], ids: Mapping[str, str]
) -> GatewayError:
    """Say what a reply is that is no answer: a fault of what is before the services, or not Betfair's."""
    try:
        return refusal(operation, decode_fault(reply.body), ids, secrets)
    except _NOT_DECODED:
        pass
    return no_answer_of_betfair(operation, url, reply, ids)


def _common_ids(exchange: Exchange) -> Mapping[str, str]:
    """Return what a single call is about; of several there is nothing to say."""
    calls = list(exchange.calls.values())
    return calls[0].ids if len(calls) == 1 else {}


def _answer(call: Call[Any], response: Response | None, url: str, secrets: tuple[Secret, ...]) -> object:
    name = call.operation.name
    if response is None:
        return damaged_answer(name, url, "it has no response with the id of the request", call.ids)
    if response.error is not None:
        return refusal(name, response.error, call.ids, secrets)
    try:
        return call.operation.decode(bytes(response.result))
    except _NOT_DECODED as error:
        is_json = isinstance(error, msgspec.ValidationError)
        reason = masked(str(error), secrets) if is_json else "it is no JSON"
    return damaged_answer(name, url, reason, call.ids)
