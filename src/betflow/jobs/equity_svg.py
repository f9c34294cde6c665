"""The equity curve as SVG, for a page that has no script and needs none."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from betflow.jobs.equity import EquityPoint, deepest_drawdown

_WIDTH, _HEIGHT = 1000, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 12, 12, 26
_MOST_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where amounts and places stand in the drawing."""

    places: int
    low: float
    high: float

    def x(self, place: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * place / self.places

    def y(self, amount: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (self.high - amount) / (self.high - self.low)

    def corners(self, steps: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{self.x(place):.1f},{self.y(amount):.1f}" for place, amount in steps)


def equity_svg(points: Sequence[EquityPoint]) -> str:
    """
    Draw the equity curve; long curves are thinned out to what a screen can show.

    Colours are the page's: ``--curve``, ``--band``, ``--loss`` and ``--line``.
    """
    if not points:
        return '<p class="faint">No market was settled.</p>'
    worst = [0.0, *(point.worst for point in points)]
    expected = [0.0, *(point.expected for point in points)]
    best = [0.0, *(point.best for point in points)]
    low, high = min(*worst, *expected, *best), max(*worst, *expected, *best)
    if low == high:
        low, high = low - 1, high + 1
    scale = _Scale(len(points), low, high)
    shown = sorted({*range(0, len(points), max(1, len(points) // _MOST_STEPS)), len(points)})
    band = scale.corners([*_steps(worst, shown), *reversed(_steps(best, shown))])
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Equity curve">{_grid(scale)}'
        f'<polygon points="{band}" fill="var(--band)"/>'
        f'<polyline points="{scale.corners(_steps(expected, shown))}" fill="none" stroke="var(--curve)" '
        f'stroke-width="2"/>{_drawdown(scale, expected)}'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">first market</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">market {len(points):,}</text></svg>'
        '<p class="faint">Line: expected case. Band: worst to best case. Dashed: deepest drawdown.</p>'
    )


def _steps(curve: Sequence[float], shown: Sequence[int]) -> list[tuple[int, float]]:
    """Return the corners of a staircase: a step is as wide as a market, and as high as it left the total."""
    corners = [(shown[0], curve[shown[0]])]
    for before, place in pairwise(shown):
        corners += [(before, curve[place]), (place, curve[place])]
    return corners


def _grid(scale: _Scale) -> str:
    return "".join(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{scale.y(tick):.1f}" y2="{scale.y(tick):.1f}" '
        f'stroke="var(--line)"/><text x="{_LEFT - 8}" y="{scale.y(tick) + 4:.1f}" text-anchor="end">'
        f"{tick:,.6g}</text>"
        for tick in round_amounts(scale.low, scale.high)
    )


def _drawdown(scale: _Scale, expected: Sequence[float]) -> str:
    peak, trough = deepest_drawdown(expected)
    if peak == trough:
        return ""
    return (
        f'<line x1="{scale.x(peak):.1f}" y1="{scale.y(expected[peak]):.1f}" x2="{scale.x(trough):.1f}" '
        f'y2="{scale.y(expected[trough]):.1f}" stroke="var(--loss)" stroke-dasharray="5 4"/>'
    )


def round_amounts(low: float, high: float) -> list[float]:
    """Return round amounts from *low* to *high*, at most eleven of them."""
    lowest, highest = round(low * 100), round(high * 100)
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(step for step in steps if (highest - lowest) <= 10 * step)
    return [pennies / 100 for pennies in range(-(-lowest // step) * step, highest + 1, step)]
