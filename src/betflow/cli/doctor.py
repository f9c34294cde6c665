"""``betflow doctor``: what is wrong, and what to do?"""

from typing import Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.screen import Screen

_NAME_WIDTH = 21
_RESULT_WIDTH = 9


def doctor(ctx: typer.Context) -> None:
    """
    Look at everything that has to be right: this machine, settings, certificate, Betfair's services, account.

    Each check passes, fails or is skipped, with what was measured; what fails is a finding with what to do.
    Without an account it checks all that needs none. The exit code is that of the first failure.
    """
    from betflow.jobs import doctor as job

    run_command(ctx, job.doctor, _render)


def _render(data: dict[str, Any], screen: Screen) -> None:
    for each in data["checks"]:
        screen.sentence(f"{each['result']:<{_RESULT_WIDTH}}{each['name']:<{_NAME_WIDTH}}{each['measured']}")
    advised = [each for each in data["checks"] if each["advice"] and each["result"] == "pass"]
    if advised:
        screen.line()
    for each in advised:
        screen.sentence(f"{each['name']}: {each['advice']}")
    screen.line()
    screen.line(f"{data['pass']} passed, {data['fail']} failed, {data['skipped']} skipped.")
