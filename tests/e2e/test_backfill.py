"""Market data is taken into the archive, whatever state it is in and whatever happens on the way."""

import bz2
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import zstandard

from betflow.errors import ExitCode
from command_line import CommandLine
from recordings import line, recorded_lines, recording
from tapes import tapes


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Return an empty folder for what is to be imported."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def archived(data_dir: Path) -> dict[str, bytes]:
    """Return the files of the archive, by their path in it."""
    root = data_dir / "archive" / "tapes"
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.*"))}


def incoming(data_dir: Path) -> list[str]:
    """Return what waits for its place in the archive."""
    return [path.name for path in (data_dir / "archive" / "incoming").iterdir()]


def test_recorded_tapes_are_imported_whole(betflow: CommandLine) -> None:
    """All ten recorded tapes go into the archive with every line, and are whole there."""
    imported = betflow.json("backfill", *tapes())
    verified = betflow.json("tape", "verify")

    assert (0, 10, 209, 72_647) == (
        *(imported.code, imported.data["imported"]),
        *(imported.data["markets"], imported.data["messages"]),
    )
    assert (0, True, 72_647) == (verified.code, verified.data["is_whole"], verified.data["lines"])


def test_second_import_finds_everything_there(betflow: CommandLine, inbox: Path) -> None:
    """Importing the same again changes no file and reads none."""
    for number in (1, 2, 3):
        (inbox / f"{number}.bz2").write_bytes(bz2.compress(recording(f"1.{number}")))
    first = betflow.json("backfill", inbox)
    before = archived(betflow.data_dir)

    second = betflow.json("backfill", inbox)

    assert (3, 0) == (first.data["imported"], first.data["already_there"])
    assert (0, 3, 0) == (
        *(second.data["imported"], second.data["already_there"]),
        second.data["bytes_read"],
    )
    assert before == archived(betflow.data_dir)


def test_same_content_is_stored_once(betflow: CommandLine, inbox: Path) -> None:
    """The same content in other files and other compressions is the same tape."""
    (inbox / "a.bz2").write_bytes(bz2.compress(recording()))
    (inbox / "b.gz").write_bytes(gzip.compress(recording()))
    (inbox / "c").write_bytes(recording())

    imported = betflow.json("backfill", inbox)

    assert (1, 2) == (imported.data["imported"], imported.data["already_there"])
    assert 2 == len(archived(betflow.data_dir))


def test_changed_file_is_read_again(betflow: CommandLine, inbox: Path) -> None:
    """A file that changed since it was imported is imported as it is now."""
    path = inbox / "a"
    path.write_bytes(recording(prices=3))
    betflow("backfill", inbox)
    path.write_bytes(recording(prices=4))

    assert 1 == betflow.json("backfill", inbox).data["imported"]


def test_one_worker_and_many_make_the_same_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The archive has the same bytes whether one process made it or several."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(12):
        (inbox / f"{number:02}.bz2").write_bytes(bz2.compress(recording(f"1.{number // 2}", prices=200)))
    one, two = (CommandLine(tmp_path / name, capsys) for name in ("one", "two"))

    first = one.json("backfill", inbox, "--workers", "1")
    second = two.json("backfill", inbox, "--workers", "2")

    assert archived(one.data_dir) == archived(two.data_dir)
    assert [each["sha256"] for each in first.envelope["artifacts"]] == [
        each["sha256"] for each in second.envelope["artifacts"]
    ]
    assert (6, 6) == (second.data["imported"], second.data["already_there"])


def test_run_names_what_it_read_and_wrote(betflow: CommandLine, inbox: Path) -> None:
    """The run records the files it read and wrote with their hashes, and the audit finds them unchanged."""
    (inbox / "a").write_bytes(recording())
    imported = betflow.json("backfill", inbox)
    [artifact] = imported.envelope["artifacts"]

    assert 0 == betflow("audit", "verify").code
    Path(artifact["path"]).chmod(0o600)
    Path(artifact["path"]).write_bytes(b"changed")
    assert ["audit.file-changed"] == betflow.json("audit", "verify").codes


def test_what_is_no_tape_is_skipped_in_a_folder(betflow: CommandLine, inbox: Path) -> None:
    """Files in a folder or an archive that are no tapes are counted and listed, and are no finding."""
    (inbox / "README.md").write_text("# Tapes")
    (inbox / "catalogue.json").write_text('{"marketId": "1.1"}')
    (inbox / "picture.png").write_bytes(bytes(range(256)) * 10)
    with zipfile.ZipFile(inbox / "data.zip", "w") as archive:
        archive.writestr("tape", recording())
        archive.writestr("notes.csv", "a,b\n1,2\n")

    imported = betflow.json("backfill", inbox)

    assert (0, 1, 4) == (imported.code, imported.data["imported"], imported.data["skipped"])
    assert ["README.md", "catalogue.json", "data.zip!notes.csv", "picture.png"] == sorted(
        name.rpartition(os.sep)[2] for name in imported.data["skipped_files"]
    )


def test_what_is_no_tape_is_a_finding_when_it_is_named(betflow: CommandLine, inbox: Path) -> None:
    """A file that is named itself has to be a tape."""
    (inbox / "README.md").write_text("# Tapes")

    imported = betflow.json("backfill", inbox / "README.md")

    assert (ExitCode.FINDINGS, ["backfill.not-a-tape"]) == (imported.code, imported.codes)


@pytest.mark.parametrize("content", [b"<html>404</html>", bz2.compress(b'{"marketId": "1.1"}'), b""])
def test_what_is_only_called_like_a_tape_is_a_finding(
    betflow: CommandLine, inbox: Path, content: bytes
) -> None:
    """A file with a tape's name and another content is a finding in a folder, and damage when it is alone."""
    (inbox / "1.234567890.bz2").write_bytes(content)
    alone = betflow("backfill", inbox / "1.234567890.bz2")
    (inbox / "good").write_bytes(recording())

    among_others = betflow.json("backfill", inbox)

    [finding] = among_others.envelope["findings"]
    assert ExitCode.DAMAGED == alone.code
    assert (ExitCode.FINDINGS, 1, 1) == (
        *(among_others.code, among_others.data["imported"]),
        among_others.data["failed"],
    )
    assert str(inbox / "1.234567890.bz2") == finding["subject"]


def test_too_many_lines_without_a_message_cost_no_message_before_them(
    betflow: CommandLine, inbox: Path
) -> None:
    """A tape that goes on as something else is kept byte for byte, and import and verify say so."""
    (inbox / "a").write_bytes(bz2.compress(recording() + b"{}\n" * 260_000))

    imported, verified = betflow.json("backfill", inbox), betflow.json("tape", "verify")

    [finding] = imported.envelope["findings"]
    assert (7, "backfill.damaged") == (imported.data["messages"], finding["code"])
    assert "250,000 lines in a row, up to line 250,007, are no messages" in finding["message"]
    assert ["tape.line-damaged", "tape.no-messages"] == verified.codes


def test_many_lines_of_something_else_are_no_tape(betflow: CommandLine, inbox: Path) -> None:
    """A large file of lines that are something else is skipped like a small one."""
    (inbox / "table.csv").write_bytes(b"1,2\n" * 260_000)
    (inbox / "good").write_bytes(recording())

    imported = betflow.json("backfill", inbox)

    assert (0, 1, 1) == (imported.code, imported.data["imported"], imported.data["skipped"])


def test_path_that_does_not_exist_stops_everything(betflow: CommandLine, inbox: Path) -> None:
    """A path that does not exist is a usage error before anything is imported."""
    (inbox / "a").write_bytes(recording())

    ran = betflow.json("backfill", inbox, inbox / "missing")

    assert (ExitCode.USAGE, ["error.not-found"]) == (ran.code, ran.codes)
    assert not (betflow.data_dir / "archive").exists()


def test_folder_without_tapes_is_a_finding(betflow: CommandLine, inbox: Path) -> None:
    """A folder in which there is no tape says so."""
    ran = betflow.json("backfill", inbox)

    assert (ExitCode.FINDINGS, ["backfill.no-tapes"]) == (ran.code, ran.codes)


LINES = recorded_lines(prices=300)
WHOLE = b"".join(each + b"\n" for each in LINES)


def zip_without_end(content: bytes) -> bytes:
    """Return a zip that was cut off."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", content)
    return buffer.getvalue()[:-30]


# What is wrong, with the finding's code and text, the messages that are kept (None: nothing), the exit code.
BAD_INPUT: dict[str, tuple[bytes, str, str, int | None]] = {
    "half line": (WHOLE[:-40], "backfill.damaged", "ends in the middle of line 302", 301),
    "truncated gz": (gzip.compress(WHOLE)[:-500], "backfill.damaged", "gz stream is truncated", 0),
    "truncated bz2": (bz2.compress(WHOLE * 200)[:-2000], "backfill.damaged", "bz2 stream is truncated", 0),
    "invalid UTF-8": (
        b"\n".join([*LINES[:5], b'{"op":"mcm","pt":1,"clk":"\xff"}', *LINES[5:]]),
        "backfill.damaged",
        "1 of 303 lines damaged, the first at line 6",
        302,
    ),
    "invalid JSON": (
        b"\n".join([*LINES[:5], b'{"op":"mcm",,}', *LINES[5:9], b"{", *LINES[9:]]),
        "backfill.damaged",
        "2 of 304 lines damaged, the first at line 6",
        302,
    ),
    "duplicate lines": (b"\n".join([*LINES, LINES[-1]]), "backfill.odd", "1 message repeats", 303),
    "time backwards": (b"\n".join([*LINES, LINES[5]]), "backfill.odd", "goes backwards", 303),
    "no definition": (b"\n".join(LINES[1:]), "backfill.odd", "begins without a definition", 301),
    "unknown runner": (
        b"\n".join([LINES[0], line(1_771_423_200_001, {"id": "1.100000001", "rc": [{"id": 9}]}), *LINES[1:]]),
        "backfill.odd",
        "1 runner changes that no definition lists",
        303,
    ),
    "empty": (b"", "backfill.unreadable", "empty", None),
    "zip without directory": (zip_without_end(WHOLE), "backfill.unreadable", "zip archive is damaged", 302),
    "truncated zip": (zip_without_end(WHOLE)[:-500], "backfill.damaged", "zip archive breaks off", 0),
    "beheaded zip": (zip_without_end(WHOLE)[:20], "backfill.unreadable", "zip archive is damaged", None),
    "all damaged": (b'{"op":"mcm","pt":\n' * 5, "backfill.unreadable", "No line is a message", None),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_one_finding_and_the_rest_is_kept(betflow: CommandLine, inbox: Path, name: str) -> None:
    """Whatever is wrong with a file is one finding; what can be read of it, and other files, are imported."""
    content, code, text, kept = BAD_INPUT[name]
    (inbox / "bad").write_bytes(content)
    (inbox / "good").write_bytes(recording("1.777"))

    ran = betflow.json("backfill", inbox)

    [finding] = ran.envelope["findings"]
    file, _, _member = finding["subject"].partition("!")
    assert (ExitCode.FINDINGS, code, str(inbox / "bad")) == (ran.code, finding["code"], file)
    assert text in finding["message"]
    assert (1 if kept is None else 2) == ran.data["imported"]
    if kept:
        assert kept + 7 == ran.data["messages"]
    assert 0 == betflow("tape", "book", "1.777", "--at", "2027-01-01").code


@pytest.mark.parametrize("name", ["empty", "beheaded zip", "all damaged"])
def test_nothing_but_damage_has_its_exit_code(betflow: CommandLine, inbox: Path, name: str) -> None:
    """When nothing could be imported because all of it is damaged, the exit code says so."""
    (inbox / "bad").write_bytes(BAD_INPUT[name][0])

    assert ExitCode.DAMAGED == betflow("backfill", inbox).code


def test_damage_is_told_again(betflow: CommandLine, inbox: Path) -> None:
    """A damaged file that is in the archive already is told of again: it is still damaged."""
    (inbox / "bad").write_bytes(BAD_INPUT["invalid JSON"][0])
    first = betflow.json("backfill", inbox)

    second = betflow.json("backfill", inbox)

    assert (1, 1) == (second.data["already_there"], second.data["damaged"])
    assert first.envelope["findings"] == second.envelope["findings"]


def test_bomb_is_left_by_the_limits_that_users_have(betflow: CommandLine, inbox: Path) -> None:
    """Three gigabytes of zeros in a few kilobytes are one finding; the other file is imported."""
    zeros = bytes(1 << 24)
    with (
        (inbox / "bomb.zst").open("wb") as file,
        zstandard.ZstdCompressor().stream_writer(file) as writer,
    ):
        for _ in range(3 * 64):
            writer.write(zeros)
    (inbox / "good").write_bytes(recording())

    ran = betflow.json("backfill", inbox)

    [finding] = ran.envelope["findings"]
    assert (1, "backfill.unreadable") == (ran.data["imported"], finding["code"])
    assert "decompression bomb" in finding["message"]
    assert [] == incoming(betflow.data_dir)


def test_hostile_members_write_nothing(betflow: CommandLine, tmp_path: Path, inbox: Path) -> None:
    """Members with names that climb, absolute names, links and devices end up nowhere but in the archive."""
    names = ["../../../climbed", str(tmp_path / "absolute"), "..\\..\\climbed", "a/../../b"]
    with tarfile.open(inbox / "hostile.tar", "w") as archive:
        for number, name in enumerate(names):
            entry = tarfile.TarInfo(name)
            content = recording(f"1.{number}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo("link")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    with zipfile.ZipFile(inbox / "hostile.zip", "w") as zipped:
        zipped.writestr("../../climbed", recording("1.9"))
    before = {path for path in tmp_path.rglob("*") if betflow.data_dir not in path.parents}

    ran = betflow.json("backfill", inbox)

    after = {path for path in tmp_path.rglob("*") if betflow.data_dir not in path.parents}
    assert (0, 5) == (ran.code, ran.data["imported"])
    assert {betflow.data_dir} == after - before
    assert all(len(Path(name).stem) == 64 for name in archived(betflow.data_dir))


def test_members_of_a_tar_are_spread_over_workers(betflow: CommandLine, inbox: Path) -> None:
    """A plain tar with a bad member in its middle gives all others, by several workers, in order."""
    with tarfile.open(inbox / "data.tar", "w") as archive:
        for number in range(9):
            content = bz2.compress(recording(f"1.{number}", prices=50))
            entry = tarfile.TarInfo(f"PRO/1.{number}.bz2")
            entry.size = len(content) if number != 4 else 10
            archive.addfile(entry, io.BytesIO(content))

    ran = betflow.json("backfill", inbox, "--workers", "2")

    [finding] = ran.envelope["findings"]
    assert (ExitCode.FINDINGS, 8, 1) == (ran.code, ran.data["imported"], ran.data["failed"])
    assert str(inbox / "data.tar!PRO/1.4.bz2") == finding["subject"]


@pytest.mark.parametrize(
    ("imported", "options"),
    [
        (["1.1"], ["--country", "gb"]),
        (["1.1", "1.2"], ["--country", "GB,IE"]),
        (["1.2"], ["--market-type", "PLACE"]),
        (["1.3"], ["--event-type", "greyhounds"]),
        (["1.1"], ["--to", "2026-02-18"]),
        (["1.2", "1.3"], ["--from", "2026-02-19T00:00:00Z"]),
        ([], ["--country", "GB", "--event-type", "4339"]),
    ],
)
def test_filters_look_at_definitions(
    betflow: CommandLine, inbox: Path, imported: list[str], options: list[str]
) -> None:
    """Only tapes of markets that are asked for are imported; the others are counted."""
    later = "2026-02-20T12:00:00.000Z"
    (inbox / "1").write_bytes(recording("1.1"))
    (inbox / "2").write_bytes(recording("1.2", countryCode="IE", marketType="PLACE", marketTime=later))
    (inbox / "3").write_bytes(recording("1.3", countryCode="FR", eventTypeId="4339", marketTime=later))

    ran = betflow.json("backfill", inbox, *options)
    listed = betflow.json("tape", "ls")

    assert (0, len(imported), 3 - len(imported)) == (ran.code, ran.data["imported"], ran.data["filtered"])
    assert imported == [market["market_id"] for market in listed.data["markets"]]


def test_another_filter_looks_again(betflow: CommandLine, inbox: Path) -> None:
    """What one filter left out, another may take."""
    (inbox / "1").write_bytes(recording("1.1"))
    assert 1 == betflow.json("backfill", inbox, "--country", "IE").data["filtered"]
    assert 1 == betflow.json("backfill", inbox, "--country", "IE").data["filtered"]

    assert 1 == betflow.json("backfill", inbox).data["imported"]


def test_filter_that_makes_no_sense_is_refused(betflow: CommandLine, inbox: Path) -> None:
    """A filter that cannot be is a usage error."""
    assert ExitCode.USAGE == betflow("backfill", inbox, "--from", "yesterday").code
    assert ExitCode.USAGE == betflow("backfill", inbox, "--event-type", "chess").code


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read and write everything")
def test_file_without_permission_is_a_finding(betflow: CommandLine, inbox: Path) -> None:
    """A file that may not be read is a finding; the others are imported."""
    (inbox / "a").write_bytes(recording())
    (inbox / "b").write_bytes(recording("1.2"))
    (inbox / "b").chmod(0)

    ran = betflow.json("backfill", inbox)

    assert (1, ["backfill.unreadable"]) == (ran.data["imported"], ran.codes)


def test_lost_tape_is_imported_again(betflow: CommandLine, inbox: Path) -> None:
    """A tape that disappeared from the archive is imported again although its source is the same."""
    (inbox / "a").write_bytes(recording())
    betflow("backfill", inbox)
    for path in (betflow.data_dir / "archive" / "tapes").rglob("*.zst"):
        path.unlink()

    assert 1 == betflow.json("backfill", inbox).data["imported"]
    assert 0 == betflow("tape", "verify").code


def test_lost_index_is_made_anew(betflow: CommandLine, inbox: Path) -> None:
    """Without its index the archive lists the same markets, and an import finds everything there."""
    (inbox / "a").write_bytes(recording())
    betflow("backfill", inbox)
    before = betflow.json("tape", "ls").data
    for path in (betflow.data_dir / "archive").glob("index.sqlite*"):
        path.unlink()

    assert before == betflow.json("tape", "ls").data
    assert 1 == betflow.json("backfill", inbox).data["already_there"]


def test_damaged_index_is_made_anew_as_advised(betflow: CommandLine, inbox: Path) -> None:
    """An index that is damaged says which file to remove; without it the archive lists the same markets."""
    (inbox / "a").write_bytes(recording())
    betflow("backfill", inbox)
    before = betflow.json("tape", "ls").data
    index = betflow.data_dir / "archive" / "index.sqlite"
    index.write_bytes(b"no database at all" * 1000)

    told = betflow.json("tape", "ls")
    index.unlink()

    [finding] = told.envelope["findings"]
    assert (ExitCode.DAMAGED, "error.damaged") == (told.code, finding["code"])
    assert f"the index {index} is damaged" in finding["message"]
    assert "Remove it: it is made anew" in finding["message"]
    assert before == betflow.json("tape", "ls").data


def test_tape_that_was_removed_is_no_longer_listed(betflow: CommandLine, inbox: Path) -> None:
    """A tape that its owner removed with its manifest is out of the index after the next import."""
    (inbox / "a").write_bytes(recording("1.1"))
    (inbox / "b").write_bytes(recording("1.2"))
    betflow("backfill", inbox / "a")
    for path in (betflow.data_dir / "archive" / "tapes").rglob("*.*"):
        path.unlink()

    betflow("backfill", inbox / "b")

    assert ["1.2"] == [market["market_id"] for market in betflow.json("tape", "ls").data["markets"]]


def test_people_get_a_table(betflow: CommandLine, inbox: Path) -> None:
    """Without --json the counts are a table, and findings go to stderr."""
    (inbox / "a").write_bytes(recording())
    (inbox / "b").write_bytes(b"")

    ran = betflow("backfill", inbox)

    assert "imported            1" in ran.out
    assert "finding backfill.unreadable" in ran.err


@pytest.fixture
def many(inbox: Path) -> Path:
    """Return a folder of more tapes than are imported in a moment."""
    for number in range(40):
        (inbox / f"{number:02}.bz2").write_bytes(_large(number))
    return inbox


@cache
def _large(number: int) -> bytes:
    return bz2.compress(recording(f"1.{number}", prices=4000, venue=f"venue {number}"), 1)


def started(data_dir: Path, inbox: Path) -> Iterator[subprocess.Popen[str]]:
    """Start an import in a process of its own, and wait until it has imported something."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "betflow",
            "backfill",
            inbox,
            "--workers",
            "2",
            "--json",
            "--data-dir",
            data_dir,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        while process.poll() is None and not list((data_dir / "archive" / "tapes").glob("*/*.json")):
            time.sleep(0.01)
        yield process


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_import_ends_cleanly(betflow: CommandLine, many: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end an import at once; what was imported is kept, and the next run does the rest."""
    for process in started(betflow.data_dir, many):
        process.send_signal(number)
        out, err = process.communicate()

    assert (ExitCode.INTERRUPTED, "") == (process.returncode, err)
    assert "error.interrupted" == json.loads(out)["findings"][0]["code"]
    assert [] == incoming(betflow.data_dir)
    kept = len(archived(betflow.data_dir)) // 2
    assert kept == betflow.json("tape", "verify").data["tapes"]
    ran = betflow.json("backfill", many)
    assert (40 - kept, kept) == (ran.data["imported"], ran.data["already_there"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_killed_import_is_completed_by_the_next(betflow: CommandLine, many: Path) -> None:
    """After kill -9 what has its place is whole, and the next run does the rest, nothing twice."""
    for process in started(betflow.data_dir, many):
        process.kill()
        process.communicate()
    kept = sorted((betflow.data_dir / "archive" / "tapes").rglob("*.json"))

    ran = betflow.json("backfill", many)

    assert (40 - len(kept), len(kept)) == (ran.data["imported"], ran.data["already_there"])
    assert [] == incoming(betflow.data_dir)
    assert (0, 40) == (betflow("audit", "verify").code, betflow.json("tape", "verify").data["tapes"])
    assert 40 == betflow.json("tape", "ls").data["total"]
    kept[0].with_suffix(".zst").write_bytes(b"changed")
    audited = betflow.json("audit", "verify")
    assert (ExitCode.DAMAGED, ["audit.file-changed"]) == (audited.code, audited.codes)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_only_one_import_at_a_time(betflow: CommandLine, many: Path) -> None:
    """A second import into the same data folder is refused while the first is at work."""
    for process in started(betflow.data_dir, many):
        second = betflow.json("backfill", many)
        process.terminate()
        process.communicate()

    assert (ExitCode.ALREADY_RUNNING, ["error.busy"]) == (second.code, second.codes)
