"""
Strategies by name: from an entry point of an installed package, or ``module:Class`` from the current folder.

Their parameters are the keyword arguments of ``__init__``, typed by its annotations.
"""

import importlib
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from betflow.errors import NotFoundError, UsageError
from betflow.jobs.typed_values import parse_pairs
from betflow.trading.parameters import make_strategy
from betflow.trading.strategy import Strategy

GROUP = "betflow.strategies"
"""The entry point group that packages register their strategies in."""


@dataclass(frozen=True, slots=True)
class StrategyChoice:
    """
    A strategy by name, and its parameters as they are typed; travels between processes.

    Attributes:
        name: Of an entry point, or ``module:Class``.
        parameters: ``name=value`` each.
    """

    name: str
    parameters: tuple[str, ...] = ()

    def made(self) -> Strategy:
        """
        Make a fresh strategy.

        Raises:
            NotFoundError: there is no such strategy.
            UsageError: it cannot be imported or made, or a parameter is unknown, missing or of another kind.
        """
        strategy_class = find_strategy(self.name)
        pairs = parse_pairs(self.parameters, "--param")
        try:
            strategy = make_strategy(strategy_class, pairs)
        except (UsageError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise UsageError(
                f"the strategy {self.name} cannot be made: {type(error).__name__}: {error}{_place(error)}.",
                advice="Check its --param values.",
            ) from error
        if not strategy.name:
            raise UsageError(
                f"the strategy {self.name} has no name of its own, and every order has one with it.",
                advice="Name a class that extends betflow.trading.Strategy, or set its name.",
            )
        return strategy


def known_strategies() -> list[str]:
    """Return the names of the strategies that are installed, in order."""
    return sorted({each.name for each in entry_points(group=GROUP)})


def find_strategy(name: str) -> type[Strategy]:
    """
    Return the class of a strategy.

    Args:
        name: Of an entry point, or ``module:Class``; the current folder is looked in first.

    Raises:
        NotFoundError: there is none of that name.
        UsageError: its module cannot be imported, or the name is of something else.
    """
    module, colon, attribute = name.partition(":")
    found = _from_module(module, attribute, name) if colon else _from_entry_point(name)
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise UsageError(
            f"{name} is no strategy: {found!r} does not extend betflow.trading.Strategy.",
            advice="docs/how-to/write-a-strategy.md shows one in fifteen lines.",
        )
    return found


def _from_entry_point(name: str) -> object:
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        raise NotFoundError(
            f"there is no strategy {name!r}.",
            advice=f"Name one of {', '.join(known_strategies())}, or module:Class.",
        )
    return _imported(found[0].load, name)


def _from_module(module: str, attribute: str, name: str) -> object:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    importlib.invalidate_caches()
    found = _imported(lambda: importlib.import_module(module), name)
    try:
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError:
        raise NotFoundError(
            f"the module {module} has no {attribute!r}.", advice="Write the class's name after the colon."
        ) from None
    return found


def _imported(load: Callable[[], object], name: str) -> object:
    try:
        return load()
    except ModuleNotFoundError as error:
        raise NotFoundError(
            f"the strategy {name} cannot be imported: {error}.",
            advice=f"Modules are looked for in {Path.cwd()}, then where Python finds its packages.",
        ) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UsageError(
            f"the strategy {name} cannot be imported: {type(error).__name__}: {error}{_place(error)}."
        ) from error


def _place(error: BaseException) -> str:
    """Say where an error was raised, or where Python could not go on reading."""
    if isinstance(error, SyntaxError):
        return ""  # its text says so already
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
