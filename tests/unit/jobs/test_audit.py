"""What was run can be listed, shown, and proved to be whole."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from betflow.errors import DamagedError, ExitCode, NotFoundError, UsageError
from betflow.jobs import audit
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext, Runs
from betflow.settings import Settings
from tampering import opened, overwrite, rechained, rehashed, rows_of

Finish = Callable[..., None]


@pytest.fixture
def finish(runs: Runs) -> Finish:
    """Return a function that runs a command to its end."""

    def run_to_end(command: str, outcome: Outcome | None = None) -> None:
        with closing(runs.start(command, {"market": "1.234"}, config_hash="0")) as run:
            run.context.record("fact", "1.234", {"size": 2})
            run.finish(outcome or Outcome())

    return run_to_end


@pytest.fixture
def history(finish: Finish, data_dir: Path) -> Path:
    """Write three runs, one of which wrote a file, and return the data folder."""
    finish("backfill")
    tape = data_dir / "tape"
    tape.write_text("{}")
    finish("tape export", Outcome({"rows": 1}, artifacts=(artifact_of(tape),)))
    finish("tape stats")
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


@pytest.mark.usefixtures("history")
class TestList:
    """``audit ls``."""

    @pytest.mark.parametrize(
        ("expected", "request_"),
        [
            (["tape stats", "tape export", "backfill"], audit.ListRequest()),
            (["tape stats", "tape export"], audit.ListRequest(command="tape")),
            (["tape stats"], audit.ListRequest(command="tape", limit=1)),
            (["backfill"], audit.ListRequest(command="backfill", status="ok")),
            ([], audit.ListRequest(status="crashed")),
        ],
    )
    def test_newest_runs_come_first(
        self, context: RunContext, expected: list[str], request_: audit.ListRequest
    ) -> None:
        """Runs are listed from the newest, without the one that lists, and may be narrowed down."""
        listed = audit.ls(request_, context).data["runs"]

        assert expected == [run["command"] for run in listed]

    def test_unknown_status_is_refused(self, context: RunContext) -> None:
        """A status that no run can have is refused, naming those that are."""
        with pytest.raises(UsageError, match=r"'done' is not a status\. Choose one of running, ok"):
            audit.ls(audit.ListRequest(status="done"), context)


@pytest.mark.usefixtures("history")
class TestShow:
    """``audit show``."""

    @pytest.mark.parametrize("wanted", ["run-2", "last"])
    def test_run_is_shown_with_its_entries(self, context: RunContext, wanted: str) -> None:
        """A run is found by its id, and the last that was no audit by "last"."""
        data = audit.show(audit.ShowRequest(wanted), context).data

        assert wanted == "last" or data["run"]["run_id"] == wanted
        assert {"market": "1.234"} == data["run"]["arguments"]
        assert ["run.started", "fact", "run.finished"] == [entry["kind"] for entry in data["entries"]]

    def test_answer_of_the_run_is_shown(self, context: RunContext) -> None:
        """What the run answered and wrote is read from its record."""
        data = audit.show(audit.ShowRequest("run-2"), context).data

        assert {"rows": 1} == data["data"]
        assert ["tape"] == [Path(each["path"]).name for each in data["artifacts"]]

    def test_audits_are_not_the_last_run(self, runs: Runs, finish: Finish) -> None:
        """Looking at runs does not change which one was the last."""
        finish("audit ls")
        with closing(runs.start("audit show", {}, config_hash="0")) as run:
            data = audit.show(audit.ShowRequest("last"), run.context).data

        assert "tape stats" == data["run"]["command"]

    def test_ambiguous_beginning_is_refused(self, context: RunContext) -> None:
        """A beginning that several ids have is refused, naming them."""
        with pytest.raises(NotFoundError, match="several runs begin with 'run': run-1, run-2"):
            audit.show(audit.ShowRequest("run"), context)

    def test_unknown_run_is_refused(self, context: RunContext) -> None:
        """An id that no run has is refused."""
        with pytest.raises(NotFoundError, match="no run begins with 'x'"):
            audit.show(audit.ShowRequest("x"), context)

    def test_missing_record_is_damage(self, context: RunContext, data_dir: Path) -> None:
        """A run whose record is gone is not shown as if nothing were."""
        (data_dir / "runs/2026/02/18/run-1.json").unlink()

        with pytest.raises(DamagedError, match="audit verify"):
            audit.show(audit.ShowRequest("run-1"), context)


def test_show_before_anything_was_run(context: RunContext) -> None:
    """There is no last run in an empty data folder."""
    with pytest.raises(NotFoundError, match=r"nothing was run yet in .*data but audits"):
        audit.show(audit.ShowRequest("last"), context)


class TestVerify:
    """``audit verify``."""

    def test_untouched_history_is_whole(self, runs: Runs, history: Path) -> None:
        """Nothing is found where nothing was done, and everything was looked at."""
        outcome = verified(runs)

        assert (ExitCode.OK, True, 10, 3, 1) == (
            outcome.code,
            outcome.data["is_whole"],
            outcome.data["entries"],
            outcome.data["records"],
            outcome.data["files"],
        )
        assert ExitCode.OK == verified(runs).code
        assert history.exists()

    def test_altered_entry_is_named(self, runs: Runs, history: Path) -> None:
        """The first bad entry is named, and the damage has its own exit code."""
        rows = rows_of(history)
        rows[4] = rows[4]._replace(body="{}")
        overwrite(history, rows)

        outcome = verified(runs)

        assert (ExitCode.DAMAGED, 5, "altered") == (
            outcome.code,
            outcome.data["first_bad"]["seq"],
            outcome.data["first_bad"]["defect"],
        )

    @pytest.mark.parametrize("length", [0, 4, 6, 8])
    def test_truncated_journal_is_found_through_the_records(
        self, runs: Runs, history: Path, length: int
    ) -> None:
        """A journal that was cut off is found, although the check was chained to its new end."""
        overwrite(history, rows_of(history)[:length])

        outcome = verified(runs)

        assert ExitCode.DAMAGED == outcome.code
        assert (length + 1, "truncated") == (
            outcome.data["first_bad"]["seq"],
            outcome.data["first_bad"]["defect"],
        )

    def test_truncated_journal_is_found_after_other_runs(
        self, runs: Runs, history: Path, finish: Finish
    ) -> None:
        """Runs after the cut do not hide it."""
        overwrite(history, rows_of(history)[:6])
        finish("tape ls")

        outcome = verified(runs)

        assert (9, "altered") == (outcome.data["first_bad"]["seq"], outcome.data["first_bad"]["defect"])

    def test_journal_written_anew_is_found(self, runs: Runs, history: Path) -> None:
        """A journal with every hash made anew no longer agrees with the records."""
        rows = rows_of(history)
        rows[1] = rehashed(rows[1]._replace(body='{"size":3}'))
        overwrite(history, rechained(rows, start=2))

        assert (3, "altered") == tuple(verified(runs).data["first_bad"][key] for key in ("seq", "defect"))

    def test_a_check_of_a_broken_chain_is_recorded(self, runs: Runs, history: Path) -> None:
        """The check is chained to the head that it found, and the next check finds the same."""
        rows = rows_of(history)
        rows[4] = rows[4]._replace(body="{}")
        overwrite(history, rows)

        first, second = verified(runs), verified(runs)

        assert first.data["first_bad"] == second.data["first_bad"]
        assert ["audit verify", "audit verify"] == [row.subject for row in rows_of(history)[9::2]][:2]

    @pytest.mark.parametrize(
        ("expected", "content"),
        [
            ("audit.record-missing", None),
            ("audit.record-altered", "not JSON"),
            ("audit.record-altered", "[]"),
            ("audit.record-altered", '{"status": "ok"}'),
        ],
    )
    def test_records_are_compared(
        self, runs: Runs, history: Path, expected: str, content: str | None
    ) -> None:
        """A record that is gone, or is not what was written, is found."""
        record = history / "runs/2026/02/18/run-2.json"
        if content is None:
            record.unlink()
        else:
            record.write_text(content)

        outcome = verified(runs)

        assert ({expected}, ExitCode.DAMAGED) == (codes(outcome), outcome.code)

    def test_record_without_its_anchor_is_altered(self, runs: Runs, history: Path) -> None:
        """A record whose anchor was taken away is found, although the rest of it is intact."""
        record = history / "runs/2026/02/18/run-2.json"
        record.write_text(record.read_text().replace('"journal"', '"journey"'))

        assert {"audit.record-altered"} == codes(verified(runs))

    def test_record_of_an_unknown_run_is_found(self, runs: Runs, history: Path) -> None:
        """A record that the journal knows nothing of is found."""
        folder = history / "runs/2026/02/18"
        (folder / "run-99.json").write_text('{"journal": {"seq": 900, "hash": "0"}}')

        assert "audit.record-unknown" in codes(verified(runs))

    @pytest.mark.parametrize(
        ("expected", "statement"),
        [
            ("audit.run-altered", "UPDATE runs SET status = 'ok', exit_code = 3 WHERE run_id = 'run-1'"),
            ("audit.run-missing", "DELETE FROM runs WHERE run_id = 'run-1'"),
            ("audit.run-unknown", "UPDATE runs SET run_id = 'run-0' WHERE run_id = 'run-1'"),
            ("audit.guard-missing", "DROP TRIGGER journal_refuses_delete"),
        ],
    )
    def test_list_of_runs_and_guards_are_compared(
        self, runs: Runs, history: Path, expected: str, statement: str
    ) -> None:
        """Rows that differ from the journal, and triggers that are gone, are found."""
        with opened(history) as client:
            client.execute(statement)

        assert expected in codes(verified(runs))

    @pytest.mark.parametrize(
        ("expected", "content"), [("audit.file-missing", None), ("audit.file-changed", "[]")]
    )
    def test_files_are_compared(self, runs: Runs, history: Path, expected: str, content: str | None) -> None:
        """A file that a run wrote and that is gone or changed is found."""
        if content is None:
            (history / "tape").unlink()
        else:
            (history / "tape").write_text(content)

        outcome = verified(runs)

        assert ({expected}, "tape") == (codes(outcome), outcome.findings[0].subject)

    @pytest.mark.parametrize(
        ("expected", "content"), [("audit.export-missing", None), ("audit.export-changed", "[]")]
    )
    def test_exports_are_their_owners(
        self, runs: Runs, finish: Finish, tmp_path: Path, expected: str, content: str | None
    ) -> None:
        """A file outside the data folder that is gone or changed is a finding; the record is whole."""
        export = tmp_path / "export.csv"
        export.write_text("{}")
        finish("tape export", Outcome(artifacts=(artifact_of(export),)))
        export.unlink() if content is None else export.write_text(content)

        outcome = verified(runs)

        assert ({expected}, ExitCode.FINDINGS, True) == (
            codes(outcome),
            outcome.code,
            outcome.data["is_whole"],
        )
        assert {expected.removeprefix("audit.export-"): 1} == {
            name: count for name, count in outcome.data["exports"].items() if count
        }
        assert str(export) == outcome.findings[0].subject

    def test_damage_inside_outweighs_exports(
        self, runs: Runs, history: Path, finish: Finish, tmp_path: Path
    ) -> None:
        """An export that is gone does not make damage in the data folder a mere finding."""
        export = tmp_path / "export.csv"
        export.write_text("{}")
        finish("tape export", Outcome(artifacts=(artifact_of(export),)))
        export.unlink()
        (history / "tape").unlink()

        outcome = verified(runs)

        assert (ExitCode.DAMAGED, False) == (outcome.code, outcome.data["is_whole"])
        assert {"audit.export-missing", "audit.file-missing"} == codes(outcome)

    def test_file_reached_through_a_link_is_inside(
        self, runs: Runs, history: Path, finish: Finish, tmp_path: Path
    ) -> None:
        """What a link leads into the data folder is part of it, by whatever path it was written."""
        link = tmp_path / "link"
        link.symlink_to(history, target_is_directory=True)
        finish("tape export", Outcome(artifacts=(artifact_of(link / "tape"),)))
        (history / "tape").unlink()

        outcome = verified(runs)

        assert ({"audit.file-missing"}, ExitCode.DAMAGED) == (codes(outcome), outcome.code)

    def test_every_finding_says_where_and_what_to_do(
        self, runs: Runs, history: Path, finish: Finish, tmp_path: Path
    ) -> None:
        """Whatever is wrong, the finding leads to the place and ends with what to do next."""
        export = tmp_path / "export.csv"
        export.write_text("{}")
        finish("tape export", Outcome(artifacts=(artifact_of(export),)))
        export.unlink()
        (history / "tape").write_text("x")
        (history / "runs/2026/02/18/run-2.json").unlink()
        with opened(history) as client:
            client.execute("DELETE FROM runs WHERE run_id = 'run-1'")
            client.execute("DROP TRIGGER journal_refuses_delete")

        findings = verified(runs).findings

        assert 5 == len(findings)
        assert [] == [each.code for each in findings if not each.where]
        assert [] == [
            each.code
            for each in findings
            if not re.search("Restore|Compare|run the command again", each.message)
        ]

    def test_file_that_a_later_run_wrote_again_is_whole(
        self, runs: Runs, history: Path, finish: Finish
    ) -> None:
        """The last run that wrote a file says what it must be."""
        (history / "tape").write_text("[]")
        finish("tape export", Outcome(artifacts=(artifact_of(history / "tape"),)))

        assert ExitCode.OK == verified(runs).code

    def test_moved_data_folder_is_whole(self, history: Path, tmp_path: Path) -> None:
        """A data folder may be moved as a whole."""
        moved = history.rename(tmp_path / "elsewhere")

        assert ExitCode.OK == verified(Runs(Settings(data_dir=moved))).code

    def test_entry_with_a_senseless_body_is_found(self, runs: Runs, history: Path) -> None:
        """A forged entry that is no run's end does not stop the check."""
        rows = rows_of(history)
        forged = rows[0]._replace(seq=10, run_id="x", kind="run.started", body="[]", prev_hash=rows[-1].hash)
        overwrite(history, [*rows, rehashed(forged)])

        assert {"audit.entry-unreadable"} == codes(verified(runs))

    def test_run_that_is_going_on_is_no_finding(self, runs: Runs, history: Path) -> None:
        """Another command that runs at the same time is left to the next check."""
        with closing(runs.start("record", {}, config_hash="0")):
            assert ExitCode.OK == verified(runs).code
        assert history.exists()
