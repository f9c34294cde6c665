"""``betflow candles``: what was traded in each interval, as rows, as a file, as a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from betflow.errors import NotFoundError, UsageError
from betflow.exchange.candles import Candle, CandleFold, parse_interval
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.snapshot import json_ready
from betflow.exchange.times import iso, parse_end, parse_moment
from betflow.jobs.exports import (
    Columns,
    ExportFormat,
    check_suffix,
    check_target,
    parse_format,
    require_extra,
    write_rows,
    written_artifacts,
)
from betflow.jobs.market_changes import fold_market
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import open_market
from betflow.jobs.stats import market_facts
from betflow.storage.streams import is_stream

COLUMNS: Columns = {
    "selection_id": int,
    "handicap": float,
    "runner": str,
    "start": int,
    "start_iso": str,
    "open": float,
    "high": float,
    "low": float,
    "close": float,
    "volume": float,
    "updates": int,
    "best_back": float,
    "best_lay": float,
    "in_play": bool,
    "empty": bool,
}
"""What a row has; see `betflow.exchange.candles.Candle`."""

MOST_PRINTED = 100_000
MOST_WRITTEN = 10_000_000


@dataclass(frozen=True, slots=True)
class CandlesRequest:
    """
    Which candles, and what to make of them. Texts are as on the command line.

    Attributes:
        market_or_file: The id of an archived market, or a path.
        interval: How long each is: ``60s``, ``5m``, ….
        market_id: Which market of a file that holds several.
        runner: Only this selection, at all its handicaps.
        since: The first interval is the one with this moment in it.
        until: No interval begins at or after this moment, or behind the day of this date.
        export_format: json, csv or parquet; of the output file where it is not named.
        output: Where to write the rows; without it they are in the outcome's data.
        plot: Where to draw them, a PNG file.
    """

    market_or_file: str
    interval: str = "60s"
    market_id: str | None = None
    runner: int | None = None
    since: str | None = None
    until: str | None = None
    export_format: str | None = None
    output: Path | None = None
    plot: Path | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request that was checked."""

    interval: int
    since: int | None
    until: int | None
    export_format: ExportFormat | None


def candles(request: CandlesRequest, context: RunContext) -> Outcome:
    """
    Read a market's tape and return its candles; see `betflow.exchange.candles` for what they mean.

    Raises:
        UsageError: the request asks for something that cannot be, or for more candles than is good.
        NotFoundError: there is no such file, market or runner.
        ConfigurationError: an optional package is not installed.
        DamagedError: nothing of the market can be read, or publish times cannot be drawn.
    """
    plan = _checked(request)
    for target in (request.output, request.plot):
        if target is not None:
            check_target(target, Path(request.market_or_file), context.data_dir)
    if request.output is not None and plan.export_format is not None:
        check_suffix(request.output, plan.export_format)
    source = open_market(request.market_or_file, context.data_dir, request.market_id)
    fold = CandleFold(source.market_id, plan.interval)
    findings = fold_market(source, fold, context.progress)
    runners = _runners(fold, request.runner)
    window = fold.window(plan.since, plan.until)
    _refuse_too_many(len(window) * len(runners), MOST_WRITTEN if request.output else MOST_PRINTED)
    data = {
        "market": market_facts(source.market_id, fold.book.definition),
        "interval_ms": plan.interval,
        "runners": [
            {"selection_id": each.selection_id, "handicap": each.handicap, "name": each.name}
            for each in runners
        ],
        "count": len(window) * len(runners),
    }
    written = []
    if request.output is not None and plan.export_format is not None:
        write_rows(request.output, _rows(fold, runners, window), COLUMNS, plan.export_format)
        written.append(request.output)
    else:
        data["candles"] = list(_rows(fold, runners, window))
    if request.plot is not None:
        from betflow.jobs.candle_plot import draw  # noqa: PLC0415 - needs an extra

        draw(request.plot, fold, runners, window)
        written.append(request.plot)
    return Outcome(
        data=data,
        findings=findings,
        artifacts=written_artifacts(written),
        inputs=(artifact_of(source.tape.path),),
    )


def _checked(request: CandlesRequest) -> _Plan:
    """Refuse what cannot be before the tape is read."""
    since = None if request.since is None else parse_moment(request.since)
    until = None if request.until is None else parse_end(request.until)
    if since is not None and until is not None and since >= until:
        raise UsageError(f"--to {request.until} is not after --from {request.since}.", advice="Swap them.")
    if request.plot is not None:
        if request.plot.suffix.lower() != ".png" and not is_stream(request.plot):
            raise UsageError(f"{request.plot} is no .png file.", advice="Pictures are drawn as PNG only.")
        require_extra("matplotlib", "plot")
    return _Plan(parse_interval(request.interval), since, until, _export_format(request))


def _export_format(request: CandlesRequest) -> ExportFormat | None:
    named = None if request.export_format is None else parse_format(request.export_format)
    if request.output is None:
        if named is ExportFormat.PARQUET:
            raise UsageError("Parquet is no text.", advice="Name a file for it with --output.")
        return named
    export_format = named or parse_format(request.output.suffix.removeprefix("."))
    if export_format is ExportFormat.PARQUET:
        require_extra("pyarrow", "parquet")
    return export_format


def _runners(fold: CandleFold, selection_id: int | None) -> list[RunnerBook]:
    runners = sorted(fold.book.runners, key=_sort_priority)
    if selection_id is None:
        return runners
    wanted = [runner for runner in runners if runner.selection_id == selection_id]
    if not wanted:
        known = ", ".join(dict.fromkeys(f"{runner.selection_id}" for runner in runners)) or "none"
        raise NotFoundError(
            f"there is no runner {selection_id} in market {fold.book.market_id}.", advice=f"It has {known}."
        )
    return wanted


def _sort_priority(runner: RunnerBook) -> tuple[bool, int]:
    priority = runner.definition.sort_priority if runner.definition else None
    return priority is None, priority or 0


def _refuse_too_many(count: int, limit: int) -> None:
    if count > limit:
        advice = "Choose a longer --interval, one --runner, or a part with --from and --to"
        also = "." if limit == MOST_WRITTEN else "; or write them to a file with --output."
        raise UsageError(f"these would be {count:,} candles, more than {limit:,}.", advice=advice + also)


def _rows(fold: CandleFold, runners: list[RunnerBook], window: range) -> Iterator[dict[str, Any]]:
    starts = [iso(start) for start in window]  # of all runners the same
    for runner in runners:
        for candle, start_iso in zip(fold.candles(runner, window), starts, strict=True):
            yield _row(candle, runner.name, start_iso)


def _row(candle: Candle, name: str | None, start_iso: str) -> dict[str, Any]:
    return {
        "selection_id": candle.selection_id,
        "handicap": candle.handicap,
        "runner": name,
        "start": candle.start,
        "start_iso": start_iso,
        "open": _shown(candle.open),
        "high": _shown(candle.high),
        "low": _shown(candle.low),
        "close": _shown(candle.close),
        "volume": None if candle.volume is None else float(candle.volume),
        "updates": candle.updates,
        "best_back": _shown(candle.best_back),
        "best_lay": _shown(candle.best_lay),
        "in_play": candle.in_play,
        "empty": candle.empty,
    }


def _shown(price: float | None) -> float | str | None:
    """Return a price as `json_ready` does, without its detour: a quiet market has it a million times."""
    return price if price is None or isfinite(price) else json_ready(price)
