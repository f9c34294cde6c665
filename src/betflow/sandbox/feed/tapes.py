"""Recorded tapes as a feed: what happened at another time, as if now."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from math import inf
from pathlib import Path

from betflow.errors import Finding, NotFoundError, StorageError
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.catalogues import catalogue_beside
from betflow.sandbox.feed.live import moved
from betflow.sandbox.feed.playback import Playback
from betflow.sandbox.feed.recordings import RaceKey, Recording, Unpacked, recordings
from betflow.sandbox.feed.schedule import FIRST_OFF, LONGEST_GAP, squeezed
from betflow.sandbox.listings import Listing, listing_of
from betflow.tape import Tape
from betflow.wire.stream import MarketDefinition


class TapeFeed:
    """
    Recorded tapes.

    Markets of one race or match are moved by the same time, so that they stay together. Of a market that is
    on several tapes, the one with more of it is played. Ids stay as they are.

    Args:
        paths: Tapes, folders of them, archives.
        begins: When the sandbox starts, epoch milliseconds.
        first_off: How long after that the first event goes off, milliseconds; rounded up to whole minutes.
        longest_gap: The longest time between an off and the next; None keeps them as far apart as they were.

    Attributes:
        begins: When the sandbox starts.

    Raises:
        NotFoundError: a path does not exist, or there is no tape in any.
        UsageError: a path is neither a file nor a folder.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        *,
        begins: int,
        first_off: int = FIRST_OFF,
        longest_gap: int | None = LONGEST_GAP,
    ) -> None:
        self.begins = begins
        self._findings: list[Finding] = []
        self._listings: dict[str, Listing] = {}
        self._open: dict[Tape, None] = {}
        self._unpacked = Unpacked()
        try:
            found = self._found(paths)
        except BaseException:
            self._unpacked.remove()
            raise
        playing, self._player = self._sorted_out(found)
        self._shifts, self._open_dates = _plan(playing, begins + first_off, longest_gap)
        self._changes = self._merged(playing)
        self._next: FeedChange | None = None

    @property
    def findings(self) -> Sequence[Finding]:
        """What could not be read so far, and what is not played."""
        return (*self._findings, *(finding for tape in self._open for finding in tape.findings))

    def take(self, until: int) -> Iterator[FeedChange]:
        """Yield what is published up to and at a moment, and was not taken yet."""
        while (change := self._next or next(self._changes, None)) is not None:
            if change.at > until:
                self._next = change
                return
            self._next = None
            yield change

    def next_at(self) -> int | None:
        """Return when the next change is published; None when there is nothing more."""
        if self._next is None:
            self._next = next(self._changes, None)
        return None if self._next is None else self._next.at

    def listing(self, market_id: str) -> Listing | None:
        """Return what a market is; None for one of which no change was taken yet."""
        return self._listings.get(market_id)

    def close(self) -> None:
        """Close the tapes, and remove what was unpacked; nothing may be taken any more."""
        self._changes.close()
        for tape in self._open:
            tape.close()
        self._unpacked.remove()

    def _found(self, paths: Sequence[str | Path]) -> list[Recording]:
        found = list(recordings(paths, self._unpacked, self._findings))
        if not found:
            raise NotFoundError(
                f"There is no tape in {', '.join(map(str, paths))}.",
                advice="; ".join(finding.message for finding in self._findings[:1]),
            )
        return found

    def _sorted_out(self, found: Sequence[Recording]) -> tuple[list[Recording], dict[str, Recording]]:
        """Return the recordings that are played, and by market which it is played from."""
        player: dict[str, Recording] = {}
        for recording in sorted(found, key=lambda each: each.worth, reverse=True):
            for market_id in recording.definitions:
                better = player.setdefault(market_id, recording)
                if better is not recording:
                    message = f"{market_id} is played from {better.label}, which has more of it."
                    self._findings.append(Finding("feed.market-again", recording.label, message))
        used = {id(recording) for recording in player.values()}
        return [recording for recording in found if id(recording) in used], player

    def _merged(self, playing: Sequence[Recording]) -> Generator[FeedChange]:
        """Yield the changes of all tapes in the order of time; each is opened when its time comes."""
        starts = [
            max(self.begins, recording.begins + shift)
            for recording, shift in zip(playing, self._shifts, strict=True)
        ]
        waiting = deque(sorted(range(len(playing)), key=lambda number: starts[number]))
        heap: list[tuple[int, int, FeedChange, Iterator[FeedChange]]] = []
        while waiting or heap:
            if waiting and (not heap or starts[waiting[0]] <= heap[0][0]):
                number = waiting.popleft()
                following = self._played(playing[number], self._shifts[number])
                change = next(following, None)
            else:
                _, number, change, following = heappop(heap)
                others = min(heap[0][0] if heap else inf, starts[waiting[0]] if waiting else inf)
                yield change
                # As long as it is this tape's turn again there is no need to sort anything.
                for change in following:
                    if change.at >= others:
                        break
                    yield change
                else:
                    continue
            if change is not None:
                heappush(heap, (change.at, number, change, following))

    def _played(self, recording: Recording, shift: int) -> Iterator[FeedChange]:
        try:
            tape = Tape(recording.path)
            self._open[tape] = None
        except NotFoundError as error:
            self._findings.append(Finding("feed.unreadable", recording.label, error.message))
            return
        playback = Playback(
            tape,
            begins=self.begins,
            shift=shift,
            open_dates=self._open_dates,
            is_played=lambda market_id: self._player.setdefault(market_id, recording) is recording,
            on_listed=lambda market_id, live, recorded: self._list(market_id, live, recorded, recording),
        )
        try:
            yield from playback.changes()
        except StorageError as error:
            self._findings.append(Finding("feed.unreadable", recording.label, error.message))
        finally:
            tape.close()
            del self._open[tape]
            self._findings += [replace(each, subject=recording.label) for each in tape.findings]

    def _list(
        self, market_id: str, live: MarketDefinition, recorded: MarketDefinition, recording: Recording
    ) -> None:
        catalogue = catalogue_beside(recording.source, market_id, self._findings)
        self._listings[market_id] = listing_of(market_id, live, names=recorded, catalogue=catalogue)


def _plan(
    playing: Sequence[Recording], first: int, longest_gap: int | None
) -> tuple[list[int], dict[str, str]]:
    """Return by how much each tape is moved, and by event when it begins then."""
    units = _together(playing)
    anchors = [min(recording.off for recording in unit) for unit in units]
    shift_of: dict[int, int] = {}
    open_dates: dict[str, str] = {}
    for unit, anchor, off in zip(units, anchors, squeezed(anchors, first, longest_gap), strict=True):
        for recording in unit:
            shift_of[id(recording)] = off - anchor
            for event_id, date in _open_dates(recording, off - anchor):
                open_dates[event_id] = min(date, open_dates.get(event_id, date))
    return [shift_of[id(recording)] for recording in playing], open_dates


def _together(playing: Sequence[Recording]) -> list[list[Recording]]:
    """Group tapes that have markets of one race or match."""
    units: list[tuple[set[RaceKey], list[Recording]]] = []
    for recording in playing:
        keys, members = set(recording.keys), [recording]
        apart = []
        for unit in units:
            if unit[0] & keys:
                keys |= unit[0]
                members = unit[1] + members
            else:
                apart.append(unit)
        units = [*apart, (keys, members)]
    return [members for _, members in units]


def _open_dates(recording: Recording, shift: int) -> Iterator[tuple[str, str]]:
    for definition in recording.definitions.values():
        if definition is not None and definition.event_id:
            date = moved(definition.open_date, shift)
            if date:
                yield definition.event_id, date
