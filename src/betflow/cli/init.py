"""``betflow init``: ready to be filled in."""

from typing import Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.screen import Screen


def init(ctx: typer.Context) -> None:
    """
    Make .env, a profile and the data folder, where they are missing; nothing is ever overwritten.

    The files are made in --config-dir, else in the current folder; --profile names the profile. .env is
    private: it is for the account and its secrets. Run it again whenever you like.
    """
    from betflow.jobs import init as job

    run_command(ctx, job.init, _render, makes_profile=True)


def _render(data: dict[str, Any], screen: Screen) -> None:
    screen.table(
        ["did", "what", "holds"],
        [[each["did"], each["path"], each["holds"]] for each in data["made"]],
        spare=[("holds",)],
    )
    screen.line()
    screen.line("What is next:")
    for step in data["next"]:
        screen.sentence(step)
