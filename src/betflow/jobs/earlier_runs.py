"""Runs that were before this one, as they are named on a command line."""

from itertools import islice

from betflow.errors import NotFoundError
from betflow.jobs.plain import plain
from betflow.jobs.runs import RunContext
from betflow.ledger.runs import RunRow, RunTable

LAST = "last"
_AUDITS = "audit"


def is_of_command(row: RunRow, command: str) -> bool:
    """Say whether a run is of a command, or of one below it: "tape" is all of tape."""
    return row.command == command or row.command.startswith(f"{command} ")


def find_run(wanted: str, context: RunContext) -> RunRow:
    """
    Return the run with that id or beginning; "last" is the last that was no audit.

    Raises:
        NotFoundError: no run has that id, or several begin so.
    """
    table = RunTable(context.ledger)
    if wanted == LAST:
        for row in table.newest_first():
            if row.run_id != context.run_id and not is_of_command(row, _AUDITS):
                return row
        raise NotFoundError(
            f"nothing was run yet in {context.data_dir} but audits.", advice="Run a command first."
        )
    found = list(islice(table.starting_with(plain(wanted)), 5))
    exact = [row for row in found if row.run_id == wanted]
    match exact or found:
        case [row]:
            return row
        case []:
            raise NotFoundError(
                f"no run begins with {wanted!r}.", advice="'betflow audit ls' lists the runs."
            )
        case several:
            ids = ", ".join(row.run_id for row in several)
            raise NotFoundError(
                f"several runs begin with {wanted!r}: {ids} ….", advice="Give more of the id."
            )
