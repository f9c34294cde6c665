"""How much an arriving order takes of each offer: the documented examples, and their edges."""

from fractions import Fraction

import pytest

from betflow.exchange.matching.plans import Offers, aim, fill_or_kill, take_up_to
from betflow.exchange.money import Rounding
from betflow.wire.enums import BetTargetType, Side

BACK, LAY = Side.BACK, Side.LAY


def _offers(*offers: tuple[str, int]) -> Offers:
    return [(Fraction(price), pennies) for price, pennies in offers]


def _kill(offers: Offers, size: int, limit: str, *, least: int | None = None, side: Side = BACK) -> list[int]:
    minimum = size if least is None else least
    return fill_or_kill(offers, size, minimum=minimum, side=side, limit=Fraction(limit), on_average=True)


_LADDER = _offers(("5.5", 2_00), ("5.4", 6_00), ("5.3", 50_00), ("5.2", 50_00))


@pytest.mark.parametrize(
    ("taken", "size"), [([2_00, 6_00, 0], 8_00), ([1_99, 0, 0], 1_99), ([2_00, 6_00, 9_00], 17_01)]
)
def test_take_the_best_first(taken: list[int], size: int) -> None:
    """What is better is taken first, until nothing is left on either side."""
    offers = _offers(("5.5", 2_00), ("5.4", 6_00), ("5.3", 9_00))

    assert taken == take_up_to(offers, size)


def test_the_documented_average() -> None:
    """A back of 10 at 5.4 takes 2 at 5.5, 6 at 5.4 and 2 at 5.3 (placeOrders, fill or kill)."""
    assert [2_00, 6_00, 2_00, 0] == _kill(_LADDER, 10_00, "5.4")


def test_one_penny_more_would_miss_the_average() -> None:
    """10.01 cannot be had at 5.4 on average, so nothing is taken."""
    assert [0, 0, 0, 0] == _kill(_LADDER, 10_01, "5.4")


def test_with_a_minimum_the_most_that_keeps_the_average_is_taken() -> None:
    """Of 20 at 5.4 with a minimum of 10 the 10 are taken that average 5.4."""
    assert [2_00, 6_00, 2_00, 0] == _kill(_LADDER, 20_00, "5.4", least=10_00)


def test_below_the_minimum_nothing_is_taken() -> None:
    """With a minimum of 10.01 the 10 that can be had are left alone."""
    assert [0, 0, 0, 0] == _kill(_LADDER, 20_00, "5.4", least=10_01)


def test_a_lay_pays_no_more_on_average() -> None:
    """A lay of 10 at 3.0 takes 4 at 2.9 and 6 at 3.05, and 8 at the most: 0.40 gained."""
    assert [4_00, 6_00] == _kill(_offers(("2.9", 4_00), ("3.05", 20_00)), 10_00, "3", side=LAY)
    assert [4_00, 8_00] == _kill(_offers(("2.9", 4_00), ("3.05", 20_00)), 12_00, "3", side=LAY)
    assert [0, 0] == _kill(_offers(("2.9", 4_00), ("3.05", 20_00)), 12_01, "3", side=LAY)


def test_in_line_markets_every_part_keeps_the_limit() -> None:
    """Without the average only 8 of 10 can be had at 5.4 or better (placeOrders: not on LINE markets)."""
    plan = fill_or_kill(_LADDER, 10_00, minimum=1_00, side=BACK, limit=Fraction("5.4"), on_average=False)

    assert [2_00, 6_00, 0, 0] == plan


@pytest.mark.parametrize(
    ("expected", "offers", "target", "kind", "limit"),
    [
        (([37], 0), [("6.4", 10_00)], 2_00, BetTargetType.BACKERS_PROFIT, "2"),
        (([2_38], 0), [("4.2", 10_00)], 10_00, BetTargetType.PAYOUT, "10"),
        (([], 2_00), [], 2_00, BetTargetType.BACKERS_PROFIT, "2"),
        (([], 1_00), [], 10_00, BetTargetType.PAYOUT, "10"),
        (([1_00], 3_00), [("4", 1_00)], 10_00, BetTargetType.PAYOUT, "2"),
        (([1_00], 7_00), [("4", 1_00)], 10_00, BetTargetType.BACKERS_PROFIT, "2"),
    ],
)
def test_bet_targets(
    expected: tuple[list[int], int],
    offers: list[tuple[str, int]],
    target: int,
    kind: BetTargetType,
    limit: str,
) -> None:
    """2 of profit is 0.37 at 6.4, 10 of payout 2.38 at 4.2 (placeOrders); the rest is at the limit."""
    plan = aim(_offers(*offers), target, target_type=kind, limit=Fraction(limit), rounding=Rounding.HALF_UP)

    assert expected == plan
