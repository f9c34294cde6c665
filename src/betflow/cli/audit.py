"""``betflow audit``: which commands ran, what each did, and proof that nobody changed the record."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.data_folder import told
from betflow.cli.figures import count, money, second
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
def verify(
    ctx: typer.Context,
    anchors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Anchors that were kept elsewhere, as 'audit anchor' wrote them."),
    ] = None,
) -> None:
    """
    Check the journal's chain, every run's record, and the files that runs wrote.

    Exits with 0 when all of it is as it was recorded, and with 7, naming the first bad entry, when anything
    in the data folder is not. Exports outside it that are gone or changed are findings: 1.
    """
    from betflow.jobs import audit

    request = audit.VerifyRequest(anchors)
    run_command(ctx, lambda context: audit.verify(context, request), _render_verdict)


@app.command("anchor")
def anchor(
    ctx: typer.Context,
    *,
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="Append to this file, outside the data folder; - is stdout.")
    ],
) -> None:
    """
    Append the journal's head to a file elsewhere, so that nobody can take the data folder back unnoticed.

    Let cron do it, keep the file where others cannot change it, and check with audit verify --anchors FILE.
    """
    from betflow.jobs.anchors import AnchorRequest
    from betflow.jobs.anchors import anchor as job

    run_command(ctx, lambda context: job(AnchorRequest(output), context), _render_anchor)


def _render_list(data: dict[str, Any], screen: Screen) -> None:
    if not data["runs"]:
        screen.sentence(f"No runs in {told(data['folder'])}.")
        return
    screen.table(
        ["run", "command", "status", "exit", "started", "seconds"],
        [
            [
                *(run["run_id"], run["command"], run["status"], run["exit_code"]),
                *(second(run["started"]), money(run["seconds"])),
            ]
            for run in data["runs"]
        ],
        spare=[("seconds",), ("exit",)],
    )


def _render_run(data: dict[str, Any], screen: Screen) -> None:
    run = data["run"]
    times = {name: second(run[name]) for name in ("started", "finished")}
    told = {**run, **times, "seconds": money(run["seconds"])}
    screen.fields({name.replace("_", " "): value for name, value in told.items() if name != "arguments"})
    arguments = {f"argument {name}": value for name, value in run["arguments"].items()}
    if any(value is not None for value in arguments.values()):
        screen.line()
        screen.fields(arguments)
    for title in ("findings", "inputs", "artifacts"):
        if data[title]:
            screen.line()
            columns = _COLUMNS[title]
            screen.table(list(columns), [[cell(row) for cell in columns.values()] for row in data[title]])
    screen.line()
    screen.table(
        ["seq", "recorded", "kind", "subject"],
        [
            [each["seq"], second(each["recorded_at"]), each["kind"], each["subject"]]
            for each in data["entries"]
        ],
    )


_FILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "path": lambda file: file["path"],
    "bytes": lambda file: count(file["bytes"]),
    "sha256": lambda file: file["sha256"],
}
_COLUMNS: dict[str, dict[str, Callable[[dict[str, Any]], object]]] = {
    "findings": {
        "code": lambda finding: finding["code"],
        "subject": lambda finding: finding["subject"],
        "message": lambda finding: finding["message"],
    },
    "inputs": _FILE,
    "artifacts": _FILE,
}


def _render_anchor(data: dict[str, Any], screen: Screen) -> None:
    anchor = data["anchor"]
    screen.fields(
        {
            "time": second(anchor["time"]),
            "entries": count(anchor["entries"]),
            "head": anchor["head"],
            "appended to": data["output"],
        }
    )


def _render_verdict(data: dict[str, Any], screen: Screen) -> None:
    bad = data["first_bad"]
    screen.fields(
        {
            "verdict": "whole" if data["is_whole"] else "DAMAGED",
            **({"first bad entry": f"{bad['seq']} ({bad['defect']}): {bad['reason']}"} if bad else {}),
            "entries": count(data["entries"]),
            "head": f"{data['head']['seq']} {data['head']['hash']}",
            "anchors": count(data["anchors"]) if data["anchors"] else "none; see audit anchor",
            "runs": count(data["runs"]),
            "records": count(data["records"]),
            "files": count(data["files"]),
            "exports": ", ".join(
                f"{count(number)} {name}" for name, number in data["exports"].items() if number
            )
            or None,
            "working files": ", ".join(
                f"{count(number)} {what}"
                for what, number in Counter(each["what"] for each in data["working"]).items()
            )
            or None,
        }
    )
