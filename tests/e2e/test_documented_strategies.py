"""The strategies in the documentation run, and print what the pages say."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from tapes import tape

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(?P<language>python|text)\n(?P<content>.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = "1.185781277"


def _blocks(page: str, *, of: str = "") -> list[tuple[str, str]]:
    """Return language and content of a page's blocks, from a heading on to the next of its rank."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = text[text.index(of) :] if of else text
    end = section.find("\n## ", 1) if of else -1
    return [
        (each["language"], each["content"]) for each in BLOCK.finditer(section[:end] if end > 0 else section)
    ]


@pytest.fixture
def _beside_a_tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{NAME}.bz2").symlink_to(tape(NAME))
    monkeypatch.chdir(tmp_path)


def _run(content: str, names: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(content, names)  # noqa: S102 - our own documentation
    return printed.getvalue()


@pytest.mark.usefixtures("_beside_a_tape")
def test_the_how_to_prints_what_it_says() -> None:
    """Each block of the page runs after the one before, and prints the text that stands below it."""
    names: dict[str, object] = {"__name__": "how_to"}
    printed = ""
    compared = 0

    for language, content in _blocks("docs/how-to/write-a-strategy.md"):
        if language == "python":
            printed = _run(content, names)
        else:
            assert content == printed
            compared += 1

    assert 3 == compared


@pytest.mark.usefixtures("_beside_a_tape")
def test_the_reference_shows_a_strategy_of_fifteen_lines() -> None:
    """It runs as it stands, prints a row for each runner, and has no more than 15 lines of code."""
    (_, content), *_ = _blocks("docs/reference/library.md", of="## Strategies")

    rows = _run(content, {"__name__": "reference"}).splitlines()

    assert 15 >= len([line for line in content.splitlines() if line.strip()])
    assert rows
    assert all(re.fullmatch(rf"{re.escape(NAME)}-\d+ \d+\.\d\d( -?\d+\.\d\d){{3}}", row) for row in rows)
