"""
listCurrentOrders: the bets in markets that are not settled.

Source: "listCurrentOrders"; recorded answers.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Final

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.results import MarketResult
from betflow.exchange.times import iso_second, whole_second
from betflow.sandbox.exchange.bets import EXPECTED, Bet, MarketBets, average, priced
from betflow.sandbox.exchange.ranges import is_among, page, span
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.betting import MarketVersion
from betflow.wire.book import PriceSize
from betflow.wire.enums import OrderBy, OrderProjection, OrderStatus, ServiceErrorCode, SortDir
from betflow.wire.positions import (
    CurrentItemDescription,
    CurrentOrderSummary,
    CurrentOrderSummaryReport,
    ListCurrentOrders,
)

LONGEST_PAGE: Final = 1000
MOST_IDS: Final = 250
REGULATOR: Final = "GIBRALTAR REGULATOR"

_placed: Callable[[Bet], int] = attrgetter("order.placed_at")
_matched: Callable[[Bet], int] = attrgetter("order.matched_at")
_DATES: Final[dict[OrderBy, Callable[[Bet], int]]] = {
    OrderBy.BY_BET: _placed,
    OrderBy.BY_MARKET: _placed,
    OrderBy.BY_PLACE_TIME: _placed,
    OrderBy.BY_MATCH_TIME: _matched,
    OrderBy.BY_VOID_TIME: attrgetter("voided_at"),
    OrderBy.BY_SETTLED_TIME: lambda _: 0,  # what is settled is current no more
}
"""The date that an order is sorted by and that a range of dates is about; 0 leaves the order out."""


def current_orders(
    markets: Iterable[MarketBets],
    request: ListCurrentOrders,
    terms: Callable[[str], MarketResult],
    assumptions: Assumptions,
) -> CurrentOrderSummaryReport:
    """
    Answer listCurrentOrders.

    Args:
        markets: The account's bets.
        request: What is asked for.
        terms: Gives a market's terms: non-runners reduce average prices.
        assumptions: What decides where the rules for non-runners do not.

    Raises:
        ServiceRefusal: where the request asks for too much, or for what cannot be.
    """
    if len(request.bet_ids or ()) + len(request.market_ids or ()) > MOST_IDS:
        raise ServiceRefusal(ServiceErrorCode.REQUEST_SIZE_EXCEEDS_LIMIT)
    order_by = request.order_by or OrderBy.BY_BET
    date = _DATES[order_by]
    begins, ends = span(request.date_range or request.placed_date_range)
    bets = [
        bet
        for market in markets
        if market.settlement is None and is_among(market.market_id, request.market_ids)
        for bet in market.bets.values()
        if bet.is_placed
        and _is_asked_for(bet, request)
        and date(bet)
        and begins <= whole_second(date(bet)) <= ends
    ]
    bets.sort(
        key=lambda bet: (
            date(bet),
            _matched(bet) if date is not _placed else 0,
            _placed(bet),
            bet.order.bet_id,
        )
    )
    if request.sort_dir is SortDir.LATEST_TO_EARLIEST:
        bets.reverse()
    if order_by is OrderBy.BY_MARKET:
        bets.sort(key=lambda bet: bet.order.market_id)
    shown, more = page(bets, request.from_record, request.record_count, LONGEST_PAGE)
    known: dict[str, MarketResult] = {}
    return CurrentOrderSummaryReport(
        current_orders=tuple(
            summary(
                bet,
                known.setdefault(bet.order.market_id, terms(bet.order.market_id)),
                assumptions,
                describe=bool(request.include_item_description),
            )
            for bet in shown
        ),
        more_available=more,
    )


def summary(
    bet: Bet, terms: MarketResult, assumptions: Assumptions, *, describe: bool = False
) -> CurrentOrderSummary:
    """Return a bet as listCurrentOrders has it; amounts are always there, and 0 where there is nothing."""
    order = bet.order
    return CurrentOrderSummary(
        bet_id=order.bet_id,
        market_id=order.market_id,
        selection_id=order.runner.selection_id,
        handicap=float(order.runner.handicap),
        price_size=PriceSize(price=order.price or 0.0, size=order.size[EXPECTED] / 100),
        bsp_liability=order.liability[EXPECTED] / 100 if order.is_on_close else 0.0,
        side=order.side,
        status=OrderStatus.EXECUTABLE if bet.is_executable else OrderStatus.EXECUTION_COMPLETE,
        persistence_type=order.persistence_type,
        order_type=order.order_type,
        placed_date=iso_second(order.placed_at),
        matched_date=iso_second(order.matched_at) if order.matched_at else None,
        average_price_matched=average(priced(order, terms, assumptions)),
        size_matched=order.matched[EXPECTED] / 100,
        size_remaining=order.remaining[EXPECTED] / 100,
        size_lapsed=order.lapsed[EXPECTED] / 100,
        size_cancelled=order.cancelled[EXPECTED] / 100,
        size_voided=order.voided[EXPECTED] / 100,
        regulator_code=REGULATOR,
        customer_order_ref=order.customer_order_ref or None,
        customer_strategy_ref=order.strategy or None,
        current_item_description=CurrentItemDescription(
            market_version=MarketVersion(version=bet.market_version)
        )
        if describe
        else None,
    )


def _is_asked_for(bet: Bet, request: ListCurrentOrders) -> bool:
    order = bet.order
    projection = request.order_projection or OrderProjection.ALL
    is_in_projection = projection is OrderProjection.ALL or (
        bet.is_executable is (projection is OrderProjection.EXECUTABLE)
    )
    return (
        is_in_projection
        and is_among(order.bet_id, request.bet_ids)
        and is_among(order.customer_order_ref, request.customer_order_refs)
        and is_among(order.strategy, request.customer_strategy_refs)
    )
