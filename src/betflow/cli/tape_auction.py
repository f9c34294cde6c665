"""``betflow tape auction``: how a market's starting prices came about."""

from typing import Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import CURRENCY_OF_MARKETS, average, count, money, price
from betflow.cli.filters import MarketOfFile, MarketOrFile
from betflow.cli.screen import Screen


def auction(
    ctx: typer.Context,
    market_or_file: MarketOrFile,
    market: MarketOfFile = None,
) -> None:
    """
    Show the auction at the off: which exchange bets were taken, and the starting price that follows.

    The average of what was taken is the starting price. "rule" is the price that the books just before the
    off give; docs/explanation/auction.md says how.
    """
    from betflow.jobs.auction import AuctionRequest
    from betflow.jobs.auction import auction as job

    run_command(ctx, lambda context: job(AuctionRequest(market_or_file, market), context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    if not data["runners"]:
        screen.sentence("This recording has no starting prices.")
        return
    screen.table(
        [
            "selection id",
            "runner",
            "BSP",
            "rule",
            "taken",
            f"volume {CURRENCY_OF_MARKETS}",
            "average",
            "prices",
            "whole",
            "last",
            "of it",
        ],
        [_row(runner) for runner in data["runners"]],
        spare=[("of it",), ("last",), ("whole",), ("prices",)],
    )


def _row(runner: dict[str, Any]) -> list[object]:
    levels = runner["levels"]
    last = levels[-1] if levels else None
    return [
        runner["selection_id"],
        runner["name"],
        average(runner["bsp"]),
        average(runner["derived"]),
        {"BACK": "backs", "LAY": "lays"}.get(runner["side"]),
        money(runner["volume"]) if levels else None,
        average(runner["average"] or None),
        count(len(levels) or None),
        count(runner["whole"]) if levels else None,
        last and price(last["price"]),
        last and f"{money(last['taken'])} of {money(last['displayed'])}",
    ]
