"""
The best prices of a runner, by level and by price, and what changed in them.

There are no virtual bets in the sandbox: what is displayed is what is really there, except where a recording
brought the display levels itself.

Source: "Exchange Stream API", level based ladders and their examples.
"""

from collections.abc import Sequence
from enum import StrEnum
from heapq import nlargest, nsmallest
from operator import itemgetter
from typing import TypeAlias

from betflow.exchange.runner_book import RunnerBook
from betflow.wire.stream import LevelPriceSizes, PriceSizes

Best: TypeAlias = Sequence[tuple[float, float]]
"""``(price, size)``, the best first."""

_price = itemgetter(0)


class Ladder(StrEnum):
    """The ladders that show only the best prices, by their names on the wire."""

    RAW_BACK = "batb"
    RAW_LAY = "batl"
    DISPLAY_BACK = "bdatb"
    DISPLAY_LAY = "bdatl"
    CUT_BACK = "atb"
    CUT_LAY = "atl"


def best(runner: RunnerBook, ladder: Ladder, levels: int) -> Best:
    """Return what a ladder shows, cut to so many levels."""
    match ladder:
        case Ladder.DISPLAY_BACK if runner.display_available_to_back:
            return _in_order(runner.display_available_to_back, levels)
        case Ladder.DISPLAY_LAY if runner.display_available_to_lay:
            return _in_order(runner.display_available_to_lay, levels)
        case Ladder.RAW_BACK | Ladder.DISPLAY_BACK | Ladder.CUT_BACK:
            if runner.available_to_back:
                return nlargest(levels, runner.available_to_back.items())
            return _in_order(runner.best_available_to_back, levels)
    if runner.available_to_lay:
        return nsmallest(levels, runner.available_to_lay.items())
    return _in_order(runner.best_available_to_lay, levels)


def changed_levels(before: Best, now: Best, levels: int) -> LevelPriceSizes:
    """
    Return the levels that differ, the last first, as Betfair's examples have them.

    The first bet of a ladder fills level 0, and all others are said to be empty.
    """
    last = max(len(before), len(now)) if before else levels if now else 0
    changed: LevelPriceSizes = []
    for level in range(last - 1, -1, -1):
        if level >= len(now):
            changed.append((level, 0, 0))
        elif level >= len(before) or before[level] != now[level]:
            changed.append((level, *now[level]))
    return changed


def image_levels(now: Best) -> LevelPriceSizes:
    """Return all levels of a ladder as an image has them."""
    return [(level, price, size) for level, (price, size) in enumerate(now)]


def changed_prices(before: Best, now: Best) -> PriceSizes:
    """Return the prices that differ; those that are no longer among the best have size 0."""
    gone, had = dict(now), dict(before)
    removed = [(price, 0.0) for price in had if price not in gone]
    return removed + [(price, size) for price, size in now if had.get(price) != size]


def _in_order(by_level: dict[int, tuple[float, float]], levels: int) -> Best:
    return [by_level[level] for level in sorted(by_level)[:levels]]
