"""``betflow tape stats``: what a tape says about one market, in numbers."""

from collections.abc import Callable
from typing import Any, TypeAlias

import typer

from betflow.cli.contract import run_command
from betflow.cli.filters import MarketOfFile, MarketOrFile
from betflow.cli.screen import Screen

_Cell: TypeAlias = Callable[[dict[str, Any]], object]


def stats(
    ctx: typer.Context,
    market_or_file: MarketOrFile,
    market: MarketOfFile = None,
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
    """Show the runners in one table; where there is no room, in one for the off and one for each phase."""
    phases = [
        (label, key)
        for label, key in _PHASES.items()
        if any(runner[key] is not None for runner in data["runners"])
    ]
    columns = {**_RUNNER, **_AT_THE_OFF}
    for label, key in phases:
        columns |= {f"{label} {name}": _of_phase(key, field) for name, field in _PHASE.items()}
    rows = _rows(data["runners"], columns)
    if screen.fits(list(columns), rows):
        screen.table(list(columns), rows)
        return
    screen.table([*_RUNNER, *_AT_THE_OFF], _rows(data["runners"], _RUNNER | _AT_THE_OFF))
    for label, key in phases:
        columns = _RUNNER | {name: _of_phase(key, field) for name, field in _PHASE.items()}
        screen.line()
        screen.line(_PHASE_TITLES[label])
        screen.table(list(columns), _rows(data["runners"], columns), spare=[("name",)])


def _rows(runners: list[dict[str, Any]], columns: dict[str, _Cell]) -> list[list[object]]:
    return [[cell(runner) for cell in columns.values()] for runner in runners]


def _identity(runner: dict[str, Any]) -> object:
    selection_id, handicap = runner["selection_id"], runner["handicap"]
    return f"{selection_id} {handicap:+g}" if handicap else selection_id


def _price(side: str) -> _Cell:
    return lambda runner: runner[side] and runner[side]["price"]


def _of_phase(phase: str, field: str) -> _Cell:
    return lambda runner: (runner[phase] or {}).get(field)


def _off_by(data: dict[str, Any]) -> str:
    return "turned in play" if data["turned_in_play"] else "suspended"


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f} %"


_RUNNER: dict[str, _Cell] = {"runner": _identity, "name": lambda runner: runner["name"]}
_AT_THE_OFF: dict[str, _Cell] = {
    "result": lambda runner: runner["result"],
    "BSP": lambda runner: runner["bsp"],
    "back": _price("best_back"),
    "lay": _price("best_lay"),
}
_PHASES = {"pre": "pre_play", "in": "in_play"}
_PHASE = {
    "min": "min_price",
    "max": "max_price",
    "last": "last_price",
    "average": "weighted_average_price",
    "volume": "volume",
}
_PHASE_TITLES = {"pre": "before the turn in play", "in": "in play"}
