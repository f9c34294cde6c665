"""Statistics of recorded markets, computed a second time straight from the JSON."""

import bz2
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from betflow.exchange.phases import PhaseStatistics
from betflow.exchange.statistics import MarketStatistics, StatisticsFold
from betflow.tape import Tape
from betflow.wire.stream import MarketChange
from tapes import tape


def _ours(path: Path, *, without_last_prices: bool = False) -> MarketStatistics:
    fold = StatisticsFold(path.stem.rpartition("-")[2])
    for book in Tape(path):
        assert book.change is not None
        change = _without_last_prices(book.change) if without_last_prices else book.change
        fold.apply(change, book.publish_time)
    return fold.result()


def _without_last_prices(change: MarketChange) -> MarketChange:
    runners = [msgspec.structs.replace(each, ltp=None) for each in change.rc or ()]
    return msgspec.structs.replace(change, rc=runners or None)


def _by_hand(path: Path) -> dict[int, dict[str, Any]]:
    """Recompute result, starting price, and volume and average before and after the last suspension."""
    traded: dict[int, dict[Decimal, Decimal]] = defaultdict(dict)
    before: dict[int, dict[Decimal, Decimal]] | None = None
    runners: list[dict[str, Any]] = []
    has_turned, status = False, ""
    for line in bz2.decompress(path.read_bytes()).splitlines():
        for change in json.loads(line, parse_float=Decimal)["mc"]:
            definition = change.get("marketDefinition", {})
            runners = definition.get("runners", runners)
            if definition.get("status") == "SUSPENDED" and status == "OPEN" and not has_turned:
                before = {key: dict(ladder) for key, ladder in traded.items()}
            status = definition.get("status", status)
            has_turned = has_turned or definition.get("inPlay", False)
            if change.get("img"):
                traded.clear()
            for runner in change.get("rc", []):
                if any(size for _, size in runner.get("trd", [])):
                    traded[runner["id"]] |= {Decimal(price): Decimal(size) for price, size in runner["trd"]}
    assert before is not None
    found = {}
    for runner in runners:
        pre_play = before.get(runner["id"], {})
        in_play = {price: size - pre_play.get(price, 0) for price, size in traded[runner["id"]].items()}
        found[runner["id"]] = {
            "result": runner["status"],
            "bsp": runner.get("bsp"),
            "pre-play": _phase({price: size for price, size in pre_play.items() if size > 0}),
            "in-play": _phase({price: size for price, size in in_play.items() if size > 0}),
        }
    return found


def _phase(ladder: dict[Decimal, Decimal]) -> tuple[Decimal | None, ...]:
    total = sum(ladder.values())
    if not total:
        return None, None, None, Decimal(0)
    average = sum(price * size for price, size in ladder.items()) / total
    return max(ladder), min(ladder), round(average, 6), total / 2


@pytest.mark.parametrize("name", ["1.127236622", "1.185781277", "SELF-1.181223995"])
def test_statistics_equal_those_by_hand(name: str) -> None:
    """Results, starting prices, volumes and average prices are those that plain arithmetic gives."""
    path = tape(name)

    by_hand, ours = _by_hand(path), _ours(path)

    assert by_hand.keys() == {runner.selection_id for runner in ours.runners}
    for runner in ours.runners:
        expected = by_hand[runner.selection_id]
        assert expected["result"] == runner.result
        assert str(expected["bsp"] and float(expected["bsp"])) == str(runner.bsp)
        assert expected["pre-play"] == _numbers(runner.pre_play)
        assert expected["in-play"] == _numbers(runner.in_play)


def _numbers(phase: PhaseStatistics | None) -> tuple[Decimal | None, ...]:
    assert phase is not None
    prices = (None if price is None else Decimal(repr(price)) for price in (phase.max_price, phase.min_price))
    return (*prices, phase.weighted_average_price, phase.volume)


def test_a_race_as_its_tape_tells_it() -> None:
    """The race at Randwick: off 19.517 s late, won by Hauraki at a starting price of 7.69."""
    statistics = _ours(tape("1.127236622"))

    winner = next(runner for runner in statistics.runners if runner.result == "WINNER")
    assert ("2. Hauraki", 7.69) == (winner.name, winner.bsp)
    assert statistics.actual_off is not None
    assert statistics.scheduled_off is not None
    assert 19_517 == statistics.actual_off - statistics.scheduled_off
    assert Decimal("443904.33") == statistics.total_matched


def test_pre_play_is_what_betfair_published() -> None:
    """Betfair's results have runner 40364043 from 7.87 to 11 before the off, on average 9.38."""
    statistics = _ours(tape("1.185781277"))

    (runner,) = (each for each in statistics.runners if each.selection_id == 40_364_043)
    assert runner.pre_play is not None
    assert (7.87, 11.0) == (runner.pre_play.min_price, runner.pre_play.max_price)
    assert Decimal("9.38") == round(runner.pre_play.weighted_average_price or Decimal(0), 2)


def test_a_race_that_does_not_turn_in_play() -> None:
    """The greyhounds at Sheffield: off with the last suspension, after it nothing but the auction."""
    win, place = _ours(tape("1.197931750")), _ours(tape("1.197931751"))

    assert [(1_650_392_838_735, False, True)] * 2 == [
        (each.actual_off, each.turned_in_play, each.has_auction) for each in (win, place)
    ]
    assert {Decimal(0)} == {each.in_play.volume for each in win.runners if each.in_play}
    assert {
        36_276_560: Decimal("13.215"),  # 39.59 after, 13.16 before
        42_930_960: Decimal("7.935"),  # 24.13 and 0.48 after, 8.74 before
        40_095_374: Decimal("1.81"),  # 13.38 and 8.18 after, 11.76 and 6.18 before
        37_947_503: Decimal("0.05"),  # 3.61 after, 3.51 before
        39_823_721: Decimal("200.995"),  # 98.85 and 436.28 after, 10.66 and 122.48 before
        44_331_354: Decimal("0.55"),  # 0.66 and 14.31 after, 13.87 before
    } == {each.selection_id: each.in_play.volume for each in place.runners if each.in_play}


def test_a_market_that_was_suspended_five_times() -> None:
    """The race at Sunshine Coast was off with the fifth suspension; the others were for removals."""
    statistics = _ours(tape("1.205822330"))

    assert (1_667_267_389_770, False) == (statistics.actual_off, statistics.actual_off_derived)


def test_a_recording_without_the_suspension() -> None:
    """A BASIC file has a message a minute, and none with the suspension: the off is the turn in play."""
    statistics = _ours(tape("BASIC-1.132153978"))

    assert (1_497_466_542_053, True) == (statistics.actual_off, statistics.actual_off_derived)


@pytest.mark.parametrize("name", ["1.127236622", "1.205822330", "SELF-1.181223995"])
def test_derived_last_prices_are_those_published(name: str) -> None:
    """Without the published last prices, the last price before the off is still the same, of every runner."""
    published, derived = _ours(tape(name)), _ours(tape(name), without_last_prices=True)

    for with_it, without in zip(published.runners, derived.runners, strict=True):
        assert with_it.pre_play is not None
        assert without.pre_play is not None
        assert with_it.pre_play.last_price == without.pre_play.last_price


def test_a_tape_that_ends_before_the_off() -> None:
    """The excerpt of five minutes has no prices at the off, and says why."""
    statistics = _ours(tape("1.164917629"))

    assert (False, "the tape ends before the scheduled off") == (
        statistics.captured,
        statistics.not_captured_because,
    )
