"""``betflow tape book``: a market's book as it stood at a moment."""

from dataclasses import dataclass
from itertools import takewhile

from betflow.errors import UsageError
from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.snapshot import snapshot
from betflow.exchange.times import iso, parse_moment
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import MarketSource, open_market
from betflow.wire.stream import MarketDefinition


@dataclass(frozen=True, slots=True)
class BookRequest:
    """
    Which book.

    Attributes:
        market_or_file: The id of an archived market, or a path.
        at: A moment as typed: epoch milliseconds or ISO 8601.
        depth: How many prices of each ladder; None for all.
        market_id: Which market of a file that holds several.
    """

    market_or_file: str
    at: str
    depth: int | None = None
    market_id: str | None = None


def book(request: BookRequest, context: RunContext) -> Outcome:
    """
    Return the book after the last message published at or before the moment.

    Raises:
        UsageError: the moment is none, or the tape begins later.
        NotFoundError: there is no such file or market.
    """
    moment = parse_moment(request.at)
    source = open_market(request.market_or_file, context.data_dir, request.market_id)
    found = _book_at(source, moment)
    definition = found.definition or MarketDefinition()
    data = {
        "at": moment,
        "at_iso": iso(moment),
        "name": definition.name,
        "event_name": definition.event_name,
        "venue": definition.venue,
        "market_time": definition.market_time,
        **snapshot(found, request.depth).to_dict(),
    }
    return Outcome(data, findings=tuple(source.tape.findings), inputs=(artifact_of(source.tape.path),))


def _book_at(source: MarketSource, moment: int) -> MarketBook:
    """Fold the tape up to the first message that was published later."""
    books = MarketBooks()
    until = takewhile(lambda message: message.pt <= moment, source.tape.messages())
    for _ in books.fold(until):
        pass
    if source.market_id not in books.books:
        raise UsageError(
            f"There is no book of {source.market_id} at {iso(moment)}: {_first_time(source)}.",
            advice="Choose a later moment with --at.",
        )
    return books.books[source.market_id]


def _first_time(source: MarketSource) -> str:
    for message in source.tape.messages():
        if any(change.id == source.market_id for change in message.mc or ()):
            return f"the tape begins with it at {iso(message.pt)} ({message.pt})"
    return "nothing of it on the tape can be read"
