"""Candles."""

from decimal import Decimal
from typing import Any

import pytest

from betflow.errors import UsageError
from betflow.exchange.candles import Candle, CandleFold, parse_interval
from changes import MARKET, change, defined

SECOND = 1_000


def _fold(*changes: tuple[int, dict[str, Any]]) -> CandleFold:
    """Fold changes, given as (publish time, fields), into candles of a second."""
    fold = CandleFold(MARKET, SECOND)
    for publish_time, fields in changes:
        given = dict(fields)
        fold.apply(change(*given.pop("rc", []), **given), publish_time)
    return fold


def _candles(*changes: tuple[int, dict[str, Any]], selection_id: int = 1) -> list[Candle]:
    fold = _fold((0, {"marketDefinition": defined()}), *changes)
    runner = fold.book.runner(selection_id)
    assert runner is not None
    return list(fold.candles(runner))


def _traded(*ladder: list[float], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    last = {"ltp": fields.pop("ltp")} if "ltp" in fields else {}
    return {"rc": [{"id": 1, "trd": list(ladder), **last}], **fields}


def _prices(candle: Candle) -> tuple[float | None, ...]:
    return candle.open, candle.high, candle.low, candle.close


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("500ms", 500),
        ("60s", 60_000),
        ("5m", 300_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
        (" 60S ", 60_000),
    ],
)
def test_interval_of_a_command_line(text: str, milliseconds: int) -> None:
    """An interval is a whole number and a unit."""
    assert milliseconds == parse_interval(text)


@pytest.mark.parametrize(
    "text", ["", "60", "s", "0s", "-5m", "1.5h", "5 m", "1w", "\u0665m", "9" * 5000 + "s"]
)
def test_interval_that_is_none_says_what_to_give(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(UsageError, match=r"is no interval\. Give one like 500ms, 60s, 5m, 1h or 1d"):
        parse_interval(text)


def test_trades_of_an_interval_are_one_candle() -> None:
    """Open is the first, close the last, volume half of what the published volumes grew by."""
    (candle,) = _candles(
        (100, _traded([2, 10])), (200, _traded([3, 4.01])), (300, _traded([1.5, 2])), (999, _traded([2, 12]))
    )

    assert (2.0, 3.0, 1.5, 2.0) == _prices(candle)
    assert (Decimal("9.005"), 4, False, 0) == (candle.volume, candle.updates, candle.empty, candle.start)


def test_intervals_are_aligned_and_empty_ones_are_there() -> None:
    """Intervals begin at whole seconds, from the first message's to the last's, empty ones included."""
    candles = _candles((1_500, _traded([2, 10])), (3_999, {}))

    assert [0, 1_000, 2_000, 3_000] == [candle.start for candle in candles]
    assert [True, False, True, True] == [candle.empty for candle in candles]
    assert [(None,) * 4, (2.0,) * 4, (None,) * 4, (None,) * 4] == [_prices(candle) for candle in candles]
    assert [0, 5, 0, 0] == [candle.volume for candle in candles]


def test_best_prices_are_those_at_the_end_of_the_interval() -> None:
    """Best prices are taken after the last message of the interval, and carried on."""
    prices = [{"rc": [{"id": 1, "atb": [[price, 1]], "atl": [[4, 1]]}]} for price in (2, 2.2, 2.4)]

    candles = _candles((1_000, prices[0]), (1_999, prices[1]), (3_000, prices[2]))

    assert [None, 2.2, 2.2, 2.4] == [candle.best_back for candle in candles]
    assert [None, 4.0, 4.0, 4.0] == [candle.best_lay for candle in candles]


def test_in_play_is_how_the_interval_ended() -> None:
    """An interval in which the market turns in play ended in play."""
    candles = _candles((1_500, {"marketDefinition": defined(inPlay=True)}), (3_000, {}))

    assert [False, True, True, True] == [candle.in_play for candle in candles]


def test_in_play_begins_with_the_suspension_at_the_off() -> None:
    """The auction trades while the market is suspended for the off; earlier suspensions are nothing."""
    suspended = {"marketDefinition": defined(status="SUSPENDED")}
    fold = _fold(
        (0, {"marketDefinition": defined()}),
        (1_100, suspended),
        (2_000, {"marketDefinition": defined()}),
        (3_200, suspended),
        (4_000, _traded([2, 10])),
        (5_500, {"marketDefinition": defined(inPlay=True)}),
    )

    candles = list(fold.candles(fold.book.runners[0]))
    assert [False, False, False, True, True, True] == [candle.in_play for candle in candles]
    assert [3_200] == fold.turns


def test_auction_of_a_market_that_does_not_turn_in_play_is_in_play() -> None:
    """Of greyhounds, what comes from the off on is the auction's; without one, nothing is in-play."""
    held = {"marketDefinition": defined(status="SUSPENDED", bspReconciled=True)}
    closed = {"marketDefinition": defined(status="CLOSED")}
    with_auction = _fold((0, {"marketDefinition": defined()}), (1_100, held), (2_000, closed))
    without = _fold(
        (0, {"marketDefinition": defined()}),
        (1_100, {"marketDefinition": defined(status="SUSPENDED")}),
        (2_000, closed),
    )

    assert ([1_100], []) == (with_auction.turns, without.turns)
    assert [False, True, True] == [
        candle.in_play for candle in with_auction.candles(with_auction.book.runners[0])
    ]


def test_close_is_the_last_traded_price_of_the_message() -> None:
    """Where a message does not say which price was traded last, it is that farthest from the middle."""
    offers = {"rc": [{"id": 1, "atb": [[2.4, 9]], "atl": [[2.6, 9]]}]}
    (listed,) = _candles((0, offers), (0, _traded([2, 10], [3.1, 10], [2.5, 10])))
    (published,) = _candles((0, _traded([2, 10], [3, 10], [2.5, 10], ltp=3)))
    (elsewhere,) = _candles((0, _traded([2, 10], ltp=4)))

    assert [(2.0, 3.1, 2.0, 3.1), (2.0, 3.0, 2.0, 3.0)] == [_prices(listed), _prices(published)]
    assert (2.0, 4.0, 2.0, 4.0) == _prices(elsewhere)


def test_several_entries_for_a_runner_are_one_message() -> None:
    """The last traded price may come in another entry than the volumes."""
    (candle,) = _candles((0, {"rc": [{"id": 1, "ltp": 3}, {"id": 1, "trd": [[3, 1], [2, 1]]}]}))

    assert (3.0, 3.0, 2.0, 3.0) == _prices(candle)


def test_volume_that_wobbles_is_counted_once() -> None:
    """Volume that falls and comes back to where it was is no trade."""
    candles = _candles((0, _traded([2, 10])), (1_000, _traded([2, 9.99])), (2_000, _traded([2, 10.02])))

    assert [Decimal(5), Decimal(0), Decimal("0.01")] == [candle.volume for candle in candles]


def test_revaluation_is_no_trade() -> None:
    """Where volumes were converted anew, what moved by pennies is no trade, and what moved by more is."""
    candles = _candles(
        (0, _traded([2, 100], [3, 200], [4, 300], [5, 50])),
        (1_000, _traded([2, 100.02], [3, 200.05], [4, 299.9], ltp=5)),
        (2_000, _traded([2, 100.05], [3, 199.9], [4, 300.2], [5, 60])),
    )

    assert [Decimal(325), Decimal(0), Decimal(5)] == [candle.volume for candle in candles]
    assert [False, True, False] == [candle.empty for candle in candles]
    assert (5.0, 5.0, 5.0, 5.0) == _prices(candles[2])


def test_settlement_is_no_trade() -> None:
    """Volumes that are taken away at the end leave an empty interval, whatever last price comes with it."""
    candles = _candles((0, _traded([2, 10], ltp=2)), (1_000, _traded([2, 0], ltp=2)), (2_000, _traded()))

    assert [False, True, True] == [candle.empty for candle in candles]


def test_image_is_no_trade() -> None:
    """What an image brings is where counting goes on from."""
    candles = _candles(
        (0, _traded([2, 10])),
        (1_000, _traded([2, 30], [3, 5], img=True, ltp=3)),
        (2_000, _traded([2, 31])),
    )

    assert [Decimal(5), Decimal(0), Decimal("0.5")] == [candle.volume for candle in candles]


def test_image_without_volumes_keeps_the_count() -> None:
    """An image that brings no volumes for a runner, as after settlement, does not make old volume new."""
    candles = _candles(
        (0, _traded([2, 10])), (1_000, {"rc": [{"id": 1}], "img": True}), (2_000, _traded([2, 10]))
    )

    assert [Decimal(5), Decimal(0), Decimal(0)] == [candle.volume for candle in candles]


def test_image_takes_best_prices_away() -> None:
    """A runner that an image has no prices for has none any more."""
    candles = _candles((0, {"rc": [{"id": 1, "atb": [[2, 1]]}]}), (1_000, {"rc": [{"id": 2}], "img": True}))

    assert [2.0, None] == [candle.best_back for candle in candles]


def test_tape_without_volumes_counts_last_prices() -> None:
    """On BASIC tapes each published last price is a trade; its volume is not known."""
    candles = _candles((0, {"rc": [{"id": 1, "ltp": 3}]}), (1, {"rc": [{"id": 1, "ltp": 2}]}), (1_000, {}))

    assert [(3.0, 3.0, 2.0, 2.0), (None,) * 4] == [_prices(candle) for candle in candles]
    assert [None, None] == [candle.volume for candle in candles]
    assert [2, 0] == [candle.updates for candle in candles]


def test_publish_time_that_goes_back_does_not_go_back() -> None:
    """A message published before the one it follows counts in the interval of that one."""
    candles = _candles((1_500, _traded([2, 10])), (900, _traded([3, 10])), (1_600, {}))

    assert [True, False] == [candle.empty for candle in candles]
    assert (2.0, 3.0, 2.0, 3.0) == _prices(candles[1])


def test_runner_without_a_change_has_empty_candles() -> None:
    """A runner that only the definition names has a candle for every interval too."""
    candles = _candles((1_000, _traded([2, 10])), selection_id=2)

    assert [True, True] == [candle.empty for candle in candles]


def test_window_is_cut_from_the_tape() -> None:
    """A window begins with the interval of its beginning, ends before its end, and stays on the tape."""
    fold = _fold((5_000, {"marketDefinition": defined(inPlay=True)}), (5_500, _traded([2, 10])), (9_000, {}))
    runner = fold.book.runner(1)
    assert runner is not None

    assert range(5_000, 9_001, SECOND) == fold.intervals
    assert [6_000, 7_000] == list(fold.window(6_999, 8_000))
    assert [5_000, 6_000, 7_000, 8_000, 9_000] == list(fold.window(0, 99_999))
    assert [] == list(fold.window(99_999))
    assert [] == list(fold.window(None, 0))
    (candle,) = fold.candles(runner, fold.window(8_000, 8_001))
    assert (8_000, True, True) == (candle.start, candle.in_play, candle.empty)


def test_best_prices_are_carried_into_a_window() -> None:
    """A window that begins later begins with the prices that stood."""
    fold = _fold(
        (0, {"rc": [{"id": 1, "atb": [[2, 1]]}]}), (1_000, {"rc": [{"id": 1, "atb": [[3, 1]]}]}), (5_000, {})
    )
    (runner,) = fold.book.runners

    (candle,) = fold.candles(runner, fold.window(3_000, 4_000))

    assert 3.0 == candle.best_back


def test_nothing_folded_has_no_intervals() -> None:
    """Without a message there is no interval."""
    assert [] == list(_fold().intervals)


def test_asking_twice_gives_the_same() -> None:
    """Candles can be asked for between messages; a message of the last interval still changes it."""
    fold = _fold((0, {"rc": [{"id": 1, "atb": [[2, 1]]}]}))
    (runner,) = fold.book.runners
    assert list(fold.candles(runner)) == list(fold.candles(runner))

    fold.apply(change({"id": 1, "atb": [[3, 1]]}), 1)

    assert [3.0] == [candle.best_back for candle in fold.candles(runner)]


def test_volume_that_cannot_be_is_left_out() -> None:
    """A volume of NaN makes no trade; the others of the message count."""
    (candle,) = _candles((0, _traded([2, "NaN"], [3, 10], [4, -1])))  # type: ignore[list-item]  # Betfair's text

    assert (3.0, 3.0, 3.0, 3.0, Decimal(5)) == (*_prices(candle), candle.volume)


def test_turns_in_play_are_told_to_the_millisecond() -> None:
    """Each turn has the time of its message, or, where times go backwards, of the one before."""
    fold = _fold(
        (10, {"marketDefinition": defined()}),
        (1_234, {"marketDefinition": defined(inPlay=True)}),
        (1_500, {"marketDefinition": defined(inPlay=True, status="SUSPENDED")}),
        (1_400, {"marketDefinition": defined(inPlay=False)}),
        (9_999, {"marketDefinition": defined(inPlay=True)}),
    )

    assert [1_234, 1_500, 9_999] == fold.turns
