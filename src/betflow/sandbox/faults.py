"""
Faults on demand: what goes wrong, where, and with which event.

A rule counts the events of its place and subject. After so many that go well it strikes one, or one in so
many, until it has struck often enough. Rules come from a file (`read_rules`) and from the admin endpoint
(`rule_of`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import yaml

from betflow.errors import UsageError
from betflow.storage.streams import readable
from betflow.wire.enums import (
    ExecutionReportErrorCode,
    LoginError,
    ServiceErrorCode,
    StreamErrorCode,
)

LONGEST_S = 3600.0
_MOST_RULES = 1000


class Where(StrEnum):
    """What kind of event a fault strikes."""

    CONNECT = "connect"
    """A new connection; the subject is ``api`` or ``stream``."""
    IDENTITY = "identity"
    """A call of the identity service; the subject is ``certlogin``, ``login``, ``keepAlive``, ``logout``."""
    API = "api"
    """Any other call over HTTPS; the subject is the operation, or what else is asked for (``navigation``)."""
    STREAM = "stream"
    """A message to be sent to a market subscription; the subject is the market."""
    ORDER_STREAM = "order-stream"
    """A message to be sent to an order subscription; the subject is the market."""


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP = "drop"
    """The connection is closed without a word."""
    STALL = "stall"
    """Nothing comes for `seconds`; without them, nothing comes any more. The connection stays open."""
    SLOW = "slow"
    """It comes `seconds` late."""
    HALF_LINE = "half-line"
    """The first half of it comes, and the connection is closed."""
    MALFORMED = "malformed"
    """What comes is no JSON."""
    STATUS_503 = "status-503"
    """HTTP 503; on the stream ``"status":503`` in the message: its data may be old."""
    CONFLATED = "conflated"
    """The message says ``con``, as if changes had been put together."""
    SESSION_EXPIRED = "session-expired"
    """The caller's session ends."""
    TOO_MANY_REQUESTS = "too-many-requests"
    TIMEOUT_AFTER_ACCEPTING = "timeout-after-accepting"
    """The call acts, and no answer comes."""
    CLOCK_SKEW = "clock-skew"
    """The server's clock (``Date``, on the stream ``pt``) is wrong by `ms`."""
    DUPLICATE = "duplicate"
    """The message comes twice."""
    SUB_IMAGE = "sub-image"
    """A fresh image comes in mid-stream, in place of the message."""
    WRONG_HOST = "wrong-host"
    """The server shows the certificate of another host."""
    ERROR = "error"
    """It is refused with `code`."""


_HTTP = frozenset(
    {
        FaultKind.DROP,
        FaultKind.STALL,
        FaultKind.SLOW,
        FaultKind.HALF_LINE,
        FaultKind.MALFORMED,
        FaultKind.STATUS_503,
        FaultKind.SESSION_EXPIRED,
        FaultKind.TOO_MANY_REQUESTS,
        FaultKind.TIMEOUT_AFTER_ACCEPTING,
        FaultKind.CLOCK_SKEW,
        FaultKind.ERROR,
    }
)
_LINES = frozenset(FaultKind) - {FaultKind.WRONG_HOST, FaultKind.TIMEOUT_AFTER_ACCEPTING}
KINDS: dict[Where, frozenset[FaultKind]] = {
    Where.CONNECT: frozenset({FaultKind.DROP, FaultKind.WRONG_HOST}),
    Where.IDENTITY: _HTTP,
    Where.API: _HTTP,
    Where.STREAM: _LINES,
    Where.ORDER_STREAM: _LINES,
}
"""What can go wrong where."""

CODES: dict[Where, frozenset[str]] = {
    Where.CONNECT: frozenset(),
    Where.IDENTITY: frozenset(LoginError),
    Where.API: frozenset({*ServiceErrorCode, *ExecutionReportErrorCode}),
    Where.STREAM: frozenset(StreamErrorCode),
    Where.ORDER_STREAM: frozenset(StreamErrorCode),
}
"""The codes that `FaultKind.ERROR` may refuse with; those of reports only where orders are asked for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one event; what a kind does not need is zero or empty."""

    kind: FaultKind
    seconds: float = 0.0
    ms: int = 0
    code: str = ""


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """
    Which events go wrong, and how.

    Attributes:
        where: The kind of event.
        kind: What goes wrong.
        subject: Only events of this subject, whatever its case; empty: all.
        after: So many events go well first.
        every: From then on one in so many goes wrong.
        times: So often; 0 for without end.
        seconds: For `FaultKind.STALL` and `FaultKind.SLOW`.
        ms: For `FaultKind.CLOCK_SKEW`; negative for a clock that is slow.
        code: For `FaultKind.ERROR`.
    """

    where: Where
    kind: FaultKind
    subject: str = ""
    after: int = 0
    every: int = 1
    times: int = 1
    seconds: float = 0.0
    ms: int = 0
    code: str = ""

    @property
    def fault(self) -> Fault:
        """What goes wrong."""
        return Fault(self.kind, self.seconds, self.ms, self.code)


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that happened: to the *number*-th event of its rule's place and subject."""

    rule: int
    number: int
    where: Where
    subject: str
    fault: Fault


@dataclass(slots=True)
class Standing:
    """A rule in force, by number, with the events that it saw and those that it struck."""

    number: int
    rule: FaultRule
    seen: int = 0
    struck: int = 0

    def counts(self, subject: str) -> bool:
        """Count an event, and say whether it goes wrong, unless another rule was first."""
        rule = self.rule
        if rule.subject and rule.subject.lower() != subject.lower():
            return False
        self.seen += 1
        if self.seen <= rule.after or (rule.times and self.struck >= rule.times):
            return False
        return self.struck <= (self.seen - rule.after - 1) // rule.every


class Faults:
    """
    The rules in force.

    Args:
        rules: Those to begin with.
        observe: Is told of each fault that happens.
    """

    def __init__(
        self, rules: tuple[FaultRule, ...] = (), *, observe: Callable[[Strike], None] | None = None
    ) -> None:
        self._observe = observe
        self._standing: dict[Where, list[Standing]] = {where: [] for where in Where}
        self._number = 0
        self.struck = 0
        for rule in rules:
            self.add(rule)

    def next(self, where: Where, subject: str = "") -> Fault | None:
        """Count an event, and return what goes wrong with it, if anything: the oldest rule goes first."""
        standing = self._standing[where]
        if not standing:
            return None
        due = [each for each in standing if each.counts(subject)]
        if not due:
            return None
        first = due[0]
        first.struck += 1
        self.struck += 1
        fault = first.rule.fault
        if self._observe is not None:
            self._observe(Strike(first.number, first.seen, where, subject, fault))
        return fault

    def is_possible(self, where: Where) -> bool:
        """Say whether any rule is about such events at all."""
        return bool(self._standing[where])

    def add(self, rule: FaultRule) -> int:
        """Put a rule into force, and return its number."""
        if sum(map(len, self._standing.values())) >= _MOST_RULES:
            raise UsageError(f"{_MOST_RULES} rules are in force.", advice="Clear some of them.")
        self._number += 1
        self._standing[rule.where].append(Standing(self._number, rule))
        return self._number

    def clear(self, number: int | None = None) -> int:
        """Take a rule out of force, or all of them; return how many that were."""
        count = 0
        for where, standing in self._standing.items():
            kept = [each for each in standing if number is not None and each.number != number]
            count += len(standing) - len(kept)
            self._standing[where] = kept
        return count

    def __iter__(self) -> Iterator[Standing]:
        """Go through the rules in force, by number."""
        everything = [each for standing in self._standing.values() for each in standing]
        return iter(sorted(everything, key=lambda each: each.number))


def read_rules(path: Path) -> tuple[FaultRule, ...]:
    """
    Read rules from a YAML or JSON file: a list of them, or one under ``faults``.

    Raises:
        UsageError: the file cannot be read, or holds something else; says which rule is wrong.
    """
    try:
        content = yaml.safe_load(readable(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", advice="Name a file of faults."
        ) from error
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is no YAML: {error}.", advice="Correct the file.") from error
    if isinstance(content, dict) and set(content) == {"faults"}:
        content = content["faults"]
    if not isinstance(content, list):
        raise UsageError(f"{path} is no list of faults.", advice="Begin it with 'faults:' and a list below.")
    rules = []
    for number, each in enumerate(content, start=1):
        try:
            rules.append(rule_of(each))
        except UsageError as error:
            raise UsageError(f"{path}, fault {number}: {error.message}", advice=error.advice) from error
    return tuple(rules)


def rule_of(value: Any) -> FaultRule:  # noqa: ANN401 - it came from outside
    """
    Return the rule that a file or a request describes.

    Raises:
        UsageError: it is none, or nothing of that kind can happen there.
    """
    try:
        rule = msgspec.convert(value, FaultRule)
    except msgspec.ValidationError as error:
        advice = f"A fault has where ({', '.join(Where)}), kind ({', '.join(FaultKind)}) and parameters."
        raise UsageError(f"{error}.", advice=advice) from error
    trouble, advice = _trouble(rule)
    if trouble:
        raise UsageError(trouble, advice=advice)
    return rule


def _trouble(rule: FaultRule) -> tuple[str, str]:
    """Return what is wrong with a rule, and what to do; two empty texts if nothing is."""
    kinds, codes = KINDS[rule.where], CODES[rule.where]
    if rule.kind not in kinds:
        return f"{rule.kind} cannot happen at {rule.where}.", f"There can happen: {', '.join(sorted(kinds))}."
    if (rule.kind is FaultKind.ERROR) != bool(rule.code):
        return "A code belongs to the kind error, and only there.", "Give both or none."
    if rule.code and rule.code not in codes:
        alike = get_close_matches(rule.code.upper(), sorted(codes), 3, cutoff=0.0)
        return f"{rule.code} is no error of {rule.where}.", f"Do you mean {', '.join(alike)}?"
    return _trouble_of_numbers(rule)


def _trouble_of_numbers(rule: FaultRule) -> tuple[str, str]:
    if min(rule.after, rule.times) < 0 or rule.every < 1:
        return "A count is too small.", "after and times are 0 at least, every is 1 at least."
    if not 0 <= rule.seconds <= LONGEST_S or (rule.kind is FaultKind.SLOW and not rule.seconds):
        return f"{rule.seconds:g} seconds are none.", f"Give seconds up to {LONGEST_S:g}."
    if rule.kind is FaultKind.CLOCK_SKEW and not rule.ms:
        return "The clock is not wrong.", "Give ms: by how much it is fast (or slow, below 0)."
    return "", ""
