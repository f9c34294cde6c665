"""The version is told at once, in the form that is asked for."""

import json
import sys

import pytest

from betflow import __main__, __version__
from betflow.cli.app import run
from betflow.exchange.book import FOLD_IS_COMPILED


@pytest.mark.parametrize("arguments", [["--version"], ["--version", "tape", "ls"]])
def test_version_is_a_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """People get the name and the version, whatever else is on the line."""
    assert 0 == run(arguments)

    assert f"betflow {__version__}\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--version", "--json"], ["--json", "--version"], ["--json", "--version", "tape", "ls"]]
)
def test_version_as_json_is_an_envelope(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Programs get the envelope that every command prints: the version, and whether the fold is compiled."""
    assert 0 == run(arguments)

    envelope = json.loads(capsys.readouterr().out)
    data = {"version": __version__, "fold": "compiled" if FOLD_IS_COMPILED else "python"}
    assert ("betflow/1", "--version", None, "ok", data, []) == tuple(
        envelope[key] for key in ("schema", "command", "run_id", "status", "data", "findings")
    )


@pytest.mark.parametrize("options", [["--version"], ["--version", "--json"]])
def test_console_script_answers_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """The short way, before anything is imported, gives the answer too."""
    monkeypatch.setattr(sys, "argv", ["betflow", *options])

    __main__.main()

    assert __version__ in capsys.readouterr().out
