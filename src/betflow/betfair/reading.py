"""
What can be read from Betfair. Nothing here can bet, cancel or move money.

Requests are cut to what Betfair takes at once (`betflow.betfair.planning`), and the answers put together.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from betflow.betfair import planning
from betflow.betfair.calls import Call
from betflow.betfair.channel import Channel, Connection
from betflow.betfair.token_cache import SessionToken
from betflow.wire import operations
from betflow.wire.account import (
    AccountDetailsResponse,
    AccountFundsResponse,
    CurrencyRate,
    DeveloperApp,
    GetAccountDetails,
    GetAccountFunds,
    GetAccountStatement,
    GetDeveloperAppKeys,
    ListCurrencyRates,
    StatementItem,
)
from betflow.wire.book import ListMarketBook, ListRunnerBook, MarketBook
from betflow.wire.catalogue import (
    CompetitionResult,
    CountryCodeResult,
    EventResult,
    EventTypeResult,
    ListCompetitions,
    ListCountries,
    ListEvents,
    ListEventTypes,
    ListMarketCatalogue,
    ListMarketTypes,
    ListTimeRanges,
    ListVenues,
    MarketCatalogue,
    MarketTypeResult,
    TimeRangeResult,
    VenueResult,
)
from betflow.wire.navigation import NavigationNode
from betflow.wire.positions import (
    ClearedOrderSummary,
    CurrentOrderSummary,
    ListClearedOrders,
    ListCurrentOrders,
    ListMarketProfitAndLoss,
    MarketProfitAndLoss,
)
from betflow.wire.races import ListRaceDetails, RaceDetails

_PagedT = TypeVar("_PagedT", ListCurrentOrders, ListClearedOrders, GetAccountStatement)
_ItemT = TypeVar("_ItemT")


class _Page(Protocol):
    """A part of an answer."""

    @property
    def more_available(self) -> bool | None:
        """Whether there is another."""


_PageT = TypeVar("_PageT", bound=_Page)


class ReadingGateway:
    """
    Reads Betfair; may be used by several threads.

    Every method raises what `betflow.betfair.channel.Channel.call` raises, and `UsageError` for a request
    that cannot be cut to what Betfair takes. They have Betfair's names; a request that may be empty may be
    left out.

    Args:
        connection: To whom.
    """

    def __init__(self, connection: Connection) -> None:
        self._session = connection.session
        self._channel = Channel(connection, frozenset({operations.Effect.NOTHING}))

    def log_in(self) -> SessionToken:
        """Log in now, if there is no session yet; each call does so by itself."""
        return self._session.token()

    def keep_alive(self) -> SessionToken:
        """Extend the session now; it is done in time by itself where calls are made."""
        return self._session.keep_alive()

    def log_out(self) -> bool:
        """End the session of all processes that share it; say whether there was one."""
        return self._session.logout()

    def list_event_types(self, request: ListEventTypes | None = None) -> tuple[EventTypeResult, ...]:
        """Return the sports that have markets."""
        return self._channel.call(operations.LIST_EVENT_TYPES, request or ListEventTypes())

    def list_competitions(self, request: ListCompetitions | None = None) -> tuple[CompetitionResult, ...]:
        """Return the competitions that have markets."""
        return self._channel.call(operations.LIST_COMPETITIONS, request or ListCompetitions())

    def list_time_ranges(self, request: ListTimeRanges) -> tuple[TimeRangeResult, ...]:
        """Return the days, hours or minutes in which markets begin."""
        return self._channel.call(operations.LIST_TIME_RANGES, request)

    def list_events(self, request: ListEvents | None = None) -> tuple[EventResult, ...]:
        """Return the events that have markets."""
        return self._channel.call(operations.LIST_EVENTS, request or ListEvents())

    def list_market_types(self, request: ListMarketTypes | None = None) -> tuple[MarketTypeResult, ...]:
        """Return the types of markets that there are."""
        return self._channel.call(operations.LIST_MARKET_TYPES, request or ListMarketTypes())

    def list_countries(self, request: ListCountries | None = None) -> tuple[CountryCodeResult, ...]:
        """Return the countries that have markets."""
        return self._channel.call(operations.LIST_COUNTRIES, request or ListCountries())

    def list_venues(self, request: ListVenues | None = None) -> tuple[VenueResult, ...]:
        """Return the race tracks that have markets."""
        return self._channel.call(operations.LIST_VENUES, request or ListVenues())

    def list_market_catalogue(self, request: ListMarketCatalogue) -> tuple[MarketCatalogue, ...]:
        """Return markets, in several requests where they are named by more ids than one takes."""
        plan = planning.plan_market_catalogue(request)
        return self._all(operations.LIST_MARKET_CATALOGUE, plan)[: request.max_results]

    def list_market_book(self, request: ListMarketBook) -> tuple[MarketBook, ...]:
        """Return prices of markets, in as many requests as their weight needs."""
        return self._all(operations.LIST_MARKET_BOOK, planning.plan_market_book(request))

    def list_runner_book(self, request: ListRunnerBook) -> tuple[MarketBook, ...]:
        """Return prices of a runner."""
        ids = {"marketId": request.market_id, "selectionId": str(request.selection_id)}
        return self._channel.call(operations.LIST_RUNNER_BOOK, planning.plan_runner_book(request), ids)

    def list_market_profit_and_loss(
        self, request: ListMarketProfitAndLoss
    ) -> tuple[MarketProfitAndLoss, ...]:
        """Return what one gains in open markets, in as many requests as they need."""
        return self._all(operations.LIST_MARKET_PROFIT_AND_LOSS, planning.plan_profit_and_loss(request))

    def list_current_orders(
        self, request: ListCurrentOrders | None = None, *, is_urgent: bool = False
    ) -> tuple[CurrentOrderSummary, ...]:
        """
        Return orders on markets that are not settled: all of them, or the page that is asked for.

        To find out what became of an order *is_urgent*: nothing of ours holds it back.
        """
        return tuple(
            order
            for part in planning.plan_current_orders(request or ListCurrentOrders())
            for order in self._pages(
                operations.LIST_CURRENT_ORDERS, part, lambda page: page.current_orders, is_urgent=is_urgent
            )
        )

    def list_cleared_orders(
        self, request: ListClearedOrders, *, is_urgent: bool = False
    ) -> tuple[ClearedOrderSummary, ...]:
        """
        Return cleared orders of the last 90 days: all of them, or the page that is asked for.

        *is_urgent* as in `list_current_orders`: what was matched and settled, or lapsed, is found only here.
        """
        return tuple(
            order
            for part in planning.plan_cleared_orders(request)
            for order in self._pages(
                operations.LIST_CLEARED_ORDERS, part, lambda page: page.cleared_orders, is_urgent=is_urgent
            )
        )

    def get_account_funds(self, request: GetAccountFunds | None = None) -> AccountFundsResponse:
        """Return what can be bet."""
        return self._channel.call(operations.GET_ACCOUNT_FUNDS, request or GetAccountFunds())

    def get_account_details(self) -> AccountDetailsResponse:
        """Return whose account it is, and its currency."""
        return self._channel.call(operations.GET_ACCOUNT_DETAILS, GetAccountDetails())

    def get_account_statement(self, request: GetAccountStatement | None = None) -> tuple[StatementItem, ...]:
        """Return the statement of the last 90 days, newest first: all, or the page that is asked for."""
        return tuple(
            self._pages(
                operations.GET_ACCOUNT_STATEMENT,
                request or GetAccountStatement(),
                lambda page: page.account_statement,
            )
        )

    def list_currency_rates(self, request: ListCurrencyRates | None = None) -> tuple[CurrencyRate, ...]:
        """Return how much a pound is in other currencies."""
        return self._channel.call(operations.LIST_CURRENCY_RATES, request or ListCurrencyRates())

    def get_developer_app_keys(self) -> tuple[DeveloperApp, ...]:
        """Return the app keys of the account, which says whether ours is a delayed one."""
        return self._channel.call(operations.GET_DEVELOPER_APP_KEYS, GetDeveloperAppKeys())

    def list_race_details(self, request: ListRaceDetails | None = None) -> tuple[RaceDetails, ...]:
        """Return how races stand."""
        return self._channel.call(operations.LIST_RACE_DETAILS, request or ListRaceDetails())

    def navigation_menu(self) -> NavigationNode:
        """Return every market there is, as a tree."""
        return self._channel.navigation_menu()

    def batch(self, calls: Sequence[Call[Any]]) -> tuple[object, ...]:
        """
        Make calls of one service in one request, uncut; see `Channel.batch`.

        Returns:
            Their answers in the same order; in place of an answer, the error that a call ended with.
        """
        return self._channel.batch(calls)

    def _all(
        self, operation: operations.Operation[Any, tuple[Any, ...]], plan: Sequence[msgspec.Struct]
    ) -> tuple[Any, ...]:
        return tuple(each for part in plan for each in self._channel.call(operation, part))

    def _pages(
        self,
        operation: operations.Operation[_PagedT, _PageT],
        request: _PagedT,
        items: Callable[[_PageT], tuple[_ItemT, ...]],
        *,
        is_urgent: bool = False,
    ) -> Iterator[_ItemT]:
        """Go through the pages of an answer; one asked for is the only one, an empty one the last."""
        start = request.from_record or 0
        while True:
            part = msgspec.structs.replace(request, from_record=start)
            decoded = self._channel.decoded(operation, part, is_urgent=is_urgent)
            page, found = decoded.answer, items(decoded.answer)
            yield from found
            of_page = len(found) + decoded.lost
            if not page.more_available or not of_page or request.record_count:
                return
            start += of_page
