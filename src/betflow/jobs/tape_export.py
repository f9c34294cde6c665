"""``betflow tape export``: one market of a tape as a file for other programs."""

import bz2
import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import zstandard

from betflow.errors import UsageError
from betflow.exchange.book import MarketBook
from betflow.exchange.times import iso
from betflow.jobs.exports import (
    Columns,
    ExportFormat,
    check_suffix,
    check_target,
    require_extra,
    write_rows,
    written_artifacts,
    written_whole,
)
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import MarketSource, open_market
from betflow.tape.official import official_lines

COLUMNS: Columns = {
    "market_id": str,
    "publish_time": int,
    "published": str,
    "status": str,
    "in_play": bool,
    "selection_id": int,
    "handicap": float,
    "runner": str,
    "runner_status": str,
    "best_back": float,
    "best_back_size": float,
    "best_lay": float,
    "best_lay_size": float,
    "last_price_traded": float,
    "total_matched": float,
}
"""What a row of csv and parquet has: a runner as it stands after a message that changed it."""


class MarketFormat(StrEnum):
    """How a market is written."""

    OFFICIAL = "official"
    """Betfair's historic data format: one JSON message on a line."""
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """
    What to write where.

    Attributes:
        market_or_file: The id of an archived market, or a path.
        market_format: One of `MarketFormat`.
        output: The file; for the official format, .bz2, .gz and .zst compress it.
        market_id: Which market of a file that holds several.
    """

    market_or_file: str
    market_format: str
    output: Path
    market_id: str | None = None


def export(request: ExportRequest, context: RunContext) -> Outcome:
    """
    Write a market to a file; the file appears when it is whole.

    Raises:
        UsageError: there is no such format, the output's name says another, or it must not be overwritten.
        NotFoundError: there is no such file or market, or no folder to write to.
        ConfigurationError: the format needs a package that is not installed.
        DamagedError: nothing of the market can be read; no file is written then.
    """
    market_format = _parsed(request.market_format)
    check_target(request.output, Path(request.market_or_file), context.data_dir)
    suits = ("bz2", "gz", "zst", "json") if market_format is MarketFormat.OFFICIAL else ()
    check_suffix(request.output, market_format, also=suits)
    if market_format is MarketFormat.PARQUET:
        require_extra("pyarrow", "parquet")
    source = open_market(request.market_or_file, context.data_dir, request.market_id)
    if market_format is MarketFormat.OFFICIAL:
        count = _write_official(source, request.output)
    else:
        count = write_rows(request.output, _rows(source), COLUMNS, ExportFormat(market_format))
    data = {
        "market_id": source.market_id,
        "format": str(market_format),
        "lines" if market_format is MarketFormat.OFFICIAL else "rows": count,
        "output": str(request.output),
    }
    return Outcome(
        data,
        findings=source.findings(),
        artifacts=written_artifacts([request.output]),
        inputs=(artifact_of(source.tape.path),),
    )


def _parsed(text: str) -> MarketFormat:
    try:
        return MarketFormat(text.lower())
    except ValueError as error:
        advice = f"Give one of {', '.join(MarketFormat)}."
        raise UsageError(f"{text!r} is no format.", advice=advice) from error


@contextmanager
def _opened(path: Path, suffix: str) -> Iterator[IO[bytes]]:
    """Open a file for writing, compressed as its name says; nothing but the content shows in the bytes."""
    with ExitStack() as stack:
        file: Any = stack.enter_context(path.open("wb"))
        if suffix == ".bz2":
            file = stack.enter_context(bz2.BZ2File(file, "wb"))
        elif suffix == ".gz":
            file = stack.enter_context(gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0))
        elif suffix == ".zst":
            file = stack.enter_context(zstandard.ZstdCompressor().stream_writer(file, closefd=False))
        yield file


def _write_official(source: MarketSource, output: Path) -> int:
    count = 0
    lines = source.at_least_one(official_lines(source.tape, source.market_id))
    with written_whole(output) as part, _opened(part, output.suffix.lower()) as file:
        for count, line in enumerate(lines, 1):  # noqa: B007 - the count is the answer
            file.write(line)
    return count


def _rows(source: MarketSource) -> Iterator[dict[str, Any]]:
    own = (book for book in source.tape if book.market_id == source.market_id)
    for book in source.at_least_one(own):
        yield from _changed_runners(book)


def _changed_runners(book: MarketBook) -> Iterator[dict[str, Any]]:
    published = iso(book.publish_time)
    for runner in book.changed_runners:
        yield {
            "market_id": book.market_id,
            "publish_time": book.publish_time,
            "published": published,
            "status": book.status,
            "in_play": book.in_play,
            "selection_id": runner.selection_id,
            "handicap": runner.handicap,
            "runner": runner.name,
            "runner_status": runner.status,
            "best_back": runner.best_back,
            "best_back_size": _best_size(runner.available_to_back, runner.best_back)
            or _first_size(runner.back_ladder),
            "best_lay": runner.best_lay,
            "best_lay_size": _best_size(runner.available_to_lay, runner.best_lay)
            or _first_size(runner.lay_ladder),
            "last_price_traded": runner.last_price_traded,
            "total_matched": runner.total_traded,
        }


def _best_size(ladder: dict[float, float], best: float | None) -> float | None:
    """Look up a size at full depth; sorting a ladder for each row would take most of the time."""
    return None if best is None else ladder.get(best)


def _first_size(ladder: list[tuple[float, float]]) -> float | None:
    return ladder[0][1] if ladder else None
