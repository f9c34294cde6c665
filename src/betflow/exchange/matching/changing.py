"""Changing orders that were placed: cancel, replace, update."""

from typing import TypeAlias

from betflow.exchange.matching import reports
from betflow.exchange.matching.floor import Floor
from betflow.exchange.matching.funds import Funds
from betflow.exchange.matching.orders import Case, Order, Rule
from betflow.exchange.matching.placing import Placing, pennies
from betflow.exchange.matching.validation import error_in_persistence, error_in_price, takes_starting_price
from betflow.exchange.money import MoneyError
from betflow.wire.betting import (
    CancelInstruction,
    CancelInstructionReport,
    CancelOrders,
    ReplaceInstruction,
    ReplaceOrders,
    UpdateInstruction,
    UpdateInstructionReport,
    UpdateOrders,
)
from betflow.wire.enums import InstructionReportErrorCode, InstructionReportStatus, OrderType

Code = InstructionReportErrorCode

_Replacement: TypeAlias = tuple[Order, CancelInstructionReport]
"""The new order, without a bet id, and what was cancelled for it."""


class Changing:
    """
    Takes requests to cancel, replace and update orders.

    Args:
        floor: Where they are.
        funds: What replacements may cost.
        placing: Places replacements.
    """

    __slots__ = ("_floor", "_funds", "_placing")

    def __init__(self, floor: Floor, funds: Funds, placing: Placing) -> None:
        self._floor = floor
        self._funds = funds
        self._placing = placing

    # Cancelling.

    def cancel(self, ticket: int, request: CancelOrders) -> None:
        """Cancel bets: those that are named, all in a market, or all there are; an empty list names none."""
        instructions = request.instructions or self._all_that_can_be_cancelled(request.market_id)
        answered = [self._cancel_one(each, request.market_id) for each in instructions]
        is_account_level = request.market_id is None and not request.instructions
        self._floor.answer(ticket, reports.cancelled(request, () if is_account_level else answered))

    def _all_that_can_be_cancelled(self, market_id: str | None) -> tuple[CancelInstruction, ...]:
        markets = self._floor.markets
        return tuple(
            CancelInstruction(bet_id=order.bet_id)
            for market in ([markets[market_id]] if market_id else markets.values())
            for order in market.ours.all.values()
            if market.can_be_cancelled(order)
        )

    def _cancel_one(self, instruction: CancelInstruction, market_id: str | None) -> CancelInstructionReport:
        order, code = self._floor.find(instruction.bet_id, market_id)
        reduction = None
        if instruction.size_reduction is not None:
            try:
                reduction = pennies(instruction.size_reduction)
            except MoneyError:
                reduction = 0
            code = code or (Code.INVALID_BET_SIZE if reduction <= 0 else None)
        if order is None or code is not None:
            return reports.not_cancelled(instruction, code or Code.INVALID_BET_ID)
        return self._cancelled(order, instruction, reduction, Rule.CANCEL)

    def _cancelled(
        self, order: Order, instruction: CancelInstruction, reduction: int | None, rule: Rule
    ) -> CancelInstructionReport:
        """Cancel what is left of an order; where it was matched as expected, what the other cases left."""
        market = self._floor.market(order.market_id)
        is_taken = not order.remaining[Case.EXPECTED]
        amounts = market.cancel(order, reduction, rule)
        self._floor.take_events(market)
        if is_taken:
            return reports.not_cancelled(instruction, Code.BET_TAKEN_OR_LAPSED)
        return reports.one_cancelled(instruction, amounts[Case.EXPECTED], self._floor.now)

    # Replacing.

    def replace(self, ticket: int, request: ReplaceOrders) -> None:
        """Cancel all bets first, then place all the new ones that are valid, each for what was left."""
        floor = self._floor
        market = floor.market(request.market_id)
        version = request.market_version.version if request.market_version else None
        is_stale = version is not None and version < market.material_version
        cancelled = [self._cancel_for_replacing(each, request.market_id) for each in request.instructions]
        orders = [each[0] for each in cancelled if not isinstance(each, CancelInstructionReport)]
        codes = [
            Code.BET_TAKEN_OR_LAPSED if is_stale else error_in_price(order.price or 0.0, market.known.ladder)
            for order in orders
        ]
        if not any(codes) and not self._funds.allow(orders, floor.markets):
            codes = [Code.INSUFFICIENT_FUNDS for _ in orders]
        if any(codes) or not orders:
            failed = [each or Code.ERROR_IN_ORDER for each in codes]
            floor.answer(ticket, reports.replaced(request, cancelled, floor.orders, failed))
            return
        for order in orders:
            floor.give_bet_id(order)
        self._placing.execute(
            market,
            orders,
            lambda _: floor.answer(ticket, reports.replaced(request, cancelled, floor.orders)),
        )

    def _cancel_for_replacing(
        self, instruction: ReplaceInstruction, market_id: str
    ) -> CancelInstructionReport | _Replacement:
        """Cancel what is left of a bet; return the new order, or why there is none."""
        cancel = CancelInstruction(bet_id=instruction.bet_id)
        old, code = self._floor.find(instruction.bet_id, market_id)
        is_taken_or_lapsed = code is Code.BET_TAKEN_OR_LAPSED
        if old is not None and is_taken_or_lapsed and old.order_type is OrderType.LIMIT_ON_CLOSE:
            return self._edit_limit_on_close(instruction, old)
        if old is None or code is not None:
            return reports.not_cancelled(cancel, code or Code.INVALID_BET_ID)
        left = list(old.remaining)
        report = self._cancelled(old, cancel, None, Rule.REPLACE)
        if report.error_code is not None:
            return report
        new = _successor(old, instruction.new_price)
        new.persistence_type = old.persistence_type
        new.size, new.remaining = list(left), list(left)
        return new, report

    def _edit_limit_on_close(
        self, instruction: ReplaceInstruction, old: Order
    ) -> CancelInstructionReport | _Replacement:
        """Take a LIMIT_ON_CLOSE order back for one with another limit: lower for a back, higher for a lay."""
        cancel = CancelInstruction(bet_id=old.bet_id)
        market = self._floor.market(old.market_id)
        if not market.waits_for_starting_price(old):
            return reports.not_cancelled(cancel, Code.BET_TAKEN_OR_LAPSED)
        if not takes_starting_price(market.known.terms):
            return reports.not_cancelled(cancel, Code.MARKET_NOT_OPEN_FOR_BSP_BETTING)
        if (instruction.new_price - (old.price or 0)) * old.side.sign > 0:
            return reports.not_cancelled(cancel, Code.INVALID_PRICE_EDIT)
        new = _successor(old, instruction.new_price)
        new.liability = list(old.liability)
        market.withdraw(old)
        self._floor.take_events(market)
        return new, reports.one_cancelled(cancel, new.liability[Case.EXPECTED], self._floor.now)

    # Updating.

    def update(self, ticket: int, request: UpdateOrders) -> None:
        """Change what orders do at the turn in play."""
        answered = [self._update_one(each, request.market_id) for each in request.instructions]
        self._floor.answer(ticket, reports.updated(request, answered))

    def _update_one(self, instruction: UpdateInstruction, market_id: str) -> UpdateInstructionReport:
        market = self._floor.market(market_id)
        order, code = self._floor.find(instruction.bet_id, market_id)
        persistence = instruction.new_persistence_type
        if order is not None and code is None:
            if not order.remaining[Case.EXPECTED]:
                code = Code.BET_TAKEN_OR_LAPSED
            elif order.persistence_type is persistence:
                code = Code.NO_ACTION_REQUIRED
            else:
                code = error_in_persistence(persistence, market.known.terms)
        if order is None or code is not None:
            return UpdateInstructionReport(
                status=InstructionReportStatus.FAILURE, instruction=instruction, error_code=code
            )
        market.update(order, persistence)
        self._floor.take_events(market)
        return UpdateInstructionReport(status=InstructionReportStatus.SUCCESS, instruction=instruction)


def _successor(old: Order, price: float) -> Order:
    """Make an order in the place of another, at another price."""
    return Order(
        bet_id="",
        market_id=old.market_id,
        runner=old.runner,
        side=old.side,
        order_type=old.order_type,
        price=price,
        customer_order_ref=old.customer_order_ref,
        strategy=old.strategy,
        replaces=old.bet_id,
    )
