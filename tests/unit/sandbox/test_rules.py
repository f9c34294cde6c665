"""What counts towards Betfair's limits."""

from contextlib import ExitStack

import pytest

from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.rules import Rate, Rules, Throttle, Transactions


def test_a_rate_counts_back_from_now() -> None:
    """What is as old as the while is over does not count any more."""
    rate = Rate(2, within_ms=1000)
    assert [True, True, False] == [rate.take(0), rate.take(400), rate.take(999)]
    assert [True, False, True] == [rate.take(1000), rate.take(1399), rate.take(1400)]


def test_a_rate_takes_several_at_once_or_none_of_them() -> None:
    """What was refused does not count."""
    rate = Rate(10, within_ms=1000)
    assert [True, False, True] == [rate.take(0, 8), rate.take(0, 3), rate.take(0, 2)]


def test_a_market_is_asked_for_five_times_a_second() -> None:
    """Other markets are no matter."""
    throttle = Throttle(Rules())
    for _ in range(5):
        throttle.books(["1.1", "1.1"], 0)
    with pytest.raises(ServiceRefusal, match="TOO_MANY_REQUESTS"):
        throttle.books(["1.1"], 999)
    throttle.books(["1.2"], 999)
    throttle.books(["1.1"], 1000)


def test_three_queries_about_orders_may_be_under_way() -> None:
    """Those of another group do not count, and each gives its place back, whatever becomes of it."""
    throttle = Throttle(Rules())
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(throttle.query("current"))
        with pytest.raises(ServiceRefusal, match="TOO_MANY_REQUESTS"):
            stack.enter_context(throttle.query("current"))
        stack.enter_context(throttle.query("cleared"))
    with throttle.query("current"):
        pass


def test_a_thousand_instructions_a_second_change_orders() -> None:
    """Counted over calls."""
    throttle = Throttle(Rules())
    for _ in range(5):
        throttle.instructions(200, 0)
    with pytest.raises(ServiceRefusal, match="TOO_MANY_REQUESTS"):
        throttle.instructions(1, 500)


def test_transactions_are_counted_from_one_full_hour_to_the_next() -> None:
    """The most of any hour is remembered."""
    hour = 3_600_000
    transactions = Transactions()
    for number, now in [(3, 5 * hour - 1), (2, 5 * hour), (5, 6 * hour - 1), (1, 6 * hour)]:
        transactions.count(number, now)
    assert (1, 7) == (transactions.this_hour, transactions.most)
