"""``betflow audit``: which commands ran, what each did, and proof that nobody changed the record."""

from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.filters import Limit
from betflow.cli.options import CommandGroup
from betflow.cli.screen import Screen

app = CommandGroup(name="audit", help="Look at what was run, and prove that the record is whole.")


@app.command("ls")
def ls(
    ctx: typer.Context,
    limit: Limit = 20,
    command: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="Only this command, e.g. 'backfill'; 'tape' means all of tape."),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help="Only running, ok, findings, failed, interrupted or crashed."),
    ] = None,
) -> None:
    """List the runs, the newest first."""
    from betflow.jobs import audit

    request = audit.ListRequest(limit=limit or None, command=command, status=status)
    run_command(ctx, lambda context: audit.ls(request, context), _render_list)


@app.command("show")
def show(
    ctx: typer.Context,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run id, its beginning, or 'last' (audits do not count).")
    ],
) -> None:
    """Show one run: its arguments, what it found, the files it read and wrote, its journal entries."""
    from betflow.jobs import audit

    run_command(ctx, lambda context: audit.show(audit.ShowRequest(run), context), _render_run)


@app.command("verify")
def verify(ctx: typer.Context) -> None:
    """
    Check the journal's chain, every run's record, and the files that runs wrote.

    Exits with 0 when all of it is as it was recorded, and with 7, naming the first bad entry, when anything
    in the data folder is not. Exports outside it that are gone or changed are findings: 1.
    """
    from betflow.jobs import audit

    run_command(ctx, audit.verify, _render_verdict)


def _render_list(data: dict[str, Any], screen: Screen) -> None:
    if not data["runs"]:
        screen.line("No runs.")
        return
    screen.table(
        ["run", "command", "status", "exit", "started", "seconds"],
        [
            [
                run["run_id"],
                run["command"],
                run["status"],
                run["exit_code"],
                _second(run["started"]),
                run["seconds"],
            ]
            for run in data["runs"]
        ],
    )


def _second(time: str) -> str:
    """Cut an ISO time to the second."""
    return time[:19].replace("T", " ")


def _render_run(data: dict[str, Any], screen: Screen) -> None:
    run = data["run"]
    screen.fields({name: value for name, value in run.items() if name != "arguments"})
    for name, value in run["arguments"].items():
        screen.line(f"argument {name} = {value}")
    for title in ("findings", "inputs", "artifacts"):
        if data[title]:
            screen.line()
            screen.table(
                list(_COLUMNS[title]), [[row[key] for key in _COLUMNS[title]] for row in data[title]]
            )
    screen.line()
    screen.table(
        ["seq", "recorded", "kind", "subject"],
        [
            [each["seq"], _second(each["recorded_at"]), each["kind"], each["subject"]]
            for each in data["entries"]
        ],
    )


_COLUMNS = {
    "findings": ("code", "subject", "message"),
    "inputs": ("path", "bytes", "sha256"),
    "artifacts": ("path", "bytes", "sha256"),
}


def _render_verdict(data: dict[str, Any], screen: Screen) -> None:
    bad = data["first_bad"]
    screen.fields(
        {
            "verdict": "whole" if data["is_whole"] else "DAMAGED",
            **({"first bad entry": f"{bad['seq']} ({bad['defect']}): {bad['reason']}"} if bad else {}),
            "entries": data["entries"],
            "head": f"{data['head']['seq']} {data['head']['hash']}",
            "runs": data["runs"],
            "records": data["records"],
            "files": data["files"],
            "exports": ", ".join(f"{count} {name}" for name, count in data["exports"].items() if count)
            or None,
        }
    )
