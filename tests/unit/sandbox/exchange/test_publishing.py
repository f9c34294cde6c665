"""What is published of the markets: the feed's books with the accounts' bets in them."""

from betflow.exchange.runner_book import RunnerBook
from betflow.wire.stream import MarketChange
from changes import MARKET
from exchange_scenes import ExchangeScene
from scenes import BACK, LAY, SECOND, limit, limit_on_close, market_on_close, prices


def _runner(scene: ExchangeScene, number: int = 1) -> RunnerBook:
    runner = scene.exchange.books[MARKET].runner(number)
    assert runner is not None
    return runner


def _published(scene: ExchangeScene) -> list[MarketChange]:
    heard: list[MarketChange] = []
    scene.exchange.on_market.append(lambda book: heard.append(book.change) if book.change else None)
    return heard


def test_an_unmatched_bet_is_displayed_on_the_other_side() -> None:
    """An unmatched back can be laid, on top of what others offer there; cancelled, it is gone."""
    scene = ExchangeScene(prices(1, atl=[(3.1, 10)]))
    order = scene.order(limit(BACK, 3.1, 5))
    scene.order(limit(LAY, 2.5, 4))
    shown = dict(_runner(scene).available_to_lay), dict(_runner(scene).available_to_back)
    scene.cancel(order)

    assert ({3.1: 15.0}, {2.5: 4.0}) == shown
    assert {3.1: 10.0} == _runner(scene).available_to_lay


def test_a_change_of_the_feed_keeps_bets_on_top() -> None:
    """When others' offers change at the price of a bet, what is displayed is both."""
    scene = ExchangeScene(prices(1, atl=[(3.1, 10)]))
    scene.order(limit(BACK, 3.1, 5))
    heard = _published(scene)
    scene.show(prices(1, atl=[(3.1, 2), (3.2, 1)]))
    scene.show(prices(1, atl=[(3.1, 0)]))

    assert [[(3.1, 7.0), (3.2, 1.0)], [(3.1, 5.0)]] == [
        runner.atl for change in heard for runner in change.rc or ()
    ]


def test_what_a_bet_took_is_gone_and_traded() -> None:
    """A matched bet takes its size from what is displayed, and both stakes are in the volumes."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)], trd=[(3.0, 8)], tv=8.0), tv=8.0)
    heard = _published(scene)
    scene.order(limit(BACK, 2.9, 4))
    runner = _runner(scene)

    assert ({3.0: 6.0}, {3.0: 16.0}, 16.0, 3.0) == (
        runner.available_to_back,
        runner.traded,
        runner.total_matched,
        runner.last_price_traded,
    )
    assert [(False, scene.now)] == [
        (bool(each.img), scene.exchange.books[MARKET].publish_time) for each in heard
    ]


def test_a_bet_is_matched_with_the_feed_and_not_with_what_is_published() -> None:
    """What an account took is gone for itself; for the others the feed's offers are all there still."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)]))
    scene.order(limit(BACK, 3.0, 10))
    second = scene.order(limit(BACK, 3.0, 10))

    assert [0, 0, 0] == second.matched
    assert {} == _runner(scene).available_to_back
    assert {3.0: 10.0} == _runner(scene).available_to_lay


def test_a_bet_that_others_trade_with_adds_no_volume() -> None:
    """What traded anyway is in the feed's volume already."""
    scene = ExchangeScene(prices(1, atl=[(3.1, 10)], trd=[(3.1, 2)]))
    order = scene.order(limit(BACK, 3.1, 5))
    scene.show(prices(1, atl=[(3.1, 0)], trd=[(3.1, 32)]))

    assert [500, 500, 500] == order.matched
    assert ({3.1: 32.0}, {}) == (_runner(scene).traded, _runner(scene).available_to_lay)


def test_bets_at_the_starting_price_are_in_its_pool() -> None:
    """Backs stand at 1.01 or their limit, lays at 1000 or theirs, with what they may lose."""
    scene = ExchangeScene(prices(1, spl=[(1.01, 100)]), bspMarket=True)
    scene.order(market_on_close(BACK, 10))
    scene.order(limit_on_close(BACK, 4.0, 12))
    scene.order(market_on_close(LAY, 20))
    runner = _runner(scene)

    assert ({1.01: 110.0, 4.0: 12.0}, {1000.0: 20.0}) == (runner.back_stake_taken, runner.lay_liability_taken)


def test_nothing_of_bets_is_left_in_a_closed_market() -> None:
    """When a market closes, its book is what the feed says."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)], trd=[(3.0, 8)]))
    scene.order(limit(BACK, 3.0, 4))
    scene.order(limit(BACK, 5.0, 4))
    scene.show(prices(1, trd=[(3.0, 0)], atb=[(3.0, 0)]))
    scene.settle(1)
    runner = _runner(scene)

    assert ({}, {}, {}) == (runner.available_to_back, runner.available_to_lay, runner.traded)
    assert "CLOSED" == scene.exchange.books[MARKET].status


def test_who_sees_it_later_sees_bets_later() -> None:
    """The delayed books get what was published, when it is as old as they are."""
    scene = ExchangeScene(prices(1, atl=[(3.1, 10)]))
    scene.order(limit(BACK, 3.1, 5))
    scene.wait(60 * SECOND)

    runner = scene.exchange.delayed_books[MARKET].runner(1)
    assert runner is not None
    assert {3.1: 15.0} == runner.available_to_lay


def test_an_image_of_the_feed_has_bets_in_it() -> None:
    """When the feed begins a market anew, the bets stay in it."""
    scene = ExchangeScene(prices(1, atl=[(3.1, 10)]))
    scene.order(limit(BACK, 3.1, 5))
    heard = _published(scene)
    scene.image(prices(1, atl=[(3.2, 1)]))

    assert [True] == [change.img for change in heard]
    assert {3.2: 1.0, 3.1: 5.0} == _runner(scene).available_to_lay


def test_a_market_without_bets_is_published_as_it_is() -> None:
    """Where nobody bets the feed's changes go out as they came."""
    scene = ExchangeScene(prices(1, atl=[(3.1, 10)]))
    heard = _published(scene)
    scene.show(prices(1, atl=[(3.1, 2)]))

    assert [[(3.1, 2.0)]] == [runner.atl for change in heard for runner in change.rc or ()]
