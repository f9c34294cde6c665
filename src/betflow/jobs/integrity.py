"""
The checks behind ``audit verify``: each compares two things that were written down apart from each other.

The chain with itself, with the anchors in the records and with those that were kept elsewhere; the records
with the hashes in the chain; the list of runs and the tables of backtests with the chain that they are
projections of; the archive's index with the manifests; the files on the disk with the hashes that the runs
gave them, at their end or, for tapes, when each was archived: a run that is killed has no end. What stands in
the data folder and none of them accounts for is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from betflow.errors import Finding
from betflow.jobs.audit_facts import COMPARE, read_facts
from betflow.jobs.audit_files import WorkingFile, check_written, is_about_export, look_for_strangers
from betflow.jobs.audit_index import check_index
from betflow.jobs.audit_records import check_records, read_records
from betflow.jobs.runs import RunContext
from betflow.ledger.backtests import TABLES, BacktestKind, BacktestTables
from betflow.ledger.backtests import project as project_backtest
from betflow.ledger.journal import Head, Journal
from betflow.ledger.runs import RunRow, RunTable
from betflow.ledger.schema import GUARDS
from betflow.ledger.verification import Verdict, missing_guards, verify_chain

_NOT_DAMAGE = frozenset({"audit.file-foreign"})


@dataclass(frozen=True, slots=True)
class Check:
    """
    What the checks found.

    Attributes:
        runs: How many rows were compared with the journal.
        records: How many run records were read.
        files: How many files that runs wrote were hashed.
        damage: What is wrong in the data folder: what betflow keeps is not what it wrote.
        others: What is not betflow's: files outside the data folder that are gone or differ, which are their
            owner's, who may delete or edit them, and files in it of which betflow takes no notice. The record
            is whole all the same.
        working: Files that betflow works with and does not vouch for.
    """

    chain: Verdict
    runs: int
    records: int
    files: int
    damage: tuple[Finding, ...]
    others: tuple[Finding, ...]
    working: tuple[WorkingFile, ...]


def check_all(context: RunContext, *, kept: Sequence[Head] = ()) -> Check:
    """
    Do every check, whatever the ones before it found; what began after this run is left to the next.

    Args:
        context: The run.
        kept: Places and hashes of entries that were kept outside the data folder.
    """
    table = RunTable(context.ledger)
    own = table.get(context.run_id)
    own_seq = own.started_seq if own is not None else Journal(context.ledger).head().seq + 1
    records = read_records(context.data_dir)
    facts = read_facts(context, until=own_seq)
    chain = _check_chain(context, records.anchors, kept, cut=own_seq - 1)
    strangers, working = look_for_strangers(context, facts)
    findings = [
        *_chain_findings(context, chain),
        *facts.findings,
        *records.damaged.values(),
        *_check_rows(table, facts.rows, until=own_seq),
        *_check_backtests(context, until=own_seq),
        *check_records(context, facts.rows, records),
        *check_written(context, facts),
        *check_index(context, facts.tapes),
        *strangers,
    ]
    later = read_facts(context, after=own_seq)
    changing = later.files.keys() | later.underway.keys()
    findings = [each for each in findings if not (_is_about_file(each) and each.subject in changing)]
    return Check(
        chain,
        runs=len(facts.rows),
        records=len(records.found),
        files=len(facts.files),
        damage=tuple(each for each in findings if not _is_anothers(each)),
        others=tuple(filter(_is_anothers, findings)),
        working=tuple(working),
    )


def _is_about_file(finding: Finding) -> bool:
    return finding.code.startswith(("audit.file-", "audit.index-"))


def _is_anothers(finding: Finding) -> bool:
    return is_about_export(finding) or finding.code in _NOT_DAMAGE


def _check_chain(context: RunContext, anchors: Sequence[Head], kept: Sequence[Head], *, cut: int) -> Verdict:
    context.progress.start("journal", total=Journal(context.ledger).head().seq, unit="entries")
    verdict = verify_chain(
        context.ledger, anchors=anchors, kept=kept, cut=cut, on_entry=context.progress.advance
    )
    context.progress.stop()
    return verdict


def _chain_findings(context: RunContext, chain: Verdict) -> Iterator[Finding]:
    if chain.first_bad is not None:
        bad = chain.first_bad
        message = (
            f"entry {bad.seq} is {bad.defect}: {bad.reason}. Trust nothing from there on and compare with a "
            "backup. This check itself was chained to the head that it found."
        )
        yield Finding(f"audit.journal-{bad.defect}", "journal", message, {"seq": bad.seq})
    for name in missing_guards(context.ledger):
        message = (
            f"the trigger {name}, which keeps the journal append-only, was dropped or changed. "
            f"Somebody worked on the database by hand. {COMPARE}"
        )
        yield Finding("audit.guard-missing", "journal", message, {"trigger": name})
    for name in context.ledger.strange_objects():
        if name.removeprefix("trigger ") not in GUARDS:
            message = f"the ledger has another {name} than betflow makes, or none. {COMPARE}"
            yield Finding("audit.schema-altered", name, message, {"object": name})


def _check_rows(table: RunTable, told: dict[str, RunRow], *, until: int) -> Iterator[Finding]:
    """Compare the list of runs with what the journal tells of them."""
    listed = {row.run_id: row for row in table.newest_first()}
    for run_id, expected in told.items():
        row = listed.pop(run_id, None)
        if row is None:
            message = f"the journal knows this run, the list of runs does not. {COMPARE}"
            yield Finding("audit.run-missing", run_id, message, {"seq": expected.started_seq})
        elif row != expected and not (expected.sealed_seq is None and (row.sealed_seq or 0) > until):
            names = ", ".join(
                each.name
                for each in fields(RunRow)
                if getattr(row, each.name) != getattr(expected, each.name)
            )
            message = f"the list of runs differs from the journal in: {names}. {COMPARE}"
            yield Finding("audit.run-altered", run_id, message, {"seq": expected.started_seq})
    for run_id, row in listed.items():
        if row.started_seq <= until:
            message = f"the list of runs has this run, the journal does not. {COMPARE}"
            yield Finding("audit.run-unknown", run_id, message, {"seq": row.started_seq})


def _check_backtests(context: RunContext, *, until: int) -> Iterator[Finding]:
    """Make the rows of each entry of a backtest anew and compare them with the tables."""
    tables = BacktestTables(context.ledger)
    expected = dict.fromkeys(TABLES, 0)
    entries = (entry for kind in BacktestKind for entry in Journal(context.ledger).entries_of_kind(kind))
    for entry in entries:
        if entry.seq > until:
            continue
        try:
            rows = {table: made for table, made in project_backtest(entry).items() if made}
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            message = f"entry {entry.seq} does not say what a {entry.kind} entry says. {COMPARE}"
            yield Finding("audit.entry-unreadable", entry.run_id, message, {"seq": entry.seq})
            continue
        for table, made in rows.items():
            expected[table] += len(made)
        if tables.rows_of(entry.seq) != rows:
            message = (
                f"the tables of backtests differ from entry {entry.seq}, about {entry.subject}. {COMPARE}"
            )
            yield Finding("audit.backtest-altered", entry.run_id, message, {"seq": entry.seq})
    for table, count in tables.count(until=until).items():
        if count > expected[table]:
            message = f"{table} has {count - expected[table]} rows that the journal does not know. {COMPARE}"
            yield Finding("audit.backtest-unknown", table, message)
