"""What orders could cost: the exposure of what is matched and of what still may be."""

from collections.abc import Iterable
from decimal import Decimal

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.bets import MatchedBet
from betflow.exchange.exposure import exposure
from betflow.exchange.matching.bets import matched_bets, pounds
from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.money import ZERO, exact
from betflow.exchange.results import MarketResult


def exposure_of(orders: Iterable[Order], terms: MarketResult, assumptions: Assumptions) -> Decimal:
    """
    Return the most that orders in a market can lose, if all that is unmatched is matched at its price.

    What may be matched is not set off against what is: it may never be. An order at the starting price
    reserves its liability.

    Args:
        orders: All in one market.
        terms: The market's.
        assumptions: What decides where the rules do not.
    """
    matched: list[MatchedBet] = []
    unmatched: list[MatchedBet] = []
    on_close = ZERO
    for order in orders:
        matched += matched_bets(order)
        if order.is_on_close and not order.fills and not order.lapsed[Case.EXPECTED]:
            on_close += pounds(order.liability[Case.EXPECTED])
        elif order.remaining[Case.EXPECTED] > 0:
            unmatched.append(_if_matched(order))
    reserved = exposure(matched, terms, assumptions=assumptions)
    reserved += sum((exposure([bet], terms, assumptions=assumptions) for bet in unmatched), ZERO)
    return reserved + on_close


def _if_matched(order: Order) -> MatchedBet:
    return MatchedBet(
        bet_id=order.bet_id or "new",
        market_id=order.market_id,
        selection_id=order.runner.selection_id,
        handicap=order.runner.handicap,
        side=order.side,
        price=exact(order.price or 0),
        size=pounds(order.remaining[Case.EXPECTED]),
        matched_at=order.placed_at,
    )
