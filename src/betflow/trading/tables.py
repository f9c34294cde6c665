"""Who plays where: a table for each market, and a seat at it for each strategy that accepted it."""

from dataclasses import dataclass

from betflow.exchange.book import MarketBook
from betflow.exchange.matching.orders import OrderEvent
from betflow.trading.market import Market
from betflow.trading.played import Evidence, Placement, PlayedMarket
from betflow.trading.sources import Position, Reel
from betflow.trading.strategy import Strategy
from betflow.wire.betting import OrderRequest


class Seat:
    """
    A strategy in a market.

    Attributes:
        strategy: Which.
        market: What it sees.
        table: Where.
        is_retired: Whether it raised, and does not play any more.
    """

    __slots__ = ("is_retired", "market", "on_book", "strategy", "table")

    def __init__(self, strategy: Strategy, market: Market, table: "Table") -> None:
        self.strategy = strategy
        self.market = market
        self.table = table
        self.on_book = strategy.on_book
        self.is_retired = False


class Table:
    """
    A market that is played.

    Attributes:
        reel: Where its messages come from.
        book: Its book.
        played: What is left of it in the end.
        seats: The strategies that accepted it; none where it is not played after all.
        sent: All orders that were sent to the exchange, of all seats, in order.
        watching: Those of them that want to see every change.
        is_followed: Whether anything was ever asked for here. Until then, prices do not concern the exchange.
        pending: How much will act here between messages: requests and alarms. While it is not 0, the
            position of each message is kept, for what acts then acts on the one before.
    """

    __slots__ = (
        "_change",
        "_position",
        "book",
        "is_followed",
        "pending",
        "played",
        "reel",
        "seats",
        "sent",
        "watching",
    )

    def __init__(self, reel: Reel, book: MarketBook) -> None:
        self.reel = reel
        self.book = book
        self.played = PlayedMarket(market_id=book.market_id)
        self.seats: list[Seat] = []
        self.sent: list[Placement] = []
        self.watching: tuple[Seat, ...] = ()
        self.is_followed = False
        self.pending = 0
        self._position: Position | None = None
        self._change: object = None  # the change whose position it is

    def keep_position(self) -> None:
        """Note where the message stands that the source gave last, which has just changed the book."""
        if self._change is not self.book.change:
            self._change = self.book.change
            self._position = self.reel.source.position

    @property
    def evidence(self) -> Evidence | None:
        """The latest message of the market; None where its position was not kept."""
        if self._position is None or self._change is not self.book.change:
            return None
        label, published = self.reel.source.label, self.book.publish_time
        return Evidence(label, self._position.offset, self._position.line, published)

    def watch(self) -> None:
        """Let the seats see each change whose strategy has something to say to it."""
        self.watching = tuple(
            seat
            for seat in self.seats
            if not seat.is_retired and type(seat.strategy).on_book is not Strategy.on_book
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """
    A request on its way to the exchange.

    Attributes:
        seat: Who asked.
        request: What for.
        placements: One for each instruction to place.
        changes: The bets that it cancels, replaces or updates.
        decided_at: When it was decided, epoch milliseconds.
        arrives_at: When it arrives, epoch milliseconds.
        evidence: The latest message of the market when it was decided.
    """

    seat: Seat
    request: OrderRequest
    placements: tuple[Placement, ...]
    changes: tuple[str, ...]
    decided_at: int
    arrives_at: int
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened: to which order, and whom to tell. No order where a whole request failed."""

    seat: Seat
    placement: Placement | None
    event: OrderEvent
