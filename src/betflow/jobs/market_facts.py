"""
What a recording cannot tell of a market's result, from a file: ``betflow backtest --results FILE``.

The file is YAML or JSON: by market id, any of

- ``void: true``: Betfair voided the market;
- ``line_result: 5``: the number that a line market was about;
- ``scores: {11: 2, 12: 1}``: the score of each of the two selections of a handicap market;
- ``goals: 3, over: 47973, under: 47972``: for goal lines;
- ``sharing: [7, 9]``: the selections that share the last place in a dead heat.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import yaml

from betflow.errors import UsageError
from betflow.exchange.bets import RunnerKey
from betflow.exchange.money import MoneyError, exact
from betflow.exchange.results import MarketResult, goal_line_margins, handicap_margins, market_result
from betflow.wire.stream import MarketDefinition

_NAMES: Final = ("void", "line_result", "scores", "goals", "over", "under", "sharing")
_SIDES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """
    What somebody knows of a market's result.

    Attributes:
        is_void: Whether Betfair voided it.
        line_result: The number that a line market was about.
        scores: The score of each of two selections.
        goals: How many there were.
        over: The selection that wins above a goal line.
        under: The selection that wins below it.
        sharing: The selections that share the last place.
    """

    is_void: bool = False
    line_result: Decimal | None = None
    scores: tuple[tuple[int, Decimal], ...] = ()
    goals: Decimal | None = None
    over: int | None = None
    under: int | None = None
    sharing: tuple[int, ...] = ()

    def body(self) -> dict[str, Any]:
        """Return what is known, for the record."""
        return {
            "void": self.is_void,
            "line_result": None if self.line_result is None else float(self.line_result),
            "scores": {str(selection): float(score) for selection, score in self.scores},
            "goals": None if self.goals is None else float(self.goals),
            "over": self.over,
            "under": self.under,
            "sharing": list(self.sharing),
        }


def result_with(
    facts: MarketFacts, market_id: str, definition: MarketDefinition, removed_at: Mapping[RunnerKey, int]
) -> MarketResult:
    """
    Return a market's result by its last definition and what somebody knows besides.

    Raises:
        ResultError: if the two contradict each other.
    """
    runners = [RunnerKey(each.id, exact(each.hc or 0)) for each in definition.runners or ()]
    margins = None
    if facts.scores:
        (one, score), (other, others_score) = facts.scores
        margins = handicap_margins(runners, {one: score - others_score, other: others_score - score})
    elif facts.goals is not None and facts.over is not None and facts.under is not None:
        margins = goal_line_margins(runners, facts.goals, over=facts.over, under=facts.under)
    return market_result(
        market_id,
        definition,
        is_void=facts.is_void,
        line_result=facts.line_result,
        margins=margins,
        sharing=[runner for runner in runners if runner.selection_id in facts.sharing],
        removed_at=removed_at,
    )


def parse_facts(text: str, name: str) -> dict[str, MarketFacts]:
    """
    Return the facts in a text, by market.

    Args:
        text: YAML or JSON.
        name: The file, for the error.

    Raises:
        UsageError: if it is no such file; the error names the market, the word and what was expected.
    """
    try:
        found = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - plain texts only: 1.10 is not 1.1
    except yaml.YAMLError as error:
        raise UsageError(f"{name} is no YAML: {error}", advice="Write a market id, a colon, facts.") from None
    if not isinstance(found, dict) or not all(isinstance(facts, dict) for facts in found.values()):
        raise UsageError(f"{name} does not say facts by market.", advice='Like "1.234: {line_result: 5}".')
    return {
        str(market_id): _facts(facts, f"{name}, market {market_id}") for market_id, facts in found.items()
    }


def _facts(given: Mapping[str, Any], where: str) -> MarketFacts:
    unknown = sorted(set(given) - set(_NAMES))
    if unknown:
        raise UsageError(f"{where}: there is no {unknown[0]!r}.", advice=f"Known are {', '.join(_NAMES)}.")
    goals = [name for name in ("goals", "over", "under") if name in given]
    if goals and len(goals) < 3:  # noqa: PLR2004 - the three go together
        raise _wrong(where, "goals", given, "goals, over and under together")
    return MarketFacts(
        is_void=_flag(given.get("void", "false"), f"{where}, void"),
        line_result=_number(given["line_result"], f"{where}, line_result")
        if "line_result" in given
        else None,
        scores=_scores(given["scores"], where) if "scores" in given else (),
        goals=_number(given["goals"], f"{where}, goals") if goals else None,
        over=_selection(given["over"], f"{where}, over") if goals else None,
        under=_selection(given["under"], f"{where}, under") if goals else None,
        sharing=_selections(given["sharing"], where) if "sharing" in given else (),
    )


def _scores(given: object, where: str) -> tuple[tuple[int, Decimal], ...]:
    if not isinstance(given, dict) or len(given) != _SIDES:
        raise _wrong(where, "scores", given, "the scores of two selections")
    return tuple(
        (_selection(selection, f"{where}, scores"), _number(score, f"{where}, scores"))
        for selection, score in given.items()
    )


def _selections(given: object, where: str) -> tuple[int, ...]:
    if not isinstance(given, list):
        raise _wrong(where, "sharing", given, "a list of selections")
    return tuple(_selection(each, f"{where}, sharing") for each in given)


def _selection(given: object, where: str) -> int:
    if not isinstance(given, str) or not given.isdecimal():
        raise _wrong(where, "", given, "the number of a selection")
    return int(given)


def _number(given: object, where: str) -> Decimal:
    try:
        return exact(str(given))
    except MoneyError:
        raise _wrong(where, "", given, "a number") from None


def _flag(given: object, where: str) -> bool:
    if given not in {"true", "false"}:
        raise _wrong(where, "", given, "true or false")
    return given == "true"


def _wrong(where: str, name: str, found: object, expected: str) -> UsageError:
    place = f"{where}, {name}" if name else where
    return UsageError(f"{place}: found {found!r}; expected {expected}.", advice="Correct the file.")
