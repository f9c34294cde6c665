"""
listClearedOrders: how bets ended, one by one or added up.

A bet of which a part was matched and the rest cancelled ended in two ways, and so is found under both.
What lapsed or was cancelled or voided is found as soon as nothing of the bet can be matched any more, what is
settled once its market is.

Source: "listClearedOrders", "listClearedOrders - Roll-up Fields Available".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

import msgspec

from betflow.exchange.money import ZERO
from betflow.exchange.results import MarketResult
from betflow.exchange.settlement import Outcome, SettledBet
from betflow.exchange.times import iso_second, whole_second
from betflow.sandbox.exchange.bets import EXPECTED, Bet, MarketBets, Settlement
from betflow.sandbox.exchange.descriptions import Describe
from betflow.sandbox.exchange.ranges import is_among, page, span
from betflow.sandbox.exchange.statement import HORIZON_MS
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.enums import BetStatus, GroupBy, ServiceErrorCode
from betflow.wire.positions import (
    ClearedOrderSummary,
    ClearedOrderSummaryReport,
    ListClearedOrders,
)

LONGEST_PAGE: Final = 1000
MOST_BETS: Final = 1000
_WITH_COMMISSION: Final = frozenset({GroupBy.MARKET, GroupBy.EVENT, GroupBy.EVENT_TYPE, GroupBy.STRATEGY})
_IN_ONE_MARKET: Final = frozenset({GroupBy.SIDE, GroupBy.RUNNER, GroupBy.MARKET})

Terms: TypeAlias = Callable[[str], MarketResult]
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Cleared:
    """
    A bet, or the part of it, that ended in one way.

    Attributes:
        bet: The bet.
        terms: Its market's.
        at: When, epoch milliseconds.
        size: How much, in pennies.
        settled: What it paid; None where it did not pay.
        settlement: The market's; None where it is not settled.
    """

    bet: Bet
    terms: MarketResult
    at: int
    size: int
    settled: SettledBet | None = None
    settlement: Settlement | None = None

    @property
    def profit(self) -> Decimal:
        return ZERO if self.settled is None or self.settled.profit is None else self.settled.profit


def cleared_orders(
    markets: Iterable[MarketBets],
    request: ListClearedOrders,
    *,
    now: int,
    terms: Terms,
    describe: Describe,
) -> ClearedOrderSummaryReport:
    """
    Answer listClearedOrders: the last 90 days, by the date on which a bet ended.

    Args:
        markets: The account's bets.
        request: What is asked for.
        now: The moment, epoch milliseconds.
        terms: Gives a market's terms.
        describe: Gives what a bet was on in words.

    Raises:
        ServiceRefusal: where the request asks for too much, or for what cannot be.
    """
    group_by = request.group_by or GroupBy.BET
    if group_by is not GroupBy.BET and request.bet_status is not BetStatus.SETTLED:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, "groupBy goes with SETTLED only")
    if len(request.bet_ids or ()) > MOST_BETS:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, f"at most {MOST_BETS} bet ids")
    begins, ends = span(request.settled_date_range)
    begins = max(begins, now - HORIZON_MS)
    cleared = [
        each
        for market in markets
        if market.bets and is_among(market.market_id, request.market_ids)
        for each in _ended(market, request.bet_status, terms(market.market_id))
        if begins <= whole_second(each.at) <= ends and _is_asked_for(each, request)
    ]
    cleared.sort(key=lambda each: (each.at, each.bet.order.bet_id))
    words = describe if request.include_item_description else None
    rows = _rows(cleared, request.bet_status, group_by, words)
    shown, more = page(rows, request.from_record, request.record_count, LONGEST_PAGE)
    return ClearedOrderSummaryReport(cleared_orders=tuple(shown), more_available=more)


def _ended(market: MarketBets, status: BetStatus, terms: MarketResult) -> list[_Cleared]:
    """Return what of the bets in a market ended in a way."""
    if status is BetStatus.SETTLED:
        return _settled(market, is_void=False)
    bets = [bet for bet in market.bets.values() if bet.is_placed and not bet.is_executable]
    if status is BetStatus.VOIDED:
        removed = [
            _Cleared(bet, terms, bet.voided_at, bet.order.voided[EXPECTED])
            for bet in bets
            if bet.order.voided[EXPECTED]
        ]
        return removed + _settled(market, is_void=True)
    if status is BetStatus.LAPSED:
        return [
            _Cleared(bet, terms, bet.lapsed_at, bet.order.lapsed[EXPECTED])
            for bet in bets
            if bet.order.lapsed[EXPECTED]
        ]
    return [
        _Cleared(bet, terms, bet.cancelled_at, bet.order.cancelled[EXPECTED])
        for bet in bets
        if bet.order.cancelled[EXPECTED] or (bet.order.is_on_close and bet.cancelled_at)
    ]


def _settled(market: MarketBets, *, is_void: bool) -> list[_Cleared]:
    settlement = market.settlement
    if settlement is None:
        return []
    return [
        _Cleared(
            market.bets[bet.bet_id], settlement.result, settlement.at, int(bet.size * 100), bet, settlement
        )
        for bet in settlement.market.bets
        if (bet.outcome is Outcome.VOIDED) is is_void
    ]


def _is_asked_for(cleared: _Cleared, request: ListClearedOrders) -> bool:
    order = cleared.bet.order
    runners = request.runner_ids
    return (
        is_among(cleared.terms.event_type_id, request.event_type_ids)
        and is_among(cleared.terms.event_id, request.event_ids)
        and is_among(order.bet_id, request.bet_ids)
        and is_among(order.customer_order_ref, request.customer_order_refs)
        and is_among(order.strategy, request.customer_strategy_refs)
        and (request.side is None or order.side is request.side)
        and (
            not runners
            or any(
                each.market_id == order.market_id
                and each.selection_id == order.runner.selection_id
                and (each.handicap or 0.0) == float(order.runner.handicap)
                for each in runners
            )
        )
    )


_KEYS: Final[Mapping[GroupBy, Callable[[_Cleared], object]]] = MappingProxyType(
    {
        GroupBy.BET: lambda each: each.bet.order.bet_id,
        GroupBy.SIDE: lambda each: (each.bet.order.market_id, each.bet.order.runner, each.bet.order.side),
        GroupBy.RUNNER: lambda each: (each.bet.order.market_id, each.bet.order.runner),
        GroupBy.MARKET: lambda each: each.bet.order.market_id,
        GroupBy.EVENT: lambda each: each.terms.event_id,
        GroupBy.EVENT_TYPE: lambda each: each.terms.event_type_id,
        GroupBy.STRATEGY: lambda each: each.bet.order.strategy,
    }
)
"""What the bets of a group have in common."""


def _rows(
    cleared: Sequence[_Cleared], status: BetStatus, group_by: GroupBy, describe: Describe | None
) -> list[ClearedOrderSummary]:
    if group_by is GroupBy.BET:
        return [_bet_row(each, status, describe) for each in cleared]
    groups: dict[object, list[_Cleared]] = {}
    for each in cleared:
        groups.setdefault(_KEYS[group_by](each), []).append(each)
    return [_group_row(group, group_by, describe) for group in groups.values()]


def _bet_row(cleared: _Cleared, status: BetStatus, describe: Describe | None) -> ClearedOrderSummary:
    order, settled = cleared.bet.order, cleared.settled
    is_settled = status is BetStatus.SETTLED and settled is not None
    return ClearedOrderSummary(
        event_type_id=cleared.terms.event_type_id,
        event_id=cleared.terms.event_id,
        market_id=order.market_id,
        selection_id=order.runner.selection_id,
        handicap=float(order.runner.handicap),
        bet_id=order.bet_id,
        placed_date=iso_second(order.placed_at),
        persistence_type=order.persistence_type,
        order_type=order.order_type,
        side=order.side,
        item_description=describe(order.market_id, order.runner) if describe else None,
        bet_outcome=_outcome(cleared) if is_settled else None,
        price_requested=order.price or 0.0,
        settled_date=iso_second(cleared.at),
        last_matched_date=iso_second(order.matched_at) if order.matched_at else None,
        bet_count=1,
        price_matched=float(settled.price) if is_settled and settled else None,
        price_reduced=settled.is_price_reduced if is_settled and settled else None,
        size_settled=cleared.size / 100 if is_settled else None,
        profit=float(cleared.profit) if is_settled else None,
        size_cancelled=None if is_settled else cleared.size / 100,
        customer_order_ref=order.customer_order_ref or None,
        customer_strategy_ref=order.strategy or None,
    )


def _outcome(cleared: _Cleared) -> str:
    """Return WON or LOST; an each-way bet of which one part won is what the two parts come to."""
    outcome = cleared.settled.outcome if cleared.settled is not None else Outcome.LOST
    if outcome is Outcome.PLACED:
        return Outcome.WON if cleared.profit > 0 else Outcome.LOST
    return outcome


def _group_row(
    group: Sequence[_Cleared], group_by: GroupBy, describe: Describe | None
) -> ClearedOrderSummary:
    """Add up a group; what is the same for all of it, or the only bet's, is lifted up to markets."""
    row = ClearedOrderSummary(
        event_type_id=_only(each.terms.event_type_id for each in group),
        event_id=_only(each.terms.event_id for each in group) if group_by is not GroupBy.EVENT_TYPE else None,
        settled_date=iso_second(max(each.at for each in group)),
        bet_count=len(group),
        profit=float(sum((each.profit for each in group), ZERO)),
        commission=_commission(group, group_by) if group_by in _WITH_COMMISSION else None,
        customer_strategy_ref=_only(each.bet.order.strategy for each in group) or None,
    )
    return _with_details(row, group, group_by, describe) if group_by in _IN_ONE_MARKET else row


def _with_details(
    row: ClearedOrderSummary, group: Sequence[_Cleared], group_by: GroupBy, describe: Describe | None
) -> ClearedOrderSummary:
    """Add what a group within one market says of its bets."""
    orders = [each.bet.order for each in group]
    runner, side = _only(order.runner for order in orders), _only(order.side for order in orders)
    is_alike = runner is not None and side is not None
    if group_by is GroupBy.MARKET and not is_alike:
        runner = side = None
    matched = [int(each.matched_at) for each in orders]
    return msgspec.structs.replace(
        row,
        market_id=orders[0].market_id,
        selection_id=None if runner is None else runner.selection_id,
        handicap=None if runner is None else float(runner.handicap),
        side=side,
        bet_id=orders[0].bet_id if len(group) == 1 else None,
        placed_date=iso_second(max(order.placed_at for order in orders)),
        last_matched_date=iso_second(max(matched)),
        persistence_type=_only(order.persistence_type for order in orders),
        order_type=_only(order.order_type for order in orders),
        price_requested=_average(
            (order.price or 0.0, each.size) for order, each in zip(orders, group, strict=True)
        )
        if is_alike
        else None,
        price_matched=_average((float(each.settled.price), each.size) for each in group if each.settled)
        if is_alike
        else None,
        price_reduced=any(each.settled is not None and each.settled.is_price_reduced for each in group),
        size_settled=sum(each.size for each in group) / 100 if is_alike else None,
        item_description=describe(orders[0].market_id, runner) if describe else None,
        customer_order_ref=(orders[0].customer_order_ref or None) if len(group) == 1 else None,
    )


def _commission(group: Sequence[_Cleared], group_by: GroupBy) -> float:
    """Return the commission of the markets that the bets are in; of a strategy its part of them."""
    settlements = {
        each.settlement.market.market_id: each.settlement.market for each in group if each.settlement
    }
    strategy = group[0].bet.order.strategy
    parts = (
        market.commission_by_strategy.get(strategy, ZERO)
        if group_by is GroupBy.STRATEGY
        else market.commission
        for market in settlements.values()
    )
    return float(sum(parts, ZERO))


def _average(weighted: Iterable[tuple[float, int]]) -> float:
    """Return the average of numbers by size, to eight decimals."""
    pairs = list(weighted)
    size = sum(pennies for _, pennies in pairs)
    return round(sum(number * pennies for number, pennies in pairs) / size, 8) if size else 0.0


def _only(values: Iterable[_Value]) -> _Value | None:
    """Return the one value that all are; None where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None
