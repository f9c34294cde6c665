"""The stream of an exchange on which somebody bets: what is bet is seen in the markets, and in the orders."""

from typing import cast

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.order_books import OrderBooks
from changes import MARKET
from exchange_scenes import ExchangeScene
from sandbox_stream import PublishedExchange, Stream, folded_markets, folded_orders, subscription
from scenes import BACK, LAY, limit, prices


def _ladders(book: MarketBook) -> dict[int, tuple[object, ...]]:
    return {
        runner.selection_id: (
            dict(runner.available_to_back),
            dict(runner.available_to_lay),
            dict(runner.traded),
            runner.total_matched,
            runner.last_price_traded,
        )
        for runner in book.runners
    }


def test_bets_are_streamed() -> None:
    """After every step, both subscriptions show what the exchange shows, by price and by level."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10), (2.9, 5)], atl=[(3.1, 10)], trd=[(3.0, 8)], tv=8.0))
    client = Stream(cast("PublishedExchange", scene.exchange)).client()
    client.says(**subscription(None, ladderLevels=2))
    client.says(op="orderSubscription", id=3)
    markets, orders = MarketBooks(), OrderBooks()

    def looks_the_same() -> None:
        lines = client.reads()
        folded_markets(lines, markets)
        folded_orders(lines, orders)
        published = scene.exchange.books[MARKET]
        assert _ladders(published) == _ladders(markets.books[MARKET])
        for there, here in zip(published.runners, markets.books[MARKET].runners, strict=True):
            best = sorted(there.available_to_back.items(), reverse=True)[:2]
            assert dict(enumerate(best)) == here.best_available_to_back
        known = orders.books[MARKET].orders if MARKET in orders.books else {}
        assert known == scene.orders.books[MARKET].orders if known else not scene.orders.books

    looks_the_same()
    waiting = scene.order(limit(BACK, 3.1, 5))
    looks_the_same()
    scene.order(limit(LAY, 3.05, 4))
    looks_the_same()
    scene.show(prices(1, atl=[(3.1, 2), (3.2, 1)]))
    looks_the_same()
    scene.order(limit(BACK, 2.9, 12))
    looks_the_same()
    scene.cancel(waiting)
    looks_the_same()
    assert [12.0] == [each.sm for each in scene.orders.books[MARKET].orders.values() if each.sm]
