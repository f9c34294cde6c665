"""Instructions as requests to the exchange, and what its answers say of each of them."""

from dataclasses import dataclass
from typing import Final

import msgspec

from betflow.errors import UsageError
from betflow.trading.strategy import Instruction, Refusal
from betflow.wire.betting import (
    CancelExecutionReport,
    CancelInstruction,
    CancelOrders,
    ExecutionReport,
    OrderRequest,
    PlaceExecutionReport,
    PlaceInstruction,
    PlaceOrders,
    ReplaceExecutionReport,
    ReplaceInstruction,
    ReplaceInstructionReport,
    ReplaceOrders,
    UpdateExecutionReport,
    UpdateInstruction,
    UpdateOrders,
)
from betflow.wire.enums import InstructionReportErrorCode

LONGEST_STRATEGY_REF: Final = 15
"""What Betfair takes as a customerStrategyRef, in characters."""


@dataclass(frozen=True, slots=True)
class Latency:
    """
    How long an instruction takes to reach the exchange, in milliseconds; the bet delay comes on top.

    Raises:
        UsageError: if one is negative.
    """

    place: int = 120
    cancel: int = 170
    update: int = 150
    replace: int = 280

    def __post_init__(self) -> None:
        for name in ("place", "cancel", "update", "replace"):
            if getattr(self, name) < 0:
                raise UsageError(
                    f"the latency {name} is {getattr(self, name)} ms; expected 0 or more.",
                    advice="An instruction cannot arrive before it was decided.",
                )

    def of(self, request: OrderRequest) -> int:
        """Return how long a request takes."""
        match request:
            case PlaceOrders():
                return self.place
            case CancelOrders():
                return self.cancel
            case UpdateOrders():
                return self.update
            case ReplaceOrders():
                return self.replace


def request_of(instruction: Instruction, market_id: str, strategy: str) -> OrderRequest | Refusal:
    """
    Return an instruction as a request of its own; a request as it is, but for who asks.

    Args:
        instruction: What a strategy asks for.
        market_id: The market that it sees.
        strategy: Its name; the exchange gets the first 15 characters.

    Raises:
        UsageError: if it is no instruction, or for another market.
    """
    match instruction:
        case PlaceInstruction():
            return PlaceOrders(
                market_id=market_id,
                instructions=(instruction,),
                customer_strategy_ref=strategy_ref(strategy),
            )
        case CancelInstruction():
            return CancelOrders(market_id=market_id, instructions=(instruction,))
        case ReplaceInstruction():
            return ReplaceOrders(market_id=market_id, instructions=(instruction,))
        case UpdateInstruction():
            return UpdateOrders(market_id=market_id, instructions=(instruction,))
        case PlaceOrders() | CancelOrders() | ReplaceOrders() | UpdateOrders():
            return _checked(instruction, market_id, strategy)
        case Refusal():
            _checked(instruction.request, market_id, strategy)
            return instruction
    raise UsageError(
        f"strategy {strategy} asked for {instruction!r}, which is no instruction.",
        advice="Return what the market's methods give: back, lay, cancel, replace, update.",
    )


def _checked(request: OrderRequest, market_id: str, strategy: str) -> OrderRequest:
    if request.market_id != market_id:
        raise UsageError(
            f"strategy {strategy} sent a request for market {request.market_id} from market {market_id}.",
            advice="Ask for orders in the market that the hook was called with.",
        )
    if isinstance(request, CancelOrders) and request.instructions == ():
        raise UsageError(
            f"strategy {strategy} asked to cancel no bet, which Betfair reads as all of the market.",
            advice="Name the bets; to cancel all of the market, leave the instructions out.",
        )
    if isinstance(request, PlaceOrders) and request.customer_strategy_ref is None:
        return msgspec.structs.replace(request, customer_strategy_ref=strategy_ref(strategy))
    return request


def strategy_ref(name: str) -> str:
    """Return what the exchange knows a strategy by: the first 15 characters of its name."""
    return name[:LONGEST_STRATEGY_REF]


def changed_bets(request: OrderRequest) -> list[str]:
    """Return the bets that a request names to be cancelled, replaced or updated."""
    if isinstance(request, PlaceOrders):
        return []
    return [each.bet_id for each in request.instructions or ()]


def not_placed(report: PlaceExecutionReport) -> list[str | None]:
    """
    Return why each order was refused; None where it was not, or what it is about is an order by now.

    An order that is only refused because something else in the request is wrong (ERROR_IN_ORDER) says what is
    wrong with the request.
    """
    return [_code(each.error_code, report.error_code) for each in report.instruction_reports]


def not_changed(request: OrderRequest, report: ExecutionReport) -> list[tuple[str, str]]:
    """
    Return the bets that were not cancelled, replaced or updated, and why.

    Where a replaced bet was cancelled and not placed again, why it was not placed. A request that names no
    bets and is refused has one entry, without a bet.
    """
    match report:
        case PlaceExecutionReport():
            return []
        case CancelExecutionReport() | UpdateExecutionReport():
            codes: list[str | None] = [each.error_code for each in report.instruction_reports]
        case ReplaceExecutionReport():
            codes = [_why_not_replaced(each) for each in report.instruction_reports]
    bets = changed_bets(request)
    if not bets:
        return [("", report.error_code)] if report.error_code else []
    pairs = zip(bets, codes, strict=True)
    return [(bet_id, code) for bet_id, own in pairs if (code := _code(own, report.error_code))]


def _code(own: str | None, whole: str | None) -> str | None:
    return whole if own == InstructionReportErrorCode.ERROR_IN_ORDER and whole else own


def _why_not_replaced(report: ReplaceInstructionReport) -> str | None:
    """Return why a bet was not cancelled, or nothing placed for it; the second follows from the first."""
    parts = (report.cancel_instruction_report, report.place_instruction_report)
    if parts == (None, None):
        return report.error_code
    return next((part.error_code for part in parts if part is not None and part.error_code), None)
