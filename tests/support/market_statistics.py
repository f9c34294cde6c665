"""What a market looks like towards the off, in a few figures: to hold made-up markets against recorded."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import nan
from statistics import fmean, median

from betflow.exchange.book import MarketBook
from betflow.exchange.prices import CLASSIC
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import MarketStatus, RunnerStatus

_LADDER = tuple(map(float, CLASSIC))
_MINUTE = 60_000
_LONGEST_PRICE = 15.0
"""Spreads are measured below it: above, a tick is so wide that it says little."""


@dataclass(slots=True)
class Window:
    """
    The figures of some minutes before the off.

    Attributes:
        minutes: How long it is.
        messages: How many changes came in it.
        spreads: In ticks, of runners below 15.0.
        back: The sums of 1 / best price to back, where all runners have one.
        lay: The same of the best prices to lay.
        levels: How many prices are offered on a side.
        trades: In how many messages something traded.
    """

    minutes: int
    messages: int = 0
    spreads: list[int] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    lay: list[float] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    trades: int = 0

    def figures(self) -> dict[str, float]:
        """
        Return the figures by name; spreads and levels are medians, books are 1 where there is no margin.

        A book is NaN where no moment had prices for all runners.
        """
        return {
            "messages a minute": self.messages / self.minutes,
            "spread in ticks": median(self.spreads),
            "back book": fmean(self.back) if self.back else nan,
            "lay book": fmean(self.lay) if self.lay else nan,
            "levels": median(self.levels),
            "messages with a trade": self.trades / self.messages,
        }


@dataclass(frozen=True, slots=True)
class Towards:
    """
    A market towards the off.

    Attributes:
        early: From 30 to 10 minutes before.
        middle: From 10 to 5 minutes before.
        late: The last 5 minutes.
        last_ten: Which part of the volume before the off came in the last 10 minutes.
    """

    early: dict[str, float]
    middle: dict[str, float]
    late: dict[str, float]
    last_ten: float


def off_time(books: Iterable[MarketBook]) -> int:
    """Return when a market turned in play, epoch milliseconds."""
    return next(book.publish_time for book in books if book.in_play)


def towards(books: Iterable[MarketBook], off: int, places: int) -> Towards:
    """
    Measure a market.

    Args:
        books: The market's, after each change.
        off: When it turned in play.
        places: How many win: books are measured against it.
    """
    windows = {(30, 10): Window(20), (10, 5): Window(5), (5, 0): Window(5)}
    ten_before, volume = 0.0, 0.0
    for book in books:
        left = (off - book.publish_time) / _MINUTE
        if book.in_play:
            break
        if left > 10:
            ten_before = volume = sum(runner.total_traded or 0 for runner in book.runners)
        for (longest, shortest), window in windows.items():
            if shortest < left <= longest and book.status == MarketStatus.OPEN:
                _measure(window, book, places)
        if left < 0.5:
            volume = sum(runner.total_traded or 0 for runner in book.runners)
    early, middle, late = (window.figures() for window in windows.values())
    return Towards(early, middle, late, 1 - ten_before / volume)


def _measure(window: Window, book: MarketBook, places: int) -> None:
    window.messages += 1
    window.trades += any(change.trd for change in (book.change.rc if book.change else None) or ())
    back, lay, whole = 0.0, 0.0, True
    for runner in book.runners:
        if runner.status != RunnerStatus.ACTIVE:
            continue
        if runner.best_back is None or runner.best_lay is None:
            whole = False
            continue
        back, lay = back + 1 / runner.best_back, lay + 1 / runner.best_lay
        _measure_runner(window, runner, runner.best_back, runner.best_lay)
    if whole:
        window.back.append(back / places)
        window.lay.append(lay / places)


def _measure_runner(window: Window, runner: RunnerBook, back: float, lay: float) -> None:
    if back < _LONGEST_PRICE:
        window.spreads.append(bisect_left(_LADDER, lay) - bisect_left(_LADDER, back))
        window.levels += [len(runner.available_to_back), len(runner.available_to_lay)]
