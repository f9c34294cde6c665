"""
What a tool answers to a scenario, and where it differs from what is expected.

Sizes and money are compared to the penny, averages to four decimals.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from scenarios import Expected, Scenario

MONEY: Final = ("size_matched", "average_price_matched", "profit")
"""What every tool can be asked for."""
AMOUNTS: Final = ("size_remaining", "size_cancelled", "size_lapsed", "size_voided")
"""What became of the rest."""
WORDS: Final = ("status", "error_code", "doubts", "cancel_error", "update_error", "replace_error")
"""What Betfair, or betflow, says about it; the same in all three cases."""
UNSETTLED: Final = "unsettled"
_AVERAGE_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an order came to; what a tool does not say is None. A profit may be `UNSETTLED`."""

    size_matched: float | None = 0.0
    average_price_matched: float | None = None
    size_remaining: float | None = None
    size_cancelled: float | None = None
    size_lapsed: float | None = None
    size_voided: float | None = None
    status: str | None = None
    error_code: str | None = None
    profit: float | str | None = None
    doubts: tuple[str, ...] | None = None
    cancel_error: str | None = None
    update_error: str | None = None
    replace_error: str | None = None
    worst: "Outcome | None" = None
    best: "Outcome | None" = None
    note: str = ""
    """What a tool says in words of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketOutcome:
    """What all bets in a market came to."""

    profit: float | None = None
    commission: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a tool made of a scenario.

    Attributes:
        orders: By ref; `REF.2` is what replaced it.
        markets: By short name; None where a tool says nothing of markets.
    """

    orders: dict[str, Outcome] = field(default_factory=dict)
    markets: dict[str, MarketOutcome] | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not what is expected."""

    of: str
    name: str
    expected: object
    got: object

    def __str__(self) -> str:
        return f"{self.of} {self.name}: expected {self.expected}, got {self.got}"


def differences(scenario: Scenario, answer: Answer, names: tuple[str, ...]) -> list[Difference]:
    """Return where an answer differs in the given fields, in the order of the scenario."""
    return [*_of_orders(scenario, answer, names), *_of_markets(scenario, answer)]


def _of_orders(scenario: Scenario, answer: Answer, names: tuple[str, ...]) -> Iterator[Difference]:
    for ref, expected in scenario.expect.items():
        got = answer.orders.get(ref)
        if got is None:
            yield Difference(ref, "order", "there", "not there")
            continue
        yield from _of_outcome(ref, expected, got, names)
        for case in ("worst", "best"):
            of_case = getattr(got, case)
            if of_case is not None:
                of_all = [name for name in names if name not in WORDS]
                yield from _of_outcome(f"{ref} {case}", getattr(expected, case) or expected, of_case, of_all)


def _of_outcome(of: str, expected: Expected, got: Outcome, names: Iterable[str]) -> Iterator[Difference]:
    for name in names:
        wanted, found = getattr(expected, name), getattr(got, name)
        is_unsaid = found is None and name in MONEY
        if wanted is not None and not is_unsaid and not _is_same(wanted, found, name):
            yield Difference(of, name, wanted, found)


def _of_markets(scenario: Scenario, answer: Answer) -> Iterator[Difference]:
    if answer.markets is None:
        return
    for market, expected in scenario.expect_market.items():
        got = answer.markets.get(market, MarketOutcome())
        for name in ("profit", "commission"):
            wanted, found = getattr(expected, name), getattr(got, name)
            if wanted is not None and not _is_same(wanted, found, name):
                yield Difference(market or "market", name, wanted, found)


def _is_same(wanted: object, found: object, name: str) -> bool:
    if isinstance(wanted, (int, float)) and isinstance(found, (int, float)):
        decimals = _AVERAGE_DECIMALS if name == "average_price_matched" else 2
        return round(wanted, decimals) == round(found, decimals)
    return wanted == found
