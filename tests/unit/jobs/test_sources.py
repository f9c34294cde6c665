"""MARKET_OR_FILE is a file where there is one, else a market in the archive."""

import tarfile
from pathlib import Path

import pytest

from betflow.errors import NotFoundError, UsageError
from betflow.jobs.backfill import BackfillRequest, backfill
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import open_market
from changes import OFF_MS, defined
from recordings import line, recorded_lines, recording


def several(path: Path, *market_ids: str) -> str:
    """Write a tape with one message for each market."""
    lines = [
        line(OFF_MS + at, {"id": each, "marketDefinition": defined()}) for at, each in enumerate(market_ids)
    ]
    path.write_bytes(b"\n".join(lines))
    return str(path)


def test_file_with_one_market_needs_no_id(tmp_path: Path) -> None:
    """The market of a file with one is found from its first messages."""
    path = tmp_path / "tape"
    path.write_bytes(recording("1.5"))

    source = open_market(str(path), tmp_path)

    assert ("1.5", path) == (source.market_id, source.tape.path)


def test_late_first_market_is_found(tmp_path: Path) -> None:
    """A tape that begins with heartbeats only is read on to its first market."""
    path = tmp_path / "tape"
    heartbeats = [line(pt, ct="HEARTBEAT") for pt in range(1, 200)]
    path.write_bytes(b"\n".join([*heartbeats, *recorded_lines("1.5")]))

    assert "1.5" == open_market(str(path), tmp_path).market_id


def test_file_with_several_markets_needs_an_id(tmp_path: Path) -> None:
    """A file with several markets is refused with their number and examples, and taken with an id."""
    tape = several(tmp_path / "tape", "1.1", "1.2", "1.3", "1.4")

    with pytest.raises(UsageError, match=r"at least 4 markets.* --market: 1\.1, 1\.2, 1\.3 and 1 more"):
        open_market(tape, tmp_path)
    assert "1.3" == open_market(tape, tmp_path, "1.3").market_id


def test_market_far_into_a_file_is_found(tmp_path: Path) -> None:
    """A market that is asked for is looked for in the whole file."""
    tape = several(tmp_path / "tape", *(f"1.{number}" for number in range(300)))

    assert "1.299" == open_market(tape, tmp_path, "1.299").market_id
    with pytest.raises(NotFoundError, match=r"holds no market 1\.300"):
        open_market(tape, tmp_path, "1.300")


def test_folder_and_archive_of_several_are_refused(tmp_path: Path) -> None:
    """A folder, or a tar of several tapes, is refused with the command that takes it."""
    (tmp_path / "a").write_bytes(recording())
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "a", "one")
        archive.add(tmp_path / "a", "two")

    for path in (tmp_path, tmp_path / "a.tar"):
        with pytest.raises(UsageError, match="betflow backfill"):
            open_market(str(path), tmp_path)


def test_file_that_is_no_tape_is_refused_with_the_reason(tmp_path: Path) -> None:
    """A file without a market is refused with what its first line is."""
    path = tmp_path / "README.md"
    path.write_text("# Hello")

    with pytest.raises(NotFoundError, match=r"There is no market in .* JSON is malformed"):
        open_market(str(path), tmp_path)


def test_unknown_market_is_refused_with_advice(tmp_path: Path) -> None:
    """What is neither a file nor an archived market is refused with what to do."""
    with pytest.raises(NotFoundError, match=r"no file and no market 1\.999 .*betflow tape ls"):
        open_market("1.999", tmp_path)


def test_archived_market_is_found_in_its_best_tape(tmp_path: Path, context: RunContext) -> None:
    """Of several tapes of a market an undamaged one with the most messages is taken."""
    lines = recorded_lines("1.5", prices=9)
    (tmp_path / "damaged").write_bytes(b"\n".join([*lines, b"{"]))
    (tmp_path / "short").write_bytes(b"\n".join(lines[:5]))
    (tmp_path / "whole").write_bytes(b"\n".join(lines))
    backfill(BackfillRequest((tmp_path,)), context)

    source = open_market("1.5", context.data_dir)

    assert (11, []) == (sum(1 for _ in source.tape.messages()), source.tape.findings)
    with pytest.raises(UsageError, match="Name one"):
        open_market("1.5", context.data_dir, "1.6")
