"""Who is told of the markets: everybody at once, and a while later those whose app key is a delayed one."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.sandbox.exchange.overlay import Difference, Overlay
from betflow.wire.stream import MarketChange, MarketChangeMessage


class Publisher:
    """
    Publishes the markets.

    Args:
        fed: The books as the feed has them.

    Attributes:
        books: As published, by market id, with the accounts' bets in them.
        delayed_books: The same as a delayed app key sees them.
        on_market: Are told of every change right after it was folded.
        on_delayed_market: Are told the same of the delayed books.
    """

    def __init__(self, fed: dict[str, MarketBook]) -> None:
        self.on_market: list[Callable[[MarketBook], None]] = []
        self.on_delayed_market: list[Callable[[MarketBook], None]] = []
        self._overlay = Overlay(fed)
        self._delayed = MarketBooks()
        self._waiting: deque[MarketChangeMessage] = deque()
        self.books = self._overlay.books
        self.delayed_books: Mapping[str, MarketBook] = MappingProxyType(self._delayed.books)

    def publish(self, book: MarketBook) -> None:
        """Tell of a book's latest change, as it is."""
        if book.change is not None:
            self._waiting.append(MarketChangeMessage(pt=book.publish_time, mc=[book.change]))
        for listener in self.on_market:
            listener(book)

    def publish_with_bets(
        self,
        market_id: str,
        differences: Iterable[Difference] | None,
        at: int,
        change: MarketChange | None = None,
    ) -> None:
        """
        Tell of a market with the accounts' bets in it, if there is anything new.

        Args:
            market_id: The market.
            differences: Which the bets make to the feed's book; None if nothing happened to them.
            at: The moment, epoch milliseconds.
            change: What the feed published at that moment; None where only bets changed.
        """
        book = self._overlay.lay(market_id, differences, at, change)
        if book is not None:
            self.publish(book)

    def catch_up(self, moment: int) -> None:
        """Publish to those who see it later what was published up to a moment."""
        for book in self._delayed.fold(self._up_to(moment)):
            for listener in self.on_delayed_market:
                listener(book)

    def _up_to(self, moment: int) -> Iterator[MarketChangeMessage]:
        while self._waiting and self._waiting[0].pt <= moment:
            yield self._waiting.popleft()
