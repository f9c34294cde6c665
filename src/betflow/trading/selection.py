"""
Which runners of a market are worth betting on: odds band, spread and size, with all the reasons.

Source of the measures: `betflow.exchange.shape`. Only active runners are judged: removed ones, and those with
a result, have no verdict.
"""

from dataclasses import dataclass

from betflow.exchange.observed import ObservedMarket
from betflow.exchange.shape import RunnerShape, shape_of
from betflow.exchange.snapshot import PriceSize
from betflow.trading.judging import Limits, Measured, Reason, Rule, is_passed, judge


@dataclass(frozen=True, slots=True)
class RunnerVerdict:
    """
    What the rules say of a runner.

    Attributes:
        selected: Whether all rules that are judged passed.
        reasons: One of each rule, in the order of `RUNNER_RULES`.
    """

    selection_id: int
    handicap: float
    name: str | None
    selected: bool
    reasons: tuple[Reason, ...]


def select(market: ObservedMarket, limits: Limits) -> tuple[RunnerVerdict, ...]:
    """
    Judge the active runners of a market, the favourite first; what becomes of the market itself is no matter.

    Args:
        market: As it was seen: live, recorded or from a tape.
        limits: By the names of `RUNNER_RULES`.
    """
    return tuple(_verdict(runner, limits) for runner in shape_of(market).runners)


def back_price(runner: RunnerShape) -> Measured:
    """Return the best price to back, as published."""
    return _price(runner.best_back, "back")


def lay_price(runner: RunnerShape) -> Measured:
    """Return the best price to lay, as published."""
    return _price(runner.best_lay, "lay")


def spread(runner: RunnerShape) -> Measured:
    """Return the ticks from the best price to back to the best price to lay, on the market's ladder."""
    return Measured(runner.spread, "a price is missing, or they cross" if runner.spread is None else None)


def back_size(runner: RunnerShape) -> Measured:
    """Return what is offered at the best price to back, as published; 0 where there is none."""
    return Measured(runner.best_back.size if runner.best_back else 0.0)


def lay_size(runner: RunnerShape) -> Measured:
    """Return what is offered at the best price to lay, as published; 0 where there is none."""
    return Measured(runner.best_lay.size if runner.best_lay else 0.0)


RUNNER_RULES: tuple[Rule[RunnerShape], ...] = (
    Rule("back_price", "odds", back_price),
    Rule("lay_price", "odds", lay_price),
    Rule("spread", "ticks", spread),
    Rule("back_size", "money", back_size),
    Rule("lay_size", "money", lay_size),
)
"""All rules of runners, in the order of their reasons."""


def _verdict(runner: RunnerShape, limits: Limits) -> RunnerVerdict:
    reasons = judge(runner, RUNNER_RULES, limits)
    return RunnerVerdict(runner.selection_id, runner.handicap, runner.name, is_passed(reasons), reasons)


def _price(offer: PriceSize | None, side: str) -> Measured:
    if offer is None:
        return Measured(None, f"it has no price to {side}")
    return Measured(offer.price)
