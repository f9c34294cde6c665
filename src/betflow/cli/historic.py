"""``betflow historic``: Betfair's historic data service."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import count, size
from betflow.cli.options import CommandGroup
from betflow.cli.screen import Screen

app = CommandGroup(name="historic", help="See what historic data you have bought, and download it.")

EventType: TypeAlias = Annotated[
    str, typer.Option("--event-type", metavar="NAME", help="By the service's name: horse-racing, soccer.")
]
Plan: TypeAlias = Annotated[str, typer.Option(metavar="PLAN", help="basic, advanced or pro.")]
FirstDay: TypeAlias = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")]
LastDay: TypeAlias = Annotated[str, typer.Option("--to", metavar="DATE", help="The last day, included.")]
MarketTypes: TypeAlias = Annotated[
    str | None, typer.Option("--market-type", metavar="TYPE,…", help="Only these market types: WIN,PLACE.")
]
Countries: TypeAlias = Annotated[
    str | None, typer.Option("--country", metavar="CODE,…", help="Only these countries: GB,IE.")
]
FileTypes: TypeAlias = Annotated[
    str | None,
    typer.Option("--file-type", metavar="M|E", help="M: files of one market; E: files of one event."),
]


@app.command("ls")
def ls(ctx: typer.Context) -> None:
    """
    List what the account has bought, month by month.

    The Basic Plan is free, and has to be bought all the same, on the site of the service.
    """
    from betflow.jobs import historic as job

    run_command(ctx, job.purchases, _render_purchases)


@app.command("options")
def options(
    ctx: typer.Context,
    *,
    event_type: EventType,
    plan: Plan,
    from_date: FirstDay,
    to_date: LastDay,
    market_type: MarketTypes = None,
    country: Countries = None,
    file_type: FileTypes = None,
) -> None:
    """Say how many files there are, of which market types and countries, and how large they are."""
    from betflow.jobs import historic as job

    request = job.HistoricRequest(event_type, plan, from_date, to_date, market_type, country, file_type)
    run_command(ctx, lambda context: job.options(request, context), _render_options)


@app.command("download")
def download(
    ctx: typer.Context,
    *,
    event_type: EventType,
    plan: Plan,
    from_date: FirstDay,
    to_date: LastDay,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to; it is made if need be.")],
    market_type: MarketTypes = None,
    country: Countries = None,
    file_type: FileTypes = None,
) -> None:
    """
    Download historic data, verified; then betflow backfill takes the folder into the archive.

    Run it again at any time: what is there already is left alone, what was interrupted goes on.
    """
    from betflow.jobs import historic as job

    request = job.HistoricRequest(event_type, plan, from_date, to_date, market_type, country, file_type)
    run_command(ctx, lambda context: job.download(request, output, context), _render_download)


def _render_purchases(data: dict[str, Any], screen: Screen) -> None:
    if not data["purchases"]:
        screen.line("Nothing was bought. The Basic Plan is free, and has to be bought all the same.")
        return
    rows = [
        [each["sport"], each["plan"], count(len(each["months"])), each["months"][0], each["months"][-1]]
        for each in data["purchases"]
    ]
    screen.table(["event type", "plan", "months", "first", "last"], rows)


def _render_options(data: dict[str, Any], screen: Screen) -> None:
    headings = {"market_types": "market type", "countries": "country", "file_types": "file type"}
    for name, heading in headings.items():
        rows = [[each["name"], count(each["files"])] for each in data[name]]
        if rows:
            screen.table([heading, "files"], rows)
    screen.fields({"files": count(data["files"]), "size": f"{data['megabytes']:,.1f} MB"})


def _render_download(data: dict[str, Any], screen: Screen) -> None:
    names = ("downloaded", "already_there", "failed")
    screen.table(["files", "number"], [[name.replace("_", " "), count(data[name])] for name in names])
    screen.fields(
        {
            "in": data["out"],
            "size": size(data["bytes"]),
            "fetched now": size(data["bytes_fetched"]),
            "next": f"betflow backfill {data['out']}" if data["bytes"] else None,
        }
    )
