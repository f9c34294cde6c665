"""Records of runs are on the disk when they are said to be."""

import os
import sys
from pathlib import Path

import pytest

from betflow.jobs.records import publish_record, read_record, write_record

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows syncs no folders")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return what is brought to the disk from now on, by inode and the size that it has then."""
    seen: list[tuple[int, int]] = []
    sync = os.fsync

    def note(handle: int) -> None:
        seen.append((os.fstat(handle).st_ino, os.fstat(handle).st_size))
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    return seen


def test_record_is_on_the_disk_when_it_is_written(tmp_path: Path, synced: list[tuple[int, int]]) -> None:
    """A record's whole content was synced."""
    path = tmp_path / "record.json"
    write_record(path, {"name": "café"})

    assert [(path.stat().st_ino, len('{"name": "café"}\n'.encode()))] == synced
    assert {"name": "café"} == read_record(path)


def test_name_of_a_published_record_is_on_the_disk(tmp_path: Path, synced: list[tuple[int, int]]) -> None:
    """A record that has its place leaves none behind, and the folder of its place was synced last."""
    staged, place = tmp_path / "staged.json", tmp_path / "runs" / "record.json"
    write_record(staged, {})
    publish_record(staged, place)

    assert place.parent.stat().st_ino == synced[-1][0]
    assert not staged.exists()
    assert {} == read_record(place)
