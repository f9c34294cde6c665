"""``betflow candles``: what was traded in each interval, as rows, as a file, as a picture."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import count, money, price, published
from betflow.cli.filters import MarketOfFile, MarketOrFile
from betflow.cli.screen import Screen


def candles(
    ctx: typer.Context,
    market_or_file: MarketOrFile,
    *,
    interval: Annotated[
        str, typer.Option(metavar="DURATION", help="How long each is: 500ms, 60s, 5m, 1h or so.")
    ] = "60s",
    runner: Annotated[
        int | None,
        typer.Option("--runner", metavar="RUNNER", help="Only this selection, at all its handicaps."),
    ] = None,
    market: MarketOfFile = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DATE", help="Begin with the interval of this moment, or with a date."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="DATE", help="The end: a date, its day included, or a moment, excluded."
        ),
    ] = None,
    export_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="json, csv or parquet; else a table.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them there, in the format of its name or --format."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw them there.")] = None,
) -> None:
    """
    Show what was traded in each interval: open, high, low, close, volume, and the best prices at its end.

    Volumes are one-sided: a bet's size counts once, not for backer and layer.
    """
    from betflow.jobs.candles import CandlesRequest
    from betflow.jobs.candles import candles as job

    request = CandlesRequest(
        market_or_file,
        interval=interval,
        market_id=market,
        runner=runner,
        since=since,
        until=until,
        export_format=export_format,
        output=output,
        plot=plot,
    )
    render = {"csv": _render_csv, "json": _render_json}.get((export_format or "").lower(), _render_table)
    run_command(ctx, lambda context: job(request, context), _render_summary if output else render)


def _render_summary(data: dict[str, Any], screen: Screen) -> None:
    screen.fields(
        {
            "market": data["market"]["market_id"],
            "runners": count(len(data["runners"])),
            "candles": count(data["count"]),
        }
    )


def _render_csv(data: dict[str, Any], screen: Screen) -> None:
    from betflow.jobs.candles import COLUMNS
    from betflow.jobs.exports import csv_cells

    for row in [COLUMNS, *(csv_cells(candle, COLUMNS) for candle in data["candles"])]:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        screen.line(line.getvalue())


def _render_json(data: dict[str, Any], screen: Screen) -> None:
    screen.line(json.dumps(data["candles"], ensure_ascii=False, allow_nan=False))


def _render_table(data: dict[str, Any], screen: Screen) -> None:
    traded = [candle for candle in data["candles"] if not candle["empty"]]
    if not traded:
        screen.line(f"Nothing was traded: all {data['count']:,} candles are empty.")
        return
    columns = dict(_TABLE)
    # A runner is a selection and a handicap: only where there are no lines, the handicap says nothing.
    if not any(candle["handicap"] for candle in traded):
        del columns["handicap"]
    is_named = all(candle["runner"] for candle in traded)
    if not any(candle["runner"] for candle in traded):
        del columns["runner"]
    screen.table(
        list(columns),
        [[cell(row) for cell in columns.values()] for row in traded],
        spare=[*_SPARE, ("selection id",)] if is_named else _SPARE,
    )
    if len(traded) < data["count"]:
        screen.line()
        screen.line(f"{data['count'] - len(traded):,} of {data['count']:,} candles are empty and not shown.")


_TABLE: dict[str, Callable[[dict[str, Any]], object]] = {
    "start": lambda candle: published(candle["start_iso"]),
    "selection id": lambda candle: candle["selection_id"],
    "handicap": lambda candle: price(candle["handicap"]),
    "runner": lambda candle: candle["runner"],
    "open": lambda candle: price(candle["open"]),
    "high": lambda candle: price(candle["high"]),
    "low": lambda candle: price(candle["low"]),
    "close": lambda candle: price(candle["close"]),
    "volume": lambda candle: money(candle["volume"]),
    "back": lambda candle: price(candle["best_back"]),
    "lay": lambda candle: price(candle["best_lay"]),
    "in play": lambda candle: candle["in_play"],
}
_SPARE = [("in play",), ("back", "lay")]
