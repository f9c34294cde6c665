"""What several commands take, declared once: what a market has to be like, and which market is meant."""

from typing import Annotated, TypeAlias

import typer

EventType: TypeAlias = Annotated[
    str | None,
    typer.Option("--event-type", help="Only these event types, by name or number: horse-racing,7."),
]
Country: TypeAlias = Annotated[str | None, typer.Option("--country", help="Only these countries: GB,IE.")]
MarketType: TypeAlias = Annotated[
    str | None, typer.Option("--market-type", help="Only these market types: WIN,PLACE.")
]
Venue: TypeAlias = Annotated[str | None, typer.Option("--venue", help="Only these venues.")]
FromTime: TypeAlias = Annotated[
    str | None, typer.Option("--from", help="Earliest scheduled off: a date or a moment, UTC.")
]
ToTime: TypeAlias = Annotated[
    str | None,
    typer.Option("--to", help="Latest scheduled off: a date, its day included, or a moment, excluded."),
]
Settled: TypeAlias = Annotated[
    bool | None, typer.Option("--settled/--unsettled", help="Only those with a result, or without.")
]

MarketOrFile: TypeAlias = Annotated[str, typer.Argument(help="The id of an archived market, or a file.")]
MarketOfFile: TypeAlias = Annotated[
    str | None,
    typer.Option("--market", metavar="ID", help="Which market of a file that holds several."),
]

MarketNowOrAt: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="MARKET", help="The id of a market; with --at, of an archived one, or a file."),
]
Moment: TypeAlias = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="When, on a tape: epoch milliseconds, or ISO 8601 in UTC."),
]
