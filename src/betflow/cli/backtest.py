"""``betflow backtest`` and ``betflow backtest explain``: what would have been matched, and what it paid."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import average, count, money, off, price, result
from betflow.cli.filters import Workers
from betflow.cli.screen import Screen

_MOST_ROWS = 30


def _second_words(incomplete: str) -> list[str]:
    """Return what may follow ``backtest`` besides files, for a shell."""
    return [word for word in ("explain",) if word.startswith(incomplete)]


def backtest(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files and folders, ids of archived markets, a query on the archive such as country=GB "
            "market_type=WIN; nothing: the markets of --orders, else the whole archive.",
            metavar="PATH|MARKET|QUERY…",
            autocompletion=_second_words,
        ),
    ] = None,
    *,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", "-s", help="Who decides: an installed strategy, or module:Class.", metavar="NAME"
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", "-p", help="A parameter of the strategy; can be repeated.", metavar="NAME=VALUE"
        ),
    ] = None,
    orders: Annotated[
        Path | None, typer.Option(help="Orders to place as they are: a CSV or JSON file.", metavar="FILE")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            help="What recordings cannot tell: lines, scores, dead heats, voids; a YAML or JSON file.",
            metavar="FILE",
        ),
    ] = None,
    discount: Annotated[
        str, typer.Option(help="The account's discount on commission, in per cent.", metavar="PERCENT")
    ] = "0",
    currency: Annotated[
        str, typer.Option(metavar="CODE", help="The account's currency; decides the least that can be bet.")
    ] = "GBP",
    risk: Annotated[
        list[str] | None,
        typer.Option(
            help="The most that may be bet: stake, liability (of an order), orders (of a market), "
            "runner_exposure, market_exposure; can be repeated.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    latency: Annotated[
        str | None,
        typer.Option(
            help="How long instructions take, in ms: place=120,cancel=170,update=150,replace=280.",
            metavar="NAME=MS,…",
        ),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            help="Another choice where Betfair's rules are not certain; can be repeated.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    workers: Workers = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the equity curve there.", metavar="FILE.png")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a report there, one page without links.", metavar="FILE.html")
    ] = None,
) -> None:
    """
    Play a strategy or a file of orders against recorded markets, and settle what was matched.

    Markets of one event are played together, in the order in which Betfair published them. What cannot be
    known of the queue gives three results for each order: the worst, the expected and the best case. The same
    input gives the same result hash, on any number of workers.
    """
    from betflow.jobs.backtest import BacktestRequest
    from betflow.jobs.backtest import backtest as job

    request = BacktestRequest(
        sources=tuple(sources or ()),
        strategy=strategy,
        parameters=tuple(param or ()),
        orders=orders,
        results=results,
        discount=discount,
        currency=currency,
        limits=tuple(risk or ()),
        latency=latency,
        assume=tuple(assume or ()),
        workers=workers,
        plot=plot,
        html=html,
    )
    run_command(ctx, lambda context: job(request, context), _render)


def explain(
    ctx: typer.Context,
    ref: Annotated[str, typer.Argument(help="The order's ref, or its bet id.", metavar="REF")],
    *,
    run: Annotated[
        str | None,
        typer.Option(
            help="The backtest's run id or its beginning; else the latest with such an order.", metavar="RUN"
        ),
    ] = None,
    market: Annotated[
        str | None,
        typer.Option("--market", metavar="MARKET", help="Which market, where several have such an order."),
    ] = None,
) -> None:
    """Tell an order's story in plain words: what happened, by which rule, and where that is recorded."""
    from betflow.jobs.backtest_explain import ExplainRequest
    from betflow.jobs.backtest_explain import explain as job

    request = ExplainRequest(ref, run=run, market_id=market)
    run_command(ctx, lambda context: job(request, context), _render_story)


_TOTALS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "profit": ("profit", result),
    "commission": ("commission", money),
    "net": ("net", result),
    "ROI %": ("roi", money),
    "won %": ("win_rate", money),
    "drawdown": ("drawdown", money),
    "Sharpe": ("sharpe", money),
    "turnover": ("turnover", money),
    "losing run": ("longest_losing_run", count),
}


def _render(data: dict[str, Any], screen: Screen) -> None:
    screen.fields(
        {
            "played": data["played"],
            "tapes": f"{len(data['tapes']):,}, {data['messages']:,} messages",
            "markets": _number_of_markets(data["markets"]),
            "orders": count(data["number_of_orders"]),
            "skipped": _skipped(data["skipped_files"]),
            "risk": ", ".join(f"{name} {value:g}" for name, value in data["request"]["limits"].items())
            or None,
            "currency": data["request"]["currency"],
            "assumptions": data["request"]["assumptions"]["name"],
            "time": f"{data['seconds']:.1f} s, {data['workers']} worker{'' if data['workers'] == 1 else 's'}",
        }
    )
    screen.line()
    totals = data["totals"]
    cases = {"worst": totals["worst"], "expected": totals, "best": totals["best"]}
    screen.table(
        ["case", *_TOTALS],
        [
            [case, *(cell(amounts[name]) for name, cell in _TOTALS.values())]
            for case, amounts in cases.items()
        ],
        spare=[("losing run",), ("turnover",), ("Sharpe",), ("drawdown",)],
    )
    if len(data["totals"]["strategies"]) > 1:
        screen.line()
        _render_strategies(data["totals"]["strategies"], screen)
    if data["markets"]:
        screen.line()
        _render_markets(data["markets"], screen)
    if data["refused"]:
        screen.line()
        _render_refused(data["refused"], screen)
    if data["orders"]:
        screen.line()
        _render_orders(data, screen)
    screen.line()
    names = {"result hash": "result_hash", "results": "results_file", "plot": "plot", "html": "html"}
    screen.fields({label: data[name] for label, name in names.items()})


def _skipped(files: list[str]) -> str | None:
    if not files:
        return None
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"{files[0]}{more}: no tapes"


def _number_of_markets(markets: list[dict[str, Any]]) -> str:
    unsettled = sum(not market["settled"] for market in markets)
    return f"{len(markets):,}" + (f", {unsettled:,} of them without a result" if unsettled else "")


def _render_strategies(strategies: list[dict[str, Any]], screen: Screen) -> None:
    screen.table(
        ["strategy", "orders", "profit", "commission", "net", "turnover"],
        [
            [
                *(each["strategy"], count(each["orders"]), result(each["profit"])),
                *(money(each["commission"]), result(each["net"]), money(each["turnover"])),
            ]
            for each in strategies
        ],
    )


def _render_markets(markets: list[dict[str, Any]], screen: Screen) -> None:
    with_orders = [market for market in markets if market["orders"]]
    shown = with_orders[:_MOST_ROWS]
    if not shown:
        screen.note("no market has orders")
        return
    screen.table(
        ["market", "off", "event", "name", "market type", "orders", "profit", "commission", "net"],
        [
            [
                *(market["market_id"], off(market["market_time"]), market["event_name"], market["name"]),
                *(market["market_type"], count(market["orders"])),
                *_market_result(market),
            ]
            for market in shown
        ],
        spare=[("orders",), ("commission",), ("market type",), ("profit",)],
    )
    rest = len(with_orders) - len(shown)
    if rest:
        screen.note(f"{rest:,} markets more are in --json and the results file")
    if len(with_orders) < len(markets):
        without = len(markets) - len(with_orders)
        left_out = "1 market without orders is" if without == 1 else f"{without:,} markets without orders are"
        screen.note(f"{left_out} not shown")


def _market_result(market: dict[str, Any]) -> list[object]:
    if not market["settled"]:
        return [None, None, None]
    paid = market["result"]
    return [result(paid["profit"]), money(paid["commission"]), result(paid["net"])]


def _render_orders(data: dict[str, Any], screen: Screen) -> None:
    shown = data["orders"][:_MOST_ROWS]
    screen.table(
        ["ref", "runner", "side", "price", "size", "matched", "average", "status", "profit", "worst", "best"],
        [
            [
                *(order["ref"], order["runner"] or order["selection_id"], order["side"]),
                *(price(order["price"]), money(order["size"])),
                *(money(order["size_matched"]), average(order["average_price_matched"] or None)),
                order["error_code"] or order["status"],
                *(result(amounts["profit"]) for amounts in (order, order["worst"], order["best"])),
            ]
            for order in shown
        ],
        spare=[("average",), ("size",), ("worst", "best"), ("status",)],
    )
    rest = data["number_of_orders"] - len(shown)
    if rest:
        screen.note(f"{rest:,} orders more are in the results file")


def _render_refused(refused: list[dict[str, Any]], screen: Screen) -> None:
    screen.table(
        ["refused", "code", "why"],
        [
            [count(each["orders"]), each["error_code"], each["reason"] or None]
            for each in refused[:_MOST_ROWS]
        ],
    )
    rest = sum(each["orders"] for each in refused[_MOST_ROWS:])
    if rest:
        screen.note(f"{rest:,} refused orders more are in the results file")


def _render_story(data: dict[str, Any], screen: Screen) -> None:
    heading = data["heading"]
    screen.fields({**heading, "scheduled off": off(heading["scheduled off"])})
    for event in data["story"]:
        screen.line()
        at = screen.time(event["at_iso"]) or "-"
        evidence = event["evidence"] and screen.told(event["evidence"])
        screen.fields({at: screen.told(event["text"]), " " * len(at): evidence})
    screen.line()
    screen.table(
        ["case", "matched", "average", "remaining", "cancelled", "lapsed", "void", "profit"],
        [
            [
                *(case, money(paid["size_matched"]), average(paid["average_price_matched"] or None)),
                *(money(paid[f"size_{name}"]) for name in ("remaining", "cancelled", "lapsed", "voided")),
                result(paid["profit"]),
            ]
            for case, paid in data["paid"].items()
        ],
    )
    screen.line()
    for reason in data["why"]:
        screen.sentence(reason)
