"""listMarketProfitAndLoss: what each result of a market would bring."""

from typing import Any

from betflow.wire.positions import ListMarketProfitAndLoss, MarketProfitAndLoss, RunnerProfitAndLoss
from changes import MARKET
from exchange_scenes import ACCOUNT, ExchangeScene
from scenes import BACK, LAY, limit, market_on_close, prices


def _answer(scene: ExchangeScene, **fields: Any) -> tuple[MarketProfitAndLoss, ...]:  # noqa: ANN401 - of the request
    return scene.exchange.profit_and_loss(
        ACCOUNT, ListMarketProfitAndLoss(market_ids=(MARKET, "1.9"), **fields)
    )


def _lines(scene: ExchangeScene, **fields: Any) -> list[tuple[float | None, ...]]:  # noqa: ANN401 - of the request
    (market,) = _answer(scene, **fields)
    return [(each.if_win, each.if_lose, each.if_place) for each in market.profit_and_losses or ()]


def test_each_runner_says_what_its_win_brings() -> None:
    """Where one runner wins, all other bets lose with it; an unknown market is left out."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)]), prices(2, atl=[(4.0, 10)]))
    scene.order(limit(BACK, 3.0, 4))
    scene.order(limit(LAY, 4.0, 2, runner=2))

    assert (
        MarketProfitAndLoss(
            market_id=MARKET,
            profit_and_losses=(
                RunnerProfitAndLoss(selection_id=1, if_win=10.0),
                RunnerProfitAndLoss(selection_id=2, if_win=-10.0),
            ),
        ),
    ) == _answer(scene)


def test_what_is_settled_is_what_was_said() -> None:
    """The profit that was foretold is what is booked, commission included."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)]), marketBaseRate=5.0)
    scene.order(limit(BACK, 3.0, 4))
    foretold = _lines(scene, net_of_commission=True)
    scene.settle(1)

    assert (7.6, None, None) == foretold[0]
    assert 10_007.6 == scene.exchange.funds(ACCOUNT).available_to_bet_balance


def test_the_commission_is_named() -> None:
    """With commission taken off, the answer has the rate in per cent."""
    assert [5.0] == [
        each.commission_applied for each in _answer(ExchangeScene(marketBaseRate=5.0), net_of_commission=True)
    ]


def test_with_several_winners_each_runner_stands_alone() -> None:
    """In a place market a runner's bets say what they bring if it wins and if it loses."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)]), numberOfWinners=2, runners=[1, 2, 3])
    scene.order(limit(BACK, 3.0, 4))

    assert [(8.0, -4.0, None), (0.0, 0.0, None), (0.0, 0.0, None)] == _lines(scene)


def test_an_each_way_bet_has_three_ends() -> None:
    """It wins both parts, only the place part at a fraction of the odds, or loses both."""
    scene = ExchangeScene(
        prices(1, atb=[(5.0, 10)]),
        marketType="EACH_WAY",
        eachWayDivisor=4.0,
        numberOfWinners=2,
        runners=[1, 2, 3],
    )
    scene.order(limit(BACK, 5.0, 2))

    assert (10.0, -4.0, 0.0) == _lines(scene)[0]


def test_a_bet_at_the_starting_price_counts_on_request() -> None:
    """Before there is a starting price it counts with what it loses."""
    scene = ExchangeScene(bspMarket=True)
    scene.order(market_on_close(LAY, 20.0))
    scene.order(market_on_close(BACK, 5.0, runner=2))

    assert [(0.0, None, None), (0.0, None, None)] == _lines(scene)
    assert [(-25.0, None, None), (0.0, None, None)] == _lines(scene, include_bsp_bets=True)


def test_removed_runners_and_closed_markets_are_left_out() -> None:
    """A runner that is removed cannot win, and a market that is not open has no answer."""
    scene = ExchangeScene(runners=[1, 2, 3])
    scene.remove(3, 20.0)
    lines = len(_lines(scene))
    scene.settle(1)

    assert (2, ()) == (lines, _answer(scene))
