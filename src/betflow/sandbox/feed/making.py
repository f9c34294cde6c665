"""
The process that makes a day up: ``python -m betflow.sandbox.feed.making ORDER``, JSON lines to stdout.

First come, for each market, its listing and an image of how it stands when the sandbox begins; then the
changes of all markets in the order of time. The process runs ahead as far as the pipe holds, and ends when
nobody reads from it any more.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import Final

import msgspec

from betflow.exchange.book import MarketBooks
from betflow.exchange.times import iso
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.live import image, live_definition
from betflow.sandbox.feed.racecard import with_racecard
from betflow.sandbox.feed.schedule import FIRST_OFF, LONGEST_GAP, MINUTE, squeezed
from betflow.sandbox.generator.day import Day, Event, Programme
from betflow.sandbox.generator.publisher import Change
from betflow.sandbox.listings import HORSE_RACING, Listing, listing_of
from betflow.wire.catalogue import Competition
from betflow.wire.stream import MarketChange, MarketChangeMessage, MarketDefinition

OPEN_BEFORE: Final = 30 * MINUTE
"""How long before the sandbox begins its markets were opened."""

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
    """

    programme: Programme
    begins: int
    first_off: int = FIRST_OFF
    longest_gap: int | None = LONGEST_GAP


def lines(order: Order) -> Iterator[bytes]:
    """Yield listings, images and changes as JSON lines."""
    day = Day(order.programme)
    offs = squeezed([event.begins for event in day.events], order.begins + order.first_off, order.longest_gap)
    open_dates: dict[str, int] = {}
    for event, off in zip(day.events, offs, strict=True):
        open_dates[event.event_id] = min(off, open_dates.get(event.event_id, off))
    following: list[Iterator[Line]] = []
    for event, off in sorted(zip(day.events, offs, strict=True), key=lambda pair: (pair[1], pair[0].number)):
        shift = off - event.begins
        for market in day.markets(_opened(event, order.begins - shift)):
            moved = _Moved(shift, iso(open_dates[event.event_id]))
            listing, stands, rest = moved.split(market.changes, order.begins)
            yield _encode(listing) + b"\n"
            yield _encode(FeedChange(order.begins, stands)) + b"\n"
            following.append(rest)
    for _, line in merge(*following, key=itemgetter(0)):
        yield line


def _opened(event: Event, begins: int) -> Event:
    """Let an event's markets open shortly before the sandbox begins: nobody saw what was before."""
    return replace(event, opens=begins - OPEN_BEFORE)


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

    def split(self, changes: Iterator[Change], begins: int) -> tuple[Listing, MarketChange, Iterator[Line]]:
        """Return the listing of a market, how it stands at a moment, and the lines of what follows."""
        books = MarketBooks()
        defined: list[Change] = []
        after: list[Change] = []

        def until_then() -> Iterator[MarketChangeMessage]:
            for change in changes:
                at = change.publish_time + self.shift
                if at > begins:
                    after.append(change)
                    return
                if change.definition is not None:
                    defined.append(change)
                yield MarketChangeMessage(pt=at, mc=[_decode_change(self._body(change))])

        book = deque(books.fold(until_then()), maxlen=1).pop()
        listing = self._listing(defined[-1])
        return listing, image(book), self._lines(chain(after, changes), listing)

    def _lines(self, changes: Iterable[Change], listing: Listing) -> Iterator[Line]:
        """Yield the lines of changes; a runner that comes in is listed before."""
        for change in changes:
            at = change.publish_time + self.shift
            if change.definition is not None and len(change.definition["runners"]) > len(listing.runners):
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


def main(argument: str, write: Callable[[bytes], object]) -> None:
    """Carry an order out, given as JSON."""
    order = msgspec.json.decode(argument, type=Order)
    for line in lines(order):
        write(line)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.stdout.buffer.write)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)  # nobody reads any more; a flush at the end would only fail again
