"""
Where settings come from: layers of values, the strongest first, and which of them a value is from.

Command line > environment > ``.env`` > profile > defaults. ``BETFLOW_…`` variables beat the other names for
the same setting. A file of secrets takes the place of the environment and ``.env`` in what is about Betfair.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from dotenv import dotenv_values
from pydantic import BaseModel
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource

from betflow.errors import ConfigurationError
from betflow.settings.betfair import BETFAIR_VARIABLES
from betflow.settings.profiles import put

PREFIX = "BETFLOW_"
_ALIKE = 0.85
"""From 0 to 1: how alike two names have to be for one to be a typing error of the other."""

Place: TypeAlias = tuple[str, ...]
"""Which setting: the names of the sections that it is in, and its own."""

Variables: TypeAlias = Mapping[str, str]


class Source(StrEnum):
    """What kind of place a value comes from."""

    COMMAND_LINE = "command line"
    ENVIRONMENT = "environment"
    DOTENV = ".env"
    SECRETS_FILE = "file of secrets"
    PROFILE = "profile"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where a value comes from.

    Attributes:
        source: The kind of place.
        name: The option, variable or file that sets it; empty for a default.
    """

    source: Source
    name: str = ""


DEFAULT = Origin(Source.DEFAULT)


@dataclass(frozen=True, slots=True)
class Layer:
    """
    What one place sets.

    Attributes:
        source: The kind of place.
        values: A tree of settings; may hold secrets.
        name_of: Says what sets a setting that is in the tree.
    """

    source: Source
    values: Mapping[str, Any]
    name_of: Callable[[Place], str]

    def __repr__(self) -> str:
        return f"Layer({self.source!r})"


def command_line(overrides: Mapping[str, object]) -> Layer:
    """Return what the options set."""
    return Layer(Source.COMMAND_LINE, overrides, lambda place: f"--{place[0].replace('_', '-')}")


def environment(model: type[BaseSettings], variables: Variables) -> tuple[Layer, Layer]:
    """
    Return what variables of the environment set, the stronger names first.

    Raises:
        SettingsError: a variable for a whole section is no JSON.
    """
    return _variables(Source.ENVIRONMENT, EnvSettingsSource(model)(), variables)


def dotenv(model: type[BaseSettings], path: Path, variables: Variables) -> tuple[Layer, Layer]:
    """
    Return what ``.env`` sets, the stronger names first.

    Raises:
        SettingsError: a variable for a whole section is no JSON.
    """
    return _variables(Source.DOTENV, DotEnvSettingsSource(model, env_file=path)(), variables)


def profile(path: Path, values: Mapping[str, Any]) -> Layer:
    """Return what a profile sets."""
    return Layer(Source.PROFILE, values, lambda _place: path.as_posix())


def secrets_file(path: Path) -> Layer:
    """
    Return what a file of secrets sets, whose lines are like those of ``.env``.

    Raises:
        ConfigurationError: it cannot be read, or others may read it.
    """
    try:
        is_open = os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
        variables = {name: value for name, value in dotenv_values(path).items() if value}
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
    else:
        if not is_open:
            return Layer(Source.SECRETS_FILE, _betfair_values(variables), lambda _place: path.as_posix())
        raise ConfigurationError(f"{path} can be read by others.", advice=f"Run: chmod 600 {path}")
    # Outside of the handler: a decoding error carries the whole file with it, secrets and all.
    raise ConfigurationError(
        f"the profile's file of secrets, {path}, cannot be read: {reason}.",
        advice="Whoever wrote the profile makes it; for the sandbox: betflow sandbox run --profile default",
    )


def first(stack: Iterable[Layer], name: str) -> object:
    """Return what the strongest layer sets a setting to; None where none does."""
    return next((layer.values[name] for layer in stack if name in layer.values), None)


def sealed(stack: Sequence[Layer], secrets: Layer) -> tuple[Layer, ...]:
    """Return layers in which only the command line, a file of secrets and the profile speak of Betfair."""
    *above, in_profile = (
        each if each.source in {Source.COMMAND_LINE, Source.PROFILE} else _without_betfair(each)
        for each in stack
    )
    return (*above, secrets, in_profile)


def places(model: type[BaseModel], above: Place = ()) -> Iterator[Place]:
    """Go through all settings, in the order in which they are declared."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from places(section, (*above, name))
        else:
            yield (*above, name)


def misspelt(model: type[BaseModel], variables: Variables) -> dict[str, str]:
    """Return the variables that look like ours and are none, each with the one that was probably meant."""
    known = [f"{PREFIX}PROFILE", *BETFAIR_VARIABLES]
    known += [f"{PREFIX}{'__'.join(place)}".upper() for place in places(model)]
    strange = [name for name, value in variables.items() if value and _looks_like_ours(name, known)]
    return {
        name: meant[0] for name in strange if (meant := get_close_matches(name.upper(), known, 1, _ALIKE))
    }


def origins(model: type[BaseModel], layers: tuple[Layer, ...]) -> dict[Place, Origin]:
    """Return where each setting comes from that any layer sets; the others have their default."""
    return {place: origin for place in places(model) if (origin := _origin(place, layers)) is not DEFAULT}


def _without_betfair(layer: Layer) -> Layer:
    values = {name: value for name, value in layer.values.items() if name != "betfair"}
    return Layer(layer.source, values, layer.name_of)


def _looks_like_ours(name: str, known: Sequence[str]) -> bool:
    return name.upper().startswith(("BETFAIR", "BETFLOW")) and name not in known and name.upper() not in known


def _origin(place: Place, layers: tuple[Layer, ...]) -> Origin:
    for layer in layers:
        if _holds(layer.values, place):
            return Origin(layer.source, layer.name_of(place))
    return DEFAULT


def _holds(values: Mapping[str, Any], place: Place) -> bool:
    tree: Any = values
    for name in place:
        if tree is None:
            return True  # a section that is set to nothing as a whole
        if not isinstance(tree, Mapping) or name not in tree:
            return False
        tree = tree[name]
    return True


def _variables(source: Source, own: Mapping[str, Any], variables: Variables) -> tuple[Layer, Layer]:
    by_upper = {name.upper(): name for name, value in variables.items() if value}

    def own_name(place: Place) -> str:
        """Return the variable of the setting, else that of the nearest section around it."""
        names = (f"{PREFIX}{'__'.join(place[:end])}".upper() for end in range(len(place), 0, -1))
        return next((by_upper[name] for name in names if name in by_upper), "")

    def other_name(place: Place) -> str:
        named = (name for name, known in BETFAIR_VARIABLES.items() if known == place)
        return next((name for name in named if variables.get(name)), "")

    return Layer(source, own, own_name), Layer(source, _betfair_values(variables), other_name)


def _betfair_values(variables: Variables) -> dict[str, Any]:
    """Return what the variables that do not begin with ``BETFLOW_`` set; an empty one sets nothing."""
    values: dict[str, Any] = {}
    for name, place in BETFAIR_VARIABLES.items():
        value = variables.get(name)
        if value:
            put(values, place, f"{value}h" if name.endswith("Hours") else value)
    return values
