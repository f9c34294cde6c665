"""
What can be set, in one typed model.

Command line > environment > ``.env`` > ``config/<profile>.yaml`` > defaults. Secrets come only from the
environment or ``.env``. Both files are looked for in the folder where betflow was started.

What other programs call these settings is understood as well, so that a machine that trades already need not
be set up anew: ``BETFAIR_…`` variables, names in any case (``certPath``, ``CertificatePath``), durations such
as ``100ms``, and the section ``Executor.Betfair``.
"""

import os
import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from betflow.errors import ConfigurationError
from betflow.settings.betfair import BETFAIR_VARIABLES, SECRETS, BetfairSettings, LogLevel

__all__ = ["BetfairSettings", "Environment", "LogLevel", "Settings", "load_settings", "platform_data_dir"]

PREFIX = "BETFLOW_"
DEFAULT_PROFILE = "default"

_DOTENV = Path(".env")
_PROFILES = Path("config")
_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_EXECUTOR_KEYS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    tuple(_WORD_BOUNDARY.sub("_", part).lower() for part in name.split("__")): place
    for name, place in BETFAIR_VARIABLES.items()
    if name.startswith("Executor__")
}
_IN_HOURS = "reauthentication_interval_hours"


class Environment(StrEnum):
    """What this installation is for."""

    DEV = "dev"
    PROD = "prod"


def platform_data_dir() -> Path:
    """Return the folder where this platform keeps a user's data, with betflow's name."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "betflow"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "betflow"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "betflow"


class Settings(BaseSettings):
    """
    Every setting, with its default.

    Attributes:
        data_dir: Everything that betflow writes lives under it.
        env: What this installation is for.
        log_level: The least serious event that is logged.
        betfair: How Betfair is reached. Each has a variable, ``BETFLOW_BETFAIR__API__…``.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=_DOTENV,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(default_factory=platform_data_dir)
    env: Environment = Environment.DEV
    log_level: LogLevel = LogLevel.WARNING
    betfair: BetfairSettings = BetfairSettings()

    @field_validator("data_dir", mode="before")
    @classmethod
    def _refuse_empty(cls, value: object) -> object:
        if isinstance(value, str) and not value.strip():
            raise ValueError("it is empty; name a folder, '.' for the current one")
        return value

    @field_validator("data_dir")
    @classmethod
    def _make_absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


def load_settings(*, profile: str | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """
    Resolve every setting.

    Args:
        profile: Names ``config/<profile>.yaml``; otherwise ``BETFLOW_PROFILE`` does. Only "default" may be
            missing.
        overrides: What the command line says.

    Raises:
        ConfigurationError: for a profile that is not there or not readable, a key that no setting has, a
            secret in a profile, a value that a setting cannot take, a variable that is not set, and an empty
            data folder.
    """
    in_file = _dotenv_variables()
    variables = {**in_file, **os.environ}
    _refuse_empty_data_dir(overrides or {})
    values = _profile_values(profile or variables.get(f"{PREFIX}PROFILE") or DEFAULT_PROFILE, variables)
    try:
        return _with_sources(values, in_file).model_validate(dict(overrides or {}))
    except ValidationError as error:
        description = _describe(error)
    # Outside of the handler: the error it came from holds what was set, secrets and all.
    raise ConfigurationError(
        f"{description}.",
        advice=f"Correct it on the command line, in {PREFIX}… or BETFAIR_… variables, in .env or in "
        "the profile.",
    )


def _refuse_empty_data_dir(overrides: Mapping[str, object]) -> None:
    """Refuse an empty variable of the data folder: in a shell that is an expansion that went wrong."""
    name = f"{PREFIX}DATA_DIR"
    if "data_dir" not in overrides and not os.environ.get(name, "unset").strip():
        raise ConfigurationError(
            f"{name} is set to nothing.",
            advice="Set it to a folder, or unset it to use the platform's folder for user data.",
        )


def _with_sources(profile: dict[str, Any], dotenv: Mapping[str, str]) -> type[Settings]:
    """Return the settings with the sources that are ours: ``BETFAIR_…`` variables, and a profile."""

    class SettingsWithSources(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes it by name
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                init_settings,
                env_settings,
                InitSettingsSource(settings_cls, _betfair_values(os.environ)),
                dotenv_settings,
                InitSettingsSource(settings_cls, _betfair_values(dotenv)),
                InitSettingsSource(settings_cls, profile),
            )

    return SettingsWithSources


def _betfair_values(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what the variables that do not begin with ``BETFLOW_`` set; an empty one sets nothing."""
    values: dict[str, Any] = {}
    for name, place in BETFAIR_VARIABLES.items():
        value = variables.get(name)
        if value:
            _put(values, place, f"{value}h" if name.endswith("Hours") else value)
    return values


def _put(values: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    """Set a value below a tree of settings; what is there already stays."""
    *sections, name = place
    for section in sections:
        values = values.setdefault(section, {})
    values.setdefault(name, value)


def _dotenv_variables() -> dict[str, str]:
    try:
        return {name: value for name, value in dotenv_values(_DOTENV).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        # Without the cause: a decoding error carries the whole file with it, secrets and all.
        raise ConfigurationError(f"{_DOTENV} cannot be read: {reason}.", advice="Correct the file.") from None


def _profile_values(profile: str, variables: Mapping[str, str]) -> dict[str, Any]:
    if not _PROFILE_NAME.fullmatch(profile):
        raise ConfigurationError(
            f"profile {profile!r} is not a name.", advice=f"Name a file in {_PROFILES}/ without its .yaml."
        )
    path = _PROFILES / f"{profile}.yaml"
    values = _read_profile(profile, path)
    if not isinstance(values, dict):
        raise ConfigurationError(
            f"{path} is not a list of settings.", advice="Write one `name: value` on a line."
        )
    named = _translated(_named(values))
    _refuse_unknown_keys(named, Settings, (), path)
    _refuse_secrets(named, path)
    expanded = _expand(named, variables, path)
    assert isinstance(expanded, dict)  # noqa: S101 - for the type: a dictionary stays one
    return expanded


def _read_profile(profile: str, path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        if profile == DEFAULT_PROFILE:
            return {}
        known = sorted(each.stem for each in _PROFILES.glob("*.yaml"))
        raise ConfigurationError(
            f"profile {profile} is not there: no file {path} in {Path.cwd()}.",
            advice=f"Profiles here: {', '.join(known) or 'none'}.",
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
        _put(kept, place, f"{value}h" if key == _IN_HOURS else value)
    for key, value in executor.items():
        if key != "betfair":
            _put(kept, ("executor", key), value)
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


def _describe(error: ValidationError) -> str:
    return "; ".join(
        f"setting {'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
