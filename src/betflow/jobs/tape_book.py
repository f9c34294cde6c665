"""``betflow tape book``: a market's book as it stood at a moment."""

from dataclasses import dataclass
from itertools import islice

from betflow.errors import Finding, UsageError
from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.snapshot import snapshot
from betflow.exchange.times import iso, parse_moment
from betflow.jobs.market_changes import Noted, Oddities
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import MarketSource, open_market
from betflow.wire.enums import ChangeType
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
    Return the book after the last message published at or before the moment; see `book_at`.

    Raises:
        UsageError: the moment is none, or the tape has nothing of the market at or before it.
        NotFoundError: there is no such file or market.
        DamagedError: nothing of the market can be read.
    """
    moment = parse_moment(request.at)
    source = open_market(request.market_or_file, context.data_dir, request.market_id)
    found, findings = book_at(source, moment)
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
    return Outcome(data, findings=findings, inputs=(artifact_of(source.tape.path),))


def book_at(source: MarketSource, moment: int) -> tuple[MarketBook, tuple[Finding, ...]]:
    """
    Return the book after the last message published at or before the moment, and what is wrong with the tape.

    The last is the one that stands last in the tape. Where publish times never go backwards, nothing before
    it is later than the moment. Where they do, messages that were published later may stand before it; they
    are in the book, since each message changes what the ones before it left, and a finding says how many.

    Args:
        source: The tape, which is read twice, and the market.
        moment: Epoch milliseconds.

    Raises:
        UsageError: the tape has nothing of the market at or before the moment.
        DamagedError: nothing of the market can be read.
    """
    place = _place_of(source, moment)
    return _book_after(source, place.messages), place.findings


@dataclass(frozen=True, slots=True)
class _Place:
    """
    Where in a tape the last message at or before a moment stands.

    Attributes:
        messages: How many messages there are up to it, itself included.
        findings: What is damaged or odd in the whole tape: any of it may hide a message.
    """

    messages: int
    findings: tuple[Finding, ...]


def _place_of(source: MarketSource, moment: int) -> _Place:
    """Look through the tape for the last message at or before the moment that concerns the market."""
    oddities, later = Oddities(source.tape), Noted()
    last = later_before_last = 0
    first: int | None = None
    is_known = False
    for number, message in enumerate(source.tape.messages(), start=1):
        changes = [change for change in message.mc or () if change.id == source.market_id]
        for change in changes:
            oddities.look_at(change, message.pt)
        if message.pt <= moment and (changes or message.ct == ChangeType.SUB_IMAGE):
            last, later_before_last = number, later.count
            is_known = is_known or bool(changes)
        elif changes:
            later.note(source.tape)
        if changes:
            first = message.pt if first is None else min(first, message.pt)
    if first is None:
        raise source.nothing_read()
    if not is_known:
        raise UsageError(
            f"There is no book of {source.market_id} at {iso(moment)}: the tape begins with it at "
            f"{iso(first)} ({first}).",
            advice="Choose a later moment with --at.",
        )
    findings = [*source.findings(), *oddities.findings()]
    if later_before_last:
        findings.append(
            Noted(later_before_last, later.where).finding(
                "book.later-included",
                source.tape.label,
                (
                    f"message published after {iso(moment)} stands before the last one published by then",
                    f"messages published after {iso(moment)} stand before the last one published by then",
                ),
                "In this book, because changes count in the order of the tape.",
            )
        )
    return _Place(last, tuple(findings))


def _book_after(source: MarketSource, messages: int) -> MarketBook:
    books = MarketBooks()
    for _ in books.fold(islice(source.tape.messages(), messages)):
        pass
    return books.book(source.market_id)
