"""What orders could cost, or did: the exposure of what is matched and of what still may be."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.bets import MatchedBet
from betflow.exchange.exposure import exposure
from betflow.exchange.matching.bets import matched_bets, pounds
from betflow.exchange.matching.market import MarketMatching
from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.matching.plans import paid
from betflow.exchange.money import ZERO, exact
from betflow.exchange.results import MarketResult
from betflow.exchange.settlement import settle_market
from betflow.wire.enums import OrderStatus

_LATER: Final = 10**15
"""After every removal so far, as what is still unmatched would be."""


class Funds:
    """
    What an account can still lose.

    Args:
        available: What may be lost, over all markets; None for no limit.
        assumptions: What decides where the rules do not.
    """

    __slots__ = ("_assumptions", "_available", "_booked", "_needs")

    def __init__(self, available: Decimal | None, assumptions: Assumptions) -> None:
        self._available = available
        self._assumptions = assumptions
        self._needs: dict[str, tuple[object, Decimal]] = {}
        self._booked: dict[str, Decimal] = {}

    def book(self, market_id: str, net_profit: Decimal | None) -> None:
        """Take note of what a market paid, as somebody settled it; None when it is unsettled again."""
        if net_profit is None:
            self._booked.pop(market_id, None)
        else:
            self._booked[market_id] = net_profit

    def exposure(self, markets: Mapping[str, MarketMatching]) -> Decimal:
        """Return what may be lost in the markets whose profit is not booked."""
        return sum(
            (
                self._need(market, ())
                for market_id, market in markets.items()
                if market_id not in self._booked
            ),
            ZERO,
        )

    def allow(self, orders: Iterable[Order], markets: Mapping[str, MarketMatching]) -> bool:
        """Say whether the account can lose what its orders and these may cost, after what it won and lost."""
        if self._available is None:
            return True
        new: dict[str, list[Order]] = {}
        for order in orders:
            new.setdefault(order.market_id, []).append(order)
        needed = sum(
            (self._need(market, new.get(market_id, [])) for market_id, market in markets.items()), ZERO
        )
        return needed <= self._available

    def _need(self, market: MarketMatching, new: Sequence[Order]) -> Decimal:
        """Return what may be lost in a market, or was; worked out anew only where something happened."""
        ours, market_id = market.ours, market.known.book.market_id
        if market_id in self._booked:
            return -self._booked[market_id]
        if not (new or ours.all or ours.waiting):
            return ZERO
        known = self._needs.get(market_id)
        as_of = (ours.revision, market.known.definition)
        if new or known is None or known[0] != as_of:
            orders = [*ours.all.values(), *ours.waiting.values(), *new]
            known = as_of, needed_for(orders, market.known.result, self._assumptions)
            if not new:
                self._needs[market_id] = known
        return known[1]


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
        matched_at=_LATER,
    )
