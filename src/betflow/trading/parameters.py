"""
Strategies made from parameters given as text, as on a command line.

The parameters of a strategy are the keyword arguments of its ``__init__``; their types say how the text is
read: int, float, Decimal, bool, text, an enum, or one of those or None.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from inspect import Parameter, signature
from types import MappingProxyType, NoneType
from typing import Final, get_args, get_type_hints

import msgspec

from betflow.errors import UsageError
from betflow.trading.strategy import Strategy

_WORDS: Final[Mapping[object, str]] = MappingProxyType(
    {int: "a whole number", float: "a number", Decimal: "a number", bool: "true or false", str: "text"}
)


class ParameterError(UsageError):
    """A parameter that the strategy does not have, or that is of the wrong type."""


def parameters(strategy: type[Strategy]) -> dict[str, Parameter]:
    """Return the parameters of a strategy by name, in its order."""
    found = signature(strategy).parameters
    return {
        name: each
        for name, each in found.items()
        if each.kind in {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
    }


def make_strategy(strategy: type[Strategy], texts: Mapping[str, str]) -> Strategy:
    """
    Make a strategy from parameters given as text.

    Args:
        strategy: Its class.
        texts: The values by the names of the parameters.

    Raises:
        ParameterError: if there is no such parameter (it lists those there are), one that is needed is
            missing, or a value is of the wrong type or refused by the strategy.
    """
    known = parameters(strategy)
    unknown = [name for name in texts if name not in known]
    if unknown:
        listed = ", ".join(known) or "none"
        raise ParameterError(
            f"strategy {strategy.name} has no parameter {unknown[0]!r}.", advice=f"It has: {listed}."
        )
    missing = [name for name, each in known.items() if each.default is Parameter.empty and name not in texts]
    if missing:
        raise ParameterError(
            f"strategy {strategy.name} needs the parameter {missing[0]!r}.",
            advice=f"Give it as {missing[0]}=VALUE.",
        )
    values = {name: _value(strategy, name, text) for name, text in texts.items()}
    try:
        return strategy(**values)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"strategy {strategy.name} does not take {_shown(texts)}: {error}.", advice="Give other values."
        ) from error


def _value(strategy: type[Strategy], name: str, text: str) -> object:
    try:
        kind = get_type_hints(strategy.__init__).get(name, str)
    except NameError as error:
        raise ParameterError(
            f"the types of the parameters of strategy {strategy.name} cannot be read: {error}.",
            advice="Import what they name where the strategy is written.",
        ) from error
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ParameterError(
            f"the parameter {name} of strategy {strategy.name} is {text!r}; expected {_in_words(kind)}.",
            advice=f"Give it as {name}=VALUE.",
        ) from error


def _in_words(kind: object) -> str:
    """Say what a type takes; of one that may be None, what else it may be."""
    kinds = [each for each in get_args(kind) if each is not NoneType] or [kind]
    return " or ".join(dict.fromkeys(map(_one_in_words, kinds)))


def _one_in_words(kind: object) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(each.value) for each in kind)
    return _WORDS.get(kind) or f"a {getattr(kind, '__name__', None) or kind}"


def _shown(texts: Mapping[str, str]) -> str:
    return " ".join(f"{name}={text}" for name, text in texts.items()) or "its defaults"
