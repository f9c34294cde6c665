"""``betflow tape``: what is in the archive, what a market was, and whether the tapes are sound."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from betflow.cli import tape_auction, tape_export, tape_stats
from betflow.cli.contract import run_command
from betflow.cli.data_folder import told
from betflow.cli.figures import average, count, money, off, price, published, size
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
from betflow.cli.market_heading import market_heading
from betflow.cli.options import CommandGroup
from betflow.cli.screen import Screen
from betflow.cli.tape_stats import render_timeline

app = CommandGroup(name="tape", help="Look at recorded markets: in the archive, or in a file.")
app.command("stats")(tape_stats.stats)
app.command("auction")(tape_auction.auction)
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
    at: Annotated[
        str,
        typer.Option(
            help="When: ISO 8601, UTC unless it has an offset, or epoch milliseconds.", metavar="TIME"
        ),
    ],
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

_LIST_COLUMNS: dict[str, Callable[[dict[str, Any]], object]] = {
    "market": lambda market: market["market_id"],
    "off": lambda market: off(market["market_time"]),
    "event": lambda market: market["event_name"] or market["venue"],
    "name": lambda market: market["name"],
    "market type": lambda market: market["market_type"],
    "venue": lambda market: market["venue"],
    "country": lambda market: market["country_code"],
    "runners": lambda market: count(market["runners"]),
    "messages": lambda market: count(market["messages"]),
    "settled": lambda market: market["settled"],
    "kind": lambda market: market["kind"],
    "damaged": lambda market: market["damaged"],
}

_LIST_SPARE = [
    *(("kind",), ("messages",), ("country",), ("venue",), ("runners",)),
    *(("settled",), ("damaged",), ("market type",)),
]


def _render_list(data: dict[str, Any], screen: Screen) -> None:
    markets = data["markets"]
    if not data["archived"]:
        screen.sentence(f"No markets in {told(data['folder'])}. `betflow backfill PATH` adds some.")
        return
    if not data["total"]:
        screen.line(f"None of the {data['archived']:,} markets in the archive fits. There is:")
        there_is = {f"--{option}": ", ".join(values) for option, values in data["values"].items()}
        screen.fields({option: values or "nothing" for option, values in there_is.items()})
        return
    rows = [[cell(market) for cell in _LIST_COLUMNS.values()] for market in markets]
    screen.table(list(_LIST_COLUMNS), rows, spare=_LIST_SPARE)
    if len(markets) < data["total"]:
        screen.line(f"{len(markets):,} of {data['total']:,} markets; --limit 0 lists all.")


def _render_market(data: dict[str, Any], screen: Screen) -> None:
    definition = data["definition"]
    rate = definition.get("marketBaseRate")
    screen.fields(
        {
            "market": data["market_id"],
            "name": ", ".join(part for part in (data["event_name"], data["name"]) if part) or None,
            "venue": data["venue"],
            "country": data["country_code"],
            "event": data["event_id"],
            "event type": data["event_type_id"],
            "market type": data["market_type"],
            "betting type": data["betting_type"],
            "winners": definition.get("numberOfWinners"),
            "market base rate": None if rate is None else f"{rate:g} %",
            "BSP market": definition.get("bspMarket"),
            "turns in play": definition.get("turnInPlayEnabled"),
            "was in play": data["in_play_seen"],
            "scheduled off": off(data["market_time"]),
            "settled": published(definition.get("settledTime")),
            "status": data["status"],
            "published": f"{screen.time(data['first_published'])} to {screen.time(data['last_published'])}",
            "messages": count(data["messages"]),
            "definitions": count(data["definitions"]),
        }
    )
    screen.line()
    columns = dict(_RUNNER_COLUMNS)
    if not any(runner["handicap"] for runner in data["runners"]):
        del columns["handicap"]
    screen.table(list(columns), [[cell(each) for cell in columns.values()] for each in data["runners"]])
    screen.line()
    render_timeline(data["timeline"], screen)
    for tape in data["tapes"]:
        screen.line()
        screen.fields(
            {
                **{name: tape[name] for name in ("path", "kind", "source", "damaged")},
                "stored": size(tape["stored_bytes"]),
            }
        )
        for finding in tape["findings"]:
            screen.sentence(f"{finding['code']}: {finding['message']}")


_RUNNER_COLUMNS: dict[str, Callable[[dict[str, Any]], object]] = {
    "selection id": lambda runner: runner["selection_id"],
    "handicap": lambda runner: price(runner["handicap"]),
    "runner": lambda runner: runner["name"],
    "status": lambda runner: runner["status"],
    "BSP": lambda runner: average(runner["bsp"]),
    "adjustment factor": lambda runner: money(runner["adjustment_factor"]),
}


def _render_verdict(data: dict[str, Any], screen: Screen) -> None:
    listed = [tape for tape in data["listed"] if tape["is_odd"] or len(data["listed"]) <= _ALL_LISTED]
    if listed:
        screen.table(
            ["tape", "markets", "lines", "kind", "damaged", "odd"],
            [
                [
                    *(tape["tape"], count(tape["markets"]), count(tape["lines"])),
                    *(tape["kind"], tape["is_damaged"], tape["is_odd"]),
                ]
                for tape in listed
            ],
            spare=[("kind",), ("lines",), ("markets",)],
        )
    screen.fields(
        {
            "verdict": "DAMAGED"
            if not data["is_whole"]
            else "whole"
            if data["tapes"]
            else "nothing to verify",
            "tapes": count(data["tapes"]),
            "damaged": count(data["damaged"]),
            "odd": count(data["odd"]),
            "lines": count(data["lines"]),
            "content": size(data["bytes"]),
        }
    )


def _render_book(data: dict[str, Any], screen: Screen, *, depth: int | None) -> None:
    screen.fields(market_heading(data, seen={"asked for": data["at_iso"], "published": data["published"]}))
    screen.line()
    _render_prices(data["runners"], screen, depth)


def _render_prices(runners: list[dict[str, Any]], screen: Screen, depth: int | None) -> None:
    """Show the ladders of the runners, as deep as asked for, or as there is room for where nothing was."""
    columns = list(_BOOK_COLUMNS)
    # A runner is a selection and a handicap: only where there are no lines, the handicap says nothing.
    with_lines = any(runner["handicap"] for runner in runners)
    columns = [name for name in columns if name != "handicap" or with_lines]
    spare = ["status", "selection id"] if all(runner["name"] for runner in runners) else ["status"]
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
    return [f"{price(entry['price'])}×{money(entry['size'])}" for entry in ladder[:depth]]


_BOOK_COLUMNS: dict[str, Callable[[dict[str, Any], int], object]] = {
    "selection id": lambda runner, _depth: runner["selection_id"],
    "handicap": lambda runner, _depth: price(runner["handicap"]),
    "runner": lambda runner, _depth: runner["name"],
    "status": lambda runner, _depth: runner["status"],
    # As on Betfair's page: the best prices meet in the middle.
    "back": lambda runner, depth: " ".join(reversed(_prices(runner["available_to_back"], depth))),
    "lay": lambda runner, depth: " ".join(_prices(runner["available_to_lay"], depth)),
    "last": lambda runner, _depth: price(runner["last_price_traded"]),
    "matched": lambda runner, _depth: money(runner["total_matched"]),
}
