"""
What can be set, in one typed model.

Command line > environment > ``.env`` > ``config/<profile>.yaml`` > defaults. Secrets come only from the
environment or ``.env``. Where both files are looked for: `betflow.settings.folders`.

A profile may bring everything about Betfair itself, as that of the sandbox does: it names a private file of
secrets (`secrets_file`), and what the environment and ``.env`` say about Betfair is left out, so that nothing
of a real account is mixed in.

What other programs call these settings is understood as well, so that a machine that trades already need not
be set up anew: ``BETFAIR_…`` variables, names in any case (``certPath``, ``CertificatePath``), durations such
as ``100ms``, and the section ``Executor.Betfair``.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from betflow.errors import ConfigurationError
from betflow.settings import layers
from betflow.settings.betfair import BetfairSettings, LogLevel
from betflow.settings.discovery import DiscoverySettings
from betflow.settings.folders import DEFAULT_PROFILE, DOTENV, ConfigFolders, config_folders
from betflow.settings.layers import PREFIX, Layer, Origin, Place, Source
from betflow.settings.profiles import profile_values

__all__ = [
    "DOTENV",
    "PROFILE",
    "BetfairSettings",
    "ConfigFolders",
    "DiscoverySettings",
    "Environment",
    "LogLevel",
    "Origin",
    "Place",
    "Settings",
    "Source",
    "load_settings",
    "misspelt_variables",
    "platform_data_dir",
    "settings_places",
]

PROFILE: Place = ("profile",)
"""The place under which `Settings.origin` knows what chose the profile."""


class Environment(StrEnum):
    """What this installation is for."""

    DEV = "dev"
    PROD = "prod"


def platform_data_dir() -> Path:
    """Return the folder where this platform keeps a user's data, with betflow's name."""
    return user_data_path("betflow", appauthor=False)


class Settings(BaseSettings):
    """
    Every setting, with its default.

    Attributes:
        data_dir: Everything that betflow writes lives under it.
        env: What this installation is for.
        log_level: The least serious event that is logged.
        secrets_file: A private file like ``.env``. With it, only this file, the profile and the command line
            say anything about Betfair.
        betfair: How Betfair is reached. Each has a variable, ``BETFLOW_BETFAIR__API__…``.
        discovery: Which markets are looked for, and how they are judged.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(default_factory=platform_data_dir)
    env: Environment = Environment.DEV
    log_level: LogLevel = LogLevel.WARNING
    secrets_file: Path | None = None
    betfair: BetfairSettings = BetfairSettings()
    discovery: DiscoverySettings = DiscoverySettings()

    _profile: str = PrivateAttr(DEFAULT_PROFILE)
    _folders: ConfigFolders = PrivateAttr(default_factory=ConfigFolders)
    _origins: Mapping[Place, Origin] = PrivateAttr(default_factory=dict)

    @property
    def profile(self) -> str:
        """The name of the profile that they were read from."""
        return self._profile

    @property
    def folders(self) -> ConfigFolders:
        """Where the profile and ``.env`` were looked for."""
        return self._folders

    def origin(self, place: Place) -> Origin:
        """Return where the value of a setting comes from."""
        return self._origins.get(place, layers.DEFAULT)

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


def settings_places() -> tuple[Place, ...]:
    """Return all settings that there are, in the order in which they are declared."""
    return tuple(layers.places(Settings))


def misspelt_variables(folders: ConfigFolders) -> dict[str, str]:
    """
    Return the variables, of the environment and of ``.env``, that set nothing though they look as if.

    Returns:
        By each, the variable that was probably meant.

    Raises:
        ConfigurationError: ``.env`` cannot be read.
    """
    return layers.misspelt(Settings, {**_dotenv_variables(folders.dotenv), **os.environ})


def load_settings(
    *,
    profile: str | None = None,
    overrides: Mapping[str, object] | None = None,
    config_dir: Path | None = None,
    profile_may_miss: bool = False,
) -> Settings:
    """
    Resolve every setting.

    Args:
        profile: Names ``config/<profile>.yaml``; otherwise ``BETFLOW_PROFILE`` does. Only "default" may be
            missing.
        overrides: What the command line says.
        config_dir: The folder that is looked at first for ``.env`` and profiles; otherwise
            ``BETFLOW_CONFIG_DIR`` names it.
        profile_may_miss: Whether the profile is yet to be made.

    Raises:
        ConfigurationError: for a profile that is not there or not readable, a key that no setting has, a
            secret in a profile, a value that a setting cannot take, a variable that is not set, an empty data
            folder, and a file of secrets that is not there or not private.
    """
    folders = config_folders(config_dir)
    in_file = _dotenv_variables(folders.dotenv)
    variables = {**in_file, **os.environ}
    _refuse_empty_data_dir(overrides or {})
    name, chosen_by = _chosen_profile(profile, in_file)
    in_profile = layers.profile(
        folders.profile(name), profile_values(name, folders, variables, Settings, may_miss=profile_may_miss)
    )
    try:
        stack: tuple[Layer, ...] = (
            layers.command_line(overrides or {}),
            *layers.environment(Settings, os.environ),
            *layers.dotenv(Settings, folders.dotenv, in_file),
            in_profile,
        )
        secrets = layers.first(stack, "secrets_file")
        if secrets:
            stack = layers.sealed(stack, layers.secrets_file(Path(str(secrets)).expanduser()))
        settings: Settings = _reading(stack)()
    except ValidationError as error:
        description = _describe(error)
    except SettingsError as error:
        description = str(error)
    else:
        settings._folders = folders  # noqa: SLF001 - known only here
        settings._profile = name  # noqa: SLF001 - known only here, and of no use to who makes settings by hand
        settings._origins = {**layers.origins(Settings, stack), PROFILE: chosen_by}  # noqa: SLF001 - same
        return settings
    # Outside of the handler: the error it came from holds what was set, secrets and all.
    raise ConfigurationError(
        f"{description}.",
        advice=f"Correct it on the command line, in {PREFIX}… or BETFAIR_… variables, in .env or in "
        "the profile.",
    )


def _chosen_profile(option: str | None, dotenv: Mapping[str, str]) -> tuple[str, Origin]:
    """Return the profile, and what chose it; as everywhere, a variable that is empty says nothing."""
    variable = f"{PREFIX}PROFILE"
    for name, origin in (
        (option, Origin(Source.COMMAND_LINE, "--profile")),
        (os.environ.get(variable), Origin(Source.ENVIRONMENT, variable)),
        (dotenv.get(variable), Origin(Source.DOTENV, variable)),
    ):
        if name:
            return name, origin
    return DEFAULT_PROFILE, layers.DEFAULT


def _refuse_empty_data_dir(overrides: Mapping[str, object]) -> None:
    """Refuse an empty variable of the data folder: in a shell that is an expansion that went wrong."""
    name = f"{PREFIX}DATA_DIR"
    if "data_dir" not in overrides and not os.environ.get(name, "unset").strip():
        raise ConfigurationError(
            f"{name} is set to nothing.",
            advice="Set it to a folder, or unset it to use the platform's folder for user data.",
        )


def _reading(stack: tuple[Layer, ...]) -> type[Settings]:
    """Return the settings that read these layers and nothing else, the strongest first."""

    class LayeredSettings(Settings):
        @classmethod
        def settings_customise_sources(  # type: ignore[override]  # pydantic passes all of them by name
            cls, settings_cls: type[BaseSettings], **_sources: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, dict(layer.values)) for layer in stack)

    return LayeredSettings


def _dotenv_variables(path: Path) -> dict[str, str]:
    try:
        return {name: value for name, value in dotenv_values(path).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        # Without the cause: a decoding error carries the whole file with it, secrets and all.
        raise ConfigurationError(f"{path} cannot be read: {reason}.", advice="Correct the file.") from None


def _describe(error: ValidationError) -> str:
    return "; ".join(
        f"setting {'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
