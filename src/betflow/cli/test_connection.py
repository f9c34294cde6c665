"""``betflow test-connection``: does it work?"""

from typing import Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import count
from betflow.cli.funds import funds_fields
from betflow.cli.screen import Screen


def test_connection(ctx: typer.Context) -> None:
    """
    Log in to Betfair, list the event types, read the funds, and shake hands with the stream.

    It ends at the first step that fails, with the cause and what to do. 'betflow doctor' looks at everything,
    also without an account.
    """
    from betflow.jobs import test_connection as job

    run_command(ctx, job.test_connection, _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    login, event_types, stream = data["login"], data["event_types"], data["stream"]
    screen.fields(
        {
            "login": f"{login['username']}, by {login['by']}, in {_ms(login)}",
            "event types": f"{event_types['count']} in {_ms(event_types)}; the first of them:",
        }
    )
    screen.line()
    screen.table(
        ["id", "event type", "markets"],
        [[each["id"], each["name"], count(each["markets"])] for each in event_types["first"]],
    )
    screen.line()
    screen.fields(
        {
            "funds": f"read in {_ms(data['funds'])}",
            **funds_fields(data["funds"]),
            "stream": f"{stream['address']} let us in after {_ms(stream)}",
            "connection": stream["connection_id"],
        }
    )
    screen.line("✅ Connection looks good.")


def _ms(step: dict[str, Any]) -> str:
    return f"{step['seconds'] * 1000:.0f} ms"
