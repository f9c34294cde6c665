"""What tapes come wrapped in is unwrapped, with nothing written and nothing followed."""

import bz2
import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from betflow.errors import NotFoundError
from betflow.tape.compression import Damage, StreamDamagedError
from betflow.tape.containers import Limits, members
from betflow.tape.parts import tar_parts
from recordings import recording
from wrapping import old_tar

TEXT = recording()


def tar_of(files: dict[str, bytes], mode: str = "w") -> bytes:
    """Return a tar of files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]  # a mode is a mode
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def contents(path: Path, limits: Limits | None = None) -> dict[str, bytes]:
    """Return the content of every member of a file by its name."""
    found = members(path, limits or Limits())
    return {member.name: b"".join(member.chunks) for member in found}


def test_kind_is_told_by_content(tmp_path: Path) -> None:
    """A file's name says nothing: a bz2 named .txt is expanded, a text named .bz2 is read."""
    (tmp_path / "a.txt").write_bytes(bz2.compress(TEXT))
    (tmp_path / "b.bz2").write_bytes(TEXT)

    assert {"": TEXT} == contents(tmp_path / "a.txt") == contents(tmp_path / "b.bz2")


def test_containers_in_containers_are_opened(tmp_path: Path) -> None:
    """A bz2 in a tar in a gz is one member, named by where it is."""
    path = tmp_path / "data.tar.gz"
    path.write_bytes(gzip.compress(tar_of({"PRO/1.1.bz2": bz2.compress(TEXT)})))

    assert {"PRO/1.1.bz2": TEXT} == contents(path)


def test_nesting_has_an_end(tmp_path: Path) -> None:
    """What is nested deeper than the limit is damage, not work."""
    content = TEXT
    for _ in range(6):
        content = gzip.compress(content)
    path = tmp_path / "nested"
    path.write_bytes(content)

    with pytest.raises(StreamDamagedError, match="nested more than 4 deep"):
        contents(path)


def test_links_and_devices_in_a_tar_are_nothing(tmp_path: Path) -> None:
    """Links, devices and folders in a tar are no members: they are neither followed nor made."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("dev", tarfile.CHRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    path = tmp_path / "hostile.tar"
    path.write_bytes(buffer.getvalue())

    assert {} == contents(path)


def test_zip_members_are_read(tmp_path: Path) -> None:
    """A zip gives its files, whatever its compression; its folders are none."""
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("deflated", TEXT, zipfile.ZIP_DEFLATED)
        archive.writestr("lzma", bz2.compress(TEXT), zipfile.ZIP_LZMA)

    assert {"deflated": TEXT, "lzma": TEXT} == contents(path)


def test_zip_without_its_end_is_damage(tmp_path: Path) -> None:
    """A zip that was cut off says so behind its members."""
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", TEXT)
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(StreamDamagedError, match="zip archive is damaged"):
        contents(path)


@pytest.mark.parametrize("wrap", [gzip.compress, bz2.compress])
def test_bomb_is_left(tmp_path: Path, wrap: object) -> None:
    """A file that expands beyond both limits is left as soon as it does."""
    assert callable(wrap)
    path = tmp_path / "bomb"
    path.write_bytes(wrap(bytes(8 << 20)))

    with pytest.raises(StreamDamagedError) as caught:
        contents(path, Limits(ratio=10, free=1 << 20))

    assert Damage.EXPANDS_TOO_MUCH == caught.value.damage


def test_bomb_of_many_members_is_left(tmp_path: Path) -> None:
    """The limit counts all members of a file together."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(str(number), bytes(1 << 20))

    with pytest.raises(StreamDamagedError, match="decompression bomb"):
        contents(path, Limits(ratio=10, free=4 << 20))


def test_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A missing file and a folder are errors that say which."""
    with pytest.raises(NotFoundError, match="There is no file"):
        contents(tmp_path / "missing")
    with pytest.raises(NotFoundError, match="is a folder"):
        contents(tmp_path)


def test_part_of_a_tar_is_read_on_its_own(tmp_path: Path) -> None:
    """Each member of a tar can be read alone, in any order, and is what it is in the whole."""
    files = {"a.bz2": bz2.compress(TEXT), "b": b"plain\n", "c.gz": gzip.compress(TEXT * 2)}
    path = tmp_path / "data.tar"
    path.write_bytes(tar_of(files))

    alone = {}
    for part in reversed(tar_parts(path)):
        for member in members(path, part=part):
            alone[member.name] = b"".join(member.chunks)

    assert contents(path) == alone


def test_damaged_part_is_salvaged_as_in_the_whole(tmp_path: Path) -> None:
    """A corrupt stream in a part gives as much as it gives in the whole tar."""
    corrupt = bytearray(gzip.compress(recording(prices=3000)))
    corrupt[len(corrupt) // 2] ^= 0xFF
    path = tmp_path / "data.tar"
    path.write_bytes(tar_of({"a.gz": bytes(corrupt), "b": b"behind\n"}))

    given: list[bytes] = []
    found = members(path, part=tar_parts(path)[0])
    with pytest.raises(StreamDamagedError):
        given.extend(next(found).chunks)

    assert recording(prices=3000).startswith(b"".join(given)[:10_000])
    assert len(b"".join(given)) > 10_000


def test_only_a_sound_plain_tar_has_parts(tmp_path: Path) -> None:
    """A compressed tar, a cut tar and a file that is no tar have no parts to read on their own."""
    whole = tar_of({"a": TEXT, "b": TEXT})
    for name, content in {"gz": gzip.compress(whole), "cut": whole[:700], "text": TEXT, "empty": b""}.items():
        (tmp_path / name).write_bytes(content)

        assert [] == tar_parts(tmp_path / name)


def test_tar_without_magic_is_told_by_its_checksum(tmp_path: Path) -> None:
    """A tar in the format of version 7 has its members, and the same parts to read on their own."""
    path = tmp_path / "old.tar"
    path.write_bytes(old_tar({"a": TEXT, "b": TEXT}))

    assert {"a": TEXT, "b": TEXT} == contents(path)
    assert ["a", "b"] == [part.name for part in tar_parts(path)]


@pytest.mark.parametrize(
    "field", [b"        ", bytes(8), b"0000000\0", b"12 45 7\0", b"9999999\0", b"-000001\0"]
)
def test_wrong_checksum_is_no_tar(field: bytes, tmp_path: Path) -> None:
    """Where the field of the checksum holds none, or another one, a block of any bytes is no tar."""
    path = tmp_path / "text"
    path.write_bytes(bytes([ord("7")]) * 148 + field + bytes([ord("7")]) * 1000)

    assert [""] == list(contents(path))
    assert [] == tar_parts(path)
