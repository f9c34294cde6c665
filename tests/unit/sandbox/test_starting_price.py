"""Where stakes and liabilities meet."""

from math import inf, isnan

import pytest

from betflow.sandbox.generator.starting_price import Meeting, Pool, meeting

ANY_BACK, ANY_LAY = 1.01, 1000.0


@pytest.mark.parametrize(
    ("stake", "liability", "price"), [(1000_00, 6000_00, 7.0), (6000_00, 1000_00, 7 / 6)]
)
def test_the_examples_of_the_specification(stake: int, liability: int, price: float) -> None:
    """£1,000 of stakes and £6,000 of liabilities meet at 7.0; the other way round, at 1.17."""
    met = meeting([(ANY_BACK, stake)], [(ANY_LAY, liability)])

    assert price == pytest.approx(met.price)
    assert (stake, liability) == (met.stake, met.liability)


def test_nothing_meets_at_no_price() -> None:
    """Where nobody bets the price is NaN."""
    assert isnan(meeting([], []).price)


def test_backers_alone_meet_at_1() -> None:
    """Where nobody lays the price is 1.0, and nothing is matched."""
    assert Meeting(1.0, 0, 0) == meeting([(ANY_BACK, 100)], [])


def test_layers_alone_meet_at_no_end() -> None:
    """Where nobody backs the price is infinite."""
    assert Meeting(inf, 0, 0) == meeting([], [(ANY_LAY, 100)])


def test_a_backer_whose_limit_is_above_does_not_count() -> None:
    """A backer at 8.0 or more leaves a price of 7.0 as it is."""
    assert Meeting(7.0, 100_00, 600_00) == meeting([(ANY_BACK, 100_00), (8.0, 500_00)], [(ANY_LAY, 600_00)])


def test_a_layer_whose_limit_is_below_does_not_count() -> None:
    """A layer at 6.0 or less leaves a price of 7.0 as it is."""
    assert Meeting(7.0, 100_00, 600_00) == meeting([(ANY_BACK, 100_00)], [(ANY_LAY, 600_00), (6.0, 500_00)])


def test_a_backer_who_would_move_the_price_below_its_limit_is_matched_in_part() -> None:
    """A backer at 5.0 or more with more than the layers want at 5.0 makes 5.0 the price."""
    assert Meeting(5.0, 150_00, 600_00) == meeting([(ANY_BACK, 100_00), (5.0, 500_00)], [(ANY_LAY, 600_00)])


def test_a_layer_who_would_move_the_price_above_its_limit_is_matched_in_part() -> None:
    """A layer at 9.0 or less with more than the backers want at 9.0 makes 9.0 the price."""
    assert Meeting(9.0, 100_00, 800_00) == meeting([(ANY_BACK, 100_00)], [(ANY_LAY, 600_00), (9.0, 900_00)])


def test_limits_that_do_not_meet_match_nothing() -> None:
    """A backer from 5.0 up and a layer up to 3.0 are not matched."""
    met = meeting([(5.0, 100)], [(3.0, 100)])

    assert (0, 0) == (met.stake, met.liability)


def test_liabilities_are_reduced_and_stakes_are_not() -> None:
    """Half of each liability is left, to the penny, and all of the stakes."""
    pool = Pool()
    pool.back(0, 100)
    pool.lay(2, 300)
    pool.reduce(lambda liability: liability / 2)

    assert ({0: 100}, {2: 150}) == (pool.stakes, pool.liabilities)


def test_a_pool_adds_up_by_limit() -> None:
    """Two backers and a layer are told by their limits."""
    pool = Pool()
    pool.back(0, 100)
    pool.back(0, 50)
    pool.lay(2, 300)

    assert ([(1.01, 150)], [(1000.0, 300)]) == pool.bids([1.01, 500.0, 1000.0])
