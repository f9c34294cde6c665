"""The equity curve, and how it is drawn."""

import re
from pathlib import Path
from typing import Any

import pytest

from betflow.jobs.backtest_page import page
from betflow.jobs.equity import EquityPoint, deepest_drawdown, equity_curve
from betflow.jobs.equity_svg import equity_svg, round_amounts


def market(market_id: str, settled_time: str | None, *nets: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a market of a backtest's answer that came to this net in the worst, expected and best case."""
    worst, expected, best = ({"net": net, "profit": net, "commission": 0.0} for net in nets)
    facts = {"market_id": market_id, "settled_time": settled_time, "market_time": None}
    return {
        **facts,
        "settled": True,
        "orders": 1,
        "result": {**expected, "worst": worst, "best": best},
        **more,
    }


def test_curve_adds_up_in_the_order_of_settlement() -> None:
    """Each point is the total after a market, in pennies, in three cases."""
    curve = equity_curve(
        [
            market("1.2", "2026-01-01T00:00:02Z", -0.1, 0.2, 0.3),
            market("1.1", "2026-01-01T00:00:01Z", -0.2, 0.1, 0.1),
        ]
    )

    assert [("1.1", -0.2, 0.1, 0.1), ("1.2", -0.3, 0.3, 0.4)] == [
        (each.market_id, each.worst, each.expected, each.best) for each in curve
    ]


def test_curve_leaves_out_what_is_not_settled_or_has_no_orders() -> None:
    """Only settled markets with orders move the curve; those without a time stay in their order."""
    markets = [
        market("1.1", None, 1, 1, 1),
        market("1.2", "soon", 1, 1, 1),
        market("1.3", None, 1, 1, 1, settled=False),
        market("1.4", None, 0, 0, 0, orders=0),
    ]

    assert [("1.1", None), ("1.2", None)] == [
        (each.market_id, each.settled_at) for each in equity_curve(markets)
    ]


@pytest.mark.parametrize(
    ("expected", "amounts"),
    [
        ((0, 0), [0.0, 1.0, 2.0]),
        ((0, 1), [0.0, -1.0, 2.0]),
        ((2, 4), [0.0, -1.0, 5.0, 4.0, 2.0, 3.0]),
        ((0, 0), [0.0]),
    ],
)
def test_deepest_drawdown_is_from_a_peak_to_the_lowest_after_it(
    expected: tuple[int, int], amounts: list[float]
) -> None:
    """The places of peak and trough; the same place where nothing was lost."""
    assert expected == deepest_drawdown(amounts)


@pytest.mark.parametrize(
    ("expected", "low", "high"),
    [
        ([-10.0, -8.0, -6.0, -4.0, -2.0, 0.0], -10.4, 0.3),
        ([0.0, 500.0, 1000.0, 1500.0, 2000.0, 2500.0], 0.0, 2600.0),
        ([-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0], -1.0, 1.0),
    ],
)
def test_grid_stands_at_round_amounts(expected: list[float], low: float, high: float) -> None:
    """The amounts are 1, 2 or 5 times a power of ten apart, and at most eleven."""
    assert expected == round_amounts(low, high)


def test_long_curve_is_thinned_out() -> None:
    """Fifty thousand markets are drawn by some thousand corners, and end where they end."""
    points = [EquityPoint(f"1.{each}", None, 0.0, float(each), 0.0) for each in range(1, 50_001)]

    drawing = equity_svg(points)

    assert len(drawing) < 300_000
    assert "market 50,000" in drawing


def test_empty_curve_is_said() -> None:
    """Without a settled market there is a sentence instead of a drawing."""
    assert "No market was settled." in equity_svg([])


@pytest.mark.parametrize("count", [0, 1, 30])
def test_picture_is_drawn_for_any_number_of_markets(tmp_path: Path, count: int) -> None:
    """No market, one and many: there is always a picture."""
    pytest.importorskip("matplotlib")
    from betflow.jobs.equity_plot import draw_equity  # noqa: PLC0415 - needs an extra

    points = [EquityPoint(f"1.{each}", each * 60_000, -each, (-1) ** each, each) for each in range(count)]

    draw_equity(tmp_path / "e.png", points, title="Backtest of $x$ 😀", currency="GBP")

    assert (tmp_path / "e.png").read_bytes().startswith(b"\x89PNG")


NAUGHTY = "<script>alert('1')</script>"
FIGURES = {
    **dict.fromkeys(("net", "profit", "commission", "drawdown", "turnover"), 1.5),
    "roi": None,
    "win_rate": 50.0,
    "sharpe": None,
    "longest_losing_run": 2,
    "orders": 1,
}


def answer(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a backtest's answer with an order whose names mean ill."""
    cases = {"worst": FIGURES, "best": FIGURES}
    strategy = {"strategy": NAUGHTY, **FIGURES, **cases}
    names = {"event_name": NAUGHTY, "name": NAUGHTY, "market_type": "WIN"}
    order = {
        "ref": NAUGHTY,
        "market_id": "1.1",
        "runner": NAUGHTY,
        "selection_id": 1,
        "side": "BACK",
        "order_type": "LIMIT",
        "price": 2.0,
        "size": 2.0,
        "size_matched": 2.0,
        "average_price_matched": 2.0,
        "status": "EXECUTION_COMPLETE",
        "error_code": None,
        "profit": 1.5,
        "worst": {"profit": 1.5},
        "best": {"profit": 1.5},
    }
    return {
        "played": NAUGHTY,
        "result_hash": "ab",
        "results_file": NAUGHTY,
        "request": {"assumptions": {"name": NAUGHTY}, "currency": "GBP", "strategy": NAUGHTY},
        "tapes": [{}],
        "messages": 1,
        "markets": [market("1.1", None, 1, 1, 1, **names)],
        "orders": [order],
        "number_of_orders": 1,
        "totals": {**FIGURES, **cases, "strategies": [strategy]},
        **more,
    }


def test_page_escapes_what_comes_from_outside() -> None:
    """Names of strategies, markets, runners and files are text, never markup."""
    findings = [{"code": "x", "subject": NAUGHTY, "message": NAUGHTY}]

    text = page(answer(), [], findings)

    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 9


def test_page_needs_nothing_from_elsewhere() -> None:
    """No link, no image and no style from outside."""
    text = page(answer(), [EquityPoint("1.1", None, 1.0, 1.0, 1.0)], [])

    assert [] == re.findall(r"(?:src|href|url|import|http)[=(:\s]", text)


def test_page_says_how_many_rows_it_leaves_out() -> None:
    """Of many orders the first are in the page, and their number is."""
    text = page(answer(number_of_orders=12_345), [], [])

    assert "1 of 12,345; the results file has all." in text
