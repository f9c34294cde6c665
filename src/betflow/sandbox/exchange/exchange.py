"""
The simulated exchange as a whole: folds a feed, lets orders act on it, settles, and tells who listens.

It is told the time and nothing else, so all of it happens in the order of time: what is due before a message
is published acts on the books as they stood before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf
from types import MappingProxyType
from typing import Final

from betflow.errors import UsageError
from betflow.exchange.assumptions import BETFLOW_1, Assumptions
from betflow.exchange.bets import RunnerKey
from betflow.exchange.book import MarketBook, MarketBooks
from betflow.sandbox.exchange.accounts import AccountTerms, SandboxAccount
from betflow.sandbox.exchange.cleared_orders import cleared_orders
from betflow.sandbox.exchange.current_orders import current_orders
from betflow.sandbox.exchange.descriptions import described
from betflow.sandbox.exchange.own_bets import AccountOrder
from betflow.sandbox.exchange.profit_and_loss import has_profit_and_loss
from betflow.sandbox.exchange.publishing import Publisher
from betflow.sandbox.exchange.requests import check, is_async, pending
from betflow.sandbox.feed import Feed
from betflow.sandbox.listings import Listing
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.account import (
    AccountDetailsResponse,
    AccountFundsResponse,
    AccountStatementReport,
    GetAccountStatement,
)
from betflow.wire.betting import ExecutionReport, OrderRequest
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.heartbeat import Heartbeat, HeartbeatReport
from betflow.wire.positions import (
    ClearedOrderSummaryReport,
    CurrentOrderSummaryReport,
    ItemDescription,
    ListClearedOrders,
    ListCurrentOrders,
    ListMarketProfitAndLoss,
    MarketProfitAndLoss,
)
from betflow.wire.stream import MarketChange, MarketChangeMessage, MarketDefinition, OrderMarketChange

DELAY_MS: Final = 60_000
"""How old the prices are that a delayed app key sees, unless told otherwise."""


class Exchange:
    """
    A simulated exchange.

    Args:
        feed: Where its markets come from.
        accounts: Its accounts; unless told, the one of `AccountTerms`.
        delay_ms: How old the books are that a delayed app key sees.
        assumptions: What decides where Betfair's rules are not certain.

    Attributes:
        now: The simulated time, epoch milliseconds.
        books: The books of all markets as they are published, by id; live views.
        delayed_books: The same as a delayed app key sees them.
        accounts: By user name.
        on_market: Are told after every change was folded; the book has the change and its time.
        on_delayed_market: Are told the same of the delayed books.
        on_orders: Are told what the order stream tells of an account's orders: its name, and the change.

    Raises:
        UsageError: if two accounts have the same name.
        ConfigurationError: if an account's currency is none of Betfair's.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        accounts: Sequence[AccountTerms] = (AccountTerms(),),
        delay_ms: int = DELAY_MS,
        assumptions: Assumptions = BETFLOW_1,
    ) -> None:
        self.now = feed.begins
        self.on_orders: list[Callable[[str, OrderMarketChange], None]] = []
        self._feed = feed
        self._books = MarketBooks()
        self._delay_ms = delay_ms
        self._assumptions = assumptions
        self._accounts = {
            terms.name: SandboxAccount(terms, number, feed.begins, assumptions)
            for number, terms in enumerate(accounts)
        }
        if len(self._accounts) < len(accounts):
            raise UsageError("two accounts have the same name.", advice="Give each a name of its own.")
        self._followers: dict[str, list[SandboxAccount]] = {}
        self._touched: set[str] = set()
        self._publisher = Publisher(self._books.books)
        self._due = inf
        self.on_market, self.on_delayed_market = self._publisher.on_market, self._publisher.on_delayed_market
        self.books, self.delayed_books = self._publisher.books, self._publisher.delayed_books
        self.accounts: Mapping[str, SandboxAccount] = MappingProxyType(self._accounts)

    @property
    def delayed_now(self) -> int:
        """
        The time of what the delayed books show, epoch milliseconds.

        It is not before the exchange began: how markets stood then is seen at once.
        """
        return max(self.now - self._delay_ms, self._feed.begins)

    def listing(self, market_id: str) -> Listing | None:
        """Return what a market is called and what kind it is; None for one that was not published yet."""
        return self._feed.listing(market_id)

    # Time.

    def advance(self, now: int) -> None:
        """Let everything happen that happens up to and at a moment; one that has passed changes nothing."""
        for book in self._books.fold(self._messages(now)):
            change, followers = book.change, self._followers.get(book.market_id)
            if change is not None and change.market_definition is not None:
                self._follow_definition(book)
            elif followers:
                for account in followers:
                    self._tell(account, account.hear(account.venue.apply(book)))
                self._look_ahead()
            if followers:
                self._publish_with_bets(book.market_id, change)
            else:
                self._publisher.publish(book)
        self._act(now)
        self.now = max(self.now, now)
        self._publisher.catch_up(self.delayed_now)

    def _messages(self, now: int) -> Iterator[MarketChangeMessage]:
        """Yield what is published up to a moment; what is due before a message acts before it is folded."""
        for at, change in self._feed.take(now):
            if self._due < at:
                self._act(at - 1)
            self.now = at
            yield MarketChangeMessage(pt=at, mc=[change])

    def _publish_with_bets(self, market_id: str, change: MarketChange | None = None) -> None:
        """Publish what the feed or bets changed in a market that somebody bets on."""
        is_new = change is None or change.img or change.market_definition is not None
        is_new = is_new or market_id in self._touched
        self._touched.discard(market_id)
        accounts = self._followers[market_id]
        differences = chain.from_iterable(account.differences(market_id) for account in accounts)
        self._publisher.publish_with_bets(market_id, differences if is_new else None, self.now, change)

    def _publish_touched(self) -> None:
        """Publish what bets changed by themselves, without a change of their market."""
        for market_id in sorted(self._touched):
            self._publish_with_bets(market_id)

    def _act(self, moment: int) -> None:
        """Let requests act, and heartbeats run out, that are due up to a moment, in the order of time."""
        while self._due <= moment:
            due = int(self._due)
            self.now = max(self.now, due)
            for account in self._accounts.values():
                if account.due <= due:
                    self._tell(account, account.act(due))
            self._publish_touched()
            self._look_ahead()

    def _look_ahead(self) -> None:
        self._due = min((account.due for account in self._accounts.values()), default=inf)

    def _follow_definition(self, book: MarketBook) -> None:
        """Show a definition to every account: what of it is remembered decides about orders to come."""
        listing = self._feed.listing(book.market_id)
        for account in self._accounts.values():
            change = account.follow_definition(book, listing)
            if change is not None:
                self._tell(account, (change,))
        self._look_ahead()

    def _tell(self, account: SandboxAccount, changes: Iterable[OrderMarketChange]) -> None:
        for change in changes:
            self._touched.add(change.id)
            for listener in self.on_orders:
                listener(account.terms.name, change)

    # Orders.

    def submit(
        self, account: str, request: OrderRequest, answered: Callable[[ExecutionReport], None]
    ) -> None:
        """
        Take a request for orders, which reaches the exchange now.

        Args:
            account: Whose it is.
            request: To place, cancel, replace or update orders.
            answered: Is told the answer, at once or when the bet delay is over. A request that is `async_`
                is answered at once: with what is wrong with it, or that its orders are pending.

        Raises:
            ServiceRefusal: INVALID_INPUT_DATA if its customerRef is none.
        """
        holder = self._account(account)
        check(request)
        market_id = request.market_id
        if market_id is not None and market_id in self.books:
            followers = self._followers.setdefault(market_id, [])
            if holder not in followers:
                followers.append(holder)
        answers: list[ExecutionReport] = []
        ticket = holder.venue.submit(request, self.now)
        holder.expect(ticket, answers.append if is_async(request) else answered)
        self._tell(holder, holder.hear(holder.venue.advance(self.now)))
        self._publish_touched()
        self._look_ahead()
        if is_async(request):
            answered(pending(request, answers[0] if answers else None, holder.venue.orders.values()))

    def order_image(self, account: str) -> list[OrderMarketChange]:
        """Return what a new order subscription begins with: executable orders and positions, by market."""
        return self._account(account).order_image()

    def heartbeat(self, account: str, heartbeat: Heartbeat) -> HeartbeatReport:
        """Answer heartbeat: unless the next one comes in time, the account's LIMIT bets are cancelled."""
        report = self._account(account).switch.hear(heartbeat, self.now)
        self._look_ahead()
        return report

    # Answers.

    def current_orders(self, account: str, request: ListCurrentOrders) -> CurrentOrderSummaryReport:
        """Answer listCurrentOrders; raises ServiceRefusal where it asks for too much."""
        holder = self._account(account)
        return current_orders(holder.markets.values(), request, holder.result, self._assumptions)

    def cleared_orders(self, account: str, request: ListClearedOrders) -> ClearedOrderSummaryReport:
        """Answer listClearedOrders; raises ServiceRefusal where it makes no sense."""
        holder = self._account(account)
        return cleared_orders(
            holder.markets.values(), request, now=self.now, terms=holder.result, describe=self._describe
        )

    def profit_and_loss(
        self, account: str, request: ListMarketProfitAndLoss
    ) -> tuple[MarketProfitAndLoss, ...]:
        """Answer listMarketProfitAndLoss."""
        holder = self._account(account)
        return tuple(
            holder.profit_and_loss(market_id, definition, request)
            for market_id in request.market_ids
            if (book := self.books.get(market_id)) and (definition := book.definition)
            if has_profit_and_loss(definition)
        )

    def account_orders(self, account: str, market_id: str) -> list[AccountOrder]:
        """Return what market books can show an account of its own orders in a market."""
        return self._account(account).orders_in(market_id)

    def _describe(self, market_id: str, runner: RunnerKey | None) -> ItemDescription:
        definition = self.books[market_id].definition or MarketDefinition()
        return described(definition, self.listing(market_id), runner)

    def funds(self, account: str) -> AccountFundsResponse:
        """Answer getAccountFunds."""
        return self._account(account).funds()

    def details(self, account: str) -> AccountDetailsResponse:
        """Answer getAccountDetails."""
        return self._account(account).details()

    def statement(self, account: str, request: GetAccountStatement) -> AccountStatementReport:
        """Answer getAccountStatement; raises ServiceRefusal where it makes no sense."""
        return self._account(account).ledger.report(request, self.now)

    def _account(self, name: str) -> SandboxAccount:
        account = self._accounts.get(name)
        if account is None:
            raise ServiceRefusal(ServiceErrorCode.INVALID_SESSION_INFORMATION, f"there is no account {name}")
        return account
