"""Statistics of recorded markets, computed a second time straight from the JSON."""

import bz2
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from betflow.exchange.phases import PhaseStatistics
from betflow.exchange.statistics import MarketStatistics, StatisticsFold
from betflow.tape import Tape
from tapes import tape


def _ours(path: Path) -> MarketStatistics:
    fold = StatisticsFold(path.stem.removeprefix("SELF-"))
    for book in Tape(path):
        assert book.change is not None
        fold.apply(book.change, book.publish_time)
    return fold.result()


def _by_hand(path: Path) -> dict[int, dict[str, Any]]:
    """Recompute result, starting price, and volume and average before and after the turn in play."""
    traded: dict[int, dict[Decimal, Decimal]] = defaultdict(dict)
    before: dict[int, dict[Decimal, Decimal]] | None = None
    runners: list[dict[str, Any]] = []
    for line in bz2.decompress(path.read_bytes()).splitlines():
        for change in json.loads(line, parse_float=Decimal)["mc"]:
            definition = change.get("marketDefinition", {})
            runners = definition.get("runners", runners)
            if definition.get("inPlay") and before is None:
                before = {key: dict(ladder) for key, ladder in traded.items()}
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
    """The race at Randwick: off 19.953 s late, won by Hauraki at a starting price of 7.69."""
    statistics = _ours(tape("1.127236622"))

    winner = next(runner for runner in statistics.runners if runner.result == "WINNER")
    assert ("2. Hauraki", 7.69) == (winner.name, winner.bsp)
    assert statistics.actual_off is not None
    assert statistics.scheduled_off is not None
    assert 19_953 == statistics.actual_off - statistics.scheduled_off
    assert Decimal("443904.33") == statistics.total_matched


def test_a_race_that_does_not_turn_in_play() -> None:
    """The greyhounds at Sheffield: off with the last suspension, nothing traded in play."""
    statistics = _ours(tape("1.197931750"))

    assert (1_650_392_838_735, False) == (statistics.actual_off, statistics.turned_in_play)
    assert all(runner.in_play is None for runner in statistics.runners)


def test_a_tape_that_ends_before_the_off() -> None:
    """The excerpt of five minutes has no prices at the off, and says why."""
    statistics = _ours(tape("1.164917629"))

    assert (False, "the tape ends before the scheduled off") == (
        statistics.captured,
        statistics.not_captured_because,
    )
