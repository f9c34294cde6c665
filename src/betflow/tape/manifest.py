"""
What the archive knows of a tape without opening it: the values of a manifest.

A manifest is written beside each archived tape, as canonical JSON: keys sorted, no spaces, UTF-8. The
index is made from manifests alone, so it can be lost. Nothing here says when or by which run a tape was
imported (the journal does): the same input gives the same manifest.
"""

from enum import StrEnum
from typing import Any

import msgspec

from betflow.errors import DamagedError, Finding
from betflow.exchange.off import StatusChange

SCHEMA = "betflow-tape/1"

LARGEST_INTEGER = 2**63 - 1
"""What SQLite and everybody else can hold; no number of Betfair's comes near it."""


class SourceKind(StrEnum):
    """Who recorded a tape, told from its content."""

    OFFICIAL_BASIC = "official-basic"
    """Betfair's historic data without ladders: definitions and last traded prices."""
    OFFICIAL_ADVANCED = "official-advanced"
    """Betfair's historic data with the best prices by level."""
    OFFICIAL_PRO = "official-pro"
    """Betfair's historic data with full ladders."""
    SELF_RECORDED = "self-recorded"
    """One market as a user's recorder wrote it, without the numbers of the subscription."""
    RAW_STREAM = "raw-stream"
    """The messages of a subscription as they came: ids, images, perhaps many markets."""


class RunnerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A runner as the last definition has it; *bsp* is None also where Betfair says NaN or Infinity."""

    selection_id: int
    handicap: float
    name: str | None = None
    status: str | None = None
    bsp: float | None = None
    adjustment_factor: float | None = None
    sort_priority: int | None = None
    removal_date: str | None = None


class MarketSummary(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a tape tells of one market.

    Attributes:
        market_time: The scheduled off as last defined, ISO 8601 as published; `market_time_ms` is the same
            in epoch milliseconds, None where the text is no time.
        settled: Whether a definition says CLOSED.
        in_play_seen: Whether a definition says in play.
        messages: Messages that change this market.
        definitions: How many of them bring a definition.
        definition: The last definition, without its runners.
        timeline: How it stood from when on, in order; the first `MOST_STATUS_CHANGES` of them.
    """

    market_id: str
    event_id: str | None = None
    event_name: str | None = None
    event_type_id: str | None = None
    venue: str | None = None
    country_code: str | None = None
    market_type: str | None = None
    betting_type: str | None = None
    market_time: str | None = None
    market_time_ms: int | None = None
    open_date: str | None = None
    name: str | None = None
    status: str | None = None
    settled: bool = False
    in_play_seen: bool = False
    messages: int
    definitions: int
    first_publish_time: int
    last_publish_time: int
    definition: dict[str, Any] = msgspec.field(default_factory=dict)
    runners: tuple[RunnerSummary, ...] = ()
    timeline: tuple[StatusChange, ...] = ()


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """
    How many of what a tape holds.

    Attributes:
        lines: Also ``messages + other + blank + damaged``.
        images: Messages that are an image of the subscription.
        conflated: Market changes that merge several.
        status_503: Messages that say that data may be late or incomplete.
    """

    lines: int
    messages: int
    other: int
    blank: int
    damaged: int
    images: int = 0
    resub_deltas: int = 0
    heartbeats: int = 0
    conflated: int = 0
    status_503: int = 0


class NotedFinding(msgspec.Struct, frozen=True):
    """A `Finding` of the tape, without its subject, which depends on where the tape is."""

    code: str
    message: str
    where: dict[str, int | str] = {}

    def about(self, subject: str) -> Finding:
        """Return it as a finding about *subject*."""
        return Finding(self.code, subject, self.message, dict(self.where))


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """
    One archived tape.

    Attributes:
        sha256: Of the expanded content; the name of the tape.
        bytes: Size of the expanded content.
        stored_sha256: Of the file in the archive.
        stored_bytes: Size of the file in the archive.
        damaged: Whether something of the tape could not be read when it was imported.
        source: Where it was imported from: a file, and the place inside it after ``!``.
        made_by: Program and version that imported it.
    """

    schema: str = SCHEMA
    sha256: str
    bytes: int
    stored_sha256: str
    stored_bytes: int
    kind: SourceKind
    damaged: bool
    counts: Counts
    first_publish_time: int
    last_publish_time: int
    markets: tuple[MarketSummary, ...]
    findings: tuple[NotedFinding, ...]
    source: str
    made_by: str


_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Manifest).decode


def manifest_bytes(manifest: Manifest) -> bytes:
    """Write a manifest as canonical JSON, with a line end."""
    return _encode(manifest) + b"\n"


def facts_bytes(facts: object) -> bytes:
    """Write facts of a manifest as it writes them, to compare them with facts that never were in one."""
    return _encode(facts)


def parse_manifest(content: bytes, name: str) -> Manifest:
    """
    Read a manifest back.

    Raises:
        DamagedError: if it is none any more.
    """
    try:
        return _decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(
            f"the manifest {name} cannot be read: {error}.",
            advice="Remove it and import the source again with `betflow backfill`.",
        ) from error
