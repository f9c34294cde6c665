"""The equity curve: what a backtest had won after each settled market, in the three cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from betflow.exchange.times import epoch_ms


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """
    Where the curve stands after a market.

    Attributes:
        market_id: The market.
        market_time: Its scheduled off, epoch milliseconds; None where it has none.
        worst: Net profit so far in the worst case.
        expected: The same in the expected case.
        best: The same in the best case.
    """

    market_id: str
    market_time: int | None
    worst: float
    expected: float
    best: float


def equity_curve(markets: Sequence[Mapping[str, Any]]) -> list[EquityPoint]:
    """
    Return a point for each settled market with a bet, by scheduled off.

    Args:
        markets: The markets of a backtest's answer, in any order; those of the same time stay in theirs.
    """
    settled = [each for each in markets if each["settled"] and each["result"]["net"] is not None]
    by_time = sorted(settled, key=_order)
    sums = [
        accumulate(round(each["net"] * 100) for each in (_case(market, case) for market in by_time))
        for case in ("worst", "expected", "best")
    ]
    return [
        EquityPoint(market["market_id"], _moment(market), *(amount / 100 for amount in amounts))
        for market, *amounts in zip(by_time, *sums, strict=True)
    ]


def deepest_drawdown(amounts: Sequence[float]) -> tuple[int, int]:
    """Return the places of the peak and the trough between which the most was lost; equal where nothing was."""
    peak = 0
    found = (0, 0)
    for place, amount in enumerate(amounts):
        if amount > amounts[peak]:
            peak = place
        if amounts[peak] - amount > amounts[found[0]] - amounts[found[1]]:
            found = (peak, place)
    return found


def _case(market: Mapping[str, Any], case: str) -> Mapping[str, Any]:
    result: Mapping[str, Any] = market["result"]
    return result if case == "expected" else result[case]


def _order(market: Mapping[str, Any]) -> tuple[bool, int]:
    moment = _moment(market)
    return moment is None, moment or 0


def _moment(market: Mapping[str, Any]) -> int | None:
    try:
        return epoch_ms(market["market_time"]) if market["market_time"] else None
    except ValueError:
        return None  # the definition's own text
