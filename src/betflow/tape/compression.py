"""
Compressed streams, expanded in small steps: bz2, gz, xz, zst.

Each expander takes something to read from and yields the content in chunks of about `step` bytes,
however much a few compressed bytes may hold, so memory stays flat even under a decompression bomb.
Several streams one after the other count as one, as the command line tools have it. Truncation and
corruption raise `StreamDamagedError` once everything before it has been yielded.
"""

import bz2
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol, TypeAlias

import zstandard

from betflow.errors import BetflowError

READ_SIZE = 256 * 1024
STEP = 64 * 1024
# A decompressor in a thread waits for the interpreter a few times in each step, whatever its size. The first
# steps are smaller: who looks only at the beginning of a file waits for no more than that.
SLOW_STEP = 4 * 1024 * 1024
SALVAGE_STEP = 16
STEPS_AT_ONCE = 4096

MOST_MEMORY = 96 * 1024 * 1024
"""The most memory that a decompressor may take: more than `xz -9` needs (65 MiB)."""
_MOST_ZSTD_WINDOW = 64 * 1024 * 1024
_XZ_MEMORY = "Memory usage limit exceeded"
_ZSTD_MEMORY = "Frame requires too much memory"

# A zstd block of 4 bytes may expand to 128 KiB, and its decompressor has no output limit: feed it little.
ZSTD_READ_SIZE = 256


# A skippable frame holds no content; pzstd puts one before each of its frames.
_ZSTD_MAGICS = (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + kind]) + b"\x2a\x4d\x18" for kind in range(16)))


class Damage(StrEnum):
    """Why a stream of bytes cannot be read any further."""

    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    EXPANDS_TOO_MUCH = "expands-too-much"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"
    """The file is gone, or may not be read."""


class StreamDamagedError(BetflowError):
    """A compressed stream or an archive cannot be read any further; what came before it is good."""

    def __init__(self, damage: Damage, message: str) -> None:
        super().__init__(message)
        self.damage = damage


class Readable(Protocol):
    """A buffered binary file: what is open, or a member of an archive."""

    def read1(self, size: int, /) -> bytes:
        """Return up to *size* bytes, none at the end; after what could be read, so that damage loses none."""

    def peek(self, size: int, /) -> bytes:
        """Return some of the bytes that come next, without going on."""

    def seek(self, offset: int, /) -> int:
        """Go to *offset*; only called on what can be rewound."""


class Pace:
    """
    How much is expanded at once; who expands may change it between two chunks.

    Attributes:
        step: In bytes.
    """

    __slots__ = ("step",)

    def __init__(self, step: int) -> None:
        self.step = step


Expander: TypeAlias = Callable[[Readable, Pace], Iterator[bytes]]
"""Expands what it reads, in chunks of about so many bytes as the pace says when each begins."""


def read(raw: Readable, size: int) -> bytes:
    """Read up to *size* bytes; whatever an enclosing archive raises becomes a `StreamDamagedError`."""
    with _archive_errors():
        return raw.read1(size)


def peek(raw: Readable, size: int) -> bytes:
    """Return up to *size* of the bytes that come next; damage is raised as by `read`."""
    with _archive_errors():
        return raw.peek(size)[:size]


@contextmanager
def _archive_errors() -> Iterator[None]:
    """Turn what the standard library's archive readers raise from a read into a `StreamDamagedError`."""
    try:
        yield
    except (zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise StreamDamagedError(Damage.CORRUPT, f"the archive around it is damaged: {error}") from error
    except OSError as error:
        if error.errno is not None:
            raise  # the disk, not the data: only bz2 reports bad data without a number
        raise StreamDamagedError(Damage.CORRUPT, f"the archive around it is damaged: {error}") from error


def plain(raw: Readable, pace: Pace) -> Iterator[bytes]:
    """Yield what there is, as it is."""
    while chunk := read(raw, pace.step):
        yield chunk


class _Decompressor(Protocol):
    """What the standard library's bz2 and lzma decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def expanded_by(
    raw: Readable, pace: Pace, kind: str, magics: tuple[bytes, ...], new: Callable[[], _Decompressor]
) -> Iterator[bytes]:
    """
    Expand streams one after the other with a decompressor that limits its own output.

    Args:
        raw: What is read.
        pace: The most that is expanded at once; each step is twice as long as the one before, up to that.
        kind: What the compression is called, for people.
        magics: What streams begin with; none for a kind that cannot be told, of which there is only one.
        new: Makes a decompressor for one stream.

    Raises:
        StreamDamagedError: behind what could be expanded.
    """
    data = read(raw, READ_SIZE)
    size = STEP
    while data:
        decompressor = new()
        while not decompressor.eof:
            if decompressor.needs_input and not data:
                data = read(raw, READ_SIZE)
                if not data:
                    raise _truncated(kind)
            try:
                chunk = decompressor.decompress(data, min(pace.step, size))
            except (OSError, zlib.error, lzma.LZMAError) as error:
                raise _broken(kind, error) from error
            data = b""
            size = min(pace.step, 2 * size)
            if chunk:
                yield chunk
        data = _next_stream(raw, kind, magics, decompressor.unused_data) if magics else b""


def _next_stream(raw: Readable, kind: str, magics: tuple[bytes, ...], data: bytes) -> bytes:
    """Return the beginning of the stream that follows, b"" at the end; padding of zeros is skipped."""
    while True:
        data = data.lstrip(b"\0")
        if len(data) < max(map(len, magics)):
            more = read(raw, READ_SIZE)
            if more:
                data += more
                continue
        if not data:
            return b""
        if not data.startswith(magics):
            raise StreamDamagedError(
                Damage.CORRUPT, f"bytes that are no {kind} follow the end of the {kind} stream"
            )
        return data


def _truncated(kind: str) -> StreamDamagedError:
    return StreamDamagedError(Damage.TRUNCATED, f"the {kind} stream is truncated: it ends in the middle")


def _broken(kind: str, error: Exception) -> StreamDamagedError:
    if str(error).startswith(_XZ_MEMORY) or _ZSTD_MEMORY in str(error):
        return StreamDamagedError(
            Damage.UNSUPPORTED,
            f"the {kind} stream asks for more than {MOST_MEMORY >> 20} MiB of memory to be expanded, which "
            "no tape needs; if you trust it, expand it by hand",
        )
    return StreamDamagedError(Damage.CORRUPT, f"the {kind} stream is corrupt: {error}")


_GZIP_WINDOW = 31
_BARE_WINDOW = -15


class _Inflate:
    """A decompressor for zlib's formats with the manners of `bz2.BZ2Decompressor`."""

    def __init__(self, window: int) -> None:
        self._object = zlib.decompressobj(window)
        self._held = b""
        self._at = 0
        self._full = False

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def needs_input(self) -> bool:
        return self._at >= len(self._held) and not self._full

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data + self._held[self._at :]

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        if data:
            self._held, self._at = self._held[self._at :] + data, 0
        # zlib copies what it does not use: give it little where it may expand only little.
        feed = READ_SIZE if max_length > SALVAGE_STEP else 4 * SALVAGE_STEP
        piece = self._held[self._at : self._at + feed]
        chunk = self._object.decompress(piece, max_length)
        self._at += len(piece) - len(self._object.unconsumed_tail)
        self._full = len(chunk) == max_length  # there may be more without any input
        return chunk


def _new_unxz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)


class _Unzstd:
    """A zstd decompressor with the manners of `bz2.BZ2Decompressor`; little input limits its output."""

    def __init__(self) -> None:
        self._object = zstandard.ZstdDecompressor(max_window_size=_MOST_ZSTD_WINDOW).decompressobj()
        self._held = b""

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def needs_input(self) -> bool:
        return not self._held

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data + self._held

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        held, at, chunks, size = self._held + data, 0, [], 0
        feed = ZSTD_READ_SIZE if max_length > SALVAGE_STEP else 1
        while at < len(held) and size < max_length and not self._object.eof:
            try:
                chunk = self._object.decompress(held[at : at + feed])
            except zstandard.ZstdError as error:
                self._held = b""
                raise OSError(str(error)) from error
            chunks.append(chunk)
            size += len(chunk)
            at += feed
        self._held = held[at:]
        return b"".join(chunks)


def bunzip2(raw: Readable, pace: Pace) -> Iterator[bytes]:
    """Expand bz2."""
    return expanded_by(raw, pace, "bz2", (b"BZh",), bz2.BZ2Decompressor)


def gunzip(raw: Readable, pace: Pace) -> Iterator[bytes]:
    """Expand gzip."""
    return expanded_by(raw, pace, "gz", (b"\x1f\x8b",), lambda: _Inflate(_GZIP_WINDOW))


def inflate(raw: Readable, pace: Pace) -> Iterator[bytes]:
    """Expand deflate without a header, as zips have it."""
    return expanded_by(raw, pace, "deflate", (), lambda: _Inflate(_BARE_WINDOW))


def unxz(raw: Readable, pace: Pace) -> Iterator[bytes]:
    """Expand xz."""
    return expanded_by(raw, pace, "xz", (b"\xfd7zXZ\0",), _new_unxz)


def unzstd(raw: Readable, pace: Pace) -> Iterator[bytes]:
    """Expand zstd."""
    return expanded_by(raw, pace, "zst", _ZSTD_MAGICS, _Unzstd)


EXPANDERS: dict[bytes, Expander] = {
    b"BZh": bunzip2,
    b"\x1f\x8b": gunzip,
    b"\xfd7zXZ\0": unxz,
    **dict.fromkeys(_ZSTD_MAGICS, unzstd),
}
"""The expander for each kind of compression, by the bytes that a stream of it begins with."""

SLOW = frozenset({bunzip2, unxz})
"""Expanders that take about as long as reading the messages; the others are many times faster."""


def salvaged(raw: Readable, expand: Expander, *, rewindable: bool) -> Iterator[bytes]:
    """
    Expand, and where the stream is damaged, get out everything before the damage.

    A decompressor drops what it had in hand when it meets damage. So the stream is expanded once more
    from its beginning, where it can be rewound: at the pace of the first time up to what that gave, and
    behind it in steps so small that next to nothing is in hand. The break is within the first large step.

    Raises:
        StreamDamagedError: after everything readable has been yielded.
    """
    most = SLOW_STEP if expand in SLOW else STEP
    delivered = 0
    try:
        for chunk in expand(raw, Pace(most)):
            delivered += len(chunk)
            yield chunk
    except StreamDamagedError as damage:
        if damage.damage is not Damage.CORRUPT or not rewindable:
            raise
    else:
        return
    raw.seek(0)
    yield from _behind(raw, expand, delivered, most)


def _behind(raw: Readable, expand: Expander, delivered: int, most: int) -> Iterator[bytes]:
    """Expand once more from the beginning, and yield what is behind so many bytes, in small steps."""
    pace = Pace(_step_before(delivered, most))
    held: list[bytes] = []
    try:
        for chunk in expand(raw, pace):
            if delivered < len(chunk):
                held.append(chunk[delivered:])
            delivered = max(0, delivered - len(chunk))
            pace.step = _step_before(delivered, most)
            if len(held) == STEPS_AT_ONCE:
                yield b"".join(held)
                held = []
    except StreamDamagedError:
        yield b"".join(held)
        raise
    yield b"".join(held)


def _step_before(ahead: int, most: int) -> int:
    """Return how much may be expanded at once, so many bytes before the break."""
    return min(most, ahead) if ahead > SALVAGE_STEP else SALVAGE_STEP
