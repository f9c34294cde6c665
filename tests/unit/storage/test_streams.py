"""What is no regular file: written through and never replaced; read once, and kept."""

import os
import threading
from pathlib import Path

import pytest

from betflow.jobs.exports import check_target, written_artifacts, written_whole
from betflow.storage.streams import STANDARD, STDIN, STDOUT, descriptor, is_stream, readable

posix_only = pytest.mark.skipif(os.name != "posix", reason="the system has no such files")


def _write(path: Path, content: bytes) -> None:
    with written_whole(path) as part:
        part.write_bytes(content)


@posix_only
@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_stdout_has_several_names(name: str) -> None:
    """Each of them is open file 1."""
    assert STDOUT == descriptor(Path(name))


def test_what_is_read_from_a_dash_is_stdin() -> None:
    """Where a file is read, ``-`` is open file 0."""
    assert STDIN == descriptor(STANDARD, standard=STDIN)


@pytest.mark.parametrize("name", ["out.csv", "1", "folder/1"])
def test_other_names_are_no_open_files(tmp_path: Path, name: str) -> None:
    """A number is only one in the folder of open files."""
    assert descriptor(tmp_path / name) is None
    assert not is_stream(tmp_path / name)


@posix_only
def test_link_to_an_open_file_is_one(tmp_path: Path) -> None:
    """Whatever is between, it is what it leads to."""
    (tmp_path / "first").symlink_to("/dev/stdout")
    (tmp_path / "second").symlink_to("first")

    assert STDOUT == descriptor(tmp_path / "second")


@posix_only
@pytest.mark.parametrize("through", ["itself", "a link"])
def test_pipe_is_written_through(tmp_path: Path, through: str) -> None:
    """Its reader gets the bytes, it is a pipe afterwards, and no record vouches for it."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()

    target = pipe if through == "itself" else link
    check_target(target, tmp_path / "tape", tmp_path / "data")
    _write(target, b"rows")
    reader.join()

    assert [b"rows"] == got
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert () == written_artifacts([target])


@posix_only
def test_device_stays_one(tmp_path: Path) -> None:
    """A link to /dev/null is still one, and /dev/null takes the bytes."""
    link = tmp_path / "nothing"
    link.symlink_to("/dev/null")

    _write(link, b"rows")

    assert Path("/dev/null") == link.readlink()
    assert Path("/dev/null").is_char_device()


@posix_only
def test_open_file_is_continued(tmp_path: Path) -> None:
    """What a shell opened for appending is appended to, not begun anew."""
    path = tmp_path / "all.csv"
    path.write_bytes(b"before ")
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)

    _write(Path(f"/dev/fd/{handle}"), b"rows")
    os.close(handle)

    assert b"before rows" == path.read_bytes()


@posix_only
def test_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """As ``| head`` does."""
    reading, writing = os.pipe()
    os.close(reading)

    _write(Path(f"/dev/fd/{writing}"), b"rows")
    os.close(writing)

    assert [] == list(tmp_path.iterdir())


@posix_only
@pytest.mark.parametrize("is_there", [True, False])
def test_target_of_a_link_is_written(tmp_path: Path, is_there: bool) -> None:  # noqa: FBT001 - a case
    """The link stays, and the file it leads to has the bytes."""
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "rows.csv", tmp_path / "rows.csv"
    link.symlink_to(target)
    if is_there:
        target.write_bytes(b"before")

    _write(link, b"rows")

    assert link.is_symlink()
    assert b"rows" == target.read_bytes()
    assert [target] == list(target.parent.iterdir())


@posix_only
def test_pipe_can_be_read_again_and_again() -> None:
    """As a market is looked for first and read afterwards."""
    reading, writing = os.pipe()
    os.write(writing, b"lines")
    os.close(writing)

    path = readable(Path(f"/dev/fd/{reading}"))
    os.close(reading)

    assert [b"lines", b"lines"] == [path.read_bytes(), path.read_bytes()]


def test_file_is_read_where_it_is(tmp_path: Path) -> None:
    """Nothing is copied without need."""
    (tmp_path / "tape").write_bytes(b"lines")

    assert tmp_path / "tape" == readable(tmp_path / "tape")
