"""Play a scenario through betflow: its recording as stream messages, its orders as requests."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from answers import UNSETTLED, Answer, MarketOutcome, Outcome
from betflow.exchange.bets import RunnerKey
from betflow.exchange.book import MarketBooks
from betflow.exchange.matching.bets import matched_bets
from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.matching.venue import Account, Executed, Venue, VenueEvent
from betflow.exchange.results import MarketResult, goal_line_margins, handicap_margins, market_result
from betflow.exchange.settlement import SettledBet, SettledMarket, settle_market
from betflow.wire.betting import (
    CancelInstruction,
    CancelOrders,
    ExecutionReport,
    LimitOnCloseOrder,
    LimitOrder,
    MarketOnCloseOrder,
    MarketVersion,
    OrderRequest,
    PlaceInstruction,
    PlaceOrders,
    ReplaceInstruction,
    ReplaceOrders,
    UpdateInstruction,
    UpdateOrders,
)
from betflow.wire.enums import (
    BetTargetType,
    ExecutionReportErrorCode,
    InstructionReportErrorCode,
    OrderType,
    PersistenceType,
    Side,
    TimeInForce,
)
from betflow.wire.stream import MarketChangeMessage, MarketDefinition, decode_market_change
from scenarios import Scenario, ScenarioOrder, at_ms, tape

Code = InstructionReportErrorCode
Whole = ExecutionReportErrorCode


@dataclass(frozen=True, slots=True)
class Decision:
    """
    Something that is asked of the exchange at a moment.

    Attributes:
        at: When, epoch milliseconds.
        action: place, cancel, replace or update.
        orders: Of which; several where they are placed in one request.
    """

    at: int
    action: str
    orders: tuple[ScenarioOrder, ...]


@dataclass(slots=True)
class _Played:
    """What the exchange said to each request."""

    reports: dict[tuple[str, str], tuple[ExecutionReport, int]] = field(default_factory=dict)
    asked: dict[int, Decision] = field(default_factory=dict)

    def note(self, events: Iterable[VenueEvent]) -> None:
        for event in events:
            if isinstance(event, Executed):
                decision = self.asked[event.ticket]
                for place, order in enumerate(decision.orders):
                    self.reports[decision.action, order.ref] = (event.report, place)

    def error(self, action: str, ref: str) -> str | None:
        """Return why the exchange did not do it: the instruction's reason, else the request's."""
        report, place = self.reports.get((action, ref), (None, 0))
        if report is None:
            return None
        instructions = report.instruction_reports
        code = instructions[place].error_code if place < len(instructions) else None
        if action == "replace" and place < len(instructions):
            code = getattr(instructions[place], "cancel_instruction_report", None)
            code = (code.error_code if code is not None else None) or instructions[place].error_code
        whole = report.error_code
        if whole is not None and code in {None, Code.ERROR_IN_ORDER} and whole != Whole.BET_ACTION_ERROR:
            return str(whole)
        return None if code is None else str(code)


def play(scenario: Scenario) -> Answer:
    """Return what betflow makes of a scenario."""
    venue = Venue(account=account_of(scenario))
    played = _Played()
    _run(scenario, venue, played)
    settled = {
        name: {case: _settle(scenario, venue, market_id, case) for case in Case}
        for name, market_id in scenario.market_ids.items()
    }
    by_ref = _orders_by_ref(venue.orders.values())
    refs = [order.ref for order in scenario.orders]
    answer = Answer()
    for ref in refs:
        chain = by_ref.get(ref, [])
        for number in range(max(1, len(chain))):
            name = ref if number == 0 else f"{ref}.{number + 1}"
            order = chain[number] if number < len(chain) else None
            market = next(each for each in scenario.orders if each.ref == ref).market
            answer.orders[name] = _outcome(order, played, ref, settled[market])
    markets = {
        name: MarketOutcome(profit=float(each.profit), commission=float(each.commission))
        for name, cases in settled.items()
        if (each := cases[Case.EXPECTED]) is not None
    }
    return Answer(answer.orders, markets)


def account_of(scenario: Scenario) -> Account:
    """Return whose orders a scenario's are."""
    available = scenario.account.available
    return Account(
        currency=scenario.account.currency,
        best_execution=scenario.account.best_execution,
        available=None if available is None else Decimal(str(available)),
    )


def _run(scenario: Scenario, venue: Venue, played: _Played) -> None:
    """Play the messages; ask for what was decided before each."""
    decisions = sorted(decisions_of(scenario), key=lambda each: each.at)
    books = MarketBooks()
    recorded = [decode_market_change(line) for line in tape(scenario).splitlines()]

    def paced() -> Iterator[MarketChangeMessage]:
        for message in recorded:
            while decisions and decisions[0].at < message.pt:
                _ask(scenario, venue, played, decisions.pop(0))
            played.note(venue.advance(message.pt - 1))
            yield message

    for message in paced():
        for book in books.apply(message):
            played.note(venue.apply(book, late=message.status == 503))
    end = recorded[-1].pt
    for decision in decisions:
        _ask(scenario, venue, played, decision)
        end = max(end, decision.at)
    played.note(venue.advance(end))


def decisions_of(scenario: Scenario) -> Iterator[Decision]:
    """Yield all that a scenario asks for."""
    together: dict[str, list[ScenarioOrder]] = {}
    for order in scenario.orders:
        if order.at is not None:
            together.setdefault(order.request or f"only {order.ref}", []).append(order)
        for action, at in (
            ("cancel", order.cancel_at), ("replace", order.replace_at), ("update", order.update_at)
        ):  # fmt: skip
            if at is not None:
                yield Decision(at_ms(at), action, (order,))
    for orders in together.values():
        yield Decision(at_ms(orders[0].at or 0), "place", tuple(orders))


def _ask(scenario: Scenario, venue: Venue, played: _Played, decision: Decision) -> None:
    played.note(venue.advance(decision.at))
    latency = getattr(scenario.latency, decision.action)
    ticket = venue.submit(
        request_of(scenario, venue.orders.values(), decision), decision.at + round(latency * 1000)
    )
    played.asked[ticket] = decision
    played.note(venue.advance(decision.at))


def request_of(scenario: Scenario, orders: Iterable[Order], decision: Decision) -> OrderRequest:
    """
    Return what is asked of the exchange.

    Args:
        scenario: The scenario.
        orders: Those that the exchange knows by now, oldest first.
        decision: What was decided.
    """
    first = decision.orders[0]
    market_id = first.market_id or scenario.market_ids[first.market]
    if decision.action == "place":
        return PlaceOrders(
            market_id=market_id,
            instructions=tuple(_instruction(order) for order in decision.orders),
            customer_ref=first.customer_ref,
            customer_strategy_ref=first.strategy or None,
            market_version=None
            if first.market_version is None
            else MarketVersion(version=first.market_version),
        )
    bet_id = first.bet_id or _orders_by_ref(orders)[first.ref][-1].bet_id
    if decision.action == "cancel":
        cancel = CancelInstruction(bet_id=bet_id, size_reduction=first.size_reduction)
        return CancelOrders(market_id=market_id, instructions=(cancel,))
    if decision.action == "replace":
        anew = ReplaceInstruction(bet_id=bet_id, new_price=first.new_price or 0)
        return ReplaceOrders(market_id=market_id, instructions=(anew,))
    persistence = PersistenceType(first.new_persistence_type or "")
    update = UpdateInstruction(bet_id=bet_id, new_persistence_type=persistence)
    return UpdateOrders(market_id=market_id, instructions=(update,))


def _instruction(order: ScenarioOrder) -> PlaceInstruction:
    order_type = OrderType(order.order_type)
    limit = limit_on_close = market_on_close = None
    if order_type is OrderType.LIMIT:
        limit = LimitOrder(
            price=order.price or 0,
            size=order.size,
            persistence_type=PersistenceType(order.persistence_type) if order.persistence_type else None,
            time_in_force=TimeInForce(order.time_in_force) if order.time_in_force else None,
            min_fill_size=order.min_fill_size,
            bet_target_type=BetTargetType(order.bet_target_type) if order.bet_target_type else None,
            bet_target_size=order.bet_target_size,
        )
    elif order_type is OrderType.LIMIT_ON_CLOSE:
        limit_on_close = LimitOnCloseOrder(liability=order.size or 0, price=order.price or 0)
    else:
        market_on_close = MarketOnCloseOrder(liability=order.size or 0)
    return PlaceInstruction(
        order_type=order_type,
        selection_id=order.selection_id,
        handicap=order.handicap,
        side=Side(order.side),
        limit_order=limit,
        limit_on_close_order=limit_on_close,
        market_on_close_order=market_on_close,
        customer_order_ref=order.ref,
    )


def _orders_by_ref(orders: Iterable[Order]) -> dict[str, list[Order]]:
    """Return the orders by ref, each followed by what replaced it."""
    by_ref: dict[str, list[Order]] = {}
    refs: dict[str, str] = {}
    for order in orders:
        ref = refs.get(order.replaces) or order.customer_order_ref
        refs[order.bet_id] = ref
        by_ref.setdefault(ref, []).append(order)
    return by_ref


def _settle(scenario: Scenario, venue: Venue, market_id: str, case: Case) -> SettledMarket | None:
    result = result_of(scenario, market_id, venue.definition(market_id), venue.removed_at(market_id))
    if result is None:
        return None
    bets = [bet for order in venue.market_orders(market_id) for bet in matched_bets(order, case)]
    return settle_market(bets, result, discount_rate=Decimal(str(scenario.discount)))


def result_of(
    scenario: Scenario,
    market_id: str,
    definition: MarketDefinition | None,
    removed_at: Mapping[RunnerKey, int],
) -> MarketResult | None:
    """Return a market's result, with what the scenario says besides its last definition; None without one."""
    if definition is None:
        return None
    runners = [RunnerKey(each.id, Decimal(str(each.hc or 0))) for each in definition.runners or []]
    margins = None
    if scenario.score is not None:
        first, second = (scenario.score[side] for side in ("1", "2"))
        margins = handicap_margins(runners, {1: first - second, 2: second - first})
    elif scenario.goals is not None:
        margins = goal_line_margins(runners, scenario.goals, over=1, under=2)
    return market_result(
        market_id,
        definition,
        line_result=scenario.line_result,
        margins=margins,
        removed_at=removed_at,
    )


def _outcome(
    order: Order | None, played: _Played, ref: str, settled: dict[Case, SettledMarket | None]
) -> Outcome:
    cases = {case: _case(order, case, settled[case]) for case in Case}
    return replace(
        cases[Case.EXPECTED],
        status=None if order is None else str(order.status),
        doubts=_doubts(order),
        error_code=played.error("place", ref),
        cancel_error=played.error("cancel", ref),
        update_error=played.error("update", ref),
        replace_error=played.error("replace", ref),
        worst=cases[Case.WORST],
        best=cases[Case.BEST],
    )


def _case(order: Order | None, case: Case, settled: SettledMarket | None) -> Outcome:
    if order is None:  # refused before it got a bet id
        return Outcome(size_matched=0.0, profit=0.0)
    bet = next((each for each in settled.bets if each.bet_id == order.bet_id), None) if settled else None
    return Outcome(
        size_matched=order.matched[case] / 100,
        average_price_matched=float(bet.price) if bet else 0.0,
        size_remaining=order.remaining[case] / 100,
        size_cancelled=order.cancelled[case] / 100,
        size_lapsed=order.lapsed[case] / 100,
        size_voided=order.voided[case] / 100,
        profit=_profit(bet),
    )


def _doubts(order: Order | None) -> tuple[str, ...]:
    fills = order.fills if order is not None else []
    return tuple(sorted({str(doubt) for fill in fills for doubt in fill.doubts}))


def _profit(bet: SettledBet | None) -> float | str:
    if bet is None:
        return 0.0
    return UNSETTLED if bet.profit is None else float(bet.profit)
