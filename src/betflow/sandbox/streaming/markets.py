"""The markets of the exchange for all market subscriptions: what changed, and which markets fit."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from betflow.exchange.book import MarketBook
from betflow.sandbox.streaming.channel import MARKETS, Channel, Entry
from betflow.sandbox.streaming.filters import fits
from betflow.sandbox.streaming.log import Log
from betflow.sandbox.streaming.market_view import MarketView
from betflow.sandbox.streaming.shapes import Shape
from betflow.wire.stream import MarketChange, MarketFilter


class Sight(NamedTuple):
    """What subscriptions of one shape have in common: how they see markets, and what changed there."""

    view: MarketView
    channel: Channel[MarketChange]


class MarketHub:
    """
    Hears of every change of every market, and hands it to whoever may have to send it.

    Args:
        books: The markets as they stand.
        now: The time of what they show, epoch milliseconds.
        keep: How many changes are kept in each channel.

    Attributes:
        position: How many changes there were.
        redefined: The markets whose definition changed, in order.
    """

    def __init__(self, books: Mapping[str, MarketBook], now: Callable[[], int], *, keep: int) -> None:
        self.books = books
        self._now = now
        self.position = 0
        self.redefined: Log[str] = Log(keep)
        self._keep = keep
        self._channels: dict[Shape, Sight] = {}

    @property
    def now(self) -> int:
        """The time of what the markets show, epoch milliseconds."""
        return self._now()

    def on_market(self, book: MarketBook) -> None:
        """Hear of a change that was just folded into a book."""
        self.position += 1
        change = book.change
        if change is not None and (change.market_definition is not None or change.img):
            self.redefined.append(book.market_id)
        for sight in self._channels.values():
            taken = sight.view.change(book)
            if taken is not None:
                sight.channel.add(self.position, book.publish_time, taken)

    def sight(self, shape: Shape) -> Sight:
        """Return what subscriptions of a shape have in common; it is there from the first of them on."""
        self._forget_unused()
        sight = self._channels.get(shape)
        if sight is None:
            view = MarketView(shape, self.books.values())
            channel = Channel(MARKETS, position=self.position, keep=self._keep)
            sight = self._channels[shape] = Sight(view, channel)
        return sight

    def _forget_unused(self) -> None:
        """Let go of channels that nobody reads any more and that nobody can come back to."""
        for shape, sight in list(self._channels.items()):
            if not sight.channel.readers and self.position - sight.channel.left_at > self._keep:
                del self._channels[shape]


class MarketScope:
    """
    The markets of one subscription: those that fit now, and those that come to fit later.

    A market stays once it is in; those that are closed do not count towards the limit. Markets that are
    closed already come in only where they are asked for by id.

    Args:
        hub: The markets.
        view: How the subscription sees them.
        wanted: Which it takes.
        limit: How many it may have.

    Attributes:
        is_full: Whether a market that fits was left out, since there were too many already.
    """

    def __init__(self, hub: MarketHub, view: MarketView, wanted: MarketFilter, *, limit: int) -> None:
        self._hub = hub
        self._view = view
        self._wanted = wanted
        self._limit = limit
        self._has: dict[str, int] = {}  # the position at which a market's image was sent
        self._looked = 0
        self.is_full = False

    def fitting(self) -> list[MarketBook]:
        """Return the markets that fit now."""
        return [book for book in self._hub.books.values() if self._fits(book)]

    def image(self) -> list[MarketChange]:  # noqa: D102 - `Scope`
        self._looked = self._hub.redefined.end
        books = {book.market_id: book for book in self.fitting()}
        books |= {each: self._hub.books[each] for each in self._has if each in self._hub.books}
        self._has = {}
        return self._images(list(books.values()))

    def covers(self, entry: Entry[MarketChange]) -> bool:  # noqa: D102 - `Scope`
        since = self._has.get(entry.market_id)
        return since is not None and since < entry.position

    def newcomers(self) -> list[MarketChange]:  # noqa: D102 - `Scope`
        redefined = self._hub.redefined
        if self._looked == redefined.end:
            return []
        looked, self._looked = self._looked, redefined.end
        if looked < redefined.begin:
            books = list(self._hub.books.values())
        else:
            books = [self._hub.books[each] for each in dict.fromkeys(redefined.since(looked))]
        return self._images([book for book in books if book.market_id not in self._has and self._fits(book)])

    def resumed(self, position: int) -> "MarketScope":  # noqa: D102 - `Scope`
        scope = MarketScope(self._hub, self._view, self._wanted, limit=self._limit)
        scope._has = {each: since for each, since in self._has.items() if since <= position}
        scope._looked = -1  # everything has to be looked at
        return scope

    def _images(self, books: list[MarketBook]) -> list[MarketChange]:
        if not books:
            return []
        room = self._limit - sum(not self._hub.books[each].is_closed for each in self._has)
        self.is_full = self.is_full or len(books) > room
        taken = books[:room]
        self._has |= dict.fromkeys((book.market_id for book in taken), self._hub.position)
        return [self._view.image(book) for book in taken]

    def _fits(self, book: MarketBook) -> bool:
        return fits(self._wanted, book.market_id, book.definition) and (
            bool(self._wanted.market_ids) or not book.is_closed
        )
