"""
What the parent of a backfill does with the workers' results, in the order of the files.

What workers made of the files waits until there is a batch of it. Then the journal says what is intended, the
tapes get their place, the index its rows, and the journal says that it is done. Whatever steps a crash comes
between, each tape is whole or not there, and `Intake.recover` of the next run does what is missing.
"""

from collections import Counter
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from betflow.errors import BetflowError, ExitCode, Finding
from betflow.jobs.arrivals import Arrivals
from betflow.jobs.importing import Fate, Imported, ImportTask
from betflow.jobs.outcome import Artifact, Outcome, artifact_of
from betflow.jobs.plain import plain
from betflow.jobs.recovery import Recovery
from betflow.jobs.runs import RunContext
from betflow.jobs.tape_journal import TapeJournal
from betflow.jobs.workers import Report, WorkerDiedError
from betflow.tape.archive import Archive
from betflow.tape.index import Index
from betflow.tape.index_writer import IndexWriter
from betflow.tape.selection import MarketFilter
from betflow.tape.source_memory import Source, SourceMemory

_BATCH = 32
"""Tapes and files that are written down together: as many are to be read again after a kill."""

_SKIPPED_LISTED = 100
_ALREADY_THERE = "already_there"
_DAMAGED = "damaged"
_COUNTED = ("imported", _ALREADY_THERE, Fate.FILTERED, Fate.SKIPPED, _DAMAGED, Fate.FAILED)


class _Memory(msgspec.Struct, frozen=True):
    """
    What an earlier run made of a source file, as the index keeps it.

    Attributes:
        tapes: The tapes in it, by sha256, and how many of them are damaged.
        filter: The filter that left something out; empty when nothing was left out.
    """

    tapes: list[str]
    damaged: int
    filtered: int
    filter: str
    skipped: list[str]
    findings: list[tuple[str, str, str, dict[str, int | str]]]


@dataclass(slots=True)
class _File:
    """A source file and what came of it."""

    path: Path
    bytes: int = 0
    mtime_ns: int = 0
    last_task: int = -1
    counts: Counter[str] = field(default_factory=Counter)
    tapes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    input: Artifact | None = None


class Intake:
    """
    The writing side of one backfill.

    Attributes:
        archive: Where the tapes go.
        wanted: Which markets are asked for.
    """

    def __init__(self, context: RunContext, archive: Archive, index: Index, wanted: MarketFilter) -> None:
        self.archive = archive
        self.wanted = wanted
        self._context = context
        self._store = index.store
        self._index = IndexWriter(index.store, archive)
        self._memory = SourceMemory(index.store)
        self._journal = TapeJournal(context, archive)
        self._arrivals = Arrivals(archive, self._journal)
        self._filter_key = repr(_sorted_filter(wanted)) if wanted else ""
        self._started_ms = context.clock()
        self._files: list[_File] = []
        self._by_task: dict[int, _File] = {}
        self._closed: list[_File] = []
        self._findings: list[Finding] = []
        self._bytes_read = 0

    def recover(self) -> None:
        """
        Bring journal and index up to date with what a killed run left in the archive.

        Raises:
            DamagedError: the journal does not say what that run intended.
        """
        recovered = Recovery(self._context, self.archive, self._journal, self._index).run()
        self._arrivals.held = recovered.tapes
        self._findings += recovered.findings

    def recalls(self, path: Path) -> bool:
        """Say whether a file is in the archive already, being the same as when it was imported."""
        try:
            stat = path.stat()
        except OSError:
            return False  # reading it will say so
        source = self._memory.recall(plain(path.absolute()))
        if source is None or (source.bytes, source.mtime_ns) != (stat.st_size, stat.st_mtime_ns):
            return False
        memory = msgspec.json.decode(source.imported, type=_Memory)
        if memory.filter not in {"", self._filter_key}:
            return False
        if not all(map(self._arrivals.has, memory.tapes)):
            return False
        counts = {
            _ALREADY_THERE: len(memory.tapes),
            _DAMAGED: memory.damaged,
            Fate.FILTERED: memory.filtered,
            Fate.SKIPPED: len(memory.skipped),
        }
        file = _File(path, counts=Counter(counts), tapes=memory.tapes, skipped=memory.skipped)
        file.findings = [Finding(*finding) for finding in memory.findings]
        file.input = Artifact(source.path, source.sha256, source.bytes)
        self._files.append(file)
        return True

    def expect(self, path: Path, tasks: range) -> None:
        """Get ready for the results of a file's tasks."""
        file = _File(path, last_task=tasks[-1])
        try:
            stat = path.stat()
        except OSError:
            pass  # its task will say so
        else:
            file.bytes, file.mtime_ns = stat.st_size, stat.st_mtime_ns
        self._files.append(file)
        self._by_task.update(dict.fromkeys(tasks, file))

    def take(self, task: ImportTask, report: Report[Imported]) -> None:
        """
        Take a worker's report.

        Raises:
            BetflowError: what ended the worker's task, where the run cannot go on after it.
        """
        file = self._by_task[task.number]
        if report.result is not None:
            self._take_result(file, report.result)
        elif report.error is not None:
            self._take_error(file, report.error)
        if report.result is None and task.number == file.last_task:
            self._close(file)
        if len(self._arrivals) + len(self._closed) >= _BATCH:
            self.settle()

    def settle(self) -> None:
        """
        Give the tapes that were taken so far their place, and write them down.

        Raises:
            ArchiveWriteError: the disk refuses; what has no place then is removed.
        """
        placed = self._arrivals.place()
        closed, self._closed = self._closed, []
        if not placed and not closed:
            return
        with self._store.transaction():
            for tape in placed:
                self._index.enter(tape.manifest)
            for file in closed:
                self._remember(file)
        with self._context.ledger.transaction():
            for tape in placed:
                self._journal.archived(tape.intention, tape.manifest)

    def outcome(self, *, asked: str, workers: int) -> Outcome:
        """Sum up, once everything is settled; *asked* says what was asked for."""
        counts: Counter[str] = sum((file.counts for file in self._files), Counter())
        skipped = [name for file in self._files for name in file.skipped]
        findings = [*self._findings, *(finding for file in self._files for finding in file.findings)]
        if not any(counts[name] for name in _COUNTED if name != Fate.SKIPPED):
            findings.append(_nothing_found(asked, len(self._files)))
        messages = self._arrivals.sums["messages"]
        seconds = (self._context.clock() - self._started_ms) / 1000
        data = {
            "files": len(self._files),
            **{str(name): counts[name] for name in _COUNTED},
            "markets": len(self._arrivals.markets),
            "messages": messages,
            "bytes_read": self._bytes_read,
            "bytes_expanded": self._arrivals.sums["bytes_expanded"],
            "bytes_stored": self._arrivals.sums["bytes_stored"],
            "seconds": seconds,
            "messages_per_second": round(messages / seconds) if seconds else None,
            "workers": workers,
            "skipped_files": skipped[:_SKIPPED_LISTED],
        }
        inputs = tuple(file.input for file in self._files if file.input is not None)
        exit_code = ExitCode.DAMAGED if _is_all_damaged(counts) else None
        return Outcome(data, tuple(findings), tuple(self._arrivals.artifacts), inputs, exit_code)

    def _take_result(self, file: _File, result: Imported) -> None:
        if result.finding is not None:
            file.findings.append(result.finding)
        if result.is_damage and result.fate is Fate.FAILED:
            file.counts["unreadable"] += 1
        if result.stored is None:
            file.counts[result.fate] += 1
            if result.fate is Fate.SKIPPED:
                file.skipped.append(result.label)
            return
        file.tapes.append(result.stored.sha256)
        file.counts[_DAMAGED] += result.is_damage
        is_new = self._arrivals.offer(result.stored, is_damaged=result.is_damage)
        file.counts["imported" if is_new else _ALREADY_THERE] += 1

    def _take_error(self, file: _File, error: BetflowError) -> None:
        if not isinstance(error, WorkerDiedError):
            raise error
        file.counts[Fate.FAILED] += 1
        file.findings.append(Finding("backfill.worker-died", plain(file.path), str(error)))

    def _close(self, file: _File) -> None:
        self._bytes_read += file.bytes
        try:
            file.input = artifact_of(file.path)
        except OSError:
            return  # a finding of its task has said so
        self._closed.append(file)

    def _remember(self, file: _File) -> None:
        has_something = file.tapes or file.counts[Fate.FILTERED]
        if file.input is None or file.counts[Fate.FAILED] or not has_something:
            return
        memory = _Memory(
            tapes=file.tapes,
            damaged=file.counts[_DAMAGED],
            filtered=file.counts[Fate.FILTERED],
            filter=self._filter_key if file.counts[Fate.FILTERED] else "",
            skipped=file.skipped,
            findings=[(each.code, each.subject, each.message, each.where) for each in file.findings],
        )
        self._memory.remember(
            Source(
                path=plain(file.input.path),
                bytes=file.bytes,
                mtime_ns=file.mtime_ns,
                sha256=file.input.sha256,
                imported=msgspec.json.encode(memory).decode(),
            )
        )


def _sorted_filter(wanted: MarketFilter) -> list[Any]:
    return [sorted(each) if isinstance(each, frozenset) else each for each in astuple(wanted)]


def _nothing_found(asked: str, files: int) -> Finding:
    message = (
        f"No tape was found among {files:,} files. A tape has one JSON message of Betfair's market stream on "
        "each line; hidden files are left alone."
    )
    return Finding("backfill.no-tapes", asked, message)


def _is_all_damaged(counts: Counter[str]) -> bool:
    usable = counts["imported"] + counts[_ALREADY_THERE] + counts[Fate.FILTERED]
    return not usable and bool(counts["unreadable"])
