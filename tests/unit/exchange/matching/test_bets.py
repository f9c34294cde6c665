"""The matched parts of orders, as settlement takes them."""

from decimal import Decimal

from betflow.exchange.matching.bets import matched_bets, pounds
from betflow.exchange.matching.orders import Case
from scenes import BACK, LAY, Scene, limit, prices


def test_every_part_is_a_bet() -> None:
    """Each matched part has its price, size and moment, and the bet id and strategy of its order."""
    scene = Scene(prices(atb=[(3.0, 4)]), inPlay=True)
    order = scene.order(limit(BACK, 2.9), strategy="mine")
    scene.show(prices(atb=[(2.96, 1.25)]))

    bets = matched_bets(order)

    assert [("3.0", "4.00"), ("2.9", "1.25")] == [(str(bet.price), str(bet.size)) for bet in bets]
    assert {("1", "mine", True, BACK)} == {(bet.bet_id, bet.strategy, bet.in_play, bet.side) for bet in bets}
    assert [scene.now - 1, scene.now] == [bet.matched_at for bet in bets]


def test_a_case_has_its_own_bets() -> None:
    """A part that is matched in the best case only is a bet in no other."""
    scene = Scene(prices(atb=[(3.0, 20)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(atb=[(3.0, 40)]))
    scene.show(prices(atb=[(3.0, 20)]))
    scene.show(prices(trd=[(3.0, 8)]))

    assert [0, 0, 1] == [len(matched_bets(order, case)) for case in Case]


def test_pennies_are_exact() -> None:
    """Pounds have two decimals, always."""
    assert ["0.01", "1.00", "12345678901234.56"] == [str(pounds(each)) for each in (1, 100, 1234567890123456)]
    assert Decimal(0) == pounds(0)
