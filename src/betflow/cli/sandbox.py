"""``betflow sandbox``: a simulated exchange, and the markets that it needs."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import Cut, count, size
from betflow.cli.filters import Workers
from betflow.cli.options import CommandGroup, common_options
from betflow.cli.screen import Screen

app = CommandGroup(
    name="sandbox", help="A whole exchange on this machine, with markets that nobody ever ran."
)


@app.callback()
def _sandbox() -> None:
    """Hold no options; without it a group of one command would be that command."""


@app.command("generate")
def generate(
    ctx: typer.Context,
    *,
    day: Annotated[str, typer.Option(metavar="DATE", help="The day, e.g. 2026-07-04.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write; it is made if need be.")],
    seed: Annotated[
        int, typer.Option(metavar="N", help="Another number, another day; the same, the same bytes.")
    ] = 1,
    races: Annotated[
        int, typer.Option(metavar="N", help="Horse races: win, place and each-way markets.")
    ] = 40,
    greyhounds: Annotated[
        int, typer.Option(metavar="N", help="Greyhound races: win and place markets.")
    ] = 12,
    football: Annotated[
        int, typer.Option(metavar="N", help="Football matches: odds, goals, correct score, Asian handicap.")
    ] = 4,
    tennis: Annotated[int, typer.Option(metavar="N", help="Tennis matches: match odds.")] = 4,
    plan: Annotated[
        str, typer.Option(metavar="PLAN", help="How much is published: BASIC, ADVANCED or PRO.")
    ] = "PRO",
    conflate: Annotated[
        str, typer.Option(metavar="DURATION", help="Merge what a market publishes within so long: 500ms, 1s.")
    ] = "0ms",
    workers: Workers = None,
) -> None:
    """
    Make up a day of racing, football and tennis, and write it as Betfair's historic data files.

    The markets have order books that match, money that arrives towards the off, non-runners, starting prices,
    betting in play and results. Other programs read them like bought data: they are laid out as Betfair
    delivers them, PLAN/YEAR/MONTH/DAY/EVENT/MARKET.bz2.
    """
    from betflow.jobs import sandbox_generate as job

    request = job.GenerateRequest(
        seed, day, output, races, greyhounds, football, tennis, plan, conflate=conflate, workers=workers
    )
    run_command(ctx, lambda context: job.generate(request, context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    rows = [
        [
            *(each["kind"], count(each["markets"]), count(each["messages"])),
            size(each["bytes"]),
        ]
        for each in data["kinds"]
    ]
    screen.table(["made up", "markets", "messages", "content"], rows)
    screen.fields(
        {
            "seed": data["seed"],
            "in": f"{data['out']}/{data['plan']}",
            "stored": size(data["bytes_stored"]),
            "time": f"{data['seconds']:.1f} s",
            "sha256": data["content_sha256"],
        }
    )


@app.command("run")
def run(
    ctx: typer.Context,
    *,
    port: Annotated[int, typer.Option(metavar="PORT", help="For HTTPS; 0 takes any free one.")] = 8443,
    admin_port: Annotated[
        int,
        typer.Option(
            metavar="PORT", help="For the admin endpoint, where no connection goes wrong; 0: any free one."
        ),
    ] = 0,
    stream_port: Annotated[
        int, typer.Option(metavar="PORT", help="For the stream over TLS; 0 takes any free one.")
    ] = 7443,
    plain_stream_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", help="For the stream without TLS as well, for clients that cannot trust it."
        ),
    ] = None,
    speed: Annotated[
        str, typer.Option(metavar="N", help="Simulated seconds a second; max is as fast as clients take it.")
    ] = "1",
    seed: Annotated[int, typer.Option(metavar="N", help="Another number, another day.")] = 1,
    races: Annotated[
        int, typer.Option(metavar="N", help="Horse races: win, place and each-way markets.")
    ] = 8,
    greyhounds: Annotated[int, typer.Option(metavar="N", help="Greyhound races: win and place markets.")] = 2,
    football: Annotated[int, typer.Option(metavar="N", help="Football matches.")] = 1,
    tennis: Annotated[int, typer.Option(metavar="N", help="Tennis matches.")] = 1,
    tapes: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH", help="Recorded tapes as if now, in place of made-up markets; repeatable."
        ),
    ] = None,
    first_off: Annotated[
        str, typer.Option(metavar="DURATION", help="When the first event goes off, at least.")
    ] = "3m",
    longest_gap: Annotated[
        str,
        typer.Option(
            metavar="DURATION",
            help="The longest time between an off and the next; inf keeps events as far apart as they were.",
        ),
    ] = "5m",
    chaos: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Faults on demand, as YAML or JSON.")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Limits in place of Betfair's, and the account, as YAML or JSON."),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write down everything that is sent, and every fault.")
    ] = None,
    run_for: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="End after so long, in real time: 5s, 1h.")
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Of the profile that is written: config/NAME.yaml.")
    ] = "sandbox",
    historic: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Historic data files that the account has bought; a small day unless given; repeatable.",
        ),
    ] = None,
    client_certificate: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A certificate of yours (PEM) to link to the account; repeatable."),
    ] = None,
) -> None:
    """
    Run a whole exchange on this machine: log in, list, stream and bet as on Betfair, with nobody's money.

    It speaks Betfair's HTTPS and Exchange Stream, so that any client of Betfair works with it. It writes a
    profile: every other command works with --profile sandbox, and nothing else. Ctrl-C ends it.
    """
    from betflow.jobs import sandbox_run as job

    request = job.RunRequest(
        name=name,
        port=port,
        admin_port=admin_port,
        stream_port=stream_port,
        plain_stream_port=plain_stream_port,
        speed=speed,
        seed=seed,
        races=races,
        greyhounds=greyhounds,
        football=football,
        tennis=tennis,
        tapes=tuple(tapes or ()),
        first_off=first_off,
        longest_gap=longest_gap,
        chaos=chaos,
        rules=rules,
        truth=truth,
        run_for=run_for,
        historic=tuple(historic or ()),
        client_certificates=tuple(client_certificate or ()),
    )
    announce = _say_nothing if common_options(ctx).quiet else _announce
    run_command(ctx, lambda context: job.run(request, context, announce), _render_run)


def _say_nothing(_where: dict[str, Any]) -> None:
    """Say nothing of where the sandbox is: the profile has it."""


def _announce(where: dict[str, Any]) -> None:
    """Say where the sandbox is, on stderr: stdout is for what came of it."""
    screen = Screen(sys.stderr)
    screen.line("The sandbox is open.")
    screen.fields(where)
    screen.line(f"Try: betflow test-connection --profile {where['name']}")
    sys.stderr.flush()


def _render_run(data: dict[str, Any], screen: Screen) -> None:
    began, ended = (screen.time(data[end], Cut.SECOND) for end in ("began", "ended"))
    screen.fields(
        {
            "ran": f"{data['seconds']:.1f} s",
            "simulated": f"{began} to {ended}, speed {data['speed']}",
            "markets": count(data["markets"]),
            "requests": f"{data['requests']:,}, with {data['calls']:,} calls, {data['refused']:,} refused",
            "orders": count(data["orders"]),
            "stream": f"{data['messages']:,} messages",
            "faults": count(data["faults"]),
        }
    )
