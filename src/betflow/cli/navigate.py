"""``betflow navigate``: from sports down to markets."""

from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import count, off, soon
from betflow.cli.screen import Screen


def navigate(
    ctx: typer.Context,
    steps: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STEP…", help="Names or ids, each below the one before: horse-racing GB 'Ascot 4th Jul'."
        ),
    ] = None,
) -> None:
    """
    Walk through Betfair's navigation menu: sports, groups, events, races, markets.

    Without a step it shows the sports. An id leads to anything below, a name or a part of it one level down.
    """
    from betflow.jobs.navigate import NavigateRequest
    from betflow.jobs.navigate import navigate as job

    request = NavigateRequest(tuple(steps or ()))
    run_command(ctx, lambda context: job(request, context), _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    if data["path"]:
        screen.sentence(" > ".join(each["name"] for each in data["path"]))
        screen.line()
    here = data["here"]
    if here["type"] == "MARKET":
        screen.fields(
            {
                "market": here["id"],
                "scheduled off": off(here["time"]),
                "market type": here["market_type"],
                "winners": here["winners"],
                "next": f"betflow ladder {here['id']}, betflow shape {here['id']}",
            }
        )
        return
    screen.table(
        ["id", "what", "venue", "name", "off", "markets"],
        [
            [
                each["id"],
                each["type"].replace("_", " ").lower(),
                each["venue"],
                each["name"],
                soon(each["time"]),
                count(each["markets"]),
            ]
            for each in data["children"]
        ],
        spare=[("what",), ("markets",), ("off",), ("venue",)],
    )
