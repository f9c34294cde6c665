"""
The exchange's answers to requests, in the betting API's words.

Source: "placeOrders", "cancelOrders", "replaceOrders", "updateOrders"; recorded answers. How a refused
replacement is reported is not documented; it follows the meaning of the error codes.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec.structs import replace

from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.times import iso_second
from betflow.wire.betting import (
    CancelExecutionReport,
    CancelInstruction,
    CancelInstructionReport,
    CancelOrders,
    ExecutionReport,
    LimitOnCloseOrder,
    LimitOrder,
    MarketOnCloseOrder,
    OrderRequest,
    PlaceExecutionReport,
    PlaceInstruction,
    PlaceInstructionReport,
    PlaceOrders,
    ReplaceExecutionReport,
    ReplaceInstruction,
    ReplaceInstructionReport,
    ReplaceOrders,
    UpdateExecutionReport,
    UpdateInstructionReport,
    UpdateOrders,
)
from betflow.wire.enums import (
    ExecutionReportErrorCode,
    ExecutionReportStatus,
    InstructionReportErrorCode,
    InstructionReportStatus,
    OrderType,
    Side,
)

Whole = ExecutionReportErrorCode
Code = InstructionReportErrorCode
_FAILED = InstructionReportStatus.FAILURE
_DONE = InstructionReportStatus.SUCCESS
_STATUS: Final[Mapping[Whole | None, ExecutionReportStatus]] = MappingProxyType(
    {
        None: ExecutionReportStatus.SUCCESS,
        Whole.PROCESSED_WITH_ERRORS: ExecutionReportStatus.PROCESSED_WITH_ERRORS,
    }
)


def refused(request: OrderRequest, code: Whole) -> ExecutionReport:
    """Return the answer to a request that is refused as a whole: every instruction shares its fate."""
    status, in_order = ExecutionReportStatus.FAILURE, Code.ERROR_IN_ORDER
    match request:
        case PlaceOrders():
            return not_placed(request, [in_order] * len(request.instructions), code)
        case CancelOrders():
            return CancelExecutionReport(
                status=status,
                instruction_reports=tuple(
                    not_cancelled(each, in_order) for each in request.instructions or ()
                ),
                market_id=request.market_id,
                customer_ref=request.customer_ref,
                error_code=code,
            )
        case ReplaceOrders():
            return ReplaceExecutionReport(
                status=status,
                instruction_reports=tuple(
                    not_replaced(
                        each, not_cancelled(CancelInstruction(bet_id=each.bet_id), in_order), in_order
                    )
                    for each in request.instructions
                ),
                market_id=request.market_id,
                customer_ref=request.customer_ref,
                error_code=code,
            )
        case UpdateOrders():
            return UpdateExecutionReport(
                status=status,
                instruction_reports=tuple(
                    UpdateInstructionReport(status=_FAILED, instruction=each, error_code=in_order)
                    for each in request.instructions
                ),
                market_id=request.market_id,
                customer_ref=request.customer_ref,
                error_code=code,
            )


def not_placed(
    request: PlaceOrders, codes: Sequence[Code | None], code: Whole = Whole.BET_ACTION_ERROR
) -> PlaceExecutionReport:
    """Return the answer to orders of which one is invalid: none is placed."""
    return PlaceExecutionReport(
        status=ExecutionReportStatus.FAILURE,
        market_id=request.market_id,
        instruction_reports=tuple(
            PlaceInstructionReport(
                status=_FAILED, instruction=_echo(instruction), error_code=each or Code.ERROR_IN_ORDER
            )
            for instruction, each in zip(request.instructions, codes, strict=True)
        ),
        customer_ref=request.customer_ref,
        error_code=code,
    )


def placed(request: PlaceOrders, orders: Sequence[Order], code: Whole | None) -> PlaceExecutionReport:
    """Return the answer to orders that were placed, or lapsed as they came."""
    return PlaceExecutionReport(
        status=_STATUS.get(code, ExecutionReportStatus.FAILURE),
        market_id=request.market_id,
        instruction_reports=tuple(
            _one_placed(order, instruction)
            for order, instruction in zip(orders, request.instructions, strict=True)
        ),
        customer_ref=request.customer_ref,
        error_code=code,
    )


def _one_placed(order: Order, instruction: PlaceInstruction) -> PlaceInstructionReport:
    """Return what became of one order; Betfair gives those at the starting price no status and no sizes."""
    on_close = order.is_on_close
    return PlaceInstructionReport(
        status=_FAILED if order.error_code else _DONE,
        instruction=_echo(instruction),
        error_code=order.error_code,
        order_status=None if on_close else order.status,
        bet_id=order.bet_id,
        placed_date=iso_second(order.placed_at),
        average_price_matched=None if on_close else average_price(order),
        size_matched=None if on_close else order.matched[Case.EXPECTED] / 100,
    )


def _echo(instruction: PlaceInstruction) -> PlaceInstruction:
    """Return an instruction as an answer repeats it: with a handicap; FILL_OR_KILL does not persist."""
    limit = instruction.limit_order
    if limit is not None and limit.time_in_force is not None:
        limit = replace(limit, persistence_type=None)
    return replace(instruction, handicap=instruction.handicap or 0.0, limit_order=limit)


def average_price(order: Order, case: Case = Case.EXPECTED) -> float:
    """Return the average price of what is matched, by size, before any reduction; 0 where nothing is."""
    size = sum(fill.amounts[case] for fill in order.fills)
    if not size:
        return 0.0
    paid = sum((Fraction(fill.price) * fill.amounts[case] for fill in order.fills), Fraction())
    return float(paid / size)


def one_cancelled(instruction: CancelInstruction, pennies: int, now: int) -> CancelInstructionReport:
    """Return the answer to a cancellation; Betfair leaves out the date of a partial one."""
    date = iso_second(now) if instruction.size_reduction is None else None
    return CancelInstructionReport(
        status=_DONE, size_cancelled=pennies / 100, instruction=instruction, cancelled_date=date
    )


def not_cancelled(instruction: CancelInstruction, code: Code) -> CancelInstructionReport:
    """Return the answer to a cancellation that is refused."""
    return CancelInstructionReport(
        status=_FAILED, size_cancelled=0.0, instruction=instruction, error_code=code
    )


def cancelled(request: CancelOrders, answers: Sequence[CancelInstructionReport]) -> CancelExecutionReport:
    """Return the answer to cancellations."""
    status, code = _overall([each.status for each in answers])
    return CancelExecutionReport(
        status=status,
        instruction_reports=tuple(answers),
        market_id=request.market_id,
        customer_ref=request.customer_ref,
        error_code=code,
    )


Cancelled: TypeAlias = CancelInstructionReport | tuple[Order, CancelInstructionReport]
"""The cancel part of a replacement: why it failed, or the new order with what was cancelled for it."""


def replaced(
    request: ReplaceOrders,
    cancelled: Sequence[Cancelled],
    orders: Mapping[str, Order],
    codes: Sequence[Code] = (),
) -> ReplaceExecutionReport:
    """
    Return the answer to replacements.

    Args:
        request: To replace bets.
        cancelled: What became of the cancel part of each.
        orders: The account's, by bet id.
        codes: Why the new orders were not placed, one for each of them; empty if they were.
    """
    remaining_codes = iter(codes)
    answers = [
        not_replaced(instruction, each, Code.RELATED_ACTION_FAILED, orders.get(instruction.bet_id))
        if isinstance(each, CancelInstructionReport)
        else _one_replaced(*each, next(remaining_codes, None))
        for instruction, each in zip(request.instructions, cancelled, strict=True)
    ]
    status, code = _overall([each.status for each in answers])
    return ReplaceExecutionReport(
        status=status,
        market_id=request.market_id,
        instruction_reports=tuple(answers),
        customer_ref=request.customer_ref,
        error_code=code,
    )


def not_replaced(
    instruction: ReplaceInstruction, cancel: CancelInstructionReport, code: Code, old: Order | None = None
) -> ReplaceInstructionReport:
    """
    Return the answer to a replacement whose bet was not cancelled: clients expect both parts, always.

    Args:
        instruction: To replace the bet.
        cancel: Why it was not cancelled.
        code: Why nothing was placed.
        old: The bet; None for one that nobody knows, whose place part names selection 0.
    """
    new = PlaceInstruction(
        order_type=OrderType.LIMIT,
        selection_id=0,
        side=Side.BACK,
        limit_order=LimitOrder(price=instruction.new_price, size=0.0),
    )
    if old is not None:
        new = instruction_of(old, instruction.new_price)
    return ReplaceInstructionReport(
        status=_FAILED,
        error_code=cancel.error_code,
        cancel_instruction_report=cancel,
        place_instruction_report=PlaceInstructionReport(status=_FAILED, instruction=new, error_code=code),
    )


def _one_replaced(
    order: Order, cancel: CancelInstructionReport, code: Code | None
) -> ReplaceInstructionReport:
    """Return what became of a replacement whose bet was cancelled: its new order was placed, or was not."""
    instruction = instruction_of(order)
    if code is not None:
        placed_report = PlaceInstructionReport(status=_FAILED, instruction=instruction, error_code=code)
    else:
        placed_report = _one_placed(order, instruction)
    is_placed = code is None and order.error_code is None
    return ReplaceInstructionReport(
        status=_DONE if is_placed else _FAILED,
        error_code=None if is_placed else Code.CANCELLED_NOT_PLACED,
        cancel_instruction_report=cancel,
        place_instruction_report=placed_report,
    )


def updated(request: UpdateOrders, answers: Sequence[UpdateInstructionReport]) -> UpdateExecutionReport:
    """Return the answer to updates."""
    status, code = _overall([each.status for each in answers])
    if code is not None and all(each.error_code == Code.NO_ACTION_REQUIRED for each in answers):
        code = Whole.NO_CHANGE
    return UpdateExecutionReport(
        status=status,
        market_id=request.market_id,
        instruction_reports=tuple(answers),
        customer_ref=request.customer_ref,
        error_code=code,
    )


def _overall(statuses: Sequence[str]) -> tuple[ExecutionReportStatus, Whole | None]:
    """Return how a request ended whose instructions stand on their own."""
    failed = sum(status == _FAILED for status in statuses)
    if not failed:
        return ExecutionReportStatus.SUCCESS, None
    if failed == len(statuses):
        return ExecutionReportStatus.FAILURE, Whole.BET_ACTION_ERROR
    return ExecutionReportStatus.PROCESSED_WITH_ERRORS, Whole.PROCESSED_WITH_ERRORS


def instruction_of(order: Order, new_price: float | None = None) -> PlaceInstruction:
    """Return the instruction that would place an order, at another price if one is given."""
    size = order.size[Case.EXPECTED] / 100
    liability = order.liability[Case.EXPECTED] / 100
    price = order.price or 0.0 if new_price is None else new_price
    kind = order.order_type
    return PlaceInstruction(
        order_type=kind,
        selection_id=order.runner.selection_id,
        side=order.side,
        handicap=float(order.runner.handicap),
        limit_order=LimitOrder(price=price, size=size, persistence_type=order.persistence_type)
        if kind is OrderType.LIMIT
        else None,
        limit_on_close_order=LimitOnCloseOrder(liability=liability, price=price)
        if kind is OrderType.LIMIT_ON_CLOSE
        else None,
        market_on_close_order=MarketOnCloseOrder(liability=liability)
        if kind is OrderType.MARKET_ON_CLOSE
        else None,
        customer_order_ref=order.customer_order_ref or None,
    )
