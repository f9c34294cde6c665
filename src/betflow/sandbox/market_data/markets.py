"""What there is to answer from: books and listings, and what belongs to whoever asks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from betflow.exchange.book import MarketBook
from betflow.exchange.times import epoch_ms
from betflow.exchange.volumes import hundredths
from betflow.sandbox.exchange.own_bets import AccountOrder
from betflow.sandbox.listings import Listing
from betflow.sandbox.market_data.past import Past
from betflow.wire.enums import MarketStatus
from betflow.wire.stream import MarketDefinition


class Market(NamedTuple):
    """A market: what it is, how it is defined at the moment, and its book."""

    listing: Listing
    definition: MarketDefinition
    book: MarketBook

    @property
    def starts_at(self) -> int:
        """The scheduled off as it is known now, epoch milliseconds; 0 where there is none."""
        try:
            return epoch_ms(self.definition.market_time or "")
        except ValueError:
            return 0

    @property
    def total_available(self) -> float:
        """All that is offered, on both sides of all runners; 0 once the market is closed."""
        if self.book.is_closed:
            return 0.0
        ladders = ((runner.back_ladder, runner.lay_ladder) for runner in self.book.runners)
        return sum(hundredths(size) for both in ladders for ladder in both for _, size in ladder) / 100


def _no_orders(_market_id: str) -> Sequence[AccountOrder]:
    return ()


@dataclass(frozen=True, slots=True)
class Markets:
    """
    All markets, as whoever asks may see them.

    Attributes:
        books: Their books; of a delayed app key the delayed ones.
        listing: Gives the listing of a market.
        now: The simulated time, epoch milliseconds.
        is_delayed: Whether the app key is a delayed one.
        past: What books forget.
        orders: Gives the orders on a market of whoever asks, also those that are complete.
    """

    books: Mapping[str, MarketBook]
    listing: Callable[[str], Listing | None]
    now: int
    is_delayed: bool = False
    past: Past = field(default_factory=Past)
    orders: Callable[[str], Sequence[AccountOrder]] = _no_orders

    def market(self, market_id: str) -> Market | None:
        """Return a market, None if there is none such (yet)."""
        book, listing = self.books.get(market_id), self.listing(market_id)
        if book is None or listing is None or book.definition is None:
            return None
        return Market(listing, book.definition, book)

    def published(self) -> Iterator[Market]:
        """Yield the markets that are not closed."""
        for market_id, book in self.books.items():
            if book.status != MarketStatus.CLOSED:
                market = self.market(market_id)
                if market is not None:
                    yield market
