"""
What a result says about a bet on a runner: which shares of its stake won, lost and were returned.

Everything that a market can do to a bet is said in shares. A winner won all of the stake. In a dead heat
between two it won half and lost half. A quarter line that is pushed on one side wins half and gets half
back. An each-way bet has two stakes, one of them at a fraction of the odds. Prices play no part here (except
in line markets, where the price is the line), so the backer's share is the layer's, mirrored.

Source: docs/explanation/settlement.md has each rule with where it is from.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from betflow.exchange.assumptions import Assumptions, HiddenRunner, LinesBeside, PlaceDeadHeat
from betflow.exchange.bets import RunnerKey
from betflow.exchange.results import REMOVED, MarketKind, MarketResult
from betflow.wire.enums import RunnerStatus


class Rule(StrEnum):
    """What decided about a bet."""

    WINNER = "WINNER"
    LOSER = "LOSER"
    PLACED = "PLACED"
    DEAD_HEAT = "DEAD_HEAT"
    LINE = "LINE"
    HANDICAP = "HANDICAP"
    LINES_BESIDE = "LINES_BESIDE"
    """Half of the stake was on each of the lines beside a quarter line, and those have results."""
    REDUCED = "REDUCED"
    """Its price was reduced for a non-runner."""
    HIDDEN = "HIDDEN"
    REMOVED = "REMOVED"
    """Void: the runner was taken out of the market."""
    REMOVED_AFTERWARDS = "REMOVED_AFTERWARDS"
    """Void: it was matched before another runner was taken out, in a market where that voids it."""
    MARKET_VOID = "MARKET_VOID"
    PLACE_PART_VOID = "PLACE_PART_VOID"
    """Its place part is void: no more runners were left than places are paid."""
    NOT_CLOSED = "NOT_CLOSED"
    """Unsettled: the market is not settled, or its recording ends before that."""
    NO_RUNNER = "NO_RUNNER"
    """Unsettled: the market has no such runner."""
    NO_RESULT = "NO_RESULT"
    """Unsettled: the runner's status is no result in a market of this kind."""
    NO_LINE_RESULT = "NO_LINE_RESULT"
    """Unsettled: nobody said what number the line market ended with."""
    NO_MARGIN = "NO_MARGIN"
    """Unsettled: the score is needed for this handicap, and nobody gave it."""
    NO_DIVISOR = "NO_DIVISOR"
    """Unsettled: the each-way market does not say at which fraction it pays places."""
    UNRESOLVED_DEAD_HEAT = "UNRESOLVED_DEAD_HEAT"
    """Unsettled: nobody said who shares the last place, and the assumptions do not guess."""


@dataclass(frozen=True, slots=True)
class Share:
    """
    What became of one of a bet's stakes, as the backer sees it; what neither won nor lost is returned.

    Attributes:
        won: Which part of the stake won.
        lost: Which part lost.
        divisor: The winnings are those at the price, divided by this: 1, except in the place part of an
            each-way bet.
        is_dead_heat: Whether a dead heat divided it.
    """

    won: Fraction
    lost: Fraction
    divisor: Fraction = Fraction(1)
    is_dead_heat: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What a result says about a bet.

    Attributes:
        shares: What became of its stakes; none of them while it is unsettled.
        rules: What decided.
        assumed: The assumptions that mattered, by name.
    """

    shares: tuple[Share, ...]
    rules: tuple[Rule, ...]
    assumed: tuple[str, ...] = ()


_NOTHING: Final = Fraction(0)
_ALL: Final = Fraction(1)
WON: Final = Share(_ALL, _NOTHING)
LOST: Final = Share(_NOTHING, _ALL)
VOID: Final = Share(_NOTHING, _NOTHING)
LINE_ODDS: Final = Fraction(2)
_QUARTER: Final = Fraction(1, 4)
_STEP: Final = Decimal("0.25")
_RESULT_OF_A_LINE: Final[dict[str, Share]] = {
    RunnerStatus.WINNER: WON,
    RunnerStatus.LOSER: LOST,
    **dict.fromkeys(REMOVED, VOID),
}


def verdict(runner: RunnerKey, price: Decimal, result: MarketResult, assumptions: Assumptions) -> Verdict:
    """
    Say what became of a bet on a runner.

    Args:
        runner: The runner that it is on.
        price: Its price; only a line market looks at it.
        result: The market's result.
        assumptions: What decides where the rules do not.
    """
    early = _before_the_result(runner, result)
    if early is not None:
        return early
    status = result.statuses[runner]
    match result.kind:
        case MarketKind.LINE:
            found = _line(price, result)
        case MarketKind.HANDICAP:
            found = _handicap(runner, result, assumptions)
        case MarketKind.RANGE:
            found = _unsettled(Rule.NO_RESULT)
        case _ if status == RunnerStatus.HIDDEN:
            found = _hidden(result, assumptions)
        case MarketKind.EACH_WAY:
            found = _each_way(runner, status, result, assumptions)
        case MarketKind.WIN | MarketKind.PLACE:
            found = _odds(runner, status, result, assumptions)
    return found


def _before_the_result(runner: RunnerKey, result: MarketResult) -> Verdict | None:
    """Say what needs no result: the market or the runner is void, or there is no result yet."""
    if result.is_void:
        return Verdict((VOID,), (Rule.MARKET_VOID,))
    status = result.statuses.get(runner)
    if status is None:
        return _unsettled(Rule.NO_RUNNER)
    if status in REMOVED:
        return Verdict((VOID,), (Rule.REMOVED,))
    return None if result.is_closed else _unsettled(Rule.NOT_CLOSED)


def _unsettled(rule: Rule) -> Verdict:
    return Verdict((), (rule,))


def _hidden(result: MarketResult, assumptions: Assumptions) -> Verdict:
    stakes = 2 if result.kind is MarketKind.EACH_WAY else 1
    share = LOST if assumptions.hidden_runner is HiddenRunner.LOSES else VOID
    return Verdict((share,) * stakes, (Rule.HIDDEN,), ("hidden_runner",))


def _line(price: Decimal, result: MarketResult) -> Verdict:
    """Source: Betting Enums, MarketBettingType LINE and Side."""
    if result.line_result is None:
        return _unsettled(Rule.NO_LINE_RESULT)
    if result.line_result == price:
        return Verdict((VOID,), (Rule.LINE,))
    return Verdict((WON if result.line_result < price else LOST,), (Rule.LINE,))


def _handicap(runner: RunnerKey, result: MarketResult, assumptions: Assumptions) -> Verdict:
    """
    Settle by the margin; without one by the status, of a quarter line by those of the lines beside it.

    A quarter line is two bets of half the stake, on the lines a quarter below and above.
    """
    is_quarter = Fraction(runner.handicap) % Fraction(1, 2) != 0
    margin = (result.margins or {}).get(runner)
    if margin is not None:
        split = (-_QUARTER, _QUARTER) if is_quarter else (_NOTHING,)
        halves = [Fraction(margin) + each for each in split]
        won = Fraction(sum(half > 0 for half in halves), len(halves))
        lost = Fraction(sum(half < 0 for half in halves), len(halves))
        return Verdict((Share(won, lost),), (Rule.HANDICAP,))
    if is_quarter:
        return _quarter_line(runner, result, assumptions)
    share = _result_of_a_line(runner, result)
    if share is None:
        return _unsettled(Rule.NO_MARGIN)
    return Verdict((share,), (Rule.WINNER if share.won else Rule.LOSER,))


def _quarter_line(runner: RunnerKey, result: MarketResult, assumptions: Assumptions) -> Verdict:
    """Settle the two halves of a stake by the results of the lines that they are on, if both have one."""
    beside = (RunnerKey(runner.selection_id, runner.handicap + each) for each in (-_STEP, _STEP))
    shares = [_result_of_a_line(line, result) for line in beside]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or assumptions.lines_beside is LinesBeside.UNSETTLED:
        return _unsettled(Rule.NO_MARGIN)
    won = sum((share.won for share in known), _NOTHING) / len(known)
    lost = sum((share.lost for share in known), _NOTHING) / len(known)
    return Verdict((Share(won, lost),), (Rule.LINES_BESIDE,), ("lines_beside",))


def _result_of_a_line(line: RunnerKey, result: MarketResult) -> Share | None:
    """Return what the status of a line says, if it is a result and its other side has another."""
    status = result.statuses.get(line, "")
    share = _RESULT_OF_A_LINE.get(status)
    is_contradicted = share != VOID and status in _other_side(line, result)
    return None if is_contradicted else share


def _other_side(line: RunnerKey, result: MarketResult) -> list[str]:
    """
    Return the status of the other side of a line, if it is in the market.

    The other side of a handicap is that of the other selection with the opposite sign, that of a goal line
    has the same number.
    """
    for handicap in (-line.handicap, line.handicap):
        found = [
            status
            for runner, status in result.statuses.items()
            if runner.selection_id != line.selection_id and runner.handicap == handicap
        ]
        if found:
            return found
    return []


def _odds(runner: RunnerKey, status: str, result: MarketResult, assumptions: Assumptions) -> Verdict:
    """Settle in a market of one or several winners. Source: General Rules, dead heats."""
    if status == RunnerStatus.LOSER:
        return Verdict((LOST,), (Rule.LOSER,))
    if status != RunnerStatus.WINNER:
        return _unsettled(Rule.NO_RESULT)
    winners, places = len(result.with_status(RunnerStatus.WINNER)), result.number_of_winners
    if not 0 < places < winners:
        return Verdict((WON,), (Rule.WINNER,))
    if places == 1:
        return Verdict((_dead_heat(Fraction(1, winners)),), (Rule.WINNER, Rule.DEAD_HEAT))
    return _dead_heat_for_a_place(runner, winners, result, assumptions)


def _dead_heat_for_a_place(
    runner: RunnerKey, winners: int, result: MarketResult, assumptions: Assumptions
) -> Verdict:
    """Settle one of more winners than places: those before the last place are paid in full."""
    if result.sharing and runner not in result.sharing:
        return Verdict((WON,), (Rule.WINNER,))
    if result.sharing:
        return Verdict((_dead_heat(_shared_part(result)),), (Rule.WINNER, Rule.DEAD_HEAT))
    part = _assumed_part(Fraction(result.number_of_winners, winners), assumptions)
    if part is None:
        return _unsettled(Rule.UNRESOLVED_DEAD_HEAT)
    return Verdict((_dead_heat(part),), (Rule.WINNER, Rule.DEAD_HEAT), ("place_dead_heat",))


def _assumed_part(equal: Fraction, assumptions: Assumptions) -> Fraction | None:
    """Return which part somebody wins who may or may not share a place; None to leave it open."""
    parts = {
        PlaceDeadHeat.EQUAL_SHARES: equal,
        PlaceDeadHeat.FULL: _ALL,
        PlaceDeadHeat.UNSETTLED: None,
    }
    return parts[assumptions.place_dead_heat]


def _shared_part(result: MarketResult) -> Fraction:
    """Return what each of those who share gets: the places left for them, divided by their number."""
    sharing = len(result.sharing)
    return Fraction(result.number_of_winners - (len(result.paid) - sharing), sharing)


def _dead_heat(won: Fraction, divisor: Fraction = _ALL) -> Share:
    return Share(won, 1 - won, divisor, is_dead_heat=True)


def _each_way(runner: RunnerKey, status: str, result: MarketResult, assumptions: Assumptions) -> Verdict:
    """Settle the win part like a win market and the place part at its fraction of the odds."""
    if not result.each_way_divisor or result.each_way_divisor < 0:
        return _unsettled(Rule.NO_DIVISOR)
    rules = {
        RunnerStatus.WINNER: Rule.WINNER,
        RunnerStatus.PLACED: Rule.PLACED,
        RunnerStatus.LOSER: Rule.LOSER,
    }
    if status not in rules:
        return _unsettled(Rule.NO_RESULT)
    rule = rules[RunnerStatus(status)]
    winners = len(result.with_status(RunnerStatus.WINNER))
    win = WON if winners == 1 else _dead_heat(Fraction(1, winners or 1))
    win = win if rule is Rule.WINNER else LOST
    if 0 < result.remaining <= result.number_of_winners:
        void_rules = (rule, Rule.DEAD_HEAT) if win.is_dead_heat else (rule,)
        return Verdict((win, VOID), (*void_rules, Rule.PLACE_PART_VOID))
    divisor = Fraction(result.each_way_divisor)
    if rule is Rule.LOSER:
        return Verdict((win, Share(_NOTHING, _ALL, divisor)), (rule,))
    placed = _placed_part(runner, rule, result, assumptions)
    if placed is None:
        return _unsettled(Rule.UNRESOLVED_DEAD_HEAT)
    part, is_assumed = placed
    place = Share(_ALL, _NOTHING, divisor) if part == 1 else _dead_heat(part, divisor)
    is_dead_heat = win.is_dead_heat or place.is_dead_heat or is_assumed
    return Verdict(
        (win, place),
        (rule, Rule.DEAD_HEAT) if is_dead_heat else (rule,),
        ("place_dead_heat",) if is_assumed else (),
    )


def _placed_part(
    runner: RunnerKey, rule: Rule, result: MarketResult, assumptions: Assumptions
) -> tuple[Fraction, bool] | None:
    """
    Return which part of its place stake a placed runner won, and whether that is an assumption.

    Who won is known here, so a dead heat for the last place is among the runners that are PLACED. Where one
    place is left for them, all of them share it; where more are left, nothing says who shares. None where
    the assumptions do not guess.
    """
    places = result.number_of_winners
    winners = len(result.with_status(RunnerStatus.WINNER))
    placed = len(result.with_status(RunnerStatus.PLACED))
    if not 0 < places < winners + placed:
        return _ALL, False
    if result.sharing:
        return _shared_part(result) if runner in result.sharing else _ALL, False
    if rule is Rule.WINNER:
        return min(_ALL, Fraction(places, winners)), False
    left = max(0, places - winners)
    if left <= 1:
        return Fraction(left, placed), False
    assumed = _assumed_part(Fraction(left, placed), assumptions)
    return None if assumed is None else (assumed, True)
