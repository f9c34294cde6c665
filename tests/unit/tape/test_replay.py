"""Many tapes are read one after the other, as if they were one."""

import errno
import io
import os
import tarfile
from pathlib import Path

import pytest

from betflow.errors import NotFoundError, UsageError
from betflow.tape import TapeDamageWarning, files, read, tapes
from recordings import recording


def test_folders_stand_for_what_is_below_them(tmp_path: Path) -> None:
    """A folder gives its files by name, those of folders below too, and no hidden ones."""
    for name in ("b", "a", "c/d", ".hidden", ".git/e"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert ["a", "b", "d"] == [path.name for path in files([tmp_path])]


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Files and folders of one folder are taken together, by name."""
    for name in ("a.txt", "a/z", "b/c/d", "b/c.txt", "B"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()

    assert ["B", "a/z", "a.txt", "b/c/d", "b/c.txt"] == [
        path.relative_to(tmp_path).as_posix() for path in files([tmp_path])
    ]


def test_links_are_files_or_findings(tmp_path: Path) -> None:
    """A link to a file is that file, one to a folder is not entered, one that leads nowhere is a finding."""
    inbox = tmp_path / "inbox"
    (inbox / "folder").mkdir(parents=True)
    (tmp_path / "tape").write_bytes(recording())
    for name, target in {
        "a": tmp_path / "tape",
        "b": inbox,
        "c": inbox / "missing",
        "d": inbox / "d",
    }.items():
        (inbox / name).symlink_to(target)

    with pytest.warns(TapeDamageWarning):
        found = [
            (tape.name, len(list(tape)), [each.code for each in tape.findings])
            for tape in read(inbox).tapes()
        ]

    assert [("a", 7, []), ("c", 0, ["tape.unreadable"]), ("d", 0, ["tape.unreadable"])] == found


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_pipe_is_refused_as_a_path_and_passed_over_in_a_folder(tmp_path: Path) -> None:
    """A pipe that is named is refused with a way out; in a folder it is no file."""
    os.mkfifo(tmp_path / "pipe")

    assert [] == list(files([tmp_path]))
    with pytest.raises(UsageError, match=r"pipe is neither a file nor a folder.*to a file first"):
        list(files([tmp_path / "pipe"]))


def test_folder_that_may_not_be_listed_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is below a folder that may not be listed is not missing in silence; other files are read."""
    for name in ("a", "closed/b", "d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(recording())
    list_folder = os.scandir

    def list_or_refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", list_or_refuse)
    replay = read(tmp_path)
    with pytest.warns(TapeDamageWarning, match="Permission denied"):
        changes = len(list(replay))

    assert (14, [("tape.unreadable", str(tmp_path / "closed"))]) == (
        changes,
        [(each.code, each.subject) for each in replay.findings],
    )


def test_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A path that does not exist is refused by name."""
    with pytest.raises(NotFoundError, match="no file or folder"):
        list(files([tmp_path / "missing"]))


def test_markets_of_all_tapes_come_in_order(tmp_path: Path) -> None:
    """Reading several files gives the markets of one after those of the other, and sums up."""
    for number in (1, 2, 3):
        (tmp_path / str(number)).write_bytes(recording(f"1.{number}"))

    replay = read(tmp_path)
    seen = list(dict.fromkeys(book.market_id for book in replay))

    assert (["1.1", "1.2", "1.3"], 21) == (seen, replay.account.messages)


def test_damage_is_warned_of(tmp_path: Path) -> None:
    """What cannot be read is in the findings and a warning, so that it is never silent."""
    (tmp_path / "tape").write_bytes(b"{\n" + recording())
    replay = read(tmp_path)

    with pytest.warns(TapeDamageWarning, match="Line 1 is no message"):
        assert 7 == len(list(replay))
    assert ["tape.line-damaged"] == [finding.code for finding in replay.findings]


def test_consumer_may_stop_in_the_middle(tmp_path: Path) -> None:
    """Leaving the loop leaves nothing open."""
    for number in (1, 2):
        (tmp_path / str(number)).write_bytes(recording(f"1.{number}", prices=5000))

    for book in read(tmp_path):
        assert "1.1" == book.market_id
        break


def test_damaged_archive_is_a_tape_with_a_finding(tmp_path: Path) -> None:
    """The members of a damaged tar are tapes as far as they go; the damage is a tape of its own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("a", "b"):
            entry = tarfile.TarInfo(name)
            entry.size = len(recording())
            archive.addfile(entry, io.BytesIO(recording()))
    path = tmp_path / "data.tar"
    path.write_bytes(buffer.getvalue()[: 512 + len(recording()) + 600])

    found = [(sum(1 for _ in tape.messages()), tape.findings) for tape in tapes(path)]

    assert (7, []) == found[0]
    assert "tape.corrupt" == found[-1][1][0].code


def test_file_that_goes_away_is_one_finding_and_the_others_go_on(tmp_path: Path) -> None:
    """What is gone when its turn comes is told, and does not end the reading of another file."""
    line = b'{"op":"mcm","pt":1,"mc":[{"id":"1.1"}]}\n'
    names = [tmp_path / name for name in ("a", "b", "c", "d")]
    for name in names:
        name.write_bytes(line)
    replay = read(*names)
    names[3].unlink()

    with pytest.warns(TapeDamageWarning, match="no file"):
        books = list(replay)

    assert 3 == len(books)
    assert ["tape.unreadable"] == [finding.code for finding in replay.findings]
