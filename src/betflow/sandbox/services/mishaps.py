"""What a fault makes of an answer before it is sent: of the time before it, and of what it says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from betflow.sandbox.faults import Fault, FaultKind, Where
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.services.answers import Answer
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.envelopes import defined_code
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.operations import Api

_NEVER_ACTS: Final = frozenset({FaultKind.DROP, FaultKind.STATUS_503})


async def wait(seconds: float) -> None:
    """Wait, in real time."""
    await asyncio.sleep(seconds)


async def acts(fault: Fault) -> bool:
    """Say whether a call with this fault does anything at all, after having waited where the fault stalls."""
    if fault.kind is FaultKind.STALL and fault.seconds:
        await asyncio.sleep(fault.seconds)
        return True
    return fault.kind not in _NEVER_ACTS and fault.kind is not FaultKind.STALL


async def fetched(
    context: Context,
    name: str,
    token: str,
    act: Callable[[], Awaitable[tuple[Answer, str]]],
    refused: Callable[[ServiceRefusal], Answer],
) -> Answer:
    """
    Answer what is fetched as a whole, and is no operation, with what goes wrong with it.

    Args:
        context: What everything works with.
        name: What it is called among the subjects of faults, and in the truth.
        token: The caller's session.
        act: Answers, with the account if it is known; raises ServiceRefusal.
        refused: Says no.
    """
    fault = context.faults.next(Where.API, name)
    if fault is not None and not await acts(fault):
        return Answer(b"", fault=fault)
    if fault is not None and fault.kind is FaultKind.SESSION_EXPIRED:
        context.sessions.expire(token)
    refusal, account = _refusal(fault), ""
    if refusal is None:
        try:
            answer, account = await act()
        except ServiceRefusal as error:
            refusal = error
    if refusal is not None:
        answer = refused(refusal)
    if fault is not None and fault.kind is FaultKind.SLOW:
        await wait(fault.seconds)
    context.truth.answered(name, account=account, status=answer.status, body=answer.body)
    return replace(answer, fault=fault)


def _refusal(fault: Fault | None) -> ServiceRefusal | None:
    match fault:
        case Fault(kind=FaultKind.TOO_MANY_REQUESTS):
            return ServiceRefusal(ServiceErrorCode.TOO_MANY_REQUESTS)
        case Fault(kind=FaultKind.ERROR, code=code):
            return ServiceRefusal(defined_code(Api.BETTING, code))
    return None
