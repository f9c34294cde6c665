"""What stands above the candles in the picture: which market, which part of it, and what the colours mean."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from betflow.exchange.candles import CandleFold
from betflow.exchange.times import iso

SHORTENED = "#0b7a75"
DRIFTED = "#d1603d"
UNCHANGED = "#5f6b6d"
BACK = "#4a90d9"
LAY = "#e58fa3"
IN_PLAY = "#f3ead2"
INK = "#333333"
FAINT = "#8a8a8a"


def draw_heading(
    figure: Figure, fold: CandleFold, runners: tuple[int, int], windows: tuple[range, range]
) -> None:
    """Write which market it is, which part of it, and what the colours mean."""
    definition = fold.book.definition
    names = [definition.event_name, definition.name] if definition else []
    title = ", ".join(name for name in names if name) or "Market"
    height = figure.get_figheight()
    left = 0.65 / figure.get_figwidth()
    heading: dict[str, Any] = {"x": left, "ha": "left", "va": "top"}
    figure.text(
        y=1 - 0.2 / height,
        s=plain_text(f"{title}  ({fold.book.market_id})"),
        fontsize=13,
        weight="bold",
        color=INK,
        **heading,
    )
    figure.text(
        y=1 - 0.5 / height,
        s=plain_text(_subtitle(fold, runners, windows)),
        fontsize=9,
        color=FAINT,
        **heading,
    )
    figure.legend(
        handles=[
            Patch(color=SHORTENED, label="shortened"),
            Patch(color=DRIFTED, label="drifted"),
            Patch(color=UNCHANGED, label="unchanged"),
            Line2D([], [], color=BACK, label="best back"),
            Line2D([], [], color=LAY, label="best lay"),
            Patch(color=IN_PLAY, label="after the off"),
            Line2D([], [], color=FAINT, linestyle=(0, (4, 3)), label="scheduled off"),
        ],
        loc="upper left",
        bbox_to_anchor=(left - 0.01, 1 - 0.66 / height),
        ncols=7,
        fontsize=8,
        frameon=False,
        handlelength=1.4,
        columnspacing=1.6,
    )


def _subtitle(fold: CandleFold, runners: tuple[int, int], windows: tuple[range, range]) -> str:
    definition = fold.book.definition
    venue = definition.venue if definition else None
    shown, asked = windows
    parts = [
        *([venue] if venue else []),
        f"candles of {_duration(fold.interval)}, volume one-sided, times UTC",
    ]
    if shown:
        moments = (shown[0], shown[-1] + fold.interval)
        beginning, end = (iso(moment)[:16].replace("T", " ") for moment in moments)
        parts.append(f"{beginning} to {end}")
    if len(shown) < len(asked):
        parts.append(f"the last {len(shown)} of {len(asked):,} intervals")
    if runners[0] < runners[1]:
        parts.append(f"{runners[0]} of {runners[1]} runners, those traded most often")
    return "  ·  ".join(parts)


def plain_text(text: str) -> str:
    """Keep matplotlib from reading a name as mathematics, and control characters out of the picture."""
    return "".join(each if each.isprintable() else " " for each in text).replace("$", r"\$")


def _duration(milliseconds: int) -> str:
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if milliseconds % size == 0:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds} ms"
