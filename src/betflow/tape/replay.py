"""Many tapes, one after the other."""

import os
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, islice
from operator import attrgetter
from pathlib import Path

from betflow.errors import Finding, NotFoundError, StorageError, UsageError
from betflow.exchange.book import MarketBook
from betflow.tape.compression import Damage, StreamDamagedError
from betflow.tape.containers import DEFAULT_LIMITS, Limits, Member, damaged_content, members
from betflow.tape.reader import Account, Tape

FILES_AHEAD = 2


class TapeDamageWarning(UserWarning):
    """Something of a tape could not be read. `read` warns of it, so that it is never silent."""


def files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """
    Yield the files that the paths name: files as they are, folders with all that is below them, by name.

    Hidden files and folders (names that begin with a dot) below a folder are left out, and so is what is
    neither file nor folder; linked folders are not entered. A folder that may not be listed and a link that
    leads nowhere are yielded too: whoever opens them learns what is wrong.

    Raises:
        NotFoundError: a path does not exist.
        UsageError: a path is neither a file nor a folder, such as a pipe.
    """
    for path in map(Path, paths):
        if path.is_dir():
            yield from _files_below(path)
        elif path.is_file():
            yield path
        elif path.exists():
            raise UsageError(
                f"{path} is neither a file nor a folder: pipes and devices cannot be read twice.",
                advice="Write what comes out of it to a file first.",
            )
        else:
            raise NotFoundError(f"There is no file or folder {path}.")


def _files_below(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            entries = sorted(os.scandir(path), key=attrgetter("name"), reverse=True)
        except OSError:  # it is a file, or may not be listed
            yield path
        else:
            waiting += [path / entry.name for entry in entries if _is_wanted(entry)]


def _is_wanted(entry: "os.DirEntry[str]") -> bool:
    if entry.name.startswith("."):
        return False
    if entry.is_symlink():
        return os.path.isfile(entry.path) or not os.path.exists(entry.path)  # noqa: PTH110, PTH113 - never raise
    return entry.is_dir() or entry.is_file()


def tapes(path: str | Path, *, limits: Limits = DEFAULT_LIMITS, readahead: bool = True) -> Generator[Tape]:
    """
    Yield every tape in a file: the file itself, or the members of an archive.

    Each has to be read before the next is asked for. An archive that is damaged ends in a tape that
    has nothing but the finding; an archive with nothing in it is one empty tape.
    """
    path = Path(path)
    nothing: Iterator[bytes] | None = iter(())
    try:
        for member in members(path, limits):
            nothing = None
            yield Tape(member, limits=limits, readahead=readahead)
    except StreamDamagedError as error:
        nothing = damaged_content(error.damage, error.message)
    if nothing is not None:
        yield Tape(Member(path, "", nothing, slow=False), limits=limits, readahead=False)


class Replay:
    """
    Several tapes, one after the other, while the next is being expanded in the background.

    Attributes:
        tape: The tape being read; its `position`, `message` and `label` say where we are.
        findings: What could not be read, over all tapes read so far.
        account: What became of the lines, over all tapes read so far.
    """

    def __init__(self, paths: Iterable[str | Path], limits: Limits = DEFAULT_LIMITS) -> None:
        self._files = list(files(paths))
        self._limits = limits
        self.tape: Tape | None = None
        self.findings: list[Finding] = []
        self.account = Account()

    def __iter__(self) -> Iterator[MarketBook]:
        """Return the book of each market that a message changed, after each of its changes."""
        return chain.from_iterable(self.tapes())

    def tapes(self) -> Iterator[Tape]:
        """Yield tape after tape; each has to be read before the next is asked for."""
        upcoming = iter(self._files)
        begun = deque(_Begun(file, self._limits) for file in islice(upcoming, FILES_AHEAD))
        try:
            while begun:
                begun.extend(_Begun(file, self._limits) for file in islice(upcoming, 1))
                for tape in begun[0]:
                    self.tape = tape
                    yield tape
                    self._close(tape)
                begun.popleft()
        finally:
            for file in begun:
                file.close()

    def _close(self, tape: Tape) -> None:
        tape.close()  # where the caller did not read it
        self.findings.extend(tape.findings)
        self.account += tape.account
        for finding in tape.findings:
            warnings.warn(f"{finding.subject}: {finding.message}", TapeDamageWarning, stacklevel=3)


class _Begun:
    """The tapes of a file, of which the first is being expanded already."""

    def __init__(self, file: Path, limits: Limits) -> None:
        self._tapes = tapes(file, limits=limits)
        try:
            self._first = next(self._tapes)
        except (NotFoundError, StorageError) as error:  # it went away, or may not be read: the others go on
            content = damaged_content(Damage.UNREADABLE, error.message.rstrip("."))
            self._first = Tape(Member(file, "", content, slow=False), limits=limits, readahead=False)
        self._first.open()

    def __iter__(self) -> Iterator[Tape]:
        return chain((self._first,), self._tapes)

    def close(self) -> None:
        self._first.close()
        self._tapes.close()


def read(*paths: str | Path, limits: Limits = DEFAULT_LIMITS) -> Replay:
    """
    Read tapes: iterate over the result to get, for each change, the market's book.

    Args:
        paths: Files, or folders with all that is below them; plain, compressed, or archives of many.
        limits: When a file is taken for a decompression bomb.

    Returns:
        A `Replay`; what could not be read is in its `findings`, and each finding is warned of.

    Raises:
        NotFoundError: a path does not exist.
    """
    return Replay(paths, limits)
