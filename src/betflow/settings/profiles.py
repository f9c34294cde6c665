"""
Profiles: settings in ``config/<name>.yaml``, without secrets.

Names may be written as other programs write them, ``certPath`` or ``CertificatePath``, and ``${NAME}``
stands for a variable of the environment or of ``.env``.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from betflow.errors import ConfigurationError
from betflow.settings.betfair import BETFAIR_VARIABLES, SECRETS
from betflow.settings.folders import DEFAULT_PROFILE, PROFILES, ConfigFolders

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_EXECUTOR_KEYS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    tuple(_WORD_BOUNDARY.sub("_", part).lower() for part in name.split("__")): place
    for name, place in BETFAIR_VARIABLES.items()
    if name.startswith("Executor__")
}
_IN_HOURS = "reauthentication_interval_hours"


def is_profile_name(text: str) -> bool:
    """Say whether a profile may be called so."""
    return _NAME.fullmatch(text) is not None


def profile_values(
    profile: str,
    folders: ConfigFolders,
    variables: Mapping[str, str],
    model: type[BaseModel],
    *,
    may_miss: bool = False,
) -> dict[str, Any]:
    """
    Return what a profile sets, by our names and with its variables expanded.

    Args:
        profile: Its name.
        folders: Where it is looked for.
        variables: Of the environment and ``.env``.
        model: Says which settings there are.
        may_miss: Whether it need not be there; "default" never has to.

    Raises:
        ConfigurationError: it is not there or not readable, sets what there is not, holds a secret, or needs
            a variable that is not set.
    """
    if not is_profile_name(profile):
        raise ConfigurationError(
            f"profile {profile!r} is not a name.", advice=f"Name a file in {PROFILES}/ without its .yaml."
        )
    path = folders.profile(profile)
    values = _read(profile, path, folders, may_miss=may_miss or profile == DEFAULT_PROFILE)
    if not isinstance(values, dict):
        raise ConfigurationError(
            f"{path} is not a list of settings.", advice="Write one `name: value` on a line."
        )
    named = _translated(_named(values))
    _refuse_unknown_keys(named, model, (), path)
    _refuse_secrets(named, path)
    expanded = _expand(named, variables, path)
    assert isinstance(expanded, dict)  # noqa: S101 - for the type: a dictionary stays one
    return expanded


def put(values: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    """Set a value below a tree of settings; what is there already stays."""
    *sections, name = place
    for section in sections:
        values = values.setdefault(section, {})
    values.setdefault(name, value)


def _read(profile: str, path: Path, folders: ConfigFolders, *, may_miss: bool) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        if may_miss:
            return {}
        looked_in = ", ".join(str(folder.absolute()) for folder in folders.searched)
        raise ConfigurationError(
            f"profile {profile} is not there: no file {PROFILES / path.name} in {looked_in}.",
            advice=f"Profiles are: {', '.join(folders.profiles())}. "
            f"'betflow init --profile {profile}' makes it.",
        ) from None
    except (OSError, ValueError, yaml.YAMLError) as error:  # not UTF-8, or a date that cannot be
        reason = _reason(error)
    # Outside of the handler: the error holds a piece of the file, and there may be a secret in it after all.
    raise ConfigurationError(f"{path} cannot be read: {reason}.", advice="Correct the file.")


def _reason(error: Exception) -> str:
    """Say why a profile cannot be read, and where, without a word of what is in it."""
    match error:
        case yaml.MarkedYAMLError(problem=problem, problem_mark=mark) if mark is not None:
            return f"line {mark.line + 1}, column {mark.column + 1}: {problem or 'this is no YAML'}"
        case OSError():
            return error.strerror or "it cannot be opened"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case yaml.YAMLError():
            return "this is no YAML"
    return str(error)


def _named(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a tree with names as ours are: ``certPath`` and ``CertPath`` become ``cert_path``."""
    return {
        _WORD_BOUNDARY.sub("_", str(key)).lower(): _named(value) if isinstance(value, dict) else value
        for key, value in values.items()
    }


def _translated(values: dict[str, Any]) -> dict[str, Any]:
    """Move what another program's section ``Executor.Betfair`` sets to where it is here."""
    executor = values.get("executor")
    if not isinstance(executor, dict) or not isinstance(executor.get("betfair"), dict):
        return values
    kept = {key: value for key, value in values.items() if key != "executor"}
    for key, value in executor["betfair"].items():
        place = _EXECUTOR_KEYS.get(("executor", "betfair", key), ("executor", "betfair", key))
        put(kept, place, f"{value}h" if key == _IN_HOURS else value)
    for key, value in executor.items():
        if key != "betfair":
            put(kept, ("executor", key), value)
    return kept


def _refuse_unknown_keys(
    values: Mapping[str, Any], model: type[BaseModel], above: tuple[str, ...], path: Path
) -> None:
    """Refuse names that no setting has: a typing error would else leave a default in force."""
    unknown = sorted(".".join((*above, key)) for key in values if key not in model.model_fields)
    if unknown:
        there = f"below {'.'.join(above)}" if above else "at the top"
        raise ConfigurationError(
            f"{path} sets {', '.join(unknown)}, which betflow does not have.",
            advice=f"Settings {there} are: {', '.join(sorted(model.model_fields))}.",
        )
    for key, value in values.items():
        section = model.model_fields[key].annotation
        if isinstance(value, dict) and isinstance(section, type) and issubclass(section, BaseModel):
            _refuse_unknown_keys(value, section, (*above, key), path)


def _refuse_secrets(values: Mapping[str, Any], path: Path) -> None:
    """Refuse secrets that stand in a profile: profiles are shared and kept in repositories."""
    for place, variable in SECRETS.items():
        value: Any = values
        for part in place:
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None and not _VARIABLE.fullmatch(str(value).strip()):
            raise ConfigurationError(
                f"{path} holds {'.'.join(place)} itself, which is a secret.",
                advice=f"Set {variable} in the environment or in .env, and take it out here "
                f"(or write ${{{variable}}}).",
            )


def _expand(value: object, variables: Mapping[str, str], path: Path) -> object:
    def variable(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            raise ConfigurationError(
                f"{path} needs ${{{name}}}, which is not set.",
                advice=f"Set {name} in the environment or in .env.",
            )
        return variables[name]

    match value:
        case str():
            return _VARIABLE.sub(variable, value)
        case dict():
            return {key: _expand(member, variables, path) for key, member in value.items()}
        case list():
            return [_expand(member, variables, path) for member in value]
    return value
