"""
What can be set, in one typed model.

Command line > environment > ``.env`` > ``config/<profile>.yaml`` > defaults. Secrets come only from the
environment or ``.env``. Both files are looked for in the folder where betflow was started.
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
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from betflow.errors import ConfigurationError

PREFIX = "BETFLOW_"
DEFAULT_PROFILE = "default"

_DOTENV = Path(".env")
_PROFILES = Path("config")
_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


class Environment(StrEnum):
    """What this installation is for."""

    DEV = "dev"
    PROD = "prod"


class LogLevel(StrEnum):
    """The least serious event that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


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
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
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
            value that a setting cannot take, a variable that is not set, and an empty data folder.
    """
    variables = _variables()
    _refuse_empty_data_dir(overrides or {})
    values = _profile_values(profile or variables.get(f"{PREFIX}PROFILE") or DEFAULT_PROFILE, variables)
    try:
        return _with_profile(values).model_validate(dict(overrides or {}))
    except ValidationError as error:
        raise ConfigurationError(
            f"{_describe(error)}.",
            advice=f"Correct it on the command line, in {PREFIX}… variables, in .env or in the profile.",
        ) from None


def _refuse_empty_data_dir(overrides: Mapping[str, object]) -> None:
    """Refuse an empty variable of the data folder: in a shell that is an expansion that went wrong."""
    name = f"{PREFIX}DATA_DIR"
    if "data_dir" not in overrides and not os.environ.get(name, "unset").strip():
        raise ConfigurationError(
            f"{name} is set to nothing.",
            advice="Set it to a folder, or unset it to use the platform's folder for user data.",
        )


def _with_profile(values: dict[str, Any]) -> type[Settings]:
    """Return the settings with a profile's values as the weakest source above the defaults."""

    class SettingsOfProfile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes it by name
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            profile = InitSettingsSource(settings_cls, values)
            return init_settings, env_settings, dotenv_settings, profile

    return SettingsOfProfile


def _variables() -> dict[str, str]:
    try:
        in_file = {name: value for name, value in dotenv_values(_DOTENV).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        # Without the cause: a decoding error carries the whole file with it, secrets and all.
        raise ConfigurationError(f"{_DOTENV} cannot be read: {reason}.", advice="Correct the file.") from None
    return {**in_file, **os.environ}


def _profile_values(profile: str, variables: Mapping[str, str]) -> dict[str, Any]:
    if not _PROFILE_NAME.fullmatch(profile):
        raise ConfigurationError(
            f"profile {profile!r} is not a name.", advice=f"Name a file in {_PROFILES}/ without its .yaml."
        )
    path = _PROFILES / f"{profile}.yaml"
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        if profile == DEFAULT_PROFILE:
            return {}
        known = sorted(each.stem for each in _PROFILES.glob("*.yaml"))
        raise ConfigurationError(
            f"profile {profile} is not there: no file {path} in {Path.cwd()}.",
            advice=f"Profiles here: {', '.join(known) or 'none'}.",
        ) from None
    except (OSError, ValueError, yaml.YAMLError) as error:  # not UTF-8, or a date that cannot be
        raise ConfigurationError(f"{path} cannot be read: {error}.", advice="Correct the file.") from error
    if not isinstance(values, dict):
        raise ConfigurationError(
            f"{path} is not a list of settings.", advice="Write one `name: value` on a line."
        )
    unknown = sorted(str(key) for key in values if key not in Settings.model_fields)
    if unknown:
        raise ConfigurationError(
            f"{path} sets {', '.join(unknown)}, which betflow does not have.",
            advice=f"Settings are: {', '.join(sorted(Settings.model_fields))}.",
        )
    return {key: _expand(value, variables, path) for key, value in values.items()}


def _expand(value: object, variables: Mapping[str, str], path: Path) -> object:
    def variable(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            raise ConfigurationError(
                f"{path} needs ${{{name}}}, which is not set.",
                advice=f"Set {name} in the environment or in .env.",
            )
        return variables[name]

    return _VARIABLE.sub(variable, value) if isinstance(value, str) else value


def _describe(error: ValidationError) -> str:
    return "; ".join(
        f"setting {'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
