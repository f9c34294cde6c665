"""``betflow shape``: a market's favourite, book, probabilities and money."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import Figure, money, price
from betflow.cli.filters import MarketNowOrAt, MarketOfFile, Moment
from betflow.cli.market_heading import market_heading, runner_name
from betflow.cli.screen import Screen


def shape(
    ctx: typer.Context,
    market: MarketNowOrAt,
    *,
    at: Moment = None,
    market_of_file: MarketOfFile = None,
    depth: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=100, help="How many prices of each side the weight of money looks at."
        ),
    ] = 3,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw it there.")] = None,
) -> None:
    """
    Show a market's favourite, overround, weight of money, entropy, and the gaps between its runners.

    Without --at Betfair is asked for the market as it is now. With it, MARKET is an archived market or a
    file.
    """
    from betflow.jobs.observing import MarketAt
    from betflow.jobs.shape import ShapeRequest
    from betflow.jobs.shape import shape as job

    request = ShapeRequest(MarketAt(market, at, market_of_file), depth, plot)
    run_command(ctx, lambda context: job(request, context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    screen.fields({**market_heading(data, seen={"seen at": data["moment_iso"]}), **_numbers(data)})
    screen.line()
    runners = data["runners"]
    if not runners:
        screen.line("No runner is active.")
        return
    chances = [runner["probability"] or 0.0 for runner in runners]
    columns = {**_PRICES, **(_CHANCES if any(chances) else {})}
    rows = [[show(runner) for show in columns.values()] for runner in runners]
    if any(chances):
        bars = [screen.bar(chance / max(chances), _CHART) for chance in chances]
        rows = [[*row, bar] for row, bar in zip(rows, bars, strict=True)]
    screen.table([*columns, *(["chart"] if any(chances) else [])], rows, spare=_SPARE)
    if data["is_delayed"]:
        screen.note("The app key is a delayed one: prices are late.")


def _numbers(data: dict[str, Any]) -> dict[str, object]:
    favourite, runners = data["favourite"], data["runners"]
    return {
        "favourite": f"{runner_name(favourite)} at {price(runners[0]['best_back']['price'])}"
        if favourite
        else None,
        "book to back": _book(data["back_book"], data["back_overround"]),
        "book to lay": _book(data["lay_book"], data["lay_overround"]),
        "entropy": data["entropy"],
        "top three": None if data["top_three_share"] is None else f"{100 * data['top_three_share']:.2f} %",
        "median spread": None if data["median_spread"] is None else _ticks(data["median_spread"]),
        "weight of money": None
        if data["weight_of_money"] is None
        else f"{data['weight_of_money']:.1f} % to back, {_prices(data['levels'])}",
    }


def _book(percentage: float | None, overround: float | None) -> str | None:
    if percentage is None:
        return None
    return f"{percentage:.2f} %" + ("" if overround is None else f", {overround:+.2f} over the winners")


def _ticks(count: int) -> str:
    return f"{count} tick" if count == 1 else f"{count} ticks"


def _prices(levels: int) -> str:
    return "at the best price of each side" if levels == 1 else f"at the best {levels} prices of each side"


def _price(offer: dict[str, Any] | None) -> Figure | None:
    return None if offer is None else price(offer["price"])


def _percent(share: float | None, factor: int) -> float | None:
    return None if share is None else round(factor * share, 1)


_CHART = 24
"""How many columns the longest bar takes."""

_PRICES: dict[str, Callable[[dict[str, Any]], object]] = {
    "runner": runner_name,
    "back": lambda runner: _price(runner["best_back"]),
    "lay": lambda runner: _price(runner["best_lay"]),
    "spread": lambda runner: runner["spread"],
    "gap": lambda runner: runner["gap"],
    "to back": lambda runner: money(runner["back_size"]),
    "to lay": lambda runner: money(runner["lay_size"]),
    "money %": lambda runner: _percent(runner["weight_of_money"], 1),
}
_CHANCES: dict[str, Callable[[dict[str, Any]], object]] = {
    "chance %": lambda runner: _percent(runner["probability"], 100)
}
_SPARE = [("gap",), ("to back", "to lay"), ("spread",), ("money %",), ("chart",)]
