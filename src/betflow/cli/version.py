"""``betflow --version``: answered without Typer and settings, because scripts ask it often."""

import sys
from collections.abc import Collection

from betflow import __version__

_FLAG = "--version"
_AS_JSON = "--json"


def is_only_question(arguments: Collection[str]) -> bool:
    """Say whether a command line asks for the version and nothing else."""
    return _FLAG in arguments and set(arguments) <= {_FLAG, _AS_JSON}


def print_version(arguments: Collection[str]) -> None:
    """Print the version: as text, or in the envelope that every command with ``--json`` prints."""
    if _AS_JSON not in arguments:
        sys.stdout.write(f"betflow {__version__}\n")
        return
    from betflow.cli.screen import print_envelope
    from betflow.exchange.book import FOLD_IS_COMPILED
    from betflow.jobs.clock import iso, now_ms
    from betflow.jobs.outcome import Outcome, envelope

    now = iso(now_ms())
    outcome = Outcome({"version": __version__, "fold": "compiled" if FOLD_IS_COMPILED else "python"})
    wrapped = envelope(outcome, command=_FLAG, run_id=None, started=now, finished=now)
    print_envelope(wrapped, sys.stdout)
