"""
Scenarios through flumine: its simulation over the scenario's recording, its orders by a strategy.

flumine acts only when a market changes. So that it can be asked at any moment, a message without changes is
put into the recording wherever an order asks for something, and some after the last. Several markets are
played one after the other: what plays them together (`event_processing`) ends with an AttributeError in
flumine 3.3.2.
"""

import json
import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flumine import BaseStrategy, FlumineSimulation, clients, config
from flumine.exceptions import FlumineException
from flumine.order.ordertype import LimitOnCloseOrder, LimitOrder, MarketOnCloseOrder
from flumine.order.trade import Trade
from flumine.streams.betfairhistoricalstream import BetfairHistoricalStream

from answers import UNSETTLED, Answer, MarketOutcome, Outcome
from conformance import CannotExpressError
from scenarios import Scenario, ScenarioOrder, at_ms, messages

_UNLIMITED = 1e9
_NOT_SENT = "not sent"


@dataclass(slots=True)
class _Asked:
    """What became of the orders, as far as flumine does not keep it itself."""

    orders: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    done: set[tuple[str, str]] = field(default_factory=set)


class _ScenarioStrategy(BaseStrategy):  # type: ignore[misc]  # flumine has no types
    """Asks for what the scenario asks for, when it is time."""

    def __init__(self, scenario: Scenario, orders: list[ScenarioOrder], asked: _Asked, **more: Any) -> None:
        super().__init__(
            max_selection_exposure=_UNLIMITED,
            max_order_exposure=_UNLIMITED,
            max_live_trade_count=1000,
            **more,
        )
        self.scenario = scenario
        self.orders = orders
        self.asked = asked

    def check_market_book(self, market: Any, market_book: Any) -> bool:  # noqa: ARG002 - flumine calls it so
        """Look at every book."""
        return True

    def process_market_book(self, market: Any, market_book: Any) -> None:
        """Ask for what is due."""
        if self.scenario.line_result is not None:
            market.context["line_range_result"] = self.scenario.line_result
        now = market_book.publish_time_epoch
        mine = [each for each in self.orders if self.scenario.market_ids[each.market] == market.market_id]
        for request in _requests(mine):
            if self._is_due("place", request[0], request[0].at, now):
                self._place(market, market_book, request)
        for order in mine:
            if self._is_due("cancel", order, order.cancel_at, now):
                self._change(order, market.cancel_order, order.size_reduction)
            if self._is_due("replace", order, order.replace_at, now):
                self._change(order, market.replace_order, order.new_price)
            if self._is_due("update", order, order.update_at, now):
                self._change(order, market.update_order, order.new_persistence_type)

    def _is_due(self, action: str, order: ScenarioOrder, at: float | None, now: int) -> bool:
        if at is None or at_ms(at) > now or (action, order.ref) in self.asked.done:
            return False
        self.asked.done.add((action, order.ref))
        return True

    def _place(self, market: Any, market_book: Any, request: list[ScenarioOrder]) -> None:
        with market.transaction() as transaction:
            for order in request:
                trade = Trade(market.market_id, order.selection_id, order.handicap, self)
                made = trade.create_order(side=order.side, order_type=_order_type(order, market_book))
                self.asked.orders[order.ref] = made
                transaction.place_order(made, market_version=order.market_version)
                if made.violation_msg:
                    self.asked.notes[order.ref] = _NOT_SENT

    def _change(self, order: ScenarioOrder, ask: Any, value: Any) -> None:
        try:
            ask(self.asked.orders[order.ref], value)
        except FlumineException as error:
            self.asked.notes[order.ref] = str(error)


def play(scenario: Scenario, *, pays: bool) -> Answer:  # noqa: ARG001 - it settles everything
    """
    Return what flumine makes of a scenario.

    Raises:
        CannotExpressError: if it has no words for it.
    """
    _require_expressible(scenario)
    logging.disable(logging.CRITICAL)
    config.raise_errors = True
    config.place_latency = scenario.latency.place
    config.cancel_latency = scenario.latency.cancel
    config.update_latency = scenario.latency.update
    config.replace_latency = scenario.latency.replace
    asked = _Asked()
    with tempfile.TemporaryDirectory() as folder:
        simulation = FlumineSimulation(client=_client(scenario))
        streams = [BetfairHistoricalStream(file_path=str(path)) for path in _write(scenario, Path(folder))]
        for name in dict.fromkeys(order.strategy for order in scenario.orders):
            mine = [order for order in scenario.orders if order.strategy == name]
            simulation.add_strategy(
                _ScenarioStrategy(scenario, mine, asked, streams=streams, name=name or None)
            )
        simulation.run()
    _require_sent(scenario, asked)
    return _answer(scenario, simulation, asked)


def _require_expressible(scenario: Scenario) -> None:
    reasons = {
        "marks no fill as doubtful": any(each.doubts is not None for each in scenario.expect.values()),
        "has no balance": scenario.account.available is not None,
        "takes no scores": scenario.score is not None or scenario.goals is not None,
        "chooses the customerRef itself": any(order.customer_ref for order in scenario.orders),
        "needs the market for its orders": any(order.market_id for order in scenario.orders),
        "cancels only orders of its own": any(order.at is None for order in scenario.orders),
        "does not simulate bet targets": any(order.bet_target_type for order in scenario.orders),
    }
    for reason, applies in reasons.items():
        if applies:
            raise CannotExpressError(reason)


def _client(scenario: Scenario) -> Any:
    class Client(clients.SimulatedClient):  # type: ignore[misc]  # flumine has no types
        CURRENCY_CODE = scenario.account.currency
        DISCOUNT_RATE = scenario.discount

    return Client(best_price_execution=scenario.account.best_execution)


def _requests(orders: Iterable[ScenarioOrder]) -> list[list[ScenarioOrder]]:
    together: dict[str, list[ScenarioOrder]] = {}
    for order in orders:
        together.setdefault(order.request or f"only {order.ref}", []).append(order)
    return list(together.values())


def _order_type(order: ScenarioOrder, market_book: Any) -> Any:
    if order.order_type == "MARKET_ON_CLOSE":
        return MarketOnCloseOrder(liability=order.size)
    ladder = market_book.market_definition.price_ladder_definition["type"]
    if order.order_type == "LIMIT_ON_CLOSE":
        return LimitOnCloseOrder(liability=order.size, price=order.price, price_ladder_definition=ladder)
    return LimitOrder(
        price=order.price,
        size=order.size,
        persistence_type=order.persistence_type or "LAPSE",
        time_in_force=order.time_in_force,
        min_fill_size=order.min_fill_size,
        price_ladder_definition=ladder,
        line_range_info=_Line(market_book.market_definition) if ladder == "LINE_RANGE" else None,
    )


class _Line:
    """The lines of a market, as flumine wants them."""

    def __init__(self, definition: Any) -> None:
        self.min_unit_value = definition.line_min_unit
        self.max_unit_value = definition.line_max_unit
        self.interval = definition.line_interval


def _write(scenario: Scenario, folder: Path) -> list[Path]:
    """Write a file for each market, with a message where something is asked and after the last."""
    recorded = messages(scenario)
    moments = {
        at_ms(at)
        for order in scenario.orders
        for at in (order.at, order.cancel_at, order.replace_at, order.update_at)
        if at is not None
    }
    last = max([message["pt"] for message in recorded] + list(moments))
    after = [last + more for more in (1, 2, 3)]  # a replacement takes two steps
    paths = []
    for market_id in scenario.market_ids.values():
        lines = [
            {**message, "mc": [change for change in message["mc"] if change["id"] == market_id]}
            for message in recorded
        ]
        lines = [line for line in lines if line["mc"]]
        empty = [{"op": "mcm", "clk": "1", "pt": at, "mc": [{"id": market_id}]} for at in (*moments, *after)]
        lines = sorted(lines + empty, key=lambda line: line["pt"])
        path = folder / market_id
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        paths.append(path)
    return paths


def _require_sent(scenario: Scenario, asked: _Asked) -> None:
    """Orders of one request share their fate at the exchange; flumine leaves the wrong one out beforehand."""
    unsent = {order.request for order in scenario.orders if asked.notes.get(order.ref) == _NOT_SENT}
    if unsent - {None}:
        raise CannotExpressError("leaves out what is wrong before it is sent")


def _answer(scenario: Scenario, simulation: Any, asked: _Asked) -> Answer:
    answer, markets = Answer(), {}
    for order in scenario.orders:
        first = asked.orders.get(order.ref)
        for number, made in enumerate(first.trade.orders if first is not None else [None], start=1):
            name = order.ref if number == 1 else f"{order.ref}.{number}"
            answer.orders[name] = _outcome(simulation, made, asked.notes.get(order.ref, ""))
    for name, market_id in scenario.market_ids.items():
        market = simulation.markets.markets.get(market_id)
        if market is not None and market.closed:
            cleared = market.cleared(simulation.clients.get_default())
            markets[name] = MarketOutcome(profit=cleared["profit"], commission=cleared["commission"])
    return Answer(answer.orders, markets)


def _outcome(simulation: Any, made: Any, note: str) -> Outcome:
    if made is None:
        return Outcome(size_matched=0.0, profit=0.0, note=note)
    market = simulation.markets.markets.get(made.market_id)
    is_settled = market is not None and market.closed
    return Outcome(
        size_matched=made.size_matched,
        average_price_matched=made.average_price_matched,
        profit=made.profit if is_settled else UNSETTLED,
        note=note,
    )
