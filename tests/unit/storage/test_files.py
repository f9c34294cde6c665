"""Files are private from their first moment, and on the disk when they are said to be."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from betflow.storage.files import make_private_file, make_private_folder, sync_folder, write_private_file

posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither modes nor folders to sync"
)


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return what is brought to the disk from now on, by inode and the size that it has then."""
    seen: list[tuple[int, int]] = []

    def note(handle: int, sync: Callable[[int], None] = os.fsync) -> None:
        seen.append((os.fstat(handle).st_ino, os.fstat(handle).st_size))
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    return seen


@posix_only
def test_folders_are_private_and_their_names_on_the_disk(
    tmp_path: Path, synced: list[tuple[int, int]]
) -> None:
    """Each folder that was missing is private, and the folder above it was synced after it was made."""
    make_private_folder(tmp_path / "a" / "b")

    made = [tmp_path / "a", tmp_path / "a" / "b"]
    assert [0o700, 0o700] == [stat.S_IMODE(path.stat().st_mode) for path in made]
    assert [path.parent.stat().st_ino for path in made] == [inode for inode, _ in synced]


@posix_only
def test_written_file_is_private_and_on_the_disk(tmp_path: Path, synced: list[tuple[int, int]]) -> None:
    """A file is private, and was synced after all of its content was written."""
    path = tmp_path / "file"
    write_private_file(path, b"content")

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [(path.stat().st_ino, len(b"content"))] == synced


def test_file_is_written_anew(tmp_path: Path) -> None:
    """Nothing stays of what was in a file before."""
    path = tmp_path / "file"
    write_private_file(path, b"longer content")
    write_private_file(path, b"short")

    assert b"short" == path.read_bytes()


@posix_only
def test_folder_is_synced_itself(tmp_path: Path, synced: list[tuple[int, int]]) -> None:
    """Syncing a folder syncs that folder."""
    sync_folder(tmp_path)

    assert [tmp_path.stat().st_ino] == [inode for inode, _ in synced]


def test_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Making sure of a file that is there changes nothing in it."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    make_private_file(path)

    assert b"content" == path.read_bytes()
