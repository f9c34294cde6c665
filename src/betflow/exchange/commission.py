"""
Commission: Betfair's part of the net winnings in a market.

It is charged once for each market, on what all bets in it won together, at the market base rate less the
account's discount. Where several strategies bet in a market, those that won pay it, in proportion to what
each won; docs/decisions/0005 says why.

Source: Betfair support, "What is Commission and how is it calculated?".
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from betflow.errors import UsageError
from betflow.exchange.assumptions import Assumptions, MissingBaseRate
from betflow.exchange.money import ZERO, round_commission, share_out
from betflow.exchange.results import MarketResult

_ASSUMED_RATES: Final = {
    MissingBaseRate.FIVE_PER_CENT: Decimal(5),
    MissingBaseRate.NO_COMMISSION: Decimal(0),
}


def commission_rate(result: MarketResult, discount_rate: Decimal, assumptions: Assumptions) -> Decimal:
    """
    Return the commission in a market in per cent: base rate × (100 % - discount), where it is allowed.

    Args:
        result: The market's terms.
        discount_rate: The account's discount in per cent.
        assumptions: Decide where the market has no base rate.

    Raises:
        UsageError: if the discount is not between 0 and 100 %.
    """
    if not 0 <= discount_rate <= 100:  # noqa: PLR2004 - per cent
        raise UsageError(f"the discount is {discount_rate} %; expected 0 to 100.")
    base = result.market_base_rate
    rate = _ASSUMED_RATES[assumptions.missing_base_rate] if base is None else base
    return (rate * (100 - discount_rate)).scaleb(-2) if result.discount_allowed else rate


def market_commission(profit: Decimal, rate: Decimal, assumptions: Assumptions) -> Decimal:
    """
    Return the commission on what a market paid: none on a loss.

    Args:
        profit: What all bets in the market paid together.
        rate: In per cent.
        assumptions: Say how it is rounded.
    """
    exact = max(Fraction(0), Fraction(profit)) * Fraction(rate) / 100
    return round_commission(exact, assumptions.commission_rounding)


def strategy_commissions(commission: Decimal, profits: dict[str, Decimal]) -> dict[str, Decimal]:
    """
    Divide a market's commission among the strategies that won, in proportion to what each won.

    A strategy that lost pays nothing, and none pays more than it would alone (but for the penny of rounding).

    Args:
        commission: The market's.
        profits: What each strategy won or lost in it.

    Returns:
        By strategy, exact to the penny; the parts add up to the commission.
    """
    shares = share_out(commission, {name: max(ZERO, profit) for name, profit in profits.items()})
    return {name: shares.get(name, ZERO) for name in profits}
