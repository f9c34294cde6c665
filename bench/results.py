"""What was measured, as values, as a table and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of all rounds."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the middle value."""
        return median(self.values)

    def __str__(self) -> str:
        """Return the median, with the lowest and highest where there is more than one value."""
        shown = _number(self.median)
        if len(self.values) > 1:
            shown += f" ({_number(min(self.values))}–{_number(max(self.values))})"
        return shown


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure should be: at least, or at most, some value."""

    sign: Literal["≥", "≤"]
    value: float

    def holds(self, figure: float) -> bool:
        """Say whether a figure keeps to it."""
        return figure >= self.value if self.sign == "≥" else figure <= self.value

    def __str__(self) -> str:
        """Return it as the table shows it."""
        return f"{self.sign} {_number(self.value)}"


def at_least(value: float) -> Bound:
    """Return the lower bound of a figure."""
    return Bound("≥", value)


def at_most(value: float) -> Bound:
    """Return the upper bound of a figure."""
    return Bound("≤", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """
    One line of the table.

    Attributes:
        name: What was measured.
        unit: Of both spreads.
        ours: What betflow did.
        wanted: What the figure should be; None where it is only to be known.
        peer: Whom it is compared with; empty where our own number is judged alone.
        theirs: What the peer did.
        is_ratio: Whether ours ÷ theirs is judged, or our own median with the peer's only beside it.
        note: What a reader of the table has to know.
    """

    name: str
    unit: str
    ours: Spread
    wanted: Bound | None
    peer: str = ""
    theirs: Spread | None = None
    is_ratio: bool = True
    note: str = ""

    @property
    def figure(self) -> float:
        """Return the number that is judged."""
        if self.is_ratio and self.theirs is not None:
            return self.ours.median / self.theirs.median
        return self.ours.median

    @property
    def is_met(self) -> bool:
        """Say whether the figure is what is wanted, if anything is."""
        return self.wanted is None or self.wanted.holds(self.figure)

    def as_json(self) -> dict[str, Any]:
        """Return everything, every round's value included."""
        return {
            "name": self.name,
            "unit": self.unit,
            "betflow": list(self.ours.values),
            "peer": self.peer,
            "theirs": list(self.theirs.values) if self.theirs else [],
            "figure": self.figure,
            "wanted": str(self.wanted or ""),
            "is_met": self.is_met,
            "note": self.note,
        }


_WIDTHS = (47, 12, 28, 28, 26, 6, 8)
"""What rows are padded to: a row is shown before the next is measured, so no width is known beforehand."""


def heading() -> str:
    """Return what stands above the rows."""
    rule = "  ".join("─" * width for width in (*_WIDTHS, len("verdict")))
    return f"{_padded('', 'unit', 'betflow', 'peer', '', 'figure', 'wanted', 'verdict')}\n{rule}"


def row(line: Measurement) -> str:
    """Return one measurement as a row, with its note below it."""
    theirs = str(line.theirs) if line.theirs else ""
    verdict = "" if line.wanted is None else "ok" if line.is_met else "MISSED"
    judged = (_number(line.figure), str(line.wanted or ""), verdict)
    shown = _padded(line.name, line.unit, str(line.ours), theirs, line.peer, *judged)
    return f"{shown}\n    {line.note}" if line.note else shown


def _padded(*cells: str) -> str:
    *others, last = cells
    return "  ".join([*map(str.ljust, others, _WIDTHS), last]).rstrip()


def write_json(path: Path, measurements: Sequence[Measurement], *, about: dict[str, Any]) -> None:
    """Write all numbers, with what they were measured on."""
    document = {
        "schema": "betflow-bench/1",
        **about,
        "measurements": [line.as_json() for line in measurements],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    # Two decimals for ratios and seconds, none for counts and rates.
    return f"{value:,.2f}" if value < 1000 and value != int(value) else f"{value:,.0f}"  # noqa: PLR2004
