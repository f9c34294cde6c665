"""``betflow tape``: what is in the archive, what a market was, and whether the tapes are sound."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from betflow.cli import tape_export, tape_stats
from betflow.cli.contract import run_command
from betflow.cli.filters import (
    Country,
    EventType,
    FromTime,
    Limit,
    MarketOfFile,
    MarketOrFile,
    MarketType,
    Settled,
    ToTime,
    Venue,
)
from betflow.cli.options import CommandGroup
from betflow.cli.screen import Screen

app = CommandGroup(name="tape", help="Look at recorded markets: in the archive, or in a file.")
app.command("stats")(tape_stats.stats)
app.command("export")(tape_export.export)

_EVERYTHING = 0


@app.command("ls")
def ls(
    ctx: typer.Context,
    *,
    event_type: EventType = None,
    country: Country = None,
    market_type: MarketType = None,
    venue: Venue = None,
    from_time: FromTime = None,
    to_time: ToTime = None,
    settled: Settled = None,
    sort: Annotated[str, typer.Option(metavar="KEY", help="time, id, messages or venue.")] = "time",
    limit: Limit = 100,
) -> None:
    """List the markets in the archive."""
    from betflow.jobs.tape_ls import ListRequest
    from betflow.jobs.tape_ls import ls as job
    from betflow.tape.selection import FilterOptions

    options = FilterOptions(
        event_types=event_type,
        countries=country,
        market_types=market_type,
        venues=venue,
        from_time=from_time,
        to_time=to_time,
        settled=settled,
    )
    request = ListRequest(options, sort, None if limit == _EVERYTHING else limit)
    run_command(ctx, lambda context: job(request, context), _render_list)


@app.command("show")
def show(
    ctx: typer.Context,
    market: Annotated[str, typer.Argument(help="The id of an archived market.", metavar="MARKET")],
) -> None:
    """Show a market: definition, runners and results, changes of status, and where it is stored."""
    from betflow.jobs.tape_show import show as job

    run_command(ctx, lambda context: job(market, context), _render_market)


@app.command("verify")
def verify(
    ctx: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Archived markets, files or folders; nothing: the archive.", metavar="MARKET|PATH…"
        ),
    ] = None,
) -> None:
    """
    Look at every byte and every line again, and decode every price and size.

    Exits with 7 when anything is damaged, and with 1 when something is only odd: publish times that go
    backwards, repeated messages, runners that no definition lists.
    """
    from betflow.jobs.tape_verify import VerifyRequest
    from betflow.jobs.tape_verify import verify as job

    request = VerifyRequest(tuple(targets or ()))
    run_command(ctx, lambda context: job(request, context), _render_verdict)


@app.command("book")
def book(
    ctx: typer.Context,
    market_or_file: MarketOrFile,
    *,
    at: Annotated[str, typer.Option(help="When: epoch milliseconds, or ISO 8601 in UTC.", metavar="TIME")],
    depth: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="So many prices of each side; 3 if not said.")
    ] = None,
    market: MarketOfFile = None,
) -> None:
    """Show the book as it stood after the last message published at or before a moment."""
    from betflow.jobs.tape_book import BookRequest
    from betflow.jobs.tape_book import book as job

    request = BookRequest(market_or_file, at, depth, market)
    run_command(
        ctx,
        lambda context: job(request, context),
        lambda data, screen: _render_book(data, screen, depth=depth),
    )


_DEPTH_SHOWN = 3
_ALL_LISTED = 20
"""Tapes up to which the sound ones are listed too."""

_LIST_COLUMNS = {
    "market": "market_id",
    "off": "market_time",
    "venue": "venue",
    "event": "event_name",
    "country": "country_code",
    "type": "market_type",
    "runners": "runners",
    "messages": "messages",
    "settled": "settled",
    "kind": "kind",
    "damaged": "damaged",
}

_LIST_SPARE = [
    *(("kind",), ("messages",), ("country",), ("runners",)),
    *(("settled",), ("event",), ("venue",), ("damaged",)),
]


def _render_list(data: dict[str, Any], screen: Screen) -> None:
    markets = data["markets"]
    if not data["archived"]:
        screen.line("No markets. `betflow backfill PATH` adds some.")
        return
    if not data["total"]:
        screen.line(f"None of the {data['archived']:,} markets in the archive fits. There is:")
        there_is = {f"--{option}": ", ".join(values) for option, values in data["values"].items()}
        screen.fields({option: values or "nothing" for option, values in there_is.items()})
        return
    rows = [[market[key] for key in _LIST_COLUMNS.values()] for market in markets]
    screen.table(list(_LIST_COLUMNS), rows, spare=_LIST_SPARE)
    if len(markets) < data["total"]:
        screen.line(f"{len(markets):,} of {data['total']:,} markets; --limit 0 lists all.")


def _render_market(data: dict[str, Any], screen: Screen) -> None:
    names = ("market_id", "name", "event_name", "event_id", "event_type_id", "venue", "country_code")
    more = ("market_type", "betting_type", "market_time", "status", "in_play_seen", "messages", "definitions")
    definition = data["definition"]
    facts = ("numberOfWinners", "marketBaseRate", "bspMarket", "turnInPlayEnabled", "settledTime")
    screen.fields(
        {name.replace("_", " "): data[name] for name in (*names, *more)}
        | {name: definition.get(name) for name in facts}
        | {"published": f"{data['first_published']} to {data['last_published']}"}
    )
    screen.line()
    _render_rows(data["runners"], _RUNNER_COLUMNS, screen)
    screen.line()
    _render_rows(data["timeline"], _TIMELINE_COLUMNS, screen)
    for tape in data["tapes"]:
        screen.line()
        screen.fields({name: tape[name] for name in ("path", "kind", "source", "damaged", "stored_bytes")})
        for finding in tape["findings"]:
            screen.line(f"{finding['code']}: {finding['message']}")


_RUNNER_COLUMNS = ("selection_id", "handicap", "name", "status", "bsp", "adjustment_factor")
_TIMELINE_COLUMNS = ("published", "status", "in_play", "version", "bet_delay")


def _render_rows(rows: list[dict[str, Any]], columns: tuple[str, ...], screen: Screen) -> None:
    names = [name.replace("_", " ") for name in columns]
    screen.table(names, [[row[name] for name in columns] for row in rows])


def _render_verdict(data: dict[str, Any], screen: Screen) -> None:
    listed = [tape for tape in data["listed"] if tape["is_odd"] or len(data["listed"]) <= _ALL_LISTED]
    if listed:
        columns = ("tape", "markets", "lines", "kind", "is_damaged", "is_odd")
        screen.table(
            [name.removeprefix("is_") for name in columns],
            [[tape[name] for name in columns] for tape in listed],
        )
    screen.fields(
        {
            "verdict": "DAMAGED"
            if not data["is_whole"]
            else "whole"
            if data["tapes"]
            else "nothing to verify",
            "tapes": data["tapes"],
            "damaged": data["damaged"],
            "odd": data["odd"],
            "lines": f"{data['lines']:,}",
            "content": f"{data['bytes'] / 1e6:,.1f} MB",
        }
    )


def _render_book(data: dict[str, Any], screen: Screen, *, depth: int | None) -> None:
    screen.fields(
        {
            "market": data["market_id"],
            "name": ", ".join(part for part in (data["event_name"], data["name"]) if part) or None,
            "venue": data["venue"],
            "scheduled off": data["market_time"],
            "asked for": data["at_iso"],
            "published": data["published"],
            "status": data["status"],
            "in play": data["in_play"],
            "total matched": data["total_matched"],
        }
    )
    screen.line()
    _render_prices(data["runners"], screen, depth)


def _render_prices(runners: list[dict[str, Any]], screen: Screen, depth: int | None) -> None:
    """Show the ladders of the runners, as deep as asked for, or as there is room for where nothing was."""
    columns = list(_BOOK_COLUMNS)
    # A runner is a selection and a handicap: only where there are no lines, the handicap says nothing.
    spare = ["status"] if any(runner["handicap"] for runner in runners) else ["handicap", "status"]
    kept = [name for name in columns if name not in spare]
    shown = depth or _DEPTH_SHOWN
    while depth is None and shown > 1 and not screen.fits(kept, _book_rows(runners, kept, shown)):
        shown -= 1
    screen.table(columns, _book_rows(runners, columns, shown), spare=[(name,) for name in spare])
    if depth is None and shown < _DEPTH_SHOWN:
        screen.note(f"{shown} of {_DEPTH_SHOWN} prices of each side: a wider terminal has them, and --depth.")


def _book_rows(runners: list[dict[str, Any]], columns: list[str], depth: int) -> list[list[object]]:
    return [[_BOOK_COLUMNS[column](runner, depth) for column in columns] for runner in runners]


def _prices(ladder: list[dict[str, Any]], depth: int) -> list[str]:
    return [f"{entry['price']:g}×{entry['size']:.10g}" for entry in ladder[:depth]]


_BOOK_COLUMNS: dict[str, Callable[[dict[str, Any], int], object]] = {
    "selection": lambda runner, _depth: runner["selection_id"],
    "handicap": lambda runner, _depth: runner["handicap"],
    "name": lambda runner, _depth: runner["name"],
    "status": lambda runner, _depth: runner["status"],
    # As on Betfair's page: the best prices meet in the middle.
    "back": lambda runner, depth: " ".join(reversed(_prices(runner["available_to_back"], depth))),
    "lay": lambda runner, depth: " ".join(_prices(runner["available_to_lay"], depth)),
    "last": lambda runner, _depth: runner["last_price_traded"],
    "matched": lambda runner, _depth: runner["total_matched"],
}
