"""
How races stand: listRaceDetails of the race status API, for tracks in the UK, Ireland and South Africa.

Source: "Race Status API"; a recorded answer.
"""

import msgspec


class ListRaceDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listRaceDetails: meetings, or races (``meetingId.hhmm`` in UTC)."""

    meeting_ids: tuple[str, ...] | None = None
    race_ids: tuple[str, ...] | None = None


class RaceDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A race; without a status where `response_code` is not ``OK``."""

    response_code: str | None = None
    meeting_id: str | None = None
    race_id: str | None = None
    race_status: str | None = None
    last_updated: str | None = None
    sequence: int | None = None
