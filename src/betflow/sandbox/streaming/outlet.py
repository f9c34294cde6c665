"""
The end of a connection's pipe: what is to be sent, what goes wrong with it, and what was really sent.

Without faults, all lines of a turn are one write; a status is always one of its own.
"""

from math import inf
from typing import Final

from betflow.sandbox.faults import Fault, FaultKind, Faults, Where
from betflow.sandbox.streaming.faulty import altered, market_of
from betflow.sandbox.streaming.json_lines import joined
from betflow.sandbox.truth import Truth

_OF_THE_CONVERSATION: Final = frozenset(
    {FaultKind.SUB_IMAGE, FaultKind.SESSION_EXPIRED, FaultKind.TOO_MANY_REQUESTS, FaultKind.ERROR}
)


class Outlet:
    """
    What goes out on a connection.

    Args:
        connection_id: Of the connection.
        faults: What goes wrong.
        truth: Where it is written down.

    Attributes:
        is_ended: Whether the connection ends after what is to be sent.
        sent: How many lines went out.
    """

    def __init__(self, connection_id: str, faults: Faults, truth: Truth) -> None:
        self._id = connection_id
        self._faults = faults
        self._truth = truth
        self._writes: list[list[bytes]] = []
        self._held: list[list[bytes]] = []
        self._silent_until = 0.0
        self.is_ended = False
        self.sent = 0

    def is_silent(self, now: float) -> bool:
        """Return whether nothing goes out at a moment, in real seconds: a fault holds it up."""
        return now < self._silent_until

    def send(self, lines: list[bytes], now: float) -> None:
        """Send lines as they are, in one write."""
        if self.is_ended or not lines:
            return
        self._release(now)
        (self._held if self.is_silent(now) else self._writes).append(lines)

    def changes(self, where: Where, lines: list[bytes], now: float) -> Fault | None:
        """
        Send lines of a subscription, unless something goes wrong.

        Returns:
            A fault that somebody else has to see to; the line that it struck and those after it are not sent.
        """
        if not self._faults.is_possible(where):
            self.send(lines, now)
            return None
        for line in lines:
            fault = self._faults.next(where, market_of(line))
            if fault is None:
                self.send([line], now)
            elif fault.kind in _OF_THE_CONVERSATION:
                return fault
            else:
                self._strike(line, fault, now)
        return None

    def take(self, now: float) -> list[bytes]:
        """Return what is to be written now, each a write."""
        self._release(now)
        if not self._writes:
            return []
        writes, self._writes = self._writes, []
        self.sent += sum(map(len, writes))
        if self._truth.is_on:
            for lines in writes:
                for line in lines:
                    self._truth.sent(self._id, line)
        return [joined(lines) for lines in writes]

    def _release(self, now: float) -> None:
        """Let go of what was held up, once it is no longer."""
        if self._held and not self.is_silent(now):
            self._writes += self._held
            self._held = []

    def _strike(self, line: bytes, fault: Fault, now: float) -> None:
        match fault.kind:
            case FaultKind.DROP:
                self.is_ended = True
            case FaultKind.HALF_LINE:
                self.send(altered(line, fault), now)
                self.is_ended = True
            case FaultKind.STALL | FaultKind.SLOW:
                self._silent_until = now + (fault.seconds or inf)
                self.send([line], now)
            case _:
                self.send(altered(line, fault), now)
