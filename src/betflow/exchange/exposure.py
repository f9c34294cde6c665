"""
Exposure: the most that matched bets can lose, whatever the result.

Bets on the same runner are set off against each other; different runners are not, because any of them may
still be removed, and then its bets no longer cover anything. So it is never less than what is lost in the
end, dead heats, voids and rounding included, as long as no runner is removed later: a later removal reduces
or voids what was matched before it and not what is matched after.

Source: "Additional Information" and placeOrders: an each-way bet reserves twice its size.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from betflow.exchange.assumptions import BETFLOW_1, Assumptions, DeadHeatStake
from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.money import ZERO, Rounding, round_exposure
from betflow.exchange.outcomes import LINE_ODDS
from betflow.exchange.reductions import is_voided_by_removal, settled_price
from betflow.exchange.results import REMOVED, MarketKind, MarketResult
from betflow.wire.enums import Side

_HALF_A_PENNY = Fraction(1, 200)


def liability(bet: MatchedBet, result: MarketResult, *, assumptions: Assumptions = BETFLOW_1) -> Decimal:
    """
    Return the most that one bet can lose, at its price after the removals so far.

    Args:
        bet: A matched bet; that it is void or settled already is not looked at.
        result: The terms of its market, settled or not.
        assumptions: What decides where the rules do not.
    """
    return round_exposure(_loss(bet, result, assumptions))


def exposure(
    bets: Iterable[MatchedBet], result: MarketResult, *, assumptions: Assumptions = BETFLOW_1
) -> Decimal:
    """
    Return the most that the bets in a market can lose together.

    Args:
        bets: Matched bets in the market.
        result: Its terms, settled or not.
        assumptions: What decides where the rules do not.
    """
    if result.is_void:
        return ZERO
    by_runner: defaultdict[RunnerKey, list[MatchedBet]] = defaultdict(list)
    for bet in bets:
        is_removed = result.statuses.get(bet.runner) in REMOVED
        if not is_removed and not is_voided_by_removal(bet, result, assumptions):
            by_runner[bet.runner].append(bet)
    return sum((_runner_exposure(each, result, assumptions) for each in by_runner.values()), ZERO)


def _runner_exposure(bets: Sequence[MatchedBet], result: MarketResult, assumptions: Assumptions) -> Decimal:
    """
    Set the bets on a runner off against each other.

    Each is rounded on its own when it is settled, so what cancels out exactly may still cost a fraction of a
    penny for each bet. Never more, though, than the bets can lose one by one.
    """
    alike = _alike(bets, result)
    singly = sum((n * round_exposure(_loss(bet, result, assumptions)) for bet, n in alike), ZERO)
    if result.kind is MarketKind.LINE:
        together = _worst_line(bets)
    else:
        together = sum((_worst(alike, each, result, assumptions) for each in _divisors(result)), Fraction())
    rounding = sum((n * _rounding_loss(bet, result, assumptions) for bet, n in alike), Fraction())
    return min(singly, round_exposure(together + rounding))


def _alike(bets: Iterable[MatchedBet], result: MarketResult) -> list[tuple[MatchedBet, int]]:
    """Return one of each kind of bets that lose the same, with how many of them there are."""
    kinds: dict[tuple[object, ...], tuple[MatchedBet, int]] = {}
    for bet in bets:
        before = (bet.in_play, bet.matched_at) if result.removals else ()
        kind = (bet.side, bet.price, bet.size, before)
        first, count = kinds.get(kind, (bet, 0))
        kinds[kind] = (first, count + 1)
    return list(kinds.values())


def _rounding_loss(bet: MatchedBet, result: MarketResult, assumptions: Assumptions) -> Fraction:
    """Return how far rounding may take a bet's profit from the exact one, at most."""
    of_profit = 2 if assumptions.profit_rounding is Rounding.DOWN else 1
    if assumptions.dead_heat_stake is DeadHeatStake.EXACT:
        return of_profit * _HALF_A_PENNY
    of_stakes = len(_divisors(result)) * max(Fraction(1), Fraction(bet.price))
    return (of_profit + of_stakes) * _HALF_A_PENNY


def _loss(bet: MatchedBet, result: MarketResult, assumptions: Assumptions) -> Fraction:
    stake = Fraction(bet.size)
    if result.kind is MarketKind.LINE:
        return stake
    if bet.side is Side.BACK:
        return stake * len(_divisors(result))
    winnings = settled_price(bet, result, assumptions) - 1
    return sum((stake * winnings / divisor for divisor in _divisors(result)), Fraction())


def _divisors(result: MarketResult) -> tuple[Fraction, ...]:
    """Return by what the odds of each of a bet's stakes are divided; unknown place terms count in full."""
    if result.kind is not MarketKind.EACH_WAY:
        return (Fraction(1),)
    return (Fraction(1), Fraction(result.each_way_divisor or 1))


def _worst(
    alike: Iterable[tuple[MatchedBet, int]],
    divisor: Fraction,
    result: MarketResult,
    assumptions: Assumptions,
) -> Fraction:
    """Return the loss of one part of the bets on a runner, in the worse case; all other cases are between."""
    if_won = if_lost = Fraction()
    for bet, count in alike:
        stake = count * bet.side.sign * Fraction(bet.size)
        if_won += stake * (settled_price(bet, result, assumptions) - 1) / divisor
        if_lost -= stake
    return max(Fraction(), -if_won, -if_lost)


def _worst_line(bets: Sequence[MatchedBet]) -> Fraction:
    """Return the worst loss over the results that make a difference: on, between and beyond the lines."""
    lines = sorted({Fraction(bet.price) for bet in bets})
    between = [(low + high) / 2 for low, high in pairwise(lines)]
    results = [lines[0] - 1, *lines, *between, lines[-1] + 1]
    return max(Fraction(), *(-_line_profit(bets, each) for each in results))


def _line_profit(bets: Iterable[MatchedBet], result: Fraction) -> Fraction:
    profit = Fraction()
    for bet in bets:
        line = Fraction(bet.price)
        won = (result < line) - (result > line)
        profit += bet.side.sign * won * Fraction(bet.size) * (LINE_ODDS - 1)
    return profit
