"""
The shape of a market as a picture: how likely each runner is by its price, and where the money waits.

The favourite is on top. What the colours mean, and their values, are those of the candles.
"""

from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from betflow.exchange.observed import ObservedMarket
from betflow.exchange.shape import MarketShape, RunnerShape
from betflow.exchange.times import iso
from betflow.jobs.candle_plot_heading import BACK, FAINT, INK, LAY, plain_text
from betflow.jobs.exports import written_whole

MOST_RUNNERS: Final = 40
_LONGEST_NAME: Final = 30
_WIDTH: Final = 13.0


def draw(path: Path, market: ObservedMarket, shape: MarketShape) -> None:
    """
    Draw the shape of a market to a PNG file.

    Args:
        path: Written in one step.
        market: Which it is.
        shape: Has the numbers; of more than `MOST_RUNNERS` runners, the shortest are drawn.
    """
    runners = shape.runners[:MOST_RUNNERS]
    height = 2.1 + 0.34 * max(len(runners), 3)
    left = (0.5 + 0.085 * max((len(_label(each)) for each in runners), default=0)) / _WIDTH
    figure = Figure(figsize=(_WIDTH, height), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    places = figure.subplots(
        1,
        2,
        sharey=True,
        gridspec_kw={
            "width_ratios": (2.2, 1),
            "left": left,
            "right": 0.955,
            "top": 1 - 1.3 / height,
            "bottom": 0.6 / height,
            "wspace": 0.06,
        },
    )
    _draw_probabilities(places[0], runners)
    _draw_weights(places[1], runners, shape)
    _draw_heading(figure, left, market, shape)
    with written_whole(path) as part:
        figure.savefig(part, format="png", metadata={"Software": "betflow"})


def _draw_probabilities(axes: Axes, runners: tuple[RunnerShape, ...]) -> None:
    """Draw a bar for each runner, and write its probability and its prices at the end."""
    shares = [float(each.probability or 0) * 100 for each in runners]
    axes.barh(range(len(runners)), shares, height=0.68, color=BACK, linewidth=0, zorder=3)
    axes.set_yticks(range(len(runners)), [_label(each) for each in runners])
    axes.set_ylim(max(len(runners), 1) - 0.4, -0.6)
    axes.set_xlim(0, max(shares, default=0) * 1.28 or 1)
    for place, (runner, share) in enumerate(zip(runners, shares, strict=True)):
        text = f" {share:.1f} %" if runner.probability is not None else ""
        axes.text(share, place, f"{text}  {_prices(runner)}", va="center", fontsize=8.5, color=INK, zorder=4)
    chances = "implied probability, and " if any(shares) else ""
    _set_frame(axes, f"{chances}best prices to back and to lay")
    axes.set_xticks([])


def _draw_weights(axes: Axes, runners: tuple[RunnerShape, ...], shape: MarketShape) -> None:
    """Draw what waits on both sides of each runner, as parts of a whole."""
    for place, runner in enumerate(runners):
        if runner.weight_of_money is None:
            continue
        back = float(runner.weight_of_money)
        axes.barh(place, back, height=0.68, color=BACK, linewidth=0, zorder=3)
        axes.barh(place, 100 - back, left=back, height=0.68, color=LAY, linewidth=0, zorder=3)
        axes.text(103, place, f"{back:.0f} %", va="center", ha="left", fontsize=8.5, color=INK, clip_on=False)
    axes.axvline(50, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=4)
    axes.set_xlim(0, 100)
    axes.tick_params(labelleft=False)
    prices = "best price" if shape.levels == 1 else f"best {shape.levels} prices"
    _set_frame(axes, f"weight of money, {prices}")
    for x, text, color, side in ((0, "to back", BACK, "left"), (100, "to lay", LAY, "right")):
        axes.text(x, len(runners) - 0.25, text, fontsize=9, color=color, weight="bold", ha=side, va="top")
    axes.set_xticks([])


def _set_frame(axes: Axes, title: str) -> None:
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.set_title(title, loc="left", fontsize=9.5, color=INK, fontweight="bold", pad=6)


def _draw_heading(figure: Figure, left: float, market: ObservedMarket, shape: MarketShape) -> None:
    definition = market.definition
    names = [name for name in (definition.event_name, definition.name) if name]
    title = ", ".join(names) or "Market"
    height = figure.get_figheight()
    at: dict[str, Any] = {"x": left, "ha": "left", "va": "top"}
    lines = (_stood(market), _numbers(shape))
    figure.text(
        y=1 - 0.16 / height,
        s=plain_text(f"{title}  ({market.market_id})"),
        fontsize=13,
        weight="bold",
        color=INK,
        **at,
    )
    for number, line in enumerate(lines):
        figure.text(y=1 - (0.46 + 0.22 * number) / height, s=plain_text(line), fontsize=9, color=FAINT, **at)


def _stood(market: ObservedMarket) -> str:
    definition = market.definition
    matched = None if market.total_matched is None else f"{market.total_matched:,.2f} matched, both stakes"
    parts = (
        definition.venue,
        f"{iso(market.moment)[:19].replace('T', ' ')} UTC",
        definition.status.lower() if definition.status else None,
        "in play" if definition.in_play else None,
        matched,
    )
    return "  ·  ".join(part for part in parts if part)


def _numbers(shape: MarketShape) -> str:
    percentages = (("book to back", shape.back_book), ("to lay", shape.lay_book))
    parts = [f"{name} {value:.2f} %" for name, value in percentages if value is not None]
    shares = (("entropy", shape.entropy), ("top three", shape.top_three_share))
    parts += [f"{name} {value:.4f}" for name, value in shares if value is not None]
    if shape.field_size > MOST_RUNNERS:
        parts.append(f"the shortest {MOST_RUNNERS} of {shape.field_size} runners")
    return "  ·  ".join(parts)


def _label(runner: RunnerShape) -> str:
    line = f" {runner.handicap:+g}" if runner.handicap else ""
    name = runner.name or str(runner.selection_id)
    shown = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return plain_text(f"{shown}{line}")


def _prices(runner: RunnerShape) -> str:
    back, lay = (f"{each.price:g}" if each else "–" for each in (runner.best_back, runner.best_lay))
    return f"{back} / {lay}"
