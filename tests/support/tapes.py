"""
Recorded market data for tests: where it is, and what happens where it is not.

Real tapes are no part of the repository (``scripts/recorded_tapes.py`` says where they are looked for).
Without them a test that needs one is skipped with a reason; where ``CI`` is set they have to be there, and it
fails instead.
"""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from recorded_tapes import tapes_folder


def tape(name: str) -> Path:
    """
    Return one recorded tape.

    Args:
        name: Its file name without ``.bz2``, e.g. ``1.205822330`` or ``BASIC-1.132153978``.
    """
    path = _folder() / f"{name}.bz2"
    return path if path.is_file() else _missing(f"there is no recorded tape {path.name}")


def tapes() -> list[Path]:
    """Return all recorded tapes, by name."""
    return sorted(_folder().glob("*.bz2")) or _missing("the folder of recorded tapes is empty")


def shared_responses() -> Path:
    """Return the folder of recorded answers of Betfair's API: ``responses``, beside the folder of tapes."""
    folder = _folder().parent / "responses"
    return folder if folder.is_dir() else _missing("there are no recorded responses beside the tapes")


def shared_reference() -> Path:
    """Return the folder of Betfair's published definitions: ``reference``, beside the folder of tapes."""
    folder = _folder().parent / "reference"
    return folder if folder.is_dir() else _missing("there are no published definitions beside the tapes")


def _folder() -> Path:
    return tapes_folder() or _missing("there are no recorded tapes; BETFLOW_TAPES can name their folder")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI needs them", pytrace=False)
    pytest.skip(reason)
