"""A simulated exchange that plays what a test tells it, and a client that folds its order stream."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from betflow.exchange.assumptions import BETFLOW_1, Assumptions
from betflow.exchange.book import MarketBook
from betflow.exchange.matching.floor import VenueEvent
from betflow.exchange.order_books import OrderBooks, is_executable
from betflow.exchange.times import iso
from betflow.sandbox.exchange.accounts import AccountTerms, SandboxAccount
from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.listings import Listing
from betflow.wire.account import GetAccountStatement, StatementItem
from betflow.wire.betting import ExecutionReport, OrderRequest
from betflow.wire.enums import BetStatus, ChangeType, OrderStatus
from betflow.wire.positions import (
    ClearedOrderSummary,
    ClearedOrderSummaryReport,
    CurrentOrderSummary,
    ListClearedOrders,
    ListCurrentOrders,
)
from betflow.wire.stream import OrderChangeMessage, OrderMarketChange
from changes import message
from scenes import SECOND, Scene

ACCOUNT = AccountTerms().name


class ScriptedFeed:
    """A feed whose changes are put in one by one."""

    def __init__(self, begins: int, listings: Sequence[Listing] = ()) -> None:
        self.begins = begins
        self.findings = ()
        self._changes: deque[FeedChange] = deque()
        self._listings = {listing.market_id: listing for listing in listings}

    def put(self, change: FeedChange) -> None:
        """Publish a change, at its time."""
        self._changes.append(change)

    def take(self, until: int) -> Iterator[FeedChange]:
        """Yield what is published up to a moment."""
        while self._changes and self._changes[0].at <= until:
            yield self._changes.popleft()

    def next_at(self) -> int | None:
        """Return when the next change is published."""
        return self._changes[0].at if self._changes else None

    def listing(self, market_id: str) -> Listing | None:
        """Return what a market is called."""
        return self._listings.get(market_id)

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


class ExchangeScene(Scene):
    """
    A `Scene` whose exchange is the sandbox's.

    Attributes:
        exchange: The exchange.
        account: Its account.
        streamed: What the order stream told of the account, in order.
        orders: A client's fold of that.
    """

    def __init__(
        self,
        *runner_changes: dict[str, Any],
        terms: AccountTerms | None = None,
        assumptions: Assumptions = BETFLOW_1,
        listings: Sequence[Listing] = (),
        follow: Callable[[MarketBook], None] | None = None,
        **definition: Any,  # noqa: ANN401 - whatever a definition may have
    ) -> None:
        self.feed = ScriptedFeed(SECOND, listings)
        self.exchange = Exchange(
            self.feed, accounts=(terms or AccountTerms(),), assumptions=assumptions, delay_ms=60 * SECOND
        )
        self.streamed: list[OrderMarketChange] = []
        self.orders = OrderBooks()
        self.exchange.on_orders.append(self._hear)
        if follow is not None:
            self.exchange.on_market.append(follow)
        self._reports: list[ExecutionReport] = []
        super().__init__(*runner_changes, assumptions=assumptions, **definition)
        self.venue = self.account.venue

    @property
    def account(self) -> SandboxAccount:
        """The only account."""
        return self.exchange.accounts[ACCOUNT]

    def fold(self, change: dict[str, Any], *, at: int | None = None, **fields: Any) -> list[VenueEvent]:  # noqa: ANN401 - fields of a message
        """Publish a market change given as JSON; tells no events."""
        self.now = self.now + 1 if at is None else at
        for each in message(change, pt=self.now, **fields).mc or ():
            self.feed.put(FeedChange(self.now, each))
        self.exchange.advance(self.now)
        return []

    def wait(self, milliseconds: int) -> list[VenueEvent]:
        """Let time pass without a message; tells no events."""
        self.now += milliseconds
        self.exchange.advance(self.now)
        return []

    def ask(self, request: OrderRequest) -> ExecutionReport | None:
        """Send a request that arrives a millisecond from now; return its answer, None if it waits."""
        self.wait(1)
        known = len(self._reports)
        self.exchange.submit(ACCOUNT, request, self._reports.append)
        return self._reports[-1] if len(self._reports) > known else None

    def answers(self) -> list[ExecutionReport]:
        """Return all answers so far."""
        return list(self._reports)

    def current(self, **request: Any) -> list[CurrentOrderSummary]:  # noqa: ANN401 - of ListCurrentOrders
        """Return the current orders of the first page."""
        report = self.exchange.current_orders(ACCOUNT, ListCurrentOrders(**request))
        return list(report.current_orders)

    def settle(self, winner: int, *others: int) -> list[VenueEvent]:
        """Close the market: these runners win, the others lose."""
        runners = [
            each
            if each["status"] == "REMOVED"
            else {**each, "status": "WINNER" if each["id"] in (winner, *others) else "LOSER"}
            for each in self.terms["runners"]
        ]
        return self.define(runners=runners, status="CLOSED")

    def cleared_report(
        self,
        status: BetStatus = BetStatus.SETTLED,
        **request: Any,  # noqa: ANN401 - of ListClearedOrders
    ) -> ClearedOrderSummaryReport:
        """Return a page of cleared orders."""
        return self.exchange.cleared_orders(ACCOUNT, ListClearedOrders(bet_status=status, **request))

    def cleared(self, status: BetStatus = BetStatus.SETTLED, **request: Any) -> list[ClearedOrderSummary]:  # noqa: ANN401 - of ListClearedOrders
        """Return the cleared orders of a page, the first unless told."""
        return list(self.cleared_report(status, **request).cleared_orders)

    def statement(self, **request: Any) -> list[StatementItem]:  # noqa: ANN401 - of GetAccountStatement
        """Return the first page of the statement, oldest first."""
        report = self.exchange.statement(ACCOUNT, GetAccountStatement(**request))
        return list(reversed(report.account_statement))

    def new_client(self) -> OrderBooks:
        """Return the fold of what a new order subscription begins with."""
        books = OrderBooks()
        image = self.exchange.order_image(ACCOUNT)
        books.apply(OrderChangeMessage(pt=self.now, oc=image, ct=ChangeType.SUB_IMAGE))
        return books

    def follow(self) -> OrderBooks:
        """Return a new client's fold, which follows the order stream from now on."""
        books = self.new_client()

        def hear(_account: str, change: OrderMarketChange) -> None:
            books.apply(OrderChangeMessage(pt=self.now, oc=[change]))

        self.exchange.on_orders.append(hear)
        return books

    def _hear(self, account: str, change: OrderMarketChange) -> None:
        assert account == ACCOUNT
        self.streamed.append(change)
        self.orders.apply(OrderChangeMessage(pt=self.now, oc=[change]))


def differences(client: OrderBooks, current: Sequence[CurrentOrderSummary]) -> list[str]:
    """Return where a client's fold of the order stream differs from the current orders."""
    streamed = {
        bet_id: (book.market_id, runner.selection_id, runner.handicap, order)
        for book in client.books.values()
        if not book.closed
        for runner in book.runners.values()
        for bet_id, order in runner.orders.items()
    }
    found = [
        f"{bet_id} is streamed and not current"
        for bet_id in streamed.keys() - {each.bet_id for each in current}
    ]
    for each in current:
        if each.bet_id not in streamed:
            found.append(f"{each.bet_id} is current and was not streamed")
            continue
        market_id, selection_id, handicap, order = streamed[each.bet_id]
        asked = each.price_size
        assert asked is not None
        one = (
            (each.market_id, each.selection_id, each.handicap),
            (asked.price, asked.size, each.average_price_matched),
            (each.size_matched, each.size_remaining, each.size_lapsed, each.size_cancelled, each.size_voided),
            (each.status == OrderStatus.EXECUTABLE, each.placed_date, each.matched_date),
            (each.customer_order_ref or "", each.customer_strategy_ref or ""),
        )
        other = (
            (market_id, selection_id, handicap),
            (order.p, order.s, order.avp or 0.0),
            (order.sm, order.sr, order.sl, order.sc, order.sv),
            (is_executable(order), iso(order.pd or 0), iso(order.md) if order.md else None),
            (order.rfo, order.rfs),
        )
        if one != other:
            found.append(f"{each.bet_id} is {one}, and streamed as {other}")
    return found
