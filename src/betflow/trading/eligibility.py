"""
Whether a market is worth betting on: rules that judge it, and one verdict with all its reasons.

Source of the measures: `betflow.exchange.shape`, which says how each is worked out and rounded. Everything is
of the active runners alone; removed ones count nowhere.
"""

from dataclasses import dataclass
from decimal import Decimal

from betflow.exchange.observed import ObservedMarket
from betflow.exchange.shape import MarketShape, shape_of
from betflow.trading.judging import Limits, Measured, Reason, Rule, Value, is_passed, judge

_NO_ODDS = "its prices are no odds of runners that exclude each other"


@dataclass(frozen=True, slots=True)
class Sight:
    """A market as it was seen, and its shape."""

    market: ObservedMarket
    shape: MarketShape


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What the rules say of a market.

    Attributes:
        market_id: Which.
        eligible: Whether all rules that are judged passed.
        reasons: One of each rule, in the order of `MARKET_RULES`.
    """

    market_id: str
    eligible: bool
    reasons: tuple[Reason, ...]

    @property
    def first_failed(self) -> Reason | None:
        """The first reason against the market; None where there is none."""
        return next((reason for reason in self.reasons if reason.passed is False), None)


def assess(market: ObservedMarket, limits: Limits) -> Verdict:
    """
    Judge a market.

    Args:
        market: As it was seen: live, recorded or from a tape.
        limits: By the names of `MARKET_RULES`.
    """
    reasons = judge(Sight(market, shape_of(market)), MARKET_RULES, limits)
    return Verdict(market.market_id, is_passed(reasons), reasons)


def status(sight: Sight) -> Measured:
    """Return the market's status as published: OPEN, SUSPENDED, INACTIVE or CLOSED."""
    return _known(sight.market.definition.status, "Betfair has no book of it")


def in_play(sight: Sight) -> Measured:
    """Return whether the market is in play."""
    return _known(sight.market.definition.in_play, "nobody says")


def bsp(sight: Sight) -> Measured:
    """Return whether the market has a Betfair starting price."""
    return _known(sight.market.definition.bsp_market, "nobody says")


def time_to_off(sight: Sight) -> Measured:
    """
    Return the seconds from the moment when the market was seen to its scheduled off, to the millisecond.

    Negative after the scheduled off, whether the market is off or late.
    """
    off = sight.market.market_time
    return _known(
        None if off is None else Decimal(off - sight.market.moment).scaleb(-3), "it has no scheduled off"
    )


def field_size(sight: Sight) -> Measured:
    """Return how many runners are active; those that were removed are not."""
    return Measured(sight.shape.field_size)


def total_matched(sight: Sight) -> Measured:
    """
    Return what was matched in the market, as published: both stakes of each bet counted.

    In the currency of the account, or of the tape.
    """
    return _known(sight.market.total_matched, "nobody says")


def size_at_best(sight: Sight) -> Measured:
    """
    Return the sizes at the best prices of all active runners, to back and to lay, added up to the penny.

    A runner without a price adds nothing.
    """
    return Measured(sight.shape.size_at_best)


def median_spread(sight: Sight) -> Measured:
    """
    Return the median of the runners' spreads in ticks; of two in the middle the wider.

    A runner without a spread (a price is missing, or they cross) counts as wider than all others.
    """
    return _known(sight.shape.median_spread, "half of the runners, or more, have no spread")


def favourite_spread(sight: Sight) -> Measured:
    """Return the spread of the runner with the lowest price to back, in ticks."""
    favourite = sight.shape.favourite
    if favourite is None:
        return Measured(None, "no runner has a price to back" if sight.shape.are_odds else _NO_ODDS)
    return _known(favourite.spread, "the favourite has no spread")


def back_overround(sight: Sight) -> Measured:
    """Return Σ 100 / best price to back, less 100 for each winner, in percent with four decimals."""
    return _known(sight.shape.back_overround, _why_no_book(sight, "back"))


def lay_overround(sight: Sight) -> Measured:
    """Return Σ 100 / best price to lay, less 100 for each winner, in percent; mostly negative."""
    return _known(sight.shape.lay_overround, _why_no_book(sight, "lay"))


def entropy(sight: Sight) -> Measured:
    """
    Return the normalised entropy of the implied probabilities, four decimals.

    1 where all prices are equal; the lower, the more the market is compressed into few runners.
    """
    return _known(sight.shape.entropy, _why_no_book(sight, "back"))


def top_three_share(sight: Sight) -> Measured:
    """Return the implied probabilities of the three shortest runners, added up, four decimals; 1 at most."""
    return _known(sight.shape.top_three_share, _why_no_book(sight, "back"))


MARKET_RULES: tuple[Rule[Sight], ...] = (
    Rule("status", "", status),
    Rule("in_play", "", in_play),
    Rule("bsp", "", bsp),
    Rule("time_to_off", "s", time_to_off),
    Rule("field_size", "runners", field_size),
    Rule("total_matched", "money", total_matched),
    Rule("size_at_best", "money", size_at_best),
    Rule("median_spread", "ticks", median_spread),
    Rule("favourite_spread", "ticks", favourite_spread),
    Rule("back_overround", "%", back_overround),
    Rule("lay_overround", "%", lay_overround),
    Rule("entropy", "", entropy),
    Rule("top_three_share", "", top_three_share),
)
"""All rules of markets, in the order of their reasons."""


def _known(value: Value | None, otherwise: str) -> Measured:
    return Measured(value, otherwise if value is None else None)


def _why_no_book(sight: Sight, side: str) -> str:
    """Say why a measure of the prices of one side is not there."""
    shape = sight.shape
    missing = sum(getattr(runner, f"best_{side}") is None for runner in shape.runners)
    if not shape.are_odds:
        return _NO_ODDS
    if not shape.runners:
        return "no runner is active"
    if missing:
        return f"{missing} of {shape.field_size} active runners have no price to {side}"
    if not sight.market.definition.number_of_winners:
        return "how many winners it pays is not known"
    return "one runner alone has none"
