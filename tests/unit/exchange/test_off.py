"""When a market was off, and its prices at the scheduled off."""

from decimal import Decimal
from typing import Any

import pytest

from betflow.exchange.snapshot import PriceSize
from betflow.exchange.statistics import MarketStatistics, StatisticsFold
from changes import MARKET, OFF_MS, change, defined


def _statistics(*changes: tuple[int, dict[str, Any]], tape_end: int | None = None) -> MarketStatistics:
    """Fold changes given as (milliseconds after the scheduled off, fields)."""
    fold = StatisticsFold(MARKET)
    for after_off, fields in changes:
        fold.apply(change(*fields.pop("rc", []), **fields), OFF_MS + after_off)
    return fold.result(tape_end=None if tape_end is None else OFF_MS + tape_end)


def _back(price: float, selection_id: int = 1) -> dict[str, Any]:
    return {"id": selection_id, "atb": [[price, 1]]}


def _best_backs(statistics: MarketStatistics) -> list[float | None]:
    return [runner.best_back.price if runner.best_back else None for runner in statistics.runners]


def test_prices_at_the_off_are_those_of_the_last_message_not_after_it() -> None:
    """A message published at the off itself counts; one a millisecond later does not."""
    statistics = _statistics(
        (-9, {"marketDefinition": defined(), "rc": [_back(2), {"id": 2, "atl": [[3, 4], [3.5, 5]]}]}),
        (0, {"rc": [_back(2.2)]}),
        (1, {"rc": [_back(2.4)]}),
    )

    assert (True, None, OFF_MS) == (
        statistics.captured,
        statistics.not_captured_because,
        statistics.captured_from,
    )
    first, second = statistics.runners
    assert (PriceSize(2.2, 1), None) == (first.best_back, first.best_lay)
    assert (None, PriceSize(3, 4)) == (second.best_back, second.best_lay)


def test_later_market_time_is_captured_anew() -> None:
    """When the off is put back, prices are those at the new time."""
    statistics = _statistics(
        (-9, {"marketDefinition": defined(), "rc": [_back(2)]}),
        (5, {"marketDefinition": defined(marketTime="2026-02-18T14:00:00.010Z"), "rc": [_back(2.2)]}),
        (11, {"rc": [_back(2.4)]}),
    )

    assert (OFF_MS + 10, OFF_MS + 5) == (statistics.scheduled_off, statistics.captured_from)
    assert [2.2, None] == _best_backs(statistics)


def test_earlier_market_time_that_is_still_to_come() -> None:
    """When the off is brought forward, prices are those at the new time."""
    statistics = _statistics(
        (-20, {"marketDefinition": defined(), "rc": [_back(2)]}),
        (-19, {"marketDefinition": defined(marketTime="2026-02-18T13:59:59.990Z")}),
        (-9, {"rc": [_back(2.2)]}),
    )

    assert [2.0, None] == _best_backs(statistics)


def test_market_time_moved_to_a_moment_just_passed() -> None:
    """Moved to a moment since which nothing was published, the book at that moment is the one at hand."""
    statistics = _statistics(
        (-20, {"marketDefinition": defined(), "rc": [_back(2)]}),
        (-9, {"marketDefinition": defined(marketTime="2026-02-18T13:59:59.990Z"), "rc": [_back(2.2)]}),
    )

    assert (True, OFF_MS - 20) == (statistics.captured, statistics.captured_from)
    assert [2.0, None] == _best_backs(statistics)


def test_market_time_moved_to_a_moment_long_passed() -> None:
    """Moved to a moment whose book is gone, nothing is captured, and the reason is given."""
    statistics = _statistics(
        (-20, {"marketDefinition": defined(), "rc": [_back(2)]}),
        (-9, {"marketDefinition": defined(marketTime="2026-02-18T13:59:59.970Z")}),
    )

    assert (False, None) == (statistics.captured, statistics.captured_from)
    assert "the market time was moved to a moment that had passed" == statistics.not_captured_because
    assert [None, None] == _best_backs(statistics)


def test_tape_that_begins_after_the_off() -> None:
    """Nothing is known of the off where the tape begins after it."""
    statistics = _statistics((1, {"marketDefinition": defined(), "rc": [_back(2)]}))

    assert "the tape begins after the scheduled off" == statistics.not_captured_because
    assert (None, None, None) == (
        statistics.back_book_percentage,
        statistics.lay_book_percentage,
        statistics.overround,
    )


def test_tape_that_ends_before_the_off() -> None:
    """Nothing is known of the off where the tape ends before it."""
    statistics = _statistics((-1, {"marketDefinition": defined(), "rc": [_back(2)]}))

    assert "the tape ends before the scheduled off" == statistics.not_captured_because


def test_tape_that_goes_on_with_other_markets() -> None:
    """Where messages of other markets reach the off, the market stood still until then."""
    statistics = _statistics((-1, {"marketDefinition": defined(), "rc": [_back(2)]}), tape_end=0)

    assert (True, OFF_MS - 1) == (statistics.captured, statistics.captured_from)


def test_definition_without_a_usable_market_time() -> None:
    """A missing or senseless market time is a reason, not an error."""
    missing = _statistics((-1, {"marketDefinition": defined(marketTime=None)}))
    senseless = _statistics((-1, {"marketDefinition": defined(marketTime="soon")}))

    assert "no definition has a market time" == missing.not_captured_because
    assert "the market time 'soon' is no moment" == senseless.not_captured_because
    assert senseless.scheduled_off is None


def test_book_percentages_are_over_active_runners() -> None:
    """100 / 2 + 100 / 3 is 83.3333 to back; a removed runner's prices do not count."""
    removed = {"id": 3, "sortPriority": 3, "status": "REMOVED"}
    prices = [
        {"id": 1, "atb": [[2, 1]], "atl": [[2.5, 1]]},
        {"id": 2, "atb": [[3, 1]], "atl": [[4, 1]]},
        {"id": 3, "atb": [[10, 1]]},
    ]

    statistics = _statistics((0, {"marketDefinition": defined(runners=[1, 2, removed]), "rc": prices}))

    assert Decimal("83.3333") == statistics.back_book_percentage
    assert Decimal(65) == statistics.lay_book_percentage
    assert Decimal("-16.6667") == statistics.overround


def test_overround_is_over_a_fair_book_for_all_winners() -> None:
    """A market with two winners is fair at 200 %."""
    prices = [{"id": 1, "atb": [[1.01, 1]]}, {"id": 2, "atb": [[1.02, 1]]}]

    statistics = _statistics((0, {"marketDefinition": defined(numberOfWinners=2), "rc": prices}))

    assert Decimal("-2.9509") == statistics.overround


def test_active_runner_without_a_price_leaves_no_percentage() -> None:
    """A book percentage with a hole in it would be a lie."""
    statistics = _statistics((0, {"marketDefinition": defined(), "rc": [_back(2)]}))

    assert statistics.back_book_percentage is None
    assert statistics.overround is None


def test_actual_off_is_the_last_suspension_before_the_turn_in_play() -> None:
    """The market was off when it was suspended for the last time before it turned in play."""
    statistics = _statistics(
        (-20, {"marketDefinition": defined()}),
        (-10, {"marketDefinition": defined(status="SUSPENDED")}),
        (0, {"marketDefinition": defined()}),
        (10, {"marketDefinition": defined(status="SUSPENDED")}),
        (15, {"marketDefinition": defined(status="SUSPENDED", version=2)}),
        (20, {"marketDefinition": defined(inPlay=True)}),
        (30, {"marketDefinition": defined(inPlay=True, status="SUSPENDED")}),
        (40, {"marketDefinition": defined(inPlay=True, status="CLOSED")}),
    )

    assert (OFF_MS + 10, False, True) == (
        statistics.actual_off,
        statistics.actual_off_derived,
        statistics.turned_in_play,
    )


@pytest.mark.parametrize("status", ["OPEN", "SUSPENDED"])
def test_actual_off_is_derived_where_a_tape_has_no_suspension_before_in_play(status: str) -> None:
    """Recordings that leave out messages may go from open to in play, or begin with a suspended market."""
    statistics = _statistics(
        (-20, {"marketDefinition": defined(status=status)}), (20, {"marketDefinition": defined(inPlay=True)})
    )

    assert (OFF_MS + 20, True) == (statistics.actual_off, statistics.actual_off_derived)


def test_actual_off_is_when_a_market_is_suspended_in_play_at_once() -> None:
    """A message that suspends an open market and turns it in play has the suspension at the off."""
    statistics = _statistics(
        (-20, {"marketDefinition": defined()}),
        (20, {"marketDefinition": defined(inPlay=True, status="SUSPENDED")}),
    )

    assert (OFF_MS + 20, False) == (statistics.actual_off, statistics.actual_off_derived)


def test_prices_at_the_off_of_a_race_that_starts_early() -> None:
    """Where the market is suspended for the off before its time, prices are those just before that."""
    statistics = _statistics(
        (-90, {"marketDefinition": defined(), "rc": [_back(2)]}),
        (-50, {"rc": [_back(2.2)]}),
        (-40, {"marketDefinition": defined(status="SUSPENDED"), "rc": [_back(2.4)]}),
        (-30, {"marketDefinition": defined(inPlay=True), "rc": [_back(2.6)]}),
        (10, {"rc": [_back(2.8)]}),
    )

    assert [2.2, None] == _best_backs(statistics)
    assert (True, "ACTUAL_OFF", OFF_MS - 50) == (
        statistics.captured,
        statistics.captured_at,
        statistics.captured_from,
    )


def test_prices_at_the_off_where_a_suspension_before_it_was_none() -> None:
    """A suspension after which the market reopened does not count: prices are those at the market time."""
    statistics = _statistics(
        (-90, {"marketDefinition": defined(), "rc": [_back(2)]}),
        (-40, {"marketDefinition": defined(status="SUSPENDED")}),
        (-30, {"marketDefinition": defined()}),
        (-20, {"rc": [_back(2.2)]}),
        (30, {"marketDefinition": defined(status="SUSPENDED")}),
        (40, {"marketDefinition": defined(inPlay=True)}),
    )

    assert [2.2, None] == _best_backs(statistics)
    assert ("SCHEDULED_OFF", OFF_MS - 20) == (statistics.captured_at, statistics.captured_from)


@pytest.mark.parametrize("first", [{"inPlay": True}, {"status": "SUSPENDED"}])
def test_tape_that_begins_after_an_early_off_has_no_prices_at_it(first: dict[str, Any]) -> None:
    """Prices from in play are never those at the off."""
    statistics = _statistics(
        (-90, {"marketDefinition": defined(**first), "rc": [_back(2)]}),
        (-80, {"marketDefinition": defined(inPlay=True)}),
        (10, {"rc": [_back(3)]}),
    )

    assert (False, None) == (statistics.captured, statistics.captured_at)
    assert "the tape begins after the market was suspended for the off" == statistics.not_captured_because


def test_actual_off_without_in_play_is_the_last_suspension() -> None:
    """A market that is not turned in play was off with the last suspension before it was closed."""
    statistics = _statistics(
        (0, {"marketDefinition": defined(status="SUSPENDED")}),
        (10, {"marketDefinition": defined()}),
        (20, {"marketDefinition": defined(status="SUSPENDED")}),
        (30, {"marketDefinition": defined(status="SUSPENDED", version=2)}),
        (40, {"marketDefinition": defined(status="CLOSED")}),
    )

    assert (OFF_MS + 20, False) == (statistics.actual_off, statistics.turned_in_play)


def test_actual_off_that_the_tape_does_not_tell() -> None:
    """A tape that begins in play, begins suspended or ends open does not tell when the market was off."""
    begins_in_play = _statistics((0, {"marketDefinition": defined(inPlay=True)}))
    begins_suspended = _statistics((0, {"marketDefinition": defined(status="SUSPENDED")}))
    ends_open = _statistics((0, {"marketDefinition": defined()}))

    assert [None] * 3 == [each.actual_off for each in (begins_in_play, begins_suspended, ends_open)]
    assert begins_in_play.turned_in_play


def test_timeline_has_changes_only() -> None:
    """A definition that changes neither status, in play, version nor bet delay is no entry."""
    statistics = _statistics(
        (0, {"marketDefinition": defined()}),
        (1, {"marketDefinition": defined(venue="Lismore")}),
        (2, {"marketDefinition": defined(version=2)}),
        (3, {"marketDefinition": defined(version=2, inPlay=True, betDelay=1)}),
        (4, {"marketDefinition": defined(version=2, inPlay=True, betDelay=1, status="SUSPENDED")}),
    )

    assert [0, 2, 3, 4] == [entry.publish_time - OFF_MS for entry in statistics.timeline]
    last = statistics.timeline[-1]
    assert ("SUSPENDED", True, 2, 1) == (last.status, last.in_play, last.version, last.bet_delay)
