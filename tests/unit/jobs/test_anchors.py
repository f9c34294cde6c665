"""A data folder that is taken back as a whole is found by what was kept elsewhere."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from betflow.errors import BetflowError, ExitCode, StorageError, UsageError
from betflow.jobs.anchors import AnchorRequest, anchor, read_anchors
from betflow.jobs.audit import VerifyRequest, verify
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import Runs


def _anchored(runs: Runs, file: Path) -> Outcome:
    with closing(runs.start("audit anchor", {}, config_hash="0")) as run:
        outcome = anchor(AnchorRequest(file), run.context)
        run.finish(outcome)
    return outcome


def _verified(runs: Runs, file: Path) -> Outcome:
    with closing(runs.start("audit verify", {}, config_hash="0")) as run:
        outcome = verify(run.context, VerifyRequest(file))
        run.finish(outcome)
    return outcome


def test_a_line_for_each_anchor(runs: Runs, tmp_path: Path) -> None:
    """Each anchor is appended: time, entries and head, the oldest first."""
    file = tmp_path / "anchors"
    made = [_anchored(runs, file).data["anchor"] for _ in range(2)]

    assert made == [json.loads(line) for line in file.read_text().splitlines()]
    assert made[0]["entries"] < made[1]["entries"]


def test_a_whole_journal_has_all_anchors(runs: Runs, tmp_path: Path) -> None:
    """Anchors of a journal that only grew are found in it."""
    file = tmp_path / "anchors"
    for _ in range(3):
        _anchored(runs, file)
    outcome = _verified(runs, file)

    assert (True, 3, None) == (outcome.data["is_whole"], outcome.data["anchors"], outcome.exit_code)


@pytest.mark.parametrize("later", [0, 9])
def test_a_folder_that_was_taken_back_is_found(
    runs: Runs, data_dir: Path, tmp_path: Path, later: int
) -> None:
    """A data folder of before the anchor is damaged, whether or not more was done in it since."""
    file, copy = tmp_path / "anchors", tmp_path / "copy"
    _anchored(runs, tmp_path / "unused")
    shutil.copytree(data_dir, copy)
    for _ in range(3):
        _anchored(runs, file)
    shutil.rmtree(data_dir)
    shutil.copytree(copy, data_dir)
    for _ in range(later):
        _anchored(runs, tmp_path / "unused")
    outcome = _verified(runs, file)

    assert (False, ExitCode.DAMAGED) == (outcome.data["is_whole"], outcome.exit_code)


def test_a_line_that_was_cut_off_is_ended_and_told(runs: Runs, tmp_path: Path) -> None:
    """What a crash left of a line is a finding; the anchors before and after it count."""
    file = tmp_path / "anchors"
    _anchored(runs, file)
    with file.open("a") as torn:
        torn.write('{"time":"2026-')
    _anchored(runs, file)
    heads, findings = read_anchors(file)

    assert 2 == len(heads)
    assert [("audit.anchor-unreadable", 2)] == [(each.code, each.where["line"]) for each in findings]


def test_an_anchor_in_the_data_folder_is_refused(runs: Runs, data_dir: Path) -> None:
    """A file that would be taken back with the folder proves nothing."""
    with pytest.raises(UsageError, match="is in the data folder"):
        _anchored(runs, data_dir / "anchors")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", UsageError),
        (b"\xff\n{}\n", UsageError),
        (b'{"time":"x","entries":0,"head":"00"}\n', UsageError),
        (None, StorageError),
    ],
)
def test_a_file_without_anchors_is_refused(
    tmp_path: Path, content: bytes | None, error: type[BetflowError]
) -> None:
    """A file that has no anchor, or that is not there, is not taken for one that vouches for all."""
    file = tmp_path / "anchors"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(error):
        read_anchors(file)
