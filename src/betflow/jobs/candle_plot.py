"""
Candles as a picture: small multiples of the runners with the most volume, or one large chart.

Needs the extra ``plot``. Drawn without a display. Prices stand on a logarithmic axis, since from 2 to 4 is as
far as from 4 to 8; shortening (the price fell: the runner is fancied more) and drifting candles differ in
colour. Where only the last few candles are in play, the axis is that of the prices before, so that they can
be read; what leaves it is marked at the edge.
"""

import warnings
from collections.abc import Sequence
from itertools import zip_longest
from math import ceil, isfinite
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from betflow.errors import DamagedError
from betflow.exchange.candles import Candle, CandleFold
from betflow.exchange.prices import CLASSIC
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.times import epoch_ms, iso
from betflow.jobs.candle_plot_heading import (
    BACK,
    DRIFTED,
    FAINT,
    IN_PLAY,
    INK,
    LAY,
    SHORTENED,
    UNCHANGED,
    draw_heading,
    plain_text,
)
from betflow.jobs.exports import written_whole

MOST_RUNNERS = 12
_MOST_INTERVALS = {1: 300, 2: 200, 3: 120}
"""How many candles are still told apart, by the number of charts in a row."""

_DAY_MS = 86_400_000
_YEAR_9999_MS = 253_370_764_800_000
_TICKS = (
    1.01,
    1.02,
    1.05,
    1.1,
    1.2,
    1.3,
    1.5,
    1.7,
    2,
    2.5,
    3,
    4,
    5,
    6,
    8,
    10,
    12,
    15,
    20,
    25,
    30,
    40,
    50,
    70,
)
_TICKS_ABOVE = (100, 150, 200, 300, 500, 700, 1000)
_MOST_TICKS = 8
_MOSTLY = 0.8


def draw(path: Path, fold: CandleFold, runners: Sequence[RunnerBook], window: range) -> None:
    """
    Draw the candles of a market to a PNG file.

    Args:
        path: Written in one step.
        fold: Has the candles.
        runners: Whose candles; of more than `MOST_RUNNERS`, those with the most trades are drawn.
        window: The intervals; of more than can be told apart, the last are drawn.

    Raises:
        DamagedError: publish times are not of this age of the world.
    """
    if window and not 0 <= window[0] <= window[-1] < _YEAR_9999_MS:
        raise DamagedError(
            f"publish times from {iso(window[0])} to {iso(window[-1])} cannot be drawn.",
            advice="Choose a part with --from and --to.",
        )
    chosen = _busiest(fold, runners, window)
    columns = min(3, ceil(len(chosen) / 4) if len(chosen) > 1 else 1) or 1
    shown = window[-_MOST_INTERVALS[columns] :]
    rows = max(1, ceil(len(chosen) / columns))
    size = (13.0, 7.0) if len(chosen) <= 1 else (6.2 * columns + 1.0, 2.9 * rows + 1.6)
    figure = Figure(figsize=size, dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        rows,
        columns,
        left=0.65 / size[0],
        right=1 - 0.35 / size[0],
        top=1 - 1.25 / size[1],
        bottom=0.45 / size[1],
        hspace=0.3,
        wspace=0.16,
    )
    for place, runner in enumerate(chosen):
        cell = grid[place // columns, place % columns].subgridspec(2, 1, height_ratios=(3.4, 1), hspace=0.06)
        prices = figure.add_subplot(cell[0])
        volumes = figure.add_subplot(cell[1], sharex=prices)
        _draw_runner(prices, volumes, runner, list(fold.candles(runner, shown)), fold)
    draw_heading(figure, fold, (len(chosen), len(runners)), (shown, window))
    with written_whole(path) as part, warnings.catch_warnings():
        # A name may be in a script that the font does not have; it is drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure.savefig(part, format="png", metadata={"Software": "betflow"})


def _busiest(fold: CandleFold, runners: Sequence[RunnerBook], window: range) -> list[RunnerBook]:
    """Return the runners with the most trades, in the order that they came in."""
    if len(runners) <= MOST_RUNNERS:
        return list(runners)
    updates = [sum(candle.updates for candle in fold.candles(runner, window)) for runner in runners]
    places = sorted(range(len(runners)), key=lambda place: (-updates[place], place))[:MOST_RUNNERS]
    return [runners[place] for place in sorted(places)]


def _draw_runner(
    prices: Axes, volumes: Axes, runner: RunnerBook, candles: list[Candle], fold: CandleFold
) -> None:
    width = fold.interval / _DAY_MS
    _draw_in_play((prices, volumes), candles, fold)
    _draw_quotes(prices, candles, width)
    _draw_candles(prices, volumes, candles, width)
    _set_price_axis(prices, candles)
    definition = fold.book.definition
    off = _moment(definition.market_time if definition else None)
    for axes in (prices, volumes):
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(FAINT)
        axes.tick_params(colors=INK, labelsize=7.5, length=2.5)
        if off is not None and candles and candles[0].start <= off <= candles[-1].start + fold.interval:
            axes.axvline(off / _DAY_MS, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    if candles:
        prices.set_xlim(candles[0].start / _DAY_MS, candles[-1].start / _DAY_MS + width)
    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]  # matplotlib's
    labels = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]  # likewise
    volumes.xaxis.set_major_locator(locator)
    volumes.xaxis.set_major_formatter(labels)
    prices.tick_params(labelbottom=False)
    prices.set_title(_runner_title(runner), loc="left", fontsize=9.5, color=INK, fontweight="bold", pad=5)


def _draw_in_play(charts: Sequence[Axes], candles: list[Candle], fold: CandleFold) -> None:
    """Shade the time in play from the very moment of the off, which may be in the middle of a candle."""
    if not candles:
        return
    shown = candles[0].start, candles[-1].start + fold.interval
    for beginning, end in in_play_spans(fold.turns, *shown):
        for axes in charts:
            axes.axvspan(beginning / _DAY_MS, end / _DAY_MS, color=IN_PLAY, linewidth=0, zorder=0)


def in_play_spans(turns: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    """
    Return the times in play between two moments.

    Args:
        turns: As `CandleFold.turns`.
        first: The first moment, epoch milliseconds.
        last: The last; a time in play that has no end goes on to it.
    """
    spans = zip_longest(turns[::2], turns[1::2], fillvalue=last)
    clipped = ((max(beginning, first), min(end, last)) for beginning, end in spans)
    return [(beginning, end) for beginning, end in clipped if beginning < end]


def _draw_quotes(prices: Axes, candles: list[Candle], width: float) -> None:
    ends = [candle.start / _DAY_MS + width for candle in candles]
    for values, color in (
        ([candle.best_back for candle in candles], BACK),
        ([candle.best_lay for candle in candles], LAY),
    ):
        heights = [float("nan") if value is None else value for value in values]
        prices.plot(ends, heights, color=color, linewidth=0.8, drawstyle="steps-pre", alpha=0.9, zorder=2)


def _draw_candles(prices: Axes, volumes: Axes, candles: list[Candle], width: float) -> None:
    drawn = [candle for candle in candles if not candle.empty and _is_drawable(candle)]
    centers = [candle.start / _DAY_MS + width / 2 for candle in drawn]
    colors = [_color(candle) for candle in drawn]
    lows = [candle.low or 0 for candle in drawn]
    highs = [candle.high or 0 for candle in drawn]
    prices.vlines(centers, lows, highs, colors=colors, linewidth=0.9, zorder=3)
    bottoms = [min(candle.open or 0, candle.close or 0) for candle in drawn]
    tops = [max(candle.open or 0, candle.close or 0) for candle in drawn]
    # A body without a height would be invisible: give it one that does not depend on the price.
    heights = [max(top - bottom, bottom * 0.003) for bottom, top in zip(bottoms, tops, strict=True)]
    prices.bar(centers, heights, width * 0.72, bottoms, color=colors, linewidth=0, zorder=4)
    if any(candle.volume for candle in drawn):
        volumes.bar(
            centers,
            [float(candle.volume or 0) for candle in drawn],
            width * 0.72,
            color=colors,
            linewidth=0,
            zorder=3,
        )
        volumes.yaxis.set_major_formatter(FuncFormatter(_short_number))
        volumes.yaxis.set_major_locator(MaxNLocator(nbins=2))
    else:
        volumes.set_yticks([])


def _color(candle: Candle) -> str:
    if candle.close == candle.open:
        return UNCHANGED
    return DRIFTED if (candle.close or 0) > (candle.open or 0) else SHORTENED


def _is_drawable(candle: Candle) -> bool:
    """Say whether a logarithmic axis can show it."""
    return all(price is not None and isfinite(price) and price > 0 for price in (candle.low, candle.high))


def _set_price_axis(prices: Axes, candles: list[Candle]) -> None:
    """Show what was traded, a little more, and a handful of prices that people know."""
    traded = _extremes(_scaled_by(candles))
    quotes = [price for candle in candles for price in (candle.best_back, candle.best_lay)]
    quoted = [price for price in quotes if price and isfinite(price)]
    known = traded or quoted or [1.01, 1000.0]
    low, high = min(known), max(known)
    margin = max((high / low) ** 0.06, 1.02)
    low, high = low / margin, high * margin
    prices.set_yscale("log")
    prices.set_ylim(low, high)
    ticks = _price_ticks(low, high)
    prices.yaxis.set_major_locator(FixedLocator(ticks))
    prices.yaxis.set_minor_locator(NullLocator())
    prices.yaxis.set_major_formatter(FuncFormatter(_price))
    prices.grid(axis="y", color="#e6e6e6", linewidth=0.6, zorder=0)
    prices.set_axisbelow(True)
    _mark_what_leaves(prices, candles, low, high)


def _scaled_by(candles: list[Candle]) -> list[Candle]:
    """Return the candles that the axis has to hold: all, or only those before in-play."""
    before = [candle for candle in candles if not candle.in_play]
    return before if _extremes(before) and len(before) > _MOSTLY * len(candles) else candles


def _extremes(candles: list[Candle]) -> list[float]:
    drawable = [candle for candle in candles if _is_drawable(candle)]
    return [price for candle in drawable for price in (candle.low, candle.high) if price]


def _mark_what_leaves(prices: Axes, candles: list[Candle], low: float, high: float) -> None:
    """Put a small triangle at the edge of the chart where a candle goes on beyond it."""
    drawable = [candle for candle in candles if _is_drawable(candle)]
    width = (candles[1].start - candles[0].start) / _DAY_MS if len(candles) > 1 else 0.0
    for edge, marker, leaving in (
        (high, "^", [candle for candle in drawable if (candle.high or 0) > high]),
        (low, "v", [candle for candle in drawable if (candle.low or high) < low]),
    ):
        places = [candle.start / _DAY_MS + width / 2 for candle in leaving]
        heights = [edge] * len(places)
        prices.plot(places, heights, marker, color=INK, markersize=4, clip_on=False, zorder=5)


def _price_ticks(low: float, high: float) -> list[float]:
    """Return prices that people know, far enough from each other to be read."""
    apart = (high / low) ** (1 / _MOST_TICKS)
    ticks: list[float] = []
    for tick in (*_TICKS, *_TICKS_ABOVE):
        if low <= tick <= high and (not ticks or tick / ticks[-1] >= apart):
            ticks.append(tick)
    enough = len(ticks) >= 3  # noqa: PLR2004 - fewer do not make a scale
    if enough:
        return ticks
    between = (low * (high / low) ** (part / 5) for part in range(1, 5))
    return sorted({float(CLASSIC.nearest(price)) for price in between})


def _runner_title(runner: RunnerBook) -> str:
    name = runner.name or str(runner.selection_id)
    line = f" {runner.handicap:+g}" if runner.handicap else ""
    result = f"  ·  {runner.status.lower()}" if runner.status and runner.status != "ACTIVE" else ""
    bsp = runner.starting_price
    price = f"  ·  BSP {bsp:.2f}" if bsp is not None and isfinite(bsp) else ""
    return plain_text(f"{name}{line}{result}{price}")


def _moment(text: str | None) -> int | None:
    try:
        return None if text is None else epoch_ms(text)
    except ValueError:
        return None  # the definition's own text; without it no line is drawn


def _price(price: float, _position: int) -> str:
    return f"{price:.2f}".rstrip("0").rstrip(".")


def _short_number(number: float, _position: int) -> str:
    for size, unit in ((1_000_000, "m"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{unit}"
    return f"{number:g}"
