"""The commands of betflow, and the door that the console script comes in by."""

from typing import Annotated, Any

import typer

from betflow.cli import (
    audit,
    backfill,
    backtest,
    candles,
    config,
    discover,
    doctor,
    funds,
    historic,
    init,
    ladder,
    markets,
    navigate,
    sandbox,
    shape,
    tape,
    test_connection,
)
from betflow.cli.complaints import complaint
from betflow.cli.contract import early_failure
from betflow.cli.options import CommandGroup
from betflow.cli.screen import prepare_streams
from betflow.cli.version import print_version
from betflow.errors import BetflowError, ExitCode, UsageError

app = CommandGroup(name="betflow", help="Prove every number of your Betfair Exchange trading.")
app.command("init")(init.init)
app.add_typer(config.app)
app.command("doctor")(doctor.doctor)
app.command("test-connection")(test_connection.test_connection)
app.command("funds")(funds.funds)
app.command("navigate")(navigate.navigate)
app.command("markets")(markets.markets)
app.command("discover")(discover.discover)
app.command("ladder")(ladder.ladder)
app.command("shape")(shape.shape)
app.add_typer(audit.app)
app.command("backfill")(backfill.backfill)
app.add_typer(tape.app)
app.command("candles")(candles.candles)
app.command("backtest")(backtest.backtest)
app.command("backtest explain")(backtest.explain)
app.add_typer(historic.app)
app.add_typer(sandbox.app)


class _VersionAsked(Exception):  # noqa: N818 - no error
    """The command line asks for the version, whatever else it asks for."""


def _ask_for_version(is_asked: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if is_asked:
        raise _VersionAsked


@app.callback()
def _betflow(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_ask_for_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options of the program itself."""


def run(arguments: list[str]) -> int:
    """Run betflow with these arguments and return the exit code."""
    prepare_streams()
    try:
        code: int | None = app(arguments, prog_name="betflow", standalone_mode=False)
    except _VersionAsked:
        print_version(arguments)
        return ExitCode.OK
    except BetflowError as error:
        return early_failure(error, arguments, command="")
    except typer.TyperException as error:
        context: Any = getattr(error, "ctx", None)
        path = context.command_path if context else "betflow"
        usage = UsageError(complaint(error, arguments), advice=f"See '{path} --help'.")
        return early_failure(usage, arguments, command=path.partition(" ")[2])
    return code or 0
