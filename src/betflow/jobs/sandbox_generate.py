"""``betflow sandbox generate``: a made-up day of markets, as files of Betfair's historic data format."""

import bz2
import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import Any, Final

from betflow.errors import StorageError, UsageError
from betflow.exchange.times import epoch_ms, iso
from betflow.jobs.durations import duration_s
from betflow.jobs.exports import check_folder
from betflow.jobs.outcome import Artifact, Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.workers import in_order, work
from betflow.sandbox.generator.day import Day, GeneratedMarket, Programme
from betflow.sandbox.generator.publisher import Plan

MOST_EVENTS: Final = 200
"""Of one kind, in a day."""
LONGEST_CONFLATION: Final = "2m"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_KINDS: Final = {"7": "horse racing", "4339": "greyhounds", "1": "football", "2": "tennis"}


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """
    What to make up, and where to write it.

    Attributes:
        seed: Another seed, another day; the same, the same bytes.
        day: A date.
        out: The folder; it is made where there is none.
        races: How many horse races.
        greyhounds: How many greyhound races.
        football: How many football matches.
        tennis: How many tennis matches.
        plan: One of `Plan`.
        conflate: The least time between two messages of a market, if that is more than the plan's.
        workers: How many processes; None is one for each processor.
    """

    seed: int
    day: str
    out: Path
    races: int = 40
    greyhounds: int = 12
    football: int = 4
    tennis: int = 4
    plan: str = Plan.PRO
    conflate: str = "0ms"
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """Which event to make up; it comes out the same whichever process does it. *unfinished* is a folder."""

    programme: Programme
    plan: Plan
    conflate_ms: int
    event: int
    out: Path
    unfinished: Path


@dataclass(frozen=True, slots=True)
class _Written:
    """A market that was written; *content* is the sha256 of what is in the file, expanded."""

    kind: str
    market_id: str
    market_type: str
    path: str
    messages: int
    bytes: int
    content: str
    artifact: Artifact


@dataclass(slots=True)
class _Count:
    markets: int = 0
    messages: int = 0
    bytes: int = 0
    stored: int = 0

    def add(self, written: _Written) -> None:
        self.markets += 1
        self.messages += written.messages
        self.bytes += written.bytes
        self.stored += written.artifact.bytes


def generate(request: GenerateRequest, context: RunContext) -> Outcome:
    """
    Make up a day and write each market to a file, at the place where Betfair's archives have it.

    Files that are there already are replaced; each appears when it is whole.

    Raises:
        UsageError: there is no such plan or day, nothing is asked for, or the folder must not be written to.
        StorageError: the disk refuses; the files that are there by then are whole.
    """
    plan = _plan(request.plan)
    programme = _programme(request)
    conflation = duration_s(request.conflate, "--conflate", may_be_nothing=True, most=LONGEST_CONFLATION)
    conflate_ms = round(conflation * 1000)
    check_folder(request.out, context.data_dir)
    out = request.out.absolute()
    # Workers that are interrupted leave what they are at; it is all in one place, which is removed.
    unfinished = out / f".{context.run_id}.part"
    tasks = [
        _Task(programme, plan, conflate_ms, number, out, unfinished)
        for number in range(len(Day(programme).events))
    ]
    started = context.clock()
    workers = request.workers or _processors()
    try:
        written = _carry_out(tasks, context, workers=max(1, min(workers, len(tasks))))
    finally:
        rmtree(unfinished, ignore_errors=True)
    return _outcome(request, plan, written, seconds=(context.clock() - started) / 1000)


def _plan(text: str) -> Plan:
    try:
        return Plan(text.upper())
    except ValueError as error:
        raise UsageError(f"{text!r} is no plan.", advice=f"Give one of {', '.join(Plan)}.") from error


def _programme(request: GenerateRequest) -> Programme:
    try:
        day = epoch_ms(request.day)
    except ValueError as error:
        raise UsageError(f"{error}.", advice="Give a date like 2026-07-04.") from error
    if iso(day)[:10] != request.day.strip():
        raise UsageError(f"{request.day!r} is no date.", advice="Give one like 2026-07-04.")
    counts = {
        "races": request.races,
        "greyhounds": request.greyhounds,
        "football": request.football,
        "tennis": request.tennis,
    }
    for name, count in counts.items():
        if not 0 <= count <= MOST_EVENTS:
            raise UsageError(f"--{name} is {count}.", advice=f"Give a number from 0 to {MOST_EVENTS}.")
    if not any(counts.values()):
        raise UsageError("Nothing is to be made up.", advice=f"Ask for {' or '.join(counts)}.")
    return Programme(seed=request.seed, day=day, **counts)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _carry_out(tasks: list[_Task], context: RunContext, *, workers: int) -> list[_Written]:
    written: list[_Written] = []
    context.progress.start("generate", total=len(tasks), unit="events")
    try:
        with closing(work(tasks, _make_up, workers=workers)) as reports:
            for report in in_order(reports):
                if report.error is not None:
                    raise report.error
                if report.result is None:
                    context.progress.advance()
                else:
                    written.append(report.result)
    finally:
        context.progress.stop()
    return written


def _make_up(task: _Task) -> Iterator[_Written]:
    """Write the markets of one event."""
    day = Day(task.programme, plan=task.plan, conflate_ms=task.conflate_ms)
    event = next(event for event in day.events if event.number == task.event)
    for market in day.markets(event):
        yield _write(market, task)


def _write(market: GeneratedMarket, task: _Task) -> _Written:
    card = market.card
    relative = official_path(task.plan, iso(task.programme.day), card.event_id, card.market_id)
    path = task.out / relative
    messages, size, content = 0, 0, hashlib.sha256()
    try:
        for folder in (path.parent, task.unfinished):
            folder.mkdir(parents=True, exist_ok=True)
        part = task.unfinished / path.name
        with bz2.BZ2File(part, "wb") as file:
            for change in market.changes:
                line = change.official_line()
                messages, size = messages + 1, size + len(line)
                content.update(line)
                file.write(line)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:
        advice = "Correct the permissions of the folder or free some space, and run the command again."
        raise StorageError(f"{path} cannot be written: {error.strerror}.", advice=advice) from error
    return _Written(
        kind=_KINDS[card.event_type_id],
        market_id=card.market_id,
        market_type=card.market_type,
        path=str(relative),
        messages=messages,
        bytes=size,
        content=content.hexdigest(),
        artifact=artifact_of(path),
    )


def official_path(plan: Plan, day: str, event_id: str, market_id: str) -> PurePosixPath:
    """Return where a market is in Betfair's archives: ``PRO/2026/Jul/4/30000001/1.100000001.bz2``."""
    year, month, number = day[:10].split("-")
    folder = PurePosixPath(plan, year, _MONTHS[int(month) - 1], str(int(number)), event_id)
    return folder / f"{market_id}.bz2"


def _outcome(request: GenerateRequest, plan: Plan, written: list[_Written], *, seconds: float) -> Outcome:
    kinds: dict[str, _Count] = {}
    total, everything = _Count(), hashlib.sha256()
    for each in written:
        kinds.setdefault(each.kind, _Count()).add(each)
        total.add(each)
        everything.update(f"{each.path} {each.content}\n".encode())
    data: dict[str, Any] = {
        "seed": request.seed,
        "day": request.day,
        "plan": str(plan),
        "out": str(request.out),
        "markets": total.markets,
        "messages": total.messages,
        "bytes": total.bytes,
        "bytes_stored": total.stored,
        "seconds": seconds,
        # Of what the files hold: libraries may compress the same content differently.
        "content_sha256": everything.hexdigest(),
        "kinds": [
            {"kind": kind, "markets": count.markets, "messages": count.messages, "bytes": count.bytes}
            for kind, count in kinds.items()
        ],
    }
    return Outcome(data, artifacts=tuple(each.artifact for each in written))
