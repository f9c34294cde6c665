"""Laws of the small exchange that made-up customers trade at."""

from hypothesis import given
from hypothesis import strategies as st

from betflow.sandbox.generator.orders import NO_OFFER, Order, RunnerOrders
from betflow.wire.enums import Side

_ARRIVALS = st.lists(
    st.tuples(
        st.sampled_from(["place", "match", "cancel"]),
        st.sampled_from([Side.BACK, Side.LAY]),
        st.integers(0, 12),
        st.integers(1, 500),
    ),
    max_size=60,
)


def _played(arrivals: list[tuple[str, Side, int, int]]) -> tuple[RunnerOrders, int, int]:
    """Let orders arrive; return the exchange, the pennies that came in, and those that left unmatched."""
    orders = RunnerOrders()
    resting: list[Order] = []
    came, left = 0, 0
    for what, side, tick, size in arrivals:
        if what == "cancel":
            if resting:
                cancelled = resting.pop(size % len(resting))
                left += cancelled.size
                orders.cancel(cancelled)
            continue
        came += size
        if what == "match":
            left += orders.match(side, tick, size)
        elif (order := orders.place(side, tick, size)) is not None:
            resting.append(order)
    return orders, came, left


@given(_ARRIVALS)
def test_no_penny_is_made_or_lost(arrivals: list[tuple[str, Side, int, int]]) -> None:
    """What came in is displayed, traded (one stake of each side) or gone."""
    orders, came, left = _played(arrivals)
    shown = sum(
        size for offers in (orders.available_to_back, orders.available_to_lay) for _, size in offers.ladder()
    )

    assert came == shown + orders.volume + left


@given(_ARRIVALS)
def test_no_two_that_would_match_wait(arrivals: list[tuple[str, Side, int, int]]) -> None:
    """The best price to back is always below the best price to lay."""
    orders, _, _ = _played(arrivals)
    back, lay = orders.available_to_back.best, orders.available_to_lay.best

    assert NO_OFFER in (back, lay) or back < -lay


@given(_ARRIVALS)
def test_a_level_is_the_sum_of_its_orders(arrivals: list[tuple[str, Side, int, int]]) -> None:
    """What is displayed at a price are the orders that wait there; the best is the best of them."""
    orders, _, _ = _played(arrivals)
    for offers in (orders.available_to_back, orders.available_to_lay):
        sums: dict[int, int] = {}
        for order in (each for level in offers._levels.values() for each in level.queue if each.size):
            sums[order.tick] = sums.get(order.tick, 0) + order.size

        assert sums == dict(offers.ladder())
        assert offers.best == max((tick * offers.sign for tick in sums), default=NO_OFFER)
