"""The recipes of the how-to page work as they are there, but for ports and the folder of the files."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from foreign_clients import ROOT, OpenSandbox, open_sandbox, ran

PAGE = ROOT / "docs" / "how-to" / "point-your-bot-at-the-sandbox.md"
RECIPE = re.compile(r"^## (?P<name>\w+)$.*?^```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
FEW = ("--races", "1", "--greyhounds", "0", "--football", "0", "--tennis", "0", "--first-off", "15m")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[OpenSandbox]:
    """A sandbox whose first race is far off."""
    with open_sandbox(tmp_path, *FEW) as opened:
        yield opened


def recipe(name: str, sandbox: OpenSandbox) -> list[str]:
    """Return the program of a recipe, led to the sandbox that runs."""
    code = next(each["code"] for each in RECIPE.finditer(PAGE.read_text()) if each["name"] == name)
    ports = {
        "8443": sandbox.where["api"].rpartition("/exchange")[0].rpartition(":")[2],
        "7443": sandbox.where["stream"].rpartition(":")[2],
        "7444": sandbox.where["plain_stream"].rpartition(":")[2],
    }
    for written, free in ports.items():
        code = code.replace(written, free)
    written_folder = 'Path.home() / ".local/share/betflow/sandbox/sandbox"'
    assert written_folder in code
    return ["-c", code.replace(written_folder, f"Path({str(Path(sandbox.where['ca_file']).parent)!r})")]


def test_the_recipe_of_betfairlightweight_works(sandbox: OpenSandbox) -> None:
    """It prints the sports and what can be bet."""
    printed = ran(recipe("betfairlightweight", sandbox), sandbox.folder)

    assert re.fullmatch(r"Horse Racing \d+\n10000\.0\n", printed)


def test_the_recipe_of_flumine_works(sandbox: OpenSandbox) -> None:
    """It prints a market with its shortest price, and ends."""
    printed = ran(recipe("flumine", sandbox), sandbox.folder)

    assert re.match(r"1\.\d+ \d+(\.\d+)?\n", printed)


def test_the_recipe_of_nautilus_trader_works(sandbox: OpenSandbox) -> None:
    """It prints what can be bet."""
    printed = ran(recipe("nautilus_trader", sandbox), sandbox.folder, "conformance")

    assert ["10000.0"] == printed.splitlines()
