"""
Whether an instruction is valid: Betfair's error codes, each where it applies.

Pure checks of one instruction against what is known of the market when it arrives.

Source: "Betting Enums" (InstructionReportErrorCode), "placeOrders", "Additional Information" (minimum sizes),
Betfair's announcement of INVALID_PROFIT_RATIO.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from betflow.exchange.assumptions import Assumptions, FillOrKillPersistence, ProfitRatio
from betflow.exchange.currencies import Minimums
from betflow.exchange.money import MoneyError, Number, Rounding, exact, money, round_profit
from betflow.exchange.prices import Ladder, PriceError
from betflow.wire.betting import LimitOrder, PlaceInstruction
from betflow.wire.enums import (
    BetDelayModel,
    BetTargetType,
    InstructionReportErrorCode,
    LadderType,
    OrderType,
    PersistenceType,
    RunnerStatus,
    Side,
    TimeInForce,
)
from betflow.wire.stream import MarketDefinition

Code = InstructionReportErrorCode

LONGEST_ORDER_REF: Final = 32
LONGEST_STRATEGY_REF: Final = 15
_LOWEST_RATIO: Final = Fraction(80, 100)
_HIGHEST_RATIO: Final = Fraction(125, 100)
_SURE_PROFIT: Final = 1.0
"""From here on, half a penny more or less is nothing; how exactly it is worked out does not matter."""
_MORE_THAN_THERE_IS: Final = Decimal(10) ** 11
_LINE_PAYOUT: Final = Decimal(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What an instruction is checked against.

    Attributes:
        definition: The market's, as it is now.
        ladder: Its ladder.
        runner_status: The runner's status; None where the market has no such runner.
        minimums: The least that can be bet.
        assumptions: What decides where Betfair is unclear.
    """

    definition: MarketDefinition
    ladder: Ladder
    runner_status: str | None
    minimums: Minimums
    assumptions: Assumptions


def error_in(instruction: PlaceInstruction, strategy: str, terms: Terms) -> Code | None:
    """Return why an instruction to place a bet is invalid; None if it is valid."""
    return (
        _error_in_refs(instruction.customer_order_ref or "", strategy)
        or _error_in_runner(terms.runner_status)
        or _error_in_order(instruction, terms)
    )


def _error_in_refs(order_ref: str, strategy: str) -> Code | None:
    if len(order_ref) > LONGEST_ORDER_REF:
        return Code.INVALID_CUSTOMER_ORDER_REF
    return Code.INVALID_CUSTOMER_STRATEGY_REF if len(strategy) > LONGEST_STRATEGY_REF else None


def _error_in_runner(status: str | None) -> Code | None:
    if status == RunnerStatus.REMOVED:
        return Code.RUNNER_REMOVED
    return None if status == RunnerStatus.ACTIVE else Code.INVALID_RUNNER


def _error_in_order(instruction: PlaceInstruction, terms: Terms) -> Code | None:
    """Check the part that the order type names; exactly that one has to be there."""
    parts = {
        OrderType.LIMIT: instruction.limit_order,
        OrderType.LIMIT_ON_CLOSE: instruction.limit_on_close_order,
        OrderType.MARKET_ON_CLOSE: instruction.market_on_close_order,
    }
    if [kind for kind, part in parts.items() if part is not None] != [instruction.order_type]:
        return Code.INVALID_ORDER_TYPE
    if instruction.limit_order is not None:
        return _error_in_limit(instruction.limit_order, terms)
    on_close = instruction.limit_on_close_order or instruction.market_on_close_order
    price = instruction.limit_on_close_order.price if instruction.limit_on_close_order else None
    return _error_on_close(instruction.side, on_close.liability if on_close else 0, price, terms)


def error_in_persistence(persistence: PersistenceType, definition: MarketDefinition) -> Code | None:
    """Return why a LIMIT order may not have a persistence type in a market; None if it may."""
    if persistence is PersistenceType.PERSIST:
        never_in_play = definition.turn_in_play_enabled is False or definition.persistence_enabled is False
        if never_in_play or BetDelayModel.PASSIVE in (definition.bet_delay_models or ()):
            return Code.INVALID_PERSISTENCE_TYPE
    if persistence is PersistenceType.MARKET_ON_CLOSE and not takes_starting_price(definition):
        return Code.INVALID_PERSISTENCE_TYPE
    return None


def takes_starting_price(definition: MarketDefinition) -> bool:
    """Say whether a market still takes orders at the starting price: before it is reconciled or in play."""
    return bool(definition.bsp_market) and not definition.bsp_reconciled and not definition.in_play


def error_in_price(price: float, ladder: Ladder) -> Code | None:
    """Return INVALID_ODDS where a price is not on the ladder."""
    try:
        return None if ladder.is_on(price) else Code.INVALID_ODDS
    except PriceError:
        return Code.INVALID_ODDS


def _error_in_limit(order: LimitOrder, terms: Terms) -> Code | None:
    kills = order.time_in_force is TimeInForce.FILL_OR_KILL
    persistence = order.persistence_type or PersistenceType.LAPSE
    if kills and persistence is not PersistenceType.LAPSE:
        if terms.assumptions.fill_or_kill_persistence is FillOrKillPersistence.REFUSED:
            return Code.UNEXPECTED_PERSISTENCE_TYPE
        persistence = PersistenceType.LAPSE
    if order.min_fill_size is not None and not kills:
        return Code.UNEXPECTED_MIN_FILL_SIZE
    return (
        error_in_price(order.price, terms.ladder)
        or error_in_persistence(persistence, terms.definition)
        or _error_in_size(order, terms)
        or _error_in_minimum_fill(order, terms)
        or _error_in_ratio(order, terms)
    )


def _error_in_size(order: LimitOrder, terms: Terms) -> Code | None:
    """Check the size: exact to the penny, and not below the minimum unless it pays out enough."""
    is_line = terms.ladder.type is LadderType.LINE_RANGE
    if (order.size is None) == (order.bet_target_size is None):
        return Code.INVALID_BET_SIZE
    if (order.bet_target_size is None) != (order.bet_target_type is None):
        return Code.INVALID_BET_SIZE
    if order.bet_target_size is not None and is_line:
        return Code.INVALID_BET_SIZE
    amount = _amount(order.size if order.size is not None else order.bet_target_size)
    if amount is None:
        return Code.INVALID_BET_SIZE
    if order.size is not None and amount >= terms.minimums.size:
        return None
    price = _LINE_PAYOUT if is_line else exact(order.price)
    size, payout = Fraction(amount), Fraction(amount) * Fraction(price)
    if order.bet_target_type is BetTargetType.PAYOUT:
        size, payout = size / Fraction(price), size
    elif order.bet_target_type is BetTargetType.BACKERS_PROFIT:
        size = size / (Fraction(price) - 1)
        payout = size * Fraction(price)
    is_enough = size >= terms.minimums.size or payout >= terms.minimums.payout
    return None if is_enough else Code.INVALID_BET_SIZE


def _error_in_minimum_fill(order: LimitOrder, terms: Terms) -> Code | None:
    if order.min_fill_size is None:
        return None
    least = _amount(order.min_fill_size)
    if least is None or least < terms.minimums.size or (order.size is not None and least > exact(order.size)):
        return Code.INVALID_MIN_FILL_SIZE
    return None


def _error_in_ratio(order: LimitOrder, terms: Terms) -> Code | None:
    """Check what is left of the profit after it is rounded to the penny."""
    is_unchecked = terms.assumptions.profit_ratio is ProfitRatio.NOT_CHECKED
    if is_unchecked or order.size is None or terms.ladder.type is LadderType.LINE_RANGE:
        return None
    if order.size * (order.price - 1) >= _SURE_PROFIT:
        return None
    profit = Fraction(exact(order.size)) * (Fraction(exact(order.price)) - 1)
    ratio = Fraction(round_profit(profit, Rounding.HALF_UP)) / profit
    return None if _LOWEST_RATIO <= ratio <= _HIGHEST_RATIO else Code.INVALID_PROFIT_RATIO


def _error_on_close(side: Side, liability: float, price: float | None, terms: Terms) -> Code | None:
    """Check an order at the starting price; what a back can lose is its stake."""
    if not takes_starting_price(terms.definition):
        return Code.MARKET_NOT_OPEN_FOR_BSP_BETTING
    if price is not None and error_in_price(price, terms.ladder):
        return Code.INVALID_ODDS
    amount = _amount(liability)
    least = terms.minimums.size if side is Side.BACK else terms.minimums.liability
    return Code.INVALID_BET_SIZE if amount is None or amount < least else None


def _amount(number: Number | None) -> Decimal | None:
    """Return an amount that can be bet: positive, exact to the penny, and conceivable; None for any other."""
    try:
        amount = money(number if number is not None else 0)
    except MoneyError:
        return None
    return amount if 0 < amount < _MORE_THAN_THERE_IS else None
