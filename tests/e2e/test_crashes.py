"""Whatever step an import is killed at, the next one leaves the archive as if nothing had happened."""

import bz2
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from betflow.ledger.journal import Entry, Journal
from betflow.ledger.store import open_ledger
from command_line import CommandLine
from crashing import CRASHED, POINTS
from recordings import recording

TAPES = 3


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Return a folder of a few tapes."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number in range(TAPES):
        (folder / f"{number}").write_bytes(recording(f"1.{number}"))
    return folder


def crash(point: str, data_dir: Path, *sources: Path) -> None:
    """Import in a process of its own that ends at a point."""
    program = Path(__file__).parents[1] / "support" / "crashing.py"
    ended = subprocess.run([sys.executable, program, point, data_dir, *sources], check=False)
    assert CRASHED == ended.returncode


def entries(data_dir: Path, kind: str) -> list[Entry]:
    """Return the journal's entries of a kind."""
    with open_ledger(data_dir) as ledger:
        return list(Journal(ledger).entries_of_kind(kind))


def bodies(data_dir: Path, kind: str) -> list[dict[str, Any]]:
    """Return what the entries of a kind say."""
    return [json.loads(entry.body) for entry in entries(data_dir, kind)]


def index_files(data_dir: Path) -> Iterator[Path]:
    """Yield the files of the index, and what SQLite puts beside it."""
    return (data_dir / "archive").glob("index.sqlite*")


def manifests(data_dir: Path) -> list[Path]:
    """Return the manifests in the archive."""
    return sorted((data_dir / "archive" / "tapes").rglob("*.json"))


def is_whole(betflow: CommandLine) -> bool:
    """Say whether audit and verification find nothing, and each tape is listed and journalled once."""
    counts = Counter(entry.subject for entry in entries(betflow.data_dir, "tape.archived"))
    verified = betflow.json("tape", "verify")
    return (
        betflow("audit", "verify").code == 0
        and verified.code == 0
        and verified.data["tapes"] == TAPES
        and betflow.json("tape", "ls").data["total"] == TAPES
        and list(counts.values()) == [1] * TAPES
    )


@pytest.mark.parametrize("point", POINTS)
def test_next_import_completes_what_was_killed(betflow: CommandLine, inbox: Path, point: str) -> None:
    """After a crash at any step the next import brings journal, index and archive together, nothing twice."""
    crash(point, betflow.data_dir, inbox)

    ran = betflow.json("backfill", inbox)

    assert (0, []) == (ran.code, ran.codes)
    assert TAPES == ran.data["imported"] + ran.data["already_there"]
    assert is_whole(betflow)


@pytest.mark.parametrize("point", ["between two tapes", "before the index", "before the outcome"])
def test_lost_index_hides_no_tape_from_the_journal(betflow: CommandLine, inbox: Path, point: str) -> None:
    """After a crash and the loss of the index, which a command makes anew, each tape is journalled once."""
    crash(point, betflow.data_dir, inbox)
    for path in index_files(betflow.data_dir):
        path.unlink()
    betflow("tape", "ls")

    ran = betflow.json("backfill", inbox)

    assert (0, []) == (ran.code, ran.codes)
    assert is_whole(betflow)


@pytest.mark.parametrize("point", ["in the middle of the index", "before the outcome", "after the outcome"])
def test_recovery_may_be_killed_too(betflow: CommandLine, inbox: Path, point: str) -> None:
    """After a second crash at the same step, in the recovery or later, the third import completes it."""
    crash("before the outcome", betflow.data_dir, inbox)
    (inbox / "new").write_bytes(recording("1.0", prices=9))
    program = Path(__file__).parents[1] / "support" / "crashing.py"
    subprocess.run([sys.executable, program, point, betflow.data_dir, inbox], check=False)
    (inbox / "new").unlink()

    betflow("backfill", inbox)

    assert 0 == betflow("audit", "verify").code
    assert 0 == betflow("tape", "verify").code
    counts = Counter(entry.subject for entry in entries(betflow.data_dir, "tape.archived"))
    assert {1} == set(counts.values())
    assert len(manifests(betflow.data_dir)) == len(counts)


@pytest.mark.parametrize("point", ["before the first tape", "between two tapes", "before the outcome"])
def test_each_intention_has_one_outcome(betflow: CommandLine, inbox: Path, point: str) -> None:
    """Every tape that was intended was archived or abandoned, as often as it was intended."""
    crash(point, betflow.data_dir, inbox)
    betflow("backfill", inbox)

    intended = Counter(
        tape["sha256"] for body in bodies(betflow.data_dir, "tapes.intended") for tape in body["tapes"]
    )
    outcomes = Counter(
        body["sha256"]
        for kind in ("tape.archived", "tape.abandoned")
        for body in bodies(betflow.data_dir, kind)
    )
    assert intended == outcomes


EDITS = {
    "another venue": ('"Ascot"', '"Epsom"'),
    "another source": ("inbox/", "elsewhere/"),
    "no settlement": ('"settled":true', '"settled":false'),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("point", ["before the index", "before the outcome"])
def test_manifest_that_was_edited_meanwhile_is_not_believed(
    betflow: CommandLine, inbox: Path, point: str, edit: str
) -> None:
    """A manifest that is not as it was intended gets no entry; its source, imported again, puts it right."""
    crash(point, betflow.data_dir, inbox)
    path = manifests(betflow.data_dir)[0]
    written = path.read_text()
    path.write_text(written.replace(*EDITS[edit]))

    betflow("backfill", inbox)

    assert written == path.read_text()
    assert is_whole(betflow)


@pytest.mark.parametrize("edit", ["another venue", "no settlement"])
def test_edited_manifest_is_named_until_its_source_comes(
    betflow: CommandLine, inbox: Path, tmp_path: Path, edit: str
) -> None:
    """Without its source, a tape with an edited manifest is a finding, and neither indexed nor journalled."""
    crash("before the outcome", betflow.data_dir, inbox)
    path = manifests(betflow.data_dir)[0]
    path.write_text(path.read_text().replace(*EDITS[edit]))
    (tmp_path / "other").write_bytes(recording("1.9"))

    ran = betflow.json("backfill", tmp_path / "other")

    assert (1, ["tape.manifest-altered"]) == (ran.code, ran.codes)
    assert TAPES - 1 + 1 == betflow.json("tape", "ls").data["total"]
    assert path.stem not in {body["sha256"] for body in bodies(betflow.data_dir, "tape.archived")}


def test_archive_without_its_ledger_is_looked_at_again(betflow: CommandLine, inbox: Path) -> None:
    """Where the ledger was lost, tapes that are what they say are journalled again; others are findings."""
    betflow("backfill", inbox)
    for path in betflow.data_dir.glob("ledger.sqlite*"):
        path.unlink()
    changed = manifests(betflow.data_dir)[0].with_suffix(".zst")
    changed.write_bytes(b"changed")

    ran = betflow.json("backfill", inbox / "0", inbox / "1")

    assert ["tape.file-changed"] == ran.codes[:1]
    reasons = Counter(body["reason"] for body in bodies(betflow.data_dir, "tape.archived"))
    assert TAPES - 1 == reasons["found in its place without an entry here, and verified"]


def without_end(content: bytes) -> bytes:
    """Return content as a bz2 file without its last byte: all of the content is there, the end is not."""
    return bz2.compress(content)[:-1]


@pytest.fixture
def cleared(betflow: CommandLine, tmp_path: Path) -> tuple[Path, Path]:
    """Import a tape from a source that breaks off after its last line; return it, and a sound source."""
    damaged, sound = tmp_path / "damaged.bz2", tmp_path / "sound"
    damaged.write_bytes(without_end(recording()))
    sound.write_bytes(recording())
    ran = betflow.json("backfill", damaged)
    assert (1, ["backfill.damaged"]) == (ran.data["imported"], ran.codes)
    return damaged, sound


def damage_told(betflow: CommandLine) -> tuple[bool, bool]:
    """Return whether the index and the manifest call the only tape damaged."""
    [market] = betflow.json("tape", "ls").data["markets"]
    [tape] = betflow.json("tape", "show", market["market_id"]).data["tapes"]
    return market["damaged"], tape["damaged"]


def test_undamaged_source_clears_the_damage(betflow: CommandLine, cleared: tuple[Path, Path]) -> None:
    """The same content from a sound source makes the tape undamaged, and the journal says why."""
    damaged, sound = cleared
    before = damage_told(betflow)
    [first] = bodies(betflow.data_dir, "tape.archived")

    ran = betflow.json("backfill", sound)

    assert ((True, True), (False, False)) == (before, damage_told(betflow))
    assert (0, 0, 1) == (ran.code, ran.data["imported"], ran.data["already_there"])
    [_, second] = bodies(betflow.data_dir, "tape.archived")
    assert "the same content came from a source that is not damaged" == second["reason"]
    assert (str(damaged), str(sound)) == (first["source"], second["source"])
    assert first["manifest_sha256"] == second["supersedes"]
    assert first["stored_sha256"] == second["stored_sha256"]
    assert (0, 0) == (betflow("audit", "verify").code, betflow("tape", "verify").code)


def test_damaged_source_does_not_damage_a_tape(betflow: CommandLine, cleared: tuple[Path, Path]) -> None:
    """A tape that was cleared stays so when its damaged source is imported again, which is told again."""
    damaged, sound = cleared
    betflow("backfill", sound)
    damaged.touch()

    ran = betflow.json("backfill", damaged)

    assert (["backfill.damaged"], 1) == (ran.codes, ran.data["damaged"])
    assert (False, False) == damage_told(betflow)
    assert 2 == len(entries(betflow.data_dir, "tape.archived"))


def test_both_sources_in_one_import_make_a_sound_tape(betflow: CommandLine, tmp_path: Path) -> None:
    """Where a damaged and a sound source of the same content come together, the sound one is believed."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.bz2").write_bytes(without_end(recording()))
    (inbox / "b").write_bytes(recording())

    ran = betflow.json("backfill", inbox)

    assert (1, 1, ["backfill.damaged"]) == (ran.data["imported"], ran.data["already_there"], ran.codes)
    assert (False, False) == damage_told(betflow)
    assert ["imported"] == [body["reason"] for body in bodies(betflow.data_dir, "tape.archived")]


@pytest.mark.parametrize(
    "point", [point for point in POINTS if "tapes" not in point and "manifest" not in point]
)
def test_clearing_may_be_killed(betflow: CommandLine, cleared: tuple[Path, Path], point: str) -> None:
    """Whatever step a crash comes at, the next import leaves manifest, index and journal in agreement."""
    crash(point, betflow.data_dir, cleared[1])

    betflow("backfill", cleared[1])

    assert (False, False) == damage_told(betflow)
    assert 2 == len(entries(betflow.data_dir, "tape.archived"))
    assert (0, 0) == (betflow("audit", "verify").code, betflow("tape", "verify").code)
