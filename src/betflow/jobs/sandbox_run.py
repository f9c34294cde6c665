"""
``betflow sandbox run``: a simulated exchange on loopback, until it is told to end.

It writes a profile, with which every other command talks to it.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from betflow.errors import BetflowError, BusyError, NotFoundError, StorageError, UsageError
from betflow.exchange.times import iso
from betflow.jobs import liveness
from betflow.jobs.durations import duration_s
from betflow.jobs.exports import require_extra
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.sandbox.clock import speed_of
from betflow.sandbox.faults import read_rules
from betflow.sandbox.feed import Feed
from betflow.sandbox.feed.generated import ANY_DAY, GeneratedFeed
from betflow.sandbox.feed.replayed import ReplayedFeed
from betflow.sandbox.feed.schedule import FIRST_OFF, LONGEST_GAP
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.generator.publisher import Plan
from betflow.sandbox.library import FolderLibrary, Library, MadeUpLibrary
from betflow.sandbox.profile import Place, write_credentials, write_profile
from betflow.sandbox.rules_file import RulesFile, read_rules_file
from betflow.settings.folders import DEFAULT_PROFILE, profile_path
from betflow.settings.profiles import is_profile_name

if TYPE_CHECKING:
    from betflow.sandbox.server import Options, Sandbox

EXTRA = "sandbox"
PORT, STREAM_PORT = 8443, 7443
FOLDER = "sandbox"
"""The folder of what sandboxes give to their clients, in the data folder."""
MOST_EVENTS = 200
_PORTS = 65_535
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """
    Which sandbox.

    Attributes:
        name: Of the profile that it writes.
        port: For HTTPS; 0 takes any free one.
        admin_port: For the admin endpoint; 0 takes any free one.
        stream_port: For the stream over TLS.
        plain_stream_port: For the stream without TLS, if there is to be one.
        speed: Simulated seconds a second, or ``max``.
        seed: Another seed, another day.
        races: How many horse races.
        greyhounds: How many greyhound races.
        football: How many football matches.
        tennis: How many tennis matches.
        tapes: Recorded tapes in place of all these; the numbers above do not count then.
        first_off: How long after the start the first event goes off, as a duration.
        longest_gap: The longest time between an off and the next; ``inf`` to keep all distances.
        chaos: A file of faults.
        rules: A file of limits and of the account.
        truth: Where everything that is sent is written down.
        run_for: It ends after so long.
        historic: Folders of historic data files that the account has bought; a small day where there is none.
        client_certificates: PEM files that are linked to the account beside the one that the sandbox issues.
    """

    name: str = "sandbox"
    port: int = PORT
    admin_port: int = 0
    stream_port: int = STREAM_PORT
    plain_stream_port: int | None = None
    speed: str = "1"
    seed: int = 1
    races: int = 8
    greyhounds: int = 2
    football: int = 1
    tennis: int = 1
    tapes: tuple[Path, ...] = ()
    first_off: str = f"{FIRST_OFF}ms"
    longest_gap: str = f"{LONGEST_GAP}ms"
    chaos: Path | None = None
    rules: Path | None = None
    truth: Path | None = None
    run_for: str | None = None
    historic: tuple[Path, ...] = ()
    client_certificates: tuple[Path, ...] = ()


Announce = Callable[[dict[str, Any]], None]
"""Is told where the sandbox is once it listens."""


def run(request: RunRequest, context: RunContext, announce: Announce) -> Outcome:
    """
    Run a sandbox until SIGINT, SIGTERM, or the time that was given is over.

    Raises:
        UsageError: an option makes no sense, a port is taken, or the profile is somebody else's.
        BusyError: a sandbox of that name runs already.
        ConfigurationError: the extra is not installed, or a client certificate is none.
        StorageError: the profile or the truth cannot be written.
    """
    for module in ("starlette", "uvicorn", "trustme"):
        require_extra(module, EXTRA)
    _check(request)
    place = Place(
        (context.settings.folders.own / profile_path(request.name)).absolute(),
        context.data_dir / FOLDER / request.name,
    )
    place.check()
    lock = place.folder.with_suffix(".lock")
    try:
        liveness.hold(lock, wait=False)
    except BusyError:
        raise BusyError(
            f"a sandbox called {request.name} is running already.",
            advice="End it, or give this one other ports and a name: --name NAME --port 0 --stream-port 0",
        ) from None
    try:
        rmtree(place.scratch, ignore_errors=True)  # of one that was killed
        return asyncio.run(_run(request, context, place, announce))
    finally:
        rmtree(place.scratch, ignore_errors=True)
        liveness.release(lock, keep_file=True)


async def _run(request: RunRequest, context: RunContext, place: Place, announce: Announce) -> Outcome:
    from betflow.sandbox.server import RealTime, Sandbox  # noqa: PLC0415 - needs an extra

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(RuntimeError, ValueError, NotImplementedError):  # not in the main thread: others end it
            loop.add_signal_handler(number, stop.set)
    ends_after = _ends_after(request)
    if ends_after is not None:
        loop.call_later(ends_after, stop.set)
    real = RealTime(monotonic=time.monotonic, now_ms=context.clock)
    options = _options(request, _library(request, place.scratch, real.now_ms()))
    began = real.monotonic()
    sandbox = Sandbox(_feed(request, context), options, real)
    _write(place, lambda: _credentials(place, sandbox))
    async with sandbox:
        _write(place, lambda: write_profile(place, sandbox.addresses))
        where = _where(place, sandbox)
        announce(where)
        await sandbox.run(stop)
        return _outcome(request, sandbox, where, seconds=round(real.monotonic() - began, 3))


def _check(request: RunRequest) -> None:
    """Refuse what makes no sense, before anything is written."""
    if request.name == DEFAULT_PROFILE:
        raise UsageError(
            f"{request.name!r} is the profile that all others begin with, and no sandbox's.",
            advice="Give another name, like sandbox.",
        )
    if not is_profile_name(request.name):
        raise UsageError(f"{request.name!r} is no name for the profile.", advice="Give one like sandbox.")
    ports = {
        "--port": request.port,
        "--admin-port": request.admin_port,
        "--stream-port": request.stream_port,
        "--plain-stream-port": request.plain_stream_port or 0,
    }
    for option, port in ports.items():
        if not 0 <= port <= _PORTS:
            raise UsageError(f"{option} is {port}.", advice=f"Give 0 to {_PORTS}; 0 takes any free one.")
    counts = (request.races, request.greyhounds, request.football, request.tennis)
    if not request.tapes and (not all(0 <= count <= MOST_EVENTS for count in counts) or not any(counts)):
        raise UsageError(
            "That is no number of events.",
            advice=f"Give 0 to {MOST_EVENTS} of each kind, and not only zeros.",
        )
    _ends_after(request)
    _distances(request)


def _ends_after(request: RunRequest) -> float | None:
    """Return after how many seconds the sandbox ends by itself."""
    return None if request.run_for is None else duration_s(request.run_for, "--for", most="366d")


def _distances(request: RunRequest) -> tuple[int, int | None]:
    """Return when the first event goes off and the longest gap behind it, in milliseconds; None: any gap."""
    first_off = duration_s(request.first_off, "--first-off", may_be_nothing=True, most="1d")
    gap = duration_s(request.longest_gap, "--longest-gap", may_be_nothing=True)
    return round(first_off * 1000), round(gap * 1000) if isfinite(gap) else None


def _feed(request: RunRequest, context: RunContext) -> Feed:
    begins = context.clock()
    first_off, longest_gap = _distances(request)
    if request.tapes:
        return ReplayedFeed(request.tapes, begins=begins, first_off=first_off, longest_gap=longest_gap)
    programme = Programme(
        seed=request.seed,
        day=ANY_DAY,
        races=request.races,
        greyhounds=request.greyhounds,
        football=request.football,
        tennis=request.tennis,
    )
    return GeneratedFeed(programme, begins=begins, first_off=first_off, longest_gap=longest_gap, days=None)


def _library(request: RunRequest, scratch: Path, now: int) -> Library:
    """Return the historic data that there is: what is named, else yesterday, made up when it is asked for."""
    if request.historic:
        library = FolderLibrary(*request.historic)
        if not library:
            raise NotFoundError(
                f"there is no historic data file in {', '.join(map(str, request.historic))}.",
                advice="Name a folder with PRO/2026/Jul/4/EVENT/MARKET.bz2 and the like in it.",
            )
        return library
    day = iso(now - int(_DAY_S * 1000))[:10]

    async def make(plan: Plan) -> Path:
        out = scratch / plan
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "betflow", "sandbox", "generate"),
            *("--day", day, "--seed", str(request.seed), "--plan", plan, "--workers", "1"),
            *("--races", "1", "--greyhounds", "1", "--football", "0", "--tennis", "0"),
            *("--output", str(out), "--data-dir", str(scratch / "data")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        if process.returncode:
            raise BetflowError(f"historic data could not be made up: {said.decode(errors='replace').strip()}")
        return out

    year, month, number = map(int, day.split("-"))
    return MadeUpLibrary(make, (year, month, number), ("Horse Racing", "Greyhound Racing"))


def _options(request: RunRequest, library: Library) -> "Options":
    from betflow.sandbox.server import Options  # noqa: PLC0415 - needs an extra

    read = read_rules_file(request.rules) if request.rules else RulesFile()
    return Options(
        rules=read.rules,
        terms=read.account,
        rates=read.rates,
        port=request.port,
        admin_port=request.admin_port,
        stream_port=request.stream_port,
        plain_stream_port=request.plain_stream_port,
        speed=speed_of(request.speed),
        faults=read_rules(request.chaos) if request.chaos else (),
        truth=request.truth,
        library=library,
        client_certificates=request.client_certificates,
    )


def _credentials(place: Place, sandbox: "Sandbox") -> None:
    write_credentials(
        place,
        sandbox.member,
        sandbox.token(),
        authority=sandbox.authority.pem,
        linked=sandbox.linked,
        unlinked=sandbox.unlinked,
    )


def _write(place: Place, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise StorageError(
            f"{error.filename or place.profile} cannot be written: {error.strerror}.",
            advice="Start the sandbox in a folder that you may write to.",
        ) from error


def _where(place: Place, sandbox: "Sandbox") -> dict[str, Any]:
    return {
        "name": place.profile.stem,
        "profile": str(place.profile),
        "api": sandbox.addresses.base,
        "admin": sandbox.addresses.administration,
        "stream": sandbox.addresses.stream,
        "plain_stream": sandbox.addresses.plain_stream,
        "ca_file": str(place.authority),
        "certificates": str(place.certificates),
        "username": sandbox.member.username,
    }


def _outcome(request: RunRequest, sandbox: "Sandbox", where: dict[str, Any], *, seconds: float) -> Outcome:
    context = sandbox.context
    counts = context.counts
    return Outcome(
        {
            **where,
            "seconds": seconds,
            "began": iso(sandbox.began),
            "ended": iso(context.exchange.now),
            "speed": request.speed,
            "markets": len(context.exchange.books),
            "requests": counts.requests,
            "calls": counts.calls,
            "refused": counts.refused,
            "orders": counts.orders,
            "messages": sandbox.messages,
            "faults": context.faults.struck,
        },
        findings=tuple(sandbox.findings),
    )
