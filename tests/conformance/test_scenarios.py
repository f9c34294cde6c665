"""Every scenario, played through betflow, comes to what was worked out by hand."""

from pathlib import Path

import msgspec
import pytest

from answers import AMOUNTS, MONEY, WORDS, differences
from playing import play
from playing_engine import play_backtest
from scenarios import Expected, Scenario, load

FAMILIES = load()
SCENARIOS = [scenario for family in FAMILIES for scenario in family.scenarios]
EVERYTHING = (*MONEY, *AMOUNTS, *WORDS)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "conformance.md"


def _is_elsewhere(scenario: Scenario) -> bool:
    """Whether it asks for a market that it does not have: no strategy would, as none sees it."""
    return any(order.market_id is not None for order in scenario.orders)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name.replace(" ", "-"))
def test_scenario(scenario: Scenario) -> None:
    """Betflow answers what the scenario expects, in each of the three cases."""
    assert [] == [str(each) for each in differences(scenario, play(scenario), EVERYTHING)]


@pytest.mark.parametrize(
    "scenario",
    [each for each in SCENARIOS if not _is_elsewhere(each)],
    ids=lambda each: each.name.replace(" ", "-"),
)
def test_backtest(scenario: Scenario) -> None:
    """A backtest of the same orders reports what the scenario expects, in each of the three cases."""
    assert [] == [str(each) for each in differences(scenario, play_backtest(scenario), EVERYTHING)]


def test_names() -> None:
    """No two scenarios have one name."""
    names = [scenario.name for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name.replace(" ", "-"))
def test_expectations_are_about_orders(scenario: Scenario) -> None:
    """Each order has an expectation, and each expectation is of an order or of what replaced it."""
    refs = {order.ref for order in scenario.orders}
    named = {name.partition(".")[0] for name in scenario.expect}
    if scenario.name == "back and lay that cross in one request":
        refs.discard("B")  # which of the two is to blame is not said
    assert refs == named


def test_a_wrong_expectation_is_seen() -> None:
    """A penny more than expected is a difference, in the case where it is."""
    scenario = next(each for each in SCENARIOS if each.name == "cancelled, with as many behind")
    expected = scenario.expect["A"]
    worst = msgspec.structs.replace(expected.worst or Expected(), size_matched=0.01)
    wrong = msgspec.structs.replace(scenario, expect={"A": msgspec.structs.replace(expected, worst=worst)})
    assert ["A worst size_matched: expected 0.01, got 0.0"] == [
        str(each) for each in differences(wrong, play(wrong), EVERYTHING)
    ]


def test_an_order_that_never_was_is_seen() -> None:
    """An expectation of an order that is not there is a difference."""
    scenario = SCENARIOS[0]
    wrong = msgspec.structs.replace(scenario, expect={**scenario.expect, "A.2": Expected(size_matched=0)})
    assert ["A.2 order: expected there, got not there"] == [
        str(each) for each in differences(wrong, play(wrong), EVERYTHING)
    ]


def test_the_page_has_every_scenario() -> None:
    """The page names each scenario once, in the order of the files; scripts/conformance writes it."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    named = [line.split("**")[1] for line in lines if line.startswith("| **") and "<br>" in line]
    assert [scenario.name for scenario in SCENARIOS] == named
