"""What market books can show an account of its own: its orders, and what is matched of them."""

from collections.abc import Iterator
from typing import NamedTuple

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.results import MarketResult
from betflow.exchange.times import iso_second
from betflow.sandbox.exchange.bets import EXPECTED, Bet, MarketBets, average, priced, runner_of, standing
from betflow.wire.book import Match, Order
from betflow.wire.enums import OrderStatus


class AccountOrder(NamedTuple):
    """
    An order of whoever asks, as it stands.

    Attributes:
        order: As listMarketBook tells of it.
        matches: What was matched of it, each part by itself.
    """

    selection_id: int
    handicap: float
    order: Order
    matches: tuple[Match, ...] = ()


def account_orders(
    market: MarketBets, terms: MarketResult, assumptions: Assumptions
) -> Iterator[AccountOrder]:
    """
    Yield an account's orders in a market, in the order in which they came.

    Args:
        market: The account's bets.
        terms: The market's terms: non-runners reduce prices.
        assumptions: What decides where the rules for non-runners do not.
    """
    for bet in market.bets.values():
        if bet.is_placed:
            yield AccountOrder(*runner_of(bet.order), *_order_and_matches(bet, terms, assumptions))


def _order_and_matches(
    bet: Bet, terms: MarketResult, assumptions: Assumptions
) -> tuple[Order, tuple[Match, ...]]:
    order = bet.order
    parts = priced(order, terms, assumptions)
    matches = tuple(
        Match(
            side=order.side,
            price=float(price),
            size=pennies / 100,
            bet_id=order.bet_id,
            match_id=f"{order.bet_id}{number:03}",  # digits, as Betfair's
            match_date=iso_second(part.matched_at),
        )
        for number, (part, (price, pennies)) in enumerate(zip(standing(order), parts, strict=True), start=1)
    )
    shown = Order(
        bet_id=order.bet_id,
        order_type=order.order_type,
        status=OrderStatus.EXECUTABLE if bet.is_executable else OrderStatus.EXECUTION_COMPLETE,
        persistence_type=order.persistence_type,
        side=order.side,
        price=order.price or 0.0,
        size=order.size[EXPECTED] / 100,
        bsp_liability=order.liability[EXPECTED] / 100 if order.is_on_close else 0.0,
        placed_date=iso_second(order.placed_at),
        avg_price_matched=average(parts),
        size_matched=order.matched[EXPECTED] / 100,
        size_remaining=order.remaining[EXPECTED] / 100,
        size_lapsed=order.lapsed[EXPECTED] / 100,
        size_cancelled=order.cancelled[EXPECTED] / 100,
        size_voided=order.voided[EXPECTED] / 100,
        customer_order_ref=order.customer_order_ref or None,
        customer_strategy_ref=order.strategy or None,
    )
    return shown, matches
