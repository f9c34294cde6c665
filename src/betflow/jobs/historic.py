"""
Betfair's historic data: what the account has bought, what there is, and downloading it.

Downloads may be interrupted at any moment and are gone on with by the next; what has its place is whole.
``betflow backfill`` then takes the folder into the archive.
"""

import threading
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from betflow.betfair.downloads import Downloaded
from betflow.betfair.historic import PARALLEL_DOWNLOADS, HistoricData
from betflow.errors import (
    AuthenticationError,
    BusyError,
    DamagedAnswerError,
    Finding,
    GatewayError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from betflow.jobs import liveness
from betflow.jobs.connecting import open_connection
from betflow.jobs.exports import check_folder
from betflow.jobs.outcome import Artifact, Outcome
from betflow.jobs.runs import RunContext
from betflow.wire.historic import HistoricFilter, NamedCount, PurchasedItem

_LOCK: Final = ".betflow-download.lock"
_SAME_TROUBLE_AT_MOST: Final = 5
"""After so many files on end that did not come, the service is not there."""
_PLANS: Final = ("Basic Plan", "Advanced Plan", "Pro Plan")
_FILE_TYPES: Final = ("M", "E")


@dataclass(frozen=True, slots=True)
class HistoricRequest:
    """
    Which files, as it is typed; lists have commas.

    Attributes:
        sport: By the service's name: ``Horse Racing``, or ``horse-racing``.
        plan: ``basic``, ``advanced`` or ``pro``.
        from_date: The first day.
        to_date: The last day, included.
        market_types: All, where it is None; likewise countries and file types.
    """

    sport: str
    plan: str
    from_date: str
    to_date: str
    market_types: str | None = None
    countries: str | None = None
    file_types: str | None = None

    def parsed(self) -> HistoricFilter:
        """
        Return the filter.

        Raises:
            UsageError: there is no such plan, day or type of file, or the last day is before the first.
        """
        first, last = _day(self.from_date, "--from"), _day(self.to_date, "--to")
        if last < first:
            raise UsageError(f"{last} is before {first}.", advice="Swap --from and --to.")
        return HistoricFilter(
            sport=_sport(self.sport),
            plan=_plan(self.plan),
            from_day=first.day,
            from_month=first.month,
            from_year=first.year,
            to_day=last.day,
            to_month=last.month,
            to_year=last.year,
            market_types_collection=_listed(self.market_types),
            countries_collection=_listed(self.countries),
            file_type_collection=_file_types(self.file_types),
        )


def purchases(context: RunContext) -> Outcome:
    """Say what the account has bought; raises as `HistoricData.purchases` does."""
    with open_connection(context.settings, clock=context.clock) as connection:
        bought = HistoricData(connection).purchases()
    rows = [
        {"sport": sport, "plan": plan, "months": months} for (sport, plan), months in sorted(_months(bought))
    ]
    return Outcome(data={"purchases": rows})


def options(request: HistoricRequest, context: RunContext) -> Outcome:
    """
    Say what a filter may be narrowed to, and how large what it takes is.

    Raises:
        UsageError: the filter makes no sense.
        GatewayError: as `HistoricData` does.
    """
    wanted = request.parsed()
    with open_connection(context.settings, clock=context.clock) as connection:
        historic = HistoricData(connection)
        found, size = historic.options(wanted), historic.size(wanted)
    return Outcome(
        data={
            "filter": msgspec.to_builtins(wanted),
            "market_types": _counts(found.market_types_collection),
            "countries": _counts(found.countries_collection),
            "file_types": _counts(found.file_type_collection),
            "files": size.file_count,
            "megabytes": size.total_size_mb,
        }
    )


def download(request: HistoricRequest, out: Path, context: RunContext) -> Outcome:
    """
    Download what a filter takes, two files at a time, by name.

    A file that does not come is a finding, and the others go on.

    Args:
        request: Which files.
        out: Below which folder; it is made where there is none.
        context: The run.

    Raises:
        UsageError: the filter makes no sense, or the folder must not be written to.
        BusyError: another process downloads into the folder.
        GatewayError: the list does not come, the session is refused, or one file after the other fails.
    """
    wanted = request.parsed()
    check_folder(out, context.data_dir)
    folder = out.absolute()
    with _alone(folder), open_connection(context.settings, clock=context.clock) as connection:
        historic = HistoricData(connection)
        names = sorted(set(historic.files(wanted)))
        context.progress.start("download", total=len(names), unit="files")
        taking = _Taking(context)
        with closing(_downloads(historic, names, folder)) as downloads:
            for name, result in downloads:
                taking.take(name, result)
    return taking.outcome(wanted, folder)


def _downloads(
    historic: HistoricData, names: Sequence[str], folder: Path
) -> Generator[tuple[str, Downloaded | GatewayError]]:
    """Download files, and yield what became of each, in order; leaving the loop ends what is under way."""
    leaving = threading.Event()

    def notice(_there: int, _total: int | None) -> None:
        if leaving.is_set():
            raise _LeftError

    def one(name: str) -> Downloaded | GatewayError:
        try:
            return historic.download(name, folder, notice)
        except GatewayError as error:
            return error

    with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
        waiting: list[tuple[str, Future[Downloaded | GatewayError]]] = [
            (name, pool.submit(one, name)) for name in names
        ]
        try:
            for name, future in waiting:
                yield name, future.result()
        finally:
            leaving.set()
            pool.shutdown(cancel_futures=True)


class _LeftError(Exception):
    """Nobody waits for the file any more."""


class _Taking:
    """Counts what came, and says what did not."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._files: list[Downloaded] = []
        self._findings: list[Finding] = []
        self._failures_on_end = 0

    def take(self, name: str, result: Downloaded | GatewayError) -> None:
        """Take note of a file; raises what stands for all the files to come."""
        if isinstance(result, GatewayError):
            self._failures_on_end += not isinstance(result, RefusedError | DamagedAnswerError)
            is_over = self._failures_on_end >= _SAME_TROUBLE_AT_MOST and isinstance(result, UnreachableError)
            if is_over or isinstance(result, AuthenticationError):
                raise result
            self._findings.append(Finding("historic.not-downloaded", name, str(result), result.where))
        else:
            self._failures_on_end = 0
            self._files.append(result)
            if result.fetched:
                body = {"path": str(result.path), "sha256": result.sha256, "bytes": result.bytes}
                self._context.record("historic.downloaded", name, body)
        self._context.progress.advance()

    def outcome(self, wanted: HistoricFilter, folder: Path) -> Outcome:
        """Return what came of it."""
        fetched = [each for each in self._files if each.fetched]
        if not self._files and not self._findings:
            message = (
                "The service has no file that fits. Was it bought for these days? See betflow historic ls."
            )
            self._findings.append(Finding("historic.nothing", f"{wanted.sport}, {wanted.plan}", message))
        return Outcome(
            data={
                "filter": msgspec.to_builtins(wanted),
                "out": folder,
                "files": len(self._files) + len(self._findings),
                "downloaded": len(fetched),
                "already_there": len(self._files) - len(fetched),
                "failed": sum(each.code == "historic.not-downloaded" for each in self._findings),
                "bytes": sum(each.bytes for each in self._files),
                "bytes_fetched": sum(each.fetched for each in self._files),
            },
            findings=tuple(self._findings),
            artifacts=tuple(Artifact(str(each.path), each.sha256, each.bytes) for each in fetched),
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other process download into the folder meanwhile."""
    lock = folder / _LOCK
    try:
        liveness.hold(lock, wait=False)
    except BusyError:
        raise BusyError(
            f"Another process downloads into {folder}.", advice="Wait for it to end, then try again."
        ) from None
    try:
        yield
    finally:
        liveness.release(lock, keep_file=True)


def _months(bought: Sequence[PurchasedItem]) -> list[tuple[tuple[str, str], list[str]]]:
    """Return the months of each sport and plan, ``2017-04``, in order."""
    months: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in bought:
        months[item.sport, item.plan].add(item.for_date[:7])
    return [(kind, sorted(each)) for kind, each in months.items()]


def _counts(counts: Sequence[NamedCount]) -> list[dict[str, Any]]:
    ordered = sorted(counts, key=lambda each: (-each.count, each.name))
    return [{"name": each.name, "files": each.count} for each in ordered]


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip().upper() for part in (text or "").split(",") if part.strip())


def _file_types(text: str | None) -> tuple[str, ...]:
    types = _listed(text)
    if not set(types) <= set(_FILE_TYPES):
        raise UsageError(
            f"{text!r} is no type of files.", advice="Give M (files of one market), E (of one event) or both."
        )
    return types


def _sport(text: str) -> str:
    """Return the service's name of a sport, whose words begin with capitals."""
    return " ".join(word[:1].upper() + word[1:] for word in text.replace("-", " ").split())


def _plan(text: str) -> str:
    for plan in _PLANS:
        if text.strip().casefold() in {plan.casefold(), plan.split()[0].casefold()}:
            return plan
    raise UsageError(f"{text!r} is no plan.", advice="Give basic, advanced or pro.")


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option} {text} is no day.", advice="Write it as 2017-03-31.") from None
