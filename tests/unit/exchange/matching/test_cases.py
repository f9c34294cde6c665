"""Where worst, expected and best are not in order: the smallest courses, each with what is right about it."""

from typing import Any

from betflow.wire.enums import PersistenceType, TimeInForce
from scenes import BACK, LAY, OWN_MATCHED, Scene, limit, prices


def _in_doubt(size: float = 2, **fields: Any) -> Scene:  # noqa: ANN401 - fields of a LimitOrder
    """Return a market with a lay at 3.0 of which the cases match nothing, a third and nine tenths."""
    scene = Scene(prices(atb=[(3.0, 8)]), assumptions=OWN_MATCHED, bspMarket=True)
    scene.order(limit(LAY, 3.0, size, **fields))
    scene.show(prices(trd=[(3.0, 10.02)]))
    scene.show(prices(atb=[(3.0, 3)]))
    scene.show(prices(trd=[(3.0, 13.62)]))
    return scene


def test_a_replacement_is_for_what_was_left() -> None:
    """In the worst case more is left to be placed again, and may be matched then."""
    scene = _in_doubt()
    scene.replace(("1", 2.98))
    scene.show(prices(trd=[(2.98, 40)]))
    old, new = scene.venue.orders.values()

    assert old.matched == sorted(old.matched)
    assert new.matched == sorted(new.matched, reverse=True)
    assert [2_00] * 3 == [sum(each) for each in zip(old.matched, new.matched, strict=True)]


def test_an_own_order_is_there_only_where_it_is_unmatched() -> None:
    """A back meets our own lay, which in the best case was matched before."""
    scene = _in_doubt()
    lay = scene.venue.orders["1"]
    before = list(lay.matched)
    scene.show(prices(atb=[(3.0, 0)]))

    back = scene.order(limit(BACK, 3.0, 2))

    assert [2_00 - each for each in before] == back.matched
    assert back.matched != sorted(back.matched)


def test_a_lay_at_the_starting_price_gets_what_its_liability_pays_for() -> None:
    """What was unmatched at 3.0 is half as much at a BSP of 5, so the best case may end with less."""
    scene = _in_doubt(20, persistence_type=PersistenceType.MARKET_ON_CLOSE)
    order = scene.venue.orders["1"]
    before = list(order.matched)
    scene.reconcile(r1=5.0)

    assert [each + (20_00 - each) // 2 for each in before] == order.matched


def test_fill_or_kill_may_be_killed_in_one_case() -> None:
    """A FILL_OR_KILL lay finds in the best case what our waiting lay took in the worst."""
    scene = _in_doubt()
    scene.show(prices(atl=[(2.98, 2)]))

    order = scene.order(limit(LAY, 3.0, 2, time_in_force=TimeInForce.FILL_OR_KILL, min_fill_size=1))

    taken = [2_00 - each for each in (2_00, 1_33, 20)]
    assert [each if each >= 1_00 else 0 for each in taken] == order.matched
