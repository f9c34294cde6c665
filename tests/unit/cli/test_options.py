"""Every command keeps the promises that all commands make, wherever the common options stand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from betflow.cli.app import app, run
from betflow.cli.options import CommandGroup, CommonOptions, common_options, own_arguments
from betflow.errors import ExitCode


def every_command(command: Any, path: str = "betflow") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - Typer's own
    """Yield each command below a command with its path, groups too."""
    yield path, command
    for name, member in getattr(command, "commands", {}).items():
        yield from every_command(member, f"{path} {name}")


COMMANDS = dict(every_command(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_help(path: str) -> None:
    """Each command and each group says what it is for, in a sentence, and so does each of its options."""
    command = COMMANDS[path]

    assert (command.help or "").strip().split("\n")[0].endswith(".")
    assert [] == [each.name for each in command.params if not getattr(each, "help", None)]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_the_common_options(path: str) -> None:
    """Each command and each group takes the options that are documented for all of them."""
    options = {option for each in COMMANDS[path].params for option in each.opts}

    assert {"--json", "--quiet", "-q", "--utc", "--data-dir", "--profile", "--log-level"} <= options


@pytest.mark.parametrize("arguments", [["--data-dir", "", "tape", "ls"], ["tape", "ls", "--data-dir= "]])
def test_empty_data_folder_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A data folder of nothing is a configuration error, and not the current folder."""
    assert ExitCode.CONFIGURATION == run(arguments)

    assert "--data-dir is empty" in capsys.readouterr().err
    assert not Path("ledger.sqlite").exists()


@pytest.fixture
def seen() -> tuple[CommandGroup, list[tuple[CommonOptions, dict[str, Any]]]]:
    """Return a program of one nested command, and what that command sees."""
    calls: list[tuple[CommonOptions, dict[str, Any]]] = []
    program = CommandGroup(name="program", help="A program.")
    group = CommandGroup(name="group", help="A group.")

    @group.command("do")
    def do(ctx: typer.Context, what: str, *, depth: int = 3) -> None:
        """Do it."""
        assert ("x", 3) == (what, depth)
        calls.append((common_options(ctx), own_arguments(ctx)))

    @group.command("rest")
    def rest() -> None:
        """Rest."""

    program.add_typer(group)
    return program, calls


@pytest.mark.parametrize(
    "line",
    [
        "--json --data-dir d group do x",
        "group --json --data-dir d do x",
        "group do x --json --data-dir d",
        "group do --json --data-dir d x",
        "--json --data-dir other group do x --data-dir d",
    ],
)
def test_common_options_stand_anywhere(
    seen: tuple[CommandGroup, list[tuple[CommonOptions, dict[str, Any]]]], line: str
) -> None:
    """The common options mean the same before and after the command; the last one wins."""
    program, calls = seen

    program(line.split(), standalone_mode=False)

    assert [
        (
            CommonOptions(
                json=True, quiet=False, utc=False, data_dir=Path("d"), profile=None, log_level=None
            ),
            {"what": "x", "depth": 3},
        )
    ] == calls


@pytest.fixture
def asked() -> tuple[CommandGroup, list[tuple[str, bool, dict[str, Any]]]]:
    """Return a program with a command that takes arguments, and one of two words beside it."""
    calls: list[tuple[str, bool, dict[str, Any]]] = []
    program = CommandGroup(name="program", help="A program.")

    @program.command("play")
    def play(
        ctx: typer.Context, paths: Annotated[list[str] | None, typer.Argument()] = None, *, depth: int = 3
    ) -> None:
        """Play."""
        assert (ctx.params["depth"], list(ctx.params["paths"])) == (depth, paths or [])
        calls.append((ctx.command_path, common_options(ctx).json, own_arguments(ctx)))

    @program.command("play again")
    def again(ctx: typer.Context, ref: str) -> None:
        """Play it again."""
        assert ref
        calls.append((ctx.command_path, common_options(ctx).json, own_arguments(ctx)))

    return program, calls


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("play again x", ("program play again", False, {"ref": "x"})),
        ("play --json again x", ("program play again", True, {"ref": "x"})),
        ("play --data-dir d again x", ("program play again", False, {"ref": "x"})),
        ("play -q --utc again x", ("program play again", False, {"ref": "x"})),
        ("play --data-dir=d --json again x", ("program play again", True, {"ref": "x"})),
        ("--json play again x", ("program play again", True, {"ref": "x"})),
        ("play x again", ("program play", False, {"paths": ["x", "again"], "depth": 3})),
        ("play ./again", ("program play", False, {"paths": ["./again"], "depth": 3})),
        ("play --depth 4 again", ("program play", False, {"paths": ["again"], "depth": 4})),
        ("play", ("program play", False, {"paths": (), "depth": 3})),
        ("play --data-dir d", ("program play", False, {"paths": (), "depth": 3})),
    ],
)
def test_command_of_two_words_stands_beside_one_with_arguments(
    asked: tuple[CommandGroup, list[tuple[str, bool, dict[str, Any]]]],
    line: str,
    expected: tuple[str, bool, dict[str, Any]],
) -> None:
    """The second word counts where it comes first, whatever common options stand before it."""
    program, calls = asked

    program(line.split(), prog_name="program", standalone_mode=False)

    assert [expected] == calls
