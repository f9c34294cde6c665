"""``betflow config show``: every setting, and where it came from; secrets are masked."""

from pathlib import Path
from typing import Any

from betflow.errors import Finding
from betflow.jobs.outcome import Outcome
from betflow.jobs.plain import redacted
from betflow.jobs.runs import RunContext
from betflow.settings import PROFILE, Place, Settings, misspelt_variables, settings_places


def show(context: RunContext) -> Outcome:
    """
    Return every setting in force, in the order of their declaration.

    A setting that nobody set has the value None, or its default. Files are told by their full names, with
    whether they are there.
    """
    settings = context.settings
    findings = tuple(misspelling(name, meant) for name, meant in misspelt_variables(settings.folders).items())
    return Outcome(
        {
            "profile": {
                "name": settings.profile,
                **_file(settings.folders.profile(settings.profile)),
                **_origin(settings, PROFILE),
            },
            "dotenv": _file(settings.folders.dotenv),
            "settings": [_row(settings, place) for place in settings_places()],
        },
        findings,
    )


def misspelling(name: str, meant: str) -> Finding:
    """Say that a variable sets nothing."""
    return Finding("config.unknown-variable", name, f"No setting has this name. Is {meant} meant?")


def _file(path: Path) -> dict[str, Any]:
    return {"path": str(path.absolute()), "exists": path.exists()}


def _row(settings: Settings, place: Place) -> dict[str, Any]:
    value: Any = settings
    for name in place:
        value = getattr(value, name)
    # A secret is one by its type, which masks it; what is only called like one (the file of a key) is shown.
    return {
        "name": ".".join(place),
        "value": redacted(value),
        **_origin(settings, place),
    }


def _origin(settings: Settings, place: Place) -> dict[str, Any]:
    origin = settings.origin(place)
    return {"source": origin.source, "set_by": origin.name or None}
