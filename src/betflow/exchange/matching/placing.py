"""Placing orders: from a request to what the market does with them, over the bet delay where there is one."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from betflow.exchange.matching import reports
from betflow.exchange.matching.floor import Floor
from betflow.exchange.matching.funds import Funds
from betflow.exchange.matching.market import MarketMatching
from betflow.exchange.matching.orders import Order, Rule
from betflow.exchange.matching.refusals import errors_by_combination, runner_of
from betflow.exchange.matching.validation import Terms, error_in
from betflow.exchange.money import money
from betflow.wire.betting import LimitOrder, PlaceInstruction, PlaceOrders
from betflow.wire.enums import (
    BetDelayModel,
    ExecutionReportErrorCode,
    InstructionReportErrorCode,
    OrderType,
    PersistenceType,
    RunnerStatus,
)

Whole = ExecutionReportErrorCode
Code = InstructionReportErrorCode


class Placing:
    """
    Takes requests to place orders.

    Args:
        floor: Where they are placed.
        funds: What they may cost.
    """

    __slots__ = ("_floor", "_funds")

    def __init__(self, floor: Floor, funds: Funds) -> None:
        self._floor = floor
        self._funds = funds

    def place(self, ticket: int, request: PlaceOrders) -> None:
        """Place the orders of a request: all of them, or none where one is invalid."""
        floor = self._floor
        market = floor.market(request.market_id)
        strategy = request.customer_strategy_ref or ""
        codes = self._errors(request, strategy, market)
        if any(codes):
            floor.answer(ticket, reports.not_placed(request, codes))
            floor.tell_refused(request, next(code for code in codes if code))
            return
        orders = [_order(each, request.market_id, strategy) for each in request.instructions]
        version = request.market_version.version if request.market_version else None
        if version is not None and version < market.material_version:
            self._refuse(market, orders, Rule.REFUSED, Code.BET_TAKEN_OR_LAPSED)
            floor.answer(ticket, reports.placed(request, orders, Whole.BET_ACTION_ERROR))
            return
        if not self._funds.allow(orders, floor.markets):
            floor.answer(ticket, reports.refused(request, Whole.INSUFFICIENT_FUNDS))
            floor.tell_refused(request, Whole.INSUFFICIENT_FUNDS)
            return
        for order in orders:
            floor.give_bet_id(order)
        self.execute(market, orders, lambda code: floor.answer(ticket, reports.placed(request, orders, code)))

    def execute(
        self, market: MarketMatching, orders: Sequence[Order], answer: Callable[[Whole | None], None]
    ) -> None:
        """Place valid orders: at once, or after the bet delay those that have to wait."""
        floor, terms = self._floor, market.known.terms
        delay = (terms.bet_delay or 0) if terms.in_play else 0
        passive = BetDelayModel.PASSIVE in (terms.bet_delay_models or ())
        waiting: list[Order] = []
        for order in orders:
            if delay and not (passive and _is_plain(order) and not market.would_match(order)):
                market.wait(order, delay)
                waiting.append(order)
            else:
                self._put(market, order, Rule.PASSIVE_DELAY if delay else Rule.ARRIVED)
        floor.take_events(market)
        if not waiting:
            answer(_failure(orders))
            return

        def act() -> None:
            market.known.now = floor.now
            for order in waiting:
                self._put(market, order, Rule.ARRIVED)
            floor.take_events(market)
            answer(_failure(orders))

        def lapse() -> None:
            self._refuse(market, waiting, Rule.SUSPENDED_WHILE_WAITING, Code.BET_TAKEN_OR_LAPSED)
            answer(_failure(orders))

        floor.agenda.schedule(floor.now + delay * 1000, market.known.book.market_id, act, lapse)

    def _errors(self, request: PlaceOrders, strategy: str, market: MarketMatching) -> list[Code | None]:
        """Return why each instruction is invalid; None for those that are valid."""
        known = market.known
        ladder, definition = known.ladder, known.terms
        codes: list[Code | None] = []
        for instruction in request.instructions:
            book = known.runner(runner_of(instruction))
            terms = Terms(
                definition=definition,
                ladder=ladder,
                runner_status=book.status if book is not None else None,
                minimums=self._floor.minimums,
                assumptions=self._floor.assumptions,
            )
            codes.append(error_in(instruction, strategy, terms))
        combined = errors_by_combination(request)
        return [code or other for code, other in zip(codes, combined, strict=True)]

    def _put(self, market: MarketMatching, order: Order, rule: Rule) -> None:
        """Let an order into its market, or refuse it where things have changed since it was sent."""
        is_limit = order.order_type is OrderType.LIMIT
        takes_better = self._floor.account.best_execution or not is_limit
        runner = market.known.runner(order.runner)
        if runner is None or runner.status != RunnerStatus.ACTIVE:  # removed while it waited
            market.refuse(order, Rule.RUNNER_REMOVED, Code.RUNNER_REMOVED)
        elif not takes_better and market.has_better_price(order):
            market.refuse(order, Rule.PRICE_IMPROVEMENT, Code.BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE)
        else:
            market.place(order, rule)

    def _refuse(self, market: MarketMatching, orders: Iterable[Order], rule: Rule, code: Code) -> None:
        for order in orders:
            if not order.bet_id:
                self._floor.give_bet_id(order)
            market.refuse(order, rule, code)
        self._floor.take_events(market)


def pennies(amount: float | None) -> int:
    """Return an amount in pennies, 0 for none; raises MoneyError if it has a third decimal."""
    return int(Fraction(money(amount)) * 100) if amount is not None else 0


def _order(instruction: PlaceInstruction, market_id: str, strategy: str) -> Order:
    """Make an order of a valid instruction; it has no bet id yet."""
    limit, limit_on_close = instruction.limit_order, instruction.limit_on_close_order
    on_close = limit_on_close or instruction.market_on_close_order
    priced = limit or limit_on_close
    order = Order(
        bet_id="",
        market_id=market_id,
        runner=runner_of(instruction),
        side=instruction.side,
        order_type=instruction.order_type,
        price=priced.price if priced is not None else None,
        customer_order_ref=instruction.customer_order_ref or "",
        strategy=strategy,
    )
    if limit is not None:
        _take_terms(order, limit)
    if on_close is not None:
        order.liability = [pennies(on_close.liability)] * 3
    return order


def _take_terms(order: Order, limit: LimitOrder) -> None:
    order.persistence_type = limit.persistence_type or PersistenceType.LAPSE
    order.time_in_force = limit.time_in_force
    order.min_fill_size = pennies(limit.min_fill_size)
    order.bet_target_type = limit.bet_target_type
    order.bet_target_size = pennies(limit.bet_target_size)
    size = pennies(limit.size)
    order.size, order.remaining = [size] * 3, [size] * 3


def _is_plain(order: Order) -> bool:
    """Say whether an order may join the queue without waiting: LIMIT, LAPSE, nothing else asked for."""
    return (
        order.order_type is OrderType.LIMIT
        and order.persistence_type is PersistenceType.LAPSE
        and order.time_in_force is None
        and order.bet_target_type is None
    )


def _failure(orders: Sequence[Order]) -> Whole | None:
    """Return what an answer says of orders of which some lapsed as they came."""
    failed = sum(order.error_code is not None for order in orders)
    if not failed:
        return None
    return Whole.BET_ACTION_ERROR if failed == len(orders) else Whole.PROCESSED_WITH_ERRORS
