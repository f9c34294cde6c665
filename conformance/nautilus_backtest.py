"""
Scenarios through nautilus_trader: its backtest over what its own Betfair parser makes of the recording.

A back sells and a lay buys, as in its Betfair adapter. Trades fill resting orders (`trade_execution`), which
is not its default: without it nothing but an offer that crosses would.

When a market is settled it closes positions with an order at what the book offers, whoever won. What that
pays is compared where the scenario is about what is paid, for a single order, and the book has both sides;
otherwise only what was matched is.
"""

from decimal import Decimal
from typing import Any

from betfair_parser.spec.streaming import stream_decode
from nautilus_trader.adapters.betfair.constants import BETFAIR_VENUE
from nautilus_trader.adapters.betfair.orderbook import betfair_float_to_price, betfair_float_to_quantity
from nautilus_trader.adapters.betfair.parsing.common import betfair_instrument_id
from nautilus_trader.adapters.betfair.parsing.core import BetfairParser
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.config import BacktestEngineConfig, LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.core.datetime import millis_to_nanos
from nautilus_trader.model.currencies import GBP
from nautilus_trader.model.data import (
    BookOrder,
    InstrumentClose,
    InstrumentStatus,
    OrderBookDelta,
    OrderBookDeltas,
    TradeTick,
)
from nautilus_trader.model.enums import (
    AccountType,
    BookAction,
    BookType,
    MarketStatusAction,
    OmsType,
    OrderSide,
    TimeInForce,
)
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import BettingInstrument
from nautilus_trader.model.objects import Money
from nautilus_trader.trading.strategy import Strategy

from answers import UNSETTLED, Answer, Outcome
from conformance import CannotExpressError
from scenarios import Scenario, ScenarioOrder, at_ms, tape

_BALANCE = 100_000
_NANOS = 1_000_000
_LOWEST = 1.01
_HIGHEST = 1000.0


class _ScenarioStrategy(Strategy):  # type: ignore[misc]  # nautilus_trader has no types
    """Asks for what the scenario asks for, when it is time."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(StrategyConfig())
        self.scenario = scenario
        self.placed: dict[str, Any] = {}
        self.notes: dict[str, str] = {}
        self.fills: dict[str, list[tuple[int, float, float]]] = {}

    def on_start(self) -> None:
        """Set the times."""
        for order in self.scenario.orders:
            for action, at in (
                ("place", order.at),
                ("cancel", order.cancel_at),
                ("replace", order.replace_at),
            ):
                if at is not None:
                    self.clock.set_time_alert_ns(
                        f"{action} {order.ref}", millis_to_nanos(at_ms(at)), self._act
                    )

    def _act(self, event: Any) -> None:
        action, _, ref = event.name.partition(" ")
        order = next(each for each in self.scenario.orders if each.ref == ref)
        if action == "place":
            self._place(order)
            return
        made = self.placed.get(ref)
        if made is None or not made.is_open:
            return
        if action == "cancel" and order.size_reduction is None:
            self.cancel_order(made)
        elif action == "cancel":
            left = Decimal(str(order.size)) - Decimal(str(order.size_reduction))
            self.modify_order(made, quantity=self._instrument(order).make_qty(left))
        else:
            self.modify_order(made, price=self._instrument(order).make_price(order.new_price))

    def _place(self, order: ScenarioOrder) -> None:
        instrument = self._instrument(order)
        if instrument is None:
            self.notes[order.ref] = "no such instrument"
            return
        kill = order.time_in_force == "FILL_OR_KILL"
        made = self.order_factory.limit(
            instrument_id=instrument.id,
            order_side=OrderSide.SELL if order.side == "BACK" else OrderSide.BUY,
            quantity=instrument.make_qty(order.size),
            price=instrument.make_price(order.price),
            time_in_force=TimeInForce.FOK if kill else TimeInForce.GTC,
        )
        self.placed[order.ref] = made
        self.submit_order(made)

    def _instrument(self, order: ScenarioOrder) -> Any:
        return self.cache.instrument(_instrument_id(self.scenario, order))

    def on_order_filled(self, event: Any) -> None:
        """Remember the fill, unless it is the close of a position that nobody asked for."""
        for ref, made in self.placed.items():
            if made.client_order_id == event.client_order_id:
                fill = (event.ts_event, float(event.last_px), float(event.last_qty))
                self.fills.setdefault(ref, []).append(fill)

    def on_order_rejected(self, event: Any) -> None:
        """Remember why."""
        for ref, made in self.placed.items():
            if made.client_order_id == event.client_order_id:
                self.notes[ref] = str(event.reason)


def play(scenario: Scenario, *, pays: bool) -> Answer:
    """
    Return what nautilus_trader makes of a scenario.

    Args:
        scenario: The scenario.
        pays: Whether it is about what is paid.

    Raises:
        CannotExpressError: if it has no words for it.
    """
    _require_expressible(scenario)
    is_settled = _is_settled(scenario)
    has_both_sides = all(any(ladder in line for line in scenario.lines) for ladder in ("atb", "atl"))
    if pays and is_settled and not (has_both_sides and len(scenario.orders) == 1):
        raise CannotExpressError("pays by the book and not by the result")
    parser = BetfairParser(GBP.code)
    updates = [each for line in tape(scenario).splitlines() for each in parser.parse(stream_decode(line))]
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True), risk_engine=RiskEngineConfig(bypass=False)
        )
    )
    latency = scenario.latency
    engine.add_venue(
        venue=BETFAIR_VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.BETTING,
        base_currency=GBP,
        starting_balances=[Money(scenario.account.available or _BALANCE, GBP)],
        book_type=BookType.L2_MBP,
        trade_execution=True,
        latency_model=LatencyModel(
            base_latency_nanos=0,
            insert_latency_nanos=round(latency.place * 1e9),
            update_latency_nanos=round(latency.replace * 1e9),
            cancel_latency_nanos=round(latency.cancel * 1e9),
        ),
    )
    instruments = {each.id: each for each in updates if isinstance(each, BettingInstrument)}
    for instrument in instruments.values():
        engine.add_instrument(instrument)
    updates += _far_quotes(scenario, list(instruments))
    updates += _quiet_moments(scenario)
    data = []
    for kind in (InstrumentStatus, TradeTick, OrderBookDeltas, InstrumentClose):  # as in one message
        for instrument in instruments:
            of_kind = [each for each in updates if _is_of(each, kind, instrument)]
            if of_kind:  # it looks at the first only, so each list has one kind and one instrument
                engine.add_data(of_kind)
                data += of_kind
    strategy = _ScenarioStrategy(scenario)
    engine.add_strategy(strategy)
    try:
        engine.run(end=_end(scenario, data))
        return _answer(scenario, engine, strategy, pays=pays)
    finally:
        engine.dispose()


def _require_expressible(scenario: Scenario) -> None:
    orders = scenario.orders
    reasons = {
        "marks no fill as doubtful": any(each.doubts is not None for each in scenario.expect.values()),
        "rejects orders at the close": any(order.order_type != "LIMIT" for order in orders),
        "has no starting price in a backtest": any(
            order.persistence_type == "MARKET_ON_CLOSE" for order in orders
        ),
        "has no minimum fill": any(order.min_fill_size is not None for order in orders),
        "has no bet targets": any(order.bet_target_type for order in orders),
        "has no market version": any(order.market_version is not None for order in orders),
        "has no customerRef": any(order.customer_ref for order in orders),
        "has no persistence to update": any(order.update_at is not None for order in orders),
        "places orders one by one": any(order.request for order in orders),
        "cancels only orders of its own": any(order.at is None for order in orders),
        "has one currency": scenario.account.currency != GBP.code,
        "needs the market for its orders": any(order.market_id for order in orders),
        "always takes better prices": not scenario.account.best_execution,
        "takes no scores or results": scenario.score is not None
        or scenario.goals is not None
        or scenario.line_result is not None,
    }
    for reason, applies in reasons.items():
        if applies:
            raise CannotExpressError(reason)


def _is_settled(scenario: Scenario) -> bool:
    return scenario.result is not None or any("status=CLOSED" in line for line in scenario.lines)


def _is_of(update: Any, kind: Any, instrument: InstrumentId) -> bool:
    return isinstance(update, kind) and update.instrument_id == instrument


def _instrument_id(scenario: Scenario, order: ScenarioOrder) -> InstrumentId:
    return betfair_instrument_id(
        market_id=order.market_id or scenario.market_ids[order.market],
        selection_id=order.selection_id,
        selection_handicap=order.handicap or None,
    )


def _far_quotes(scenario: Scenario, instruments: list[InstrumentId]) -> list[OrderBookDeltas]:
    """Return a penny at each end of the ladder: nautilus matches nothing where a side of a book is empty."""
    sides = [(OrderSide.SELL, _HIGHEST)]
    if all(order.price != _LOWEST for order in scenario.orders):
        sides.append((OrderSide.BUY, _LOWEST))
    start = millis_to_nanos(at_ms(0))
    return [
        OrderBookDeltas(instrument_id, [_quote(instrument_id, side, price, start) for side, price in sides])
        for instrument_id in instruments
    ]


def _quiet_moments(scenario: Scenario) -> list[InstrumentStatus]:
    """Return data that say nothing, for each moment when something arrives: time passes only with data."""
    moments = []
    for order in scenario.orders:
        for at, latency in (
            (order.at, scenario.latency.place),
            (order.cancel_at, scenario.latency.cancel),
            (order.replace_at, scenario.latency.replace),
        ):
            if at is not None:
                moments.append((_instrument_id(scenario, order), millis_to_nanos(at_ms(at + latency) + 1)))
    return [
        InstrumentStatus(instrument_id, action=MarketStatusAction.NONE, ts_event=moment, ts_init=moment)
        for instrument_id, moment in moments
    ]


def _quote(instrument_id: InstrumentId, side: OrderSide, price: float, moment: int) -> OrderBookDelta:
    order = BookOrder(
        side, betfair_float_to_price(price), betfair_float_to_quantity(0.01), round(price * 100)
    )
    return OrderBookDelta(
        instrument_id, BookAction.UPDATE, order, flags=0, sequence=0, ts_event=moment, ts_init=moment
    )


def _end(scenario: Scenario, data: list[Any]) -> int:
    moments = [
        at_ms(at)
        for order in scenario.orders
        for at in (order.at, order.cancel_at, order.replace_at)
        if at is not None
    ]
    return max((max(moments) + 1000) * _NANOS, *(int(each.ts_init) for each in data))


def _answer(scenario: Scenario, engine: BacktestEngine, strategy: _ScenarioStrategy, *, pays: bool) -> Answer:
    answer = Answer(markets=None)
    paid: float | str | None = None
    if pays and _is_settled(scenario):
        paid = sum(float(each.realized_pnl.as_decimal()) for each in engine.cache.positions())
    elif not _is_settled(scenario):
        paid = UNSETTLED
    for order in scenario.orders:
        fills = strategy.fills.get(order.ref, [])
        cut = millis_to_nanos(at_ms(order.replace_at)) if order.replace_at is not None else None
        before = [fill for fill in fills if cut is None or fill[0] < cut]
        answer.orders[order.ref] = _outcome(before, paid, strategy.notes.get(order.ref, ""))
        if cut is not None:
            after = [fill for fill in fills if fill[0] >= cut]
            answer.orders[f"{order.ref}.2"] = _outcome(after, paid, "")
    return answer


def _outcome(fills: list[tuple[int, float, float]], profit: float | str | None, note: str) -> Outcome:
    size = sum(size for _, _, size in fills)
    average = sum(price * size for _, price, size in fills) / size if size else 0.0
    return Outcome(size_matched=size, average_price_matched=average, profit=profit, note=note)
