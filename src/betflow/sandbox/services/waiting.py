"""What a fault makes of the time before an answer."""

import asyncio

from betflow.sandbox.faults import Fault, FaultKind

_NEVER_ACTS = frozenset({FaultKind.DROP, FaultKind.STATUS_503})


async def wait(seconds: float) -> None:
    """Wait, in real time."""
    await asyncio.sleep(seconds)


async def acts(fault: Fault) -> bool:
    """Say whether a call with this fault does anything at all, after having waited where the fault stalls."""
    if fault.kind is FaultKind.STALL and fault.seconds:
        await asyncio.sleep(fault.seconds)
        return True
    return fault.kind not in _NEVER_ACTS and fault.kind is not FaultKind.STALL
