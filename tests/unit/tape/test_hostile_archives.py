"""Archives from outside are taken as hostile: nothing is followed, written, believed or held in memory."""

import io
import lzma
import signal
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from betflow.tape import Limits, tapes
from betflow.tape.containers import ENTRY_COST
from wrapping import (
    BLOCK,
    COMPRESSIONS,
    CONTENT,
    ZIP_METHODS,
    Reading,
    entry,
    messages,
    open_files,
    reading,
    tar,
    zipped,
)

MIB = 1 << 20
LONG_ENOUGH_S = 30
END = bytes(2 * BLOCK)


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


def _read(folder: Path, content: bytes, limits: Limits | None = None) -> Reading:
    (folder / "tape").write_bytes(content)
    return reading(folder / "tape", limits or Limits())


def _labels(folder: Path, content: bytes) -> list[str]:
    (folder / "tape").write_bytes(content)
    return [tape.label.removeprefix(str(folder / "tape")) for tape in tapes(folder / "tape")]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_not_followed(kind: bytes, tmp_path: Path) -> None:
    """What a link or device in a tar points to is not read, and the members around it are."""
    (tmp_path / "secret").write_bytes(CONTENT)
    content = entry("a", CONTENT) + entry("b", kind=kind, link=str(tmp_path / "secret")) + entry("c", CONTENT)

    result = _read(tmp_path, content + END)

    assert ([], 2 * messages(CONTENT)) == (result.findings, result.messages)


@pytest.mark.parametrize(
    "name", ["../../evil", "/evil", "C:\\evil", "a!b", "evil\n", "\x1b[2J", "~/evil", "é"]
)
@pytest.mark.parametrize("wrap", [tar, zipped])
def test_hostile_names_are_only_labels(wrap: object, name: str, tmp_path: Path) -> None:
    """Whatever a member is called, its messages are read and nothing is written anywhere."""
    assert callable(wrap)
    content = wrap({name: CONTENT})
    folder = tmp_path / "some" / "folder"
    folder.mkdir(parents=True)

    result = _read(folder, content)

    assert ([], messages(CONTENT)) == (result.findings, result.messages)
    assert [f"!{name}"] == _labels(folder, content)
    assert [tmp_path / "some", folder, folder / "tape"] == sorted(tmp_path.rglob("*"))


def test_folders_in_archives_are_no_tapes(tmp_path: Path) -> None:
    """A folder in a tar or zip is passed over."""
    folder_in_tar = entry("PRO", kind=tarfile.DIRTYPE) + entry("PRO/a", CONTENT) + END

    assert ["!PRO/a"] == _labels(tmp_path, folder_in_tar)
    assert ["!PRO/a"] == _labels(tmp_path, zipped({"PRO/": b"", "PRO/a": CONTENT}))


def test_names_say_where_a_tape_is(tmp_path: Path) -> None:
    """A tape in an archive in an archive is labelled with the way to it, outermost first."""
    inner = tar({"day/1.1": COMPRESSIONS["bz2"](CONTENT)})

    assert ["!month!day/1.1"] == _labels(tmp_path, COMPRESSIONS["gz"](tar({"month": inner})))


@pytest.mark.parametrize(
    "content",
    [END, COMPRESSIONS["gz"](b""), zipped({}), entry("folder", kind=tarfile.DIRTYPE) + END, b"\xef\xbb\xbf"],
    ids=["tar", "gz", "zip", "folder", "mark"],
)
def test_nothing_in_it_is_a_finding(content: bytes, tmp_path: Path) -> None:
    """A container with nothing in it is one finding, whatever the container."""
    result = _read(tmp_path, content)

    assert 1 == len(result.findings)
    assert [] == result.messages


def test_zip_inside_a_stream_is_refused_with_a_way_out(tmp_path: Path) -> None:
    """A zip in a gz cannot be streamed: the finding says so and what to do, the other tapes are read."""
    result = _read(
        tmp_path, COMPRESSIONS["gz"](tar({"a": CONTENT, "b": zipped({"c": CONTENT}), "d": CONTENT}))
    )

    assert ["tape.unsupported"] == result.codes
    assert "unpack it" in result.findings[0].message
    assert str(tmp_path / "tape!b") == result.findings[0].subject
    assert 2 * messages(CONTENT) == result.messages


def test_zip_inside_a_plain_tar_is_read(tmp_path: Path) -> None:
    """A zip in a tar that is not compressed can be read in its place."""
    assert messages(CONTENT) == _read(tmp_path, tar({"a": zipped({"b": CONTENT})})).messages


def _patched(content: bytes, *, local: int, central: int, byte: int) -> bytes:
    """Write a byte into the local header and into the directory entry of a zip's first member."""
    result = bytearray(content)
    result[content.index(b"PK\3\4") + local] = byte
    result[content.index(b"PK\1\2") + central] = byte
    return bytes(result)


def test_encrypted_member_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    """An encrypted member of a zip is a finding that says so, and the others are read."""
    content = _patched(zipped({"a": CONTENT, "b": CONTENT}), local=6, central=8, byte=1)

    result = _read(tmp_path, content)

    assert ["tape.unsupported"] == result.codes
    assert "encrypted" in result.findings[0].message
    assert messages(CONTENT) == result.messages


def test_unknown_compression_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    """A member of a zip in a compression that is not known here is a finding, and the others are read."""
    content = _patched(zipped({"a": CONTENT, "b": CONTENT}), local=8, central=10, byte=97)

    result = _read(tmp_path, content)

    assert ["tape.unsupported"] == result.codes
    assert messages(CONTENT) == result.messages


def test_zip_version_of_the_future_is_a_finding(tmp_path: Path) -> None:
    """A zip that says it needs a program of the future is refused, not fatal."""
    result = _read(tmp_path, _patched(zipped({"a": CONTENT}), local=4, central=6, byte=99))

    assert ["tape.unsupported"] == result.codes


def test_directory_that_leads_nowhere_is_a_finding(tmp_path: Path) -> None:
    """A zip whose end points before the beginning of the file is damaged, not fatal."""
    content = bytearray(zipped({"a": CONTENT}))
    content[-10:-6] = struct.pack("<L", 0x7FFFFFFF)

    assert ["tape.corrupt"] == _read(tmp_path, bytes(content)).codes


def test_members_that_the_directory_lacks_are_a_finding(tmp_path: Path) -> None:
    """Where a comment of the directory swallows the entries behind it, their loss is not silent."""
    content = bytearray(zipped({"a": CONTENT, "b": CONTENT}))
    content[content.index(b"PK\1\2") + 33] = 0x80

    assert ["tape.corrupt"] == _read(tmp_path, bytes(content)).codes


def test_content_of_what_calls_itself_a_folder_is_not_lost(tmp_path: Path) -> None:
    """A member of a zip whose name ends with a slash but that has content is read, or a finding."""
    result = _read(tmp_path, zipped({"a/": CONTENT}))

    assert result.findings or messages(CONTENT) == result.messages


def test_tar_without_its_end_is_a_finding(tmp_path: Path) -> None:
    """A tar that was cut between two members may have had more: that is said."""
    result = _read(tmp_path, entry("a", CONTENT))

    assert (["tape.corrupt"], messages(CONTENT)) == (result.codes, result.messages)


@pytest.mark.parametrize("size", [-BLOCK, -2 * BLOCK, -1])
def test_size_below_zero_is_damage(size: int, tmp_path: Path) -> None:
    """A tar whose header leads back to itself is left, not read for ever."""
    header = tarfile.TarInfo("b")
    header.size = size
    (tmp_path / "tape").write_bytes(entry("a", CONTENT) + header.tobuf(tarfile.GNU_FORMAT) + END)

    found = []
    for tape in tapes(tmp_path / "tape"):
        found += [*tape.messages(), *tape.findings]
        assert len(found) < 100

    assert [*messages(CONTENT), "tape.corrupt"] == [getattr(each, "code", each) for each in found]


@pytest.mark.parametrize("wrap", [bytes, COMPRESSIONS["gz"]], ids=["tar", "tar.gz"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("GNU.sparse.map", "x,y"),
        ("GNU.sparse.map", "0,5,-3,5"),
        ("GNU.sparse.size", "many"),
        ("GNU.sparse.realsize", "many"),
        ("size", "99999999999999999999999"),
        ("size", "-512"),
        ("size", "many"),
        ("path", "a\0b"),
    ],
)
def test_nonsense_in_the_attributes_of_a_tar_is_survived(
    wrap: object, key: str, value: str, tmp_path: Path
) -> None:
    """Extended attributes that make no sense raise nothing."""
    assert callable(wrap)
    header = tarfile.TarInfo("a")
    header.size = len(CONTENT)
    header.pax_headers = {key: value}
    content = header.tobuf(tarfile.PAX_FORMAT) + CONTENT + bytes(-len(CONTENT) % BLOCK) + END

    result = _read(tmp_path, wrap(content), Limits(free=MIB))

    assert result.findings or messages(CONTENT) == result.messages


def _peak(folder: Path, content: bytes, limits: Limits) -> tuple[int, list[str]]:
    """Read a file; return the most memory that was in use meanwhile, in MiB, and the findings' codes."""
    (folder / "tape").write_bytes(content)
    codes = []
    tracemalloc.start()
    try:
        for tape in tapes(folder / "tape", limits=limits):
            for _message in tape.messages():
                pass
            codes += [finding.code for finding in tape.findings]
        return tracemalloc.get_traced_memory()[1] // MIB, codes
    finally:
        tracemalloc.stop()


def _many(compress: object, unit: bytes, times: int) -> bytes:
    """Return a bomb: streams one after the other, so that making it takes no memory either."""
    assert callable(compress)
    return bytes(compress(unit)) * times


BOMB = Limits(ratio=10, free=96 * MIB)


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_bomb_of_zeros_ends_in_a_finding_with_flat_memory(kind: str, tmp_path: Path) -> None:
    """Zeros without end are left at the limit, in a fraction of the memory that they would fill."""
    peak, codes = _peak(tmp_path, _many(COMPRESSIONS[kind], bytes(8 * MIB), 14), BOMB)

    assert ["tape.expands-too-much"] == codes
    assert peak < 64


@pytest.mark.parametrize("kind", ZIP_METHODS)
def test_bomb_in_a_zip_ends_in_a_finding_with_flat_memory(kind: str, tmp_path: Path) -> None:
    """A zip of zeros, however compressed, is left at the limit and never expanded at once."""
    content = zipped({"a": bytes(112 * MIB)} if kind != "stored" else {"a": CONTENT}, ZIP_METHODS[kind])

    peak, codes = _peak(tmp_path, content, Limits(ratio=10, free=96 * MIB))

    assert [] == codes if kind == "stored" else ["tape.expands-too-much"] == codes
    assert peak < 64


def test_bomb_in_a_bomb_ends_in_a_finding(tmp_path: Path) -> None:
    """What a stream inside a stream expands to counts as well."""
    content = COMPRESSIONS["gz"](_many(COMPRESSIONS["bz2"], bytes(8 * MIB), 14))

    peak, codes = _peak(tmp_path, content, BOMB)

    assert ["tape.expands-too-much"] == codes
    assert peak < 64


def test_bomb_of_members_counts_as_one(tmp_path: Path) -> None:
    """The limit is for the file: members that stay below it one by one are a bomb together."""
    content = zipped({str(number): bytes(MIB) for number in range(8)})

    result = _read(tmp_path, content, Limits(ratio=10, free=4 * MIB))

    assert {"tape.expands-too-much"} == {code for code in result.codes if code != "tape.half-line"}


@pytest.mark.parametrize("member", [b"", b"x"])
@pytest.mark.parametrize("wrap", [tar, lambda members: COMPRESSIONS["gz"](tar(members)), zipped])
def test_bomb_of_entries_is_left(wrap: object, member: bytes, tmp_path: Path) -> None:
    """An archive of very many members with next to nothing in them ends in a finding, its beginning read."""
    assert callable(wrap)
    content = wrap({"tape": CONTENT, **{str(number): member for number in range(200)}})

    result = _read(tmp_path, content, Limits(ratio=0, free=100 * ENTRY_COST))

    assert messages(CONTENT) == result.messages
    assert "tape.expands-too-much" == result.codes[-1]
    assert 100 >= len(result.codes)


def test_folders_of_a_tar_count_too(tmp_path: Path) -> None:
    """An archive of nothing but folders is left at the limit like any other."""
    folders = b"".join(entry(f"folder-{number}", kind=tarfile.DIRTYPE) for number in range(200))

    assert ["tape.expands-too-much"] == _read(tmp_path, folders, Limits(ratio=0, free=100 * ENTRY_COST)).codes


def test_a_good_tape_may_expand_as_the_ratio_allows(tmp_path: Path) -> None:
    """Below the ratio a file may be as large as it likes; `free` is for files that are small."""
    content = COMPRESSIONS["gz"](CONTENT)
    ratio = len(CONTENT) // len(content) + 1

    assert [] == _read(tmp_path, content, Limits(ratio=ratio, free=0)).codes
    assert ["tape.expands-too-much"] == _read(tmp_path, content, Limits(ratio=1, free=0)).codes


def test_nesting_has_a_limit(tmp_path: Path) -> None:
    """Containers may be nested as deep as the limit says; much deeper they are refused."""
    content = CONTENT
    for _ in range(3):
        content = COMPRESSIONS["gz"](content)

    assert [] == _read(tmp_path, content, Limits(depth=3)).codes
    assert ["tape.unsupported"] == _read(tmp_path, content, Limits(depth=1)).codes


def test_long_names_are_not_held(tmp_path: Path) -> None:
    """A tar that claims a name of 64 MiB is damaged; the name is not read into memory."""
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 64 * MIB
    content = COMPRESSIONS["gz"](
        header.tobuf(tarfile.GNU_FORMAT) + bytes(64 * MIB) + entry("a", CONTENT) + END
    )

    peak, codes = _peak(tmp_path, content, Limits())

    assert ["tape.corrupt"] == codes
    assert peak < 16


def test_headers_are_not_kept(tmp_path: Path) -> None:
    """The memory for a tar does not grow with the number of its members."""
    folders = b"".join(entry(f"folder-{number}", kind=tarfile.DIRTYPE) for number in range(5_000))

    peak, codes = _peak(tmp_path, COMPRESSIONS["gz"](folders + entry("a", CONTENT) + END), Limits())

    assert [] == codes
    assert peak < 2


def test_archives_are_closed_behind_the_last_member(tmp_path: Path) -> None:
    """A tar or zip that was read leaves no open file."""
    for content in (tar({"a": CONTENT, "b": CONTENT}), zipped({"a": CONTENT, "b": CONTENT})):
        _read(tmp_path, content)

        assert [] == open_files(tmp_path)


def test_zip_may_stand_behind_other_bytes(tmp_path: Path) -> None:
    """A zip with a comment, or made by another program's rules, is read by its directory."""
    buffer = io.BytesIO(zipped({"a": CONTENT}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"made by hand"

    assert ([], messages(CONTENT)) == (
        (result := _read(tmp_path, buffer.getvalue())).findings,
        result.messages,
    )


def _asking_for(megabytes: int, kind: str) -> bytes:
    """Compress a tape so that expanding it takes so much memory, whatever is in it."""
    if kind == "xz":
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": megabytes * MIB}]
        return lzma.compress(CONTENT, filters=filters)
    parameters = zstandard.ZstdCompressionParameters(window_log=(megabytes * MIB).bit_length() - 1)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return stream.compress(CONTENT) + stream.flush()


@pytest.mark.parametrize("kind", ["xz", "zst"])
def test_stream_may_ask_for_so_much_memory_only(kind: str, tmp_path: Path) -> None:
    """What needs 64 MiB to be expanded is read; what asks for more is a finding and takes none."""
    assert messages(CONTENT) == _read(tmp_path, _asking_for(64, kind)).messages

    refused = _read(tmp_path, _asking_for(128, kind))

    assert [] == refused.messages
    assert ["tape.unsupported"] == refused.codes
    assert "more than 96 MiB of memory" in refused.findings[0].message


def test_file_of_holes_ends_at_the_limit(tmp_path: Path) -> None:
    """A file that is as large as one likes and takes no space counts for the space that it takes."""
    with (tmp_path / "tape").open("wb") as file:
        file.truncate(200 << 30)
    if (tmp_path / "tape").stat().st_blocks * 512 > MIB:
        pytest.skip("this file system has no holes")

    result = reading(tmp_path / "tape", BOMB)

    assert ["tape.expands-too-much"] == result.codes
