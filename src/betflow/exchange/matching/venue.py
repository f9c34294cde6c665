"""
A simulated exchange: takes requests for orders and changes of market books, gives events.

Whoever hosts a `Venue` tells it the time. A request that is submitted acts when it reaches the exchange and,
in play, the market's bet delay is over: on the book as it stands then. So let everything act that is due
(`advance`) before a later message is folded, and show it each change after it was folded (`apply`)::

    for message in messages:
        if venue.due < message.pt:
            events = venue.advance(message.pt - 1)
        for book in books.apply(message):
            events = venue.apply(book)

The same calls give the same events: there is no clock, no randomness and no I/O in it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final, TypeAlias

from betflow.exchange.assumptions import BETFLOW_1, Assumptions
from betflow.exchange.bets import RunnerKey
from betflow.exchange.book import MarketBook
from betflow.exchange.currencies import minimums
from betflow.exchange.matching import funds, reports
from betflow.exchange.matching.market import MarketMatching
from betflow.exchange.matching.orders import Case, EventKind, Order, OrderEvent, Rule
from betflow.exchange.matching.validation import (
    Terms,
    error_in,
    error_in_persistence,
    error_in_price,
    takes_starting_price,
)
from betflow.exchange.money import ZERO, MoneyError, exact, money
from betflow.wire.betting import (
    CancelInstruction,
    CancelInstructionReport,
    CancelOrders,
    ExecutionReport,
    OrderRequest,
    PlaceInstruction,
    PlaceOrders,
    ReplaceInstruction,
    ReplaceOrders,
    UpdateInstruction,
    UpdateInstructionReport,
    UpdateOrders,
)
from betflow.wire.enums import (
    BetDelayModel,
    ExecutionReportErrorCode,
    InstructionReportErrorCode,
    InstructionReportStatus,
    MarketStatus,
    OrderType,
    PersistenceType,
    RunnerStatus,
    Side,
)
from betflow.wire.stream import MarketDefinition

Whole = ExecutionReportErrorCode
Code = InstructionReportErrorCode

MOST_PLACED: Final = 200
MOST_CHANGED: Final = 60
"""How many instructions one request may have: to place, and to cancel, replace or update."""
LONGEST_VERSION: Final = 10**12
_SAME_REF_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    Whose orders they are.

    Attributes:
        currency: Decides the least that can be bet.
        best_execution: Whether a better price than asked for is taken; without it such an order lapses.
        available: What may be lost, over all markets; None for no limit.
    """

    currency: str = "GBP"
    best_execution: bool = True
    available: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """
    The exchange's answer to a request.

    Attributes:
        ticket: What `Venue.submit` gave for it.
        at: When it was answered, epoch milliseconds.
        report: The answer.
    """

    ticket: int
    at: int
    report: ExecutionReport


VenueEvent: TypeAlias = OrderEvent | Executed


@dataclass(order=True, slots=True)
class _Due:
    """Something that acts at a moment; what was submitted first acts first."""

    at: int
    sequence: int
    act: Callable[[], None] = field(compare=False)
    market_id: str = field(compare=False)
    lapse: Callable[[], None] | None = field(compare=False, default=None)
    """What happens instead if the market is suspended before: only to what waits for the bet delay."""


class Venue:
    """
    A simulated exchange with one account.

    Args:
        account: Whose orders they are.
        assumptions: What decides where Betfair's rules are not certain.
        first_bet_id: The number of the first bet.

    Attributes:
        orders: All orders that got a bet id, in the order in which they did.
        due: When the next request acts, epoch milliseconds; infinite while none waits.

    Raises:
        ConfigurationError: if the account's currency is none of Betfair's.
    """

    def __init__(
        self, *, account: Account | None = None, assumptions: Assumptions = BETFLOW_1, first_bet_id: int = 1
    ) -> None:
        self.account = account or Account()
        self.assumptions = assumptions
        self.orders: dict[str, Order] = {}
        self.due: float = inf
        self._minimums = minimums(self.account.currency)
        self._markets: dict[str, MarketMatching] = {}
        self._waiting: list[_Due] = []
        self._events: list[VenueEvent] = []
        self._refs: dict[str, int] = {}
        self._needs: dict[str, tuple[int, Decimal]] = {}
        self._next_bet_id = first_bet_id
        self._tickets = 0
        self._sequence = 0
        self._now = 0

    def submit(self, request: OrderRequest, arrives: int) -> int:
        """
        Take a request that reaches the exchange at a moment.

        Args:
            request: To place, cancel, replace or update orders.
            arrives: Epoch milliseconds; the bet delay comes on top.

        Returns:
            The ticket that its `Executed` will have.
        """
        self._tickets += 1
        ticket = self._tickets
        self._schedule(arrives, request.market_id or "", lambda: self._arrive(ticket, request))
        return ticket

    def advance(self, now: int) -> list[VenueEvent]:
        """Let everything act that is due at or before a moment, in its order, on the books as they stand."""
        while self._waiting and self._waiting[0].at <= now:
            due = heappop(self._waiting)
            self._now = max(self._now, due.at)
            due.act()
        self.due = self._waiting[0].at if self._waiting else inf
        return self._collect()

    def apply(self, book: MarketBook, *, late: bool = False) -> list[VenueEvent]:
        """
        Follow a change of a market, after it was folded into the book.

        Args:
            book: The book; the same object for the same market each time, or its successor.
            late: Betfair says that data may be late or incomplete (status 503).
        """
        market = self._markets.get(book.market_id)
        if market is None:
            market = self._markets[book.market_id] = MarketMatching(book, self.assumptions, self._minimums)
        if book.publish_time > self._now:  # noqa: PLR1730 - a call for every change
            self._now = book.publish_time
        market.book = book
        market.apply(self._now, late=late)
        if self._waiting and not market.is_open:
            self._lapse_waiting(book.market_id)
        if market.events or self._events:
            self._take_events(market)
            return self._collect()
        return []

    def note_loss(self, market_id: str) -> None:
        """Take note that changes of a market may be missing from now on, until an image of it comes."""
        market = self._markets.get(market_id)
        if market is not None:
            market.note_loss()

    def market_orders(self, market_id: str) -> list[Order]:
        """Return all orders in a market, in the order in which they came."""
        market = self._markets.get(market_id)
        return list(market.orders.values()) if market is not None else []

    def removed_at(self, market_id: str) -> dict[RunnerKey, int]:
        """Return when runners of a market were seen to be removed, for `results.market_result`."""
        market = self._markets.get(market_id)
        return dict(market.removed_at) if market is not None else {}

    def definition(self, market_id: str) -> MarketDefinition | None:
        """Return the latest definition of a market; None where none was seen."""
        market = self._markets.get(market_id)
        return market.definition if market is not None else None

    # What is due.

    def _schedule(
        self, at: int, market_id: str, act: Callable[[], None], lapse: Callable[[], None] | None = None
    ) -> None:
        self._sequence += 1
        heappush(self._waiting, _Due(at, self._sequence, act, market_id, lapse))
        self.due = self._waiting[0].at

    def _lapse_waiting(self, market_id: str) -> None:
        """End what waits for the bet delay of a market that is no longer open."""
        lapsing = [due for due in self._waiting if due.market_id == market_id and due.lapse is not None]
        if not lapsing:
            return
        self._waiting = [due for due in self._waiting if due.market_id != market_id or due.lapse is None]
        heapify(self._waiting)
        self.due = self._waiting[0].at if self._waiting else inf
        for due in sorted(lapsing):
            if due.lapse is not None:
                due.lapse()

    def _collect(self) -> list[VenueEvent]:
        events, self._events = self._events, []
        return events

    def _take_events(self, market: MarketMatching) -> None:
        self._events.extend(market.events)
        market.events.clear()

    def _answer(self, ticket: int, report: ExecutionReport) -> None:
        self._events.append(Executed(ticket, self._now, report))

    # Requests.

    def _arrive(self, ticket: int, request: OrderRequest) -> None:
        code = self._refusal(request)
        if code is not None:
            self._answer(ticket, reports.refused(request, code))
            self._tell_refused(request, code)
            return
        match request:
            case PlaceOrders():
                self._place(ticket, request)
            case CancelOrders():
                self._cancel(ticket, request)
            case ReplaceOrders():
                self._replace(ticket, request)
            case UpdateOrders():
                self._update(ticket, request)

    def _refusal(self, request: OrderRequest) -> Whole | None:
        """Return why a request is refused as a whole; None if it is not."""
        form = _refusal_by_form(request)
        if form is not None:
            return form
        if request.customer_ref and self._is_repeated(request.customer_ref):
            return Whole.DUPLICATE_TRANSACTION
        if isinstance(request, CancelOrders) and request.market_id is None:
            return None
        market = self._markets.get(request.market_id or "")
        return Whole.INVALID_MARKET_ID if market is None else _refusal_by_market(request, market)

    def _is_repeated(self, customer_ref: str) -> bool:
        """Say whether the same reference came within 60 seconds; remember it if not."""
        last = self._refs.get(customer_ref)
        if last is not None and self._now - last < _SAME_REF_MS:
            return True
        self._refs[customer_ref] = self._now
        return False

    def _tell_refused(self, request: OrderRequest, code: str) -> None:
        market = self._markets.get(request.market_id or "")
        self._events.append(
            OrderEvent(
                kind=EventKind.REFUSED,
                rule=Rule.REFUSED,
                bet_id="",
                market_id=request.market_id or "",
                at=self._now,
                publish_time=market.book.publish_time if market is not None else 0,
                error_code=code,
            )
        )

    # Placing.

    def _place(self, ticket: int, request: PlaceOrders) -> None:
        market = self._markets[request.market_id]
        market.now = self._now
        strategy = request.customer_strategy_ref or ""
        codes = [
            error_in(each, strategy, self._terms(market, _runner(each))) for each in request.instructions
        ]
        codes = [code or combined for code, combined in zip(codes, _combination_errors(request), strict=True)]
        if any(codes):
            self._answer(ticket, reports.not_placed(request, codes))
            self._tell_refused(request, next(code for code in codes if code))
            return
        orders = [self._order(each, request.market_id, strategy) for each in request.instructions]
        version = request.market_version.version if request.market_version else None
        if version is not None and version < market.material_version:
            self._refuse_orders(market, orders, Rule.REFUSED, Code.BET_TAKEN_OR_LAPSED)
            self._answer(ticket, reports.placed(request, orders, Whole.BET_ACTION_ERROR))
            return
        if not self._can_afford(orders):
            self._answer(ticket, reports.refused(request, Whole.INSUFFICIENT_FUNDS))
            self._tell_refused(request, Whole.INSUFFICIENT_FUNDS)
            return
        for order in orders:
            self._give_bet_id(order)
        self._execute(
            market, orders, lambda code: self._answer(ticket, reports.placed(request, orders, code))
        )

    def _execute(
        self, market: MarketMatching, orders: list[Order], answer: Callable[[Whole | None], None]
    ) -> None:
        """Place valid orders: at once, or after the bet delay those that have to wait."""
        definition = market.definition or MarketDefinition()
        delay = (definition.bet_delay or 0) if definition.in_play else 0
        passive = BetDelayModel.PASSIVE in (definition.bet_delay_models or ())
        waiting: list[Order] = []
        for order in orders:
            if delay and not (passive and _is_plain(order) and not market.would_match(order)):
                market.wait(order, delay)
                waiting.append(order)
            else:
                self._put(market, order, Rule.PASSIVE_DELAY if delay else Rule.ARRIVED)
        if not waiting:
            self._take_events(market)
            answer(_failure(orders))
            return

        def act() -> None:
            market.now = self._now
            for order in waiting:
                self._put(market, order, Rule.ARRIVED)
            self._take_events(market)
            answer(_failure(orders))

        def lapse() -> None:
            self._refuse_orders(market, waiting, Rule.SUSPENDED_WHILE_WAITING, Code.BET_TAKEN_OR_LAPSED)
            answer(_failure(orders))

        self._take_events(market)
        self._schedule(self._now + delay * 1000, market.book.market_id, act, lapse)

    def _put(self, market: MarketMatching, order: Order, rule: Rule) -> None:
        is_limit = order.order_type is OrderType.LIMIT
        runner = market.runner(order.runner)
        if runner is None or runner.status != RunnerStatus.ACTIVE:  # removed while it waited
            market.refuse(order, Rule.RUNNER_REMOVED, Code.RUNNER_REMOVED)
        elif is_limit and not self.account.best_execution and market.has_better_price(order):
            market.refuse(order, Rule.PRICE_IMPROVEMENT, Code.BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE)
        else:
            market.place(order, rule)

    def _refuse_orders(self, market: MarketMatching, orders: Iterable[Order], rule: Rule, code: Code) -> None:
        for order in orders:
            if not order.bet_id:
                self._give_bet_id(order)
            market.refuse(order, rule, code)
        self._take_events(market)

    def _order(self, instruction: PlaceInstruction, market_id: str, strategy: str) -> Order:
        """Make an order of a valid instruction; it has no bet id yet."""
        limit = instruction.limit_order
        on_close = instruction.limit_on_close_order or instruction.market_on_close_order
        on_close_price = instruction.limit_on_close_order.price if instruction.limit_on_close_order else None
        order = Order(
            bet_id="",
            market_id=market_id,
            runner=_runner(instruction),
            side=instruction.side,
            order_type=instruction.order_type,
            price=limit.price if limit is not None else on_close_price,
            customer_order_ref=instruction.customer_order_ref or "",
            strategy=strategy,
        )
        if limit is not None:
            size = _pennies(limit.size) if limit.size is not None else 0
            order.persistence_type = limit.persistence_type or PersistenceType.LAPSE
            order.time_in_force = limit.time_in_force
            order.min_fill_size = _pennies(limit.min_fill_size) if limit.min_fill_size is not None else 0
            order.bet_target_type = limit.bet_target_type
            order.bet_target_size = (
                _pennies(limit.bet_target_size) if limit.bet_target_size is not None else 0
            )
            order.size, order.remaining = [size, size, size], [size, size, size]
        if on_close is not None:
            liability = _pennies(on_close.liability)
            order.liability = [liability, liability, liability]
        return order

    def _give_bet_id(self, order: Order) -> None:
        order.bet_id = str(self._next_bet_id)
        self._next_bet_id += 1
        self.orders[order.bet_id] = order

    def _terms(self, market: MarketMatching, runner: RunnerKey) -> Terms:
        book = market.runner(runner)
        return Terms(
            definition=market.definition or MarketDefinition(),
            ladder=market.ladder,
            runner_status=book.status if book is not None else None,
            minimums=self._minimums,
            assumptions=self.assumptions,
        )

    def _can_afford(self, orders: Iterable[Order]) -> bool:
        """Say whether the account can lose what its orders and these may cost, after what it won and lost."""
        if self.account.available is None:
            return True
        new: dict[str, list[Order]] = {}
        for order in orders:
            new.setdefault(order.market_id, []).append(order)
        needed = sum(
            (self._need(market, new.get(market_id, [])) for market_id, market in self._markets.items()), ZERO
        )
        return needed <= self.account.available

    def _need(self, market: MarketMatching, new: Sequence[Order]) -> Decimal:
        """Return what may be lost in a market, or was; worked out anew only where something happened."""
        market_id = market.book.market_id
        known = self._needs.get(market_id)
        if new or known is None or known[0] != market.revision:
            orders = [*market.orders.values(), *market.waiting.values(), *new]
            known = market.revision, funds.needed_for(orders, market.terms, self.assumptions)
            if not new:
                self._needs[market_id] = known
        return known[1]

    # Cancelling, replacing, updating.

    def _cancel(self, ticket: int, request: CancelOrders) -> None:
        instructions = request.instructions
        if instructions is None:
            markets = [request.market_id] if request.market_id else list(self._markets)
            instructions = tuple(
                CancelInstruction(bet_id=order.bet_id)
                for market_id in markets
                for order in self._markets[market_id].orders.values()
                if self._markets[market_id].can_be_cancelled(order)
            )
        answered = [self._cancel_one(each, request.market_id) for each in instructions]
        is_account_level = request.market_id is None and request.instructions is None
        self._answer(ticket, reports.cancelled(request, () if is_account_level else answered))

    def _cancel_one(self, instruction: CancelInstruction, market_id: str | None) -> CancelInstructionReport:
        order, code = self._find(instruction.bet_id, market_id)
        reduction = None
        if instruction.size_reduction is not None:
            try:
                reduction = _pennies(instruction.size_reduction)
            except MoneyError:
                reduction = 0
            code = code or (Code.INVALID_BET_SIZE if reduction <= 0 else None)
        if order is None or code is not None:
            return reports.not_cancelled(instruction, code or Code.INVALID_BET_ID)
        market = self._markets[order.market_id]
        market.now = self._now
        is_taken = not order.remaining[Case.EXPECTED]
        amounts = market.cancel(order, reduction, Rule.CANCEL)
        self._take_events(market)
        if is_taken:
            return reports.not_cancelled(instruction, Code.BET_TAKEN_OR_LAPSED)
        return reports.one_cancelled(instruction, amounts[Case.EXPECTED], self._now)

    def _find(self, bet_id: str, market_id: str | None) -> tuple[Order | None, Code | None]:
        """Return an order that can still be changed, or why it cannot be."""
        order = self.orders.get(bet_id)
        if order is None or (market_id is not None and order.market_id != market_id):
            return None, Code.INVALID_BET_ID
        market = self._markets[order.market_id]
        if bet_id not in market.orders:
            return None, Code.BET_IN_PROGRESS  # it waits for the bet delay
        return order, None if market.can_be_cancelled(order) else Code.BET_TAKEN_OR_LAPSED

    def _replace(self, ticket: int, request: ReplaceOrders) -> None:
        """Cancel all bets first, then place all the new ones that are valid, each for what was left."""
        market = self._markets[request.market_id]
        market.now = self._now
        version = request.market_version.version if request.market_version else None
        is_stale = version is not None and version < market.material_version
        cancelled = [self._cancel_for_replacing(each, request.market_id) for each in request.instructions]
        orders = [each[0] for each in cancelled if not isinstance(each, CancelInstructionReport)]
        codes = [
            Code.BET_TAKEN_OR_LAPSED if is_stale else error_in_price(order.price or 0.0, market.ladder)
            for order in orders
        ]
        if not any(codes) and not self._can_afford(orders):
            codes = [Code.INSUFFICIENT_FUNDS for _ in orders]
        if any(codes) or not orders:
            self._answer(
                ticket, reports.replaced(request, cancelled, [each or Code.ERROR_IN_ORDER for each in codes])
            )
            return
        for order in orders:
            self._give_bet_id(order)
        self._execute(market, orders, lambda _: self._answer(ticket, reports.replaced(request, cancelled)))

    def _cancel_for_replacing(
        self, instruction: ReplaceInstruction, market_id: str
    ) -> CancelInstructionReport | tuple[Order, CancelInstructionReport]:
        """Cancel what is left of a bet; return the new order, without a bet id, or why there is none."""
        cancel = CancelInstruction(bet_id=instruction.bet_id)
        old, code = self._find(instruction.bet_id, market_id)
        if (
            old is not None
            and old.order_type is OrderType.LIMIT_ON_CLOSE
            and code is Code.BET_TAKEN_OR_LAPSED
        ):
            return self._edit_limit_on_close(instruction, old)
        if old is None or code is not None:
            return reports.not_cancelled(cancel, code or Code.INVALID_BET_ID)
        market = self._markets[market_id]
        is_taken = not old.remaining[Case.EXPECTED]
        amounts = market.cancel(old, None, Rule.REPLACE)
        self._take_events(market)
        if is_taken:  # as expected it was matched in full; in the other cases what was left is cancelled
            return reports.not_cancelled(cancel, Code.BET_TAKEN_OR_LAPSED)
        new = Order(
            bet_id="",
            market_id=market_id,
            runner=old.runner,
            side=old.side,
            order_type=old.order_type,
            price=instruction.new_price,
            persistence_type=old.persistence_type,
            size=list(amounts),
            remaining=list(amounts),
            customer_order_ref=old.customer_order_ref,
            strategy=old.strategy,
            replaces=old.bet_id,
        )
        return new, reports.one_cancelled(cancel, amounts[Case.EXPECTED], self._now)

    def _edit_limit_on_close(
        self, instruction: ReplaceInstruction, old: Order
    ) -> CancelInstructionReport | tuple[Order, CancelInstructionReport]:
        """Take a LIMIT_ON_CLOSE order back for one with another limit: lower for a back, higher for a lay."""
        cancel = CancelInstruction(bet_id=old.bet_id)
        market = self._markets[old.market_id]
        if not market.waits_for_starting_price(old):
            return reports.not_cancelled(cancel, Code.BET_TAKEN_OR_LAPSED)
        if not takes_starting_price(market.definition or MarketDefinition()):
            return reports.not_cancelled(cancel, Code.MARKET_NOT_OPEN_FOR_BSP_BETTING)
        if (instruction.new_price - (old.price or 0)) * old.side.sign > 0:
            return reports.not_cancelled(cancel, Code.INVALID_PRICE_EDIT)
        new = Order(
            bet_id="",
            market_id=old.market_id,
            runner=old.runner,
            side=old.side,
            order_type=old.order_type,
            price=instruction.new_price,
            liability=list(old.liability),
            customer_order_ref=old.customer_order_ref,
            strategy=old.strategy,
            replaces=old.bet_id,
        )
        market.withdraw(old)
        self._take_events(market)
        return new, reports.one_cancelled(cancel, new.liability[Case.EXPECTED], self._now)

    def _update(self, ticket: int, request: UpdateOrders) -> None:
        answered = [self._update_one(each, request.market_id) for each in request.instructions]
        self._answer(ticket, reports.updated(request, answered))

    def _update_one(self, instruction: UpdateInstruction, market_id: str) -> UpdateInstructionReport:
        market = self._markets[market_id]
        market.now = self._now
        order, code = self._find(instruction.bet_id, market_id)
        persistence = instruction.new_persistence_type
        if order is not None and code is None:
            if not order.remaining[Case.EXPECTED]:
                code = Code.BET_TAKEN_OR_LAPSED
            elif order.persistence_type is persistence:
                code = Code.NO_ACTION_REQUIRED
            else:
                code = error_in_persistence(persistence, market.definition or MarketDefinition())
        if order is None or code is not None:
            return UpdateInstructionReport(
                status=InstructionReportStatus.FAILURE, instruction=instruction, error_code=code
            )
        market.update(order, persistence)
        self._take_events(market)
        return UpdateInstructionReport(status=InstructionReportStatus.SUCCESS, instruction=instruction)


def _refusal_by_market(request: OrderRequest, market: MarketMatching) -> Whole | None:
    """Return why the market does not take a request. Bets may be cancelled while it is suspended."""
    version = request.market_version if isinstance(request, PlaceOrders | ReplaceOrders) else None
    if version is not None and not 0 <= version.version < LONGEST_VERSION:
        return Whole.INVALID_MARKET_VERSION
    status = market.definition.status if market.definition is not None else None
    if status == MarketStatus.SUSPENDED:
        return None if isinstance(request, CancelOrders | UpdateOrders) else Whole.MARKET_SUSPENDED
    return None if status == MarketStatus.OPEN else Whole.MARKET_NOT_OPEN_FOR_BETTING


def _refusal_by_form(request: OrderRequest) -> Whole | None:
    """Return why the instructions of a request cannot be, whatever the market."""
    instructions = request.instructions
    if instructions is None:
        return None
    if len(instructions) > (MOST_PLACED if isinstance(request, PlaceOrders) else MOST_CHANGED):
        return Whole.TOO_MANY_INSTRUCTIONS
    if not instructions:
        return Whole.INVALID_ORDER
    bet_ids = [] if isinstance(request, PlaceOrders) else [each.bet_id for each in request.instructions or ()]
    return Whole.DUPLICATE_BETIDS if len(set(bet_ids)) < len(bet_ids) else None


def _combination_errors(request: PlaceOrders) -> list[Code | None]:
    """Return INVALID_BACK_LAY_COMBINATION for instructions of one request that would match each other."""
    backs: dict[RunnerKey, float] = {}
    for each in request.instructions:
        if each.side is Side.BACK and each.limit_order is not None:
            runner = _runner(each)
            backs[runner] = min(backs.get(runner, inf), each.limit_order.price)
    lays = {
        _runner(each)
        for each in request.instructions
        if each.side is Side.LAY
        and each.limit_order is not None
        and each.limit_order.price >= backs.get(_runner(each), inf)
    }
    return [
        Code.INVALID_BACK_LAY_COMBINATION if each.limit_order is not None and _runner(each) in lays else None
        for each in request.instructions
    ]


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


def _runner(instruction: PlaceInstruction) -> RunnerKey:
    return RunnerKey(instruction.selection_id, exact(instruction.handicap or 0))


def _pennies(amount: float) -> int:
    """Return an amount in pennies; raises MoneyError if it has a third decimal."""
    return int(Fraction(money(amount)) * 100)
