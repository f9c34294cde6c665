"""
The dead man's switch: unless a heartbeat comes in time, Betfair cancels the customer's LIMIT bets.

Source: HeartbeatAPING.xml; "Heartbeat API"; a recorded answer.
"""

import msgspec


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """
    The parameters of heartbeat.

    `preferred_timeout_seconds`: from 10 to 300, and what is outside is moved there; 0 switches it off.
    """

    preferred_timeout_seconds: int


class HeartbeatReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The timeout in force, and what was done since the last one: see `enums.ActionPerformed`."""

    action_performed: str
    actual_timeout_seconds: int
