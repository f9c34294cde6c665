"""
The dead man's switch of an account: unless it hears from its customer in time, LIMIT bets are cancelled.

Source: "Heartbeat API".
"""

from math import inf
from typing import Final

from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.enums import ActionPerformed, ServiceErrorCode
from betflow.wire.heartbeat import Heartbeat, HeartbeatReport

SHORTEST_S: Final = 10
LONGEST_S: Final = 300


class DeadMansSwitch:
    """
    Whether an account's customer is heard from.

    Attributes:
        due: When it acts unless it hears something before, epoch milliseconds; infinite while it is off.
    """

    def __init__(self) -> None:
        self.due = inf
        self._performed = ActionPerformed.NONE

    def hear(self, heartbeat: Heartbeat, now: int) -> HeartbeatReport:
        """
        Take a heartbeat; tell what was done since the last one.

        It counts in simulated time. Once it has acted it is off until the next heartbeat.

        Raises:
            ServiceRefusal: INVALID_INPUT_DATA if the timeout is negative.
        """
        wanted = heartbeat.preferred_timeout_seconds
        if wanted < 0:
            raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, "preferredTimeoutSeconds is negative")
        seconds = min(max(wanted, SHORTEST_S), LONGEST_S) if wanted else 0
        self.due = now + seconds * 1000 if seconds else inf
        performed, self._performed = self._performed, ActionPerformed.NONE
        return HeartbeatReport(action_performed=performed, actual_timeout_seconds=seconds)

    def acted(self, *, is_everything_cancelled: bool) -> None:
        """Take note that it ran out, and what came of it."""
        self.due = inf
        self._performed = (
            ActionPerformed.ALL_BETS_CANCELLED
            if is_everything_cancelled
            else ActionPerformed.SOME_BETS_NOT_CANCELLED
        )
