"""``backfill`` as a job: what it does when the world around it fails."""

import bz2
import errno
import gzip
import io
import json
import os
import sqlite3
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from betflow.errors import BusyError, StorageError, UsageError
from betflow.jobs import importing, liveness
from betflow.jobs.backfill import BackfillRequest, backfill
from betflow.jobs.outcome import artifact_of
from betflow.jobs.runs import RunContext
from betflow.ledger.journal import Journal
from betflow.tape import Limits
from betflow.tape.archive import Archive
from betflow.tape.containers import Member, members
from betflow.tape.index import Index
from betflow.tape.parts import Part
from recordings import recording

SMALL = Limits(ratio=10, free=1 << 20)
BOMB = recording("1.666") + bytes(8 << 20)


def zipped(content: bytes) -> bytes:
    """Return a zip with one member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", content)
    return buffer.getvalue()


@pytest.mark.parametrize("wrap", [bz2.compress, gzip.compress, zstandard.ZstdCompressor().compress, zipped])
def test_bomb_is_one_finding(tmp_path: Path, context: RunContext, wrap: Callable[[bytes], bytes]) -> None:
    """A file that expands without end is left although it begins like a tape; the other is imported."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "bomb").write_bytes(wrap(BOMB))
    (inbox / "good").write_bytes(recording())

    outcome = backfill(BackfillRequest((inbox,), limits=SMALL), context)

    [finding] = outcome.findings
    assert (1, "backfill.unreadable") == (outcome.data["imported"], finding.code)
    assert "decompression bomb" in finding.message
    assert [] == list(Archive(context.data_dir).incoming.iterdir())


def test_nothing_to_import_is_refused(context: RunContext) -> None:
    """An import of nothing is a usage error."""
    with pytest.raises(UsageError, match="nothing to import"):
        backfill(BackfillRequest(()), context)


def test_archive_is_no_source_of_itself(tmp_path: Path, context: RunContext) -> None:
    """Importing a folder that the archive is in does not import the archive."""
    (context.data_dir / "tape").write_bytes(recording())
    backfill(BackfillRequest((context.data_dir / "tape",)), context)

    outcome = backfill(BackfillRequest((tmp_path,)), context)

    assert (0, 1) == (outcome.data["imported"], outcome.data["already_there"])


def test_file_that_is_named_twice_is_read_once(tmp_path: Path, context: RunContext) -> None:
    """A file and the folder that it is in are one file."""
    path = tmp_path / "inbox" / "tape"
    path.parent.mkdir()
    path.write_bytes(recording())

    outcome = backfill(BackfillRequest((path.parent, path)), context)

    assert (1, 1) == (outcome.data["files"], outcome.data["imported"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
def test_names_that_are_no_text_are_only_names(tmp_path: Path, context: RunContext) -> None:
    """A file and a member whose names are bytes that are no text are imported, and found there again."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / os.fsdecode(b"\xff.json")).write_bytes(recording("1.1"))
    with tarfile.open(inbox / "a.tar", "w") as archive:
        entry = tarfile.TarInfo("\udcfe")
        entry.size = len(recording("1.2"))
        archive.addfile(entry, io.BytesIO(recording("1.2")))
    (inbox / os.fsdecode(b"\xfe.bad")).write_bytes(b"")

    first = backfill(BackfillRequest((inbox,)), context)
    second = backfill(BackfillRequest((inbox,)), context)

    assert (2, 1) == (first.data["imported"], first.data["failed"])
    assert (2, 1) == (second.data["already_there"], second.data["failed"])


def test_what_cannot_be_looked_into_is_one_finding_each(
    tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that may not be listed and a link that leads nowhere are told, and the rest is imported."""
    (tmp_path / "inbox" / "closed").mkdir(parents=True)
    (tmp_path / "inbox" / "good").write_bytes(recording())
    (tmp_path / "inbox" / "link").symlink_to(tmp_path / "missing")
    list_folder = os.scandir

    def list_or_refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", list_or_refuse)
    outcome = backfill(BackfillRequest((tmp_path / "inbox",), workers=1), context)

    closed, link = outcome.findings
    assert (1, 2) == (outcome.data["imported"], outcome.data["failed"])
    assert {"backfill.unreadable"} == {closed.code, link.code}
    assert (str(tmp_path / "inbox" / "closed"), str(tmp_path / "inbox" / "link")) == (
        closed.subject,
        link.subject,
    )
    assert "Permission denied" in closed.message
    assert "There is no file" in link.message


def test_full_disk_keeps_what_was_imported(
    tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fills up the run ends; what is in the archive is whole and nothing is left over."""
    for number in range(4):
        (tmp_path / f"{number}").write_bytes(recording(f"1.{number}"))
    request = BackfillRequest(tuple(tmp_path / f"{number}" for number in range(4)), workers=1)
    archive, sync, written = Archive(context.data_dir), os.fsync, []

    def fill_up(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            written.append(handle)
            if len(written) > 5:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(StorageError, match="No space left"):
            backfill(request, context)

    kept = list(archive.names())
    assert 1 <= len(kept) < 4
    assert all(archive.holds(name) for name in kept)
    assert [] == list(archive.incoming.iterdir())
    assert 4 - len(kept) == backfill(request, context).data["imported"]


def test_each_tape_is_journalled(tmp_path: Path, context: RunContext) -> None:
    """The journal has an entry for each tape that was archived."""
    (tmp_path / "tape").write_bytes(recording())
    backfill(BackfillRequest((tmp_path / "tape",)), context)

    [entry] = [each for each in Journal(context.ledger).entries() if each.kind == "tape.archived"]

    [name] = Archive(context.data_dir).names()
    assert f"archive/tapes/{name[:2]}/{name}.zst" == entry.subject


def test_journal_knows_what_the_files_of_a_tape_hash_to(tmp_path: Path, context: RunContext) -> None:
    """The entry of a tape holds hash and size of its file and of its manifest."""
    (tmp_path / "tape").write_bytes(recording())
    backfill(BackfillRequest((tmp_path / "tape",)), context)

    [entry] = [each for each in Journal(context.ledger).entries() if each.kind == "tape.archived"]

    body, archive = json.loads(entry.body), Archive(context.data_dir)
    [name] = archive.names()
    stored, manifest = artifact_of(archive.tape_path(name)), artifact_of(archive.manifest_path(name))
    assert (stored.sha256, stored.bytes) == (body["stored_sha256"], body["stored_bytes"])
    assert (manifest.sha256, manifest.bytes) == (body["manifest_sha256"], body["manifest_bytes"])


def test_tape_that_the_index_lost_is_entered_again(tmp_path: Path, context: RunContext) -> None:
    """A tape that the journal knows and the index does not gets its row back, and no other journal entry."""
    (tmp_path / "tape").write_bytes(recording())
    request = BackfillRequest((tmp_path / "tape",))
    backfill(request, context)
    archive = Archive(context.data_dir)
    with closing(sqlite3.connect(archive.root / "index.sqlite")) as connection, connection:
        connection.execute("DELETE FROM tapes")

    outcome = backfill(request, context)

    entries = [each for each in Journal(context.ledger).entries() if each.kind == "tape.archived"]
    assert (1, 1) == (outcome.data["already_there"], len(entries))
    with Index(archive) as index:
        assert 1 == len(index.tapes_of("1.100000001"))


def test_damaged_manifest_is_a_finding(tmp_path: Path, context: RunContext) -> None:
    """A manifest that cannot be read is named, and the import goes on."""
    (tmp_path / "a").write_bytes(recording("1.1"))
    (tmp_path / "b").write_bytes(recording("1.2"))
    backfill(BackfillRequest((tmp_path / "a",)), context)
    archive = Archive(context.data_dir)
    [name] = archive.names()
    archive.manifest_path(name).write_text("{")
    for path in archive.root.glob("index.sqlite*"):
        path.unlink()

    outcome = backfill(BackfillRequest((tmp_path / "b",)), context)

    assert (1, ["tape.manifest-damaged"]) == (
        outcome.data["imported"],
        [finding.code for finding in outcome.findings],
    )


def test_lock_of_another_backfill_is_respected(tmp_path: Path, context: RunContext) -> None:
    """While the lock is held, nothing is imported."""
    (tmp_path / "a").write_bytes(recording())
    lock = Archive(context.data_dir).root / "backfill.lock"
    liveness.hold(lock)

    with pytest.raises(BusyError, match="Another backfill"):
        backfill(BackfillRequest((tmp_path / "a",)), context)

    liveness.release(lock)


def test_defect_costs_its_file_only(
    tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody expected is a finding with its type and without its text."""
    (tmp_path / "a").write_bytes(recording("1.1"))
    (tmp_path / "b").write_bytes(recording("1.2"))

    def members_or_defect(path: Path, limits: Limits, *, part: Part | None) -> Iterator[Member]:
        if path.name == "a":
            raise ZeroDivisionError("s3cret")
        return members(path, limits, part=part)

    monkeypatch.setattr(importing, "members", members_or_defect)
    outcome = backfill(BackfillRequest((tmp_path / "a", tmp_path / "b"), workers=1), context)

    [finding] = outcome.findings
    assert (1, "backfill.defect") == (outcome.data["imported"], finding.code)
    assert "ZeroDivisionError" in finding.message
    assert "s3cret" not in f"{finding}"
