"""Whatever a tape is wrapped in, damage is never fatal, never silent, and nothing is made up."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from betflow.wire.stream import decode_market_change
from wrapping import BLOCK, COMPRESSIONS, LINES, Reading, messages, reading, tar, wrappings

_WRAPPINGS = wrappings()
_PARTS = [b"".join(LINES[:2]), b"".join(LINES[2:4]), b"".join(LINES[4:6])]
_MESSAGES = messages(b"".join(_PARTS))

# Their checksums cover every byte of the content, so that damage cannot pass for a message.
_CHECKED = [name for name in _WRAPPINGS if name not in {"plain", "tar"} and not name.startswith("tar of")]

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_CHANGES = st.fixed_dictionaries(
    {"id": _TEXTS},
    optional={
        "img": st.booleans(),
        "tv": st.floats(0, 1e9),
        "rc": st.lists(st.fixed_dictionaries({"id": st.integers(1, 9), "ltp": st.floats(1.01, 1000)})),
        "never heard of": _TEXTS,
    },
)
_MESSAGE = st.fixed_dictionaries(
    {"op": st.just("mcm"), "pt": st.integers(0, 2**50)},
    optional={"clk": st.none() | _TEXTS, "ct": st.just("HEARTBEAT"), "mc": st.lists(_CHANGES, max_size=3)},
)
_OTHER = st.fixed_dictionaries({"op": st.sampled_from(["ocm", "rcm", "status", "connection"])})
_BLANK = st.sampled_from([b"\n", b"\r\n", b" \t\n"])


@st.composite
def _lines(draw: st.DrawFn, content: st.SearchStrategy[dict[str, Any]]) -> bytes:
    text = json.dumps(draw(content), ensure_ascii=draw(st.booleans()))
    return text.encode() + draw(st.sampled_from([b"\n", b"\r\n"]))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a path for a tape that is written anew each time."""
    return tmp_path_factory.mktemp("tapes") / "tape"


def _read(file: Path, content: bytes) -> Reading:
    file.write_bytes(content)
    return reading(file)


def _cut(content: Sequence[bytes], cuts: list[int]) -> list[Sequence[bytes]]:
    borders = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    return [content[start:end] for start, end in itertools.pairwise(borders)]


@pytest.mark.parametrize("name", _WRAPPINGS)
@settings(max_examples=12)
@given(
    lines=st.lists(_lines(_MESSAGE) | _lines(_MESSAGE) | _lines(_OTHER) | _BLANK, max_size=12),
    cuts=st.lists(st.integers(0, 12), max_size=3),
)
def test_messages_come_out_as_they_went_in(
    name: str, file: Path, lines: list[bytes], cuts: list[int]
) -> None:
    """Every message arrives once and in order, and every other line is counted as what it is."""
    parts = [b"".join(part) for part in _cut(lines, cuts)]

    result = _read(file, _WRAPPINGS[name](parts))

    operations = [json.loads(line)["op"] if line.strip() else "" for line in lines]
    expected = [decode_market_change(line) for line, op in zip(lines, operations, strict=True) if op == "mcm"]
    assert expected == result.messages
    assert len(lines) == result.account.lines
    assert operations.count("") == result.account.blank
    assert len(lines) - operations.count("") - len(expected) == result.account.other
    assert {"tape.empty"} >= set(result.codes)


@pytest.mark.parametrize("kind", COMPRESSIONS)
@settings(max_examples=12)
@given(cuts=st.lists(st.integers(0, 7 * BLOCK), max_size=4))
def test_streams_may_begin_anywhere(kind: str, file: Path, cuts: list[int]) -> None:
    """Where the streams of a compressed tar begin and end makes no difference, not even within its head."""
    content = tar({"a": _PARTS[0], "b": _PARTS[1], "c": _PARTS[2]})
    borders = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    streams = [COMPRESSIONS[kind](content[start:end]) for start, end in itertools.pairwise(borders)]

    result = _read(file, b"".join(streams))

    assert ([], _MESSAGES) == (result.findings, result.messages)


@pytest.mark.parametrize("name", _WRAPPINGS)
def test_truncation_anywhere_invents_nothing(name: str, file: Path) -> None:
    """Cut at any byte, a file yields its first messages, and a finding unless nothing is missing."""
    whole, unnoticed = _WRAPPINGS[name](_PARTS), _clean_cuts(name)

    for size in _some_of(len(whole)):
        result = _read(file, whole[:size])

        assert _MESSAGES[: len(result.messages)] == result.messages, size
        assert result.findings or result.messages == _MESSAGES or size in unnoticed, size


def _clean_cuts(name: str) -> set[int]:
    """Return the sizes at which a shorter file of this kind is whole in itself."""
    if name == "plain":
        ends = {*itertools.accumulate(map(len, LINES))}
        return ends | {end - 1 for end in ends}
    if name.startswith("many"):
        return {len(_WRAPPINGS[name](_PARTS[:count])) for count in range(1, len(_PARTS))}
    return set()


@pytest.mark.parametrize("name", ["plain", "tar", "tar of bz2"])
def test_corruption_without_a_checksum_is_survived(name: str, file: Path) -> None:
    """A flipped bit in plain content, whichever it is, raises nothing, and the account adds up."""
    whole = _WRAPPINGS[name](_PARTS)

    for at in _some_of(len(whole)):
        result = _read(file, _flipped(whole, at, 1 << at % 8))

        assert len(_MESSAGES) >= len(result.messages), at


@pytest.mark.parametrize("mask", [0x01, 0x80])
@pytest.mark.parametrize("name", _CHECKED)
def test_corruption_of_what_has_a_checksum_is_never_silent(name: str, mask: int, file: Path) -> None:
    """Whichever byte of a checked container is altered, every message arrives or there is a finding."""
    whole = _WRAPPINGS[name](_PARTS)

    for at in range(len(whole)):
        result = _read(file, _flipped(whole, at, mask))

        assert result.findings or result.messages == _MESSAGES, at


@pytest.mark.parametrize("mask", [0x01, 0xFF])
def test_damaged_header_in_a_tar_is_never_silent(mask: int, file: Path) -> None:
    """Each header of a tar has a checksum: where it is wrong, what follows is lost, and a finding says so."""
    whole = tar({"a": _PARTS[0], "b": _PARTS[1], "c": _PARTS[2]})

    for at in (header * 2 * BLOCK + byte for header in range(3) for byte in range(BLOCK)):
        result = _read(file, _flipped(whole, at, mask))

        assert result.findings or result.messages == _MESSAGES, at


@settings(max_examples=150)
@given(
    name=st.sampled_from(sorted(_WRAPPINGS)),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6)), max_size=4),
)
def test_any_damage_is_survived(name: str, file: Path, places: list[tuple[float, bytes]]) -> None:
    """Bytes written over a file at random raise nothing, and the account adds up."""
    content = bytearray(_WRAPPINGS[name](_PARTS))
    for place, garbage in places:
        at = int(place * len(content))
        content[at : at + len(garbage)] = garbage

    result = _read(file, bytes(content))

    assert result.account.lines >= len(result.messages)


@settings(max_examples=100)
@given(content=st.binary(max_size=2000))
def test_any_bytes_can_be_read(file: Path, content: bytes) -> None:
    """Whatever a file holds, reading it raises nothing, and what is no message is a finding."""
    result = _read(file, content)

    assert result.findings or result.messages or result.account.other


def _some_of(size: int) -> range:
    """Return every place in a small file, every second, third … in a larger one: a tar is mostly padding."""
    return range(0, size, 1 + size // 250)


def _flipped(content: bytes, at: int, mask: int) -> bytes:
    return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]
