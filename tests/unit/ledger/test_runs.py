"""The list of runs is what the journal tells."""

import pytest

from betflow.jobs.runs import Run
from betflow.ledger.journal import Entry, Journal
from betflow.ledger.runs import RunKind, RunStatus, RunTable, project


def test_projection_of_the_journal_is_the_row(run: Run) -> None:
    """Folding the entries of a run gives the row that the table holds."""
    ledger = run.context.ledger
    run.context.record("fact", "1.234", {})

    row = None
    for entry in Journal(ledger).entries():
        row = project(row, entry)

    assert row is not None
    assert RunStatus.RUNNING == row.status
    assert row == RunTable(ledger).get("run-1")


def test_run_that_never_started_cannot_end(run: Run) -> None:
    """An end without a beginning is refused."""
    started = Journal(run.context.ledger).entry(1)
    assert isinstance(started, Entry)
    stray = started._replace(run_id="stray", kind=RunKind.FINISHED)

    with pytest.raises(ValueError, match="never started"):
        RunTable(run.context.ledger).apply(stray)
