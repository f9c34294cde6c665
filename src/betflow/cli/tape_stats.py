"""``betflow tape stats``: what a tape says about one market, in numbers."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import (
    CURRENCY_OF_MARKETS,
    Figure,
    average,
    count,
    money,
    off,
    percent,
    price,
    published,
)
from betflow.cli.filters import MarketOfFile, MarketOrFile
from betflow.cli.screen import Screen

_Cell: TypeAlias = Callable[[dict[str, Any]], object]


def stats(
    ctx: typer.Context,
    market_or_file: MarketOrFile,
    market: MarketOfFile = None,
) -> None:
    """
    Show a market's result, prices at the off, and what was traded before it and after.

    Volumes are one-sided: a bet's size counts once, not for backer and layer.
    """
    from betflow.jobs.stats import StatsRequest
    from betflow.jobs.stats import stats as job

    run_command(ctx, lambda context: job(StatsRequest(market_or_file, market), context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    market = data["market"]
    names = [market["event_name"], market["name"]]
    went_off = data["actual_off_iso"] and f"{screen.time(data['actual_off_iso'])} ({_off_by(data)})"
    screen.fields(
        {
            "market": market["market_id"],
            "name": ", ".join(name for name in names if name) or None,
            "venue": market["venue"],
            "market type": market["market_type"],
            "status": market["status"],
            "scheduled off": off(data["scheduled_off_iso"]),
            "actual off": went_off,
            "prices at the off": _captured(data, screen),
            "back book": percent(data["back_book_percentage"]),
            "lay book": percent(data["lay_book_percentage"]),
            "overround": percent(data["overround"]),
            "total matched": money(data["total_matched"], CURRENCY_OF_MARKETS),
            "one-sided volume": money(data["volume"], CURRENCY_OF_MARKETS),
            "messages": count(data["messages"]),
            "first": published(data["first_publish_time_iso"]),
            "last": published(data["last_publish_time_iso"]),
        }
    )
    screen.line()
    _render_runners(data, screen)
    if any(_is_derived(runner, phase) for runner in data["runners"] for phase in _phases(data)):
        screen.sentence(
            f"{_DERIVED} derived: the recording has no last price there, so where volume grew last"
        )
    screen.line()
    render_timeline(data["timeline"], screen)


def render_timeline(timeline: list[dict[str, Any]], screen: Screen) -> None:
    """Show from when on a market had which status."""
    screen.table(
        ["published", "status", "in play", "bet delay", "version"],
        [
            [
                *(published(each["published"]), each["status"], each["in_play"]),
                *(each["bet_delay"], each["version"]),
            ]
            for each in timeline
        ],
    )


def _render_runners(data: dict[str, Any], screen: Screen) -> None:
    """Show the runners in one table; where there is no room, in one for the off and one for each phase."""
    phases = _phases(data)
    identity = _identity(data["runners"])
    columns = {**identity, **_AT_THE_OFF}
    for phase in phases:
        columns |= {f"{phase.label} {name}": cell for name, cell in _phase_columns(phase).items()}
    rows = _rows(data["runners"], columns)
    if screen.fits(list(columns), rows):
        screen.table(list(columns), rows)
        return
    at_the_off = identity | _AT_THE_OFF
    screen.table(list(at_the_off), _rows(data["runners"], at_the_off), spare=_SPARE)
    for phase in phases:
        columns = identity | _phase_columns(phase)
        screen.line()
        screen.line(phase.title)
        screen.table(list(columns), _rows(data["runners"], columns), spare=_SPARE)


def _rows(runners: list[dict[str, Any]], columns: dict[str, _Cell]) -> list[list[object]]:
    return [[cell(runner) for cell in columns.values()] for runner in runners]


def _identity(runners: list[dict[str, Any]]) -> dict[str, _Cell]:
    """Return the columns that say which runner it is: a handicap only where there are lines."""
    with_lines = any(runner["handicap"] for runner in runners)
    return {name: cell for name, cell in _RUNNER.items() if name != "handicap" or with_lines}


def _price(side: str) -> _Cell:
    return lambda runner: price(runner[side] and runner[side]["price"])


def _off_by(data: dict[str, Any]) -> str:
    return "derived: turned in play without a suspension" if data["actual_off_derived"] else "suspended"


def _captured(data: dict[str, Any], screen: Screen) -> str:
    if not data["captured"]:
        return f"none: {data['not_captured_because']}"
    before = " (the last before the actual off)" if data["captured_at"] == "ACTUAL_OFF" else ""
    return f"{screen.time(data['captured_from_iso'])}{before}"


class _Phase(NamedTuple):
    """A part of what was traded: its key in the answer, how columns begin, and what stands above a table."""

    key: str
    label: str
    title: str


def _phases(data: dict[str, Any]) -> list[_Phase]:
    """Name the phases; of a market that does not turn in play, the second is the auction and nothing else."""
    before = _Phase("pre_play", "pre", "before the off")
    after = _Phase("in_play", "SP", "after the off: the starting-price auction")
    if data["turned_in_play"]:
        auction = ", starting-price auction included" if data["has_auction"] else ""
        after = _Phase("in_play", "in", f"in play{auction}")
    return [
        phase for phase in (before, after) if any(runner[phase.key] is not None for runner in data["runners"])
    ]


def _phase_columns(phase: _Phase) -> dict[str, _Cell]:
    return {
        "min": _of_phase(phase, "min_price", price),
        "max": _of_phase(phase, "max_price", price),
        "last": _last_price(phase),
        "average": _of_phase(phase, "weighted_average_price", average),
        "volume": _of_phase(phase, "volume", money),
    }


def _of_phase(phase: _Phase, field: str, written: Callable[[float | None], object]) -> _Cell:
    return lambda runner: written((runner[phase.key] or {}).get(field))


def _last_price(phase: _Phase) -> _Cell:
    """Show the last price, with a mark where it is derived."""

    def cell(runner: dict[str, Any]) -> object:
        figures = runner[phase.key] or {}
        last = price(figures.get("last_price"))
        return Figure(f"{_DERIVED}{last}") if figures.get("last_price_derived") else last

    return cell


def _is_derived(runner: dict[str, Any], phase: _Phase) -> bool:
    return bool((runner[phase.key] or {}).get("last_price_derived"))


_RUNNER: dict[str, _Cell] = {
    "selection id": lambda runner: runner["selection_id"],
    "handicap": lambda runner: price(runner["handicap"]),
    "runner": lambda runner: runner["name"],
}
_SPARE = [("selection id",)]
_AT_THE_OFF: dict[str, _Cell] = {
    "result": lambda runner: runner["result"],
    "BSP": lambda runner: average(runner["bsp"]),
    "back": _price("best_back"),
    "lay": _price("best_lay"),
}
_DERIVED = "~"
