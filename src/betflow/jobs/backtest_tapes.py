"""
Which tapes a backtest plays, and which of them together.

A source is a path, the id of an archived market, or a query on the archive. Tapes that have markets of one
event are played together, in publish-time order: `plan` puts them in one group. A market is played from one
tape only: of archived tapes the best, of paths the first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from betflow.errors import Finding, NotFoundError, UsageError
from betflow.jobs.backtest_survey import Survey, TapeChoice, survey
from betflow.jobs.runs import Progress
from betflow.jobs.typed_values import parse_pairs, parse_value
from betflow.jobs.workers import Workers, in_order
from betflow.storage.streams import readable
from betflow.tape import files
from betflow.tape.archive import Archive
from betflow.tape.index import Index
from betflow.tape.parts import tar_parts
from betflow.tape.selection import FilterOptions

_MARKET_ID = re.compile(r"\d+\.\d+", re.ASCII)
_WORTH_A_WORKER = 32
"""Tapes to look into below which another process costs more time than it saves."""
_QUERY_NAMES = {
    "event_type": "event_types",
    "country": "countries",
    "market_type": "market_types",
    "venue": "venues",
    "from": "from_time",
    "to": "to_time",
}
_QUERY_HELP = ", ".join([*_QUERY_NAMES, "settled"])


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What is to be played.

    Attributes:
        groups: Tapes that are played together, in the order of the first tape of each.
        markets: By tape, the markets that are known to be in it.
        findings: Tapes that would play a market again.
        skipped: Files in folders that are no tapes.
    """

    groups: tuple[tuple[TapeChoice, ...], ...]
    markets: dict[TapeChoice, frozenset[str]]
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """A tape, its markets, events and first off, as far as known; one that goes on may have more."""

    tape: TapeChoice
    markets: tuple[str, ...]
    events: frozenset[str]
    goes_on: bool = False
    off: str = ""


def plan(
    sources: Sequence[str], data_dir: Path, *, processes: Workers, workers: int, progress: Progress
) -> Plan:
    """
    Find the tapes that sources name.

    Args:
        sources: Paths, ids of archived markets, and terms of a query (``country=GB``) which belong together;
            none is the whole archive.
        data_dir: The data folder with the archive.
        processes: Look into files, where there are many.
        workers: How many of them at the most.
        progress: Where to say how far that is.

    Raises:
        NotFoundError: there is no such path or market, or nothing that a query takes.
        UsageError: a query that makes no sense.
    """
    paths, market_ids, terms = _sorted_out(sources)
    of_paths, skipped = _of_paths(paths, processes, workers, progress)
    found = [*of_paths, *_of_archive(market_ids, terms, data_dir, sources)]
    known, findings = _each_market_once(sorted(found, key=_place))
    if not known:
        raise NotFoundError(
            f"there is no tape in {', '.join(map(str, paths))}.",
            advice="Name files that are, or folders of them.",
        )
    return replace(_grouped(known), findings=tuple(findings), skipped=tuple(skipped))


def _place(known: _Known) -> tuple[object, ...]:
    """Order tapes by time and by what they are, not by how they were given: so the bytes are the same."""
    tape = known.tape
    return (
        not known.off,
        known.off,
        known.markets,
        tape.path.name,
        tape.part.name if tape.part else "",
        str(tape.path),
    )


def _sorted_out(sources: Sequence[str]) -> tuple[list[Path], list[str], list[str]]:
    paths: list[Path] = []
    market_ids: list[str] = []
    terms: list[str] = []
    for source in sources:
        if not source.strip():
            raise UsageError(
                "a source is empty.", advice="Name a path, a market or a query; a variable may be unset."
            )
        path = readable(Path(source))
        if path.exists():
            paths.append(path)
        elif _MARKET_ID.fullmatch(source):
            market_ids.append(source)
        elif "=" in source and "/" not in source.partition("=")[0]:
            terms += source.split()
        else:
            raise NotFoundError(
                f"there is no file or folder {source}, and it is no market id and no query.",
                advice=f"A query is written like country=GB; it knows {_QUERY_HELP}.",
            )
    return paths, market_ids, terms


def parse_query(terms: Sequence[str]) -> FilterOptions:
    """
    Return what the terms of a query ask of a market; lists have commas.

    Raises:
        UsageError: a term has a name that no query knows.
    """
    given: dict[str, Any] = {}
    for name, value in parse_pairs(terms, "the query").items():
        field = name.replace("-", "_").casefold()
        if not value.strip():
            raise UsageError(
                f"the query asks for {name} without a value.", advice="Give one, or leave it out."
            )
        if field == "settled":
            given[field] = parse_value(value, bool, name)
        elif field in _QUERY_NAMES:
            given[_QUERY_NAMES[field]] = value
        else:
            raise UsageError(f"no query knows {name!r}.", advice=f"It knows {_QUERY_HELP}.")
    return FilterOptions(**given)


def _of_archive(
    market_ids: Sequence[str], terms: Sequence[str], data_dir: Path, sources: Sequence[str]
) -> list[_Known]:
    """Return the best tape of each archived market that is asked for, each tape once."""
    if sources and not market_ids and not terms:
        return []
    archive = Archive(data_dir)
    by_tape: dict[str, list[tuple[str, str, str]]] = {}
    with Index(archive) as index:
        for market_id in market_ids:
            found = index.tapes_of(market_id)
            if not found:
                raise NotFoundError(
                    f"there is no file and no market {market_id} in the archive.",
                    advice="`betflow tape ls` shows what is there, `betflow backfill PATH` adds to it.",
                )
            markets = archive.manifest(found[0]).markets
            market = next((each for each in markets if each.market_id == market_id), None)
            event, off = (market.event_id, market.market_time) if market is not None else (None, None)
            by_tape.setdefault(found[0], []).append((market_id, event or "", off or ""))
        if terms or not sources:
            rows = index.markets(parse_query(terms).parsed())
            if not rows:
                raise NotFoundError(
                    f"no market in the archive of {archive.root.parent} is {' '.join(terms)}."
                    if terms
                    else f"the archive of {archive.root.parent} is empty.",
                    advice="`betflow tape ls` shows what is there, `betflow backfill PATH` adds to it.",
                )
            for row in rows:
                market_facts = row["market_id"], row["event_id"] or "", row["market_time"] or ""
                by_tape.setdefault(row["sha256"], []).append(market_facts)
    return [_archived(archive, sha256, found) for sha256, found in by_tape.items()]


def _archived(archive: Archive, sha256: str, found: Sequence[tuple[str, str, str]]) -> _Known:
    """Return a tape with its markets, given as market, event and scheduled off."""
    markets = tuple(dict.fromkeys(market_id for market_id, *_ in found))
    tape = TapeChoice(archive.tape_path(sha256), sha256=sha256, markets=frozenset(markets))
    events = frozenset(event for _, event, _ in found if event)
    return _Known(tape, markets, events, off=min((off for *_, off in found if off), default=""))


def _of_paths(
    paths: Sequence[Path], processes: Workers, workers: int, progress: Progress
) -> tuple[list[_Known], list[Path]]:
    """Look into files for the markets and events that they hold; return those that are no tapes apart."""
    named = dict.fromkeys(file for path in paths for file in files([path]))
    choices = [choice for file in named for choice in _parts(file)]
    known: list[_Known] = []
    skipped: list[Path] = []
    progress.start("Looking into the tapes", total=len(choices), unit="tapes")
    workers = max(1, min(workers, len(choices) // _WORTH_A_WORKER))
    for report in in_order(processes.work(choices, survey, workers=workers)):
        if report.result is None:
            progress.advance()
        if report.result is None and report.error is None:
            continue
        seen = report.result or Survey()  # what is wrong with it shows when it is played
        choice = choices[report.task]
        if seen.is_tape or choice.path in paths:
            tape = replace(choice, has_several=seen.has_several)
            known.append(_Known(tape, seen.markets, seen.events, seen.goes_on, seen.off))
        else:
            skipped.append(choice.path)
    progress.stop()
    return known, skipped


def _parts(file: Path) -> list[TapeChoice]:
    try:
        parts = tar_parts(file)
    except OSError:
        parts = []  # playing it will say so
    return [TapeChoice(file, part) for part in parts] or [TapeChoice(file)]


def _each_market_once(known: Sequence[_Known]) -> tuple[list[_Known], list[Finding]]:
    """Leave markets out of the tapes behind the first that has them, and tapes that are left with none."""
    owners: dict[str, TapeChoice] = {}
    kept: list[_Known] = []
    findings: list[Finding] = []
    for each in known:
        again = [market_id for market_id in each.markets if market_id in owners]
        for market_id in again:
            message = f"Market {market_id} is played from {owners[market_id].label}, not from here again."
            findings.append(
                Finding("backtest.market-again", each.tape.label, message, {"market_id": market_id})
            )
        fresh = tuple(market_id for market_id in each.markets if market_id not in owners)
        if again and not fresh and not each.goes_on:
            continue
        owners.update(dict.fromkeys(fresh, each.tape))
        kept.append(_Known(replace(each.tape, without=frozenset(again)), fresh, each.events))
    return kept, findings


def _grouped(known: Sequence[_Known]) -> Plan:
    """Put tapes that share an event in one group, at the place of the first of them."""
    leaders = list(range(len(known)))

    def leader(place: int) -> int:
        while leaders[place] != place:
            leaders[place] = place = leaders[leaders[place]]
        return place

    first_of: dict[str, int] = {}
    for place, each in enumerate(known):
        # Tapes that can only be read one behind the other cannot wait for each other.
        for event in () if each.tape.has_several else sorted(each.events):
            first, second = sorted((leader(first_of.setdefault(event, place)), leader(place)))
            leaders[second] = first
    groups: dict[int, list[TapeChoice]] = {}
    for place, each in enumerate(known):
        groups.setdefault(leader(place), []).append(each.tape)
    return Plan(
        tuple(map(tuple, groups.values())),
        {each.tape: frozenset(each.markets) for each in known},
    )
