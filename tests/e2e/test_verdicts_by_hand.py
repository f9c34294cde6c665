"""Verdicts on recorded markets at the off, measured a second time straight from the JSON."""

import bz2
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from betflow.exchange.observed import of_book
from betflow.exchange.times import epoch_ms
from betflow.jobs.sources import open_market
from betflow.jobs.tape_book import book_at
from betflow.jobs.verdicts import limits_of
from betflow.settings import DiscoverySettings
from betflow.trading.eligibility import Verdict, assess
from betflow.trading.judging import OneOf, Range
from betflow.trading.selection import select
from tapes import tape

ALL_LIMITS = limits_of(DiscoverySettings())
LIMITS = {rule: limit for rule, limit in ALL_LIMITS.market.items() if rule != "time_to_off"} | {
    "size_at_best": Range(Decimal(300))  # of which one of the tapes has less
}
NUMBERS = ("field_size", "total_matched", "size_at_best", "median_spread", "favourite_spread")
ROUNDED = ("back_overround", "entropy", "top_three_share")
_STEPS = ((2, 1), (3, 2), (4, 5), (6, 10), (10, 20), (20, 50), (30, 100), (50, 200), (100, 500), (1000, 1000))


def _ladder() -> list[int]:
    """Return Betfair's price increments in hundredths, from the table in its documentation."""
    prices, price = [], 101
    for end, step in _STEPS:
        while price < end * 100:
            prices.append(price)
            price += step
    return [*prices, 100_000]


PLACES = {price: place for place, price in enumerate(_ladder())}


def _book_at_the_off(path: Path) -> tuple[dict[str, Any], dict[int, dict[str, dict[float, float]]], float]:
    """Return the definition, the offers by runner and side, and what was matched, at the scheduled off."""
    definition: dict[str, Any] = {}
    offers: dict[int, dict[str, dict[float, float]]] = {}
    matched = 0.0
    for line in bz2.decompress(path.read_bytes()).splitlines():
        message = json.loads(line)
        if definition and message["pt"] > epoch_ms(definition["marketTime"]):
            break
        for change in message.get("mc", []):
            definition = change.get("marketDefinition", definition)
            matched = change.get("tv", matched)
            if change.get("img"):
                offers.clear()
            for runner in change.get("rc", []):
                for side in ("atb", "atl", "trd"):
                    ladder = offers.setdefault(runner["id"], {"atb": {}, "atl": {}, "trd": {}})[side]
                    for price, size in runner.get(side, []):
                        ladder[price] = size
                        if not size:
                            del ladder[price]
    traded = round(sum(size for each in offers.values() for size in each["trd"].values()), 2)
    return definition, offers, matched or traded


def _by_hand(path: Path) -> dict[str, Any]:
    definition, offers, matched = _book_at_the_off(path)
    active = [each["id"] for each in definition["runners"] if each["status"] == "ACTIVE"]
    backs = {each: max(offers[each]["atb"]) for each in active}
    lays = {each: min(offers[each]["atl"]) for each in active}
    spreads = {each: PLACES[round(lays[each] * 100)] - PLACES[round(backs[each] * 100)] for each in active}
    book = sum(1 / price for price in backs.values())
    chances = [1 / price / book for price in backs.values()]
    sizes = [
        offers[each][side][best[each]] for side, best in (("atb", backs), ("atl", lays)) for each in active
    ]
    return {
        "field_size": len(active),
        "total_matched": matched,
        "size_at_best": round(sum(sizes), 2),
        "median_spread": sorted(spreads.values())[len(active) // 2],
        "favourite_spread": spreads[min(active, key=lambda each: (backs[each], lays[each]))],
        "back_overround": 100 * book - 100 * definition["numberOfWinners"],
        "entropy": -sum(chance * math.log(chance) for chance in chances) / math.log(len(active)),
        "top_three_share": sum(sorted(chances)[-3:]),
        "off": epoch_ms(definition["marketTime"]),
        "status": definition["status"],
        "in_play": definition["inPlay"],
        "in_band": {
            each
            for each in active
            if 12 <= lays[each] <= 18 and spreads[each] <= 2 and offers[each]["atl"][lays[each]] >= 2
        },
    }


def _ours(path: Path, off: int, data_dir: Path) -> tuple[Verdict, set[int]]:
    taken = of_book(book_at(open_market(str(path), data_dir), off)[0], off)
    runners = select(taken, ALL_LIMITS.runner)
    return assess(taken, LIMITS), {each.selection_id for each in runners if each.selected}


@pytest.mark.parametrize(
    ("name", "eligible"), [("1.205822330", True), ("1.164917629", False), ("SELF-1.181223995", True)]
)
def test_verdict_at_the_off(name: str, eligible: bool, tmp_path: Path) -> None:  # noqa: FBT001 - the expectation
    """Every measure, the verdict by the limits, and the runners in the band come out the same."""
    by_hand = _by_hand(tape(name))
    verdict, selected = _ours(tape(name), by_hand["off"], tmp_path)

    ours: dict[str, Any] = {reason.rule: reason.measured for reason in verdict.reasons}
    assert {rule: by_hand[rule] for rule in NUMBERS} == {rule: float(ours[rule]) for rule in NUMBERS}
    for rule in ROUNDED:
        assert by_hand[rule] == pytest.approx(float(ours[rule]), abs=0.00005)
    assert by_hand["in_band"] == selected
    assert eligible == _is_eligible(by_hand) == verdict.eligible


def _is_eligible(measured: dict[str, Any]) -> bool:
    """Judge by the limits in plain comparisons."""
    for rule, limit in LIMITS.items():
        value = measured[rule]
        if isinstance(limit, OneOf):
            good = value in limit.values
        else:
            low, high = limit.minimum, limit.maximum
            good = (low is None or float(low) <= value) and (high is None or value <= float(high))
        if not good:
            return False
    return True
