"""``betflow ladder``: what is offered and was traded at each price, once or as it changes."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import CURRENCY_OF_MARKETS, money, price
from betflow.cli.filters import MarketNowOrAt, MarketOfFile, Moment
from betflow.cli.market_heading import market_heading, runner_name
from betflow.cli.options import common_options
from betflow.cli.screen import Screen

if TYPE_CHECKING:
    from betflow.jobs.ladder import LadderRequest
    from betflow.jobs.outcome import Outcome
    from betflow.jobs.runs import RunContext

_COLUMNS = ("to back", "price", "to lay", "traded", "best")


def ladder(
    ctx: typer.Context,
    market: MarketNowOrAt,
    *,
    runner: Annotated[
        str | None,
        typer.Option(metavar="RUNNER", help="Only this one: its selection id, or its name or a part of it."),
    ] = None,
    at: Moment = None,
    market_of_file: MarketOfFile = None,
    depth: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="So many prices of each side, next to each other; else all."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on showing it as it changes, until Ctrl-C or --for.")
    ] = False,
    watch_for: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="How long to watch: 30s, 10m.")
    ] = None,
) -> None:
    """
    Show the ladders of a market's runners: what is offered and was traded at each price, best prices marked.

    Without --at Betfair is asked for the market as it is now. With it, MARKET is an archived market or a
    file. The prices of cross matching are left out; what was traded counts both stakes.

    With --watch, a terminal shows the ladder of the runner, or the best prices of all, as they change;
    elsewhere each change is a line.
    """
    from betflow.jobs.ladder import LadderRequest
    from betflow.jobs.ladder import ladder as job
    from betflow.jobs.observing import MarketAt

    request = LadderRequest(MarketAt(market, at, market_of_file), runner, depth)
    if watch or watch_for is not None:
        run_command(ctx, lambda context: _watch(request, watch_for, ctx, context), _render)
    run_command(ctx, lambda context: job(request, context), _render)


def _watch(
    request: "LadderRequest", seconds: str | None, ctx: typer.Context, context: "RunContext"
) -> "Outcome":
    from betflow.cli.ladder_watch import watching
    from betflow.jobs.ladder_watch import watch

    options = common_options(ctx)
    with watching(
        sys.stdout, request.runner, is_silent=options.json or options.quiet, zone=options.zone
    ) as watcher:
        return watch(request, seconds, context, watcher)


def _render(data: dict[str, Any], screen: Screen) -> None:
    screen.fields(market_heading(data, seen={"seen at": data["moment_iso"]}))
    if not data["runners"]:
        screen.line("No runner is active.")
    if "watched" in data and len(data["runners"]) > 1:
        screen.line()
        screen.table(list(_BEST), [[show(each) for show in _BEST.values()] for each in data["runners"]])
    else:
        _render_ladders(data["runners"], screen)
    if "watched" in data:
        screen.line()
        screen.fields(_watched(data["watched"]))
    if data["is_delayed"]:
        screen.note("The app key is a delayed one: prices are late, and what was traded is missing.")


def _render_ladders(runners: list[dict[str, Any]], screen: Screen) -> None:
    for runner in runners:
        screen.line()
        screen.line(heading(runner))
        if runner["rungs"]:
            screen.table(_COLUMNS, [rung_cells(rung) for rung in runner["rungs"]])
        else:
            screen.line("Nothing is offered, and nothing was traded.")


def _watched(watched: dict[str, Any]) -> dict[str, object]:
    because = {"time": "the time was over", "closed": "the market was closed"}
    return {
        "watched": f"{watched['seconds']:.1f} s, {watched['changes']:,} changes",
        "ended because": because.get(watched["ended"], watched["ended"]),
        "interruptions": watched["interruptions"] or None,
    }


def heading(runner: dict[str, Any]) -> str:
    """Return who a runner is, and what it last traded at."""
    parts = [runner_name(runner)]
    if runner["status"] != "ACTIVE":
        parts.append(f"{runner['status']}".lower())
    if runner["last_price_traded"] is not None:
        parts.append(f"last {price(runner['last_price_traded'])}")
    if runner["total_matched"] is not None:
        parts.append(f"matched {money(runner['total_matched'], CURRENCY_OF_MARKETS)}")
    return " · ".join(parts)


def rung_cells(rung: dict[str, Any]) -> list[object]:
    """Return a rung as a row: what traders have on the left and right of a price."""
    marks = (("back", rung["is_best_back"]), ("lay", rung["is_best_lay"]), ("last", rung["is_last"]))
    return [
        _size(rung["to_back"]),
        price(rung["price"]),
        _size(rung["to_lay"]),
        _size(rung["traded"]),
        ", ".join(name for name, is_so in marks if is_so),
    ]


def _size(size: float | None) -> str:
    """Return a size to the penny; nothing is left blank, as on every grid."""
    return money(size) or ""


def _best_price(runner: dict[str, Any], mark: str) -> object:
    return next((price(each["price"]) for each in runner["rungs"] if each[mark]), None)


_BEST: dict[str, Callable[[dict[str, Any]], object]] = {
    "runner": runner_name,
    "back": lambda runner: _best_price(runner, "is_best_back"),
    "lay": lambda runner: _best_price(runner, "is_best_lay"),
    "last": lambda runner: price(runner["last_price_traded"]),
    "matched": lambda runner: money(runner["total_matched"]),
}
