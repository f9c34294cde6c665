"""A run is journalled before it does anything, and sealed when it is done, or when it is found dead."""

import json
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from betflow.errors import ExitCode, Finding
from betflow.jobs import records
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import Run, Runs, new_run_id
from betflow.ledger.journal import Journal
from betflow.ledger.runs import RunKind, RunStatus, RunTable
from betflow.ledger.store import open_ledger
from betflow.ledger.verification import verify_chain
from betflow.settings import Settings

CRASHING = """
import os, signal, sys
from pathlib import Path
from betflow.jobs.runs import Runs
from betflow.settings import Settings

Runs(Settings(data_dir=Path(sys.argv[1]))).start("backfill", {"path": "a"}, config_hash="0")
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""

WRITING = """
import sys
from pathlib import Path
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import Runs
from betflow.settings import Settings

run = Runs(Settings(data_dir=Path(sys.argv[1]))).start("write", {}, config_hash="0")
for number in range(200):
    run.context.record("fact.written", str(number), {})
run.finish(Outcome())
run.close()
"""


def record_of(data_dir: Path, run_id: str = "run-1") -> dict[str, Any]:
    """Read the record of a run that started on the test's day."""
    record: dict[str, Any] = json.loads((data_dir / f"runs/2026/02/18/{run_id}.json").read_text("utf-8"))
    return record


def test_intention_comes_first(run: Run) -> None:
    """Before the job does anything, the journal holds what it was asked for."""
    entries = list(Journal(run.context.ledger).entries())

    assert [(RunKind.STARTED, "run-1", "test")] == [
        (each.kind, each.run_id, each.subject) for each in entries
    ]


def test_secrets_in_arguments_are_masked(runs: Runs) -> None:
    """The arguments are recorded with secrets masked by name."""
    with closing(runs.start("login", {"password": "s3cret", "user": "me"}, config_hash="0")) as run:
        row = RunTable(run.context.ledger).get(run.context.run_id)

    assert row is not None
    assert {"password": "********", "user": "me"} == json.loads(row.arguments)


def test_sealed_run_leaves_its_envelope_as_record(run: Run, data_dir: Path) -> None:
    """The record is the envelope, and beside it who made it and the anchor into the journal."""
    wrapped = run.finish(Outcome({"markets": 3}))

    record = record_of(data_dir)
    row = RunTable(run.context.ledger).get("run-1")
    assert row is not None
    assert wrapped == {key: record[key] for key in wrapped}
    assert {"run", "journal"} == record.keys() - wrapped.keys()
    assert {"exit_code": 0, "model_version": None}.items() <= record["run"].items()
    assert (2, row.record_sha256) == (record["journal"]["seq"], records.record_sha256(record))
    assert (RunStatus.OK, 0) == (row.status, row.exit_code)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_record_is_private_and_nothing_stays_beside_it(runs: Runs, data_dir: Path) -> None:
    """Only the owner may read a record; lock and staged record are gone when the run is closed."""
    with closing(runs.start("test", {}, config_hash="0")) as run:
        run.finish(Outcome())

    assert 0o600 == stat.S_IMODE((data_dir / "runs/2026/02/18/run-1.json").stat().st_mode)
    assert not list((data_dir / "live").iterdir())


def test_files_are_journalled_relative_to_the_data_folder(run: Run, data_dir: Path, tmp_path: Path) -> None:
    """Files in the data folder are named relative to it, so that it may move; others by their full path."""
    inside, outside = data_dir / "tape", tmp_path / "export.csv"
    inside.write_text("1")
    outside.write_text("2")

    run.finish(Outcome(artifacts=(artifact_of(inside), artifact_of(outside))))

    sealed = Journal(run.context.ledger).entry(2)
    assert sealed is not None
    assert ["tape", str(outside)] == [each["path"] for each in json.loads(sealed.body)["artifacts"]]


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [
        (RunStatus.FINDINGS, Outcome(findings=(Finding("a", "b", "c"),))),
        (RunStatus.FAILED, Outcome(is_failure=True)),
        (RunStatus.INTERRUPTED, Outcome(is_failure=True, exit_code=ExitCode.INTERRUPTED)),
    ],
)
def test_row_says_how_a_run_ended(run: Run, expected: RunStatus, outcome: Outcome) -> None:
    """The list of runs tells findings, failures and interruptions apart."""
    run.finish(outcome)

    row = RunTable(run.context.ledger).get("run-1")
    assert row is not None
    assert expected == row.status


def test_killed_run_is_sealed_by_the_next(data_dir: Path) -> None:
    """A killed run gets its last entry and its record from the next, which removes what it was working on."""
    subprocess.run([sys.executable, "-c", CRASHING, str(data_dir)], check=False)
    [lock] = data_dir.glob("live/*.lock")
    folder = data_dir / "backtests" / f".{lock.stem}.playing-x"
    folder.mkdir(parents=True)
    (folder / "1.pickle").touch()
    (folder.parent / f".{lock.stem}.json.7.part").touch()
    (folder.parent / "another").touch()

    with closing(Runs(Settings(data_dir=data_dir)).start("next", {}, config_hash="0")) as run:
        assert ["another"] == [path.name for path in folder.parent.iterdir()]
        [crashed] = [row for row in RunTable(run.context.ledger).newest_first() if row.command == "backfill"]
        kinds = [each.kind for each in Journal(run.context.ledger).entries()]

    assert RunStatus.CRASHED == crashed.status
    assert [RunKind.STARTED, RunKind.CRASHED, RunKind.STARTED] == kinds
    assert crashed.record is not None
    record = records.read_record(data_dir / crashed.record)
    assert ("failed", "error.crashed") == (record["status"], record["findings"][0]["code"])


def test_living_run_is_left_alone(runs: Runs) -> None:
    """A run that is still going is not sealed by another that starts."""
    with closing(runs.start("first", {}, config_hash="0")) as first:
        with closing(runs.start("second", {}, config_hash="0")) as second:
            second.finish(Outcome())
        row = RunTable(first.context.ledger).get("run-1")

    assert row is not None
    assert RunStatus.RUNNING == row.status


def test_record_that_a_crash_kept_from_its_place_is_published(runs: Runs, data_dir: Path) -> None:
    """A crash between the last entry and the record is mended by the next run."""
    with closing(runs.start("first", {}, config_hash="0")) as first:
        first.finish(Outcome())
    record = data_dir / "runs/2026/02/18/run-1.json"
    content = record.read_bytes()
    record.rename(data_dir / "live" / "run-1.json")

    runs.start("second", {}, config_hash="0").close()

    assert content == record.read_bytes()
    assert not (data_dir / "live" / "run-1.json").exists()


def test_lock_that_was_left_behind_is_removed(runs: Runs, data_dir: Path) -> None:
    """A run that was killed after it was sealed leaves a lock file, which the next run removes."""
    left = data_dir / "live" / "run-0.lock"
    left.parent.mkdir(parents=True)
    left.touch()

    with closing(runs.start("next", {}, config_hash="0")):
        assert ["run-1.lock"] == [file.name for file in left.parent.iterdir()]


def test_staged_record_of_nobody_is_left_where_it_is(runs: Runs, data_dir: Path) -> None:
    """A staged record that does not have the hash of the journal is not published."""
    with closing(runs.start("first", {}, config_hash="0")) as first:
        first.finish(Outcome())
    (data_dir / "runs/2026/02/18/run-1.json").unlink()
    staged = data_dir / "live" / "run-1.json"
    staged.write_text('{"forged": true}')

    runs.start("second", {}, config_hash="0").close()

    assert staged.exists()
    assert not (data_dir / "runs/2026/02/18/run-1.json").exists()


def test_record_is_never_overwritten(runs: Runs, data_dir: Path) -> None:
    """A record that is there although its run had not ended stays as it is: it is evidence."""
    runs.start("first", {}, config_hash="0").close()
    record = data_dir / "runs/2026/02/18/run-1.json"
    record.parent.mkdir(parents=True)
    record.write_text("evidence")

    runs.start("second", {}, config_hash="0").close()

    assert "evidence" == record.read_text()


def test_processes_share_the_journal(data_dir: Path) -> None:
    """Two processes that write at once, from the first moment of the ledger on, leave one sound chain."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITING, str(data_dir)]) for _ in range(2)]

    assert [0, 0] == [writer.wait() for writer in writers]
    with closing(open_ledger(data_dir)) as ledger:
        assert (404, None) == (verify_chain(ledger).entries, verify_chain(ledger).first_bad)


def test_ids_sort_by_time() -> None:
    """An id begins with the second of the start, and no two are equal."""
    assert new_run_id(1_771_407_000_000).startswith("20260218T093000-")
    assert new_run_id(0) != new_run_id(0)
