"""What a check is: something measured, which is good, or is not, or could not be measured."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from betflow.errors import BetflowError, ExitCode


class Result(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - the opposite of fail
    FAIL = "fail"
    SKIPPED = "skipped"
    """It could not be made; what was measured says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a check found that is good; *advice* is given where it could be better."""

    value: str
    advice: str = ""


class CannotBeMadeError(Exception):
    """A check has nothing to look at; the message says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing that was looked at.

    Attributes:
        name: What.
        result: How it ended.
        measured: What was found, or why nothing could be.
        advice: What to do.
        exit_code: What a failure means to programs.
    """

    name: str
    result: Result
    measured: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.OK


def checked(name: str, measure: Callable[[], Measured]) -> Check:
    """Make a check: what *measure* returns is good, an error of betflow's is not."""
    try:
        measured = measure()
    except CannotBeMadeError as reason:
        return skipped(name, str(reason))
    except BetflowError as error:
        return Check(name, Result.FAIL, error.message, error.advice, error.exit_code)
    return Check(name, Result.PASS, measured.value, measured.advice)


def skipped(name: str, reason: str) -> Check:
    """Return a check that was not made."""
    return Check(name, Result.SKIPPED, reason)
