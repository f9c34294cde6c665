"""
Rules, limits and reasons: how anything is judged so that everybody can see why.

A rule measures one thing. A limit says which values are good. What comes of both is a `Reason`, which has the
measured value, the limit, and whether the one is within the other. A rule without a limit is measured all the
same, and not judged. What cannot be measured is not within any limit: its reason says why it cannot.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeAlias, TypeVar

Value: TypeAlias = Decimal | int | float | bool | str
"""What rules measure: numbers, truths, words."""

SubjectT = TypeVar("SubjectT")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from a minimum to a maximum, both included; an end that is None is open."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def admits(self, value: Value) -> bool:
        """Say whether a number is within; a float counts as the number that it prints as."""
        number = Decimal(str(value))
        return not (
            (self.minimum is not None and number < self.minimum)
            or (self.maximum is not None and number > self.maximum)
        )

    def body(self) -> dict[str, Decimal | None]:
        """Return it for people and records."""
        return {"min": self.minimum, "max": self.maximum}


@dataclass(frozen=True, slots=True)
class OneOf:
    """A few values, truths or words, in any order."""

    values: tuple[bool | str, ...]

    def admits(self, value: Value) -> bool:
        """Say whether a value is one of them."""
        return value in self.values

    def body(self) -> list[bool | str]:
        """Return it for people and records."""
        return list(self.values)


Limit: TypeAlias = Range | OneOf
Limits: TypeAlias = Mapping[str, Limit]
"""By the name of the rule; a rule that is not in it is not judged."""


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What a rule measured.

    Attributes:
        value: None where it cannot be measured.
        because: Why it cannot, or what else one should know.
    """

    value: Value | None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Rule(Generic[SubjectT]):
    """
    Something that is measured.

    Attributes:
        name: Of the rule, and of its limit in a profile.
        unit: What the value counts; empty for truths and words.
        measure: Measures it.
    """

    name: str
    unit: str
    measure: Callable[[SubjectT], Measured]


@dataclass(frozen=True, slots=True)
class Reason:
    """
    What one rule says.

    Attributes:
        rule: Its name.
        measured: The value; None where it cannot be measured.
        unit: What the value counts.
        limit: None where the rule is not judged.
        passed: Whether the value is within the limit; None where the rule is not judged.
        because: Why the value cannot be measured, or what else one should know of it.
    """

    rule: str
    measured: Value | None
    unit: str
    limit: Limit | None
    passed: bool | None
    because: str | None = None


def judge(subject: SubjectT, rules: Iterable[Rule[SubjectT]], limits: Limits) -> tuple[Reason, ...]:
    """Return what each rule says, in the order of the rules."""
    return tuple(_reason(rule, rule.measure(subject), limits.get(rule.name)) for rule in rules)


def is_passed(reasons: Iterable[Reason]) -> bool:
    """Say whether everything that is judged is within its limit."""
    return all(reason.passed is not False for reason in reasons)


def _reason(rule: Rule[SubjectT], measured: Measured, limit: Limit | None) -> Reason:
    passed = None if limit is None else measured.value is not None and limit.admits(measured.value)
    return Reason(rule.name, measured.value, rule.unit, limit, passed, measured.because)
