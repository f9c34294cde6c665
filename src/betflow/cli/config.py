"""``betflow config``: what is set, and by what."""

from typing import Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.options import CommandGroup
from betflow.cli.screen import Screen

app = CommandGroup(name="config", help="Look at the settings.")


@app.callback()
def _config() -> None:
    """Hold no options; without it a group of one command would be that command."""


@app.command("show")
def show(ctx: typer.Context) -> None:
    """
    Show every setting, its value, and where it came from; secrets are masked.

    The command line wins over the environment, that over .env, that over the profile, and the profile over
    the defaults.
    """
    from betflow.jobs import config_show as job

    run_command(ctx, job.show, _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    profile, dotenv = data["profile"], data["dotenv"]
    screen.fields(
        {
            "profile": f"{profile['name']}, chosen by {profile['set_by'] or 'default'}",
            "file": _told(profile, "not there: defaults are in force"),
            ".env": _told(dotenv, "not there; 'betflow init' makes one"),
        }
    )
    screen.line()
    screen.table(
        ["setting", "value", "from", "set by"],
        [[each["name"], _value(each["value"]), each["source"], each["set_by"]] for each in data["settings"]],
        spare=[("set by",)],
    )


def _told(file: dict[str, Any], otherwise: str) -> str:
    return str(file["path"]) if file["exists"] else f"{file['path']} ({otherwise})"


def _value(value: object) -> object:
    return (
        ", ".join(map(str, value)) if isinstance(value, list) else str(value) if value is not None else None
    )
