"""Betflow as a user has it, in this process: arguments in; exit code, stdout and stderr out."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from betflow.cli.app import run


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """What ``--json`` printed."""
        envelope: dict[str, Any] = json.loads(self.out)
        return envelope

    @property
    def data(self) -> dict[str, Any]:
        """The answer in the envelope."""
        data: dict[str, Any] = self.envelope["data"]
        return data

    @property
    def codes(self) -> list[str]:
        """The codes of the findings in the envelope."""
        return [finding["code"] for finding in self.envelope["findings"]]


class CommandLine:
    """Runs commands over one data folder."""

    def __init__(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data_dir = data_dir
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Ran:
        """Run a command."""
        self._capsys.readouterr()
        code = run([*map(str, arguments), "--data-dir", str(self.data_dir)])
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    def json(self, *arguments: str | Path) -> Ran:
        """Run a command that prints its envelope."""
        return self(*arguments, "--json")
