"""
The members of a zip by the header that stands before each of them, for a zip whose directory is lost.

The directory is at the end of a zip, so one that breaks off has none. The headers come from outside: they are
followed forwards only and never beyond the end, so whatever they claim, the way ends, and no byte is looked
at more than a few times.

Source: PKWARE's "APPNOTE.TXT – .ZIP File Format Specification", 4.3.7 to 4.3.9 and 4.5.3.
"""

import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from betflow.tape.compression import Damage, StreamDamagedError
from betflow.tape.parts import Part

_HEADER = struct.Struct("<4s2xHH4xLLLHH")
_MAGIC = b"PK\x03\x04"
_DIRECTORY = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08")

_SIZES_FOLLOW = 0x08
_NAME_IS_UTF8 = 0x800
_LARGE = 0xFFFFFFFF

_EXTRA = struct.Struct("<HH")
_LARGE_SIZES = struct.Struct("<QQ")
_LARGE_SIZES_KIND = 1

_DESCRIPTOR_MAGIC = b"PK\x07\x08"
_DESCRIPTOR = struct.Struct("<4sLLL")
_LARGE_DESCRIPTOR = struct.Struct("<4sLQQ")
_BLOCK = 1 << 20

ADVICE = "Get the file again from where it came"


@dataclass(frozen=True, slots=True)
class FoundMember:
    """
    A member of a zip, as its own header has it.

    Attributes:
        entry: What the directory would say of it.
        packed: Where its packed content stands in the file.
        is_cut: Whether the file ends before the member does; it is the last one then.
    """

    entry: zipfile.ZipInfo
    packed: Part
    is_cut: bool


def found_members(file: IO[bytes]) -> Iterator[FoundMember]:
    """
    Walk from header to header, from the beginning of the file.

    Raises:
        StreamDamagedError: behind the last whole member, unless the one that is cut has told already.
    """
    size, at, number = file.seek(0, io.SEEK_END), 0, 0
    while True:
        header = _header(file, at, size)
        if header is None:
            raise StreamDamagedError(Damage.CORRUPT, _loss(_read_at(file, at, len(_MAGIC)), number, at))
        entry, begin, is_large = header
        end, at = begin + entry.compress_size, begin + entry.compress_size
        if entry.flag_bits & _SIZES_FOLLOW:
            end, at = _find_end(file, entry, begin, size, is_large=is_large)
        is_cut = end > size
        entry.compress_size = min(end, size) - begin
        yield FoundMember(entry, Part(entry.filename, begin, entry.compress_size), is_cut)
        if is_cut:
            return
        number += 1


def _loss(magic: bytes, members: int, at: int) -> str:
    match members:
        case 0:
            read = "nothing of it could be read"
        case 1:
            read = "the member before it was read"
        case _:
            read = f"the {members:,} members before it were read"
    if magic in _DIRECTORY:
        what = f"the directory at its end, at byte {at:,}, is cut off or wrong; {read}"
    elif len(magic) < len(_MAGIC) or magic == _MAGIC:
        what = f"it breaks off at byte {at:,}; {read}, what came behind is missing"
    else:
        what = f"at byte {at:,} is no member and no directory; {read}, what is behind is lost"
    return f"the zip archive is damaged: {what}. {ADVICE}"


def _header(file: IO[bytes], at: int, size: int) -> tuple[zipfile.ZipInfo, int, bool] | None:
    """Read a member's header; return also where its content begins, and whether its sizes have 64 bits."""
    head = _read_at(file, at, _HEADER.size)
    if len(head) < _HEADER.size or not head.startswith(_MAGIC):
        return None
    _magic, flags, method, checksum, packed, expanded, name_size, extra_size = _HEADER.unpack(head)
    begin = at + _HEADER.size + name_size + extra_size
    if begin > size:
        return None
    name, extra = file.read(name_size), file.read(extra_size)
    large = _large_sizes(extra)
    if large is not None:
        expanded = large[0] if expanded == _LARGE else expanded
        packed = large[1] if packed == _LARGE else packed
    entry = zipfile.ZipInfo(name.decode("utf-8" if flags & _NAME_IS_UTF8 else "cp437", "backslashreplace"))
    entry.flag_bits, entry.compress_type, entry.CRC = flags, method, checksum
    entry.compress_size, entry.file_size = packed, expanded
    return entry, begin, large is not None


def _large_sizes(extra: bytes) -> tuple[int, int] | None:
    """Return the expanded and the packed size where they need 64 bits."""
    at = 0
    while at + _EXTRA.size <= len(extra):
        kind, size = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if kind == _LARGE_SIZES_KIND and size >= _LARGE_SIZES.size <= len(extra) - at:
            expanded, packed = _LARGE_SIZES.unpack_from(extra, at)
            return expanded, packed
        at += size
    return None


def _find_end(
    file: IO[bytes], entry: zipfile.ZipInfo, begin: int, size: int, *, is_large: bool
) -> tuple[int, int]:
    """
    Find the end of a member whose sizes follow its content, and take them from there.

    Returns:
        Where its content ends, and where what follows begins; both beyond *size* where nothing follows.
    """
    descriptor = _LARGE_DESCRIPTOR if is_large else _DESCRIPTOR
    at, held = begin, b""
    while block := _read_at(file, at + len(held), _BLOCK):
        held += block
        found = held.find(_DESCRIPTOR_MAGIC)
        while 0 <= found <= len(held) - descriptor.size:
            _magic, checksum, packed, expanded = descriptor.unpack_from(held, found)
            if packed == at + found - begin:  # else these bytes are content
                entry.CRC, entry.compress_size, entry.file_size = checksum, packed, expanded
                return at + found, at + found + descriptor.size
            found = held.find(_DESCRIPTOR_MAGIC, found + 1)
        keep = min(len(held), descriptor.size - 1)
        at, held = at + len(held) - keep, held[len(held) - keep :]
    return size + 1, size + 1


def _read_at(file: IO[bytes], at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
