"""
What a report on orders leaves open: statuses and codes after which nobody knows what Betfair did. Pure.

Source: "Betting Enums" (ExecutionReportErrorCode, InstructionReportErrorCode), "Betting Exceptions".
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from betflow.wire.betting import (
    CancelInstructionReport,
    ExecutionReport,
    PlaceInstructionReport,
    ReplaceInstructionReport,
    UpdateInstructionReport,
)
from betflow.wire.enums import (
    ExecutionReportErrorCode,
    ExecutionReportStatus,
    InstructionReportErrorCode,
    InstructionReportStatus,
)

_InstructionReport: TypeAlias = (
    PlaceInstructionReport | CancelInstructionReport | ReplaceInstructionReport | UpdateInstructionReport
)

TIMEOUT: Final = ExecutionReportStatus.TIMEOUT.value
_DEFINITE: Final = frozenset({*ExecutionReportStatus, *InstructionReportStatus}) - {TIMEOUT}
OPEN_CODES: Final[Mapping[str, str]] = {
    TIMEOUT: "Betfair does not know yet what became of it",
    InstructionReportErrorCode.BET_IN_PROGRESS: "the matcher gave Betfair no result in time",
    ExecutionReportErrorCode.ERROR_IN_MATCHER: "something went wrong in the matcher",
    ExecutionReportErrorCode.SERVICE_UNAVAILABLE: "a part of Betfair was not available",
    ExecutionReportErrorCode.DUPLICATE_TRANSACTION: "an earlier request with this customerRef has arrived",
}
"""What is no refusal, though most come with the status FAILURE; and what it means."""


def open_code(report: ExecutionReport) -> str | None:
    """
    Return the status or the code for which a report does not say what became of orders; None if it does.

    A status that is new says nothing that anybody could rely on.
    """
    told = [(report.status, report.error_code), *_of_instructions(report)]
    for status, code in told:
        if code in OPEN_CODES:
            return code
        if status not in _DEFINITE:
            return status
    return None


def _of_instructions(report: ExecutionReport) -> Iterator[tuple[str, str | None]]:
    for each in report.instruction_reports:
        yield from _of_instruction(each)


def _of_instruction(report: _InstructionReport | None) -> Iterator[tuple[str, str | None]]:
    """Go through what is told of an instruction, and of both parts of a replacement."""
    if report is None:
        return
    yield report.status, report.error_code
    if isinstance(report, ReplaceInstructionReport):
        yield from _of_instruction(report.cancel_instruction_report)
        yield from _of_instruction(report.place_instruction_report)
