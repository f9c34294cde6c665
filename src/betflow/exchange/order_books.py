"""
The account's own orders, as a fold of the order stream's changes.

`OrderBooks` holds what is known of all markets, an `OrderBook` of one, a `RunnerOrders` of one runner. They
are live views: the next message alters them in place. Orders themselves are frozen, and always complete.

Source of the rules: "Exchange Stream API" (order stream), and its published interface definition.
"""

from betflow.wire.enums import ChangeType, SegmentType, StreamOrderStatus
from betflow.wire.stream import Order, OrderChangeMessage, OrderMarketChange, OrderRunnerChange, PriceSizes


class Matches:
    """
    What is matched, both ways.

    Attributes:
        backs: Size by price.
        lays: Size by price.
    """

    __slots__ = ("backs", "lays")

    def __init__(self) -> None:
        self.backs: dict[float, float] = {}
        self.lays: dict[float, float] = {}

    def __repr__(self) -> str:
        return f"<Matches backs {self.backs} lays {self.lays}>"

    def fold(self, backs: PriceSizes | None, lays: PriceSizes | None) -> None:
        """Apply changes of both ladders."""
        _fold_sizes(self.backs, backs)
        _fold_sizes(self.lays, lays)


def _fold_sizes(sizes: dict[float, float], changes: PriceSizes | None) -> None:
    if changes is None:
        return
    if not changes:
        sizes.clear()
    for price, size in changes:
        if size:
            sizes[price] = size
        else:
            sizes.pop(price, None)


class RunnerOrders:
    """
    The account's orders on one runner.

    Attributes:
        selection_id: Betfair's number of the selection.
        handicap: The line in a handicap market, else 0.0.
        orders: The orders by bet id, in the order in which they were heard of. A completed order stays until
            an image comes, which has executable orders only.
        matched: All that is matched, also before the subscription; empty where the subscription leaves out
            the overall position.
        matched_of_strategy: The same by the customer's strategy reference, ``""`` for orders without one,
            where the subscription partitions it.
    """

    __slots__ = ("handicap", "matched", "matched_of_strategy", "orders", "selection_id")

    def __init__(self, selection_id: int, handicap: float) -> None:
        self.selection_id = selection_id
        self.handicap = handicap
        self.orders: dict[str, Order] = {}
        self.matched = Matches()
        self.matched_of_strategy: dict[str, Matches] = {}

    def __repr__(self) -> str:
        return f"<RunnerOrders {self.selection_id}/{self.handicap:g}, {len(self.orders)} orders>"

    @property
    def executable(self) -> list[Order]:
        """The orders of which something is unmatched."""
        return [order for order in self.orders.values() if is_executable(order)]

    def fold(self, change: OrderRunnerChange) -> None:
        """Apply a change of this runner."""
        if change.full_image:
            self._clear()
        for order in change.uo or ():
            self.orders[order.id] = order
        self.matched.fold(change.mb, change.ml)
        for reference, matches in (change.smc or {}).items():
            strategy = self.matched_of_strategy.get(reference)
            if strategy is None:
                strategy = self.matched_of_strategy[reference] = Matches()
            strategy.fold(matches.mb, matches.ml)

    def _clear(self) -> None:
        self.orders = {}
        self.matched = Matches()
        self.matched_of_strategy = {}


def is_executable(order: Order) -> bool:
    """Return whether something of an order is unmatched."""
    return order.status == StreamOrderStatus.EXECUTABLE


class OrderBook:
    """
    The account's orders in one market.

    Attributes:
        market_id: Betfair's id, ``1.<digits>``.
        account_id: Whose orders, where Betfair says so.
        closed: Whether Betfair said that the market is closed.
        runners: By selection id and handicap; only runners that were heard of.
        publish_time: When Betfair published the latest change, epoch milliseconds.
        change: The latest change, as it came.
    """

    __slots__ = ("account_id", "change", "closed", "market_id", "publish_time", "runners")

    def __init__(self, market_id: str) -> None:
        self.market_id = market_id
        self.account_id: int | None = None
        self.closed = False
        self.runners: dict[tuple[int, float], RunnerOrders] = {}
        self.publish_time = 0
        self.change: OrderMarketChange | None = None

    def __repr__(self) -> str:
        return f"<OrderBook {self.market_id} at {self.publish_time}, {len(self.orders)} orders>"

    @property
    def orders(self) -> dict[str, Order]:
        """All orders of the market, by bet id."""
        return {bet_id: order for runner in self.runners.values() for bet_id, order in runner.orders.items()}

    def runner(self, selection_id: int, handicap: float = 0.0) -> RunnerOrders | None:
        """Return the orders on a runner, None where nothing was heard of it."""
        return self.runners.get((selection_id, handicap))

    def fold(self, change: OrderMarketChange, publish_time: int) -> None:
        """Apply a change of this market."""
        self.change = change
        self.publish_time = publish_time
        if change.full_image:
            self.runners = {}
        if change.closed is not None:
            self.closed = change.closed
        if change.account_id is not None:
            self.account_id = change.account_id
        for runner_change in change.orc or ():
            key = (runner_change.id, runner_change.hc or 0.0)
            runner = self.runners.get(key)
            if runner is None:
                runner = self.runners[key] = RunnerOrders(*key)
            runner.fold(runner_change)


class OrderBooks:
    """
    The orders of everything that an order subscription covers.

    Attributes:
        books: The orders of each market, by market id.
        unaccounted: Orders that were executable when last heard of and that a later image does not have:
            they ended meanwhile, and how, only a look at the current or cleared orders can tell. By bet id;
            an order that is heard of again is accounted for.
        status: The latest message's status: 503 while data may be late or incomplete, else None.
    """

    __slots__ = ("_awaited", "books", "status", "unaccounted")

    def __init__(self) -> None:
        self.books: dict[str, OrderBook] = {}
        self.unaccounted: dict[str, Order] = {}
        self.status: int | None = None
        # While an image is being received: the orders that were executable before it.
        self._awaited: dict[str, Order] | None = None

    def apply(self, message: OrderChangeMessage) -> list[OrderBook]:
        """
        Fold one message; return the book of each of its market changes.

        An image of the subscription (`SUB_IMAGE`, in one message or in segments, also in mid-stream) replaces
        everything: books that it does not bring are gone. An image of a market or of a runner replaces what
        was known of that.
        """
        self.status = message.status
        is_image = message.ct == ChangeType.SUB_IMAGE
        if is_image and message.segment_type in (None, SegmentType.SEG_START):
            self._awaited = (self._awaited or {}) | self._executable()
            self.books = {}
        changed = [self._fold(change, message.pt) for change in message.oc or ()]
        if is_image and message.segment_type in (None, SegmentType.SEG_END):
            self.unaccounted |= self._awaited or {}
            self._awaited = None
        return changed

    def _fold(self, change: OrderMarketChange, publish_time: int) -> OrderBook:
        book = self.books.get(change.id)
        if book is None:
            book = self.books[change.id] = OrderBook(change.id)
        if change.full_image or any(each.full_image for each in change.orc or ()):
            replaced = book.orders
            book.fold(change, publish_time)
            still = book.orders
            self.unaccounted |= {
                bet_id: order
                for bet_id, order in replaced.items()
                if is_executable(order) and bet_id not in still
            }
        else:
            book.fold(change, publish_time)
        for runner_change in change.orc or ():
            for order in runner_change.uo or ():
                self.unaccounted.pop(order.id, None)
                if self._awaited is not None:
                    self._awaited.pop(order.id, None)
        return book

    def _executable(self) -> dict[str, Order]:
        return {
            bet_id: order
            for book in self.books.values()
            for bet_id, order in book.orders.items()
            if is_executable(order)
        }
