"""What ``betflow doctor`` looks at on this machine: programs, settings, files, the certificate."""

import os
import platform
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from betflow import __version__
from betflow.betfair.certificates import (
    CertificateFiles,
    ClientCertificate,
    check_key,
    check_privacy,
    check_time,
    described,
    open_certificate,
)
from betflow.errors import ConfigurationError, StorageError
from betflow.jobs.checks import CannotBeMadeError, Check, Measured, Result, checked, skipped
from betflow.jobs.clock import iso
from betflow.jobs.connecting import certificate_files, check_dotenv, missing_credentials
from betflow.jobs.runs import RunContext
from betflow.ledger.store import FILE_NAME, Ledger
from betflow.settings import BetfairSettings, Settings, misspelt_variables

LEAST_FREE_BYTES = 1_000_000_000
"""A day of recorded racing takes less."""

SOON_DAYS = 30
"""A certificate that expires within so many days should be replaced now."""

_DAY_MS = 86_400_000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_EXTRAS = {
    "parquet": ("pyarrow",),
    "plot": ("matplotlib",),
    "sandbox": ("starlette", "trustme", "uvicorn"),
}


def check_machine(context: RunContext) -> Iterator[Check]:
    """Look at everything that needs no connection."""
    settings = context.settings
    yield checked("python", _python)
    yield checked("betflow", _packages)
    yield checked("profile", lambda: _profile(settings))
    yield checked("dotenv", lambda: _dotenv(settings.folders.dotenv.absolute()))
    yield checked("variables", lambda: _variables(settings))
    yield checked("credentials", lambda: _credentials(settings.betfair))
    yield checked("data-folder", lambda: _data_folder(context.data_dir))
    yield checked("disk", lambda: _disk(context.data_dir))
    yield checked("sqlite", lambda: _sqlite(context.ledger))
    yield from check_certificate_files(settings.betfair, context.clock())


def check_certificate_files(betfair: BetfairSettings, now_ms: int) -> Iterator[Check]:
    """Look at the client certificate: where it is, who may read the key, its form, the key, the dates."""
    names = [f"certificate-{each}" for each in ("privacy", "format", "key", "expiry")]
    files: CertificateFiles | None = None

    def find() -> Measured:
        nonlocal files
        files = certificate_files(betfair)
        if files is None:
            raise CannotBeMadeError("none is named, so logins are by password; bots should use one")
        return Measured(" and ".join(str(each) for each in (files.certificate, files.key) if each))

    found = checked("certificate", find)
    yield found
    if files is None:
        yield from (skipped(name, "there is no certificate") for name in names)
        return
    yield from _certificate(files, names, now_ms)


def _certificate(files: CertificateFiles, names: list[str], now_ms: int) -> Iterator[Check]:
    privacy, form, key, expiry = names
    yield checked(privacy, lambda: _privacy(files))
    try:
        opened = open_certificate(files)
    except ConfigurationError as error:
        yield Check(form, Result.FAIL, error.message, error.advice, error.exit_code)
        yield from (skipped(name, "the certificate cannot be read") for name in (key, expiry))
        return
    certificate = described(opened)

    def belongs() -> Measured:
        check_key(opened)
        return Measured("the key belongs to the certificate")

    yield checked(form, lambda: Measured(f"{certificate.format}, of {certificate.subject or 'nobody'}"))
    yield checked(key, belongs)
    yield checked(expiry, lambda: _expiry(certificate, now_ms))


def _python() -> Measured:
    return Measured(f"{platform.python_version()} on {platform.system()}, {platform.machine()}")


def _packages() -> Measured:
    missing = [extra for extra, modules in _EXTRAS.items() if not all(map(find_spec, modules))]
    present = [extra for extra in _EXTRAS if extra not in missing]
    return Measured(
        f"{__version__}, with {', '.join(present) or 'no extras'}",
        f"For more run: pip install 'betflow[{','.join(missing)}]'" if missing else "",
    )


def _profile(settings: Settings) -> Measured:
    path = settings.folders.profile(settings.profile).absolute()
    if not path.exists():
        return Measured(f"no file {path}: defaults are in force", "betflow init makes one.")
    return Measured(f"{settings.profile}, {path}")


def _dotenv(path: Path) -> Measured:
    if not path.exists():
        raise CannotBeMadeError(f"there is no {path}; 'betflow init' makes one")
    check_dotenv(path)
    return Measured(f"{path}, private")


def _variables(settings: Settings) -> Measured:
    misspelt = misspelt_variables(settings.folders)
    if misspelt:
        raise ConfigurationError(
            f"No setting is called {', '.join(misspelt)}.",
            advice=f"Is {', '.join(misspelt.values())} meant?",
        )
    return Measured("no name of a setting is misspelt")


def _credentials(betfair: BetfairSettings) -> Measured:
    missing = missing_credentials(betfair)
    if len(missing) == len(missing_credentials(BetfairSettings())):
        raise CannotBeMadeError(
            "no account is set; 'betflow init' makes a .env for it, and --profile sandbox needs none"
        )
    if missing:
        raise ConfigurationError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            advice="Set all of them in .env or in the environment.",
        )
    return Measured(f"app key, username ({betfair.api.username}) and password are set")


def _data_folder(folder: Path) -> Measured:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if os.name == "posix" and mode & _OTHERS:
        return Measured(
            f"{folder} (mode {mode:04o})",
            f"Others may look into it; sessions and journal in it are private. Run: chmod 700 {folder}",
        )
    return Measured(f"{folder}, private, can be written")


def _disk(folder: Path) -> Measured:
    free = shutil.disk_usage(folder).free
    told = f"{free / 1e9:,.1f} GB are free"
    if free < LEAST_FREE_BYTES:
        raise StorageError(
            f"{told}, and recording needs {LEAST_FREE_BYTES / 1e9:.0f} GB.",
            advice="Free some space, or choose another folder with --data-dir.",
        )
    return Measured(told)


def _sqlite(ledger: Ledger) -> Measured:
    ledger.check_integrity()
    size = (ledger.path.parent / FILE_NAME).stat().st_size
    return Measured(f"{sqlite3.sqlite_version}; the ledger, {size / 1e6:,.1f} MB, is sound")


def _privacy(files: CertificateFiles) -> Measured:
    path = files.holding_the_key
    if os.name != "posix" or not path.exists():
        raise CannotBeMadeError(f"{path} is not there" if os.name == "posix" else "only POSIX has modes")
    check_privacy(files)
    return Measured(f"{path} is private (mode {stat.S_IMODE(path.stat().st_mode):04o})")


def _expiry(certificate: ClientCertificate, now_ms: int) -> Measured:
    check_time(certificate, now_ms)
    days = (certificate.not_after - now_ms) // _DAY_MS
    return Measured(
        f"valid until {iso(certificate.not_after)[:10]}, another {days:,} days",
        "Make a new one soon, and upload it to your Betfair account." if days < SOON_DAYS else "",
    )
