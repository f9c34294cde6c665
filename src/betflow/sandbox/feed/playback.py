"""One tape while it is replayed: its messages become the changes of the markets that are played from it."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from betflow.exchange.book import MarketBooks
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.live import image, live_definition
from betflow.sandbox.feed.track import Track
from betflow.tape import Tape
from betflow.wire.stream import MarketChange, MarketChangeMessage, MarketDefinition


class Playback:
    """
    A tape that is replayed.

    Args:
        tape: The tape.
        begins: When the sandbox starts: what comes before is how the markets stand by then.
        shift: By how many milliseconds its times are moved.
        open_dates: By event, when it begins, moved.
        is_played: Says whether a market is played from this tape.
        on_listed: Called with each market before its first change, and when a runner comes in: id, definition
            as the live stream has it, and as the tape has it.
    """

    def __init__(
        self,
        tape: Tape,
        *,
        begins: int,
        shift: int,
        open_dates: Mapping[str, str],
        is_played: Callable[[str], bool],
        on_listed: Callable[[str, MarketDefinition, MarketDefinition], object],
    ) -> None:
        self._tape = tape
        self._begins = begins
        self._shift = shift
        self._open_dates = open_dates
        self._is_played = is_played
        self._on_listed = on_listed
        self._runners: dict[str, int] = {}
        self._tracks: dict[str, Track] = {}
        self._unshown = MarketBooks()

    def changes(self) -> Iterator[FeedChange]:
        """Yield the changes, in the order of time."""
        now = self._begins
        messages, after = self._fast_forward()
        if not after:  # it ends before anything would be seen of it, so it is played from its beginning
            self._move_to_its_beginning()
            messages, after = self._fast_forward()
        for market_id in list(self._unshown.books):
            yield from self._show(market_id, now)
        for message in chain(after, messages):
            now = max(now, message.pt + self._shift)
            for change in message.mc or ():
                track = self._tracks.get(change.id)
                if track is None:
                    yield from self._unknown(change, now)
                elif (live := track.change(change, now)) is not None:
                    self._list(live, change)
                    yield FeedChange(now, live)

    def _fast_forward(self) -> tuple[Iterator[MarketChangeMessage], list[MarketChangeMessage]]:
        """Go to where the sandbox begins; return what is left, and the first message of that apart."""
        messages = self._tape.messages()
        after: list[MarketChangeMessage] = []

        def until_then() -> Iterator[MarketChangeMessage]:
            for message in messages:
                if message.pt + self._shift > self._begins:
                    after.append(message)
                    return
                yield message

        for _ in self._unshown.fold(until_then()):
            pass
        return messages, after

    def _move_to_its_beginning(self) -> None:
        first = next(self._tape.messages(), None)
        if first is not None:
            self._shift = (self._begins - first.pt) // 1_000 * 1_000
            self._open_dates = {}
            self._unshown = MarketBooks()

    def _unknown(self, change: MarketChange, now: int) -> Iterator[FeedChange]:
        """Show the market of a change that was not shown yet, if it is played from this tape."""
        if self._is_played(change.id):
            self._unshown.book(change.id).apply(change, now)
            yield from self._show(change.id, now)

    def _show(self, market_id: str, now: int) -> Iterator[FeedChange]:
        """Show a market for the first time; one whose definition is not known yet waits for it."""
        book = self._unshown.books[market_id]
        if book.definition is None or not self._is_played(market_id):
            return
        del self._unshown.books[market_id]
        open_date = self._open_dates.get(book.definition.event_id or "")
        definition = live_definition(book.definition, self._shift, open_date=open_date)
        self._on_listed(market_id, definition, book.definition)
        self._runners[market_id] = len(definition.runners or ())
        self._tracks[market_id] = Track(book, self._shift, open_date)
        yield FeedChange(now, image(book, definition))

    def _list(self, live: MarketChange, recorded: MarketChange) -> None:
        """List a market again when a runner came in."""
        definition = live.market_definition
        if definition is None or recorded.market_definition is None:
            return
        runners = len(definition.runners or ())
        if runners > self._runners[live.id]:
            self._runners[live.id] = runners
            self._on_listed(live.id, definition, recorded.market_definition)
