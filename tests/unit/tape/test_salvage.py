"""Of a damaged stream, all that is before the damage is got out: as much as its decompressor has to give."""

import bz2
import errno
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from betflow.tape.compression import (
    SALVAGE_STEP,
    Damage,
    Expander,
    Pace,
    Readable,
    StreamDamagedError,
    bunzip2,
    gunzip,
    plain,
    read,
    salvaged,
    unxz,
    unzstd,
)
from wrapping import COMPRESSIONS

# Numbers that do not compress away, so that the streams have several blocks.
CONTENT = b"".join(b'{"op":"mcm","pt":%d}\n' % (number**5 % 1_000_003) for number in range(20_000))

_KINDS: dict[str, tuple[Expander, Callable[[], Any]]] = {
    "gz": (gunzip, lambda: zlib.decompressobj(31)),
    "bz2": (bunzip2, bz2.BZ2Decompressor),
    "xz": (unxz, lzma.LZMADecompressor),
    "zst": (unzstd, lambda: zstandard.ZstdDecompressor().decompressobj()),
}
_ERRORS = (OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)
_every_kind = pytest.mark.parametrize("kind", _KINDS)


def _opened(content: bytes) -> Readable:
    return io.BufferedReader(io.BytesIO(content))


def _all_there_is(kind: str, content: bytes) -> bytes:
    """Feed a decompressor byte after byte, until it refuses to go on."""
    decompressor, given = _KINDS[kind][1](), []
    try:
        for at in range(len(content)):
            if decompressor.eof:
                break
            given.append(decompressor.decompress(content[at : at + 1]))
    except _ERRORS:
        pass
    return b"".join(given)


def _given(kind: str, content: bytes, *, rewindable: bool = True) -> tuple[bytes, Damage | None]:
    given = []
    try:
        for chunk in salvaged(_opened(content), _KINDS[kind][0], rewindable=rewindable):
            given.append(chunk)  # noqa: PERF402 - what came before the exception counts
    except StreamDamagedError as error:
        return b"".join(given), error.damage
    return b"".join(given), None


def _compressed(kind: str) -> bytes:
    return bz2.compress(CONTENT, 1) if kind == "bz2" else COMPRESSIONS[kind](CONTENT)


@_every_kind
def test_truncated_stream_yields_all_there_is(kind: str) -> None:
    """Wherever a stream is cut, what comes out is exactly what can be expanded."""
    whole = _compressed(kind)

    for size in range(1000, len(whole), len(whole) // 9):
        assert (_all_there_is(kind, whole[:size]), Damage.TRUNCATED) == _given(kind, whole[:size])


@pytest.mark.parametrize("content", [b"\n", b"a\n"])
def test_truncated_gz_of_one_long_repetition_yields_all_there_is(content: bytes) -> None:
    """Where the last few bytes stand for thousands, those come out too."""
    whole = COMPRESSIONS["gz"](content * (3 << 17))

    for size in range(len(whole) // 3, len(whole)):
        assert (_all_there_is("gz", whole[:size]), Damage.TRUNCATED) == _given("gz", whole[:size])


@_every_kind
def test_corrupt_stream_yields_next_to_all_there_is(kind: str) -> None:
    """Wherever a stream is corrupt, at most the last small step before the damage is missing."""
    whole = _compressed(kind)

    for at in range(1000, len(whole), len(whole) // 9):
        corrupt = whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
        expected, (given, damage) = _all_there_is(kind, corrupt), _given(kind, corrupt)

        assert Damage.CORRUPT == damage
        assert given.startswith(expected) or expected.startswith(given), at
        assert len(expected) - len(given) <= SALVAGE_STEP, at


@_every_kind
def test_wrong_checksum_at_the_end_costs_next_to_nothing(kind: str) -> None:
    """Where nothing but the checksum at the end is wrong, all but the last small step is there."""
    whole = COMPRESSIONS[kind](CONTENT)
    at = {"gz": -6, "bz2": -2, "xz": -30, "zst": -2}[kind]

    given, damage = _given(kind, whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])

    assert Damage.CORRUPT == damage
    assert CONTENT.startswith(given)
    assert len(CONTENT) - len(given) <= SALVAGE_STEP


@_every_kind
def test_what_cannot_be_rewound_is_read_once(kind: str) -> None:
    """In a stream inside a stream, the beginning comes out and the damage is said."""
    whole = _compressed(kind)
    at = len(whole) * 2 // 3
    corrupt = whole[:at] + b"\xff" * 40 + whole[at:]

    given, damage = _given(kind, corrupt, rewindable=False)

    assert (Damage.CORRUPT, True) == (damage, _all_there_is(kind, corrupt).startswith(given))


@pytest.mark.parametrize(
    "error", [zlib.error("bad"), lzma.LZMAError("bad"), EOFError("bad"), OSError("Invalid data stream")]
)
def test_damage_around_a_stream_is_damage(error: Exception) -> None:
    """What an archive around the content raises for bad data is damage, said as such."""
    with pytest.raises(StreamDamagedError, match="the archive around it is damaged") as caught:
        read(_Failing(error), 10)

    assert Damage.CORRUPT == caught.value.damage


def test_a_failing_disk_is_no_damage() -> None:
    """An error of the disk is not taken for bad data."""
    with pytest.raises(OSError, match="Input/output"):
        list(plain(_Failing(OSError(errno.EIO, "Input/output error")), Pace(10)))


class _Failing:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def read1(self, _size: int, /) -> bytes:
        raise self._error

    def peek(self, _size: int, /) -> bytes:
        raise self._error

    def seek(self, _offset: int, /) -> int:
        raise self._error
