"""
Where profiles and ``.env`` are looked for: the folder that is named, the current one, the user's own.

Each may have a ``.env``, and profiles as ``config/<name>.yaml``. Some profiles come with betflow, and are the
last that are looked for.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_config_path

from betflow.errors import ConfigurationError

DOTENV: Final = Path(".env")
"""Where secrets are kept, seen from a folder of settings."""
PROFILES: Final = Path("config")
DEFAULT_PROFILE: Final = "default"
VARIABLE: Final = "BETFLOW_CONFIG_DIR"

_PACKAGED = Path(__file__).parents[1] / "templates"


def profile_path(profile: str) -> Path:
    """Return where a profile is, seen from a folder of settings."""
    return PROFILES / f"{profile}.yaml"


@dataclass(frozen=True, slots=True)
class ConfigFolders:
    """
    The folders of settings.

    Attributes:
        named: The one that ``--config-dir`` or ``BETFLOW_CONFIG_DIR`` names.
    """

    named: Path | None = None

    @property
    def own(self) -> Path:
        """Where files are made: the folder that is named, else the current one."""
        return self.named or Path()

    @property
    def searched(self) -> tuple[Path, ...]:
        """All folders, in the order in which they are looked at."""
        return (*([self.named] if self.named else []), Path(), user_config_path("betflow", appauthor=False))

    @property
    def dotenv(self) -> Path:
        """The first ``.env`` that is there; where there is none, that of the first folder."""
        return self._first(DOTENV) or self.own / DOTENV

    def profile(self, name: str) -> Path:
        """Return the first profile of the name that is there; without one, that of the first folder."""
        packaged = _PACKAGED / f"{name}.yaml"
        comes_along = name != DEFAULT_PROFILE and packaged.is_file()
        return self._first(profile_path(name)) or (packaged if comes_along else self.own / profile_path(name))

    def profiles(self) -> list[str]:
        """Return the names of all profiles that there are."""
        folders = (_PACKAGED, *(folder / PROFILES for folder in self.searched))
        return sorted({each.stem for folder in folders for each in folder.glob("*.yaml")})

    def _first(self, path: Path) -> Path | None:
        return next((place for folder in self.searched if (place := folder / path).exists()), None)


def config_folders(option: Path | None) -> ConfigFolders:
    """
    Return the folders of settings.

    Args:
        option: What the command line names; without it ``BETFLOW_CONFIG_DIR`` does.

    Raises:
        ConfigurationError: the one that is named is not there.
    """
    named = option or (Path(value) if (value := os.environ.get(VARIABLE, "").strip()) else None)
    if named is not None and not named.expanduser().is_dir():
        raise ConfigurationError(
            f"there is no folder {named}, which --config-dir or {VARIABLE} names.",
            advice="Make it, or name the folder that has .env and config/.",
        )
    return ConfigFolders(named.expanduser() if named else None)
