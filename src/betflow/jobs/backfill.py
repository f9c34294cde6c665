"""
Market data that a user has, taken into the archive: checked, compressed, each tape once, indexed.

Workers read the files (`betflow.jobs.importing`); this process alone moves tapes to their place, indexes and
journals them, in the order of the files. It may be killed at any moment: what has its place is whole, what
has none is removed by the next run, which goes on where this one stopped.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from betflow.errors import BusyError, UsageError
from betflow.jobs import liveness
from betflow.jobs.importing import ImportTask, import_file
from betflow.jobs.intake import Intake
from betflow.jobs.outcome import Outcome
from betflow.jobs.processors import processors, size_of, worthwhile_workers
from betflow.jobs.runs import RunContext
from betflow.jobs.workers import in_order, work
from betflow.storage.files import make_private_folder
from betflow.storage.streams import STANDARD, readable
from betflow.tape import DEFAULT_LIMITS, Limits, files
from betflow.tape.archive import Archive, write_error
from betflow.tape.index import Index
from betflow.tape.parts import tar_parts
from betflow.tape.selection import FilterOptions

_LOCK = "backfill.lock"


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """
    What to import.

    Attributes:
        paths: Files, archives of files, and folders with all that is below them.
        options: Which markets; all by default.
        workers: How many processes; None is one for each processor.
        limits: When a file is taken for a decompression bomb.
    """

    paths: tuple[Path, ...]
    options: FilterOptions = field(default_factory=FilterOptions)
    workers: int | None = None
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class _Named:
    """A file to import, and whether it was named itself."""

    path: Path
    is_explicit: bool


def backfill(request: BackfillRequest, context: RunContext) -> Outcome:
    """
    Import files into the archive.

    Raises:
        NotFoundError: a path does not exist; nothing was done then.
        UsageError: a filter makes no sense.
        BusyError: another backfill is at work in this data folder.
        ArchiveWriteError: the disk refuses; what was imported before stays.
    """
    wanted = request.options.parsed()
    archive = Archive(context.data_dir)
    named = _named_files(request.paths, archive)
    with _alone(archive):
        archive.sweep()
        with Index(archive) as index:
            intake = Intake(context, archive, index, wanted)
            intake.recover()
            tasks = _plan(named, request, intake)
            workers = worthwhile_workers(request.workers, map(_size, tasks))
            if workers < processors():
                tasks = [replace(task, readahead=True) for task in tasks]
            _carry_out(tasks, intake, context, workers=workers)
            return intake.outcome(asked=", ".join(map(str, request.paths)), workers=workers)


def _named_files(paths: Sequence[Path], archive: Archive) -> list[_Named]:
    """List the files, each once; the archive itself is no source."""
    if not paths:
        raise UsageError("There is nothing to import.", advice="Name files, archives or folders.")
    named: dict[Path, _Named] = {}
    own = [readable(path) if path == STANDARD else path for path in paths]
    for path in sorted(own, key=Path.is_dir):
        is_explicit = not path.is_dir()
        for file in files([path]):
            absolute = file.absolute()
            if not absolute.is_relative_to(archive.root):
                named.setdefault(absolute, _Named(file, is_explicit))
    return list(named.values())


@contextmanager
def _alone(archive: Archive) -> Iterator[None]:
    """Let no other backfill write to the archive meanwhile."""
    lock = archive.root / _LOCK
    try:
        make_private_folder(archive.incoming)
    except OSError as error:
        raise write_error(error) from error
    try:
        liveness.hold(lock, wait=False)
    except BusyError:
        raise BusyError(
            f"Another backfill is writing to {archive.root}.", advice="Wait for it to end, then try again."
        ) from None
    except OSError as error:
        raise write_error(error) from error
    try:
        yield
    finally:
        liveness.release(lock, keep_file=True)


def _plan(named: Sequence[_Named], request: BackfillRequest, intake: Intake) -> list[ImportTask]:
    """Say what is to be read: nothing of a file that is in already, the members of a tar each on its own."""
    tasks: list[ImportTask] = []
    for file in named:
        if intake.recalls(file.path):
            continue
        try:
            parts = tar_parts(file.path)
        except OSError:
            parts = []  # reading it will say so
        first = len(tasks)
        for part in parts or (None,):
            task = ImportTask(
                number=len(tasks),
                path=file.path,
                data_dir=intake.archive.root.parent,
                part=part,
                is_explicit=file.is_explicit and part is None,
                wanted=intake.wanted,
                limits=request.limits,
            )
            tasks.append(task)
        intake.expect(file.path, range(first, len(tasks)))
    return tasks


def _size(task: ImportTask) -> int:
    return task.part.size if task.part is not None else size_of(task.path)


def _carry_out(tasks: Sequence[ImportTask], intake: Intake, context: RunContext, *, workers: int) -> None:
    context.progress.start("backfill", total=len(tasks), unit="files")
    try:
        with closing(work(tasks, import_file, workers=workers)) as reports:
            for report in in_order(reports):
                intake.take(tasks[report.task], report)
                if report.result is None:
                    context.progress.advance()
    finally:
        intake.settle()
        intake.archive.sweep()
        context.progress.stop()
