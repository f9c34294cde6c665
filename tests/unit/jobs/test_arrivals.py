"""Tapes get their place in batches, and the journal says so before and after."""

import json
import zipfile
from pathlib import Path

import pytest

from betflow.errors import DamagedError
from betflow.jobs.arrivals import Arrivals, Placed
from betflow.jobs.backfill import BackfillRequest, backfill
from betflow.jobs.runs import RunContext
from betflow.jobs.tape_journal import TAPE_ARCHIVED, TAPES_INTENDED, Intention, Reason, TapeJournal
from betflow.ledger.journal import Journal
from betflow.tape.archive import Archive, Stored
from recordings import recording

INTENTION = Intention(
    sha256="ab" * 32, stored_sha256="s", manifest_sha256="m", manifest_bytes=1, reason=Reason.IMPORTED
)


@pytest.fixture
def journal(context: RunContext) -> TapeJournal:
    """Return the journal of an empty archive."""
    return TapeJournal(context, Archive(context.data_dir))


def test_large_file_is_written_down_along_the_way(
    tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a zip with many tapes no more than 32 wait for their place, so that a kill costs no more."""
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(40):
            archive.writestr(f"{number}", recording(f"1.{number}"))
    batches: list[int] = []
    place = Arrivals.place

    def counted(arrivals: Arrivals) -> list[Placed]:
        placed = place(arrivals)
        batches.append(len(placed))
        return placed

    monkeypatch.setattr(Arrivals, "place", counted)
    backfill(BackfillRequest((tmp_path / "many.zip",)), context)

    assert (32, 40) == (max(batches), sum(batches))


def test_intention_comes_before_the_files_and_the_outcome_after(
    tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a tape is moved to its place the journal has the intention, and not yet the outcome."""
    (tmp_path / "tape").write_bytes(recording())
    journal = Journal(context.ledger)
    kinds: list[list[str]] = []
    keep = Archive.keep

    def watched(archive: Archive, stored: Stored, *, only_manifest: bool) -> None:
        kinds.append([entry.kind for entry in journal.entries()])
        keep(archive, stored, only_manifest=only_manifest)

    monkeypatch.setattr(Archive, "keep", watched)
    backfill(BackfillRequest((tmp_path / "tape",)), context)

    assert [["run.started", TAPES_INTENDED]] == kinds
    assert TAPE_ARCHIVED == list(journal.entries())[-1].kind


def test_intention_is_open_until_it_has_an_outcome(journal: TapeJournal) -> None:
    """An intention is open from the moment that it is journalled until it was given up."""
    assert [] == journal.open_intentions()
    journal.intend([INTENTION])
    assert [INTENTION] == journal.open_intentions()
    journal.abandoned(INTENTION)
    assert [] == journal.open_intentions()
    assert {INTENTION.sha256} == journal.abandoned_tapes()


def test_tape_that_is_intended_again_is_open_again(journal: TapeJournal) -> None:
    """The outcome of an earlier intention does not close a later one."""
    journal.intend([INTENTION])
    journal.abandoned(INTENTION)
    journal.intend([INTENTION])

    assert [INTENTION] == journal.open_intentions()


def test_unreadable_intention_stops_the_import(tmp_path: Path, context: RunContext) -> None:
    """An entry that does not say what was intended is damage that names the entry and the command to run."""
    (tmp_path / "tape").write_bytes(recording())
    context.record(TAPES_INTENDED, "archive", {"tapes": [{"sha256": 1}]})

    with pytest.raises(DamagedError, match=r"entry 2 of the journal .* `betflow audit verify`"):
        backfill(BackfillRequest((tmp_path / "tape",)), context)


def test_unreadable_manifest_is_replaced_by_an_import(tmp_path: Path, context: RunContext) -> None:
    """A manifest that became unreadable is written again when its source is read again."""
    (tmp_path / "tape").write_bytes(recording())
    request = BackfillRequest((tmp_path / "tape",))
    backfill(request, context)
    archive = Archive(context.data_dir)
    [name] = archive.names()
    written = archive.manifest_path(name).read_bytes()
    archive.manifest_path(name).write_text("{")
    (tmp_path / "tape").touch()

    backfill(request, context)

    assert written == archive.manifest_path(name).read_bytes()
    last = Journal(context.ledger).latest(TAPE_ARCHIVED, f"archive/tapes/{name[:2]}/{name}.zst")
    assert last is not None
    assert Reason.REPAIRED == json.loads(last.body)["reason"]
