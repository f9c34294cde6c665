"""Why a request is refused as a whole, whatever its instructions."""

from decimal import Decimal
from math import inf
from typing import Final

from betflow.exchange.bets import RunnerKey
from betflow.exchange.matching.known_market import KnownMarket
from betflow.exchange.money import MoneyError, exact
from betflow.wire.betting import (
    CancelOrders,
    OrderRequest,
    PlaceInstruction,
    PlaceOrders,
    ReplaceOrders,
    UpdateOrders,
)
from betflow.wire.enums import ExecutionReportErrorCode, InstructionReportErrorCode, MarketStatus, Side

Whole = ExecutionReportErrorCode
Code = InstructionReportErrorCode

MOST_PLACED: Final = 200
MOST_CHANGED: Final = 60
"""How many instructions one request may have: to place, and to cancel, replace or update."""
LONGEST_VERSION: Final = 10**12
_SAME_REF_MS: Final = 60_000
_NO_HANDICAP: Final = Decimal(10**9)


class CustomerRefs:
    """The customer references of requests: the same one within 60 seconds is the same request."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def is_repeated(self, customer_ref: str, now: int) -> bool:
        """Say whether a reference came within 60 seconds before now; remember it if not."""
        last = self._seen.get(customer_ref)
        if last is not None and now - last < _SAME_REF_MS:
            return True
        self._seen[customer_ref] = now
        return False


def refusal_by_form(request: OrderRequest) -> Whole | None:
    """Return why the instructions of a request cannot be, whatever the market."""
    instructions = request.instructions
    if instructions is None:
        return None
    if len(instructions) > (MOST_PLACED if isinstance(request, PlaceOrders) else MOST_CHANGED):
        return Whole.TOO_MANY_INSTRUCTIONS
    if not instructions:
        return None if isinstance(request, CancelOrders) else Whole.INVALID_ORDER
    bet_ids = [] if isinstance(request, PlaceOrders) else [each.bet_id for each in request.instructions or ()]
    return Whole.DUPLICATE_BETIDS if len(set(bet_ids)) < len(bet_ids) else None


def refusal_by_market(request: OrderRequest, market: KnownMarket) -> Whole | None:
    """Return why the market does not take a request. Bets may be cancelled while it is suspended."""
    version = request.market_version if isinstance(request, PlaceOrders | ReplaceOrders) else None
    if version is not None and not 0 <= version.version < LONGEST_VERSION:
        return Whole.INVALID_MARKET_VERSION
    status = market.definition.status if market.definition is not None else None
    if status == MarketStatus.SUSPENDED:
        return None if isinstance(request, CancelOrders | UpdateOrders) else Whole.MARKET_SUSPENDED
    return None if status == MarketStatus.OPEN else Whole.MARKET_NOT_OPEN_FOR_BETTING


def errors_by_combination(request: PlaceOrders) -> list[Code | None]:
    """Return INVALID_BACK_LAY_COMBINATION for instructions of one request that would match each other."""
    backs: dict[RunnerKey, float] = {}
    for each in request.instructions:
        if each.side is Side.BACK and each.limit_order is not None:
            runner = runner_of(each)
            backs[runner] = min(backs.get(runner, inf), each.limit_order.price)
    lays = {
        runner_of(each)
        for each in request.instructions
        if each.side is Side.LAY
        and each.limit_order is not None
        and each.limit_order.price >= backs.get(runner_of(each), inf)
    }
    return [
        Code.INVALID_BACK_LAY_COMBINATION
        if each.limit_order is not None and runner_of(each) in lays
        else None
        for each in request.instructions
    ]


def runner_of(instruction: PlaceInstruction) -> RunnerKey:
    """Return the runner that an instruction is about; a handicap that is no number is of none there is."""
    try:
        handicap = exact(instruction.handicap or 0)
    except MoneyError:
        handicap = _NO_HANDICAP
    return RunnerKey(instruction.selection_id, handicap)
