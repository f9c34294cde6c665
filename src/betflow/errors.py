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
    ├─ BusyError            another process is doing the same work (exit 75)
    └─ GatewayError         a call to Betfair did not succeed
       ├─ AuthenticationError   Betfair does not let us in (exit 4)
       ├─ UnreachableError      no answer of Betfair's came, or none that is one (exit 5)
       ├─ RefusedError          Betfair answered no (exit 6)
       ├─ DamagedAnswerError    an answer of Betfair's that cannot be understood (exit 7)
       └─ UnknownOutcomeError   whether orders were placed or changed is not known (exit 8)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """
    How a command ended, for the shell and for cron.

    Attributes:
        meaning: The same in words.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a code that knows what it means."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "ok"
    FINDINGS = 1, "done, with findings"
    USAGE = 2, "usage: the command line asks for something that cannot be, or that is not there"
    CONFIGURATION = 3, "configuration: a setting, an optional package or the disk"
    AUTHENTICATION = 4, "authentication: Betfair does not let us in"
    UNREACHABLE = 5, "exchange unreachable"
    REFUSED = 6, "refused by the exchange"
    DAMAGED = 7, "data damaged"
    UNKNOWN = 8, "outcome unknown: whether orders were placed or changed"
    HALTED = 9, "halted"
    ALREADY_RUNNING = 75, "the same work is already running"
    INTERRUPTED = 130, "interrupted; everything written so far is kept"


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

    @property
    def where(self) -> dict[str, int | str]:
        """What leads programs to the place: names and numbers, as in a `Finding`."""
        return {}


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


class Sent(StrEnum):
    """How far a call to Betfair got; the question to ask before repeating one."""

    NOT_SENT = "not sent"
    """Betfair cannot have seen it."""
    REFUSED = "refused"
    """Betfair saw it, and did nothing."""
    UNKNOWN = "unknown"
    """Betfair may have acted on it."""


class GatewayError(BetflowError):
    """
    A call to Betfair did not succeed. Never holds what was sent, and no secret.

    Args:
        message: What happened, with the value and the limit.
        operation: What was called, by Betfair's name.
        sent: How far the call got.
        ids: What it was about, e.g. ``{"marketId": "1.23"}``, and what Betfair's support asks for
            (``requestUUID``).
        code: Betfair's own code, where it gave one.
        passing: Whether the same call, if it only reads, may succeed a moment later.
        advice: What the reader can do next.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        sent: Sent,
        ids: Mapping[str, str] | None = None,
        code: str = "",
        passing: bool = False,
        advice: str = "",
    ) -> None:
        super().__init__(message, advice=advice)
        self.operation = operation
        self.sent = sent
        self.ids = dict(ids or {})
        self.code = code
        self.passing = passing

    def __str__(self) -> str:
        about = ", ".join(f"{name} {value}" for name, value in self.ids.items())
        subject = f"{self.operation} ({about})" if about else self.operation
        return f"{subject}: {super().__str__()}"

    @property
    def where(self) -> dict[str, int | str]:
        """The operation, how far it got, Betfair's code, and the ids."""
        named = {"operation": self.operation, "sent": self.sent.value, "code": self.code}
        return {name: value for name, value in {**named, **self.ids}.items() if value}


class AuthenticationError(GatewayError):
    """Betfair does not let us in: the login, the session or the app key is refused."""

    exit_code = ExitCode.AUTHENTICATION


class UnreachableError(GatewayError):
    """No answer of Betfair's came, or none that is one."""

    exit_code = ExitCode.UNREACHABLE


class RefusedError(GatewayError):
    """Betfair answered no."""

    exit_code = ExitCode.REFUSED


class DamagedAnswerError(GatewayError):
    """An answer of Betfair's that cannot be understood."""

    exit_code = ExitCode.DAMAGED


class UnknownOutcomeError(GatewayError):
    """
    Whether orders were placed or changed is not known.

    Only the same request with the same ``customerRef`` within 60 seconds, or a look at the current orders,
    resolves it.
    """

    exit_code = ExitCode.UNKNOWN
