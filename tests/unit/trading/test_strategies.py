"""The strategies that come with betflow."""

from importlib.metadata import entry_points
from typing import Any

import pytest

from acting import opened, play, priced, redefined, the_market
from betflow.exchange.matching.orders import Case
from betflow.trading import Latency, Strategy
from betflow.trading.strategies import BackFavouriteAtSp, HarvestOddsBand, QuoteBothSides
from betflow.wire.enums import OrderType, Side
from betflow.wire.stream import MarketChangeMessage
from changes import OFF_MS

MINUTE = 60_000
EARLY = OFF_MS - 60 * MINUTE
IN_A_MOMENT = Latency(place=10, cancel=10, update=10, replace=10)


def _asked(strategy: Strategy, *messages: MarketChangeMessage) -> list[tuple[Any, ...]]:
    """Return who was bet on, on which side, at which price, minutes before the off."""
    placements = the_market(play(*messages, strategy=strategy, latency=IN_A_MOMENT)).placements
    return [
        (
            each.instruction.selection_id,
            each.instruction.side,
            each.instruction.limit_order.price if each.instruction.limit_order else None,
            (OFF_MS - each.decided_at) / MINUTE,
        )
        for each in placements
    ]


def test_the_favourite_is_backed_at_the_starting_price() -> None:
    """A minute before the off the runner with the lowest price is backed, though no message comes then."""
    asked = _asked(
        BackFavouriteAtSp(stake=5),
        opened(EARLY, bspMarket=True),
        priced(EARLY + 1, (3.0, 10)),
        priced(EARLY + 2, (2.0, 10), selection_id=2),
        priced(OFF_MS, (1.5, 10)),
    )

    assert [(2, Side.BACK, None, 1.0)] == asked


def test_the_favourite_is_not_backed_in_a_market_without_a_starting_price() -> None:
    """Such a market is not played."""
    assert {} == play(opened(EARLY), priced(EARLY + 1, (3.0, 10)), strategy=BackFavouriteAtSp()).markets


def test_an_off_that_was_put_off_is_waited_for() -> None:
    """The market time moves by 10 minutes, and so does the bet."""
    later = "2026-02-18T14:10:00.000Z"
    asked = _asked(
        BackFavouriteAtSp(),
        opened(EARLY, bspMarket=True),
        priced(EARLY + 1, (3.0, 10)),
        redefined(EARLY + 2, bspMarket=True, marketTime=later, version=2),
        priced(OFF_MS + 20 * MINUTE, (3.0, 10)),
    )

    assert [(1, Side.BACK, None, -9.0)] == asked


@pytest.mark.parametrize(
    "then",
    [
        redefined(EARLY + 2, bspMarket=True, status="SUSPENDED", version=2),
        redefined(EARLY + 2, bspMarket=True, inPlay=True, version=2),
        redefined(EARLY + 2, bspMarket=True, runners=[{"id": 1, "status": "REMOVED"}], version=2),
    ],
)
def test_the_favourite_is_not_backed_when_that_cannot_be(then: MarketChangeMessage) -> None:
    """Suspended, in play, or without a runner that has a price."""
    start = opened(EARLY, bspMarket=True), priced(EARLY + 1, (3.0, 10))

    assert [] == _asked(BackFavouriteAtSp(), *start, then, priced(OFF_MS, (3.0, 11)))


@pytest.mark.parametrize(
    ("back", "lay", "asked"),
    [
        (12.0, 12.5, [(1, Side.LAY, 12.5, 4.0)]),
        (17.5, 18.0, [(1, Side.LAY, 18.0, 4.0)]),
        (17.5, 18.5, []),
        (11.0, 11.5, []),
        (12.0, 13.5, []),
    ],
)
def test_runners_in_the_band_are_laid(back: float, lay: float, asked: list[Any]) -> None:
    """At the best price to lay, if it is from 12 to 18 and at most two ticks from the best price to back."""
    messages = opened(EARLY), priced(OFF_MS - 4 * MINUTE, (back, 9), (lay, 9)), priced(OFF_MS, (back, 8))

    assert asked == _asked(HarvestOddsBand(), *messages)


def test_the_band_can_be_backed() -> None:
    """At the best price to back."""
    messages = opened(EARLY), priced(OFF_MS - 4 * MINUTE, (12.0, 9), (12.5, 9)), priced(OFF_MS, (12.0, 8))

    assert [(1, Side.BACK, 12.0, 4.0)] == _asked(HarvestOddsBand(side=Side.BACK), *messages)


def test_prices_that_stand_when_the_time_comes_count() -> None:
    """A runner that came into the band an hour before is laid five minutes before the off, and once."""
    messages = opened(EARLY), priced(EARLY + 1, (12.0, 9), (12.5, 9)), priced(OFF_MS - 1, (12.0, 8))

    assert [(1, Side.LAY, 12.5, 5.0)] == _asked(HarvestOddsBand(), *messages)


def test_nothing_is_harvested_in_play_or_while_suspended() -> None:
    """The band is for the minutes before the off."""
    for changed in ({"inPlay": True}, {"status": "SUSPENDED"}):
        messages = opened(EARLY, **changed), priced(OFF_MS - 4 * MINUTE, (12.0, 9), (12.5, 9))
        assert [] == _asked(HarvestOddsBand(), *messages)


def test_both_sides_are_quoted_passively() -> None:
    """A back at the best price to lay and a lay at the best price to back, on the favourite."""
    messages = opened(EARLY), priced(OFF_MS - 5 * MINUTE, (3.0, 9), (3.2, 9)), priced(OFF_MS, (3.0, 8))

    assert [(1, Side.BACK, 3.2, 5.0), (1, Side.LAY, 3.0, 5.0)] == _asked(QuoteBothSides(), *messages)


def test_quotes_follow_the_prices() -> None:
    """When the best price to lay moves, the back is replaced; the lay stays."""
    start = OFF_MS - 5 * MINUTE
    played = play(
        opened(EARLY),
        priced(start, (3.0, 9), (3.2, 9)),
        priced(start + 1000, atl=[(3.2, 0), (3.25, 9)]),
        priced(start + 2000, (3.0, 8)),
        strategy=QuoteBothSides(),
    )

    placements = the_market(played).placements
    assert [(Side.BACK, 3.2), (Side.LAY, 3.0), (Side.BACK, 3.25)] == [
        (each.instruction.side, each.order.price) for each in placements if each.order
    ]
    assert placements[0].ref == placements[2].replaces


def test_quotes_stop_on_the_side_that_is_ahead() -> None:
    """With 2.00 more backed than laid and a limit of 2.00, no second back is asked for."""
    start = OFF_MS - 5 * MINUTE
    played = play(
        opened(EARLY),
        priced(start, (3.0, 9), (3.2, 9)),
        priced(start + 1000, lay=(3.2, 1), trd=[(3.2, 40)]),
        priced(start + 2000, (3.0, 8)),
        priced(start + 3000, (3.0, 7)),
        strategy=QuoteBothSides(most_ahead=2.0),
    )

    orders = the_market(played).orders
    assert [(Side.BACK, 200), (Side.LAY, 0)] == [
        (order.side, order.matched[Case.EXPECTED]) for order in orders
    ]


def test_quotes_are_taken_back_when_somebody_else_is_the_favourite() -> None:
    """The orders on the old favourite are cancelled."""
    start = OFF_MS - 5 * MINUTE
    played = play(
        opened(EARLY),
        priced(start, (3.0, 9), (3.2, 9)),
        priced(start + 1000, (2.0, 9), (2.1, 9), selection_id=2),
        priced(start + 2000, (2.0, 8), selection_id=2),
        strategy=QuoteBothSides(),
    )

    orders = the_market(played).orders
    assert [(1, 200), (1, 200), (2, 0), (2, 0)] == [
        (order.runner.selection_id, order.cancelled[Case.EXPECTED]) for order in orders
    ]


def test_crossed_prices_are_not_quoted() -> None:
    """Where the best prices overlap, an order would match at once."""
    messages = opened(EARLY), priced(OFF_MS - 5 * MINUTE, (3.2, 9), (3.0, 9)), priced(OFF_MS, (3.2, 8))

    assert [] == _asked(QuoteBothSides(), *messages)


def test_they_are_found_by_entry_point() -> None:
    """An installed betflow has all three under their names."""
    found = {each.name: each.load() for each in entry_points(group="betflow.strategies")}

    assert {
        each.name: each for each in (BackFavouriteAtSp, HarvestOddsBand, QuoteBothSides)
    }.items() <= found.items()


def test_orders_on_close_are_what_they_are() -> None:
    """The favourite is backed with a MARKET_ON_CLOSE order of the stake."""
    played = play(
        opened(EARLY, bspMarket=True),
        priced(EARLY + 1, (3.0, 10)),
        priced(OFF_MS, (3.0, 11)),
        strategy=BackFavouriteAtSp(stake=5),
    )

    (order,) = the_market(played).orders
    assert (OrderType.MARKET_ON_CLOSE, [500, 500, 500]) == (order.order_type, order.liability)
