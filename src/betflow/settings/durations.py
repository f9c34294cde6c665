"""Durations as people write them: numbers of seconds, or with units such as ``1m30s`` and ``100ms``."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

_PART = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> float:
    """
    Return the seconds of a duration; one that begins with a minus is negative.

    Raises:
        ValueError: if it is none.
    """
    stripped = text.strip()
    sign, unsigned = (-1, stripped[1:]) if stripped.startswith("-") else (1, stripped)
    parts = list(_PART.finditer(unsigned))
    if parts and "".join(part[0] for part in parts) == unsigned:
        return sign * sum(float(part["number"]) * _SECONDS[part["unit"]] for part in parts)
    try:
        return float(stripped)
    except ValueError:
        raise ValueError(
            "a duration is a number of seconds, or one with a unit: 100ms, 30s, 2m, 24h, 7d"
        ) from None


def _parsed(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_parsed), Field(gt=0, allow_inf_nan=False)]
"""A duration in seconds, which may be written with a unit."""

AnySeconds = Annotated[float, BeforeValidator(_parsed), Field(allow_inf_nan=False)]
"""Likewise, and it may be nothing, or negative for what has passed."""
