"""
Candles: what was traded on each runner, interval by interval, and the best prices at the end of each.

`CandleFold` takes the changes of one market in order. The rules:

- Intervals are aligned to multiples of their length since 1970; each begins at `Candle.start` and ends
  before the next.
- A trade is an increment of the published volume at a price (`trd`) above the highest seen there before.
- Volumes in other currencies are converted anew from time to time, which moves many prices by pennies in one
  message. What moves so is no trade; see `betflow.exchange.volumes.is_revaluation`.
- A traded volume that is negative, NaN or infinite was never traded, and is left out.
- Volumes are one-sided: half the increment, since Betfair counts both stakes.
- An image sets the volumes that increments are counted from; what it brings is no trade, since it may be
  old. A tape that does not begin with an image begins from nothing traded.
- In which order the prices of one message were traded is not known. The open is the first listed; the close
  is the message's last traded price where it has one, else that of `betflow.exchange.volumes.last_traded`.
- On tapes without `trd` (BASIC), a published last traded price counts as a trade, and the volume is not
  known.
- In-play begins with the actual off, the suspension before the market turns in play: what the starting-price
  auction trades is in-play, also where the market never turns in play. The rules are those of
  `betflow.exchange.statistics`.
- An interval without a trade is empty: no prices, and the best prices carried on.
- A message that was published before the one it follows counts at the time of that one.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeVar

import msgspec

from betflow.errors import UsageError
from betflow.exchange.book import MarketBook
from betflow.exchange.off import Timeline
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.volumes import (
    Volumes,
    fold_volumes,
    hundredths,
    is_revaluation,
    is_wobble,
    last_traded,
    one_sided,
    only_deletes,
    without_impossible,
)
from betflow.wire.stream import MarketChange, RunnerChange

T = TypeVar("T")

_NO_QUOTE: tuple[float | None, float | None] = (None, None)
_INTERVAL = re.compile(r"(?P<count>\d{1,9})(?P<unit>ms|s|m|h|d)", re.ASCII)
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def parse_interval(text: str) -> int:
    """
    Return the milliseconds of an interval given on a command line: ``500ms``, ``60s``, ``5m``, ``1h`` or so.

    Raises:
        UsageError: if it is none, or no time at all.
    """
    match = _INTERVAL.fullmatch(text.strip().lower())
    interval = int(match["count"]) * _UNIT_MS[match["unit"]] if match else 0
    if interval == 0:
        raise UsageError(f"{text!r} is no interval.", advice="Give one like 500ms, 60s, 5m, 1h or 1d.")
    return interval


class Candle(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    One runner in one interval.

    Attributes:
        start: Beginning of the interval, epoch milliseconds.
        volume: One-sided, 0 in an empty interval; None where the tape has no volumes.
        updates: How many increments, or published last prices, the prices are from.
        best_back: Best price to back at the end of the interval; None where there was none.
        best_lay: Best price to lay at the end of the interval; None where there was none.
        in_play: Whether the market was in play at the end of the interval, or off and its starting-price
            auction held.
        empty: Nothing was traded.
    """

    selection_id: int
    handicap: float
    start: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: Decimal | None
    updates: int
    best_back: float | None
    best_lay: float | None
    in_play: bool
    empty: bool


class _Bar:
    """The trades of one interval."""

    __slots__ = ("close", "high", "low", "open", "updates", "volume")

    def __init__(self, price: float) -> None:
        self.open = self.high = self.low = self.close = price
        self.volume = self.updates = 0

    def add(self, price: float, volume: int) -> None:
        self.touch(price)
        self.volume += volume
        self.updates += 1

    def touch(self, price: float) -> None:
        self.high = max(price, self.high)
        self.low = min(price, self.low)
        self.close = price


class _Series:
    """One runner's bars and best prices, by the start of the interval; only where there is something new."""

    __slots__ = ("bars", "last_price_bars", "marks", "quotes")

    def __init__(self) -> None:
        self.marks: Volumes = {}
        self.bars: dict[int, _Bar] = {}
        self.last_price_bars: dict[int, _Bar] = {}
        self.quotes: dict[int, tuple[float | None, float | None]] = {}

    def set_marks(self, changes: list[RunnerChange]) -> None:
        """Count from what an image has for the runner, where it brings anything."""
        brought = [entry for change in changes for entry in change.trd or ()]
        if not only_deletes(brought):
            self.marks = {}
            fold_volumes(self.marks, brought)

    def moves(self, changes: list[RunnerChange]) -> Iterator[tuple[int, int]]:
        """Yield the volume at each price that a message changes, and the highest seen there before."""
        for change in changes:
            for price, size in change.trd or ():
                yield hundredths(size), self.marks.get(price, 0)

    def trade(self, start: int, changes: list[RunnerChange], *, revalued: bool, middle: float | None) -> None:
        """Count the changes that one message has for the runner; *middle* is between the prices before."""
        last_prices = [change.ltp for change in changes if change.ltp is not None]
        for price in last_prices:
            _bar(self.last_price_bars, start, price).add(price, 0)
        grown = []
        for change in changes:
            for price, size in change.trd or ():
                volume = hundredths(size)
                mark = self.marks.get(price, 0)
                if volume <= mark:
                    continue
                self.marks[price] = volume
                if not (revalued and is_wobble(volume, mark)):
                    _bar(self.bars, start, price).add(price, volume - mark)
                    grown.append(price)
        if grown:
            self.bars[start].touch(last_prices[-1] if last_prices else last_traded(grown, middle))


def _bar(bars: dict[int, _Bar], start: int, price: float) -> _Bar:
    bar = bars.get(start)
    if bar is None:
        bar = bars[start] = _Bar(price)
    return bar


class CandleFold:
    """
    The candles of one market, folded from its changes.

    Args:
        market_id: The market.
        interval: Length of an interval in milliseconds, at least 1.

    """

    def __init__(self, market_id: str, interval: int) -> None:
        self.book = MarketBook(market_id)
        self.interval = interval
        self._series: dict[tuple[int, float], _Series] = {}
        self._touched: set[tuple[int, float]] = set()
        self._timeline = Timeline()
        self._turns: list[int] = []
        self._has_volumes = False
        self._first: int | None = None
        self._start = 0
        self._latest = 0

    def apply(self, change: MarketChange, publish_time: int) -> None:
        """Fold one change of the market; traded volumes that cannot be are left out."""
        change, _ = without_impossible(change)
        start = publish_time - publish_time % self.interval
        self._latest = publish_time if self._first is None else max(self._latest, publish_time)
        if self._first is None:
            self._first = self._start = start
        elif start > self._start:
            self._end_interval()
            self._start = start
        # A message may have several entries for one runner.
        changes: dict[tuple[int, float], list[RunnerChange]] = {}
        for runner_change in change.rc or ():
            changes.setdefault((runner_change.id, runner_change.hc or 0.0), []).append(runner_change)
            self._has_volumes = self._has_volumes or runner_change.trd is not None
        middles = {key: self._middle(key) for key in changes}
        self._follow(change, publish_time)
        by_series = {self._series.setdefault(key, _Series()): each for key, each in changes.items()}
        moves = (move for series, each in by_series.items() for move in series.moves(each))
        trading = [series for series, each in by_series.items() if any(change.trd for change in each)]
        revalued = is_revaluation(moves, (each.marks for each in self._series.values()), len(trading))
        for (series, of_runner), middle in zip(by_series.items(), middles.values(), strict=True):
            if change.img:
                series.set_marks(of_runner)
            else:
                series.trade(self._start, of_runner, revalued=revalued, middle=middle)
        self._touched.update(self._series if change.img else changes)

    @property
    def turns(self) -> list[int]:
        """
        When the market turned in play, when it ceased to be, and so on in turn: epoch milliseconds.

        It turns in play with the actual off; with that, too, where nothing comes after it but the auction.
        """
        begins = self._timeline.in_play_from
        return [] if begins is None else [begins, *self._turns[1:]]

    @property
    def intervals(self) -> range:
        """The starts of all intervals, from that of the first message to that of the last."""
        return range(0) if self._first is None else range(self._first, self._start + 1, self.interval)

    def window(self, since: int | None = None, until: int | None = None) -> range:
        """
        Return the starts of the intervals in a part of the tape.

        Args:
            since: Epoch milliseconds; the interval that it is in is the first.
            until: Epoch milliseconds; no interval begins at or after it.
        """
        everything = self.intervals
        first = everything.start if since is None else max(everything.start, since - since % self.interval)
        last = everything.stop if until is None else min(everything.stop, until)
        return range(first, max(first, last), self.interval)

    def candles(self, runner: RunnerBook, window: range | None = None) -> Iterator[Candle]:
        """
        Yield the candles of one runner in order, empty intervals too.

        Args:
            runner: One of `book`'s.
            window: Starts of the intervals that are wanted, from `CandleFold.window`; all where left out.
        """
        self._end_interval()
        wanted = self.intervals if window is None else window
        series = self._series.get((runner.selection_id, runner.handicap)) or _Series()
        bars = series.bars if self._has_volumes else series.last_price_bars
        best_back, best_lay = _before(series.quotes, wanted.start, otherwise=_NO_QUOTE)
        turns, turned = self.turns, 0
        nothing = one_sided(0) if self._has_volumes else None
        for start in wanted:
            best_back, best_lay = series.quotes.get(start, (best_back, best_lay))
            while turned < len(turns) and turns[turned] < start + self.interval:
                turned += 1
            bar = bars.get(start)
            yield Candle(
                selection_id=runner.selection_id,
                handicap=runner.handicap,
                start=start,
                open=bar.open if bar else None,
                high=bar.high if bar else None,
                low=bar.low if bar else None,
                close=bar.close if bar else None,
                volume=one_sided(bar.volume) if bar and self._has_volumes else nothing,
                updates=bar.updates if bar else 0,
                best_back=best_back,
                best_lay=best_lay,
                in_play=turned % 2 == 1,
                empty=bar is None,
            )

    def _follow(self, change: MarketChange, publish_time: int) -> None:
        """Fold a change into the book, and note whether the market is off or in play by it."""
        was_in_play = self.book.in_play
        self.book.apply(change, publish_time)
        if change.market_definition is not None:
            self._timeline.define(change.market_definition, self._latest)
        if self.book.in_play != was_in_play:
            self._turns.append(self._latest)

    def _middle(self, key: tuple[int, float]) -> float | None:
        runner = self.book.runner(*key)
        return runner.middle_price if runner else None

    def _end_interval(self) -> None:
        """Keep the best prices as they stand; more messages of the same interval may still change them."""
        for key in self._touched:
            runner = self.book.runner(*key)
            self._series[key].quotes[self._start] = (
                (runner.best_back, runner.best_lay) if runner else _NO_QUOTE
            )
        self._touched.clear()


def _before(values: dict[int, T], start: int, *, otherwise: T) -> T:
    """Return the latest value from before a start; values are in order."""
    for moment, value in values.items():
        if moment >= start:
            break
        otherwise = value
    return otherwise
