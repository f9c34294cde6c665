"""The shape of a market, worked out by hand."""

from decimal import Decimal

import pytest

from betflow.exchange.prices import CLASSIC
from betflow.exchange.shape import MarketShape, RunnerShape, shape_of
from observing import market, observed, runner


def _favourites(shape: MarketShape) -> list[int]:
    return [each.selection_id for each in shape.runners]


def _first(shape: MarketShape) -> RunnerShape:
    assert shape.favourite
    return shape.favourite


def test_books_and_overrounds() -> None:
    """To back at 2, 4 and 5: 50 + 25 + 20 = 95 %; to lay at 2.02, 4.2 and 5.5 by calculator."""
    shape = shape_of(market((2, 2.02), (4, 4.2), (5, 5.5)))

    assert (Decimal(95), Decimal(-5)) == (shape.back_book, shape.back_overround)
    assert Decimal("91.4963") == shape.lay_book
    assert Decimal("-8.5037") == shape.lay_overround


def test_overround_of_a_place_market_is_over_all_of_its_winners() -> None:
    """Two places: a book of 205 % is 5 over."""
    shape = shape_of(market((1.25, None), (1.25, None), (2.2222, None), numberOfWinners=2))

    assert (Decimal("205.0005"), Decimal("5.0005")) == (shape.back_book, shape.back_overround)


def test_no_overround_without_knowing_the_winners() -> None:
    """The book stands, and what it is over cannot be told."""
    shape = shape_of(market((2, None), (2, None), numberOfWinners=None))

    assert (Decimal(100), None) == (shape.back_book, shape.back_overround)


def test_no_book_where_an_active_runner_has_no_price() -> None:
    """Nor probabilities, entropy and top share; the other side's book stands."""
    shape = shape_of(market((2, 2.02), (None, 3)))

    assert (None, None, None) == (shape.back_book, shape.entropy, shape.top_three_share)
    assert [None, None] == [each.probability for each in shape.runners]
    assert Decimal("82.8383") == shape.lay_book


def test_removed_runners_count_nowhere() -> None:
    """Two runners at 2 and a removed one at 3 are a book of two."""
    shape = shape_of(observed(runner(1, 2), runner(2, 2), runner(3, 3, 3.5, status="REMOVED")))

    assert (2, Decimal(100), Decimal(20)) == (shape.field_size, shape.back_book, shape.size_at_best)


def test_probabilities_are_shares_of_the_book() -> None:
    """Of a book of 95 %, 2 has 50 / 95."""
    shape = shape_of(market((4, None), (2, None), (5, None)))

    assert [Decimal("0.5263"), Decimal("0.2632"), Decimal("0.2105")] == [
        each.probability for each in shape.runners
    ]


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        # -(1/2 ln 1/2 + 1/4 ln 1/4 + 1/4 ln 1/4) / ln 3 = 1.5 ln 2 / ln 3
        ((2, 4, 4), "0.9464"),
        ((3, 3, 3), "1"),
        ((5, 5), "1"),
        # 1000/1001 and 1/1001
        ((1.001, 1001), "0.0114"),
    ],
)
def test_entropy(prices: tuple[float, ...], expected: str) -> None:
    """By calculator; 1 for equal prices, whatever they are."""
    assert Decimal(expected) == shape_of(market(*((price, None) for price in prices))).entropy


def test_entropy_of_one_runner_is_none() -> None:
    """A certainty has no field to be spread over; its share is all there is."""
    shape = shape_of(market((1.5, None)))

    assert (None, Decimal(1)) == (shape.entropy, shape.top_three_share)


def test_top_three_share() -> None:
    """Of four runners at 4, three have three quarters."""
    assert Decimal("0.75") == shape_of(market(*[(4, None)] * 4)).top_three_share


@pytest.mark.parametrize(
    ("back", "lay", "expected"),
    [
        (2.0, 2.02, 1),
        (1.99, 2.02, 2),
        (9.8, 11, 3),
        (1.01, 1000, 349),
        # Off the ladder: from 2.02 to 2.06.
        (2.03, 2.05, 2),
        (2.0, 2.0, None),
        (2.02, 2.0, None),
        (None, 2.0, None),
        (2.0, None, None),
        (0.5, 2.0, None),
        (2.0, 5000.0, None),
    ],
)
def test_spread(back: float | None, lay: float | None, expected: int | None) -> None:
    """In ticks of the ladder; none where prices are missing, meet, cross or are beyond the ladder."""
    shape = shape_of(market((back, lay)))

    assert expected == shape.runners[0].spread


def test_spread_on_the_finest_ladder() -> None:
    """From 2 to 2.02 there are two hundredths."""
    shape = shape_of(market((2, 2.02), priceLadderDefinition={"type": "FINEST"}))

    assert 2 == _first(shape).spread


@pytest.mark.parametrize(
    ("spreads", "expected"),
    [((1, 2, 9), 2), ((1, 2, 3, 9), 3), ((1, None, 2), 2), ((1, None, None), None), ((1, None), None)],
)
def test_median_spread(spreads: tuple[int | None, ...], expected: int | None) -> None:
    """The wider of two in the middle; a runner without a spread is wider than all others."""
    prices = [(2.0, None) if each is None else (2.0, float(CLASSIC.move(2, each))) for each in spreads]

    assert expected == shape_of(market(*prices)).median_spread


def test_weight_of_money() -> None:
    """Of the best two of each side: 30 to back and 10 to lay are 75 %."""
    offers_back, offers_lay = [(3.0, 10.0), (2.9, 20.0), (2.8, 500.0)], [(3.1, 4.0), (3.2, 6.0), (3.3, 99.0)]
    shape = shape_of(market((offers_back, offers_lay)), levels=2)

    assert (Decimal(30), Decimal(10), Decimal(75)) == (
        _first(shape).back_size,
        _first(shape).lay_size,
        _first(shape).weight_of_money,
    )


def test_weight_of_money_of_a_market_is_of_all_sizes() -> None:
    """10 to back, and 10 + 20 to lay: a quarter. It is no average of percentages."""
    shape = shape_of(market((2, [(2.1, 20.0)]), (None, 3)))

    assert [Decimal("33.3333"), Decimal(0)] == [each.weight_of_money for each in shape.runners]
    assert Decimal(25) == shape.weight_of_money


def test_weight_of_nothing() -> None:
    """Where nothing is offered there is no weight."""
    shape = shape_of(market((None, None)))

    assert (None, None) == (shape.weight_of_money, shape.runners[0].weight_of_money)


def test_weight_of_money_needs_a_price() -> None:
    """Of no price at all it cannot be."""
    with pytest.raises(ValueError, match="at least one price"):
        shape_of(market((2, 3)), levels=0)


def test_size_at_best_is_of_both_sides_to_the_penny() -> None:
    """0.1 + 0.2 is 0.3; deeper prices do not count."""
    shape = shape_of(market(([(2.0, 0.1), (1.9, 50.0)], [(2.1, 0.2)])))

    assert Decimal("0.3") == shape.size_at_best


def test_favourite_is_first_and_the_unpriced_last() -> None:
    """By price to back; of two at the same price, by price to lay, then as on the racecard."""
    prices = [(None, None), (None, 5), (3, 3.2), (3, 3.1), (2, None), (3, 3.2)]

    assert [5, 4, 3, 6, 2, 1] == _favourites(shape_of(market(*prices)))
    assert [1, 2, 3, 4, None, None] == [each.rank for each in shape_of(market(*prices)).runners]


def test_no_favourite_without_prices() -> None:
    """A market of which nobody has a price to back has no favourite."""
    assert shape_of(market((None, 4))).favourite is None
    assert shape_of(market()).favourite is None


def test_gaps_are_in_ticks_to_the_next_longer_runner() -> None:
    """From 2 to 3 there are 50 ticks, from 3 to 3.05 one; the last has none."""
    shape = shape_of(market((3.05, None), (2, None), (3, None), (None, None)))

    assert [50, 1, None, None] == [each.gap for each in shape.runners]


@pytest.mark.parametrize(
    "facts",
    [
        {"bettingType": "ASIAN_HANDICAP_DOUBLE_LINE"},
        {
            "priceLadderDefinition": {"type": "LINE_RANGE"},
            "lineMinUnit": 1,
            "lineMaxUnit": 9,
            "lineInterval": 1,
        },
    ],
)
def test_no_probabilities_where_prices_are_no_odds(facts: dict[str, object]) -> None:
    """Of lines, and of many lines in one market, there is no book and no favourite; spreads there are."""
    shape = shape_of(market((2, 3), (2, 3), **facts))

    assert (False, None, None, None) == (shape.are_odds, shape.favourite, shape.back_book, shape.entropy)
    assert (None, True) == (shape.runners[0].probability, shape.runners[0].spread is not None)
