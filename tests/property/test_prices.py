"""The laws of price ladders."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.exchange.prices import CLASSIC, FINEST, Ladder, PriceError

_LINES = st.builds(
    lambda low, count, step, decimals: Ladder.line_range(
        Decimal(low).scaleb(-decimals),
        Decimal(low + count * step).scaleb(-decimals),
        Decimal(step).scaleb(-decimals),
    ),
    st.integers(-1000, 1000),
    st.integers(0, 500),
    st.integers(1, 250),
    st.integers(0, 2),
)
_LADDERS = st.one_of(st.just(CLASSIC), st.just(FINEST), _LINES)
_FLOATS = st.floats(-2000, 2000).filter(lambda number: number == 0 or abs(number) > 1e-20)
_NUMBERS = st.decimals(Decimal(-2000), Decimal(2000), places=4) | _FLOATS


@st.composite
def _ladder_and_indices(draw: st.DrawFn, count: int) -> tuple[Ladder, list[int]]:
    ladder = draw(_LADDERS)
    return ladder, draw(st.lists(st.integers(0, len(ladder) - 1), min_size=count, max_size=count))


@given(_ladder_and_indices(1))
def test_index_undoes_price(case: tuple[Ladder, list[int]]) -> None:
    """The price at an index has that index, and is on the ladder."""
    ladder, (index,) = case

    assert index == ladder.index(ladder.price(index))
    assert ladder.price(index) in ladder


@given(_ladder_and_indices(2))
def test_prices_rise_with_their_index(case: tuple[Ladder, list[int]]) -> None:
    """Of two prices, the one with the higher index is higher."""
    ladder, (one, other) = case

    assert (one < other) == (ladder.price(one) < ladder.price(other))


@given(_ladder_and_indices(1))
def test_a_price_is_the_same_in_every_form(case: tuple[Ladder, list[int]]) -> None:
    """As text, as a float or with trailing zeros, a price has the same index."""
    ladder, (index,) = case
    price = ladder.price(index)

    forms = (str(price), f"{price:.4f}", float(price), price.quantize(Decimal("0.0001")))
    assert {index} == {ladder.index(form) for form in forms}


@given(_ladder_and_indices(2))
def test_moving_back_returns(case: tuple[Ladder, list[int]]) -> None:
    """Moved by ticks and back, a price is where it was; the ticks between are those it was moved."""
    ladder, (start, end) = case
    price, ticks = ladder.price(start), end - start

    moved = ladder.move(price, ticks)

    assert ladder.price(end) == moved
    assert ticks == ladder.ticks_between(price, moved)
    assert price == ladder.move(moved, -ticks)


@given(_ladder_and_indices(3))
def test_ticks_add_up(case: tuple[Ladder, list[int]]) -> None:
    """From a to b and from b to c is as many ticks as from a to c."""
    ladder, indices = case
    first, second, third = map(ladder.price, indices)

    assert ladder.ticks_between(first, third) == ladder.ticks_between(first, second) + ladder.ticks_between(
        second, third
    )


@given(_LADDERS, _NUMBERS)
def test_neighbours_enclose_a_number(ladder: Ladder, number: Decimal | float) -> None:
    """The prices at or below and at or above enclose a number, with none between; one is the nearest."""
    exact = Decimal(repr(number)) if isinstance(number, float) else number
    lowest, highest = ladder.lowest, ladder.highest
    if exact < lowest:
        assert lowest == ladder.nearest(number) == ladder.at_or_above(number)
        with pytest.raises(PriceError, match="begins at"):
            ladder.at_or_below(number)
    elif exact > highest:
        assert highest == ladder.nearest(number) == ladder.at_or_below(number)
        with pytest.raises(PriceError, match="ends at"):
            ladder.at_or_above(number)
    else:
        below, above = ladder.at_or_below(number), ladder.at_or_above(number)
        assert below <= exact <= above
        assert (0 if ladder.is_on(number) else 1) == ladder.ticks_between(below, above)
        assert ladder.nearest(number) == (below if exact - below <= above - exact else above)


@pytest.mark.parametrize("ladder", [CLASSIC, FINEST, Ladder.line_range(0, 10, 0.1)])
def test_iteration_gives_every_price_once_rising(ladder: Ladder) -> None:
    """A ladder iterates over all of its prices, the lowest first."""
    prices = list(ladder)

    assert len(ladder) == len(prices)
    assert all(below < above for below, above in pairwise(prices))
