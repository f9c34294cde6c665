"""``betflow markets``: what there is to bet on."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import CURRENCY_OF_MARKETS, count, money, soon
from betflow.cli.filters import Country, EventType, MarketType, Venue
from betflow.cli.screen import Screen


def markets(
    ctx: typer.Context,
    *,
    event_type: EventType = None,
    country: Country = None,
    market_type: MarketType = None,
    venue: Venue = None,
    within: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="How far ahead the scheduled off may be: 30m, 12h, 2d; a day if not said.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="In the name of the event; * stands for anything, but not at the beginning."
        ),
    ] = None,
    in_play: Annotated[bool, typer.Option("--in-play", help="Only markets that are in play.")] = False,
    limit: Annotated[int, typer.Option(metavar="ROWS", help="At most so many rows; 200 are the most.")] = 50,
) -> None:
    """
    List markets at Betfair by their scheduled off, with what matters about each.

    'betflow discover' judges markets, 'betflow navigate' walks through everything that there is.
    """
    from betflow.jobs.markets import MarketsRequest
    from betflow.jobs.markets import markets as job

    request = MarketsRequest(
        event_type, country, market_type, venue, within, text, in_play=in_play, limit=limit
    )
    run_command(ctx, lambda context: job(request, context), _render)


_COLUMNS: dict[str, Callable[[dict[str, Any]], object]] = {
    "market": lambda market: market["market_id"],
    "off": lambda market: soon(market["market_time"]),
    "event": lambda market: market["event"],
    "name": lambda market: market["market_name"],
    "market type": lambda market: market["market_type"],
    "event type": lambda market: market["event_type"],
    "country": lambda market: market["country"],
    "runners": lambda market: count(market["runners"]),
    f"matched {CURRENCY_OF_MARKETS}": lambda market: money(market["total_matched"]),
}
_SPARE = [("event type",), ("country",), ("market type",), ("runners",), (f"matched {CURRENCY_OF_MARKETS}",)]


def _render(data: dict[str, Any], screen: Screen) -> None:
    if not data["markets"]:
        screen.line("There is no such market. Ask for less: --within 7d, another --text, fewer filters.")
        return
    rows = [[show(each) for show in _COLUMNS.values()] for each in data["markets"]]
    screen.table(list(_COLUMNS), rows, spare=_SPARE)
    if data["more"]:
        screen.line()
        screen.sentence(f"There are more than these {len(rows)}; --limit takes up to 200.")
