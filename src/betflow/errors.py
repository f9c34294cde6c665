"""
What can go wrong, as types.

Expected trouble is data: a `Finding`, collected while the work goes on. What ends the work is an
exception of this tree, and each says what its reader can do next::

    BetflowError
    ├─ UsageError           the command line asks for something that cannot be (exit 2)
    │  └─ NotFoundError     a path, market or run that is not there (exit 2)
    ├─ ConfigurationError   a setting or an extra is missing or wrong (exit 3)
    │  └─ StorageError      the disk refuses: full, read-only, no permission (exit 3)
    ├─ DamagedError         data that cannot be trusted (exit 7)
    └─ BusyError            another process is doing the same work (exit 75)
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command ended, for the shell and for cron."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    CONFIGURATION = 3
    AUTHENTICATION = 4
    UNREACHABLE = 5
    REFUSED = 6
    DAMAGED = 7
    UNKNOWN = 8
    HALTED = 9
    ALREADY_RUNNING = 75
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something expected that went wrong, as data.

    Attributes:
        code: Stable dotted name for programs, e.g. ``tape.line-damaged``.
        subject: What it is about: a file, a market, a run.
        message: One sentence for people: what happened, and what to do where that is known.
        where: Numbers and names that lead to the place, e.g. ``{"line": 7, "offset": 1023}``.
    """

    code: str
    subject: str
    message: str
    where: dict[str, int | str] = field(default_factory=dict)


class BetflowError(Exception):
    """
    The root: anything betflow raises on purpose.

    Args:
        message: What happened, with the value and the limit.
        advice: What the reader can do next.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FINDINGS

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".rstrip()


class UsageError(BetflowError):
    """The command line asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class NotFoundError(UsageError):
    """A path, a market or a run that is not there."""


class ConfigurationError(BetflowError):
    """A setting or an optional package is missing or wrong."""

    exit_code = ExitCode.CONFIGURATION


class StorageError(ConfigurationError):
    """The disk refuses: full, read-only or without permission."""


class DamagedError(BetflowError):
    """Data that cannot be trusted."""

    exit_code = ExitCode.DAMAGED


class BusyError(BetflowError):
    """Another process is doing the same work."""

    exit_code = ExitCode.ALREADY_RUNNING
