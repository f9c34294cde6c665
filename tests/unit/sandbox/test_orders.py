"""The small exchange of one runner: price and time."""

from betflow.sandbox.generator.orders import NO_OFFER, Order, RunnerOrders
from betflow.wire.enums import Side


def _placed(orders: RunnerOrders, side: Side, tick: int, size: int) -> Order:
    order = orders.place(side, tick, size)
    assert order is not None
    return order


def test_an_order_to_lay_is_available_to_back() -> None:
    """An order to lay that matches nothing is displayed where others can back it."""
    orders = RunnerOrders()
    orders.place(Side.LAY, 10, 500)

    assert 500 == orders.available_to_back.shown(10)
    assert 0 == orders.available_to_lay.shown(10)


def test_the_best_price_is_matched_first() -> None:
    """A back that takes two prices gets the higher one first."""
    orders = RunnerOrders()
    orders.place(Side.LAY, 10, 100)
    orders.place(Side.LAY, 12, 100)

    assert 0 == orders.match(Side.BACK, 10, 150)
    assert {12: 200, 10: 100} == orders.traded
    assert 50 == orders.available_to_back.shown(10)


def test_who_came_first_is_matched_first() -> None:
    """Of two orders at a price the earlier is matched, the later waits."""
    orders = RunnerOrders()
    first, second = _placed(orders, Side.BACK, 20, 100), _placed(orders, Side.BACK, 20, 100)
    orders.match(Side.LAY, 20, 130)

    assert (0, 70) == (first.size, second.size)


def test_a_limit_is_kept() -> None:
    """A back at tick 12 takes nothing at tick 11, and all of it is left."""
    orders = RunnerOrders()
    orders.place(Side.LAY, 11, 100)

    assert 100 == orders.match(Side.BACK, 12, 100)
    assert {} == orders.traded


def test_what_is_not_matched_rests() -> None:
    """The rest of an order that was matched in part is displayed at its price on the other side."""
    orders = RunnerOrders()
    orders.place(Side.LAY, 12, 100)
    orders.place(Side.BACK, 12, 250)

    assert 150 == orders.available_to_lay.shown(12)
    assert NO_OFFER == orders.available_to_back.best


def test_both_stakes_count_as_traded() -> None:
    """A match of 1.00 is a volume of 2.00."""
    orders = RunnerOrders()
    orders.place(Side.LAY, 12, 100)
    orders.match(Side.BACK, 12, 100)

    assert 200 == orders.volume
    assert 12 == orders.last_tick


def test_a_cancelled_order_is_not_matched() -> None:
    """The queue passes over an order that was cancelled in front of another."""
    orders = RunnerOrders()
    first, second = _placed(orders, Side.LAY, 12, 100), _placed(orders, Side.LAY, 12, 100)
    orders.cancel(first)
    left = orders.match(Side.BACK, 12, 150)

    assert 50 == left
    assert 0 == second.size


def test_cancelling_the_best_shows_the_next_best() -> None:
    """Once the only order at the best price is gone, the next price is the best."""
    orders = RunnerOrders()
    orders.place(Side.BACK, 22, 100)
    orders.cancel(_placed(orders, Side.BACK, 20, 100))

    assert [22] == orders.available_to_lay.best_ticks(3)


def test_cancelling_what_is_gone_changes_nothing() -> None:
    """An order that was matched in full can be cancelled without effect."""
    orders = RunnerOrders()
    order = _placed(orders, Side.BACK, 20, 100)
    orders.match(Side.LAY, 20, 100)
    orders.available_to_lay.changed.clear()
    orders.cancel(order)

    assert {} == orders.available_to_lay.changed


def test_a_new_order_behind_cancelled_ones_is_matched() -> None:
    """A price whose orders were all cancelled is offered again by the next order there."""
    orders = RunnerOrders()
    orders.cancel(_placed(orders, Side.LAY, 12, 100))
    orders.place(Side.LAY, 12, 70)

    assert 0 == orders.match(Side.BACK, 12, 70)


def test_volumes_are_forgotten_at_settlement() -> None:
    """Once trades are forgotten every price that traded counts as changed, to nothing."""
    orders = RunnerOrders()
    orders.place(Side.LAY, 12, 100)
    orders.match(Side.BACK, 12, 100)
    orders.forget_trades()

    assert ({}, 0, {12: None}) == (orders.traded, orders.volume, orders.changed_trades)
