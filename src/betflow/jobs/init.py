"""``betflow init``: what somebody has to have before anything else, made where it is missing."""

import os
import stat
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from betflow.errors import Finding, StorageError
from betflow.jobs.connecting import missing_credentials
from betflow.jobs.data_folder import data_folder
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.settings import DOTENV, BetfairSettings
from betflow.settings.folders import DEFAULT_PROFILE, profile_path
from betflow.storage.files import write_new_private_file

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_IGNORING = frozenset({".env", "/.env", ".env*", "/.env*", "*.env"})
"""Lines of .gitignore that keep .env out of a repository."""


class Did(StrEnum):
    """What became of a file or folder."""

    MADE = "made"
    KEPT = "kept"
    """It was there, and was not touched."""


def init(context: RunContext) -> Outcome:
    """
    Make ``.env``, the profile and the data folder, each where there is none; nothing is overwritten.

    The files are made in the folder that ``--config-dir`` names, else in the current one. A profile that
    comes with betflow is copied, any other is the default's.

    Raises:
        StorageError: the disk refuses.
    """
    own, profile = context.settings.folders.own, context.settings.profile
    template = profile_path(profile).name
    if not (files("betflow") / "templates" / template).is_file():
        template = profile_path(DEFAULT_PROFILE).name
    made = [
        _copied("dotenv", own / DOTENV, "account and secrets, to be filled in"),
        _copied(template, own / profile_path(profile), "other settings: the profile that is used"),
        _told(
            Did.MADE if data_folder(context)["made_now"] else Did.KEPT,
            context.data_dir,
            "what betflow writes: journal, tapes, sessions",
        ),
    ]
    findings = tuple(_exposures((own / DOTENV).absolute()))
    return Outcome({"made": made, "next": _next(context.settings.betfair)}, findings)


def _copied(template: str, place: Path, holds: str) -> dict[str, Any]:
    """Write a template to a place where there is nothing yet."""
    content = (files("betflow") / "templates" / template).read_bytes()
    path = place.absolute()
    if os.path.lexists(path):
        return _told(Did.KEPT, path, holds)
    try:
        path.parent.mkdir(exist_ok=True)
        write_new_private_file(path, content)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be made: {error.strerror}.",
            advice="Start betflow in a folder where you may write: settings are read where it is started.",
        ) from error
    return _told(Did.MADE, path, holds)


def _told(did: Did, path: Path, holds: str) -> dict[str, Any]:
    return {"did": did, "path": str(path), "holds": holds}


def _next(betfair: BetfairSettings) -> list[str]:
    """Return what to do now, in order."""
    missing = missing_credentials(betfair)
    steps = [f"Fill in {', '.join(missing)} in {DOTENV}."] if missing else []
    if betfair.certificate.crt is None and betfair.certificate.cert_path is None:
        steps.append(
            "For the login by certificate, which bots should use, fill in BETFAIR_CERT_CRT and "
            "BETFAIR_CERT_KEY, or BETFAIR_CERT_PATH, as well."
        )
    return [
        *steps,
        "betflow doctor            says what is missing or wrong",
        "betflow test-connection   logs in and asks Betfair something",
        "betflow sandbox run       is an exchange without any account: use it with --profile sandbox",
    ]


def _exposures(dotenv: Path) -> Iterator[Finding]:
    """Tell where others could get to see the secrets; a link that leads nowhere has none."""
    if not dotenv.exists():
        return
    if os.name == "posix" and (mode := stat.S_IMODE(dotenv.stat().st_mode)) & _OTHERS:
        yield Finding(
            "init.dotenv-open",
            str(dotenv),
            f"Others than you may read it (mode {mode:04o}). Run: chmod 600 {dotenv}",
        )
    repository = next((each for each in dotenv.parents if (each / ".git").exists()), None)
    if repository is not None and not _is_ignored(dotenv, repository):
        yield Finding(
            "init.dotenv-not-ignored",
            str(dotenv),
            f"It would get into the repository {repository}. Add a line '.env' to its .gitignore.",
        )


def _is_ignored(dotenv: Path, repository: Path) -> bool:
    """Say whether a .gitignore between the file and the top of its repository names it."""
    for folder in dotenv.parents:
        ignoring = folder / ".gitignore"
        if ignoring.is_file() and _IGNORING & set(ignoring.read_text("utf-8", "replace").split()):
            return True
        if folder == repository:
            break
    return False
