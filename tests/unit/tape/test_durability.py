"""A tape is on the disk before it counts, so that a power cut costs none that was told to be archived."""

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from betflow.jobs.backfill import BackfillRequest, backfill
from betflow.jobs.runs import RunContext
from betflow.tape.archive import Archive
from recordings import recording

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not sync folders")


@dataclass(frozen=True)
class Synced:
    """What was brought to the disk: which file, how much of it, and whether the tape had its place then."""

    inode: int
    bytes: int
    is_folder: bool
    is_placed: bool


def test_tape_is_on_the_disk_before_it_has_its_place(
    tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tape and manifest are brought to the disk whole, then get their place, then the place is."""
    (tmp_path / "tape").write_bytes(recording())
    archive, synced, sync = Archive(context.data_dir), list[Synced](), os.fsync

    def note(handle: int) -> None:
        sync(handle)
        found = os.fstat(handle)
        is_placed = any(archive.names())
        synced.append(Synced(found.st_ino, found.st_size, stat.S_ISDIR(found.st_mode), is_placed))

    monkeypatch.setattr("betflow.tape.archive.os.fsync", note)
    backfill(BackfillRequest((tmp_path / "tape",), workers=1), context)

    [name] = archive.names()
    tape, manifest = archive.tape_path(name), archive.manifest_path(name)
    assert {"tape": False, "manifest": False, "folder": True} == {
        name: next(each.is_placed for each in reversed(synced) if each.inode == path.stat().st_ino)
        for name, path in (("tape", tape), ("manifest", manifest), ("folder", tape.parent))
    }
    whole = {(each.inode, each.bytes) for each in synced if not each.is_folder}
    assert {(path.stat().st_ino, path.stat().st_size) for path in (tape, manifest)} <= whole
