"""
Requests cut to what Betfair takes at once. Pure: a request goes in, requests come out that add up to it.

Source: "Market Data Request Limits", "listMarketBook", "listCurrentOrders", "listClearedOrders",
"getAccountStatement", "placeOrders", "cancelOrders", "replaceOrders", "updateOrders".
"""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import TypeVar

import msgspec

from betflow.errors import UsageError
from betflow.wire.betting import CancelOrders, OrderRequest, PlaceOrders, ReplaceOrders, UpdateOrders
from betflow.wire.book import ListMarketBook, ListRunnerBook, PriceProjection
from betflow.wire.catalogue import ListMarketCatalogue
from betflow.wire.enums import GroupBy, MarketProjection, PriceData
from betflow.wire.positions import ListClearedOrders, ListCurrentOrders, ListMarketProfitAndLoss

MAX_WEIGHT = 200
"""Of one request: the weight of what is asked for, times the number of markets."""
MAX_IDS = 250
"""Of bets and markets in one request."""
MAX_CLEARED_BET_IDS = 1000
MAX_CATALOGUE = 1000
ORDERS_PAGE = 1000
STATEMENT_PAGE = 100
PROFIT_AND_LOSS_WEIGHT = 4
MAX_PLACE = 200
MAX_PLACE_ITALY = 50
MAX_CHANGE = 60
"""Instructions of one cancelOrders, replaceOrders or updateOrders."""
MAX_CUSTOMER_REF = 32
MAX_STRATEGY_REF = 15

_CATALOGUE_WEIGHTS = {MarketProjection.MARKET_DESCRIPTION: 1, MarketProjection.RUNNER_METADATA: 1}
_NO_PRICES = 2
_SP_WEIGHTS = {PriceData.SP_AVAILABLE: 3, PriceData.SP_TRADED: 7}
_BEST, _ALL, _TRADED = 5, 17, 17
_TOGETHER = 2
"""How much less offers and traded volume weigh together than apart."""
_USUAL_DEPTH, _MAX_DEPTH = 3, 10
_CUSTOMER_REF = re.compile(r"[A-Za-z0-9:\-._+*;~]+")

_T = TypeVar("_T")


def catalogue_weight(projections: Iterable[MarketProjection] | None) -> int:
    """Return the weight of a market in listMarketCatalogue."""
    return sum(_CATALOGUE_WEIGHTS.get(each, 0) for each in set(projections or ()))


def book_weight(projection: PriceProjection | None) -> int:
    """
    Return the weight of a market in listMarketBook or listRunnerBook.

    Best offers deeper than three prices weigh more by their depth; a fraction is rounded up.
    """
    data = set(projection.price_data or ()) if projection else set()
    starting = sum(weight for each, weight in _SP_WEIGHTS.items() if each in data)
    offers = 0
    if PriceData.EX_ALL_OFFERS in data:
        offers = _ALL
    elif PriceData.EX_BEST_OFFERS in data:
        offers = -(-_BEST * _depth(projection) // _USUAL_DEPTH)
    traded = _TRADED if PriceData.EX_TRADED in data else 0
    together = _TOGETHER if offers and traded else 0
    return starting + offers + traded - together or _NO_PRICES


def plan_market_catalogue(request: ListMarketCatalogue) -> tuple[ListMarketCatalogue, ...]:
    """
    Divide a request for markets by their ids; without ids it is one, or too much.

    The answers, put together and cut at `max_results`, are what was asked for.

    Raises:
        UsageError: `max_results` is not from 1 to what the weight allows; or a sorted answer would need
            several requests, which nobody can sort over.
    """
    weight = catalogue_weight(request.market_projection)
    most = min(MAX_CATALOGUE, MAX_WEIGHT // weight if weight else MAX_CATALOGUE)
    if not 1 <= request.max_results <= MAX_CATALOGUE:
        raise UsageError(
            f"maxResults is {request.max_results}, and Betfair takes 1 to {MAX_CATALOGUE}.",
            advice="Correct it.",
        )
    ids = request.filter.market_ids
    if ids is None:
        if request.max_results > most:
            raise UsageError(
                f"maxResults is {request.max_results}, and with this projection (weight {weight}) Betfair "
                f"answers with {most} markets at most.",
                advice="Ask for less of each market, or by market ids, or for a shorter time.",
            )
        return (request,)
    chunks = _chunks(_unique(ids), min(most, MAX_IDS))
    if request.sort is not None and len(chunks) > 1:
        raise UsageError(
            f"{len(ids)} markets need {len(chunks)} requests, and Betfair sorts each by itself.",
            advice="Ask without a sort, and sort the answer.",
        )
    return tuple(
        msgspec.structs.replace(
            request,
            filter=msgspec.structs.replace(request.filter, market_ids=chunk),
            max_results=min(request.max_results, len(chunk)),
        )
        for chunk in chunks
    )


def plan_market_book(request: ListMarketBook) -> tuple[ListMarketBook, ...]:
    """
    Divide a request for books by its markets, each once, in their order.

    Raises:
        UsageError: its bet ids leave no room for markets.
    """
    room = MAX_IDS - len(request.bet_ids or ())
    size = min(MAX_WEIGHT // book_weight(request.price_projection), room)
    if size < 1:
        raise UsageError(
            f"{len(request.bet_ids or ())} bet ids leave no room for a market: Betfair takes {MAX_IDS} ids.",
            advice="Ask for fewer bets at once.",
        )
    return tuple(
        msgspec.structs.replace(request, market_ids=chunk)
        for chunk in _chunks(_unique(request.market_ids), size)
    )


def plan_runner_book(request: ListRunnerBook) -> ListRunnerBook:
    """
    Return a request for one runner, which fits unless it names too many bets.

    Raises:
        UsageError: too many bet ids.
    """
    if len(request.bet_ids or ()) >= MAX_IDS:
        raise UsageError(
            f"{len(request.bet_ids or ())} bet ids and a market are more than {MAX_IDS} ids.",
            advice="Ask for fewer bets at once.",
        )
    return request


def plan_profit_and_loss(request: ListMarketProfitAndLoss) -> tuple[ListMarketProfitAndLoss, ...]:
    """Divide a request for profit and loss by its markets, each once, in their order."""
    size = MAX_WEIGHT // PROFIT_AND_LOSS_WEIGHT
    chunks = _chunks(_unique(request.market_ids), size)
    return tuple(msgspec.structs.replace(request, market_ids=chunk) for chunk in chunks)


def plan_current_orders(request: ListCurrentOrders) -> tuple[ListCurrentOrders, ...]:
    """
    Divide a request for current orders by its ids.

    An order is one bet on one market, so that no order is in two of the answers. Each is sorted by itself.
    An empty choice is of no orders, and there is nothing to ask: Betfair would read it as all of them.

    Raises:
        UsageError: it names a page, and needs several requests.
    """
    if _chooses_nothing(request):
        return ()
    bets, markets = request.bet_ids, request.market_ids
    size = MAX_IDS if bets is None or markets is None else MAX_IDS // 2
    if len(bets or ()) + len(markets or ()) <= MAX_IDS:
        return (request,)
    plan = tuple(
        msgspec.structs.replace(request, bet_ids=some_bets, market_ids=some_markets)
        for some_bets, some_markets in product(_some(bets, size), _some(markets, size))
    )
    _refuse_pages(request, len(plan))
    return plan


def plan_cleared_orders(request: ListClearedOrders) -> tuple[ListClearedOrders, ...]:
    """
    Divide a request for cleared orders by its ids; of an empty choice as `plan_current_orders`.

    Raises:
        UsageError: it names a page, or adds up over what would be divided.
    """
    if _chooses_nothing(request):
        return ()
    if len(request.bet_ids or ()) <= MAX_CLEARED_BET_IDS and len(request.market_ids or ()) <= MAX_IDS:
        return (request,)
    plan = tuple(
        msgspec.structs.replace(request, bet_ids=bets, market_ids=markets)
        for bets, markets in product(
            _some(request.bet_ids, MAX_CLEARED_BET_IDS), _some(request.market_ids, MAX_IDS)
        )
    )
    _refuse_pages(request, len(plan))
    whole_markets = request.group_by is GroupBy.MARKET and len(request.bet_ids or ()) <= MAX_CLEARED_BET_IDS
    if request.group_by not in {None, GroupBy.BET} and not whole_markets:
        raise UsageError(
            f"These ids need {len(plan)} requests, and Betfair adds up over each by itself.",
            advice="Ask for single bets, and add them up.",
        )
    return plan


def check_orders(request: OrderRequest, *, italian: bool = False) -> None:
    """
    See that orders are what Betfair takes at once; they are never divided, since they stand or fall together.

    Raises:
        UsageError: too many instructions, or none, which to cancel means everything; a reference that is
            missing, too long or has other signs than Betfair takes.
    """
    name, most = _order_limit(request, italian=italian)
    count = len(request.instructions or ())
    if count > most:
        raise UsageError(
            f"{name} takes {most} instructions at most, and these are {count}.", advice="Divide them."
        )
    if not count and isinstance(request, CancelOrders):
        raise UsageError(
            "cancelOrders has no instruction, and Betfair would cancel everything.",
            advice="Name the bets; cancel_market_orders cancels all of a market, cancel_all_orders of the "
            "account.",
        )
    if not count:
        raise UsageError(f"{name} has no instruction.", advice="Give at least one.")
    reference = request.customer_ref
    if isinstance(request, PlaceOrders | ReplaceOrders) and not reference:
        raise UsageError(
            f"{name} has no customerRef, without which it cannot be repeated safely after a timeout.",
            advice="Give each request one of its own, of up to 32 signs.",
        )
    if reference and (len(reference) > MAX_CUSTOMER_REF or not _CUSTOMER_REF.fullmatch(reference)):
        raise UsageError(
            f"customerRef {reference!r} is not what Betfair takes.",
            advice=f"It has at most {MAX_CUSTOMER_REF} signs: letters, digits and : - . _ + * ; ~",
        )
    strategy = request.customer_strategy_ref if isinstance(request, PlaceOrders) else None
    if len(strategy or "") > MAX_STRATEGY_REF:
        raise UsageError(
            f"customerStrategyRef {strategy!r} is too long.",
            advice=f"It has at most {MAX_STRATEGY_REF} signs.",
        )


def _order_limit(request: OrderRequest, *, italian: bool) -> tuple[str, int]:
    match request:
        case PlaceOrders():
            return "placeOrders", MAX_PLACE_ITALY if italian else MAX_PLACE
        case CancelOrders():
            return "cancelOrders", MAX_CHANGE
        case ReplaceOrders():
            return "replaceOrders", MAX_CHANGE
        case UpdateOrders():
            return "updateOrders", MAX_CHANGE


def _depth(projection: PriceProjection | None) -> int:
    overrides = projection.ex_best_offers_overrides if projection else None
    depth = overrides.best_prices_depth if overrides else None
    return min(max(depth or _USUAL_DEPTH, _USUAL_DEPTH), _MAX_DEPTH)


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _chunks(ids: tuple[_T, ...], size: int) -> tuple[tuple[_T, ...], ...]:
    return tuple(ids[start : start + size] for start in range(0, len(ids), size))


def _some(ids: tuple[str, ...] | None, size: int) -> Iterator[tuple[str, ...] | None]:
    """Go through the chunks of some ids; where there is no choice, None is the only one."""
    if ids is None:
        yield None
    else:
        yield from _chunks(_unique(ids), size)


def _chooses_nothing(request: ListCurrentOrders | ListClearedOrders) -> bool:
    return any(getattr(request, name) == () for name in request.__struct_fields__)


def _refuse_pages(request: ListCurrentOrders | ListClearedOrders, requests: int) -> None:
    if requests > 1 and (request.from_record or request.record_count):
        raise UsageError(
            f"These ids need {requests} requests, and a page of several requests cannot be told.",
            advice="Leave out fromRecord and recordCount.",
        )
