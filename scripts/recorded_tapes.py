#!/usr/bin/env python3
"""
Say where recorded tapes are: real market data that tests, demo and bench read, no part of the repository.

The folder is ``$BETFLOW_TAPES`` where that is set, else ``../shared/tapes`` beside the repository. A user's
clone has neither, and everything then makes do without.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def tapes_folder() -> Path | None:
    """Return the folder of recorded tapes, None where there is none."""
    named = os.environ.get("BETFLOW_TAPES")
    folder = Path(named) if named else ROOT.parent / "shared" / "tapes"
    return folder.resolve() if folder.is_dir() else None


def main() -> None:
    """Print the folder, or fail without a word."""
    folder = tapes_folder()
    if folder is None:
        sys.exit(1)
    print(folder)


if __name__ == "__main__":
    main()
