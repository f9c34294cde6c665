"""Traded volumes in hundredths."""

from decimal import Decimal
from fractions import Fraction

import pytest
from msgspec.structs import replace

from betflow.exchange.volumes import (
    Volumes,
    fold_volumes,
    hundredths,
    is_revaluation,
    is_wobble,
    one_sided,
    only_deletes,
    rounded,
    since,
    weighted_average_price,
    without_impossible,
)
from betflow.wire.stream import RunnerChange
from changes import change


def _runner(*traded: tuple[float, float]) -> RunnerChange:
    return RunnerChange(id=1, trd=list(traded))


TRADED = replace(change(), rc=[_runner((2.0, 5.0)), _runner((3.0, 0.0))])


def test_hundredths_are_exact() -> None:
    """2.3 in binary is less than 2.3; it is still 230 hundredths."""
    assert [230, 115, 29, 1234567890123] == [hundredths(size) for size in (2.3, 1.15, 0.29, 12345678901.23)]


@pytest.mark.parametrize(
    ("price", "size"),
    [(2, float("nan")), (2, float("inf")), (2, -0.01), (2, 1e300), (0, 1), (-1, 0), (float("nan"), 1)],
)
def test_volume_that_cannot_be_is_taken_out(price: float, size: float) -> None:
    """Only what cannot be is taken out of a change, and counted."""
    damaged = replace(TRADED, rc=[_runner((2.0, 5.0), (price, size)), _runner((3.0, 0.0))])

    cleaned, count = without_impossible(damaged)

    assert (TRADED, 1) == (cleaned, count)


def test_total_that_cannot_be_is_taken_out() -> None:
    """A negative total of the market is not published, as far as sums go."""
    assert (TRADED, 1) == without_impossible(replace(TRADED, tv=-1.0))


def test_sound_change_stays_the_same() -> None:
    """A change with nothing to take out is not copied."""
    assert TRADED is without_impossible(TRADED)[0]
    assert change() == without_impossible(change())[0]


def test_ladder_of_nothing_that_can_be_does_not_take_all_away() -> None:
    """An empty list means that all volumes are gone; a list of damage does not become one."""
    cleaned, _ = without_impossible(replace(TRADED, rc=[_runner((2.0, -1.0))]))

    assert cleaned.rc is not None
    assert cleaned.rc[0].trd is None


def test_volume_is_absolute_and_zero_takes_away() -> None:
    """An entry is the whole volume at its price; 0 deletes, also what is not there."""
    volumes: Volumes = {2.0: 100}

    fold_volumes(volumes, [(2.0, 3.5), (2.1, 1.0), (2.2, 0.0), (2.1, 0.0)])

    assert {2.0: 350} == volumes


@pytest.mark.parametrize(
    ("traded", "deletes"), [([], True), ([(2.0, 0.0)], True), ([(2.0, 0.0), (2.1, 0.01)], False)]
)
def test_change_that_only_takes_away(traded: list[tuple[float, float]], deletes: bool) -> None:  # noqa: FBT001 - expected
    """An empty list and one of zeros take away; any size brings something."""
    assert deletes == only_deletes(traded)


@pytest.mark.parametrize(
    ("before", "volume", "wobbles"),
    [
        (1000, 1002, True),
        (1000, 998, True),
        (1000, 1003, True),
        (1000, 1004, False),
        (100, 102, True),
        (100, 103, False),
        (100, 100, False),
        (0, 1, False),
        (100, 0, False),
    ],
)
def test_wobble_is_a_small_move(before: int, volume: int, wobbles: bool) -> None:  # noqa: FBT001 - expected
    """Up to 0.3 %, or 0.02, up or down, is a wobble; the first volume at a price never is."""
    assert wobbles == is_wobble(volume, before)


@pytest.mark.parametrize(
    ("moves", "prices", "revalued"),
    [
        ([(5001, 5000), (6999, 7000), (9002, 9000)], 3, True),
        ([(5001, 5000), (6999, 7000), (9002, 9000), (9999, 1)], 27, True),
        ([(5001, 5000), (6999, 7000)], 2, False),
        ([(5001, 5000), (6999, 7000), (9002, 9000)], 28, False),
        ([(5001, 5000), (6999, 7000), (9002, 9000), (2, 0), (3, 0), (4, 0)], 3, False),
        ([(5001, 5000), (6999, 7000), (9002, 9000), (80, 80), (90, 90), (70, 70)], 6, True),
        ([], 0, False),
    ],
)
def test_revaluation_moves_many_prices_a_little(
    moves: list[tuple[int, int]],
    prices: int,
    revalued: bool,  # noqa: FBT001 - expected
) -> None:
    """At least three prices, most of those that move, and 11 % of those with volume have to wobble."""
    assert revalued == is_revaluation(moves, [range(prices)], 2)


def test_one_bet_that_sweeps_prices_of_one_runner_is_no_revaluation() -> None:
    """What is only added to one runner was traded, however small it is beside what was traded before."""
    assert not is_revaluation(
        [(1_971_741, 1_970_000), (2_685_158, 2_684_000), (1_311_541, 1_311_000)], [range(16)], 1
    )


def test_since_is_never_negative() -> None:
    """A price whose volume fell has traded nothing since."""
    assert {2.0: 50, 2.2: 7} == since({2.0: 150, 2.1: 99, 2.2: 7, 2.3: 5}, {2.0: 100, 2.1: 100, 2.3: 5})


@pytest.mark.parametrize(("volume", "text"), [(0, "0.00"), (1, "0.005"), (2, "0.01"), (24689, "123.445")])
def test_half_a_hundredth_is_kept(volume: int, text: str) -> None:
    """Half of an odd number of hundredths has three decimals."""
    assert text == str(one_sided(volume))


def test_average_is_rounded_once() -> None:
    """1 at 2 and 2 at 3 are 2.666667 on average; nothing has no average."""
    assert Decimal("2.666667") == weighted_average_price({2.0: 1, 3.0: 2})
    assert weighted_average_price({}) is None


def test_half_goes_to_the_even_digit() -> None:
    """Rounding is half to even."""
    halves = [Fraction(5, 100), Fraction(15, 100)]

    assert ["0.0", "0.2"] == [str(rounded(half, 1)) for half in halves]
