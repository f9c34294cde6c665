"""
What is named like a file and is none: ``-``, devices, pipes, open files, and links that lead there.

What stands there is never replaced by a file, and can be read once only.
"""

import atexit
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from betflow.errors import StorageError

STANDARD: Final = Path("-")
"""Stdin where a file is read, stdout where one is written."""
STDIN, STDOUT = 0, 1
_OPEN_FILES = frozenset({"/dev/fd", "/proc/self/fd"})
_MOST_LINKS = 40


def descriptor(path: Path, *, standard: int = STDOUT) -> int | None:
    """
    Return the number of an open file that a path names, None where it names none.

    Args:
        path: A path; ``/dev/stdout``, ``/dev/fd/63`` and links to them name open files.
        standard: What ``-`` is.
    """
    if path == STANDARD:
        return standard
    for each in _links(path.absolute()):
        if each.name.isdigit() and {str(each.parent), str(each.parent.parent / "self" / "fd")} & _OPEN_FILES:
            return int(each.name)
    return None


def is_stream(path: Path) -> bool:
    """Say whether a path leads to what is neither a regular file nor a folder."""
    if descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False  # there is nothing yet
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def pour(source: Path, target: Path) -> None:
    """
    Write a file's content to a stream; a reader that went away, as ``head`` does, has what it wanted.

    Raises:
        StorageError: it cannot be written.
    """
    number = descriptor(target)
    try:
        handle = os.open(target, os.O_WRONLY) if number is None else os.dup(number)
        with source.open("rb") as content, suppress(BrokenPipeError), os.fdopen(handle, "wb") as stream:
            shutil.copyfileobj(content, stream)
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written: {error.strerror}.", advice="Name another file."
        ) from error


def readable(path: Path) -> Path:
    """
    Return a file that can be read again and again: the path itself, or a copy of what a stream brings.

    The copy is there until the program ends.

    Raises:
        StorageError: the stream cannot be read, or the copy cannot be written.
    """
    number = descriptor(path, standard=STDIN)
    if number is None and not path.is_fifo():
        return path
    return _copied(path, number)


@cache
def _copied(path: Path, number: int | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="betflow-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = folder / ("stdin" if number == STDIN else path.name)
    try:
        handle = os.open(path, os.O_RDONLY) if number is None else os.dup(number)
        with os.fdopen(handle, "rb") as stream, copy.open("wb") as file:
            shutil.copyfileobj(stream, file)
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.", advice="Name a file.") from error
    return copy


def _links(path: Path) -> Iterator[Path]:
    """Yield a path and where its last name leads, link by link."""
    for _ in range(_MOST_LINKS):
        yield path
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(path.parent / path.readlink()))
