"""``betflow tape export``: a market as a file for other programs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import count
from betflow.cli.filters import MarketOfFile, MarketOrFile
from betflow.cli.screen import Screen


def export(
    ctx: typer.Context,
    market_or_file: MarketOrFile,
    *,
    market_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="official, csv or parquet.")
    ],
    output: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Write it there. An official file is compressed as its name says."),
    ],
    market: MarketOfFile = None,
) -> None:
    """
    Write one market to a file.

    The official format is Betfair's historic data format, which other readers take. Csv and parquet have a
    row for each runner that a message changed: best prices, last price traded, volume.
    """
    from betflow.jobs.tape_export import ExportRequest
    from betflow.jobs.tape_export import export as job

    request = ExportRequest(market_or_file, market_format, output, market)
    run_command(ctx, lambda context: job(request, context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    told = {name.removesuffix("_id").replace("_", " "): value for name, value in data.items()}
    screen.fields({name: count(value) if isinstance(value, int) else value for name, value in told.items()})
