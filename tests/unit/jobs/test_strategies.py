"""Strategies are found by entry point, or by module and class."""

from pathlib import Path

import pytest

from betflow.errors import NotFoundError, UsageError
from betflow.jobs.strategies import StrategyChoice, find_strategy, known_strategies
from betflow.trading.strategies import HarvestOddsBand

MODULE = """
from betflow.trading import Strategy

NOTHING = 1


class Outer:
    class Inner(Strategy):
        pass


class Fails(Strategy):
    def __init__(self):
        raise RuntimeError("no")
"""


@pytest.fixture(autouse=True)
def _in_a_folder_with_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # puts back what finding a strategy adds
    (tmp_path / "found_strategies.py").write_text(MODULE)
    (tmp_path / "broken_syntax.py").write_text("def")
    (tmp_path / "broken_import.py").write_text("\n1 / 0\n")


def test_shipped_strategies_are_installed() -> None:
    """The three that betflow ships are entry points."""
    assert ["back-favourite-at-sp", "harvest-odds-band", "quote-both-sides"] == known_strategies()
    assert HarvestOddsBand is find_strategy("harvest-odds-band")


def test_class_of_a_module_in_the_current_folder_is_found() -> None:
    """module:Class is looked for in the current folder, also where the class stands inside another."""
    assert "Inner" == find_strategy("found_strategies:Outer.Inner").__name__


def test_parameters_are_given_as_text() -> None:
    """A strategy is made from texts, as its annotations say."""
    made = StrategyChoice("harvest-odds-band", ("stake=5", "side=BACK")).made()

    assert isinstance(made, HarvestOddsBand)
    assert (5.0, "BACK") == (made.stake, made.side)


@pytest.mark.parametrize(
    ("error", "expected", "name"),
    [
        (NotFoundError, "no strategy 'harvest'.*quote-both-sides", "harvest"),
        (NotFoundError, "No module named 'missing_module'.*looked for in", "missing_module:A"),
        (NotFoundError, "has no 'Missing'", "found_strategies:Missing"),
        (UsageError, "1 does not extend", "found_strategies:NOTHING"),
        (UsageError, "has no name of its own", "betflow.trading:Strategy"),
        (UsageError, "SyntaxError", "broken_syntax:A"),
        (UsageError, r"ZeroDivisionError: division by zero \(.*broken_import.py:2\)", "broken_import:A"),
        (
            UsageError,
            r"cannot be made: RuntimeError: no \(.*found_strategies.py:14\)",
            "found_strategies:Fails",
        ),
    ],
)
def test_strategy_that_cannot_be_had_is_an_error(error: type[UsageError], expected: str, name: str) -> None:
    """The error says what is wrong, and where in the strategy's own file."""
    with pytest.raises(error, match=expected):
        StrategyChoice(name).made()
