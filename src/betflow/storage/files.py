"""
Folders and files that only their owner may read, brought to the disk.

A file is on the disk when its content and its name are: the content with the file, the name with the folder.
Every function lets ``OSError`` through; who calls knows what the user can do about it.
"""

import os
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def shown_name(path: str | Path) -> str:
    """
    Return the name of a file as text that can be recorded: bytes in it that are no UTF-8 as escapes.

    It is for people and records; to open the file, its path is needed.
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing: mkdir gives the mode only to the last."""
    if not folder.is_dir():
        make_private_folder(folder.parent)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        sync_folder(folder.parent)


def make_private_file(path: Path) -> None:
    """Make an empty file where there is none: a library that makes its own lets everybody read it."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))


def private_opener(path: str, flags: int) -> int:
    """Open a file for `open`, so that a file that this makes is private from its first moment."""
    return os.open(path, flags, PRIVATE_FILE)


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file anew; its content is on the disk when this returns, its name only after `sync_folder`."""
    with open(path, "wb", opener=private_opener) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_new_private_file(path: Path, content: bytes) -> None:
    """
    Write a file where there is none; whole and on the disk, with its name, when this returns.

    Raises:
        FileExistsError: there is one, or a link of that name; it stays as it is.
    """
    with open(path, "xb", opener=private_opener) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise
    sync_folder(path.parent)


def replace_private_file(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees the old or the new; on the disk as with `write_private_file`."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # one that was left behind may be open to others
    write_private_file(new, content)
    new.replace(path)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows does it by itself and lets nobody ask."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
