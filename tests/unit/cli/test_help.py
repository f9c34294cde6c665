"""The page that --help prints, the shell's completion, and what a mistyped command line is told."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from betflow.cli.app import app, run
from betflow.errors import ExitCode
from tests.unit.cli.test_options import COMMANDS

Betflow = Callable[..., tuple[int, str, str]]


@pytest.fixture
def betflow(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Betflow:
    """Return a function that runs betflow in a terminal of a width, and gives code, stdout and stderr."""

    def command(*words: str, columns: int = 80) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        code = run(list(words))
        return code, *capsys.readouterr()

    return command


@pytest.mark.parametrize("path", COMMANDS)
@pytest.mark.parametrize("columns", [40, 80, 140])
def test_page_is_as_wide_as_the_terminal(betflow: Betflow, path: str, columns: int) -> None:
    """No line of a page is longer than the terminal is wide, unless it is a single word."""
    code, page, _ = betflow(*path.split()[1:], "--help", columns=columns)

    too_long = [line for line in page.splitlines() if len(line) > columns and " " in line.strip()]
    assert (0, []) == (code, too_long)


def test_prose_is_reflowed(betflow: Betflow) -> None:
    """A paragraph is broken by the width of the terminal, not where the source breaks it."""
    _, page, _ = betflow("tape", "verify", "--help", columns=90)

    assert (
        "Exits with 7 when anything is damaged, and with 1 when something is only odd: publish\n"
        "times that go backwards, repeated messages, runners that no definition lists.\n"
    ) in page


@pytest.mark.parametrize("path", COMMANDS)
def test_short_option_asks_for_the_same_page(betflow: Betflow, path: str) -> None:
    """-h is --help."""
    words = path.split()[1:]

    assert betflow(*words, "--help") == betflow(*words, "-h")


@pytest.mark.parametrize("path", COMMANDS)
def test_every_page_lists_the_exit_codes(betflow: Betflow, path: str) -> None:
    """Each page tells all the codes that a command may end with, and what they mean."""
    _, page, _ = betflow(*path.split()[1:], "--help", columns=140)

    listed = dict(re.findall(r"^ +(\d+)  (.+)$", page.partition("Exit codes\n")[2], re.MULTILINE))
    assert {str(code.value): code.meaning for code in ExitCode} == listed


def test_contract_documents_the_exit_codes() -> None:
    """The page of the contract has each code, in order."""
    page = (Path(__file__).parents[3] / "docs" / "reference" / "contract.md").read_text(encoding="utf-8")

    documented = re.findall(
        r"^\| (\d+) \|", page.partition("## Exit codes")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert [str(code.value) for code in ExitCode] == documented


def test_commands_of_two_words_are_listed_below_the_first(betflow: Betflow) -> None:
    """The first page lists backtest alone; its own page lists explain."""
    first, own = betflow("--help")[1], betflow("backtest", "--help")[1]

    assert ("backtest explain" in first, "\n  backtest  " in first, "\n  explain  " in own) == (
        False,
        True,
        True,
    )


@pytest.mark.parametrize("group", [(), ("tape",), ("audit",)])
def test_group_alone_shows_its_page(betflow: Betflow, group: tuple[str, ...]) -> None:
    """A group without a command shows its page, and is a wrong command line all the same."""
    assert (ExitCode.USAGE, betflow(*group, "--help")[1], "") == betflow(*group)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("tpe",), "No such command 'tpe'. Did you mean 'tape'? See 'betflow --help'."),
        (("tape", "bok"), "No such command 'bok'. Did you mean 'book'? See 'betflow tape --help'."),
        (
            ("tape", "ls", "--sot", "x"),
            "No such option: --sot. Did you mean --sort? See 'betflow tape ls --help'.",
        ),
        (("tape", "ls", "--zzz"), "No such option: --zzz. See 'betflow tape ls --help'."),
        (("xyzzy",), "No such command 'xyzzy'. See 'betflow --help'."),
        (
            ("tape", "ls", "--limit", "x"),
            "--limit is 'x'; expected a whole number. See 'betflow tape ls --help'.",
        ),
        (("tape", "ls", "--limit=-1"), "--limit is '-1'; expected 0 or more. See 'betflow tape ls --help'."),
        (
            ("shape", "1.1", "--depth", "500"),
            "--depth is '500'; expected 100 at most. See 'betflow shape --help'.",
        ),
        (("tape", "show"), "Missing argument 'MARKET'. See 'betflow tape show --help'."),
    ],
)
def test_mistyped_line_is_told_in_sentences(betflow: Betflow, words: tuple[str, ...], told: str) -> None:
    """A mistake gets one full stop, or a question mark, and the way to the help."""
    assert (ExitCode.USAGE, "", f"error: {told}\n") == betflow(*words)


def test_help_imports_no_rich() -> None:
    """--help does without rich, whose import takes longer than everything else."""
    program = "import sys; from betflow.cli.app import run; run(['--help']); sys.exit('rich' in sys.modules)"

    assert (
        0
        == subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False).returncode
    )


def completed(shell: str, line: str) -> list[str]:
    """Return what a shell is offered at the end of a line."""
    environment = {
        **os.environ,
        "_BETFLOW_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    program = "from betflow.cli.app import run; run([])"
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("betflow ba", ["backfill", "backtest"]),
        ("betflow tape s", ["stats", "show"]),
        ("betflow backtest e", ["explain"]),
        ("betflow backtest explain --ru", ["--run"]),
        ("betflow candles --int", ["--interval"]),
        ("betflow --jso", ["--json"]),
    ],
)
def test_shell_completes_commands_and_options(line: str, offered: list[str]) -> None:
    """A shell is offered the commands, second words and options that begin so."""
    assert offered == completed("bash", line)


def test_completion_installs(tmp_path: Path) -> None:
    """--install-completion writes what bash reads when it starts."""
    program = "from betflow.cli.app import run; run(['--install-completion'])"
    script = (
        "import os; os.environ['HOME'] = {home!r}\n"
        "import typer._completion_shared as shared\n"
        "shared._get_shell_name = lambda: 'bash'\n" + program
    ).format(home=str(tmp_path))

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (0, "bash completion installed" in ran.stdout) == (ran.returncode, True)
    assert "betflow.sh" in (tmp_path / ".bashrc").read_text()
    [installed] = tmp_path.rglob("betflow.sh")
    assert "_BETFLOW_COMPLETE=complete_bash" in installed.read_text()


def test_completion_is_of_the_program_alone() -> None:
    """Only the first page offers to install completion."""
    assert ["betflow"] == [
        path
        for path, command in COMMANDS.items()
        if any("--install-completion" in each.opts for each in command.params)
    ]
    assert "betflow" == typer.main.get_command(app).name
