"""A zip without its directory is read by the header before each member, whatever those headers claim."""

import bz2
import io
import signal
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from betflow.errors import Finding
from betflow.tape import Limits, tapes
from wrapping import (
    COMPRESSIONS,
    CONTENT,
    ZIP_METHODS,
    Reading,
    line,
    messages,
    open_files,
    reading,
    tar,
    zipped,
)

LONG_ENOUGH_S = 30
PARTS = [line(1) + line(2), line(3), line(4) + line(5)]
MESSAGES = messages(b"".join(PARTS))
LOST_BEHIND_GARBAGE = (
    "at byte 138 is no member and no directory; the member before it was read, what is behind is lost"
)
NAMED = {"a": PARTS[0], "folder/": b"", "b": PARTS[1], "c": PARTS[2]}


@pytest.fixture(autouse=True)
def _no_end() -> Iterator[None]:
    """Fail a test that a hostile file keeps busy for ever."""

    def too_long(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LONG_ENOUGH_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


class _Pipe(io.RawIOBase):
    """What cannot be sought, so that sizes are written behind the content."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, chunk: object, /) -> int:
        piece = bytes(chunk)  # type: ignore[call-overload]  # a buffer, says the base class
        self.written += piece
        return len(piece)


def piped(members: dict[str, bytes], method: int, *, large: bool = False) -> bytes:
    """Return a zip as a program writes it into a pipe."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            with archive.open(entry, "w", force_zip64=large) as member:
                member.write(content)
    return bytes(pipe.written)


def header(  # noqa: PLR0913 - as many fields as the format has
    content: bytes,
    *,
    name: bytes = b"x",
    size: int | None = None,
    expanded: int | None = None,
    checksum: int | None = None,
    flags: int = 0,
    method: int = zipfile.ZIP_STORED,
    extra: bytes = b"",
) -> bytes:
    """Return a member as it stands in a zip, with whatever its header is to claim."""
    fields = (
        *(20, flags, method, 0, 0),
        zlib.crc32(content) if checksum is None else checksum,
        len(content) if size is None else size,
        len(content) if expanded is None else expanded,
        *(len(name), len(extra)),
    )
    return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name + extra + content


def _read(folder: Path, content: bytes, limits: Limits | None = None) -> Reading:
    (folder / "tape").write_bytes(content)
    return reading(folder / "tape", limits or Limits())


def _whole_before(ends: Sequence[int], cut: int) -> int:
    return sum(len(messages(part)) for part, end in zip(PARTS, ends, strict=True) if end <= cut)


def _ends(content: bytes) -> list[int]:
    """Return where each member ends, the one before the directory last."""
    starts = [at for at in range(len(content)) if content.startswith((b"PK\3\4", b"PK\1\2"), at)]
    return [starts[1], *starts[3:5]]  # behind a comes the folder


@pytest.mark.parametrize("method", ZIP_METHODS)
def test_every_whole_member_is_read_wherever_a_zip_is_cut(method: str, tmp_path: Path) -> None:
    """Cut at any byte, a zip yields all its whole members, the beginning of the cut one, and one finding."""
    content = zipped(NAMED, ZIP_METHODS[method])
    ends = _ends(content)

    for cut in range(4, len(content)):
        result = _read(tmp_path, content[:cut])

        assert MESSAGES[: len(result.messages)] == result.messages, cut
        assert _whole_before(ends, cut) <= len(result.messages), cut
        assert 1 == len([code for code in result.codes if code != "tape.half-line"]), cut


@pytest.mark.parametrize("large", [False, True])
def test_sizes_that_stand_behind_the_content_are_found(tmp_path: Path, *, large: bool) -> None:
    """A zip that was written into a pipe is read without its directory too, whole members and cut one."""
    content = piped(NAMED, zipfile.ZIP_STORED, large=large)
    directory = content.index(b"PK\1\2")

    for cut in range(4, len(content)):
        result = _read(tmp_path, content[:cut])

        assert MESSAGES[: len(result.messages)] == result.messages, cut
        assert cut < directory or MESSAGES == result.messages, cut
        assert 1 == len([code for code in result.codes if code != "tape.half-line"]), cut


@pytest.mark.parametrize("method", ["deflate", "bzip2", "lzma"])
def test_compressed_members_from_a_pipe_are_read(method: str, tmp_path: Path) -> None:
    """Where sizes stand behind compressed content, every member is read without the directory."""
    whole = piped(NAMED, ZIP_METHODS[method])

    result = _read(tmp_path, whole[: whole.index(b"PK\1\2")])

    assert (MESSAGES, ["tape.corrupt"]) == (result.messages, result.codes)


@pytest.mark.parametrize("method", ["stored", "deflate"])
@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_compressed_tape_in_a_cut_member_is_read_as_far_as_it_goes(
    kind: str, method: str, tmp_path: Path
) -> None:
    """Of a compressed tape that the end of a zip cuts in two, at least what one may expect comes out."""
    content = b"".join(b'{"op":"mcm","pt":%d}\n' % (number**5 % 1_000_003 + 1) for number in range(60_000))
    packed = bz2.compress(content, 1) if kind == "bz2" else COMPRESSIONS[kind](content)
    whole = zipped({"a": CONTENT, "b": packed}, ZIP_METHODS[method])

    result = _read(tmp_path, whole[: len(whole) * 2 // 3])

    before = len(messages(CONTENT))
    assert messages(CONTENT) + messages(content)[: len(result.messages) - before] == result.messages
    assert len(result.messages) > 60_000 // 4
    assert "tape.truncated" in result.codes


def _finding(result: Reading) -> Finding:
    [finding] = [each for each in result.findings if each.code != "tape.half-line"]
    return finding


def test_finding_of_a_cut_member_says_what_is_lost_and_what_to_do(tmp_path: Path) -> None:
    """The finding names the member that is cut, says what became of the others, and what to do next."""
    content = zipped(NAMED, zipfile.ZIP_STORED)

    finding = _finding(_read(tmp_path, content[: _ends(content)[1] - 5]))

    assert ("tape.truncated", f"{tmp_path / 'tape'}!b") == (finding.code, finding.subject)
    assert (
        "The zip archive breaks off in this member; those before it were read, "
        "any behind it are missing. Get the file again from where it came."
    ) == finding.message


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (
            lambda content: content[:-1],
            "the directory at its end, at byte 399, is cut off or wrong; the 4 members before it were read",
        ),
        (
            lambda content: content[: content.index(b"PK\1\2")],
            "it breaks off at byte 399; the 4 members before it were read, what came behind is missing",
        ),
        (
            lambda content: content[: _ends(content)[0]] + b"garbage",
            LOST_BEHIND_GARBAGE,
        ),
    ],
    ids=["directory", "between", "garbage"],
)
def test_finding_of_a_lost_directory_says_what_was_read(
    cut: Callable[[bytes], bytes], expected: str, tmp_path: Path
) -> None:
    """Where no member is cut, the archive's finding says where it breaks off, what was read, what to do."""
    finding = _finding(_read(tmp_path, cut(zipped(NAMED, zipfile.ZIP_STORED))))

    assert ("tape.corrupt", str(tmp_path / "tape")) == (finding.code, finding.subject)
    assert (
        f"The zip archive is damaged: {expected}. Get the file again from where it came."
    ) == finding.message


@pytest.mark.parametrize("flags", [0, 8])
@pytest.mark.parametrize("size", [0xFFFFFFFF, 0xFFFFFFFE, 1 << 20])
def test_size_beyond_the_end_is_the_end(size: int, flags: int, tmp_path: Path) -> None:
    """A member that claims to be larger than the file is read to the end of the file."""
    result = _read(tmp_path, header(CONTENT, size=size, flags=flags))

    assert (messages(CONTENT), ["tape.truncated"]) == (result.messages, result.codes)


def test_size_of_64_bits_is_believed_as_far_as_the_file_goes(tmp_path: Path) -> None:
    """A member that claims exabytes is read to the end of the file."""
    extra = struct.pack("<HHQQ", 1, 16, 2**64 - 1, 2**64 - 1)

    result = _read(tmp_path, header(CONTENT, size=0xFFFFFFFF, expanded=0xFFFFFFFF, extra=extra))

    assert (messages(CONTENT), ["tape.truncated"]) == (result.messages, result.codes)


def test_size_of_64_bits_is_where_the_header_says(tmp_path: Path) -> None:
    """A member whose sizes stand in the attribute for large ones, behind another, is read by them."""
    extra = b"\1\2\3\0abc" + struct.pack("<HHQQ", 1, 16, len(CONTENT), len(CONTENT))
    first = header(CONTENT, size=0xFFFFFFFF, expanded=0xFFFFFFFF, extra=extra)

    result = _read(tmp_path, first + header(CONTENT))

    assert (2 * messages(CONTENT), ["tape.corrupt"]) == (result.messages, result.codes)


@pytest.mark.parametrize("extra", [b"\1", b"\1\0\x10\0", b"\1\0\xff\xff" + bytes(9), bytes(65_535)])
def test_attributes_that_make_no_sense_are_passed_over(extra: bytes, tmp_path: Path) -> None:
    """Attributes that are cut off, or claim to be longer than they are, cost nothing."""
    result = _read(tmp_path, header(CONTENT, extra=extra) + header(CONTENT))

    assert 2 * messages(CONTENT) == result.messages


def test_members_inside_members_are_content(tmp_path: Path) -> None:
    """What looks like a header inside the content of another member is content, and read once."""
    inner = header(CONTENT, name=b"inner")

    result = _read(tmp_path, header(CONTENT + inner, name=b"outer") + header(CONTENT))

    assert 2 * messages(CONTENT) == result.messages[:8] + result.messages[-8:]
    assert 2 * 8 + 7 == len(result.messages)  # of the inner one, the first stands on the line of its header


def test_size_that_is_too_small_costs_its_member_only_what_it_hides(tmp_path: Path) -> None:
    """A member that claims to be shorter than it is gives what it claims, and what follows is no member."""
    result = _read(tmp_path, header(CONTENT, size=len(line(1)), expanded=len(line(1)), checksum=0))

    assert messages(line(1))[: len(result.messages)] == result.messages
    assert result.findings


@pytest.mark.parametrize("name", [b"../../evil", b"/evil", b"\xff\xfe", b"x" * 65_535, b"a\0b", b""])
@pytest.mark.parametrize("flags", [0, 0x800])
def test_hostile_names_are_only_labels(name: bytes, flags: int, tmp_path: Path) -> None:
    """Whatever a member is called, its messages are read and nothing is written anywhere."""
    folder = tmp_path / "some" / "folder"
    folder.mkdir(parents=True)

    result = _read(folder, header(CONTENT, name=name, flags=flags))

    assert messages(CONTENT) == result.messages
    assert [tmp_path / "some", folder, folder / "tape"] == sorted(tmp_path.rglob("*"))


def test_encrypted_member_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    """Without the directory too, an encrypted member is a finding that says so, and the others are read."""
    result = _read(tmp_path, header(CONTENT, flags=1) + header(CONTENT))

    assert (messages(CONTENT), ["tape.unsupported", "tape.corrupt"]) == (result.messages, result.codes)
    assert "encrypted" in result.findings[0].message


@pytest.mark.parametrize("size", [None, 1 << 20])
def test_unknown_compression_is_refused(size: int | None, tmp_path: Path) -> None:
    """A member in a compression that is not known here is a finding, whole or cut."""
    result = _read(tmp_path, header(CONTENT, method=97, size=size))

    assert ([], "tape.unsupported") == (result.messages, result.codes[0])


def test_wrong_checksum_is_a_finding(tmp_path: Path) -> None:
    """A member without a directory is held to the checksum in its header."""
    result = _read(tmp_path, header(CONTENT, checksum=1) + header(CONTENT))

    assert ["tape.corrupt", "tape.corrupt"] == result.codes
    assert messages(CONTENT) == result.messages[-8:]


def test_bomb_in_a_cut_zip_is_left(tmp_path: Path) -> None:
    """The limit of expansion is that of any other file."""
    content = zipped({str(number): bytes(1 << 20) for number in range(8)})

    result = _read(tmp_path, content[: content.index(b"PK\1\2")], Limits(ratio=10, free=4 << 20))

    assert "tape.expands-too-much" in result.codes


def test_many_headers_without_content_are_walked_once(tmp_path: Path) -> None:
    """A file of nothing but headers of folders ends in one finding."""
    result = _read(tmp_path, header(b"", name=b"a/") * 50_000)

    assert ["tape.corrupt"] == result.codes


def test_many_headers_that_promise_sizes_behind_them_are_walked_once(tmp_path: Path) -> None:
    """Headers whose sizes are to follow and never do are content of the first, not searched for each."""
    result = _read(tmp_path, header(CONTENT, flags=8, size=0) + header(b"", flags=8) * 50_000)

    assert (messages(CONTENT), 1) == (result.messages, result.codes.count("tape.truncated"))


def test_cut_zip_in_a_plain_tar_is_read(tmp_path: Path) -> None:
    """A cut zip in a tar is read in its place, and the members of the tar behind it too."""
    cut = zipped(NAMED)[:-10]

    result = _read(tmp_path, tar({"a": cut, "b": CONTENT}))

    assert MESSAGES + messages(CONTENT) == result.messages


def test_cut_zip_in_a_compressed_zip_is_refused(tmp_path: Path) -> None:
    """Where going back means expanding all anew, a zip without a directory is not searched for members."""
    cut = zipped(NAMED, zipfile.ZIP_STORED)[:-10]

    assert MESSAGES == _read(tmp_path, zipped({"a": cut}, zipfile.ZIP_STORED)).messages
    assert ([], ["tape.corrupt"]) == (
        (result := _read(tmp_path, zipped({"a": cut}))).messages,
        result.codes,
    )


def test_file_is_closed_behind_a_cut_zip(tmp_path: Path) -> None:
    """A zip without a directory leaves no open file, also where one stops after its first member."""
    _read(tmp_path, zipped(NAMED)[:-10])
    found = tapes(tmp_path / "tape")
    next(found).close()
    found.close()

    assert [] == open_files(tmp_path)
