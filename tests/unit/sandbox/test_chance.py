"""Random numbers that are the same everywhere."""

import pytest

from betflow.sandbox.generator.chance import Chance


def test_a_path_names_one_stream_for_ever() -> None:
    """The first numbers of a stream are the same in every Python and on every machine."""
    chance = Chance("seed", 7)

    assert [0.7725797660718124, 0.6365362794257382] == [chance.uniform(), chance.uniform()]


def test_a_part_does_not_depend_on_what_was_drawn_before() -> None:
    """The stream of a part is the same whether or not the whole has drawn numbers."""
    fresh, used = Chance(1), Chance(1)
    used.uniform()

    assert fresh.stream("race", 3).uniform() == used.stream("race", 3).uniform()


def test_two_paths_are_two_streams() -> None:
    """Another number in the path gives other numbers."""
    assert Chance(1, 2).uniform() != Chance(1, 3).uniform()


def test_exponential_numbers_have_the_mean_1() -> None:
    """20,000 waiting times have the mean 1, within a standard error or four."""
    chance = Chance("mean")

    assert 1.0 == pytest.approx(sum(chance.exponential() for _ in range(20_000)) / 20_000, abs=0.03)


def test_exponential_numbers_end_at_8() -> None:
    """No waiting time is negative or longer than 8 means."""
    chance = Chance("ends")
    drawn = [chance.exponential() for _ in range(20_000)]

    assert 0 <= min(drawn)
    assert max(drawn) <= 8


def test_weights_decide_how_often_a_place_is_drawn() -> None:
    """Weights 1, 0 and 3 are drawn a quarter, none and three quarters of the time."""
    chance = Chance("weights")
    drawn = [chance.weighted([1, 0, 3]) for _ in range(8_000)]

    assert 0 == drawn.count(1)
    assert 0.25 == pytest.approx(drawn.count(0) / len(drawn), abs=0.02)


@pytest.mark.parametrize("weights", [[], [0.0, 0.0]])
def test_nothing_can_be_drawn_without_a_weight(weights: list[float]) -> None:
    """Where no weight is above 0 there is an error that says so."""
    with pytest.raises(ValueError, match="nothing can be drawn"):
        Chance(1).weighted(weights)


def test_several_are_drawn_without_repetition() -> None:
    """All of some things in random order are the same things."""
    assert [1, 2, 3, 4] == sorted(Chance(1).some_of([1, 2, 3, 4], 4))


def test_more_than_there_are_cannot_be_drawn() -> None:
    """Three of two things is an error that says both numbers."""
    with pytest.raises(ValueError, match="3 cannot be drawn from 2"):
        Chance(1).some_of([1, 2], 3)


def test_whole_numbers_include_both_ends() -> None:
    """Between 1 and 3 there are 1, 2 and 3."""
    chance = Chance("whole")

    assert {1, 2, 3} == {chance.integer(1, 3) for _ in range(200)}
