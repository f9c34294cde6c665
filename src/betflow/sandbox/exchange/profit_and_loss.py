"""
listMarketProfitAndLoss: what an account gains in a market that is open, for each of its results.

Source: "listMarketProfitAndLoss". What a bet at the starting price would win is not known before there is
one, so with `includeBspBets` it counts with what it loses where it loses.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.bets import RunnerKey
from betflow.exchange.commission import commission_rate
from betflow.exchange.money import round_profit
from betflow.exchange.results import REMOVED, MarketKind, MarketResult
from betflow.sandbox.exchange.bets import EXPECTED, MarketBets, priced
from betflow.wire.enums import MarketStatus, Side
from betflow.wire.positions import ListMarketProfitAndLoss, MarketProfitAndLoss, RunnerProfitAndLoss
from betflow.wire.stream import MarketDefinition

_NOTHING: Final = Fraction(0)


class _Gain:
    """What the bets on one runner gain: if it wins, is placed, or loses."""

    __slots__ = ("loses", "placed", "wins")

    def __init__(self) -> None:
        self.wins = self.placed = self.loses = _NOTHING

    def add(self, sign: int, size: Fraction, winnings: Fraction, divisor: Fraction | None) -> None:
        """Add a bet; *divisor* is that of the place part of an each-way bet."""
        place = _NOTHING if divisor is None else winnings / divisor
        self.wins += sign * (winnings + place)
        self.placed += sign * (place - size)
        self.loses -= sign * size * (1 if divisor is None else 2)


def has_profit_and_loss(definition: MarketDefinition) -> bool:
    """Say whether Betfair answers for a market: it is open, and of odds."""
    return definition.status == MarketStatus.OPEN and (definition.betting_type or "ODDS") == "ODDS"


def profit_and_loss(
    market: MarketBets,
    terms: MarketResult,
    request: ListMarketProfitAndLoss,
    discount_rate: Decimal,
    assumptions: Assumptions,
) -> MarketProfitAndLoss:
    """
    Return what the bets in a market gain, by runner.

    Args:
        market: The bets.
        terms: The market's terms.
        request: Says whether commission is taken off, and whether bets at the starting price count.
        discount_rate: The account's, in per cent.
        assumptions: What decides where the rules do not.
    """
    gains = {runner: _Gain() for runner, status in terms.statuses.items() if status not in REMOVED}
    divisor = Fraction(terms.each_way_divisor or 1) if terms.kind is MarketKind.EACH_WAY else None
    for bet in market.bets.values():
        order = bet.order
        gain = gains.get(order.runner)
        if gain is None:
            continue
        for price, pennies in priced(order, terms, assumptions):
            size = Fraction(pennies, 100)
            gain.add(order.side.sign, size, size * (price - 1), divisor)
        if request.include_bsp_bets and order.is_on_close and bet.is_executable:
            liability = Fraction(order.liability[EXPECTED], 100)
            if order.side is Side.BACK:
                gain.add(1, liability, _NOTHING, divisor)
            else:
                gain.wins -= liability
    rate = commission_rate(terms, discount_rate, assumptions) if request.net_of_commission else None
    return MarketProfitAndLoss(
        market_id=market.market_id,
        commission_applied=None if rate is None else float(rate),
        profit_and_losses=tuple(_lines(gains, terms.kind, rate or Decimal(0), assumptions)),
    )


def _lines(
    gains: dict[RunnerKey, _Gain], kind: MarketKind, rate: Decimal, assumptions: Assumptions
) -> Iterable[RunnerProfitAndLoss]:
    """Yield a line for each runner; where one wins, all others lose."""
    all_lose = sum((gain.loses for gain in gains.values()), _NOTHING)

    def amount(gained: Fraction) -> float:
        kept = gained * (100 - Fraction(rate)) / 100 if gained > 0 else gained
        return float(round_profit(kept, assumptions.profit_rounding))

    for runner, gain in gains.items():
        is_one_winner = kind is MarketKind.WIN
        yield RunnerProfitAndLoss(
            selection_id=runner.selection_id,
            if_win=amount(gain.wins + all_lose - gain.loses if is_one_winner else gain.wins),
            if_lose=None if is_one_winner else amount(gain.loses),
            if_place=amount(gain.placed) if kind is MarketKind.EACH_WAY else None,
        )
