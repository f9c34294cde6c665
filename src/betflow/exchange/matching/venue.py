"""
A simulated exchange: takes requests for orders and changes of market books, gives events.

Whoever hosts a `Venue` tells it the time. A request that is submitted acts when it reaches the exchange and,
in play, the market's bet delay is over: on the book as it stands then. So let everything act that is due
(`advance`) before a later message is folded, and show it each change after it was folded (`apply`)::

    for message in messages:
        if venue.due < message.pt:
            events = venue.advance(message.pt - 1)
        for book in books.apply(message):
            events = venue.apply(book)

The same calls give the same events: there is no clock, no randomness and no I/O in it.
"""

from collections.abc import Iterator
from decimal import Decimal
from math import inf

from betflow.exchange.assumptions import BETFLOW_1, Assumptions
from betflow.exchange.bets import RunnerKey
from betflow.exchange.book import MarketBook
from betflow.exchange.matching import reports
from betflow.exchange.matching.changing import Changing
from betflow.exchange.matching.floor import Account, Executed, Floor, VenueEvent
from betflow.exchange.matching.funds import Funds
from betflow.exchange.matching.market import MarketMatching
from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.matching.placing import Placing
from betflow.exchange.matching.refusals import (
    LONGEST_VERSION,
    MOST_CHANGED,
    MOST_PLACED,
    CustomerRefs,
    refusal_by_form,
    refusal_by_market,
)
from betflow.wire.betting import CancelOrders, OrderRequest, PlaceOrders, ReplaceOrders, UpdateOrders
from betflow.wire.enums import ExecutionReportErrorCode, Side
from betflow.wire.stream import MarketDefinition

__all__ = [
    "LONGEST_VERSION",
    "MOST_CHANGED",
    "MOST_PLACED",
    "Account",
    "Executed",
    "Venue",
    "VenueEvent",
]

Whole = ExecutionReportErrorCode


class Venue:
    """
    A simulated exchange with one account.

    Args:
        account: Whose orders they are.
        assumptions: What decides where Betfair's rules are not certain.
        first_bet_id: The number of the first bet.

    Attributes:
        account: Whose orders they are.
        assumptions: As given.
        orders: All orders that got a bet id, in the order in which they did.
        due: When the next request acts, epoch milliseconds; infinite while none waits.

    Raises:
        ConfigurationError: if the account's currency is none of Betfair's.
    """

    def __init__(
        self, *, account: Account | None = None, assumptions: Assumptions = BETFLOW_1, first_bet_id: int = 1
    ) -> None:
        self.account = account or Account()
        self.assumptions = assumptions
        self.due: float = inf
        self._floor = Floor(self.account, assumptions, first_bet_id)
        self.orders: dict[str, Order] = self._floor.orders
        self._funds = Funds(self.account.available, assumptions)
        self._placing = Placing(self._floor, self._funds)
        self._changing = Changing(self._floor, self._funds, self._placing)
        self._refs = CustomerRefs()
        self._tickets = 0

    def submit(self, request: OrderRequest, arrives: int) -> int:
        """
        Take a request that reaches the exchange at a moment.

        Args:
            request: To place, cancel, replace or update orders.
            arrives: Epoch milliseconds; the bet delay comes on top.

        Returns:
            The ticket that its `Executed` will have.
        """
        self._tickets += 1
        ticket = self._tickets
        agenda = self._floor.agenda
        agenda.schedule(arrives, request.market_id or "", lambda: self._arrive(ticket, request))
        self.due = agenda.next_at
        return ticket

    def advance(self, now: int) -> list[VenueEvent]:
        """Let everything act that is due at or before a moment, in its order, on the books as they stand."""
        floor = self._floor
        while floor.agenda.next_at <= now:
            due = floor.agenda.pop()
            floor.now = max(floor.now, due.at)
            due.act()
        self.due = floor.agenda.next_at
        return floor.collect()

    def apply(self, book: MarketBook, *, late: bool = False) -> list[VenueEvent]:
        """
        Follow a change of a market, after it was folded into the book.

        Args:
            book: The book; the same object for the same market each time, or its successor.
            late: Betfair says that data may be late or incomplete (status 503).
        """
        floor = self._floor
        market = floor.markets.get(book.market_id)
        if market is None:
            market = MarketMatching(book, floor.assumptions, floor.minimums)
            floor.markets[book.market_id] = market
        if book.publish_time > floor.now:  # noqa: PLR1730 - a call for every change
            floor.now = book.publish_time
        market.apply(book, floor.now, late=late)
        if market.auction_ends_at == book.publish_time + 1:
            self._expect_end_of_auction(market, market.auction_ends_at)
        if self.due != inf and not market.known.is_open:
            floor.agenda.lapse(book.market_id)
            self.due = floor.agenda.next_at
        if market.ours.events or floor.events:
            floor.take_events(market)
            return floor.collect()
        return []

    def _expect_end_of_auction(self, market: MarketMatching, at: int) -> None:
        def end() -> None:
            market.known.now = self._floor.now
            market.end_auction()
            self._floor.take_events(market)

        market.auction_ends_at = None
        self._floor.agenda.schedule(at, market.known.book.market_id, end)
        self.due = self._floor.agenda.next_at

    def note_loss(self, market_id: str) -> None:
        """Take note that changes of a market may be missing from now on, until an image of it comes."""
        market = self._floor.markets.get(market_id)
        if market is not None:
            market.note_loss()

    @property
    def exposure(self) -> Decimal:
        """The most that may be lost in the markets whose profit is not booked."""
        return self._funds.exposure(self._floor.markets)

    def book_profit(self, market_id: str, net_profit: Decimal | None) -> None:
        """
        Take note of what a market paid, from a host that settles and knows more than the definition says.

        Args:
            market_id: The market.
            net_profit: After commission; None when the market is unsettled again.
        """
        self._funds.book(market_id, net_profit)

    def market_orders(self, market_id: str) -> list[Order]:
        """Return all orders in a market, in the order in which they came."""
        market = self._floor.markets.get(market_id)
        return list(market.ours.all.values()) if market is not None else []

    def differences(self, market_id: str) -> Iterator[tuple[int, float, Side, float, int, int]]:
        """
        Yield how what is displayed would differ if our orders were seen, as expected.

        What rests is on top of what is displayed, and what we took of it is gone.

        Yields:
            Selection, handicap, who may take it, price, the pennies that rest, and those that were taken.
        """
        market = self._floor.markets.get(market_id)
        for name, matching in market.ours.watched.items() if market is not None else ():
            selection_id, handicap = name if isinstance(name, tuple) else (name, 0.0)
            for side in (matching.to_back, matching.to_lay):
                for price, level in side.levels.items():
                    rests = sum(each.order.remaining[Case.EXPECTED] for each in level.resting.values())
                    yield selection_id, handicap, side.takers, price, rests, level.taken[Case.EXPECTED]

    def removed_at(self, market_id: str) -> dict[RunnerKey, int]:
        """Return when runners of a market were seen to be removed, for `results.market_result`."""
        market = self._floor.markets.get(market_id)
        return dict(market.known.removed_at) if market is not None else {}

    def has_offers(self, market_id: str) -> bool:
        """Return whether a market has shown offers since the first order came; True where none did."""
        market = self._floor.markets.get(market_id)
        return market is None or not market.ours.all or market.known.has_offers

    def definition(self, market_id: str) -> MarketDefinition | None:
        """
        Return the latest definition of a market; None where none was seen.

        Removed runners have the reduction factor that an earlier definition had, where the latest has none.
        """
        market = self._floor.markets.get(market_id)
        return market.known.definition if market is not None else None

    def _arrive(self, ticket: int, request: OrderRequest) -> None:
        code = self._refusal(request)
        if code is not None:
            self._floor.answer(ticket, reports.refused(request, code))
            self._floor.tell_refused(request, code)
            return
        match request:
            case PlaceOrders():
                self._placing.place(ticket, request)
            case CancelOrders():
                self._changing.cancel(ticket, request)
            case ReplaceOrders():
                self._changing.replace(ticket, request)
            case UpdateOrders():
                self._changing.update(ticket, request)

    def _refusal(self, request: OrderRequest) -> Whole | None:
        """Return why a request is refused as a whole; None if it is not."""
        form = refusal_by_form(request)
        if form is not None:
            return form
        if request.customer_ref and self._refs.is_repeated(request.customer_ref, self._floor.now):
            return Whole.DUPLICATE_TRANSACTION
        if isinstance(request, CancelOrders) and request.market_id is None:
            return None
        market = self._floor.markets.get(request.market_id or "")
        return Whole.INVALID_MARKET_ID if market is None else refusal_by_market(request, market.known)
