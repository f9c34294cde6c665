"""What a tool's answer to a scenario is worth."""

import importlib
from dataclasses import dataclass
from enum import StrEnum
from textwrap import shorten
from types import ModuleType

from answers import AMOUNTS, MONEY, WORDS, Answer, Difference, Outcome, differences
from conformance import CannotExpressError
from scenarios import Expected, Family, Scenario

OURS = "betflow"
TOOLS = (OURS, "flumine", "nautilus_trader")
_MODULES = {
    "flumine": "conformance.flumine_simulation",
    "nautilus_trader": "conformance.nautilus_backtest",
}
_LONGEST_ERROR = 60
_PEER_AVERAGE = 0.00501
"""flumine rounds averages to two decimals; what that changes shows in the profit."""


class Mark(StrEnum):
    """What an answer is worth."""

    AGREES = "✓"
    DIFFERS = "✗"
    UNCERTAIN = "≠"
    """It differs, and so may the truth: the expected value rests on an assumption."""
    WITHIN = "~"
    """It differs, and lies within the interval between the worst and the best case."""
    CANNOT = "–"


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    A cell of the table.

    Attributes:
        mark: What the answer is worth.
        text: What it was instead, or why there is none.
    """

    mark: Mark
    text: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.text}".strip()


def judge_all(tool: str, families: tuple[Family, ...]) -> list[Judgement]:
    """Return what a tool makes of all scenarios, in their order."""
    module = importlib.import_module(_MODULES[tool]) if tool != OURS else None
    return [
        _judge(scenario, module, pays=family.pays) for family in families for scenario in family.scenarios
    ]


def _judge(scenario: Scenario, module: ModuleType | None, *, pays: bool) -> Judgement:
    try:
        answer, found = _found(scenario, module, pays=pays)
    except CannotExpressError as error:
        return Judgement(Mark.CANNOT, str(error))
    except Exception as error:  # noqa: BLE001 - a tool that fails has answered, too
        return Judgement(Mark.DIFFERS, f"fails: {_in_short(error)}")
    if not found:
        return Judgement(Mark.AGREES)
    if module is None:
        return Judgement(Mark.DIFFERS, "; ".join(map(str, found)))
    text = _what_it_gave(answer, found)
    if _is_within(scenario, answer):
        return Judgement(Mark.WITHIN, text)
    return Judgement(Mark.DIFFERS if scenario.certain is True else Mark.UNCERTAIN, text)


def _found(scenario: Scenario, module: ModuleType | None, *, pays: bool) -> tuple[Answer, list[Difference]]:
    """Return an answer and where it is wrong: ours in every word, a peer's where it is about money."""
    if module is None:
        from playing import play  # noqa: PLC0415 - a peer's process does without

        answer = play(scenario)
        return answer, differences(scenario, answer, (*MONEY, *AMOUNTS, *WORDS))
    answer = module.play(scenario, pays=pays)
    found = differences(scenario, answer, MONEY)
    return answer, [each for each in found if not _is_rounded(each)]


def _is_rounded(difference: Difference) -> bool:
    wanted, got = difference.expected, difference.got
    return (
        difference.name == "average_price_matched"
        and isinstance(wanted, (int, float))
        and isinstance(got, (int, float))
        and abs(wanted - got) < _PEER_AVERAGE
    )


def _is_within(scenario: Scenario, answer: Answer) -> bool:
    """Say whether each order lies between its worst and its best case, and one has such cases."""
    if not any(each.worst is not None for each in scenario.expect.values()):
        return False
    return all(_lies_between(expected, answer.orders.get(ref)) for ref, expected in scenario.expect.items())


def _lies_between(expected: Expected, got: Outcome | None) -> bool:
    worst = (expected.worst or expected).size_matched
    best = (expected.best or expected).size_matched
    matched = got.size_matched if got is not None else None
    return matched is not None and (worst or 0) <= matched <= (best or 0)


def _what_it_gave(answer: Answer, found: list[Difference]) -> str:
    """Return what an answer says where it is wrong, order by order."""
    of: dict[str, list[str]] = {}
    for each in found:
        of.setdefault(each.of, []).append(each.name)
    return "; ".join(_in_words(answer, ref, names) for ref, names in of.items())


def _in_words(answer: Answer, ref: str, names: list[str]) -> str:
    outcome = answer.orders.get(ref)
    if outcome is None:
        market = (answer.markets or {}).get("" if ref == "market" else ref)
        values = [f"{name} {money(getattr(market, name, None))}" for name in names if name != "order"]
        return ", ".join(values) or f"{ref} is not there"
    words = []
    if {"size_matched", "average_price_matched"} & set(names):
        words.append(matched(outcome.size_matched, outcome.average_price_matched))
    if "profit" in names:
        words.append(f"pays {money(outcome.profit)}")
    return f"{ref} {', '.join(words)}"


def matched(size: float | None, average: float | None) -> str:
    """Return a matched size, with its average price if there is one."""
    return f"{money(size, short=True)} at {price(average)}" if size and average else money(size, short=True)


def price(value: float | None) -> str:
    """Return a price or an average, with as many decimals as it has, up to four."""
    return "?" if value is None else f"{round(value, 4):.4f}".rstrip("0").rstrip(".")


def money(value: float | str | None, *, short: bool = False) -> str:
    """Return an amount; *short* leaves out pennies that are none."""
    if not isinstance(value, (int, float)):
        return "nothing" if value is None else value
    rounded = round(value, 2) + 0.0
    text = f"{rounded:.2f}"
    return text.removesuffix(".00") if short else text


def _in_short(error: Exception) -> str:
    text = str(error).splitlines()[0].partition(" - at ")[0] if str(error) else ""
    name = type(error).__name__
    return f"{name}: {shorten(text, _LONGEST_ERROR, placeholder='…')}" if text else name
