"""The same orders over the same markets pay the same in the sandbox and in a backtest, to the penny."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest

from acting import Recorded
from betflow.exchange.matching.orders import Case
from betflow.exchange.money import money
from betflow.exchange.times import epoch_ms
from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.generator.day import Day, Programme
from betflow.tape import Tape
from betflow.trading.engine import Engine, Latency
from betflow.trading.orders_file import ScriptedOrder
from betflow.trading.results import market_results
from betflow.trading.scripted import ScriptedOrders
from betflow.wire.enums import BetStatus, GroupBy, OrderType, PersistenceType, Side, TimeInForce
from betflow.wire.positions import ClearedOrderSummary, ListClearedOrders
from betflow.wire.stream import MarketChangeMessage, decode_market_change
from exchange_scenes import ACCOUNT, ScriptedFeed
from tapes import tape

_TO_THE_EXCHANGE_MS = 120
_ORDERS = 150
_PRICES = (1.2, 1.5, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 40.0)
_KINDS = (
    (OrderType.LIMIT, PersistenceType.LAPSE, None),
    (OrderType.LIMIT, PersistenceType.PERSIST, None),
    (OrderType.LIMIT, PersistenceType.MARKET_ON_CLOSE, None),
    (OrderType.LIMIT, None, TimeInForce.FILL_OR_KILL),
    (OrderType.LIMIT_ON_CLOSE, None, None),
    (OrderType.MARKET_ON_CLOSE, None, None),
)


@dataclass(frozen=True)
class _Paid:
    """
    What orders came to.

    Attributes:
        profits: By the order's ref; what was matched and what it paid.
        commissions: By market.
    """

    profits: dict[str, tuple[Decimal, Decimal]]
    commissions: dict[str, Decimal]


def _made_up(**events: int) -> list[MarketChangeMessage]:
    none = {"races": 0, "greyhounds": 0, "football": 0, "tennis": 0}
    programme = Programme(seed=3, day=epoch_ms("2026-07-04"), **{**none, **events})
    return [decode_market_change(line) for _, line in Day(programme).lines()]


def _recorded(name: str) -> list[MarketChangeMessage]:
    return list(Tape(tape(name)).messages())


def _orders(messages: Sequence[MarketChangeMessage], seed: int) -> list[ScriptedOrder]:
    """Return orders of all kinds on all runners, at any moment, each a moment of its own."""
    random = Random(seed)  # noqa: S311 - nothing secret
    runners = sorted(
        {
            (change.id, runner.id, runner.hc or 0.0)
            for message in messages
            for change in message.mc or ()
            if change.market_definition is not None
            for runner in change.market_definition.runners or ()
        }
    )
    first, last = messages[0].pt + 1, messages[-1].pt - 1000
    moments = sorted(random.sample(range(first, last), _ORDERS))
    orders = []
    for number, at in enumerate(moments):
        market_id, selection_id, handicap = random.choice(runners)
        kind, persistence, time_in_force = random.choice(_KINDS)
        orders.append(
            ScriptedOrder(
                ref=f"o{number}",
                at=at,
                market_id=market_id,
                selection_id=selection_id,
                handicap=handicap,
                side=random.choice(list(Side)),
                order_type=kind,
                price=None if kind is OrderType.MARKET_ON_CLOSE else random.choice(_PRICES),
                size=random.choice([2.0, 5.5, 12.34, 40.0]),
                persistence_type=persistence,
                time_in_force=time_in_force,
            )
        )
    return orders


def _in_a_backtest(messages: Sequence[MarketChangeMessage], orders: Sequence[ScriptedOrder]) -> _Paid:
    latency = Latency(place=_TO_THE_EXCHANGE_MS)
    played = Engine([ScriptedOrders(orders)], latency=latency).run([Recorded(messages)])
    profits, commissions = {}, {}
    for market in played.markets.values():
        results = market_results(market)
        for row in results.rows:
            if row.size_matched:
                assert row.profit is not None, "a market whose result a tape does not have"
                profits[row.ref] = row.size_matched, row.profit
        if results.settled[Case.EXPECTED].bets:
            commissions[market.market_id] = results.settled[Case.EXPECTED].commission
    return _Paid(profits, commissions)


def _in_the_sandbox(messages: Sequence[MarketChangeMessage], orders: Sequence[ScriptedOrder]) -> _Paid:
    feed = ScriptedFeed(messages[0].pt)
    for message in messages:
        for change in message.mc or ():
            feed.put(FeedChange(message.pt, change))
    exchange = Exchange(feed)
    reports: list[object] = []
    for order in orders:
        exchange.advance(order.at + _TO_THE_EXCHANGE_MS)
        exchange.submit(ACCOUNT, order.request, reports.append)
    exchange.advance(messages[-1].pt)
    assert len(orders) == len(reports)
    settled = _cleared(exchange, GroupBy.BET)
    assert exchange.funds(ACCOUNT).available_to_bet_balance == float(
        10_000
        + sum(money(each.profit or 0) for each in settled)
        - sum(money(each.commission or 0) for each in _cleared(exchange, GroupBy.MARKET))
    )
    return _Paid(
        {
            each.customer_order_ref or "": (money(each.size_settled or 0), money(each.profit or 0))
            for each in settled
        },
        {each.market_id or "": money(each.commission or 0) for each in _cleared(exchange, GroupBy.MARKET)},
    )


def _cleared(exchange: Exchange, group_by: GroupBy) -> tuple[ClearedOrderSummary, ...]:
    request = ListClearedOrders(bet_status=BetStatus.SETTLED, group_by=group_by)
    return exchange.cleared_orders(ACCOUNT, request).cleared_orders


def _compare(messages: Sequence[MarketChangeMessage], seed: int) -> None:
    orders = _orders(messages, seed)
    backtest = _in_a_backtest(messages, orders)

    assert 20 < len(backtest.profits)
    assert backtest == _in_the_sandbox(messages, orders)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_made_up_race(seed: int) -> None:
    """A race with its win, place and each-way markets: the starting price, the turn in play, the result."""
    _compare(_made_up(races=1), seed)


def test_made_up_greyhounds() -> None:
    """A greyhound race, which never goes in play."""
    _compare(_made_up(greyhounds=1), 1)


def test_a_made_up_tennis_match() -> None:
    """A match with a bet delay, suspended and opened again many times."""
    _compare(_made_up(tennis=1), 1)


@pytest.mark.parametrize("name", ["1.127236622", "1.185781277"])
def test_a_recorded_race(name: str) -> None:
    """Recorded races, with whatever happened in them."""
    _compare(_recorded(name), 1)
