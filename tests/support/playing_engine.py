"""Play a scenario through the whole of a backtest: a strategy, the engine's loop, and its rows of results."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from answers import UNSETTLED, Answer, MarketOutcome, Outcome
from betflow.exchange.matching.orders import Case, EventKind, Rule
from betflow.trading.engine import Engine, Latency
from betflow.trading.market import Market
from betflow.trading.played import Played
from betflow.trading.results import CaseRow, MarketResults, OrderRow, market_results
from betflow.trading.strategy import Instruction, Strategy
from betflow.wire.stream import MarketChangeMessage, decode_market_change
from playing import Code, Decision, Whole, account_of, decisions_of, request_of, result_of
from scenarios import Scenario, messages

_AFTER_MS = 1000


class _Orders(Strategy):
    """Asks for what the scenario asks for, when it is time."""

    name = "scenario"

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._left = sorted(decisions_of(scenario), key=lambda each: each.at)

    def on_open(self, market: Market) -> None:
        """Ask to be woken for each decision in the market."""
        for moment in sorted({each.at for each in self._left if self._is_in(market, each)}):
            market.wake_at(moment)

    def on_time(self, market: Market) -> Iterable[Instruction]:
        """Ask for what is due."""
        due = [each for each in self._left if each.at <= market.now and self._is_in(market, each)]
        self._left = [each for each in self._left if each not in due]
        return [request_of(self._scenario, market.orders, each) for each in due]

    def _is_in(self, market: Market, decision: Decision) -> bool:
        return self._scenario.market_ids[decision.orders[0].market] == market.market_id


@dataclass(slots=True)
class _Position:
    line: int = 0
    offset: int = 0


class _Recording:
    """The scenario's recording, which goes on for a moment after the last order."""

    label = "scenario"

    def __init__(self, scenario: Scenario) -> None:
        self.position = _Position()
        recorded = messages(scenario)
        moments = [each.at for each in decisions_of(scenario)]
        end = max([recorded[-1]["pt"], *moments]) + _AFTER_MS
        quiet = {"op": "mcm", "pt": end, "mc": [{"id": each} for each in scenario.market_ids.values()]}
        self._lines = [json.dumps(each).encode() for each in (*recorded, quiet)]

    def messages(self) -> Iterable[MarketChangeMessage]:
        """Yield the messages."""
        for line in self._lines:
            self.position.line += 1
            yield decode_market_change(line)


def play_backtest(scenario: Scenario) -> Answer:
    """Return what a backtest of the scenario's orders reports."""
    latency = {
        name: round(getattr(scenario.latency, name) * 1000)
        for name in ("place", "cancel", "update", "replace")
    }
    engine = Engine([_Orders(scenario)], latency=Latency(**latency), account=account_of(scenario))
    played = engine.run([_Recording(scenario)])
    answer = Answer()
    for name, market_id in scenario.market_ids.items():
        market = played.markets[market_id]
        found = market_results(
            market,
            result=result_of(scenario, market_id, market.definition, market.removed_at),
            discount_rate=Decimal(str(scenario.discount)),
        )
        answer.orders.update((row.ref, _outcome(row, played)) for row in found.rows)
        _note_market(answer, name, found)
    for order in scenario.orders:  # what was never placed has no row
        if order.at is None:
            answer.orders[order.ref] = Outcome(cancel_error=_refusal(played, "", Rule.CANCEL))
    return answer


def _note_market(answer: Answer, name: str, found: MarketResults) -> None:
    expected = found.settled[Case.EXPECTED]
    if answer.markets is not None:
        answer.markets[name] = MarketOutcome(
            profit=float(expected.profit), commission=float(expected.commission)
        )


def _outcome(row: OrderRow, played: Played) -> Outcome:
    # A backtest names what is wrong with the request; on the wire the order itself says ERROR_IN_ORDER.
    code = Code.ERROR_IN_ORDER if row.error_code == Whole.BET_ACTION_ERROR else row.error_code
    return replace(
        _case(row),
        error_code=code,
        doubts=tuple(sorted(row.doubts)),
        cancel_error=_refusal(played, row.ref, Rule.CANCEL),
        update_error=_refusal(played, row.ref, Rule.UPDATE),
        replace_error=_refusal(played, row.ref, Rule.REPLACE),
        worst=_case(row.worst),
        best=_case(row.best),
    )


def _case(row: CaseRow) -> Outcome:
    return Outcome(
        size_matched=float(row.size_matched),
        average_price_matched=float(row.average_price_matched),
        size_remaining=float(row.size_remaining),
        size_cancelled=float(row.size_cancelled),
        size_lapsed=float(row.size_lapsed),
        size_voided=float(row.size_voided),
        status=str(row.status),
        profit=UNSETTLED if row.profit is None else float(row.profit),
    )


def _refusal(played: Played, ref: str, rule: Rule) -> str | None:
    """Return why a cancel, replace or update of an order was refused; None if it was not."""
    events = [
        each.event
        for market in played.markets.values()
        for each in market.told
        if each.ref == ref and each.event.kind is EventKind.REFUSED and each.event.rule is rule
    ]
    return events[0].error_code if events else None
