"""A tape is archived once, whole, and under the hash of its content."""

import errno
import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest
import zstandard

from betflow.errors import DamagedError
from betflow.storage.files import make_private_folder
from betflow.tape import Tape
from betflow.tape.archive import Archive, ArchiveWriteError, Stored, TapeWriter, write_draft, write_error
from betflow.tape.manifest import Counts, Manifest, SourceKind, manifest_bytes, parse_manifest
from recordings import recording


def described(stored: Stored) -> Manifest:
    """Return a manifest of what was stored."""
    return Manifest(
        sha256=stored.sha256,
        bytes=stored.bytes,
        stored_sha256=stored.stored_sha256,
        stored_bytes=stored.stored_bytes,
        kind=SourceKind.OFFICIAL_PRO,
        damaged=False,
        counts=Counts(lines=1, messages=1, other=0, blank=0, damaged=0),
        first_publish_time=1,
        last_publish_time=2,
        markets=(),
        findings=(),
        source="tape.bz2",
        made_by="test",
    )


def written(archive: Archive, content: bytes, name: str = "1") -> Stored:
    """Write content into the archive's waiting room, with its manifest."""
    with TapeWriter(archive.incoming / f"{name}.zst") as writer:
        for start in range(0, len(content), 100):
            writer.write(content[start : start + 100])
        stored = writer.finish()
    write_draft(stored, described(stored))
    return stored


def everything(archive: Archive) -> list[str]:
    """List the files of the archive, by their path in it."""
    return sorted(
        path.relative_to(archive.root).as_posix() for path in archive.root.rglob("*") if path.is_file()
    )


def test_content_is_kept_byte_for_byte(data_dir: Path) -> None:
    """What was written comes back byte for byte, named by its hash, with the hash of the file beside it."""
    archive, content = Archive(data_dir), recording()
    stored = written(archive, content)
    archive.keep(stored)

    name = hashlib.sha256(content).hexdigest()
    file = archive.tape_path(name).read_bytes()
    assert [f"tapes/{name[:2]}/{name}.json", f"tapes/{name[:2]}/{name}.zst"] == everything(archive)
    assert content == zstandard.ZstdDecompressor().decompressobj().decompress(file)
    manifest = archive.manifest(name)
    assert (hashlib.sha256(file).hexdigest(), len(file)) == (manifest.stored_sha256, manifest.stored_bytes)
    assert described(stored) == manifest
    assert 7 == sum(1 for _ in Tape(archive.tape_path(name)))


def test_tape_counts_only_with_its_manifest(data_dir: Path) -> None:
    """A tape is held when it and its manifest have their places, and not before."""
    archive = Archive(data_dir)
    stored = written(archive, recording())

    assert not archive.holds(stored.sha256)
    archive.keep(stored)
    assert archive.holds(stored.sha256)
    assert [stored.sha256] == list(archive.names())


def test_tape_without_manifest_is_found(data_dir: Path) -> None:
    """A tape whose manifest is gone is not held, and is listed as unaccounted for."""
    archive = Archive(data_dir)
    stored = written(archive, recording())
    archive.keep(stored)
    archive.manifest_path(stored.sha256).unlink()

    assert not archive.holds(stored.sha256)
    assert [archive.tape_path(stored.sha256)] == list(archive.unaccounted())
    with pytest.raises(DamagedError, match="is gone"):
        archive.manifest(stored.sha256)


def test_unfinished_tape_leaves_nothing(data_dir: Path) -> None:
    """A writer that was not finished, removes what it wrote."""
    archive = Archive(data_dir)
    with TapeWriter(archive.incoming / "1.zst") as writer:
        writer.write(recording())

    assert [] == everything(archive)


def test_dropped_tape_leaves_nothing(data_dir: Path) -> None:
    """A tape that is not wanted after all is removed with its manifest."""
    archive = Archive(data_dir)
    archive.drop(written(archive, recording()))

    assert [] == everything(archive)


def test_sweep_removes_what_a_killed_run_left(data_dir: Path) -> None:
    """What stands in the waiting room belongs to nobody when a run begins."""
    archive = Archive(data_dir)
    kept = written(archive, recording("1.1"), "1")
    written(archive, recording("1.2"), "2")
    archive.keep(kept)

    assert 2 == archive.sweep()
    assert [kept.sha256] == list(archive.names())
    assert 2 == len(everything(archive))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_files_are_private(data_dir: Path) -> None:
    """Only the owner may read the archive."""
    archive = Archive(data_dir)
    stored = written(archive, recording())
    archive.keep(stored)

    for path in (archive.tape_path(stored.sha256), archive.manifest_path(stored.sha256)):
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_folders_are_private(data_dir: Path) -> None:
    """Nobody but the owner may look into any folder that the archive makes."""
    archive = Archive(data_dir)
    archive.keep(written(archive, b"content"))

    assert {0o700} == {
        path.stat().st_mode & 0o777 for path in archive.root.parent.rglob("*") if path.is_dir()
    }


def test_full_disk_is_said(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full the error says so, and what was written of the tape is removed."""

    def refuse(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    archive = Archive(data_dir)

    with pytest.raises(ArchiveWriteError, match="No space left on device"):
        written(archive, recording())
    assert [] == everything(archive)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_tape_is_on_the_disk_before_it_has_its_place(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tape and manifest are brought to the disk whole, then moved, then the names of both are."""
    archive, sync, rename = Archive(data_dir), os.fsync, Path.replace
    make_private_folder(archive.tape_path(hashlib.sha256(b"content").hexdigest()).parent)
    make_private_folder(archive.incoming)
    steps: list[tuple[str, int]] = []

    def noting_sync(handle: int) -> None:
        status = os.fstat(handle)
        steps.append(("sync", status.st_ino if stat.S_ISDIR(status.st_mode) else status.st_size))
        sync(handle)

    def noting_rename(path: Path, target: Path) -> Path:
        steps.append(("move", path.stat().st_size))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noting_sync)
    monkeypatch.setattr(Path, "replace", noting_rename)
    stored = written(archive, b"content")
    archive.keep(stored)

    tape, manifest = archive.tape_path(stored.sha256), archive.manifest_path(stored.sha256)
    sizes = (tape.stat().st_size, manifest.stat().st_size)
    folder = tape.parent.stat().st_ino
    assert [
        *(("sync", size) for size in sizes),
        *(("move", size) for size in sizes),
        ("sync", folder),
    ] == steps


def test_other_refusals_advise_another_folder() -> None:
    """A disk that is not full but refuses asks for permissions."""
    error = write_error(OSError(errno.EACCES, os.strerror(errno.EACCES)))

    assert "Correct the permissions" in str(error)


def test_manifest_is_canonical(data_dir: Path) -> None:
    """Equal manifests have equal bytes: keys sorted, no spaces, one line."""
    stored = written(Archive(data_dir), recording())
    content = manifest_bytes(described(stored))

    assert content == manifest_bytes(parse_manifest(content, "manifest"))
    assert content.startswith(b'{"bytes":')
    assert 1 == content.count(b"\n")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 5000, b'{"sha256":1}'])
def test_damaged_manifest_is_said(content: bytes) -> None:
    """Whatever is wrong with a manifest ends in one kind of error, with its name."""
    with pytest.raises(DamagedError, match=r"the manifest a\.json cannot be read"):
        parse_manifest(content, "a.json")
