"""The changes of one market of a tape, in order, with progress."""

from collections.abc import Iterator

from betflow.jobs.runs import Progress
from betflow.jobs.sources import MarketSource
from betflow.wire.stream import MarketChange

_REPORTED_EVERY = 1_000


def market_changes(source: MarketSource, progress: Progress) -> Iterator[tuple[MarketChange, int]]:
    """Yield each change of the market, as the tape's books apply it, with its publish time."""
    progress.start(f"Reading {source.market_id}", total=None, unit="changes")
    for seen, book in enumerate(source.tape, start=1):
        if seen % _REPORTED_EVERY == 0:
            progress.advance(_REPORTED_EVERY)
        if book.market_id == source.market_id and book.change is not None:
            yield book.change, book.publish_time
    progress.stop()
