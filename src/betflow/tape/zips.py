"""
The members of a zip from outside.

The standard library expands bzip2 and lzma without a limit, does not notice that entries are missing from
the directory, and raises a dozen kinds of errors for a damaged one. Here each is a `StreamDamagedError`.
"""

import copy
import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from betflow.tape.compression import (
    Damage,
    Expander,
    Readable,
    StreamDamagedError,
    bunzip2,
    expanded_by,
    read,
)

_LZMA_HEADER = struct.Struct("<2xHBI")
_LZMA_PROPERTIES = 5
_MOST_POSITION_BITS = 4
_MOST_LZMA_DICTIONARY = 64 << 20
_END = struct.Struct("<4s4xHH8xH")
_NOT_SAID = 0xFFFF


@contextmanager
def damage(what: str) -> Iterator[None]:
    """Turn what the standard library raises for a damaged or unsupported zip into a `StreamDamagedError`."""
    try:
        yield
    except (NotImplementedError, RuntimeError) as error:
        raise StreamDamagedError(Damage.UNSUPPORTED, f"{what} cannot be read: {error}") from error
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, EOFError) as error:
        raise StreamDamagedError(Damage.CORRUPT, f"{what} is damaged: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise  # the disk, not the data; EINVAL: the directory leads to a place that cannot be
        raise StreamDamagedError(Damage.CORRUPT, f"{what} is damaged: its directory leads nowhere") from error


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    """
    Open a zip.

    Raises:
        StreamDamagedError: it cannot be read.
    """
    with damage("the zip archive"):
        return zipfile.ZipFile(file)


def missing(file: IO[bytes], archive: zipfile.ZipFile) -> int:
    """Return how many entries the directory has less than the end of the archive says."""
    file.seek(0, 2)
    file.seek(file.tell() - _END.size - len(archive.comment))
    _magic, _here, count, _comment = _END.unpack(file.read(_END.size))
    return 0 if count == _NOT_SAID else count - len(archive.infolist())


def packed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[IO[bytes], Expander | None]:
    """
    Open a member, and say how to expand it; None where its content comes expanded.

    Raises:
        StreamDamagedError: it cannot be read.
    """
    expand = {zipfile.ZIP_BZIP2: bunzip2, zipfile.ZIP_LZMA: _unlzma}.get(entry.compress_type)
    with damage("the zip member"):
        if expand is None:
            return archive.open(entry), None
        stored = copy.copy(entry)
        stored.compress_type, stored.file_size = zipfile.ZIP_STORED, entry.compress_size
        stored.CRC = None  # type: ignore[assignment] # the checksum is of the expanded content
        return archive.open(stored), lambda raw, step: _checked(expand(raw, step), entry)


def _checked(chunks: Iterator[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    checksum = size = 0
    try:
        for chunk in chunks:
            checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
            yield chunk
    except StreamDamagedError as error:  # lzma need not have an end mark
        if error.damage is not Damage.TRUNCATED or size != entry.file_size:
            raise
    if checksum != entry.CRC:
        raise StreamDamagedError(Damage.CORRUPT, "the zip member is damaged: its checksum is wrong")


def _unlzma(raw: Readable, step: int) -> Iterator[bytes]:
    header = read(raw, _LZMA_HEADER.size)
    try:
        size, properties, dictionary = _LZMA_HEADER.unpack(header)
    except struct.error:
        raise StreamDamagedError(Damage.TRUNCATED, "the zip member ends in its header") from None
    lc, rest = properties % 9, properties // 9
    if size != _LZMA_PROPERTIES or rest // 5 > _MOST_POSITION_BITS or dictionary > _MOST_LZMA_DICTIONARY:
        raise StreamDamagedError(Damage.CORRUPT, "the zip member is damaged: its lzma header makes no sense")
    one = {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": rest % 5, "pb": rest // 5, "dict_size": dictionary}

    def new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[one])

    try:
        new()
    except lzma.LZMAError as error:
        raise StreamDamagedError(Damage.CORRUPT, f"the zip member is damaged: lzma says {error}") from error
    return expanded_by(raw, step, "lzma", b"", new)
