"""
One call of an operation: what it asks for, who asks, what holds it back, what goes wrong with it.

Whoever acts is found in `operations`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from betflow.exchange.snapshot import json_ready
from betflow.sandbox.faults import Fault, FaultKind, Where
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.services import envelopes
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.envelopes import Call, Misunderstood
from betflow.sandbox.services.mishaps import acts, wait
from betflow.sandbox.services.operations import WITHOUT_APP_KEY, answer_to, query_group
from betflow.sandbox.services.order_requests import failed_report
from betflow.sandbox.services.parameters import parameters_of
from betflow.sandbox.sessions import Caller
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.operations import Operation

_UNKNOWN: Final = "unknown"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows: its app key and its session token, either of which may be missing."""

    app_key: str
    token: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Credentials":
        """Take them from the headers."""
        return cls(headers.get("x-application", ""), headers.get("x-authentication", ""))

    def __repr__(self) -> str:
        return "Credentials()"


@dataclass(frozen=True, slots=True)
class Called:
    """
    What became of a call.

    Attributes:
        name: The operation.
        account: Who called, if that is known.
        result: JSON; None where it was refused.
        refusal: Why.
        fault: What is to go wrong when it is answered.
    """

    name: str
    account: str = ""
    result: bytes | None = None
    refusal: ServiceRefusal | Misunderstood | None = None
    fault: Fault | None = None


async def carry_out(context: Context, call: Call, credentials: Credentials) -> Called:
    """Carry out a call; what is refused is an answer too."""
    context.counts.calls += 1
    operation = call.operation
    if isinstance(operation, Misunderstood):
        return _refused(context, Called(_UNKNOWN), operation)
    fault = context.faults.next(Where.API, operation.name)
    called = Called(operation.name, fault=fault)
    if fault is not None and not await acts(fault):
        return called
    try:
        parameters = parameters_of(operation, call.parameters)
        caller = _caller(context, operation, credentials, fault)
    except (ServiceRefusal, Misunderstood) as refusal:
        return _refused(context, called, refusal)
    called = Called(operation.name, caller.account, fault=fault)
    try:
        answer = _failure(operation, parameters, fault)
        if answer is None:
            async with _in_line(context, caller, parameters):
                answer = await answer_to(context, operation, caller, parameters)
                if fault is not None and fault.kind is FaultKind.SLOW:
                    await wait(fault.seconds)
    except (ServiceRefusal, Misunderstood) as refusal:
        return _refused(context, called, refusal)
    return Called(operation.name, caller.account, _json(answer), fault=fault)


def _json(answer: object) -> bytes:
    """Return an answer as JSON; what is no number, as a starting price that there is not, is text."""
    content = _encode(answer)
    # Nothing else is ever null: what there is not is left out.
    return _encode(json_ready(answer)) if b":null" in content else content


def _caller(
    context: Context, operation: Operation[Any, Any], credentials: Credentials, fault: Fault | None
) -> Caller:
    if fault is not None and fault.kind is FaultKind.SESSION_EXPIRED:
        context.sessions.expire(credentials.token)
    if operation.name in WITHOUT_APP_KEY:
        account = context.sessions.account(credentials.token)
        return Caller(account, credentials.app_key, is_delayed=False)
    return context.sessions.caller(credentials.app_key, credentials.token)


@asynccontextmanager
async def _in_line(context: Context, caller: Caller, parameters: msgspec.Struct) -> AsyncIterator[None]:
    """Hold a place among the queries that may be under way at once, where a call is one; it takes a while."""
    group = query_group(parameters)
    if group is None:
        yield
        return
    with context.throttle(caller.account).query(group):
        await wait(context.rules.order_query_ms / 1000)
        yield


def _failure(operation: Operation[Any, Any], parameters: msgspec.Struct, fault: Fault | None) -> object:
    """Return the report that a fault makes of a request for orders; None where it leaves the call alone."""
    if fault is None:
        return None
    if fault.kind is FaultKind.TOO_MANY_REQUESTS:
        raise ServiceRefusal(envelopes.defined_code(operation.api, ServiceErrorCode.TOO_MANY_REQUESTS))
    if fault.kind is not FaultKind.ERROR:
        return None
    report = failed_report(parameters, fault.code)
    if report is not None:
        return report
    raise ServiceRefusal(envelopes.defined_code(operation.api, fault.code))


def _refused(context: Context, called: Called, refusal: ServiceRefusal | Misunderstood) -> Called:
    context.counts.refused += 1
    return Called(called.name, called.account, refusal=refusal, fault=called.fault)


def as_json_rpc(context: Context, call: Call, called: Called) -> bytes:
    """Return what became of a call as JSON-RPC."""
    if isinstance(called.refusal, Misunderstood):
        return envelopes.misunderstanding(called.refusal, call.id)
    if called.refusal is not None:
        assert isinstance(call.operation, Operation)  # noqa: S101 - for the type: a service has refused
        refusal = called.refusal
        return envelopes.exception(
            call.operation.api, refusal.code, refusal.details, context.request_uuid(), call.id
        )
    return envelopes.result_of(called.result or envelopes.NULL, call.id)


def as_rest(context: Context, call: Call, called: Called) -> tuple[int, bytes]:
    """Return what became of a call as the HTTP status and the body of REST."""
    if isinstance(called.refusal, Misunderstood):
        return envelopes.rest_misunderstanding(called.refusal)
    if called.refusal is not None:
        assert isinstance(call.operation, Operation)  # noqa: S101 - for the type: a service has refused
        refusal = called.refusal
        return envelopes.rest_exception(
            call.operation.api, refusal.code, refusal.details, context.request_uuid()
        )
    return 200, called.result or envelopes.NULL
