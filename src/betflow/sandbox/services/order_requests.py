"""
Requests for orders at the door: how many instructions they have, and what fails before the exchange.

Source: "placeOrders", "cancelOrders", "replaceOrders", "updateOrders", "Betting Enums", "Betting Exceptions".
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from betflow.exchange.matching.reports import refused
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.rules import Rules
from betflow.wire.betting import (
    CancelOrders,
    ExecutionReport,
    OrderRequest,
    PlaceExecutionReport,
    PlaceOrders,
    ReplaceExecutionReport,
)
from betflow.wire.enums import ExecutionReportErrorCode, InstructionReportStatus, ServiceErrorCode

_Report = TypeVar("_Report", bound=msgspec.Struct)


def check_size(request: OrderRequest, rules: Rules) -> int:
    """
    Return how many instructions a request has; one without any counts as one.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA, since it has none where it needs some, or too many.
    """
    instructions = request.instructions or ()
    is_place = isinstance(request, PlaceOrders)
    most = rules.place_instructions if is_place else rules.edit_instructions
    if len(instructions) > most:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, f"more than {most} instructions")
    if not instructions and not isinstance(request, CancelOrders):
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, "no instructions")
    return len(instructions) or 1


def transactions_of(report: ExecutionReport) -> int:
    """Return how many transactions an answer is: bets that were placed, and instructions that failed."""
    is_placing = isinstance(report, PlaceExecutionReport | ReplaceExecutionReport)
    return sum(
        is_placing or each.status == InstructionReportStatus.FAILURE for each in report.instruction_reports
    )


def timed_out(request: OrderRequest) -> ExecutionReport:
    """Return the report of a request of which nobody knows what becomes: its orders may still appear."""
    report = refused(request, ExecutionReportErrorCode.PROCESSED_WITH_ERRORS)
    return _unknown(report, instruction_reports=_all_unknown(report.instruction_reports))


def _all_unknown(reports: Sequence[Any]) -> tuple[Any, ...]:
    """Return reports of instructions that say that nothing is known, nor of both parts of a replacement."""
    parts = ("cancel_instruction_report", "place_instruction_report")
    return tuple(
        _unknown(each, **{part: _unknown(getattr(each, part)) for part in parts if hasattr(each, part)})
        for each in reports
    )


def _unknown(report: _Report, **others: object) -> _Report:
    return msgspec.structs.replace(report, status=InstructionReportStatus.TIMEOUT, error_code=None, **others)


def failed_report(request: msgspec.Struct, code: str) -> ExecutionReport | None:
    """Return the report of a request that failed as a whole; None where that code is not one of a report."""
    if isinstance(request, OrderRequest) and code in ExecutionReportErrorCode.__members__:
        return refused(request, ExecutionReportErrorCode(code))
    return None
