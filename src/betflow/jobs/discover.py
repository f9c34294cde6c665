"""``betflow discover``: finds markets, judges each by the rules of the profile, and keeps what it saw."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from betflow.betfair.reading import ReadingGateway
from betflow.errors import DamagedError, Finding, NotFoundError, UsageError
from betflow.exchange.times import iso
from betflow.jobs import records
from betflow.jobs.connecting import exchange_clock, open_connection
from betflow.jobs.earlier_runs import LAST, find_run
from betflow.jobs.market_search import look_for, parse_search, read_books
from betflow.jobs.outcome import Artifact, Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sightings import Answer, Keeper, observed_markets, sighting_path, write_compressed
from betflow.jobs.verdicts import AllLimits, judged, limits_of, verdict_bytes
from betflow.ledger.runs import RunRow, RunTable
from betflow.storage.files import make_private_folder, sync_folder, write_private_file

COMMAND: Final = "discover"
PLAN: Final = "sighting.json"
VERDICTS: Final = "verdicts.json.zst"
_RESTORE = "Restore it from a backup of the data folder; `betflow audit verify` says what else is damaged."


class WhoseLimits(StrEnum):
    """Whose limits a replay judges by."""

    RUN = "run"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class DiscoverRequest:
    """
    Which markets to look for, as typed; None for what the profile says.

    Attributes:
        event_types: Names or ids with commas; likewise countries and market types. ``all`` is any.
        within: How far ahead the scheduled off may be.
        replay: Look at what this run saw instead; "last" is the last one that kept something.
        limits: By whose limits a replay judges: one of `WhoseLimits`.
    """

    event_types: str | None = None
    countries: str | None = None
    market_types: str | None = None
    within: str | None = None
    replay: str | None = None
    limits: str | None = None


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What a run saw, where it is, and how it was judged."""

    run_id: str
    moment: int
    looked_for: Mapping[str, Any]
    limits: AllLimits
    answers: tuple[Answer, ...]
    folder: Path


def discover(request: DiscoverRequest, context: RunContext) -> Outcome:
    """
    Find markets and judge them, or judge again what an earlier run saw.

    Raises:
        UsageError: what is asked for cannot be.
        NotFoundError: there is no such run.
        DamagedError: what a run kept is not what it saw.
        GatewayError: Betfair does not answer, or refuses.
    """
    _check(request)
    return _look(request, context) if request.replay is None else _look_again(request, context)


def _check(request: DiscoverRequest) -> None:
    asked = (request.event_types, request.countries, request.market_types, request.within)
    if request.replay is not None and any(each is not None for each in asked):
        raise UsageError(
            "A replay looks at the markets of its run, and no others can be asked for.",
            advice="Leave out --event-type, --country, --market-type and --within, or --replay.",
        )
    if request.limits is not None and request.replay is None:
        raise UsageError("--by is for a replay.", advice="Set limits in the profile.")
    if request.limits is not None and request.limits not in set(WhoseLimits):
        raise UsageError(
            f"--by {request.limits!r} is nobody's.", advice=f"Give one of {', '.join(WhoseLimits)}."
        )


def _look(request: DiscoverRequest, context: RunContext) -> Outcome:
    settings = context.settings.discovery
    search = parse_search(
        settings.search,
        event_types=request.event_types,
        countries=request.countries,
        market_types=request.market_types,
        within=request.within,
    )
    folder = context.data_dir / sighting_path(context.run_id, iso(context.clock()))
    context.progress.start("Looking for markets", total=None, unit="answers")
    with open_connection(context.settings, clock=context.clock) as connection:
        clock = exchange_clock(context.settings, connection, context.clock)
        moment, keeper = clock(), Keeper(folder, clock)

        def keep(operation: str, request: bytes, body: bytes) -> None:
            keeper.keep(operation, request, body)
            context.progress.advance()

        gateway = ReadingGateway(replace(connection, keep=keep))
        market_ids, findings = look_for(gateway, search, moment)
        read_books(gateway, market_ids)
    context.progress.stop()
    sighting = _Sighting(
        context.run_id, moment, search.body(moment), limits_of(settings), tuple(keeper.answers), folder
    )
    data, without_book = _data(sighting, sighting.limits)
    seen = {verdict["market_id"] for verdict in data["markets"]}
    unseen = [_not_kept(market_id) for market_id in market_ids if market_id not in seen]
    files = _keep(sighting, data["markets"])
    return Outcome(
        {**data, "kept": _relative(folder, context.data_dir), "replay": None},
        findings=(*findings, *unseen, *without_book),
        artifacts=files,
    )


def _look_again(request: DiscoverRequest, context: RunContext) -> Outcome:
    row = _kept_run(request.replay or LAST, context)
    record = _record(row, context)
    sighting, files = _sighting(row, record, context)
    of_profile = limits_of(context.settings.discovery)
    limits = of_profile if request.limits == WhoseLimits.PROFILE else sighting.limits
    data, findings = _data(sighting, limits)
    recorded = record["data"]["verdicts_sha256"]
    is_same = data["verdicts_sha256"] == recorded
    replay = {
        "run": row.run_id,
        "code_version": row.code_version,
        "limits": str(WhoseLimits(request.limits or WhoseLimits.RUN)),
        "limits_that_differ": sighting.limits.differences(of_profile),
        "recorded_sha256": recorded,
        "is_same": is_same,
    }
    if not is_same and limits == sighting.limits:
        findings = (*findings, _differs(row))
    kept = _relative(sighting.folder, context.data_dir)
    return Outcome({**data, "kept": kept, "replay": replay}, findings=findings, inputs=files)


def _data(sighting: _Sighting, limits: AllLimits) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Judge what was seen; return the answer, and what is worth a look."""
    markets, without_book, odd = observed_markets(sighting.folder, sighting.answers, sighting.moment)
    verdicts = judged(markets, limits)
    data = {
        "moment": sighting.moment,
        "moment_iso": iso(sighting.moment),
        "looked_for": sighting.looked_for,
        "limits": limits.body(),
        "markets": verdicts,
        "judged": len(verdicts),
        "eligible": sum(each["eligible"] for each in verdicts),
        "selected": sum(runner["selected"] for each in verdicts for runner in each["runners"]),
        "delayed": any(each["is_delayed"] for each in verdicts),
        "verdicts_sha256": hashlib.sha256(verdict_bytes(verdicts)).hexdigest(),
    }
    return data, (*odd, *map(_no_book, without_book))


def _keep(sighting: _Sighting, verdicts: list[dict[str, Any]]) -> tuple[Artifact, ...]:
    """Write down what was looked for and found beside the answers; return all files of the folder."""
    plan = {
        "run_id": sighting.run_id,
        "moment": sighting.moment,
        "looked_for": sighting.looked_for,
        "limits": sighting.limits.body(),
        "answers": [asdict(answer) for answer in sighting.answers],
    }
    make_private_folder(sighting.folder)
    write_private_file(sighting.folder / PLAN, json.dumps(plan, ensure_ascii=False, indent=1).encode())
    write_compressed(sighting.folder / VERDICTS, verdict_bytes(verdicts))
    sync_folder(sighting.folder)
    names = [PLAN, VERDICTS, *(answer.file for answer in sighting.answers)]
    return tuple(artifact_of(sighting.folder / name) for name in names)


def _kept_run(wanted: str, context: RunContext) -> RunRow:
    """
    Return the run that is meant.

    Raises:
        NotFoundError: there is none, or it kept nothing.
    """
    if wanted == LAST:
        for row in RunTable(context.ledger).newest_first():
            if row.run_id != context.run_id and _has_seen(row):
                return row
        raise NotFoundError("no run has looked for markets yet.", advice="Run `betflow discover` first.")
    row = find_run(wanted, context)
    if not _has_seen(row):
        raise NotFoundError(
            f"run {row.run_id} ({row.command}, {row.status}) has kept no markets.",
            advice="`betflow audit ls --command discover` lists those that may have; a replay keeps none.",
        )
    return row


def _has_seen(row: RunRow) -> bool:
    is_replay = json.loads(row.arguments).get("replay") is not None
    return row.command == COMMAND and not is_replay and row.status in {"ok", "findings"}


def _record(row: RunRow, context: RunContext) -> dict[str, Any]:
    """
    Return the record of a run.

    Raises:
        DamagedError: it is gone, or not the one that the journal vouches for.
    """
    path = context.data_dir / (row.record or "")
    try:
        record = records.read_record(path)
    except OSError as error:
        raise DamagedError(f"the record {path} cannot be read: {error.strerror}.", advice=_RESTORE) from error
    if records.record_sha256(record) != row.record_sha256:
        raise DamagedError(f"the record {path} is not the one that was written.", advice=_RESTORE)
    return record


def _sighting(
    row: RunRow, record: Mapping[str, Any], context: RunContext
) -> tuple[_Sighting, tuple[Artifact, ...]]:
    """
    Return what a run saw, from files that are those which it wrote.

    Raises:
        DamagedError: one is gone, or was changed.
    """
    folder = context.data_dir / record["data"]["kept"]
    files = tuple(
        _unchanged(folder / Path(each["path"]).name, each["sha256"]) for each in record["artifacts"]
    )
    plan = json.loads((folder / PLAN).read_bytes())
    sighting = _Sighting(
        row.run_id,
        plan["moment"],
        plan["looked_for"],
        AllLimits.read(plan["limits"]),
        tuple(Answer(**each) for each in plan["answers"]),
        folder,
    )
    return sighting, files


def _unchanged(path: Path, sha256: str) -> Artifact:
    try:
        file = artifact_of(path)
    except OSError as error:
        raise DamagedError(f"{path} cannot be read: {error.strerror}.", advice=_RESTORE) from error
    if file.sha256 != sha256:
        raise DamagedError(f"{path} is not what the run kept.", advice=_RESTORE)
    return file


def _relative(folder: Path, data_dir: Path) -> str:
    return folder.relative_to(data_dir).as_posix()


def _no_book(market_id: str) -> Finding:
    message = "The catalogue has it, and Betfair has no book of it: it was closed in between, most likely."
    return Finding("discover.no-book", market_id, message)


def _not_kept(market_id: str) -> Finding:
    message = "The answer with it repeats the app key or the session, so it was not kept, and not judged."
    return Finding("discover.not-kept", market_id, message)


def _differs(row: RunRow) -> Finding:
    message = (
        f"The same answers and limits give other verdicts than betflow {row.code_version} gave: the rules "
        "have changed since. Compare the two with --json."
    )
    return Finding("discover.replay-differs", row.run_id, message)
