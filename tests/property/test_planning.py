"""However a request is cut, each part is what Betfair takes, and together they are what was asked for."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from betflow.betfair import planning
from betflow.wire.book import ExBestOffersOverrides, ListMarketBook, PriceProjection
from betflow.wire.catalogue import ListMarketCatalogue, MarketFilter
from betflow.wire.enums import BetStatus, MarketProjection, PriceData
from betflow.wire.positions import ListClearedOrders, ListCurrentOrders, ListMarketProfitAndLoss

MARKETS = st.lists(st.integers(1, 900).map(lambda number: f"1.{number}"), max_size=600).map(tuple)
BETS = st.lists(st.integers(1, 3000).map(str), max_size=600, unique=True).map(tuple)
OPTIONAL_MARKETS = st.none() | MARKETS.map(lambda ids: tuple(dict.fromkeys(ids))).filter(bool)
OPTIONAL_BETS = st.none() | BETS.filter(bool)
PROJECTIONS = st.builds(
    PriceProjection,
    price_data=st.none() | st.lists(st.sampled_from(PriceData), max_size=6).map(tuple),
    ex_best_offers_overrides=st.none()
    | st.builds(ExBestOffersOverrides, best_prices_depth=st.none() | st.integers(1, 20)),
)


@given(MARKETS, st.none() | PROJECTIONS, st.lists(st.integers().map(str), max_size=249).map(tuple))
def test_books_are_asked_for_within_the_limits(
    markets: tuple[str, ...], projection: PriceProjection | None, bets: tuple[str, ...]
) -> None:
    """No request weighs more than 200 or has more than 250 ids, and every market is asked for once."""
    request = ListMarketBook(market_ids=markets, price_projection=projection, bet_ids=bets or None)
    plan = planning.plan_market_book(request)

    weight = planning.book_weight(projection)
    assert all(weight * len(each.market_ids) <= 200 for each in plan)
    assert all(1 <= len(each.market_ids) <= 250 - len(bets) for each in plan)
    assert list(dict.fromkeys(markets)) == [market for each in plan for market in each.market_ids]
    assert all(request == msgspec.structs.replace(each, market_ids=markets) for each in plan)


@given(MARKETS, st.lists(st.sampled_from(MarketProjection)).map(tuple), st.integers(1, 1000))
def test_catalogues_are_asked_for_within_the_limits(
    markets: tuple[str, ...], projections: tuple[MarketProjection, ...], most: int
) -> None:
    """No request can be answered with more than its weight allows, and none asks for more than it names."""
    request = ListMarketCatalogue(
        max_results=most, filter=MarketFilter(market_ids=markets), market_projection=projections
    )
    plan = planning.plan_market_catalogue(request)

    named = [each.filter.market_ids or () for each in plan]
    assert all(planning.catalogue_weight(projections) * each.max_results <= 200 for each in plan)
    assert all(each.max_results == min(most, len(ids)) for each, ids in zip(plan, named, strict=True))
    assert list(dict.fromkeys(markets)) == [market for ids in named for market in ids]


@given(MARKETS)
def test_profit_and_loss_is_asked_for_within_the_limits(markets: tuple[str, ...]) -> None:
    """No request has more than 50 markets, of weight 4."""
    plan = planning.plan_profit_and_loss(ListMarketProfitAndLoss(market_ids=markets))

    assert all(1 <= len(each.market_ids) <= 50 for each in plan)
    assert list(dict.fromkeys(markets)) == [market for each in plan for market in each.market_ids]


@given(OPTIONAL_BETS, OPTIONAL_MARKETS)
def test_current_orders_are_asked_for_once(
    bets: tuple[str, ...] | None, markets: tuple[str, ...] | None
) -> None:
    """No request has more than 250 ids; each bet on each market is asked for by exactly one of them."""
    plan = planning.plan_current_orders(ListCurrentOrders(bet_ids=bets, market_ids=markets))

    assert all(len(each.bet_ids or ()) + len(each.market_ids or ()) <= 250 for each in plan)
    asked = [(b, m) for each in plan for b in each.bet_ids or [None] for m in each.market_ids or [None]]
    assert len(set(asked)) == len(asked)
    assert {(b, m) for b in bets or [None] for m in markets or [None]} == set(asked)


@given(OPTIONAL_BETS, OPTIONAL_MARKETS)
def test_cleared_orders_are_asked_for_once(
    bets: tuple[str, ...] | None, markets: tuple[str, ...] | None
) -> None:
    """The same for cleared orders, of which a request takes 1000 bets and 250 markets."""
    plan = planning.plan_cleared_orders(
        ListClearedOrders(bet_status=BetStatus.SETTLED, bet_ids=bets, market_ids=markets)
    )

    assert all(len(each.bet_ids or ()) <= 1000 and len(each.market_ids or ()) <= 250 for each in plan)
    asked = [(b, m) for each in plan for b in each.bet_ids or [None] for m in each.market_ids or [None]]
    assert {(b, m) for b in bets or [None] for m in markets or [None]} == set(asked)
    assert len(set(asked)) == len(asked)
