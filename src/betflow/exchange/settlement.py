"""
Settlement: what Betfair would have paid for a matched bet.

`settle_market` settles all bets in a market and charges the commission; `settle` only the bets. A bet's
profit is worked out exactly over all of its fragments and rounded once, at the end. What cannot be settled is
unsettled and says why; it is never lost.

Source: docs/explanation/settlement.md has the rules, where they are from, and worked examples.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from betflow.exchange.assumptions import BETFLOW_1, Assumptions, DeadHeatStake, ReducedPriceRounding
from betflow.exchange.bets import BetError, MatchedBet, RunnerKey
from betflow.exchange.commission import commission_rate, market_commission, strategy_commissions
from betflow.exchange.money import ZERO, round_average_price, round_profit, round_reduced_stake
from betflow.exchange.outcomes import LINE_ODDS, VOID, Rule, Share, Verdict, verdict
from betflow.exchange.reductions import is_voided_by_removal, settled_price
from betflow.exchange.results import MarketKind, MarketResult
from betflow.wire.enums import Side


class Outcome(StrEnum):
    """How a bet ended, for the one who made it."""

    WON = "WON"
    LOST = "LOST"
    PLACED = "PLACED"
    """Each way: the win part was decided one way and the place part the other."""
    VOIDED = "VOIDED"
    """The whole stake came back."""
    UNSETTLED = "UNSETTLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledBet:
    """
    A bet and what it paid.

    Attributes:
        bet_id: The bet.
        market_id: Its market.
        runner: Its runner.
        side: BACK or LAY.
        strategy: Whose it is.
        outcome: How it ended.
        size: What was matched, all fragments together.
        price: The average price that it was settled at, after reductions; the line in a line market. To eight
            decimals, for people.
        is_price_reduced: Whether a non-runner reduced it.
        exact_profit: Before it was rounded; None while it is unsettled.
        profit: What it paid, before commission; None while it is unsettled.
        rules: What decided.
        assumed: The assumptions that mattered, by name.
    """

    bet_id: str
    market_id: str
    runner: RunnerKey
    side: Side
    strategy: str
    outcome: Outcome
    size: Decimal
    price: Decimal
    is_price_reduced: bool
    exact_profit: Fraction | None
    profit: Decimal | None
    rules: tuple[Rule, ...]
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledMarket:
    """
    A market's bets and what they paid.

    Attributes:
        market_id: The market.
        event_id: Its event.
        bets: In the order in which they were given.
        profit: What the settled ones paid together, before commission.
        commission_rate: In per cent, after the discount.
        commission: What Betfair keeps of the net winnings.
        commission_by_strategy: The same, divided among the strategies that won.
        assumptions: Name and version of the assumptions.
        assumed: Those that mattered for the commission, by name.
    """

    market_id: str
    event_id: str
    bets: tuple[SettledBet, ...]
    profit: Decimal
    commission_rate: Decimal
    commission: Decimal
    commission_by_strategy: dict[str, Decimal]
    assumptions: tuple[str, int]
    assumed: tuple[str, ...] = ()

    @property
    def net_profit(self) -> Decimal:
        """What is left after commission."""
        return self.profit - self.commission

    @property
    def is_settled(self) -> bool:
        """Whether every bet is settled."""
        return all(bet.profit is not None for bet in self.bets)


@dataclass(frozen=True, slots=True)
class _Fragment:
    """One fragment with its price and verdict."""

    bet: MatchedBet
    price: Fraction
    verdict: Verdict


def settle_market(
    bets: Iterable[MatchedBet],
    result: MarketResult,
    *,
    discount_rate: Decimal = ZERO,
    assumptions: Assumptions = BETFLOW_1,
) -> SettledMarket:
    """
    Settle the bets in a market and charge commission on what they won together.

    Args:
        bets: Matched bets or fragments, all in this market.
        result: The market's result.
        discount_rate: The account's discount in per cent; counts where the market allows it.
        assumptions: What decides where the rules do not.

    Raises:
        BetError: if a bet is in another market, has a price below 1, or fragments that contradict each other.
        UsageError: if the discount is not between 0 and 100 %.
    """
    settled = settle(bets, result, assumptions=assumptions)
    rate = commission_rate(result, discount_rate, assumptions)
    by_strategy: dict[str, Decimal] = {}
    for bet in settled:
        by_strategy[bet.strategy] = by_strategy.get(bet.strategy, ZERO) + (bet.profit or ZERO)
    profit = sum(by_strategy.values(), ZERO)
    commission = market_commission(profit, rate, assumptions)
    return SettledMarket(
        market_id=result.market_id,
        event_id=result.event_id,
        bets=settled,
        profit=profit,
        commission_rate=rate,
        commission=commission,
        commission_by_strategy=strategy_commissions(commission, by_strategy),
        assumptions=(assumptions.name, assumptions.version),
        assumed=("missing_base_rate",) if result.market_base_rate is None else (),
    )


def settle(
    bets: Iterable[MatchedBet], result: MarketResult, *, assumptions: Assumptions = BETFLOW_1
) -> tuple[SettledBet, ...]:
    """
    Settle the bets in a market; fragments with the same bet id are one bet.

    Raises:
        BetError: if a bet is in another market, has a price below 1, or fragments that contradict each other.
    """
    fragments: dict[str, list[MatchedBet]] = {}
    for bet in bets:
        if bet.market_id != result.market_id:
            raise BetError(
                f"bet {bet.bet_id} is in market {bet.market_id}, the result of {result.market_id}."
            )
        if bet.price < 1 and result.kind is not MarketKind.LINE:
            raise BetError(f"bet {bet.bet_id} has the price {bet.price}; expected at least 1.")
        fragments.setdefault(bet.bet_id, []).append(bet)
    return tuple(_settle_bet(each, result, assumptions) for each in fragments.values())


def _settle_bet(bets: Sequence[MatchedBet], result: MarketResult, assumptions: Assumptions) -> SettledBet:
    first = bets[0]
    if any(
        (each.runner, each.side, each.strategy) != (first.runner, first.side, first.strategy) for each in bets
    ):
        raise BetError(
            f"the fragments of bet {first.bet_id} differ in runner, side or strategy.",
            advice="Give every bet an id of its own.",
        )
    fragments = [_judge(each, result, assumptions) for each in bets]
    is_settled = all(each.verdict.shares for each in fragments)
    profit = (
        sum((_profit(each, result, assumptions) for each in fragments), Fraction()) if is_settled else None
    )
    size = sum((each.size for each in bets), ZERO)
    is_reduced = any(each.price != each.bet.price for each in fragments)
    average = sum((each.price * Fraction(each.bet.size) for each in fragments), Fraction()) / Fraction(size)
    return SettledBet(
        bet_id=first.bet_id,
        market_id=first.market_id,
        runner=first.runner,
        side=first.side,
        strategy=first.strategy,
        outcome=_outcome(fragments, first.side),
        size=size,
        price=round_average_price(average),
        is_price_reduced=is_reduced,
        exact_profit=profit,
        profit=None if profit is None else round_profit(profit, assumptions.profit_rounding),
        rules=tuple(dict.fromkeys(rule for each in fragments for rule in each.verdict.rules)),
        assumed=tuple(dict.fromkeys(name for each in fragments for name in each.verdict.assumed)),
    )


def _judge(bet: MatchedBet, result: MarketResult, assumptions: Assumptions) -> _Fragment:
    """Look at what became of the bet's own runner, then at what the others did to it."""
    price = Fraction(bet.price)
    own = verdict(bet.runner, bet.price, result, assumptions)
    if own.shares == (VOID,):
        return _Fragment(bet, price, own)
    if is_voided_by_removal(bet, result, assumptions):
        return _Fragment(bet, price, Verdict((VOID,), (Rule.REMOVED_AFTERWARDS,)))
    reduced = settled_price(bet, result, assumptions)
    if reduced != price:
        is_exact = assumptions.reduced_price_rounding is ReducedPriceRounding.NEVER
        assumed = own.assumed if is_exact else (*own.assumed, "reduced_price_rounding")
        own = Verdict(own.shares, (*own.rules, Rule.REDUCED), assumed)
    return _Fragment(bet, reduced, own)


def _profit(fragment: _Fragment, result: MarketResult, assumptions: Assumptions) -> Fraction:
    """Return what a fragment paid to the one who made it, exact."""
    price = LINE_ODDS if result.kind is MarketKind.LINE else fragment.price
    stake = Fraction(fragment.bet.size)
    backer = sum(
        (_share_profit(each, price, stake, assumptions) for each in fragment.verdict.shares), Fraction()
    )
    return fragment.bet.side.sign * backer


def _share_profit(share: Share, price: Fraction, stake: Fraction, assumptions: Assumptions) -> Fraction:
    """Return what the backer gets for the winning part of a stake, less what was at risk."""
    winning = stake * share.won
    if share.is_dead_heat and assumptions.dead_heat_stake is DeadHeatStake.PENNIES:
        winning = Fraction(round_reduced_stake(winning))
    odds = 1 + (price - 1) / share.divisor
    return winning * odds - stake * (share.won + share.lost)


def _outcome(fragments: Sequence[_Fragment], side: Side) -> Outcome:
    if not all(each.verdict.shares for each in fragments):
        return Outcome.UNSETTLED
    shares = [share for each in fragments for share in each.verdict.shares]
    if not any(share.won or share.lost for share in shares):
        return Outcome.VOIDED
    has_won = any(share.won for share in shares)
    if has_won and any(Rule.PLACED in each.verdict.rules for each in fragments):
        return Outcome.PLACED
    return Outcome.WON if has_won is (side is Side.BACK) else Outcome.LOST
