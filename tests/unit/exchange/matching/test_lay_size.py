"""The size of a lay at the starting price."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.exchange.assumptions import StartingPriceSize
from betflow.exchange.matching.starting_price import lay_size
from betflow.exchange.money import Rounding, round_profit


@pytest.mark.parametrize(
    ("expected", "liability", "bsp", "choice"),
    [
        (4_61, 10_00, "3.17", StartingPriceSize.NEAREST_WITHIN),
        (6_66, 20_00, "4", StartingPriceSize.NEAREST_WITHIN),
        (1, 10_00, "667", StartingPriceSize.NEAREST_WITHIN),
        (6_67, 20_00, "4", StartingPriceSize.NEAREST),
        (4_60, 10_00, "3.17", StartingPriceSize.DOWN),
    ],
)
def test_a_liability_is_divided_as_assumed(
    expected: int, liability: int, bsp: str, choice: StartingPriceSize
) -> None:
    """4.61 at 3.17 loses 10.00; 6.67 at 4 would lose 20.01, and 0.02 at 667 would lose 13.32."""
    assert expected == lay_size(liability, Decimal(bsp), choice)


@given(st.integers(1, 10**7), st.decimals("1.01", "1000", places=8))
def test_no_more_is_lost_than_the_liability(liability: int, bsp: Decimal) -> None:
    """To the penny, whatever the starting price."""
    size = lay_size(liability, bsp, StartingPriceSize.NEAREST_WITHIN)

    lost = round_profit(Fraction(size, 100) * (Fraction(bsp) - 1), Rounding.HALF_UP)
    assert lost * 100 <= liability
