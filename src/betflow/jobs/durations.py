"""Durations on a command line: ``--for 30s``, ``--within 2h``; a number alone is of seconds."""

from betflow.errors import UsageError
from betflow.settings.durations import parse_duration


def duration_s(text: str, option: str, *, may_be_nothing: bool = False, most: str = "inf") -> float:
    """
    Return the seconds of a duration that an option was given.

    Raises:
        UsageError: it is none, is negative, is longer than *most*, or is nothing where that is no use.
    """
    try:
        duration = parse_duration(text)
    except ValueError:
        raise UsageError(
            f"{option} {text!r} is no duration.", advice="Give one like 500ms, 30s, 2m, 1h or 1d."
        ) from None
    is_long_enough = duration >= 0 if may_be_nothing else duration > 0
    if not is_long_enough or duration > parse_duration(most):
        least = "from 0s" if may_be_nothing else "of more than 0s"
        up_to = "" if most == "inf" else f" up to {most}"
        raise UsageError(f"{option} is {text}.", advice=f"Give a duration {least}{up_to}.")
    return duration
