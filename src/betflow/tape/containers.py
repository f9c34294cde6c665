"""
What tapes come wrapped in: plain, gz, bz2, xz, zst; tar and zip of those, nested a few levels.

The kind is told from the content, never from the name. Everything streams: memory does not grow with
the size of a file, and nothing is written to disk. Files from outside are taken as hostile: they
expand under `Limits`, member names are only ever labels, and links inside archives are not followed.
"""

import io
import os
import tarfile
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from betflow.errors import NotFoundError, StorageError
from betflow.storage.files import shown_name
from betflow.tape import zips
from betflow.tape.compression import (
    EXPANDERS,
    READ_SIZE,
    SLOW,
    Damage,
    Readable,
    StreamDamagedError,
    peek,
    plain,
    salvaged,
)
from betflow.tape.parts import Part, StrictTarInfo, entries, is_tar, opened_part, tar_damage

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_SIZE = 512
_BLOCK = 512  # what st_blocks counts, whatever the file system's blocks are
MOST_READS_BEYOND = 1000
ENTRY_COST = 64 * 1024
"""What an entry of an archive counts for, whatever is in it; importing one costs at least that much time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How far a file may expand before it is taken for a decompression bomb, and what is too much in it.

    Attributes:
        ratio: Expanded bytes for each byte that the file takes on disk. Real tapes stay below 100.
        free: Expanded bytes below which the ratio does not matter. Each entry of an archive counts as
            `ENTRY_COST` besides, so that a file of nothing but entries comes to an end too.
        depth: Containers inside containers, e.g. 3 for a bz2 in a tar in a gz.
        line: Longest line in bytes. The largest image of 200 markets has a few million.
        lines_without_message: So many lines in a row without a message of a market end the reading: each
            takes longer than a message, and of short ones there may be very many.
    """

    ratio: int = 400
    free: int = 2 << 30
    depth: int = 4
    line: int = 16 << 20
    lines_without_message: int = 250_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Member:
    """
    One stream of lines inside a file: the file itself, or a member of an archive.

    Attributes:
        path: The file on disk.
        name: Where it is inside the file, outermost first, ``!`` between; empty for the file itself.
        chunks: Its expanded content. Members of one file have to be used in order: going on to the
            next one ends this one. Raises `StreamDamagedError` where the content cannot be read further.
        slow: Whether expanding it takes so long that a thread for it pays.
    """

    path: Path
    name: str
    chunks: Iterator[bytes]
    slow: bool

    @property
    def label(self) -> str:
        """The file and the place inside it, for people."""
        return shown_name(f"{self.path}!{self.name}" if self.name else self.path)


def members(path: Path, limits: Limits = DEFAULT_LIMITS, *, part: Part | None = None) -> Generator[Member]:
    """
    Yield every stream of lines in the file, or in a part of it, in the order of the file.

    Raises:
        NotFoundError: there is no such file, or it is a folder.
        StorageError: the file cannot be opened.
        StreamDamagedError: the archive itself cannot be read any further. Damage inside a member is
            raised by its `chunks`, and the next member follows.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.") from None
    except IsADirectoryError:
        _refuse_to_list(path)
        raise NotFoundError(f"{path} is a folder, not a file.") from None
    except OSError as error:
        raise _cannot_be_opened(path, error) from error
    with file:
        if part is None:
            meter = _Meter(limits, _size_on_disk(file))
            yield from _look_inside(file, _Place(path, limits, rewindable=True), meter)
        else:
            place = _Place(path, limits, rewindable=True, name=part.name, depth=1)
            yield from _look_inside(opened_part(file, part), place, _Meter(limits, part.size))


def _size_on_disk(file: IO[bytes]) -> int:
    """Say how many bytes a file takes: holes take none."""
    told = os.fstat(file.fileno())
    blocks: int | None = getattr(told, "st_blocks", None)  # where there are no holes, there is no such number
    return told.st_size if blocks is None else min(told.st_size, blocks * _BLOCK)


def _refuse_to_list(folder: Path) -> None:
    """Raise why a folder cannot be looked into, where that is so."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise _cannot_be_opened(folder, error) from error


def _cannot_be_opened(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be opened: {error.strerror}.", advice="Check its permissions.")


@dataclass(frozen=True, slots=True)
class _Place:
    """
    Where in the nest of containers we are.

    Attributes:
        rewindable: Whether one can go back in it at all.
        is_flat: Whether going to any place in it costs nothing, because nothing around it is compressed.
    """

    path: Path
    limits: Limits
    rewindable: bool
    name: str = ""
    depth: int = 0
    slow: bool = False
    is_flat: bool = True

    def inside(self, name: str = "", *, rewindable: bool, slow: bool = False) -> "_Place":
        return replace(
            self,
            name="!".join(filter(None, (self.name, name))),
            depth=self.depth + 1,
            rewindable=rewindable,
            slow=slow or self.slow,
        )

    def member(self, chunks: Iterator[bytes]) -> Member:
        return Member(self.path, self.name, chunks, self.slow)


class _Meter:
    """Counts what a file expands to, over all its members and layers, and stops a bomb."""

    def __init__(self, limits: Limits, size: int) -> None:
        self._limit = max(limits.free, limits.ratio * size)
        self._expanded = 0

    def count(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._take(len(chunk), "expands to more")
            yield chunk

    def count_entry(self) -> None:
        """Count an entry of an archive."""
        self._take(ENTRY_COST, f"expands, at {ENTRY_COST:,} bytes for each entry, to more")

    def _take(self, size: int, what: str) -> None:
        self._expanded += size
        if self._expanded > self._limit:
            raise StreamDamagedError(
                Damage.EXPANDS_TOO_MUCH,
                f"the file {what} than {self._limit:,} bytes, which no tape of its size does: "
                "taken for a decompression bomb and left",
            )


class _ChunkStream(io.RawIOBase):
    """Chunks as a file, for the archive readers."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = memoryview(b"")
        self._reads_beyond = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer).cast("B")
        if not self._held:
            self._held = memoryview(next(self._chunks, b""))
            if not self._held:
                self._count_reads_beyond()
        size = min(len(self._held), len(target))
        target[:size] = self._held[:size]
        self._held = self._held[size:]
        return size

    def _count_reads_beyond(self) -> None:
        """Stop an archive reader that goes on behind the end, because a header claims what is not there."""
        self._reads_beyond += 1
        if self._reads_beyond > MOST_READS_BEYOND:
            raise StreamDamagedError(Damage.CORRUPT, "the archive claims to be longer than it is")


def _look_inside(raw: Readable, place: _Place, meter: _Meter) -> Iterator[Member]:
    """Yield the members of what *raw* holds, told by its first bytes."""
    if place.depth > place.limits.depth:
        yield place.member(
            damaged_content(Damage.UNSUPPORTED, f"containers are nested more than {place.limits.depth} deep")
        )
        return
    try:
        head = peek(raw, HEAD_SIZE)
    except StreamDamagedError as error:
        yield place.member(damaged_content(error.damage, error.message))
        return
    if is_tar(head):
        yield from _contained(_tar_members(raw, place, meter), place)
    elif head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _contained(_zip_members(raw, place, meter), place)
    else:
        for magic, expand in EXPANDERS.items():
            if head.startswith(magic):
                chunks = meter.count(salvaged(raw, expand, rewindable=place.rewindable))
                yield from _expanded(chunks, place.inside(rewindable=False, slow=expand in SLOW), meter)
                return
        yield place.member(meter.count(salvaged(raw, plain, rewindable=place.rewindable)))


def _contained(found: Iterator[Member], place: _Place) -> Iterator[Member]:
    """Let damage to an archive inside another cost what is in it, and nothing of the other."""
    try:
        yield from found
    except StreamDamagedError as error:
        if not place.name:
            raise
        yield place.member(damaged_content(error.damage, error.message))


def _expanded(chunks: Iterator[bytes], place: _Place, meter: _Meter) -> Iterator[Member]:
    """Yield what was below a compression: lines, or another container."""
    first = b""
    broken: Iterator[bytes] = iter(())
    try:
        while len(first) < HEAD_SIZE and (chunk := next(chunks, b"")):
            first += chunk
    except StreamDamagedError as error:
        broken = damaged_content(error.damage, error.message)
    content = chain((first,) if first else (), broken, chunks)
    if is_tar(first) or first.startswith((b"PK\x03\x04", b"PK\x05\x06", *EXPANDERS)):
        yield from _look_inside(io.BufferedReader(_ChunkStream(content), READ_SIZE), place, meter)
    else:
        yield place.member(content)


def damaged_content(damage: Damage, message: str) -> Iterator[bytes]:
    """Return content that is nothing but damage: using it raises `StreamDamagedError`."""

    def refuse() -> bytes:
        raise StreamDamagedError(damage, message)

    return iter(refuse, b"")


def _open_tar(raw: Readable, *, rewindable: bool) -> tarfile.TarFile:
    file = cast("IO[bytes]", raw)
    with tar_damage():
        if rewindable:
            return tarfile.open(fileobj=file, mode="r:", tarinfo=StrictTarInfo)
        return tarfile.open(fileobj=file, mode="r|", tarinfo=StrictTarInfo)


def _tar_members(raw: Readable, place: _Place, meter: _Meter) -> Iterator[Member]:
    with _open_tar(raw, rewindable=place.rewindable) as archive:
        for entry in entries(archive):
            meter.count_entry()
            content = archive.extractfile(entry) if entry.isreg() else None  # links are never followed
            if content is not None:
                inner = place.inside(entry.name, rewindable=place.rewindable)
                yield from _look_inside(cast("Readable", content), inner, meter)


def _zip_members(raw: Readable, place: _Place, meter: _Meter) -> Iterator[Member]:
    if not place.rewindable:
        message = "a zip inside another container cannot be streamed; unpack it once by hand"
        yield place.member(damaged_content(Damage.UNSUPPORTED, message))
        return
    for member in zips.packed_members(cast("IO[bytes]", raw), salvage=place.is_flat):
        meter.count_entry()
        is_flat = place.is_flat and member.entry.compress_type == zipfile.ZIP_STORED
        inner = replace(place.inside(member.entry.filename, rewindable=True), is_flat=is_flat)
        yield from _zip_member(member, inner, meter)


def _zip_member(member: zips.PackedMember, place: _Place, meter: _Meter) -> Iterator[Member]:
    try:
        content, expand = zips.opened(member)
    except StreamDamagedError as error:
        yield place.member(damaged_content(error.damage, error.message))
        return
    raw = cast("Readable", content)
    with content:
        if expand is None:
            yield from _look_inside(raw, place, meter)
        else:
            chunks = meter.count(salvaged(raw, expand, rewindable=True))
            yield from _expanded(chunks, replace(place, rewindable=False, slow=True), meter)
