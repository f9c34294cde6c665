"""What orders could cost, or did: the exposure of what is matched and of what still may be."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.bets import MatchedBet
from betflow.exchange.exposure import exposure
from betflow.exchange.matching.bets import matched_bets, pounds
from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.matching.plans import paid
from betflow.exchange.money import ZERO, exact
from betflow.exchange.results import MarketResult
from betflow.exchange.settlement import settle_market
from betflow.wire.enums import OrderStatus


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
        if order.status is OrderStatus.EXECUTION_COMPLETE:
            continue
        if order.is_on_close:
            on_close += pounds(order.liability[Case.EXPECTED])
        elif (size := _unmatched(order)) > 0:
            unmatched.append(_if_matched(order, size))
    reserved = exposure(matched, terms, assumptions=assumptions)
    reserved += sum((exposure([bet], terms, assumptions=assumptions) for bet in unmatched), ZERO)
    return reserved + on_close


def needed_for(orders: Sequence[Order], terms: MarketResult, assumptions: Assumptions) -> Decimal:
    """
    Return what orders in a market take of the funds: their exposure, or once it is settled what they lost.

    What they won is given back, so the answer may be negative.
    """
    if not terms.is_closed:
        return exposure_of(orders, terms, assumptions)
    bets = [bet for order in orders for bet in matched_bets(order)]
    return -settle_market(bets, terms, assumptions=assumptions).net_profit


def _unmatched(order: Order) -> int:
    """Return how much may still be matched, in pennies; for a bet target what reaches it at the limit."""
    if order.bet_target_type is None or order.size[Case.EXPECTED]:
        return order.remaining[Case.EXPECTED]
    each = paid(Fraction(exact(order.price or 0)), order.bet_target_type)
    return -int(-Fraction(order.bet_target_size) / each // 1)


def _if_matched(order: Order, size: int) -> MatchedBet:
    return MatchedBet(
        bet_id=order.bet_id or "new",
        market_id=order.market_id,
        selection_id=order.runner.selection_id,
        handicap=order.runner.handicap,
        side=order.side,
        price=exact(order.price or 0),
        size=pounds(size),
        matched_at=order.placed_at,
    )
