"""
How a market that closed is settled: by the result that its last definition has.

Two kinds of market say less in it than their bets need. The score of a handicap market follows from its
whole and half lines, which either won, lost or were pushed: between them there is one score. The number that
a line market is about is told nowhere, so its bets are void.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.results import REMOVED, MarketKind, MarketResult, handicap_margins, market_result
from betflow.exchange.settlement import SettledMarket, settle, settle_market
from betflow.wire.enums import RunnerStatus
from betflow.wire.stream import MarketDefinition

_HALF: Final = Fraction(1, 2)


def result_of(
    market_id: str, definition: MarketDefinition, removed_at: Mapping[RunnerKey, int]
) -> MarketResult:
    """Return the result that a definition has, with the margins of a handicap market as far as lines tell."""
    result = market_result(market_id, definition, removed_at=removed_at)
    if result.kind is not MarketKind.HANDICAP or not result.is_closed:
        return result
    scores = {
        selection: score
        for selection in {runner.selection_id for runner in result.statuses}
        if (score := _score(selection, result.statuses)) is not None
    }
    return replace(result, margins=handicap_margins(result.statuses, scores))


def settled(
    bets: Iterable[MatchedBet], result: MarketResult, discount_rate: Decimal, assumptions: Assumptions
) -> SettledMarket:
    """Settle bets; those whose result nobody knows are void, so that none stays open in a closed market."""
    bets = list(bets)
    market = settle_market(bets, result, discount_rate=discount_rate, assumptions=assumptions)
    unknown = {bet.bet_id for bet in market.bets if bet.profit is None}
    if not unknown or not result.is_closed:
        return market
    void = settle(
        [bet for bet in bets if bet.bet_id in unknown],
        replace(result, is_void=True),
        assumptions=assumptions,
    )
    voided = {bet.bet_id: bet for bet in void}
    return replace(market, bets=tuple(voided.get(bet.bet_id, bet) for bet in market.bets))


def _score(selection: int, statuses: Mapping[RunnerKey, str]) -> Decimal | None:
    """
    Return a selection's score, less the other's: the whole number that its lines leave.

    A line wins if score and handicap together are positive. So it is above minus the lowest half line that
    won and below minus the highest that lost. Quarter lines tell nothing more.
    """
    above, below = [], []
    for runner, status in statuses.items():
        handicap = Fraction(runner.handicap)
        if runner.selection_id != selection or handicap % _HALF:
            continue
        if status == RunnerStatus.WINNER:
            above.append(-handicap)
        elif status == RunnerStatus.LOSER:
            below.append(-handicap)
        elif status in REMOVED and not handicap % 1:
            return Decimal(int(-handicap))  # a push
    if not above or not below:
        return None
    lowest = floor(max(above)) + 1
    return Decimal(lowest) if lowest < min(below) <= lowest + 1 else None
