"""The changes of one market of a tape, in order, with what is odd about them."""

from dataclasses import dataclass, field
from typing import Protocol

from betflow.errors import Finding
from betflow.exchange.volumes import without_impossible
from betflow.jobs.runs import Progress
from betflow.jobs.sources import MarketSource
from betflow.tape import Tape
from betflow.wire.stream import MarketChange

_REPORTED_EVERY = 1_000


class Fold(Protocol):
    """What takes the changes of a market."""

    def apply(self, change: MarketChange, publish_time: int) -> None:
        """Take the next change."""


def fold_market(source: MarketSource, fold: Fold, progress: Progress) -> tuple[Finding, ...]:
    """
    Hand each change of the market to *fold*, as the tape's books apply it, with its publish time.

    Returns:
        What is damaged, and what is odd about the market: one finding of each kind.

    Raises:
        DamagedError: there is none.
    """
    oddities = Oddities(source.tape)
    progress.start(f"Reading {source.market_id}", total=None, unit="changes")
    for seen, book in enumerate(source.tape, start=1):
        if seen % _REPORTED_EVERY == 0:
            progress.advance(_REPORTED_EVERY)
        if book.market_id == source.market_id and book.change is not None:
            oddities.look_at(book.change, book.publish_time)
            fold.apply(book.change, book.publish_time)
    progress.stop()
    if not oddities.changes:
        raise source.nothing_read()
    return (*source.findings(), *oddities.findings())


@dataclass(slots=True)
class Noted:
    """How often something was met, and where first."""

    count: int = 0
    where: dict[str, int | str] = field(default_factory=dict)

    def note(self, tape: Tape, count: int = 1, **more: int | str) -> None:
        """Count it; the first time, keep the place in the tape."""
        self.count += count
        if not self.where:
            position = tape.position
            self.where = {"line": position.line, "offset": position.offset, **more}

    def finding(self, code: str, subject: str, what: tuple[str, str], advice: str) -> Finding:
        """
        Return the finding.

        Args:
            code: Its code.
            subject: The tape.
            what: What was met, for one and for many.
            advice: What follows from it, and what to do.
        """
        one, many = what
        counted = f"{self.count:,} {one if self.count == 1 else many}"
        place = f"{'' if self.count == 1 else 'the first '}at line {self.where['line']:,}"
        message = f"{counted}, {place}. {advice}"
        return Finding(code, subject, message, {**self.where, "count": self.count})


class Oddities:
    """
    What can be read of a market and is not as Betfair writes it; the codes are those of ``tape verify``.

    Attributes:
        changes: How many changes were looked at.
    """

    def __init__(self, tape: Tape) -> None:
        self.changes = 0
        self._tape = tape
        self._backwards, self._repeated, self._undefined, self._volumes = Noted(), Noted(), Noted(), Noted()
        self._latest: int | None = None
        self._line = b""
        self._is_defined = False

    def look_at(self, change: MarketChange, publish_time: int) -> None:
        """Look at the change that the tape has just given."""
        self.changes += 1
        line = self._tape.line
        if self._latest is not None and publish_time < self._latest:
            self._backwards.note(self._tape, milliseconds=self._latest - publish_time)
        elif line == self._line and line is not self._line:  # else it is a second change in one message
            self._repeated.note(self._tape)
        self._latest, self._line = publish_time, line
        self._is_defined = self._is_defined or change.market_definition is not None
        if not self._is_defined:
            self._undefined.note(self._tape)
        impossible = without_impossible(change)[1]
        if impossible:
            self._volumes.note(self._tape, impossible)

    def findings(self) -> list[Finding]:
        """Return one finding for each kind that was met."""
        met = (
            (self._backwards, "tape.time-backwards", _BACKWARDS, _CHECK_RECORDING),
            (self._repeated, "tape.duplicate-lines", _REPEATED, _CHECK_RECORDING),
            (self._undefined, "tape.definition-missing", _UNDEFINED, _BEGIN_WITH_IMAGE),
            (self._volumes, "tape.volume-impossible", _IMPOSSIBLE, _LEFT_OUT),
        )
        return [
            noted.finding(code, self._tape.label, what, advice)
            for noted, code, what, advice in met
            if noted.count
        ]


_BACKWARDS = ("publish time goes backwards", "publish times go backwards")
_REPEATED = ("message repeats the one before", "messages repeat the one before")
_CHECK_RECORDING = "Changes count in the order of the tape; check how it was recorded or joined."
_UNDEFINED = ("change comes before any market definition", "changes come before any market definition")
_BEGIN_WITH_IMAGE = (
    "Until there is one, names, status and in play are not known; take a recording that begins with an image."
)
_IMPOSSIBLE = (
    "traded volume cannot be (negative, infinite, too large or no number)",
    "traded volumes cannot be (negative, infinite, too large or no number)",
)
_LEFT_OUT = "Left out; get the tape from its source again."
