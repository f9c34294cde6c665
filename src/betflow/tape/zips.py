"""
The members of a zip from outside.

The standard library expands bzip2 and lzma without a limit, does not notice that entries are missing from
the directory, raises a dozen kinds of errors for a damaged one, and gives up where there is none. Here each
error is a `StreamDamagedError`, and without a directory the members tell what they are.
"""

import copy
import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, cast

from betflow.tape.compression import (
    Damage,
    Expander,
    Pace,
    Readable,
    StreamDamagedError,
    bunzip2,
    expanded_by,
    inflate,
    plain,
    read,
)
from betflow.tape.parts import opened_part
from betflow.tape.zip_headers import ADVICE, FoundMember, found_members

_LZMA_HEADER = struct.Struct("<2xHBI")
_LZMA_PROPERTIES = 5
_MOST_POSITION_BITS = 4
_MOST_LZMA_DICTIONARY = 64 << 20
_END = struct.Struct("<4s4xHH8xH")
_NOT_SAID = 0xFFFF
_ENCRYPTED = 0x01


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


@dataclass(frozen=True, slots=True)
class PackedMember:
    """
    A member of a zip that is not a folder.

    Attributes:
        entry: What the directory, or its own header, says of it.
        open: Opens the member of an entry, expanded as the entry says.
        is_cut: Whether the file ends before the member does.
    """

    entry: zipfile.ZipInfo
    open: Callable[[zipfile.ZipInfo], IO[bytes]]
    is_cut: bool = False


def packed_members(file: IO[bytes], *, salvage: bool) -> Iterator[PackedMember]:
    """
    Yield the members in the order of the directory; where it is damaged, in the order of the file.

    Args:
        file: The zip. What is read of a member has to be read before the next is asked for.
        salvage: Whether to look for members without a directory, which goes back and forth in the file.

    Raises:
        StreamDamagedError: the directory cannot be read; with *salvage* behind the last member.
    """
    try:
        archive = _opened(file)
    except StreamDamagedError as error:
        if not salvage or error.damage is not Damage.CORRUPT:
            raise
        found = (
            PackedMember(each.entry, partial(_open_found, file, each), each.is_cut)
            for each in found_members(file)
        )
    else:
        found = (PackedMember(entry, archive.open) for entry in archive.infolist())
    return (each for each in found if not _is_folder(each))


def _is_folder(member: PackedMember) -> bool:
    return member.entry.filename.endswith("/") and not member.entry.file_size and not member.is_cut


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    with damage("the zip archive"):
        archive = zipfile.ZipFile(file)
    missing = _missing(file, archive)
    if missing:
        raise StreamDamagedError(
            Damage.CORRUPT, f"the zip archive is damaged: its directory lacks {missing} of its members"
        )
    return archive


def _missing(file: IO[bytes], archive: zipfile.ZipFile) -> int:
    """Say how many entries the directory says it has and has not: damage to one hides those behind it."""
    file.seek(0, 2)
    file.seek(file.tell() - _END.size - len(archive.comment))
    _magic, _here, count, _comment = _END.unpack(file.read(_END.size))
    return 0 if count == _NOT_SAID else count - len(archive.infolist())


def _open_found(file: IO[bytes], member: FoundMember, entry: zipfile.ZipInfo) -> IO[bytes]:
    if entry.flag_bits & _ENCRYPTED:
        raise RuntimeError(f"File {entry.filename!r} is encrypted, password required for extraction")
    return cast("IO[bytes]", zipfile.ZipExtFile(opened_part(file, member.packed), "r", entry))


def opened(member: PackedMember) -> tuple[IO[bytes], Expander | None]:
    """
    Open a member, and say how to expand it; None where its content comes expanded.

    Raises:
        StreamDamagedError: it cannot be read.
    """
    entry = member.entry
    expand = {zipfile.ZIP_BZIP2: bunzip2, zipfile.ZIP_LZMA: _unlzma}.get(entry.compress_type)
    if member.is_cut and expand is None:
        expand = {zipfile.ZIP_DEFLATED: inflate, zipfile.ZIP_STORED: plain}.get(entry.compress_type)
    with damage("the zip member"):
        if expand is None:
            return member.open(entry), None
        stored = copy.copy(entry)
        stored.compress_type, stored.file_size = zipfile.ZIP_STORED, entry.compress_size
        stored.CRC = None  # type: ignore[assignment] # the checksum is of the expanded content
        content = member.open(stored)
    if member.is_cut:
        return content, lambda raw, pace: _cut_off(expand(raw, pace))
    return content, lambda raw, pace: _checked(expand(raw, pace), entry)


def _cut_off(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what there is of a member that the end of the file cuts off, then say so."""
    reason, damage = "the zip archive breaks off in this member", Damage.TRUNCATED
    try:
        yield from chunks
    except StreamDamagedError as error:
        if error.damage is not Damage.TRUNCATED:
            reason, damage = f"{error.message}, and {reason}", error.damage
    raise StreamDamagedError(
        damage, f"{reason}; those before it were read, any behind it are missing. {ADVICE}"
    )


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


def _unlzma(raw: Readable, pace: Pace) -> Iterator[bytes]:
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
    return expanded_by(raw, pace, "lzma", (), new)
