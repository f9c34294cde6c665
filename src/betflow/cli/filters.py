"""What several commands take, declared once: what a market has to be like, and which market is meant."""

from typing import Annotated, TypeAlias

import typer

EventType: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--event-type", metavar="NAME,…", help="Only these event types, by name or number: horse-racing,7."
    ),
]
Country: TypeAlias = Annotated[
    str | None, typer.Option("--country", metavar="CODE,…", help="Only these countries: GB,IE.")
]
MarketType: TypeAlias = Annotated[
    str | None, typer.Option("--market-type", metavar="TYPE,…", help="Only these market types: WIN,PLACE.")
]
Venue: TypeAlias = Annotated[
    str | None, typer.Option("--venue", metavar="NAME,…", help="Only these venues: Ascot,York.")
]
FromTime: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        help="Earliest scheduled off: a date or a moment; UTC unless it has an offset.",
    ),
]
ToTime: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="DATE", help="Latest scheduled off: a date, its day included, or a moment, excluded."
    ),
]
Limit: TypeAlias = Annotated[
    int, typer.Option("--limit", metavar="ROWS", min=0, help="At most so many rows; 0 lists all.")
]
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        max=1024,
        help="How many processes; one for each processor, if not said.",
    ),
]

Settled: TypeAlias = Annotated[
    bool | None, typer.Option("--settled/--unsettled", help="Only those with a result, or without.")
]

MarketOrFile: TypeAlias = Annotated[
    str, typer.Argument(metavar="MARKET|FILE", help="The id of an archived market, or a file.")
]
MarketOfFile: TypeAlias = Annotated[
    str | None,
    typer.Option("--market", metavar="MARKET", help="Which market of a file that holds several."),
]

MarketNowOrAt: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="MARKET", help="The id of a market; with --at, of an archived one, or a file."),
]
Moment: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="When, on a tape: ISO 8601, UTC unless it has an offset, or epoch milliseconds.",
    ),
]
