"""``tape export`` as a job."""

from pathlib import Path

import pytest

from betflow.errors import UsageError
from betflow.jobs import tape_export as job
from betflow.jobs.runs import RunContext
from betflow.jobs.tape_export import ExportRequest, export
from recordings import recording


def test_recording_is_not_overwritten(
    tmp_path: Path, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output that is the recording itself is refused before anything is read."""
    monkeypatch.setattr(job, "open_market", None)
    tape = tmp_path / "tape"
    tape.write_bytes(recording())

    with pytest.raises(UsageError, match="is the tape itself"):
        export(ExportRequest(str(tape), "official", tape), context)
