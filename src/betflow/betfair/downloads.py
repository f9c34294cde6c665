"""
A bz2 file on its way to its place: written bit by bit, gone on with, verified.

A file that is in its place was expanded to its end without an error. What is not finished is called
``….part``, and the next attempt goes on with it.
"""

import bz2
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from betflow.betfair.transport import Incoming, NoReply
from betflow.storage.files import make_private_folder, private_opener, sync_folder

Progress = Callable[[int, int | None], object]
"""Told of the bytes there are, and of how many there will be; None where that is not known."""

MOST_EXPANDED: Final = 64 << 30
"""A file that expands to more is a bomb: the largest files of events have a few gigabytes."""

_BLOCK: Final = 1 << 18
_HEAD: Final = b"BZh"
_END: Final = 0x177245385090
_END_MASK: Final = (1 << 48) - 1
_TAIL_BYTES: Final = 11
_TOP: Final = "historic"
_LONGEST_NAME: Final = 1000
_PART_OF_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Downloaded:
    """
    A file that was downloaded, or was there already.

    Attributes:
        name: At the service.
        path: Here.
        bytes: Its size.
        sha256: Of what is in it, as stored.
        fetched: How many bytes were fetched for it now; 0 where it was there already.
    """

    name: str
    path: Path
    bytes: int
    sha256: str
    fetched: int


def place_of(name: str) -> PurePosixPath | None:
    """
    Return where a file of the service is put below a folder; None for a name that leads out of it.

    It is the part below ``historic/``, such as ``PRO/2023/Jan/1/<eventId>/<marketId>.bz2``: the layout of the
    archives that Betfair delivers.
    """
    parts = name.strip("/").split("/")
    if _TOP in parts:
        parts = parts[parts.index(_TOP) + 1 :]
    is_name = len(name) <= _LONGEST_NAME and all(_PART_OF_NAME.fullmatch(part) for part in parts)
    return PurePosixPath(*parts) if parts and is_name and parts[-1].endswith(".bz2") else None


class Arriving:
    """
    A file on its way. Every method lets ``OSError`` through.

    Args:
        name: At the service.
        path: Its place.
        on_progress: Told how far it is.
    """

    def __init__(self, name: str, path: Path, on_progress: Progress) -> None:
        self._name = name
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._on_progress = on_progress
        self._fetched = 0

    @property
    def offset(self) -> int:
        """How many bytes are here from earlier attempts."""
        return self._part.stat().st_size if self._part.exists() else 0

    def in_place(self) -> Downloaded | None:
        """Return the file if it is in its place and, by its two ends, whole."""
        if not self._path.is_file() or not looks_whole(self._path):
            return None
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Downloaded(self._name, self._path, self._path.stat().st_size, digest, self._fetched)

    def write(self, reply: Incoming, start: int, total: int | None) -> NoReply | None:
        """Write what comes from an offset on; return why it ended before its end, if it did."""
        make_private_folder(self._path.parent)
        with open(self._part, "r+b" if start else "wb", opener=private_opener) as file:
            there = file.seek(start)
            while block := reply.read(_BLOCK):
                if isinstance(block, NoReply):
                    break
                there += file.write(block)
                self._fetched += len(block)
                self._on_progress(there, total)
            file.flush()
            os.fsync(file.fileno())
        return block if isinstance(block, NoReply) else None

    def forget(self) -> None:
        """Give up what came so far."""
        self._part.unlink(missing_ok=True)

    def settle(self) -> str:
        """Put the file into its place if it is sound; else give it up, and return what is wrong with it."""
        flaw = flaw_in(self._part)
        if flaw:
            self.forget()
        else:
            self._part.replace(self._path)
            sync_folder(self._path.parent)
        return flaw


def looks_whole(path: Path) -> bool:
    """
    Say whether a file begins and ends as bz2 does, without expanding it.

    The end is six bytes and a checksum of four, behind as many bits as the blocks before happen to need.
    """
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = int.from_bytes(file.read(_TAIL_BYTES))
    return head == _HEAD and any(tail >> (32 + shift) & _END_MASK == _END for shift in range(8))


def flaw_in(path: Path) -> str:
    """Say why a file is no sound bz2 file; nothing where it expands to its end without an error."""
    expanded = 0
    decompressor = bz2.BZ2Decompressor()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                while block:
                    if decompressor.eof:  # several streams, one behind the other, are one file
                        decompressor = bz2.BZ2Decompressor()
                    expanded += len(decompressor.decompress(block, _BLOCK))
                    while not decompressor.needs_input and not decompressor.eof:
                        expanded += len(decompressor.decompress(b"", _BLOCK))
                    block = decompressor.unused_data
            except (OSError, EOFError):
                return "it is no bz2 file, or a damaged one"
            if expanded > MOST_EXPANDED:
                return f"it expands to more than {MOST_EXPANDED >> 30} GiB"
    if not decompressor.eof:
        return "it ends in the middle" if expanded else "it is empty"
    return ""
