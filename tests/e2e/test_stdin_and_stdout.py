"""``-`` is stdin where a file is read, and stdout where one is written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from make_tape import made_up_lines

LINES = b"".join(made_up_lines(messages=200))


def _betflow(folder: Path, *words: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "betflow", "--data-dir", str(folder / "data"), *words]
    return subprocess.run(command, input=LINES, capture_output=True, check=False, timeout=60, cwd=folder)


@pytest.mark.parametrize("stdin", ["-", "/dev/stdin"])
@pytest.mark.parametrize("stdout", ["-", "/dev/stdout"])
def test_tape_goes_through_a_pipe(tmp_path: Path, stdin: str, stdout: str) -> None:
    """The rows alone are on stdout, and the summary on stderr."""
    through = _betflow(tmp_path, "tape", "export", stdin, "--format", "csv", "--output", stdout)
    (tmp_path / "tape").write_bytes(LINES)
    _betflow(tmp_path, "tape", "export", "tape", "--format", "csv", "--output", "rows.csv")

    assert (0, (tmp_path / "rows.csv").read_bytes()) == (through.returncode, through.stdout)
    assert b"rows" in through.stderr


@pytest.mark.parametrize("words", [("tape", "verify"), ("tape", "stats"), ("backfill",)])
def test_stdin_is_a_tape_for_every_command(tmp_path: Path, words: tuple[str, ...]) -> None:
    """As the file itself would be."""
    assert 0 == _betflow(tmp_path, *words, "-").returncode


def test_envelope_and_file_do_not_share_stdout(tmp_path: Path) -> None:
    """It is a wrong command line, and stdout is the envelope that says so."""
    refused = _betflow(tmp_path, "tape", "export", "-", "--format", "csv", "--output", "-", "--json")

    assert 2 == refused.returncode
    assert "both go to stdout" in json.loads(refused.stdout)["findings"][0]["message"]
