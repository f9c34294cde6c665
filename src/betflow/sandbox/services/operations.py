"""
Who answers which operation, within Betfair's limits.

Source: "Market Data Request Limits", "Betting Exceptions", "listMarketBook", "listCurrentOrders",
"Application Keys".
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeAlias, cast

import msgspec

from betflow.exchange.matching.reports import refused
from betflow.sandbox.currencies import POUND, books_in, currency_rates, rate_between
from betflow.sandbox.market_data import ANSWERS, Markets, book_weight, catalogue_weight
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.services import app_keys
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.order_requests import check_size, timed_out, transactions_of
from betflow.sandbox.services.permissions import Permissioned
from betflow.sandbox.services.wording import check_wording
from betflow.sandbox.sessions import Caller
from betflow.wire import operations as wire
from betflow.wire.account import ListCurrencyRates, TransferFunds
from betflow.wire.betting import ExecutionReport, OrderRequest
from betflow.wire.book import ListMarketBook, ListRunnerBook, MarketBook
from betflow.wire.catalogue import ListMarketCatalogue, MarketCatalogue
from betflow.wire.enums import ExecutionReportErrorCode, ServiceErrorCode
from betflow.wire.operations import Operation
from betflow.wire.positions import ListClearedOrders, ListCurrentOrders, ListMarketProfitAndLoss

Handler: TypeAlias = Callable[[Context, Caller, Any], object]

WITHOUT_APP_KEY: Final = frozenset({wire.GET_DEVELOPER_APP_KEYS.name, wire.CREATE_DEVELOPER_APP_KEYS.name})
"""Operations that need a session only."""

_ABOUT_ORDERS, _CLEARED = "orders", "cleared"
_PROFIT_AND_LOSS_WEIGHT: Final = 4
_NO_CURRENCY: Final = "currency must use valid iso2 currency code name"


async def answer_to(
    context: Context, operation: Operation[Any, Any], caller: Caller, parameters: msgspec.Struct
) -> object:
    """
    Answer an operation.

    Raises:
        ServiceRefusal: it asks for too much, too often, or for what cannot be.
    """
    if isinstance(parameters, Permissioned):
        raise ServiceRefusal(ServiceErrorCode.ACCESS_DENIED)
    check_wording(parameters)
    if isinstance(parameters, OrderRequest):
        return await _order(context, caller, parameters)
    handler = _HANDLERS.get(operation.method)
    if handler is not None:
        return handler(context, caller, parameters)
    _check_limits(context, caller, parameters)
    rate = _rate(context, caller, parameters)
    answer = ANSWERS[operation.method](markets_of(context, caller), parameters)
    if rate is not None:
        return books_in(rate, cast("tuple[MarketBook, ...]", answer))
    if isinstance(parameters, ListMarketCatalogue):
        weight = catalogue_weight(parameters.market_projection)
        _too_much(weight * len(cast("tuple[MarketCatalogue, ...]", answer)), context.rules.weight)
    return answer


def markets_of(context: Context, caller: Caller) -> Markets:
    """Return the markets as a caller may see them."""
    exchange = context.exchange
    return Markets(
        books=exchange.delayed_books if caller.is_delayed else exchange.books,
        listing=exchange.listing,
        now=exchange.now,
        is_delayed=caller.is_delayed,
        past=context.past,
        orders=partial(exchange.account_orders, caller.account),
    )


def _check_limits(context: Context, caller: Caller, parameters: msgspec.Struct) -> None:
    """Hold back a call for market books: by its weight, and by how often a market is asked for."""
    match parameters:
        case ListMarketBook(market_ids=market_ids, price_projection=projection):
            _few_ids(context, market_ids, parameters.bet_ids)
            _too_much(book_weight(projection) * len(market_ids), context.rules.weight)
            context.throttle(caller.account).books(market_ids, context.real_ms())
        case ListRunnerBook(price_projection=projection):
            _too_much(book_weight(projection), context.rules.weight)


def query_group(parameters: msgspec.Struct) -> str | None:
    """Return which queries about orders a call is one of; only so many of a group may be under way."""
    match parameters:
        case ListCurrentOrders() | ListMarketProfitAndLoss():
            return _ABOUT_ORDERS
        case ListMarketBook() if parameters.order_projection or parameters.match_projection:
            return _ABOUT_ORDERS
        case ListClearedOrders():
            return _CLEARED
    return None


async def _order(context: Context, caller: Caller, request: OrderRequest) -> ExecutionReport:
    """Submit a request for orders, and wait for what becomes of it: in play that takes a while."""
    count = check_size(request, context.rules)
    if caller.cannot_bet or (caller.is_delayed and not context.rules.delayed_key_bets):
        return refused(request, ExecutionReportErrorCode.PERMISSION_DENIED)
    context.throttle(caller.account).instructions(count, context.real_ms())
    context.counts.orders += count
    answer: asyncio.Future[ExecutionReport] = asyncio.get_running_loop().create_future()

    def answered(report: ExecutionReport) -> None:
        transactions = context.throttle(caller.account).transactions
        transactions.count(transactions_of(report), context.exchange.now)
        if not answer.done():  # the client may have gone, or been told that it takes too long
            answer.set_result(report)

    context.exchange.submit(caller.account, request, answered)
    try:
        return await asyncio.wait_for(answer, _patience_s(context, request))
    except TimeoutError:
        return timed_out(request)


def _patience_s(context: Context, request: OrderRequest) -> float:
    """Return how long an answer to orders may take, in real time: the bet delay and a little more."""
    book = context.exchange.books.get(request.market_id or "")
    delay = (book.definition.bet_delay or 0) if book is not None and book.definition is not None else 0
    return delay / context.clock.speed + context.rules.order_timeout_ms / 1000


def _too_much(weight: float, most: int) -> None:
    if weight > most:
        raise ServiceRefusal(ServiceErrorCode.TOO_MUCH_DATA)


def _list_current_orders(context: Context, caller: Caller, request: ListCurrentOrders) -> object:
    _few_ids(context, request.bet_ids, request.market_ids)
    return context.exchange.current_orders(caller.account, request)


def _list_cleared_orders(context: Context, caller: Caller, request: ListClearedOrders) -> object:
    return context.exchange.cleared_orders(caller.account, request)


def _list_profit_and_loss(context: Context, caller: Caller, request: ListMarketProfitAndLoss) -> object:
    _too_much(_PROFIT_AND_LOSS_WEIGHT * len(request.market_ids), context.rules.weight)
    return context.exchange.profit_and_loss(caller.account, request)


def _few_ids(context: Context, *ids: Sequence[str] | None) -> None:
    if sum(len(each or ()) for each in ids) > context.rules.ids:
        raise ServiceRefusal(ServiceErrorCode.REQUEST_SIZE_EXCEEDS_LIMIT)


def _list_currency_rates(context: Context, _caller: Caller, request: ListCurrencyRates) -> object:
    if (request.from_currency or POUND) != POUND:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, _NO_CURRENCY)
    return currency_rates(context.rates)


def _rate(context: Context, caller: Caller, parameters: msgspec.Struct) -> Decimal | None:
    """
    Return at which rate books are told; None where they stay as they are, or it is not about books.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA for a currency of which no rate is known.
    """
    if not isinstance(parameters, ListMarketBook | ListRunnerBook) or parameters.currency_code is None:
        return None
    own = context.exchange.details(caller.account).currency_code or POUND
    rate = rate_between(own, parameters.currency_code, context.rates)
    if rate is None:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, _NO_CURRENCY)
    return None if rate == 1 else rate


def _transfer_funds(_context: Context, _caller: Caller, _request: TransferFunds) -> object:
    """Refuse: there is one wallet only, as on Betfair since the other was closed."""
    raise ServiceRefusal(ServiceErrorCode.WALLET_TRANSFER_ERROR)


_HANDLERS: Final[Mapping[str, Handler]] = {
    wire.LIST_CURRENT_ORDERS.method: _list_current_orders,
    wire.LIST_CLEARED_ORDERS.method: _list_cleared_orders,
    wire.LIST_MARKET_PROFIT_AND_LOSS.method: _list_profit_and_loss,
    wire.HEARTBEAT.method: lambda context, caller, request: context.exchange.heartbeat(
        caller.account, request
    ),
    wire.GET_ACCOUNT_FUNDS.method: lambda context, caller, _request: context.exchange.funds(caller.account),
    wire.GET_ACCOUNT_DETAILS.method: lambda context, caller, _request: context.exchange.details(
        caller.account
    ),
    wire.GET_ACCOUNT_STATEMENT.method: lambda context, caller, request: context.exchange.statement(
        caller.account, request
    ),
    wire.LIST_CURRENCY_RATES.method: _list_currency_rates,
    wire.GET_DEVELOPER_APP_KEYS.method: lambda context, caller, _request: app_keys.developer_apps(
        context.sessions.member(caller.account)
    ),
    wire.CREATE_DEVELOPER_APP_KEYS.method: lambda context, caller, request: app_keys.create(
        context.sessions.member(caller.account), request
    ),
    wire.TRANSFER_FUNDS.method: _transfer_funds,
}
