"""
One client's subscription: what it gets and when.

It reads its channel from where the client is. One by one, each change is a message; put together (conflation,
or a client that did not read for a while), all changes of a span are one.

Source: "Exchange Stream API" (images, conflation, segmentation, heartbeats, resubscription).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol

import msgspec

from betflow.sandbox.streaming.channel import Change, Channel, Entry
from betflow.sandbox.streaming.json_lines import line_of
from betflow.sandbox.streaming.tokens import clk_of
from betflow.wire.enums import ChangeType, SegmentType
from betflow.wire.stream import MarketSubscription, OrderSubscription

_encode = msgspec.json.encode

HEARTBEATS_MS: Final = (500, 5000)
"""The shortest and the longest, which is also what one gets who does not say."""

LONGEST_CONFLATION_MS: Final = 120_000


class LaggingError(Exception):
    """The client is so far behind that what it missed is no longer there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What was agreed with the client.

    Attributes:
        request_id: Of the subscription; its messages carry it. None where the client gave none.
        conflate_ms: Changes of so long are put together, in simulated time; 0: none.
        heartbeat_ms: A message comes at least so often, in real time.
        segment: Longer messages are cut; None: never.
    """

    request_id: int | None
    conflate_ms: int
    heartbeat_ms: int
    segment: int | None


def terms_of(
    request: MarketSubscription | OrderSubscription, *, segment: int, conflate_ms: int | None = None
) -> Terms:
    """
    Return what is agreed on a request; what is out of bounds is brought into them.

    Args:
        request: The request.
        segment: The longest segment in bytes, where the client takes segments.
        conflate_ms: A conflation that the client has to take, whatever it asks for.
    """
    shortest, longest = HEARTBEATS_MS
    heartbeat_ms = longest if request.heartbeat_ms is None else request.heartbeat_ms
    return Terms(
        request_id=request.id,
        conflate_ms=min(max(request.conflate_ms or 0, 0), LONGEST_CONFLATION_MS)
        if conflate_ms is None
        else conflate_ms,
        heartbeat_ms=min(max(heartbeat_ms, shortest), longest),
        segment=segment if request.segmentation_enabled else None,
    )


class Scope(Protocol[Change]):
    """
    Of which markets a subscription has the changes.

    Attributes:
        is_full: Whether a market that fits was left out, since there were too many already.
    """

    is_full: bool

    def image(self) -> list[Change]:
        """Return what a subscription begins with, and count it as sent."""
        ...

    def covers(self, entry: Entry[Change]) -> bool:
        """Return whether a change is for the subscription, which has what was before."""
        ...

    def newcomers(self) -> list[Change]:
        """Return images of markets that came to fit since, and count them as sent."""
        ...

    def resumed(self, position: int) -> "Scope[Change]":
        """Return the scope of a client that comes back and has nothing of what was sent after a position."""
        ...


class Source(Protocol):
    """Where a subscription's changes come from: how far it is, and when that is."""

    @property
    def position(self) -> int: ...  # noqa: D102 - above
    @property
    def now(self) -> int: ...  # noqa: D102 - above


class Subscription(Generic[Change]):
    """
    A subscription.

    Args:
        source: How far things are.
        channel: Where its changes come from.
        scope: Which of them are for it.
        terms: What was agreed.
        initial_clk: Names it to a client that comes back.
    """

    def __init__(
        self,
        source: Source,
        channel: Channel[Change],
        scope: Scope[Change],
        terms: Terms,
        *,
        initial_clk: str,
    ) -> None:
        self.terms = terms
        channel.readers += 1
        self._source = source
        self._channel = channel
        self._scope = scope
        self._initial_clk = initial_clk
        self._next = channel.log.end
        self._reached = 0  # the client has everything up to this position
        identity = "" if terms.request_id is None else f'"id":{terms.request_id},'
        self._head = f'{{"op":"{channel.kind.op}",{identity}'.encode()

    @property
    def request_id(self) -> int | None:
        """The id that its messages carry."""
        return self.terms.request_id

    @property
    def is_full(self) -> bool:
        """Whether a market that fits was left out, since there were too many already."""
        return self._scope.is_full

    @property
    def is_waiting(self) -> bool:
        """Whether there are changes that it did not give yet."""
        return self._next < self._channel.log.end

    def image(self) -> list[bytes]:
        """Return the lines of a fresh image; they replace all that the client has."""
        self._next = self._channel.log.end
        self._reached = self._source.position
        return self._message(self._scope.image(), self._source.now, ChangeType.SUB_IMAGE)

    def close(self) -> None:
        """End it; it may be taken up again."""
        self._channel.readers -= 1
        self._channel.left_at = self._source.position

    def resume(self, after: int) -> list[bytes]:
        """
        Return the lines that bring a client that comes back up to date.

        Args:
            after: The position up to which it has everything; the channel has to know it.
        """
        number = self._channel.after(after)
        self._next = self._channel.log.end
        self._reached = self._source.position
        changes = self._merged(self._channel.log.since(number)) + self._scope.newcomers()
        return self._message(changes, self._source.now, ChangeType.RESUB_DELTA)

    def take(self, *, together: bool = False) -> list[bytes]:
        """
        Return the lines that are due.

        Args:
            together: Put everything together: the client has not read for a while.

        Raises:
            LaggingError: Something that it did not get is no longer there.
        """
        log, now = self._channel.log, self._source.now
        if self._next < log.begin:
            raise LaggingError
        # Newcomers go first, with the token of before: whoever has a later one has them.
        newcomers = self._scope.newcomers()
        lines = self._message(newcomers, now) if newcomers else []
        if self._next < log.end:
            entries = log.since(self._next)
            if self.terms.conflate_ms:
                lines += self._spans(entries, now)
            elif together:
                lines += self._span(entries, now)
            else:
                self._next = log.end
                head, covers = self._head, self._scope.covers
                lines += [line_of(head + entry.tail()) for entry in entries if covers(entry)]
        if self._next == log.end:
            self._reached = self._source.position
        return lines

    def heartbeat(self) -> bytes:
        """Return the line that says that nothing happened."""
        return self._line([], self._source.now, ct=ChangeType.HEARTBEAT)

    def _spans(self, entries: Sequence[Entry[Change]], now: int) -> list[bytes]:
        """Return a message for each span of the conflation that is over."""
        lines: list[bytes] = []
        begin = 0
        while begin < len(entries):
            if not self._scope.covers(entries[begin]):
                self._next += 1
                begin += 1
                continue
            ends = entries[begin].at + self.terms.conflate_ms
            if ends > now:
                self._reached = entries[begin].position - 1
                break
            end = begin
            while end < len(entries) and entries[end].at < ends:
                end += 1
            lines += self._span(entries[begin:end], ends)
            begin = end
        return lines

    def _span(self, entries: Sequence[Entry[Change]], now: int) -> list[bytes]:
        """Return the message that puts entries together."""
        self._next += len(entries)
        self._reached = entries[-1].position
        changes = self._merged(entries)
        return self._message(changes, now) if changes else []

    def _merged(self, entries: Sequence[Entry[Change]]) -> list[Change]:
        """Put changes together, one of each market."""
        of_market: dict[str, list[Change]] = {}
        for entry in entries:
            if self._scope.covers(entry):
                of_market.setdefault(entry.market_id, []).append(entry.change)
        return [self._channel.kind.merge(changes) for changes in of_market.values()]

    def _message(self, changes: Sequence[Change], now: int, ct: ChangeType | None = None) -> list[bytes]:
        """Return a message as lines, cut into segments where it is long and the client takes them."""
        bodies = [self._channel.kind.encode(change) for change in changes]
        parts = _parts(bodies, self.terms.segment)
        if len(parts) == 1:
            return [self._line(parts[0], now, ct=ct)]
        last = len(parts) - 1
        kinds = [SegmentType.SEG_START, *[SegmentType.SEG] * (last - 1), SegmentType.SEG_END]
        return [self._line(part, now, ct=ct, segment=kind) for part, kind in zip(parts, kinds, strict=True)]

    def _line(
        self,
        bodies: Sequence[bytes],
        now: int,
        *,
        ct: ChangeType | None = None,
        segment: SegmentType | None = None,
    ) -> bytes:
        """Return a message as a line, its members in Betfair's order; without changes it has no list."""
        begins = ct in (ChangeType.SUB_IMAGE, ChangeType.RESUB_DELTA)
        fields: dict[str, str | int] = {}
        # The tokens come with the last segment: with less, a client cannot come back.
        if segment in (None, SegmentType.SEG_END):
            if begins:
                fields["initialClk"] = self._initial_clk
            fields["clk"] = clk_of(self._reached)
        if begins and segment is not SegmentType.SEG:
            fields["conflateMs"] = self.terms.conflate_ms
            fields["heartbeatMs"] = self.terms.heartbeat_ms
        fields["pt"] = now
        if ct is not None:
            fields["ct"] = ct
        if segment is not None:
            fields["segmentType"] = segment
        content = self._head + _encode(fields)[1:-1]
        if bodies:
            content += f',"{self._channel.kind.key}":['.encode() + b",".join(bodies) + b"]"
        return line_of(content + b"}")


def _parts(bodies: list[bytes], longest: int | None) -> list[list[bytes]]:
    """Cut a list where it gets longer than so many bytes; there is at least one part."""
    parts: list[list[bytes]] = [[]]
    size = 0
    for body in bodies:
        if parts[-1] and longest is not None and size + len(body) > longest:
            parts.append([])
            size = 0
        parts[-1].append(body)
        size += len(body)
    return parts
