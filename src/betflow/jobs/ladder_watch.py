"""``betflow ladder --watch``: a market's prices as they change, until it is enough."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from betflow.betfair.reading import ReadingGateway
from betflow.betfair.stream.client import ExchangeStream
from betflow.betfair.stream.happenings import Disconnected, Happening, Reconnecting, StatusChanged
from betflow.errors import UsageError
from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.observed import ObservedMarket, of_answers, of_book, with_names
from betflow.exchange.snapshot import RunnerSnapshot
from betflow.jobs.connecting import exchange_clock, open_connection, open_stream
from betflow.jobs.durations import duration_s
from betflow.jobs.ladder import LadderRequest, chosen, ladder_data
from betflow.jobs.observing import ask_name, check_market
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.wire import book as answers
from betflow.wire.catalogue import MarketCatalogue
from betflow.wire.enums import MarketDataField, RunnerStatus
from betflow.wire.stream import MarketChangeMessage, MarketDataFilter, MarketFilter, MarketSubscription

FIELDS: Final = (
    MarketDataField.EX_ALL_OFFERS,
    MarketDataField.EX_TRADED,
    MarketDataField.EX_TRADED_VOL,
    MarketDataField.EX_LTP,
    MarketDataField.EX_MARKET_DEF,
)
_LONGEST = "7d"


class Ended(StrEnum):
    """Why a watch is over."""

    TIME = "time"
    INTERRUPTED = "interrupted"
    CLOSED = "closed"


class Watcher(Protocol):
    """Who is shown what happens, as it does."""

    def changed(self, market: ObservedMarket, runners: Sequence[RunnerSnapshot]) -> None:
        """Take a market as it stands after a change, and those of the watched runners that changed."""

    def told(self, text: str) -> None:
        """Take what happens on the line."""


class NobodyWatches:
    """Shows nothing."""

    def changed(self, market: ObservedMarket, runners: Sequence[RunnerSnapshot]) -> None:
        """Ignore it."""

    def told(self, text: str) -> None:
        """Ignore it."""


@dataclass(slots=True)
class _Watch:
    """What was seen so far."""

    catalogue: MarketCatalogue
    runner: str | None
    watcher: Watcher
    market: ObservedMarket
    changes: int = 0
    interruptions: int = 0
    is_closed: bool = False

    def take(self, book: MarketBook) -> None:
        """Take a change of the market."""
        changed = {(each.selection_id, each.handicap) for each in book.changed_runners}
        is_redefined = book.change is not None and book.change.market_definition is not None
        self.market = with_names(of_book(book), self.catalogue)
        self.changes += 1
        self.is_closed = book.is_closed
        watched = chosen(self.market, self.runner)
        runners = [each for each in watched if (each.selection_id, each.handicap) in changed]
        if runners or is_redefined:
            self.watcher.changed(self.market, runners)

    def hear(self, happening: Happening) -> None:
        """Take whatever else happens on the stream."""
        match happening:
            case Disconnected(reason=reason):
                self.interruptions += 1
                self.watcher.told(f"The connection is gone: {reason}.")
            case Reconnecting(attempt=attempt, seconds=seconds):
                self.watcher.told(f"Attempt {attempt} to connect again in {seconds:.1f} s.")
            case StatusChanged(status=status):
                now = "may be late from here on" if status else "is sound again"
                self.watcher.told(f"Betfair's data {now}.")


def watch(request: LadderRequest, seconds: str | None, context: RunContext, watcher: Watcher) -> Outcome:
    """
    Show a market as it changes, until it is closed, the time is over, or somebody interrupts.

    Args:
        request: Which ladders; of a market of Betfair's.
        seconds: How long, as typed; None for as long as it takes.
        context: Of the run.
        watcher: Is shown each change.

    Raises:
        UsageError: what is asked for cannot be, or several runners have such a name.
        NotFoundError: there is no such market or runner.
        GatewayError: Betfair does not answer, or refuses.
    """
    longest_s = None if seconds is None else duration_s(seconds, "--for", most=_LONGEST)
    if not request.market.is_live:
        raise UsageError("A tape does not change.", advice="Leave out --at, or --watch.")
    check_market(request.market)
    started = context.clock()
    with open_connection(context.settings, clock=context.clock) as connection:
        catalogue = ask_name(ReadingGateway(connection), request.market.market)
        clock = exchange_clock(context.settings, connection, context.clock)
        nothing_yet = _without_prices(catalogue, clock())
        chosen(nothing_yet, request.runner)
        seen = _Watch(catalogue, request.runner, watcher, nothing_yet)
        stream = open_stream(context.settings, connection, [_subscription(request.market.market)])
        ended = _follow(stream, seen, longest_s)
    watched = {
        "ended": str(ended),
        "seconds": (context.clock() - started) / 1000,
        "changes": seen.changes,
        "interruptions": seen.interruptions,
    }
    data = ladder_data(seen.market, request.runner, request.depth)
    return Outcome({"is_live": True, **data, "watched": watched}, tuple(connection.findings))


def _follow(stream: ExchangeStream, seen: _Watch, longest_s: float | None) -> Ended:
    """Go along with the stream to its end."""
    books, is_over = MarketBooks(), threading.Event()

    def stop() -> None:
        is_over.set()
        stream.stop()

    timer = threading.Timer(longest_s, stop) if longest_s is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        for happening in stream:
            if is_over.is_set():
                break  # that the connection is gone is our own doing
            if not isinstance(happening, MarketChangeMessage):
                seen.hear(happening)
                continue
            for book in books.fold((happening,)):
                seen.take(book)
            if seen.is_closed:
                return Ended.CLOSED
    except (KeyboardInterrupt, BrokenPipeError):  # by whoever watches, or because they went away
        return Ended.INTERRUPTED
    finally:
        if timer is not None:
            timer.cancel()
    return Ended.TIME


def _without_prices(catalogue: MarketCatalogue, moment: int) -> ObservedMarket:
    """Return a market as the catalogue has it: with its runners, and nothing on offer."""
    runners = tuple(
        answers.Runner(selection_id=each.selection_id, handicap=each.handicap, status=RunnerStatus.ACTIVE)
        for each in catalogue.runners or ()
    )
    book = answers.MarketBook(market_id=catalogue.market_id, is_market_data_delayed=False, runners=runners)
    return of_answers(catalogue, book, moment)


def _subscription(market_id: str) -> MarketSubscription:
    return MarketSubscription(
        id=0,
        market_filter=MarketFilter(market_ids=(market_id,)),
        market_data_filter=MarketDataFilter(fields=FIELDS),
        segmentation_enabled=True,
    )
