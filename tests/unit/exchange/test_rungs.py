"""A runner's prices as a table."""

from betflow.exchange.prices import CLASSIC
from betflow.exchange.rungs import Rung, rungs
from betflow.exchange.snapshot import PriceSize
from observing import runner


def _rung(price: float, **facts: object) -> Rung:
    nothing = {"to_back": None, "to_lay": None, "traded": None}
    marks = {"is_best_back": False, "is_best_lay": False, "is_last": False}
    return Rung(price=price, **{**nothing, **marks, **facts})  # type: ignore[arg-type]  # by the names above


def test_rungs_from_the_highest_price_down() -> None:
    """Everything that is at a price stands beside it; the best prices and the last traded one are marked."""
    traded = (PriceSize(2.0, 5.5), PriceSize(3.0, 1.0))
    given = runner(
        1, [(2.0, 10.0), (1.5, 4.0)], [(2.02, 7.0), (50.0, 2.0)], traded=traded, last_price_traded=2.0
    )

    assert (
        _rung(50.0, to_lay=2.0),
        _rung(3.0, traded=1.0),
        _rung(2.02, to_lay=7.0, is_best_lay=True),
        _rung(2.0, to_back=10.0, traded=5.5, is_best_back=True, is_last=True),
        _rung(1.5, to_back=4.0),
    ) == rungs(given, CLASSIC)


def test_gap_between_the_best_prices_is_there() -> None:
    """Prices between the best two have a rung although nothing is there."""
    assert [2.06, 2.04, 2.02, 2.0] == [each.price for each in rungs(runner(1, 2.0, 2.06), CLASSIC)]


def test_depth_counts_prices_of_the_ladder() -> None:
    """Three down from the best to back and three up from the best to lay, whatever is at them."""
    shown = rungs(runner(1, [(2.0, 1.0), (1.5, 1.0)], 2.06), CLASSIC, depth=3)

    assert [2.1, 2.08, 2.06, 2.04, 2.02, 2.0, 1.99, 1.98] == [each.price for each in shown]


def test_depth_where_one_side_is_empty() -> None:
    """It counts from the price that there is; from the last traded one where nothing is offered."""
    assert [2.04, 2.02, 2.0, 1.99, 1.98] == [each.price for each in rungs(runner(1, 2.0), CLASSIC, depth=3)]
    only_traded = runner(1, last_price_traded=1000.0)
    assert [1000.0, 990.0] == [each.price for each in rungs(only_traded, CLASSIC, depth=2)]
    assert () == rungs(runner(1), CLASSIC, depth=3)


def test_prices_off_the_ladder_have_their_place() -> None:
    """What was traded at the price of a reduced bet stands where it belongs."""
    shown = rungs(runner(1, 2.0, 2.02, traded=(PriceSize(2.0137, 3.0),)), CLASSIC)

    assert [2.02, 2.0137, 2.0] == [each.price for each in shown]


def test_unknown_ladder() -> None:
    """Without one there are the prices at which something is, and no gap."""
    assert [2.06, 2.0] == [each.price for each in rungs(runner(1, 2.0, 2.06), None)]
