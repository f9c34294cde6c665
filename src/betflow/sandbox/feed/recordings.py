"""
What there is among the files that somebody wants to have replayed.

A look at the first messages of a tape tells its markets, when they were to go off, and how much of them was
recorded. Tapes in archives are unpacked into a folder: all tapes are read at the same time.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import zstandard

from betflow.errors import Finding, StorageError
from betflow.exchange.times import epoch_ms
from betflow.storage.files import shown_name
from betflow.tape import Tape, files
from betflow.tape.archive import ZSTD_LEVEL
from betflow.tape.compression import StreamDamagedError
from betflow.tape.containers import Member, members
from betflow.tape.recognition import is_tape_name
from betflow.wire.stream import MarketChange, MarketDefinition

_FIRST_MESSAGES: Final = 200
_NO_OFFERS, _BEST_OFFERS, _ALL_OFFERS = range(3)

RaceKey = tuple[str, str]
"""Event id and scheduled off: of the markets that are about the same thing."""


@dataclass(slots=True)
class Recording:
    """
    A tape.

    Attributes:
        path: Where its content is: the file, or what was unpacked.
        source: The file that somebody named; catalogues are looked for beside it.
        label: The file and the place inside it, for people.
        size: Of the file, in bytes.
        begins: When its first message was published, epoch milliseconds.
        definitions: By market id, the first definition; None where none came among the first messages.
        offers: How much of the offers it has: none, the best, all.
    """

    path: Path
    source: Path
    label: str
    size: int
    begins: int = 0
    definitions: dict[str, MarketDefinition | None] = field(default_factory=dict)
    offers: int = _NO_OFFERS

    @property
    def keys(self) -> set[RaceKey]:
        """What its markets are about, as far as known."""
        known = [each for each in self.definitions.values() if each is not None]
        return {(each.event_id, each.market_time) for each in known if each.event_id and each.market_time}

    @property
    def off(self) -> int:
        """The first scheduled off after it begins, epoch milliseconds; else when it begins."""
        offs = [_moment(each.market_time) for each in self.definitions.values() if each is not None]
        return min((off for off in offs if off is not None and off >= self.begins), default=self.begins)

    @property
    def worth(self) -> tuple[int, int]:
        """How much there is in it: the more, the better."""
        return self.offers, self.size


class Unpacked:
    """
    Where the content of archives is while it is replayed; there is no folder before there is anything in it.

    Attributes:
        folder: The folder, None while there is none.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._count = 0

    def new_path(self) -> Path:
        """Return where to unpack a tape."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="betflow-tapes-"))
        self._count += 1
        return self.folder / f"{self._count}.zst"

    def remove(self) -> None:
        """Remove everything."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _moment(text: str | None) -> int | None:
    try:
        return epoch_ms(text or "")
    except ValueError:
        return None


def recordings(
    paths: Iterable[str | Path], unpacked: Unpacked, findings: list[Finding]
) -> Iterator[Recording]:
    """
    Yield the tapes that paths name: files, folders, archives.

    Args:
        paths: Where to look.
        unpacked: Takes what is in archives.
        findings: Gets what cannot be replayed. What does not look like a tape in a folder is passed over.

    Raises:
        NotFoundError: a path does not exist.
        UsageError: a path is neither a file nor a folder.
    """
    named = {Path(path) for path in paths}
    for file in files(paths):
        try:
            for recording in _of_file(file, unpacked, findings):
                _look_into(recording)
                if recording.definitions:
                    yield recording
                elif file in named or is_tape_name(recording.label):
                    message = "There is no message of a market among the first of it. It is not replayed."
                    findings.append(Finding("feed.no-markets", recording.label, message))
        except StorageError as error:
            findings.append(Finding("feed.unreadable", shown_name(file), shown_name(error.message)))


def _of_file(file: Path, unpacked: Unpacked, findings: list[Finding]) -> Iterator[Recording]:
    """Yield the file, or what it is an archive of."""
    try:
        for member in members(file):
            if not member.name:
                yield Recording(file, file, shown_name(file), file.stat().st_size)
                return
            path = unpacked.new_path()
            _unpack(member, path, findings)
            yield Recording(path, file, member.label, path.stat().st_size)
    except StreamDamagedError as error:
        findings.append(Finding(f"tape.{error.damage}", shown_name(file), f"{error.message}."))
    except OSError as error:
        name = shown_name(file)
        findings.append(Finding("feed.unreadable", name, f"{name} cannot be read: {error.strerror}."))


def _unpack(member: Member, path: Path, findings: list[Finding]) -> None:
    with path.open("xb") as file, zstandard.ZstdCompressor(level=ZSTD_LEVEL).stream_writer(file) as writer:
        try:
            for chunk in member.chunks:
                writer.write(chunk)
        except StreamDamagedError as error:
            findings.append(Finding(f"tape.{error.damage}", member.label, f"{error.message}."))


def _look_into(recording: Recording) -> None:
    tape = Tape(recording.path, readahead=False)
    messages = tape.messages()
    for message in islice(messages, _FIRST_MESSAGES):
        recording.begins = recording.begins or message.pt
        for change in message.mc or ():
            known = recording.definitions.get(change.id)
            recording.definitions[change.id] = known or change.market_definition
            recording.offers = max(recording.offers, _offers(change))


def _offers(change: MarketChange) -> int:
    runners = change.rc or ()
    if any(runner.atb or runner.atl for runner in runners):
        return _ALL_OFFERS
    if any(runner.batb or runner.batl or runner.bdatb or runner.bdatl for runner in runners):
        return _BEST_OFFERS
    return _NO_OFFERS
