"""
The process that makes a day up: ``python -m betflow.sandbox.feed.making``, JSON to stdin, lines to stdout.

First come, for each market, its listing and an image of how it stands when the sandbox begins; then the
changes of all markets in the order of time. The process runs ahead as far as the pipe holds, and ends when
nobody reads from it any more.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import chain, count
from typing import Final

import msgspec

from betflow.exchange.book import MarketBooks
from betflow.exchange.times import iso
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.live import image, live_definition
from betflow.sandbox.feed.racecard import with_racecard
from betflow.sandbox.feed.schedule import FIRST_OFF, LONGEST_GAP, MINUTE, squeezed
from betflow.sandbox.generator.day import HOUR, Day, Programme
from betflow.sandbox.generator.publisher import Change
from betflow.sandbox.listings import HORSE_RACING, Listing, listing_of
from betflow.wire.catalogue import Competition
from betflow.wire.stream import MarketChange, MarketChangeMessage, MarketDefinition

OPEN_BEFORE: Final = 30 * MINUTE
"""How long the first day's markets are open when the sandbox begins, and those of others before an off."""

_DAY: Final = 24 * HOUR
_COMPETITIONS: Final = {
    "1": Competition(id="90000001", name="Sandbox Premier Division"),
    "2": Competition(id="90000002", name="Sandbox Open"),
}
"""By sport; racing has none."""

_encode = msgspec.json.encode
_decode_change = msgspec.json.Decoder(MarketChange, strict=False).decode

Line = tuple[int, bytes]
"""When something is published, and the line that says it."""


@dataclass(frozen=True, slots=True)
class Order:
    """
    What is to be made up.

    Attributes:
        programme: What there is, by seed and day.
        begins: When the sandbox starts, epoch milliseconds.
        first_off: How long after that the first event goes off, at least.
        longest_gap: The longest time between an off and the next; None for the day as it is.
        days: How many such days, each another, follow one another; None for one after the other without end.
    """

    programme: Programme
    begins: int
    first_off: int = FIRST_OFF
    longest_gap: int | None = LONGEST_GAP
    days: int | None = 1


def lines(order: Order) -> Iterator[bytes]:
    """Yield listings, images and changes as JSON lines, in the order of time."""
    days = _days(order)
    coming = next(days, None)
    heap: list[tuple[int, int, bytes, Iterator[Line]]] = []
    number = 0
    while heap or coming is not None:
        if coming is not None and (not heap or coming.shown_at <= heap[0][0]):
            for market in coming.markets():
                at, line = next(market)
                heappush(heap, (at, number, line, market))
                number += 1
            coming = next(days, None)
            continue
        _, own, line, market = heappop(heap)
        yield line
        following = next(market, None)
        if following is not None:
            heappush(heap, (following[0], own, following[1], market))


def _days(order: Order) -> Iterator["_Day"]:
    """Yield one day after the other; each is shown before the last event of the one before goes off."""
    shown_at, first = order.begins, order.begins + order.first_off
    for number in count() if order.days is None else range(order.days):
        programme = replace(
            order.programme, day=order.programme.day + number * _DAY, dated=first // _DAY * _DAY
        )
        events = Day(programme).events
        offs = squeezed([event.begins for event in events], first, order.longest_gap)
        yield _Day(programme, shown_at, shown_at - OPEN_BEFORE if number == 0 else shown_at, offs)
        if order.longest_gap is None:
            first = min(offs) + _DAY
        else:  # a day has its time, also if all its events are at once
            first = max(max(offs) + order.longest_gap, min(offs) + OPEN_BEFORE)
        shown_at = max(shown_at, first - OPEN_BEFORE)


@dataclass(frozen=True, slots=True)
class _Day:
    """
    A day at its new time.

    Attributes:
        programme: What there is.
        shown_at: When its markets are first seen.
        opened_at: When they were opened.
        offs: When its events go off, in the day's own order.
    """

    programme: Programme
    shown_at: int
    opened_at: int
    offs: Sequence[int]

    def markets(self) -> Iterator[Iterator[Line]]:
        """Yield the lines of each market, those of the first event to go off first."""
        day = Day(self.programme)
        by_off = sorted(zip(day.events, self.offs, strict=True), key=lambda pair: (pair[1], pair[0].number))
        open_dates: dict[str, str] = {}
        for event, off in by_off:
            open_dates.setdefault(event.event_id, iso(off))
        for event, off in by_off:
            shift = off - event.begins
            moved = _Moved(shift, open_dates[event.event_id])
            for market in day.markets(replace(event, opens=self.opened_at - shift)):
                yield moved.lines(market.changes, self.shown_at)


@dataclass(frozen=True, slots=True)
class _Moved:
    """
    An event at its new time.

    Attributes:
        shift: By how many milliseconds.
        open_date: When it begins, or the first race of the meeting.
    """

    shift: int
    open_date: str

    def lines(self, changes: Iterator[Change], shown_at: int) -> Iterator[Line]:
        """Yield the listing of a market, how it stands at a moment, and what follows."""
        books = MarketBooks()
        defined: list[Change] = []
        after: list[Change] = []

        def until_then() -> Iterator[MarketChangeMessage]:
            for change in changes:
                at = change.publish_time + self.shift
                if at > shown_at:
                    after.append(change)
                    return
                if change.definition is not None:
                    defined.append(change)
                yield MarketChangeMessage(pt=at, mc=[_decode_change(self._body(change))])

        book = deque(books.fold(until_then()), maxlen=1).pop()
        listing = self._listing(defined[-1])
        yield shown_at, _encode(listing) + b"\n"
        yield shown_at, _encode(FeedChange(shown_at, image(book))) + b"\n"
        for change in chain(after, changes):
            at = change.publish_time + self.shift
            if change.definition is not None and len(change.definition["runners"]) > len(listing.runners):
                # A runner came in: it is listed before its prices are seen.
                listing = self._listing(change)
                yield at, _encode(listing) + b"\n"
            yield at, b"[%d,%b]\n" % (at, self._body(change))

    def _listing(self, change: Change) -> Listing:
        """List a market by a change that has its definition."""
        names = msgspec.convert(change.definition, MarketDefinition, strict=False)
        definition = live_definition(names, self.shift, open_date=self.open_date)
        listing = listing_of(change.market_id, definition, names=names)
        if listing.event_type.id == HORSE_RACING:
            return with_racecard(listing)
        competition = _COMPETITIONS.get(listing.event_type.id or "")
        return msgspec.structs.replace(listing, competition=competition)

    def _body(self, change: Change) -> bytes:
        definition = ""
        if change.definition is not None:
            now = live_definition(
                msgspec.convert(change.definition, MarketDefinition, strict=False),
                self.shift,
                open_date=self.open_date,
            )
            definition = f',"marketDefinition":{_encode(now).decode()}'
        runners = f',"rc":[{change.runners}]' if change.runners else ""
        total = f',"tv":{change.total}' if change.total else ""
        return f'{{"id":"{change.market_id}"{definition}{runners}{total}}}'.encode()


def main(argument: bytes, write: Callable[[bytes], object]) -> None:
    """Carry an order out, given as JSON."""
    order = msgspec.json.decode(argument, type=Order)
    for line in lines(order):
        write(line)


if __name__ == "__main__":
    try:
        main(sys.stdin.buffer.read(), sys.stdout.buffer.write)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)  # nobody reads any more; a flush at the end would only fail again
