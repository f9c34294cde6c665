"""What somebody who may write to the data folder can do, and that ``audit verify`` names it."""

import hashlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from betflow.errors import ExitCode
from betflow.jobs import audit, liveness, tape_verify
from betflow.jobs.backfill import BackfillRequest, backfill
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import Runs
from betflow.ledger.store import FILE_NAME
from tampering import opened, overwrite, rechained, rows_of

Attack = Callable[[Path], None]

DAY = "runs/2026/02/18"


def message(market_id: str, publish_time: int) -> str:
    """Return a line of a tape."""
    change = {"id": market_id, "marketDefinition": {"status": "OPEN", "bettingType": "ODDS", "runners": []}}
    return json.dumps({"op": "mcm", "clk": "A", "pt": publish_time, "mc": [change]}) + "\n"


@pytest.fixture
def attacked(runs: Runs, data_dir: Path, tmp_path: Path) -> Path:
    """Import two tapes, write a result, and return the data folder."""
    for number in (1, 2):
        (tmp_path / f"tape-{number}").write_text(message(f"1.{number}", 1_500_000_000_000 + number))
    with closing(runs.start("backfill", {}, config_hash="0")) as run:
        paths = (tmp_path / "tape-1", tmp_path / "tape-2")
        run.finish(backfill(BackfillRequest(paths, workers=1), run.context))
    with closing(runs.start("backtest", {}, config_hash="0")) as run:
        result = data_dir / "backtests/run-2.json"
        result.parent.mkdir()
        result.write_text("{}")
        run.finish(Outcome(artifacts=(artifact_of(result),)))
    return data_dir


def verified(runs: Runs) -> Outcome:
    """Verify in a run of its own."""
    with closing(runs.start("audit verify", {}, config_hash="0")) as run:
        outcome = audit.verify(run.context)
        run.finish(outcome)
    return outcome


def codes(outcome: Outcome) -> set[str]:
    """Return the codes of the findings."""
    return {finding.code for finding in outcome.findings}


def tapes_of(data_dir: Path) -> list[Path]:
    """Return the archived tapes."""
    return sorted((data_dir / "archive/tapes").glob("*/*.zst"))


def records_of(data_dir: Path) -> list[Path]:
    """Return the records of the runs."""
    return sorted((data_dir / DAY).glob("*.json"))


def indexed(data_dir: Path, *statements: str) -> None:
    """Change the archive's index as any client would."""
    with closing(sqlite3.connect(data_dir / "archive/index.sqlite")) as client, client:
        for statement in statements:
            client.execute(statement)


def change_ledger(data_dir: Path, *statements: str) -> None:
    """Change the ledger as any client would."""
    with opened(data_dir) as client:
        for statement in statements:
            client.execute(statement)


def forge_record(data_dir: Path) -> None:
    """Make a record of a run that never was, with the anchor of one that was."""
    record = json.loads(records_of(data_dir)[0].read_text())
    record["run_id"] = "run-77"
    (data_dir / DAY / "run-77.json").write_text(json.dumps(record))


def copy_record(data_dir: Path) -> None:
    """Copy a genuine record to another id."""
    shutil.copy(records_of(data_dir)[0], data_dir / DAY / "run-77.json")


def copy_record_to_another_day(data_dir: Path) -> None:
    """Copy a genuine record to another day."""
    (data_dir / "runs/2026/02/19").mkdir()
    shutil.copy(records_of(data_dir)[0], data_dir / "runs/2026/02/19")


def swap_records(data_dir: Path) -> None:
    """Let two records change places."""
    first, second = records_of(data_dir)[:2]
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def put_keys_before(data_dir: Path) -> None:
    """Put a key before the record's own; whoever takes the first of two reads a forgery."""
    record = records_of(data_dir)[0]
    record.write_text(record.read_text().replace("{", '{"status": "failed", ', 1))


def put_keys_before_inside(data_dir: Path) -> None:
    """Do the same inside the answer."""
    record = records_of(data_dir)[0]
    record.write_text(record.read_text().replace('"data": {', '"data": {"imported": 9, ', 1))


def put_no_number_into_record(data_dir: Path) -> None:
    """Write a number that is none."""
    record = records_of(data_dir)[0]
    record.write_text(record.read_text().replace("{", '{"x": NaN, ', 1))


def put_endless_number_into_record(data_dir: Path) -> None:
    """Write a number that becomes infinity."""
    record = records_of(data_dir)[0]
    record.write_text(record.read_text().replace("{", '{"x": 1e999, ', 1))


def nest_record(data_dir: Path) -> None:
    """Nest a record deeper than a program can follow."""
    records_of(data_dir)[0].write_text('{"x": ' + "[" * 50_000 + "]" * 50_000 + "}")


def link_record(data_dir: Path) -> None:
    """Put a link in the place of a record, to a file that can be changed later."""
    record = records_of(data_dir)[0]
    elsewhere = record.rename(data_dir.parent / "elsewhere.json")
    record.symlink_to(elsewhere)


def pipe_record(data_dir: Path) -> None:
    """Put a pipe in the place of a record, at which a reader waits for ever."""
    record = records_of(data_dir)[0]
    record.unlink()
    os.mkfifo(record)


def put_file_among_records(data_dir: Path) -> None:
    """Put a file among the records that is none."""
    (data_dir / DAY / "note.txt").write_text("x")


def add_foreign_tape(data_dir: Path) -> None:
    """Put a well-formed tape with its manifest into the archive, as another betflow would have it."""
    other = data_dir.parent / "foreign"
    source = data_dir.parent / "foreign-tape"
    source.write_text(message("1.3", 1_500_000_000_003))
    from betflow.settings import Settings  # noqa: PLC0415 - of this attack alone

    with closing(Runs(Settings(data_dir=other)).start("backfill", {}, config_hash="0")) as run:
        run.finish(backfill(BackfillRequest((source,), workers=1), run.context))
    shutil.copytree(other / "archive/tapes", data_dir / "archive/tapes", dirs_exist_ok=True)


def add_tape_without_manifest(data_dir: Path) -> None:
    """Put a tape without a manifest into the archive."""
    tape = tapes_of(data_dir)[0]
    shutil.copy(tape, tape.with_stem("0" * 64))


def copy_manifest_to_another_folder(data_dir: Path) -> None:
    """Put a manifest into the folder of other hashes, where a search finds it twice."""
    (data_dir / "archive/tapes/zz").mkdir()
    shutil.copy(tapes_of(data_dir)[0].with_suffix(".json"), data_dir / "archive/tapes/zz")


def swap_tapes(data_dir: Path) -> None:
    """Let two tapes change places, each with its manifest."""
    first, second = tapes_of(data_dir)
    for suffix in (".zst", ".json"):
        mine, other = first.with_suffix(suffix), second.with_suffix(suffix)
        content = mine.read_bytes()
        mine.write_bytes(other.read_bytes())
        other.write_bytes(content)


def edit_manifest(data_dir: Path) -> None:
    """Say in a manifest that its tape came from elsewhere."""
    manifest = tapes_of(data_dir)[0].with_suffix(".json")
    manifest.write_text(manifest.read_text().replace("tape-", "tipp-"))


def link_folder_of_tapes(data_dir: Path) -> None:
    """Put a link in the place of a folder of tapes."""
    folder = tapes_of(data_dir)[0].parent
    elsewhere = folder.rename(data_dir.parent / "elsewhere")
    folder.symlink_to(elsewhere, target_is_directory=True)


def pipe_tape(data_dir: Path) -> None:
    """Put a pipe in the place of a tape."""
    tape = tapes_of(data_dir)[0]
    tape.unlink()
    os.mkfifo(tape)


def inflate_tape(data_dir: Path) -> None:
    """Make of a tape a sparse file that would take hours to hash."""
    os.truncate(tapes_of(data_dir)[0], 1 << 42)


def add_result(data_dir: Path) -> None:
    """Put results of a backtest beside the others that nobody played."""
    (data_dir / "backtests/run-9.json").write_text('{"markets":[]}')


def hide_file(data_dir: Path) -> None:
    """Hide a file behind a dot."""
    (data_dir / "backtests/.hidden").write_text("x")


def hide_file_of_a_run_that_ended(data_dir: Path) -> None:
    """Hide a file under the name of what a run works on."""
    (data_dir / "backtests/.run-2.playing").write_text("x")


def keep_lock(data_dir: Path) -> None:
    """Put a record that is about to be published beside the locks."""
    (data_dir / "live/run-2.json").write_text("{}")


def plant_rollback_journal(data_dir: Path) -> None:
    """Put a file beside the ledger from which SQLite would roll it back."""
    (data_dir / f"{FILE_NAME}-journal.bak").write_bytes(b"x")


def plant_discovery(data_dir: Path) -> None:
    """Put an answer of Betfair's into the folder of a run that saw none."""
    folder = data_dir / "discoveries/2026/02/18/run-2"
    folder.mkdir(parents=True)
    (folder / "0001-listMarketBook.json.zst").write_bytes(b"x")


def name_file_in_no_text(data_dir: Path) -> None:
    """Give a file a name that is no text."""
    Path(os.fsdecode(os.fsencode(data_dir / "archive") + b"/caf\xe9")).write_bytes(b"x")


def dig_deep(data_dir: Path) -> None:
    """Hide a file in folders below folders."""
    folder = data_dir / "archive" / "/".join("a" * 300)
    folder.mkdir(parents=True)
    (folder / "x").write_text("x")


def lose_ledger_and_records(data_dir: Path) -> None:
    """Delete ledger and records, and leave archive and backtests."""
    for file in data_dir.glob("ledger.*"):
        file.unlink()
    shutil.rmtree(data_dir / "runs")


def write_history_anew(data_dir: Path) -> None:
    """Chain the journal anew after changing what a tape's entry says."""
    rows = rows_of(data_dir)
    place = next(at for at, row in enumerate(rows) if row.kind == "tape.archived")
    rows[place] = rows[place]._replace(body=rows[place].body.replace("tape-1", "tape-x"))
    overwrite(data_dir, rechained(rows, start=place))


def turn_runs_into_a_trigger(data_dir: Path) -> None:
    """Let a trigger change each run as it is written."""
    change_ledger(
        data_dir,
        "CREATE TRIGGER helpful AFTER INSERT ON runs WHEN NEW.exit_code = 7 "
        "BEGIN UPDATE runs SET exit_code = 0 WHERE run_id = NEW.run_id; END",
    )


ATTACKS: dict[Attack, str] = {
    forge_record: "audit.record-unknown",
    copy_record: "audit.record-unknown",
    copy_record_to_another_day: "audit.record-unknown",
    swap_records: "audit.record-altered",
    put_keys_before: "audit.record-altered",
    put_keys_before_inside: "audit.record-altered",
    put_no_number_into_record: "audit.record-altered",
    put_endless_number_into_record: "audit.record-altered",
    nest_record: "audit.record-altered",
    link_record: "audit.record-altered",
    pipe_record: "audit.record-altered",
    put_file_among_records: "audit.file-unknown",
    add_foreign_tape: "audit.file-unknown",
    add_tape_without_manifest: "audit.file-unknown",
    copy_manifest_to_another_folder: "audit.file-unknown",
    swap_tapes: "audit.file-changed",
    edit_manifest: "audit.file-changed",
    link_folder_of_tapes: "audit.file-unknown",
    pipe_tape: "audit.file-changed",
    inflate_tape: "audit.file-changed",
    add_result: "audit.file-unknown",
    hide_file: "audit.file-unknown",
    hide_file_of_a_run_that_ended: "audit.file-unknown",
    keep_lock: "audit.file-unknown",
    plant_rollback_journal: "audit.file-unknown",
    plant_discovery: "audit.file-unknown",
    name_file_in_no_text: "audit.file-unknown",
    dig_deep: "audit.file-unknown",
    lose_ledger_and_records: "audit.file-unknown",
    write_history_anew: "audit.journal-altered",
    turn_runs_into_a_trigger: "audit.schema-altered",
}


@pytest.mark.skipif(sys.platform != "linux", reason="pipes, links and names that are no text")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_attack_is_damage(runs: Runs, attacked: Path, attack: Attack) -> None:
    """The kind of damage is named, and the data folder is not whole."""
    attack(attacked)

    outcome = verified(runs)

    assert (ExitCode.DAMAGED, False) == (outcome.code, outcome.data["is_whole"])
    assert ATTACKS[attack] in codes(outcome)


@pytest.mark.parametrize(
    ("expected", "statement"),
    [
        ("audit.index-altered", "UPDATE markets SET venue = 'Ascot' WHERE market_id = '1.1'"),
        ("audit.index-altered", "UPDATE markets SET market_id = '1.9' WHERE market_id = '1.1'"),
        ("audit.index-altered", "DELETE FROM markets WHERE market_id = '1.1'"),
        ("audit.index-altered", "UPDATE tapes SET damaged = 1"),
        (
            "audit.index-altered",
            "INSERT INTO runners SELECT sha256, market_id, 7, 0, 'A', 'WINNER', 2, 1 FROM markets",
        ),
        ("audit.index-altered", "CREATE TRIGGER quiet BEFORE DELETE ON tapes BEGIN SELECT 1; END"),
        ("audit.index-altered", "CREATE VIEW best AS SELECT * FROM markets"),
        ("audit.index-altered", "DROP INDEX markets_time"),
        (
            "audit.index-unknown",
            "UPDATE OR REPLACE tapes SET sha256 = 'abc' WHERE sha256 = (SELECT min(sha256) FROM tapes)",
        ),
    ],
)  # fmt: skip
def test_forged_index_is_damage(runs: Runs, attacked: Path, expected: str, statement: str) -> None:
    """An index that does not say what the manifests say is named, with how to make it anew."""
    indexed(attacked, statement)

    outcome = verified(runs)

    assert (ExitCode.DAMAGED, {expected}) == (outcome.code, codes(outcome))
    assert "Remove archive/index.sqlite" in outcome.findings[0].message


def test_index_that_is_none_is_damage(runs: Runs, attacked: Path) -> None:
    """An index that SQLite cannot read is named, and all else is checked."""
    (attacked / "archive/index.sqlite").write_bytes(b"x" * 5000)

    assert {"audit.index-damaged"} == codes(verified(runs))


def test_index_made_anew_is_whole(runs: Runs, attacked: Path) -> None:
    """The remedy works: an index that was removed is made anew by whoever opens it, and is whole."""
    (attacked / "archive/index.sqlite").unlink()

    assert ExitCode.OK == verified(runs).code


def test_untouched_folder_is_whole(runs: Runs, attacked: Path) -> None:
    """Nothing is found where nothing was done, and the working files are named."""
    outcome = verified(runs)

    assert (ExitCode.OK, set()) == (outcome.code, codes(outcome))
    assert ["archive/backfill.lock", "live/run-3.lock"] == [each["path"] for each in outcome.data["working"]]
    assert 2 == len(tapes_of(attacked))


def test_files_that_are_not_ours_are_named(runs: Runs, attacked: Path) -> None:
    """A file beside betflow's own folders is named, and is no damage."""
    (attacked / "notes.txt").write_text("x")

    outcome = verified(runs)

    assert (ExitCode.FINDINGS, {"audit.file-foreign"}, True) == (
        outcome.code,
        codes(outcome),
        outcome.data["is_whole"],
    )


def test_lock_of_a_run_that_ended_hides_nothing(runs: Runs, attacked: Path) -> None:
    """A record that is gone is missing, although somebody holds the lock of its run."""
    records_of(attacked)[0].unlink()
    lock = attacked / "live/run-1.lock"
    later = Runs(runs._settings, clock=lambda: 1_771_500_000_000)
    liveness.hold(lock)
    try:
        assert "audit.record-missing" in codes(verified(later))
    finally:
        liveness.release(lock)


def test_tape_of_nobody_is_named_by_tape_verify(runs: Runs, attacked: Path) -> None:
    """A well-formed tape that the journal does not know is damage to ``tape verify``, too."""
    add_foreign_tape(attacked)

    with closing(runs.start("tape verify", {}, config_hash="0")) as run:
        outcome = tape_verify.verify(tape_verify.VerifyRequest(), run.context)

    assert (ExitCode.DAMAGED, {"tape.unknown"}) == (outcome.code, codes(outcome))


def test_edited_manifest_is_named_by_tape_verify(runs: Runs, attacked: Path) -> None:
    """A manifest that tells what its tape holds, and is not the one that was written, is damage."""
    edit_manifest(attacked)

    with closing(runs.start("tape verify", {}, config_hash="0")) as run:
        outcome = tape_verify.verify(tape_verify.VerifyRequest(), run.context)

    assert (ExitCode.DAMAGED, {"tape.manifest-altered"}) == (outcome.code, codes(outcome))


def test_results_of_a_killed_backtest_are_vouched_for(runs: Runs, data_dir: Path) -> None:
    """The results of a run that was killed before its end are vouched for by the result hash."""
    content = b'{"markets":[]}'
    body = {"result_hash": hashlib.sha256(content).hexdigest(), "request": {}, "totals": {}}
    run = runs.start("backtest", {}, config_hash="0")
    run.context.record("backtest.finished", "backtest", body)
    (data_dir / "backtests").mkdir()
    (data_dir / "backtests/run-1.json").write_bytes(content)
    run.close()

    assert not [each for each in verified(runs).findings if each.code.startswith("audit.file")]
    (data_dir / "backtests/run-1.json").write_bytes(b"{}")
    assert "audit.file-unknown" in codes(verified(runs))
