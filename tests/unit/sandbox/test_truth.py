"""The file of what was sent."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from betflow.errors import StorageError
from betflow.sandbox.faults import Fault, FaultKind, Strike, Where
from betflow.sandbox.truth import Truth

NOW = 1_700_000_000_000


def test_everything_that_was_sent_and_every_fault_is_a_numbered_line(tmp_path: Path) -> None:
    """Lines of the stream whole; of answers what tells them from others."""
    truth = Truth(tmp_path / "truth", now=lambda: NOW)
    truth.sent("002-1", b'{"op":"mcm"}\r\n')
    truth.answered("listMarketBook", account="ann", status=200, body=b"[]")
    truth.struck(Strike(1, 3, Where.STREAM, "1.1", Fault(FaultKind.SLOW, seconds=1.0)))
    truth.close()
    expected = [
        {"n": 1, "at": NOW, "kind": "stream", "connection": "002-1", "line": '{"op":"mcm"}'},
        {
            "n": 2,
            "at": NOW,
            "kind": "answer",
            "operation": "listMarketBook",
            "account": "ann",
            "status": 200,
            "bytes": 2,
            "sha256": hashlib.sha256(b"[]").hexdigest(),
        },
        {
            "n": 3,
            "at": NOW,
            "kind": "fault",
            "rule": 1,
            "number": 3,
            "where": "stream",
            "subject": "1.1",
            "fault": {"kind": "slow", "seconds": 1.0, "ms": 0, "code": ""},
        },
    ]
    assert expected == [json.loads(line) for line in (tmp_path / "truth").read_bytes().splitlines()]


def test_half_a_character_is_written_as_it_looks(tmp_path: Path) -> None:
    """A fault may cut anywhere."""
    truth = Truth(tmp_path / "truth", now=lambda: NOW)
    truth.sent("1", b"\xc3")
    truth.close()
    assert "\\xc3" == json.loads((tmp_path / "truth").read_bytes())["line"]


def test_without_a_file_nothing_happens() -> None:
    """And it says so, to those who would have to prepare something."""
    truth = Truth(None, now=lambda: NOW)
    truth.sent("1", b"{}")
    truth.flush()
    truth.close()
    assert (False, 0) == (truth.is_on, truth.lines)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_file_is_private(tmp_path: Path) -> None:
    """It says what the account did."""
    truth = Truth(tmp_path / "truth", now=lambda: NOW)
    truth.close()
    assert 0o600 == (tmp_path / "truth").stat().st_mode & 0o777


def test_a_file_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    """Before the sandbox begins."""
    with pytest.raises(StorageError, match=r"missing/truth cannot be written: No such file"):
        Truth(tmp_path / "missing" / "truth", now=lambda: NOW)
