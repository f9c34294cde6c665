"""Markets of the sandbox to ask about: a small made-up day as the sandbox begins with it, or a tape."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from betflow.exchange.book import MarketBooks
from betflow.exchange.times import epoch_ms
from betflow.sandbox.feed import Feed
from betflow.sandbox.feed.generated import ANY_DAY, GeneratedFeed
from betflow.sandbox.feed.tapes import TapeFeed
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.market_data import Markets, Past
from betflow.wire.stream import MarketChangeMessage

BEGINS = epoch_ms("2026-11-02T12:00:30Z")
EVERYTHING = 10**10
"""A first off so late that no tape begins before the sandbox does."""


@cache
def small_day() -> Markets:
    """Return the markets of three horse races, a greyhound race, a football and a tennis match."""
    feed = GeneratedFeed(Programme(5, ANY_DAY, races=3, greyhounds=1, football=1, tennis=1), begins=BEGINS)
    try:
        (*_, markets) = moments(feed, BEGINS)
    finally:
        feed.close()
    return markets


def of_tapes(*paths: Path, first_off: int = EVERYTHING) -> Iterator[Markets]:
    """Yield the markets of tapes after every change."""
    feed = TapeFeed(paths, begins=BEGINS, first_off=first_off)
    try:
        yield from moments(feed, BEGINS + 10**12)
    finally:
        feed.close()


def moments(feed: Feed, until: int) -> Iterator[Markets]:
    """Yield the markets of a feed after every change; books are live."""
    books, past = MarketBooks(), Past()
    for at, change in feed.take(until):
        for book in books.apply(MarketChangeMessage(pt=at, mc=[change])):
            past.hear(book)
        yield Markets(books.books, feed.listing, at, past=past)


def ids(answers: Sequence[object]) -> list[str]:
    """Return the market ids of answers that have one."""
    return [each.market_id for each in answers]  # type: ignore[attr-defined]  # answers of listMarket...
