"""Compressed streams are expanded in small steps, and give all that they hold before damage."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from betflow.tape.compression import (
    EXPANDERS,
    STEP,
    Damage,
    Expander,
    Pace,
    StreamDamagedError,
    bunzip2,
    gunzip,
    salvaged,
    unxz,
    unzstd,
)
from wrapping import CONTENT, messages, reading, skippable

TEXT = b"".join(b'{"op":"mcm","pt":%d}\n' % number for number in range(20_000))

KINDS: dict[str, tuple[Callable[[bytes], bytes], Expander]] = {
    "bz2": (bz2.compress, bunzip2),
    "gz": (gzip.compress, gunzip),
    "xz": (lzma.compress, unxz),
    "zst": (zstandard.ZstdCompressor().compress, unzstd),
}

every_kind = pytest.mark.parametrize(("compress", "expand"), KINDS.values(), ids=KINDS.keys())


def opened(content: bytes) -> io.BufferedReader:
    """Return bytes as an open file."""
    return io.BufferedReader(io.BytesIO(content))


@every_kind
def test_expanded_whole(compress: Callable[[bytes], bytes], expand: Expander) -> None:
    """What was compressed comes out as it was."""
    assert TEXT == b"".join(expand(opened(compress(TEXT)), Pace(STEP)))


@every_kind
def test_streams_one_after_the_other_are_one(compress: Callable[[bytes], bytes], expand: Expander) -> None:
    """Several streams in one file count as one, also with zeros between them."""
    content = compress(b"first ") + bytes(512) + compress(b"second")

    assert b"first second" == b"".join(expand(opened(content), Pace(STEP)))


@every_kind
def test_truncated_stream_gives_what_it_has(compress: Callable[[bytes], bytes], expand: Expander) -> None:
    """A stream that ends in the middle gives its beginning, then says so."""
    content = compress(TEXT)
    given: list[bytes] = []

    with pytest.raises(StreamDamagedError) as caught:
        given.extend(expand(opened(content[: len(content) * 2 // 3]), Pace(STEP)))

    assert Damage.TRUNCATED == caught.value.damage
    assert TEXT.startswith(b"".join(given))


@every_kind
def test_garbage_behind_the_stream_is_damage(compress: Callable[[bytes], bytes], expand: Expander) -> None:
    """Bytes behind the end that are no further stream are damage; the stream itself is given."""
    given: list[bytes] = []

    with pytest.raises(StreamDamagedError) as caught:
        given.extend(expand(opened(compress(TEXT) + b"garbage"), Pace(STEP)))

    assert (Damage.CORRUPT, TEXT) == (caught.value.damage, b"".join(given))


@every_kind
def test_bomb_comes_in_small_pieces(compress: Callable[[bytes], bytes], expand: Expander) -> None:
    """However much a few bytes hold, no piece is much larger than the step."""
    pieces = expand(opened(compress(bytes(32 << 20))), Pace(STEP))

    assert max(map(len, pieces)) <= STEP * 160


@every_kind
def test_the_beginning_costs_little(compress: Callable[[bytes], bytes], expand: Expander) -> None:
    """Whoever looks only at the beginning of a stream has no more expanded than a few small steps."""
    pieces = expand(opened(compress(TEXT * 4)), Pace(64 * STEP))

    assert len(next(pieces)) <= 4 * STEP


def test_corruption_costs_only_what_comes_behind_it() -> None:
    """Everything before a corrupt place is got out, as far as a decompressor can."""
    content = bytearray(gzip.compress(TEXT))
    content[len(content) * 3 // 4] ^= 0xFF
    given: list[bytes] = []

    with pytest.raises(StreamDamagedError):
        given.extend(salvaged(opened(bytes(content)), gunzip, rewindable=True))

    assert len(b"".join(given)) > len(TEXT) // 2
    assert TEXT.startswith(b"".join(given)[: len(TEXT) // 2])


def test_kinds_are_told_by_their_first_bytes() -> None:
    """Each kind of compression is known by the bytes that a stream of it begins with."""
    for compress, expand in KINDS.values():
        [found] = [each for magic, each in EXPANDERS.items() if compress(CONTENT).startswith(magic)]
        assert expand is found


@pytest.mark.parametrize("kind", range(16))
def test_frames_that_zstd_passes_over_are_passed_over(kind: int, tmp_path: Path) -> None:
    """A frame without content, of any kind, before, between and behind the others, is nothing."""
    nothing, frame = skippable(b"size", kind), zstandard.ZstdCompressor().compress(CONTENT)
    (tmp_path / "tape").write_bytes(nothing + frame + 2 * nothing + frame + nothing)

    assert ([], 2 * messages(CONTENT)) == (
        (result := reading(tmp_path / "tape")).findings,
        result.messages,
    )


@pytest.mark.parametrize("content", [skippable(bytes(9)), skippable(bytes(9))[:7], skippable(b"")])
def test_nothing_but_frames_without_content_is_a_finding(content: bytes, tmp_path: Path) -> None:
    """A file of nothing but frames without content is empty, or truncated in one of them."""
    (tmp_path / "tape").write_bytes(content)

    assert 1 == len(reading(tmp_path / "tape").findings)
