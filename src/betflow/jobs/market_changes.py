"""The changes of one market of a tape, in order, with progress."""

from collections.abc import Callable, Iterator

from betflow.errors import DamagedError
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


def fold_market(source: MarketSource, apply: Callable[[MarketChange, int], None], progress: Progress) -> None:
    """
    Hand each change of the market to *apply*, with its publish time.

    Raises:
        DamagedError: what *apply* raised, with the place in the tape.
    """
    for change, publish_time in market_changes(source, progress):
        try:
            apply(change, publish_time)
        except DamagedError as error:
            position = source.tape.position
            place = f"{source.tape.label}, line {position.line:,}, byte {position.offset:,}"
            raise DamagedError(f"{place}: {error.message}", advice=error.advice) from error
