"""The matched parts of orders, as settlement takes them."""

from decimal import Decimal

from betflow.exchange.bets import MatchedBet
from betflow.exchange.matching.orders import Case, Order


def matched_bets(order: Order, case: Case = Case.EXPECTED) -> list[MatchedBet]:
    """Return the parts of an order that were matched in a case, in order; they share its bet id."""
    return [
        MatchedBet(
            bet_id=order.bet_id,
            market_id=order.market_id,
            selection_id=order.runner.selection_id,
            handicap=order.runner.handicap,
            side=order.side,
            price=fill.price,
            size=pounds(fill.amounts[case]),
            matched_at=fill.at,
            in_play=fill.in_play,
            strategy=order.strategy,
        )
        for fill in order.fills
        if fill.amounts[case]
    ]


def pounds(pennies: int) -> Decimal:
    """Return pennies as an amount with two decimals."""
    return Decimal(pennies).scaleb(-2)
