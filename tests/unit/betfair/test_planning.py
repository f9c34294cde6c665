"""Weights are Betfair's, and what no cutting can make fit is refused with its limit."""

from typing import Any

import pytest

from betflow.betfair.planning import (
    book_weight,
    catalogue_weight,
    check_orders,
    plan_cleared_orders,
    plan_current_orders,
    plan_market_book,
    plan_market_catalogue,
    plan_runner_book,
)
from betflow.errors import UsageError
from betflow.wire.betting import (
    CancelInstruction,
    CancelOrders,
    LimitOrder,
    OrderRequest,
    PlaceInstruction,
    PlaceOrders,
    ReplaceInstruction,
    ReplaceOrders,
    UpdateInstruction,
    UpdateOrders,
)
from betflow.wire.book import ExBestOffersOverrides, ListMarketBook, ListRunnerBook, PriceProjection
from betflow.wire.catalogue import ListMarketCatalogue, MarketFilter
from betflow.wire.enums import (
    BetStatus,
    GroupBy,
    MarketProjection,
    MarketSort,
    OrderType,
    PersistenceType,
    PriceData,
    Side,
)
from betflow.wire.positions import ListClearedOrders, ListCurrentOrders

SP, SP_TRADED = PriceData.SP_AVAILABLE, PriceData.SP_TRADED
BEST, ALL, TRADED = PriceData.EX_BEST_OFFERS, PriceData.EX_ALL_OFFERS, PriceData.EX_TRADED
BET = PlaceInstruction(
    order_type=OrderType.LIMIT, selection_id=1, side=Side.BACK, limit_order=LimitOrder(price=2.0, size=2.0)
)


def ids(count: int) -> tuple[str, ...]:
    """Return so many ids."""
    return tuple(f"1.{number}" for number in range(count))


@pytest.mark.parametrize(
    ("weight", "data", "depth"),
    [
        (2, (), None),
        (3, (SP,), None),
        (7, (SP_TRADED,), None),
        (10, (SP, SP_TRADED), None),
        (5, (BEST,), None),
        (17, (ALL,), None),
        (17, (ALL, BEST), None),
        (17, (TRADED,), None),
        (20, (BEST, TRADED), None),
        (32, (ALL, TRADED), None),
        (23, (BEST, TRADED, SP), None),
        (10, (BEST,), 6),
        (17, (BEST,), 10),
        (17, (BEST,), 50),
        (7, (BEST,), 4),
        (5, (BEST,), 1),
        (17, (ALL,), 10),
    ],
)
def test_weights_of_books(weight: int, data: tuple[PriceData, ...], depth: int | None) -> None:
    """The published weights; depth makes best offers weigh more, and ten prices are the most."""
    overrides = ExBestOffersOverrides(best_prices_depth=depth) if depth else None

    assert weight == book_weight(PriceProjection(price_data=data, ex_best_offers_overrides=overrides))


def test_weights_of_catalogues() -> None:
    """Description and metadata weigh 1 each, all else nothing."""
    assert 2 == catalogue_weight(MarketProjection)
    assert 0 == catalogue_weight(None)


@pytest.mark.parametrize(
    ("requests", "markets", "data"),
    [(1, 40, (BEST,)), (2, 41, (BEST,)), (2, 12, (ALL,)), (1, 10, (BEST, TRADED)), (1, 6, (ALL, TRADED))],
)
def test_published_examples(requests: int, markets: int, data: tuple[PriceData, ...]) -> None:
    """Betfair's own examples of what is one request and what is too much for one."""
    request = ListMarketBook(market_ids=ids(markets), price_projection=PriceProjection(price_data=data))

    assert requests == len(plan_market_book(request))


def test_no_market_is_no_request() -> None:
    """Where nothing is asked for nothing is sent."""
    assert () == plan_market_book(ListMarketBook(market_ids=()))


def catalogue(most: int, count: int | None = None, sort: MarketSort | None = None) -> ListMarketCatalogue:
    """Return a request for markets with weight 2."""
    return ListMarketCatalogue(
        max_results=most,
        filter=MarketFilter(market_ids=None if count is None else ids(count)),
        market_projection=(MarketProjection.MARKET_DESCRIPTION, MarketProjection.RUNNER_METADATA),
        sort=sort,
    )


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        (r"maxResults is 0, .* 1 to 1000", catalogue(0)),
        (r"maxResults is 1001, .* 1 to 1000", catalogue(1001)),
        (r"maxResults is 101, .*weight 2\) .* 100 markets", catalogue(101)),
        (r"101 markets need 2 requests", catalogue(1000, 101, MarketSort.FIRST_TO_START)),
    ],
)
def test_catalogues_that_cannot_be_cut(message: str, request_: ListMarketCatalogue) -> None:
    """Without ids a request is one or too much; a sorted answer cannot be put together of several."""
    with pytest.raises(UsageError, match=message):
        plan_market_catalogue(request_)


def test_catalogue_without_ids_is_one_request() -> None:
    """What fits is sent as it is."""
    assert (catalogue(100),) == plan_market_catalogue(catalogue(100))


def test_too_many_bets_leave_no_room() -> None:
    """Betfair takes 250 ids of bets and markets; bets cannot be divided here."""
    with pytest.raises(UsageError, match="250 bet ids leave no room"):
        plan_market_book(ListMarketBook(market_ids=ids(1), bet_ids=ids(250)))
    with pytest.raises(UsageError, match="250 bet ids and a market are more than 250"):
        plan_runner_book(ListRunnerBook(market_id="1.1", selection_id=1, bet_ids=ids(250)))


@pytest.mark.parametrize(("start", "count"), [(10, None), (None, 10)])
def test_a_page_of_several_requests_is_refused(start: int | None, count: int | None) -> None:
    """A page of an answer that is put together cannot be told."""
    with pytest.raises(UsageError, match="need 2 requests, and a page"):
        plan_current_orders(ListCurrentOrders(bet_ids=ids(251), from_record=start, record_count=count))
    with pytest.raises(UsageError, match="need 2 requests, and a page"):
        plan_cleared_orders(
            ListClearedOrders(
                bet_status=BetStatus.SETTLED, bet_ids=ids(1001), from_record=start, record_count=count
            )
        )


@pytest.mark.parametrize("choice", ["bet_ids", "market_ids", "customer_order_refs", "customer_strategy_refs"])
def test_an_empty_choice_of_orders_is_of_none(choice: str) -> None:
    """Betfair reads an empty list as no choice, and would answer with every order: nothing is asked."""
    nothing: dict[str, Any] = {choice: ()}

    assert () == plan_current_orders(ListCurrentOrders(**nothing))
    assert () == plan_cleared_orders(ListClearedOrders(bet_status=BetStatus.SETTLED, **nothing))


@pytest.mark.parametrize(
    ("is_possible", "group"),
    [
        (True, GroupBy.BET),
        (True, GroupBy.MARKET),
        (True, None),
        (False, GroupBy.EVENT),
        (False, GroupBy.STRATEGY),
    ],
)
def test_sums_over_several_requests(is_possible: bool, group: GroupBy | None) -> None:  # noqa: FBT001 - a parameter
    """A sum over markets cannot be divided by markets, unless it is the market that it is of."""
    request = ListClearedOrders(bet_status=BetStatus.SETTLED, market_ids=ids(251), group_by=group)

    if is_possible:
        assert 2 == len(plan_cleared_orders(request))
    else:
        with pytest.raises(UsageError, match="adds up over each by itself"):
            plan_cleared_orders(request)


def place(count: int = 1, ref: str | None = "r", strategy: str | None = None) -> PlaceOrders:
    """Return an order of so many bets."""
    return PlaceOrders(
        market_id="1.1", instructions=(BET,) * count, customer_ref=ref, customer_strategy_ref=strategy
    )


CANCEL = CancelInstruction(bet_id="1")
REPLACE = ReplaceInstruction(bet_id="1", new_price=2.0)
UPDATE = UpdateInstruction(bet_id="1", new_persistence_type=PersistenceType.LAPSE)


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        ("placeOrders takes 200 instructions at most, and these are 201", place(201)),
        ("cancelOrders takes 60 .* 61", CancelOrders(market_id="1.1", instructions=(CANCEL,) * 61)),
        (
            "replaceOrders takes 60 .* 61",
            ReplaceOrders(market_id="1.1", instructions=(REPLACE,) * 61, customer_ref="r"),
        ),
        ("updateOrders takes 60 .* 61", UpdateOrders(market_id="1.1", instructions=(UPDATE,) * 61)),
        ("placeOrders has no instruction", place(0)),
        ("cancelOrders has no instruction, and Betfair would cancel everything", CancelOrders()),
        ("cancelOrders has no instruction", CancelOrders(market_id="1.1")),
        ("cancelOrders has no instruction", CancelOrders(market_id="1.1", instructions=())),
        ("placeOrders has no customerRef", place(ref=None)),
        ("placeOrders has no customerRef", place(ref="")),
        ("replaceOrders has no customerRef", ReplaceOrders(market_id="1.1", instructions=(REPLACE,))),
        ("is not what Betfair takes.* 32 signs", place(ref="r" * 33)),
        ("is not what Betfair takes", place(ref="a b")),
        ("is not what Betfair takes", place(ref="é")),
        ("customerStrategyRef .* at most 15", place(strategy="s" * 16)),
    ],
)
def test_orders_that_betfair_would_not_take(message: str, request_: OrderRequest) -> None:
    """Orders are never divided; what Betfair would refuse, or could not repeat safely, is not sent."""
    with pytest.raises(UsageError, match=message):
        check_orders(request_)


@pytest.mark.parametrize(
    "request_",
    [
        place(200, "Az09:-._+*;~", "s" * 15),
        place(ref="r" * 32),
        CancelOrders(market_id="1.1", instructions=(CANCEL,) * 60),
        UpdateOrders(market_id="1.1", instructions=(UPDATE,)),
    ],
)
def test_orders_that_betfair_takes(request_: OrderRequest) -> None:
    """What is within the limits passes."""
    check_orders(request_)


def test_italy_takes_fewer_bets() -> None:
    """The Italian regulator allows 50 bets in a request."""
    check_orders(place(50), italian=True)
    with pytest.raises(UsageError, match="50 instructions at most, and these are 51"):
        check_orders(place(51), italian=True)
