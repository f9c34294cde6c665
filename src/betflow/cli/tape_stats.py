"""``betflow tape stats``: what a tape says about one market, in numbers."""

from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.screen import Screen


def stats(
    ctx: typer.Context,
    market_or_file: Annotated[str, typer.Argument(help="The id of an archived market, or a file.")],
    market: Annotated[
        str | None, typer.Option("--market", metavar="ID", help="Which market of a file that holds several.")
    ] = None,
) -> None:
    """
    Show a market's result, prices at the off, and what was traded before and in play.

    Volumes are one-sided: a bet's size counts once, not for backer and layer.
    """
    from betflow.jobs.stats import StatsRequest
    from betflow.jobs.stats import stats as job

    run_command(ctx, lambda context: job(StatsRequest(market_or_file, market), context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    market = data["market"]
    names = [market["event_name"], market["name"]]
    off = data["actual_off_iso"] and f"{data['actual_off_iso']} ({_off_by(data)})"
    screen.fields(
        {
            "market": market["market_id"],
            "name": ", ".join(name for name in names if name) or None,
            "venue": market["venue"],
            "type": market["market_type"],
            "status": market["status"],
            "scheduled off": data["scheduled_off_iso"],
            "actual off": off,
            "prices at the off": data["captured_from_iso"] or f"none: {data['not_captured_because']}",
            "back book": _percent(data["back_book_percentage"]),
            "lay book": _percent(data["lay_book_percentage"]),
            "overround": _percent(data["overround"]),
            "total matched": data["total_matched"],
            "one-sided volume": data["volume"],
            "messages": f"{data['messages']:,}",
            "first": data["first_publish_time_iso"],
            "last": data["last_publish_time_iso"],
        }
    )
    screen.line()
    _render_runners(data, screen)
    screen.line()
    screen.table(
        ["from", "status", "in play", "bet delay", "version"],
        [
            [each["published"], each["status"], each["in_play"], each["bet_delay"], each["version"]]
            for each in data["timeline"]
        ],
    )


def _render_runners(data: dict[str, Any], screen: Screen) -> None:
    phases = [
        (label, key)
        for label, key in _PHASES.items()
        if any(runner[key] is not None for runner in data["runners"])
    ]
    columns = ["runner", "name", "result", "BSP", "back", "lay"]
    columns += [f"{label} {name}" for label, _ in phases for name in _PHASE]
    screen.table(columns, [_runner_cells(runner, [key for _, key in phases]) for runner in data["runners"]])


def _runner_cells(runner: dict[str, Any], phases: list[str]) -> list[object]:
    identity = (
        f"{runner['selection_id']} {runner['handicap']:+g}" if runner["handicap"] else runner["selection_id"]
    )
    best = [quote and quote["price"] for quote in (runner["best_back"], runner["best_lay"])]
    cells = [identity, runner["name"], runner["result"], runner["bsp"], *best]
    for phase in phases:
        cells += [(runner[phase] or {}).get(field) for field in _PHASE.values()]
    return cells


def _off_by(data: dict[str, Any]) -> str:
    return "turned in play" if data["turned_in_play"] else "suspended"


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f} %"


_PHASES = {"pre": "pre_play", "in": "in_play"}
_PHASE = {
    "min": "min_price",
    "max": "max_price",
    "last": "last_price",
    "average": "weighted_average_price",
    "volume": "volume",
}
