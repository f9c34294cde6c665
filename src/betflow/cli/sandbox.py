"""``betflow sandbox``: a simulated exchange, and the markets that it needs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.options import CommandGroup
from betflow.cli.screen import Screen

app = CommandGroup(name="sandbox", help="Make up markets that nobody ever ran, to try everything on.")


@app.callback()
def _sandbox() -> None:
    """Hold no options; without it a group of one command would be that command."""


@app.command("generate")
def generate(
    ctx: typer.Context,
    *,
    day: Annotated[str, typer.Option(metavar="DATE", help="The day, e.g. 2026-07-04.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write; it is made if need be.")],
    seed: Annotated[int, typer.Option(help="Another number, another day; the same, the same bytes.")] = 1,
    races: Annotated[int, typer.Option(help="Horse races: win, place and each-way markets.")] = 40,
    greyhounds: Annotated[int, typer.Option(help="Greyhound races: win and place markets.")] = 12,
    football: Annotated[
        int, typer.Option(help="Football matches: odds, goals, correct score, Asian handicap.")
    ] = 4,
    tennis: Annotated[int, typer.Option(help="Tennis matches: match odds.")] = 4,
    plan: Annotated[
        str, typer.Option(metavar="PLAN", help="How much is published: BASIC, ADVANCED or PRO.")
    ] = "PRO",
    conflate: Annotated[
        int, typer.Option(metavar="MS", help="Merge what a market publishes within so many milliseconds.")
    ] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="How many processes; one for each processor.")
    ] = None,
) -> None:
    """
    Make up a day of racing, football and tennis, and write it as Betfair's historic data files.

    The markets have order books that match, money that arrives towards the off, non-runners, starting prices,
    betting in play and results. Other programs read them like bought data: they are laid out as Betfair
    delivers them, PLAN/YEAR/MONTH/DAY/EVENT/MARKET.bz2.
    """
    from betflow.jobs import sandbox_generate as job

    request = job.GenerateRequest(
        seed, day, out, races, greyhounds, football, tennis, plan, conflate_ms=conflate, workers=workers
    )
    run_command(ctx, lambda context: job.generate(request, context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    rows = [
        [each["kind"], f"{each['markets']:,}", f"{each['messages']:,}", f"{each['bytes'] / 1e6:,.1f} MB"]
        for each in data["kinds"]
    ]
    screen.table(["made up", "markets", "messages", "content"], rows)
    screen.fields(
        {
            "seed": data["seed"],
            "in": f"{data['out']}/{data['plan']}",
            "stored": f"{data['bytes_stored'] / 1e6:,.1f} MB",
            "time": f"{data['seconds']:.1f} s",
            "sha256": data["content_sha256"],
        }
    )
