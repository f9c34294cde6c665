"""
The members of an uncompressed tar, by where they stand in it: each can be read on its own, in any order.

Betfair delivers a month of data as one uncompressed tar of small files; several processes can share it so.
"""

import errno
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tarfile import ReadError, TarFile
from typing import IO, TYPE_CHECKING, Self

from betflow.tape.compression import Damage, StreamDamagedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_USTAR = slice(257, 262)
_CHECKSUM = slice(148, 156)
# Not in the module's documented names, but what its reader raises and swallows.
_BROKEN_HEADERS = (
    tarfile.TruncatedHeaderError,  # type: ignore[attr-defined]  # not in the stubs
    tarfile.InvalidHeaderError,  # type: ignore[attr-defined]  # not in the stubs
    tarfile.EmptyHeaderError,  # type: ignore[attr-defined]  # not in the stubs; there is no end mark
)
_WITH_CONTENT = (*tarfile.REGULAR_TYPES, tarfile.GNUTYPE_SPARSE)
MOST_EXTENSION = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """
    A member of an uncompressed tar.

    Attributes:
        name: Its name in the tar; only a label.
        offset: Where its content begins in the file.
        size: How long its content is, in bytes.
    """

    name: str
    offset: int
    size: int


class StrictTarInfo(tarfile.TarInfo):
    """
    A tar's entry whose header has to be whole.

    By itself `tarfile` takes a broken header behind the first entry for the end of the archive, and says
    nothing of what is lost (CPython 3.11–3.13).
    """

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> Self:
        """Read the next header."""
        try:
            return super().fromtarfile(tarfile)
        except _BROKEN_HEADERS as error:
            raise ReadError(str(error)) from error

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header; refuse long names and attributes that would fill the memory."""
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type not in _WITH_CONTENT and header.size > MOST_EXTENSION):
            raise ReadError(f"a header claims {header.size:,} bytes")
        return header


def is_tar(head: bytes) -> bool:
    """
    Say whether a file is a tar by its first block of 512 bytes: by its magic, or by its checksum.

    A tar in the old format (v7) has no magic. The checksum is the sum of the block's bytes, those of its own
    field counted as spaces.
    """
    if head[_USTAR] == b"ustar":
        return True
    said = head[_CHECKSUM].strip(b" \0")
    if len(head) < tarfile.BLOCKSIZE or not said or said.strip(b"01234567"):
        return False
    block = head[: tarfile.BLOCKSIZE]
    return int(said, 8) == sum(block) - sum(block[_CHECKSUM]) + len(block[_CHECKSUM]) * ord(" ")


@contextmanager
def tar_damage() -> Iterator[None]:
    """Turn what `tarfile` raises for a damaged archive into a `StreamDamagedError`."""
    try:
        yield
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise StreamDamagedError(Damage.CORRUPT, f"the tar archive is damaged: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise  # the disk, not the data; EINVAL: a header leads to a place that cannot be
        raise StreamDamagedError(
            Damage.CORRUPT, "the tar archive is damaged: a header leads nowhere"
        ) from error


def entries(archive: TarFile) -> Iterator[tarfile.TarInfo]:
    """
    Yield header after header, and keep none.

    Raises:
        StreamDamagedError: the archive cannot be read any further.
    """
    while True:
        with tar_damage():
            entry = archive.next()
            if entry is not None and entry.size < 0:  # by an attribute; it would lead back, for ever
                raise ReadError(f"a header claims {entry.size:,} bytes")
        if entry is None:
            return
        archive.members.clear()  # type: ignore[attr-defined]  # not in the stubs; grows with the archive
        yield entry


def tar_parts(path: Path) -> list[Part]:
    """
    List the regular files in an uncompressed tar, in order.

    Returns:
        Nothing for a file that is none, that is damaged, or that holds sparse files: those have to be read
        from the beginning to the end.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if not is_tar(file.read(tarfile.BLOCKSIZE)):
            return []
        file.seek(0)
        try:
            with tar_damage(), tarfile.open(fileobj=file, mode="r:", tarinfo=StrictTarInfo) as archive:
                found = [entry for entry in entries(archive) if entry.isreg()]
        except StreamDamagedError:
            return []
    if any(entry.issparse() for entry in found):
        return []
    return [Part(entry.name, entry.offset_data, entry.size) for entry in found]


def opened_part(file: IO[bytes], part: Part) -> io.BufferedReader:
    """Return a part of an open file as a file of its own; one of the two may be used at a time."""
    return io.BufferedReader(_Window(file, part))


class _Window(io.RawIOBase):
    def __init__(self, file: IO[bytes], part: Part) -> None:
        self._file = file
        self._begin = part.offset
        self._size = part.size
        self._at = 0
        file.seek(part.offset)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        self._file.seek(self._begin + self._at)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer).cast("B")
        chunk = self._file.read(max(0, min(len(target), self._size - self._at)))
        target[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)
