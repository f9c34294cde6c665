"""Price ladders."""

from decimal import Decimal

import msgspec
import pytest

from betflow.exchange.prices import CLASSIC, FINEST, Ladder, Price, PriceError
from betflow.wire.stream import MarketDefinition
from changes import defined


def _definition(**fields: object) -> MarketDefinition:
    return msgspec.convert(defined(**fields), MarketDefinition)


def test_classic_has_350_prices_in_ten_bands() -> None:
    """The CLASSIC ladder has 350 prices, as many in each band as Betfair's table says."""
    ends = [2, 3, 4, 6, 10, 20, 30, 50, 100]

    counts = [CLASSIC.index(end) for end in ends] + [len(CLASSIC)]

    assert [99, 149, 169, 189, 209, 229, 239, 249, 259, 350] == counts


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("1.01", "1.02"),
        ("1.99", "2"),
        ("2", "2.02"),
        ("2.98", "3"),
        ("3", "3.05"),
        ("4", "4.1"),
        ("6", "6.2"),
        ("9.8", "10"),
        ("10", "10.5"),
        ("20", "21"),
        ("30", "32"),
        ("50", "55"),
        ("95", "100"),
        ("100", "110"),
        ("990", "1000"),
    ],
)
def test_neighbours_on_classic_are_one_tick_apart(low: str, high: str) -> None:
    """Next to each other on the CLASSIC ladder is one tick, over the edges of the bands too."""
    assert Decimal(high) == CLASSIC.move(low, 1)
    assert Decimal(low) == CLASSIC.move(high, -1)


def test_finest_has_every_hundredth() -> None:
    """The FINEST ladder has every hundredth from 1.01 to 1000."""
    assert 99_900 == len(FINEST)
    assert (Decimal("1.01"), Decimal(1000)) == (FINEST.lowest, FINEST.highest)
    assert FINEST.is_on(2.03)


def test_lines_by_a_tenth_are_all_there() -> None:
    """A line range from 0 to 10 by 0.1 has all 101 lines, whatever binary fractions make of 0.1."""
    lines = Ladder.line_range(0.0, 10.0, 0.1)

    assert 101 == len(lines)
    assert list(range(101)) == [lines.index(tenths / 10) for tenths in range(101)]


def test_lines_end_at_the_last_whole_interval() -> None:
    """A maximum between two lines is no line; the one below is the last."""
    assert [Decimal("-0.5"), Decimal(1), Decimal("2.5")] == list(Ladder.line_range("-0.5", "3.9", 1.5))


@pytest.mark.parametrize(("low", "high", "step"), [(0, 10, 0), (0, 10, -1), (10, 0, 1)])
def test_line_range_that_is_none_is_refused(low: float, high: float, step: float) -> None:
    """An interval has to be positive, and a maximum not below the minimum."""
    with pytest.raises(PriceError, match="there are no lines from"):
        Ladder.line_range(low, high, step)


@pytest.mark.parametrize(
    ("price", "message"),
    [
        (2.03, "price 2.03 is not on the CLASSIC ladder; nearest 2.02, 2.04."),
        ("2.030", "price 2.03 is not on the CLASSIC ladder; nearest 2.02, 2.04."),
        (995, "price 995 is not on the CLASSIC ladder; nearest 990, 1000."),
        (Decimal("2.0000001"), "price 2.0000001 is not on the CLASSIC ladder; nearest 2, 2.02."),
        (1, "price 1 is not on the CLASSIC ladder; the lowest is 1.01."),
        (1010, "price 1010 is not on the CLASSIC ladder; the highest is 1000."),
        (-2.0, "price -2 is not on the CLASSIC ladder; the lowest is 1.01."),
        (1e-25, "price 0.0000000000000000000000001 is not on the CLASSIC ladder; the lowest is 1.01."),
    ],
)
def test_off_ladder_price_is_refused_with_the_nearest_two(price: Price, message: str) -> None:
    """An error about a price names the ladder and the two prices around it."""
    with pytest.raises(PriceError) as raised:
        CLASSIC.index(price)
    assert message == str(raised.value)
    assert not CLASSIC.is_on(price)


@pytest.mark.parametrize(
    "price",
    [
        True,
        None,
        "",
        "two",
        "1_000",
        "2,02",
        "0x2",
        "nan",
        "NaN",
        float("nan"),
        float("inf"),
        Decimal("-Infinity"),
        "1e999",
        "1e-99",
        "\u0662.02",
        "9" * 5000,
        [2.02],
    ],
)
def test_what_is_no_number_is_no_price(price: object) -> None:
    """Truth values, NaN, infinities, gigantic numbers and other texts are refused, not guessed at."""
    with pytest.raises(PriceError, match=r"is no price; give a number like 2\.02"):
        CLASSIC.index(price)  # type: ignore[arg-type]  # that is the point


def test_float_counts_as_the_number_that_it_prints_as() -> None:
    """1.1 + 2.2 is 3.3000000000000003 in binary, and that is not on the ladder; 3.3 is."""
    assert CLASSIC.is_on(3.3)
    assert not CLASSIC.is_on(1.1 + 2.2)


def test_move_off_the_ladder_is_refused_with_the_limit() -> None:
    """Where the ladder ends on the way, the error says where and how far that is."""
    with pytest.raises(PriceError) as above:
        CLASSIC.move(980, 3)
    with pytest.raises(PriceError) as below:
        CLASSIC.move("1.03", -3)

    assert "3 ticks above 980 is off the CLASSIC ladder; 1000 is 2 ticks away." == str(above.value)
    assert "3 ticks below 1.03 is off the CLASSIC ladder; 1.01 is 2 ticks away." == str(below.value)


@pytest.mark.parametrize("index", [-1, 350])
def test_index_off_the_ladder_is_refused(index: int) -> None:
    """An index counts from 0, and never from the end."""
    with pytest.raises(PriceError, match="indices 0 to 349"):
        CLASSIC.price(index)


def test_nearest_of_two_is_the_lower() -> None:
    """In the middle between two prices, the lower is the nearest; beyond an end it is the end."""
    given: list[Price] = [2.03, "2.031", 15.2, 0.5, 5000, 1.5]

    assert ["2.02", "2.04", "15", "1.01", "1000", "1.5"] == [str(CLASSIC.nearest(price)) for price in given]


def test_ticks_between_has_a_sign() -> None:
    """Ticks count upwards; downwards they are negative."""
    assert 2 == CLASSIC.ticks_between("1.99", "2.02")
    assert -2 == CLASSIC.ticks_between("2.02", "1.99")


def test_ladder_of_a_market() -> None:
    """A market's ladder is the one that its definition names, CLASSIC where it names none."""
    finest = _definition(priceLadderDefinition={"type": "FINEST"})
    lines = _definition(
        priceLadderDefinition={"type": "LINE_RANGE"}, lineMinUnit=0.5, lineMaxUnit=600.5, lineInterval=1
    )

    assert CLASSIC is Ladder.of(_definition())
    assert CLASSIC is Ladder.of(_definition(priceLadderDefinition={"type": "CLASSIC"}))
    assert FINEST is Ladder.of(finest)
    assert Ladder.line_range("0.5", "600.5", 1) == Ladder.of(lines)


def test_unknown_ladder_is_refused() -> None:
    """A ladder of a name that is not known is refused: every price on it would be a guess."""
    with pytest.raises(PriceError, match="'COARSE' is not known; known are CLASSIC, FINEST, LINE_RANGE"):
        Ladder.of(_definition(priceLadderDefinition={"type": "COARSE"}))


def test_lines_without_their_range_are_refused() -> None:
    """A LINE_RANGE ladder whose range is not defined is refused."""
    with pytest.raises(PriceError, match="needs minimum, maximum and interval"):
        Ladder.of(_definition(priceLadderDefinition={"type": "LINE_RANGE"}, lineMinUnit=0.5))
