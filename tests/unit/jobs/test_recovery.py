"""What stands in an archive is taken in only when somebody, or its content, vouches for it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from betflow.jobs.backfill import BackfillRequest, backfill
from betflow.jobs.outcome import artifact_of
from betflow.jobs.runs import RunContext, Runs
from betflow.jobs.tape_journal import TAPE_ARCHIVED, Intention, Reason, TapeJournal
from betflow.ledger.journal import Journal
from betflow.settings import Settings
from betflow.storage.sqlite import Store
from betflow.tape.archive import Archive
from betflow.tape.index import FILE_NAME, INDEX, Index
from betflow.tape.index_writer import IndexWriter
from recordings import recording

Manifest = dict[str, Any]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a tape to import."""
    path = tmp_path / "tape"
    path.write_bytes(recording())
    return path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Return another tape, whose import lets recovery run."""
    path = tmp_path / "other"
    path.write_bytes(recording("1.2"))
    return path


@pytest.fixture
def stranger(tmp_path: Path, source: Path, context: RunContext) -> str:
    """Put a tape of another data folder into the archive, which the ledger does not know; return its name."""
    run = Runs(Settings(data_dir=tmp_path / "elsewhere")).start("test", {}, config_hash="0")
    backfill(BackfillRequest((source,)), run.context)
    [name] = Archive(run.context.data_dir).names()
    run.close()
    shutil.copytree(tmp_path / "elsewhere" / "archive" / "tapes", context.data_dir / "archive" / "tapes")
    return name


def edit_manifest(archive: Archive, name: str, edit: Callable[[Manifest], object]) -> None:
    """Change what a manifest says."""
    path = archive.manifest_path(name)
    manifest = json.loads(path.read_text())
    edit(manifest)
    path.write_text(json.dumps(manifest))


def indexed(archive: Archive) -> set[str]:
    """Return the tapes that are in the index."""
    with Index(archive) as index:
        return IndexWriter(index.store, archive).entered()


def journalled(context: RunContext) -> list[str]:
    """Return the tapes that the journal says are archived, as often as it says so."""
    return [
        json.loads(each.body)["sha256"] for each in Journal(context.ledger).entries_of_kind(TAPE_ARCHIVED)
    ]


def test_stranger_that_is_what_it_says_is_taken_in(context: RunContext, stranger: str, other: Path) -> None:
    """A tape that nobody wrote down is journalled and indexed when its content agrees with its manifest."""
    outcome = backfill(BackfillRequest((other,)), context)

    assert () == outcome.findings
    assert stranger in journalled(context)
    assert stranger in indexed(Archive(context.data_dir))


def write_other_content(archive: Archive, name: str) -> None:
    """Replace a tape by another, and let the manifest give the hash of its file."""
    path = archive.tape_path(name)
    path.write_bytes(zstandard.ZstdCompressor().compress(recording("1.9")))
    edit_manifest(archive, name, lambda manifest: manifest.update(stored_sha256=artifact_of(path).sha256))


STRANGE: dict[str, tuple[str, Callable[[Archive, str], object]]] = {
    "tape removed": ("tape.missing", lambda archive, name: archive.tape_path(name).unlink()),
    "tape changed": ("tape.file-changed", lambda archive, name: archive.tape_path(name).write_bytes(b"x")),
    "other content": ("tape.content-changed", write_other_content),
    "manifest no JSON": (
        "tape.manifest-damaged",
        lambda archive, name: archive.manifest_path(name).write_text("{"),
    ),
    "called damaged": (
        "tape.manifest-altered",
        lambda archive, name: edit_manifest(archive, name, lambda manifest: manifest.update(damaged=True)),
    ),
    "other times": (
        "tape.manifest-altered",
        lambda archive, name: edit_manifest(
            archive, name, lambda manifest: manifest.update(last_publish_time=7)
        ),
    ),
    "other market": (
        "tape.manifest-altered",
        lambda archive, name: edit_manifest(
            archive, name, lambda manifest: manifest["markets"][0].update(venue="Epsom")
        ),
    ),
}


@pytest.mark.parametrize("what", STRANGE)
def test_stranger_that_is_not_what_it_says_is_left_out(
    context: RunContext, stranger: str, other: Path, what: str
) -> None:
    """A tape that nobody wrote down and that does not agree with its manifest is one finding and no more."""
    archive = Archive(context.data_dir)
    code, change = STRANGE[what]
    change(archive, stranger)

    outcome = backfill(BackfillRequest((other,)), context)

    assert [code] == [finding.code for finding in outcome.findings]
    assert stranger not in journalled(context)
    assert stranger not in indexed(archive)


@pytest.mark.parametrize("what", STRANGE)
def test_its_source_puts_it_right(context: RunContext, stranger: str, source: Path, what: str) -> None:
    """Whatever was done to a tape that nobody wrote down, importing its source leaves it whole, once."""
    archive = Archive(context.data_dir)
    STRANGE[what][1](archive, stranger)

    backfill(BackfillRequest((source,)), context)
    outcome = backfill(BackfillRequest((source,)), context)

    assert () == outcome.findings
    assert [stranger] == journalled(context)
    assert archive.manifest(stranger).stored_sha256 == artifact_of(archive.tape_path(stranger)).sha256
    assert {stranger} == indexed(archive)


def test_damaged_stranger_is_taken_in_as_damaged(tmp_path: Path, context: RunContext, other: Path) -> None:
    """A tape with damaged lines that nobody wrote down is taken in when its manifest tells of them."""
    (tmp_path / "tape").write_bytes(recording() + b'{"op":"mcm",,}\n')
    run = Runs(Settings(data_dir=tmp_path / "elsewhere")).start("test", {}, config_hash="0")
    backfill(BackfillRequest((tmp_path / "tape",)), run.context)
    [name] = Archive(run.context.data_dir).names()
    run.close()
    shutil.copytree(tmp_path / "elsewhere" / "archive" / "tapes", context.data_dir / "archive" / "tapes")

    outcome = backfill(BackfillRequest((other,)), context)

    assert () == outcome.findings
    assert name in journalled(context)
    assert Archive(context.data_dir).manifest(name).damaged


def test_tape_that_changed_after_it_was_intended_is_not_believed(
    context: RunContext, stranger: str, other: Path
) -> None:
    """A manifest as it was intended does not vouch for a file that is not."""
    archive = Archive(context.data_dir)
    content = archive.manifest_path(stranger).read_bytes()
    intention = Intention(
        sha256=stranger,
        stored_sha256=archive.manifest(stranger).stored_sha256,
        manifest_sha256=hashlib.sha256(content).hexdigest(),
        manifest_bytes=len(content),
        reason=Reason.IMPORTED,
    )
    TapeJournal(context, archive).intend([intention])
    archive.tape_path(stranger).write_bytes(b"changed")

    outcome = backfill(BackfillRequest((other,)), context)

    assert ["tape.file-changed"] == [finding.code for finding in outcome.findings]
    assert stranger not in journalled(context)


def test_index_that_lost_a_tape_does_not_take_an_edited_manifest(
    context: RunContext, source: Path, other: Path
) -> None:
    """A tape that the index lost is entered again only with the manifest that the journal knows."""
    backfill(BackfillRequest((source,)), context)
    archive = Archive(context.data_dir)
    [name] = archive.names()
    with Store(archive.root / FILE_NAME, INDEX) as store:
        IndexWriter(store, archive).forget([name])
    edit_manifest(archive, name, lambda manifest: manifest.update(source="elsewhere"))

    outcome = backfill(BackfillRequest((other,)), context)

    assert ["tape.manifest-altered"] == [finding.code for finding in outcome.findings]
    assert name not in indexed(archive)
