"""What becomes of a line that a fault strikes."""

from typing import Any

import msgspec

from betflow.sandbox.faults import Fault, FaultKind
from betflow.sandbox.streaming.json_lines import line_of
from betflow.wire.stream import LINE_END

_UNAVAILABLE = 503


def altered(line: bytes, fault: Fault) -> list[bytes]:
    """Return what goes out in place of a line; the line, where the fault is none of its content."""
    match fault.kind:
        case FaultKind.DUPLICATE:
            return [line, line]
        case FaultKind.HALF_LINE:
            return [line[: len(line) // 2]]
        case FaultKind.MALFORMED:
            return [line_of(line[: len(line) // 2].rstrip())]
        case FaultKind.STATUS_503 | FaultKind.CONFLATED | FaultKind.CLOCK_SKEW:
            message = msgspec.json.decode(line)
            _alter(message, fault)
            return [line_of(msgspec.json.encode(message))]
    return [line]


def market_of(line: bytes) -> str:
    """Return the (first) market that a line is about; empty for a heartbeat."""
    message = msgspec.json.decode(line[: -len(LINE_END)], type=_Markets)
    for change in message.mc or message.oc or ():
        return change.id
    return ""


def _alter(message: dict[str, Any], fault: Fault) -> None:
    match fault.kind:
        case FaultKind.STATUS_503:
            message["status"] = _UNAVAILABLE
        case FaultKind.CLOCK_SKEW:
            message["pt"] += fault.ms
        case FaultKind.CONFLATED:
            for change in message.get("mc", ()):
                change["con"] = True


class _Market(msgspec.Struct, gc=False):
    id: str


class _Markets(msgspec.Struct, gc=False):
    mc: list[_Market] | None = None
    oc: list[_Market] | None = None
