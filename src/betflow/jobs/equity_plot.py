"""
The equity curve as a picture. Needs the extra ``plot``; drawn without a display.

One step for each settled market, in the order of settlement: the expected case as a line, worst to best as a
band around it, and the deepest drawdown of the expected case marked.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from betflow.exchange.times import iso
from betflow.jobs.candle_plot_heading import FAINT, INK, plain_text
from betflow.jobs.equity import EquityPoint, deepest_drawdown
from betflow.jobs.exports import written_whole

_LINE = "#1f6feb"
_BAND = "#c9ddfb"
_LOSS = "#d1495b"
_MOST_LABELS = 8


def draw_equity(path: Path, points: Sequence[EquityPoint], *, title: str, currency: str) -> None:
    """
    Draw an equity curve to a PNG file, which appears in one step.

    Args:
        path: Where.
        points: The curve; without any the picture says that nothing was settled.
        title: What was played.
        currency: The account's.
    """
    figure = Figure(figsize=(11.0, 5.6), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.085, 0.12, 0.885, 0.70))
    _draw_heading(figure, points, title=title, currency=currency)
    if points:
        _draw_curve(axes, points)
        _label_markets(axes, points)
    else:
        axes.text(0.5, 0.5, "No market was settled.", ha="center", va="center", color=FAINT, fontsize=12)
        axes.set_xticks([])
        axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=8.5, length=2.5)
    with written_whole(path) as part, warnings.catch_warnings():
        # A name may be in a script that the font does not have; it is drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure.savefig(part, format="png", metadata={"Software": "betflow"})


def _draw_heading(figure: Figure, points: Sequence[EquityPoint], *, title: str, currency: str) -> None:
    figure.text(0.085, 0.955, plain_text(title), fontsize=13, weight="bold", color=INK, ha="left", va="top")
    if not points:
        return
    last = points[-1]
    text = f"net of commission, {currency}: {last.expected:,.2f} expected"
    if (last.worst, last.best) != (last.expected, last.expected):
        text += f", {last.worst:,.2f} at worst, {last.best:,.2f} at best"
    text += f"  ·  {len(points):,} settled market{'' if len(points) == 1 else 's'}"
    figure.text(0.085, 0.885, plain_text(text), fontsize=9.5, color=FAINT, ha="left", va="top")


def _draw_curve(axes: Axes, points: Sequence[EquityPoint]) -> None:
    places = list(range(len(points) + 1))
    worst = [0.0, *(point.worst for point in points)]
    expected = [0.0, *(point.expected for point in points)]
    best = [0.0, *(point.best for point in points)]
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=1)
    if worst != best:
        axes.fill_between(
            places, worst, best, step="pre", color=_BAND, linewidth=0, zorder=2, label="worst to best case"
        )
    axes.plot(
        places, expected, color=_LINE, linewidth=1.7, drawstyle="steps-pre", zorder=3, label="expected case"
    )
    peak, trough = deepest_drawdown(expected)
    if peak < trough:
        axes.plot(
            [peak, trough],
            [expected[peak], expected[trough]],
            color=_LOSS,
            linewidth=1.1,
            linestyle=(0, (4, 3)),
            marker="o",
            markersize=3.5,
            zorder=4,
            label=f"deepest drawdown, {expected[peak] - expected[trough]:,.2f}",
        )
    axes.set_xlim(0, len(points))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda amount, _place: f"{amount:,.6g}"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7))
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.margins(y=0.08)
    axes.legend(loc="best", fontsize=8.5, frameon=False, handlelength=1.6)


def _label_markets(axes: Axes, points: Sequence[EquityPoint]) -> None:
    """Write the time of settlement below some of the markets."""
    step = max(1, -(-len(points) // _MOST_LABELS))
    places = range(step, len(points) + 1, step)
    axes.set_xticks([place - 0.5 for place in places], [_label(points[place - 1], place) for place in places])


def _label(point: EquityPoint, place: int) -> str:
    if point.settled_at is None:
        return f"{place:,}"
    text = iso(point.settled_at)
    return f"{place:,}\n{text[:10]} {text[11:16]}"
