"""The equity curve: what a backtest had won after each settled market, in the three cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from betflow.exchange.times import epoch_ms


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """
    Where the curve stands after a market.

    Attributes:
        market_id: The market.
        settled_at: When it was settled, else its scheduled off, epoch milliseconds; None without either.
        worst: Net profit so far in the worst case.
        expected: The same in the expected case.
        best: The same in the best case.
    """

    market_id: str
    settled_at: int | None
    worst: float
    expected: float
    best: float


def equity_curve(markets: Sequence[Mapping[str, Any]]) -> list[EquityPoint]:
    """
    Return a point for each settled market with orders, in the order in which they were settled.

    Args:
        markets: The markets of a backtest's answer; those of the same moment stay in their order.
    """
    settled = [(_moment(each), each["result"]) for each in markets if each["settled"] and each["orders"]]
    ids = [each["market_id"] for each in markets if each["settled"] and each["orders"]]
    points: list[EquityPoint] = []
    totals = [0, 0, 0]
    for place in sorted(range(len(settled)), key=lambda place: settled[place][0] or 0):
        moment, result = settled[place]
        for case, amounts in enumerate((result["worst"], result, result["best"])):
            totals[case] += round(amounts["net"] * 100)
        worst, expected, best = (pennies / 100 for pennies in totals)
        points.append(EquityPoint(ids[place], moment, worst, expected, best))
    return points


def deepest_drawdown(amounts: Sequence[float]) -> tuple[int, int]:
    """Return the places of peak and trough between which the most was lost; equal where nothing was."""
    peak = 0
    found = (0, 0)
    for place, amount in enumerate(amounts):
        if amount > amounts[peak]:
            peak = place
        if amounts[peak] - amount > amounts[found[0]] - amounts[found[1]]:
            found = (peak, place)
    return found


def _moment(market: Mapping[str, Any]) -> int | None:
    for name in ("settled_time", "market_time"):
        try:
            return epoch_ms(market[name] or "")
        except ValueError:
            continue  # the definition's own text: take the next best
    return None
