"""Requests for orders, beside what the matching engine says of them: their form, and early answers."""

import re
from collections.abc import Iterable
from typing import Final

from betflow.exchange.matching.orders import Order
from betflow.exchange.matching.reports import instruction_of, not_cancelled, not_replaced
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.betting import (
    CancelInstruction,
    CancelInstructionReport,
    ExecutionReport,
    OrderRequest,
    PlaceExecutionReport,
    PlaceInstruction,
    PlaceInstructionReport,
    PlaceOrders,
    ReplaceExecutionReport,
    ReplaceInstruction,
    ReplaceInstructionReport,
    ReplaceOrders,
)
from betflow.wire.enums import (
    ExecutionReportStatus,
    InstructionReportErrorCode,
    InstructionReportStatus,
    OrderStatus,
    ServiceErrorCode,
)

_CUSTOMER_REF: Final = re.compile(r"[A-Za-z0-9:\-._+*;~]{1,32}", re.ASCII)
_DONE: Final = InstructionReportStatus.SUCCESS


def check(request: OrderRequest) -> None:
    """
    Check what a service looks at before the exchange sees a request.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA if its customerRef is none.
    """
    if request.customer_ref and not _CUSTOMER_REF.fullmatch(request.customer_ref):
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, "customerRef is invalid")


def is_async(request: OrderRequest) -> bool:
    """Say whether a request wants an answer before the matcher has one."""
    return isinstance(request, PlaceOrders | ReplaceOrders) and bool(request.async_)


def pending(
    request: OrderRequest, answer: ExecutionReport | None, orders: Iterable[Order]
) -> ExecutionReport:
    """
    Return what an asynchronous request is answered with.

    What the exchange refuses at once is answered so: nobody could learn it later, since no bet exists then.

    Args:
        request: To place or replace orders.
        answer: What the matcher said at once; None if the bet delay is in between.
        orders: The account's, the new ones among them.
    """
    if answer is not None and answer.status == ExecutionReportStatus.FAILURE:
        return answer
    match request:
        case PlaceOrders():
            return PlaceExecutionReport(
                status=ExecutionReportStatus.SUCCESS,
                market_id=request.market_id,
                instruction_reports=tuple(_pending(each) for each in request.instructions),
                customer_ref=request.customer_ref,
            )
        case ReplaceOrders():
            by_old = {order.replaces: order for order in orders if order.replaces}
            return ReplaceExecutionReport(
                status=ExecutionReportStatus.SUCCESS,
                market_id=request.market_id,
                instruction_reports=tuple(_replacing(each, by_old) for each in request.instructions),
                customer_ref=request.customer_ref,
            )
        case _:
            raise AssertionError("only placing and replacing can be asynchronous")


def _pending(instruction: PlaceInstruction) -> PlaceInstructionReport:
    return PlaceInstructionReport(status=_DONE, instruction=instruction, order_status=OrderStatus.PENDING)


def _replacing(instruction: ReplaceInstruction, by_old: dict[str, Order]) -> ReplaceInstructionReport:
    cancel = CancelInstruction(bet_id=instruction.bet_id)
    new = by_old.get(instruction.bet_id)
    if new is None:
        taken = InstructionReportErrorCode.BET_TAKEN_OR_LAPSED
        related = InstructionReportErrorCode.RELATED_ACTION_FAILED
        return not_replaced(instruction, not_cancelled(cancel, taken), related)
    return ReplaceInstructionReport(
        status=_DONE,
        cancel_instruction_report=CancelInstructionReport(status=_DONE, instruction=cancel),
        place_instruction_report=_pending(instruction_of(new)),
    )
