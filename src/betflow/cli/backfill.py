"""``betflow backfill``: take market data into the archive."""

from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import count, size
from betflow.cli.filters import Country, EventType, FromTime, MarketType, ToTime, Workers
from betflow.cli.screen import Screen


def backfill(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files, archives (tar, zip, compressed or not) and folders.", metavar="PATH…"),
    ],
    *,
    from_time: FromTime = None,
    to_time: ToTime = None,
    country: Country = None,
    event_type: EventType = None,
    market_type: MarketType = None,
    workers: Workers = None,
) -> None:
    """
    Import recorded market data into the archive: checked, compressed, each tape once, indexed.

    Takes Betfair's historic data (BASIC, ADVANCED, PRO), self-recorded tapes and recordings of the stream.
    Each line is read as JSON and as a message of the stream, and a damaged one is a finding. Prices and sizes
    are passed over: `betflow tape verify` decodes them, too.
    Run it again at any time: what is there already is left alone, what was interrupted goes on.
    """
    from betflow.jobs.backfill import BackfillRequest, backfill
    from betflow.tape.selection import FilterOptions

    options = FilterOptions(
        event_types=event_type,
        countries=country,
        market_types=market_type,
        from_time=from_time,
        to_time=to_time,
    )
    request = BackfillRequest(tuple(paths), options, workers)
    run_command(ctx, lambda context: backfill(request, context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    names = ("imported", "already_there", "filtered", "skipped", "damaged", "failed")
    screen.table(["tapes", "number"], [[name.replace("_", " "), count(data[name])] for name in names])
    for name in data["skipped_files"]:
        screen.line(f"skipped, no tape: {name}")
    speed = data["messages_per_second"]
    screen.fields(
        {
            "files": count(data["files"]),
            "markets": count(data["markets"]),
            "messages": count(data["messages"]),
            "read": size(data["bytes_read"]),
            "expanded": size(data["bytes_expanded"]),
            "stored": size(data["bytes_stored"]),
            "time": f"{data['seconds']:.1f} s, {data['workers']} worker{'' if data['workers'] == 1 else 's'}",
            "speed": f"{speed:,} messages/s" if speed else None,
        }
    )
