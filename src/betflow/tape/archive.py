"""
The store of tapes: each once, named by the sha256 of its content, as one zstd file with a manifest beside it.

``archive/tapes/<first two digits>/<sha256>.zst`` holds the content byte for byte, ``<sha256>.json`` what is
known of it. Names come from hashes alone, never from outside. A file is written in ``archive/incoming``,
brought to the disk and then moved to its place in one step, so that no other process ever sees half a file;
what a killed run left in ``incoming`` belongs to nobody, and the next run removes it.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import zstandard

from betflow.errors import DamagedError, StorageError
from betflow.storage.files import make_private_folder, private_opener, sync_folder, write_private_file
from betflow.tape.manifest import Manifest, manifest_bytes, parse_manifest

FOLDER = "archive"
ZSTD_LEVEL = 1
"""On market data, level 1 makes files 10–15% larger than level 3 in less than half of the time."""


class ArchiveWriteError(StorageError):
    """The disk refuses a write to the archive; what is in it stays valid."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A tape that has been written to `Archive.incoming` and waits for its place."""

    path: Path
    sha256: str
    bytes: int
    stored_sha256: str
    stored_bytes: int

    @property
    def draft_path(self) -> Path:
        """Where its manifest waits."""
        return self.path.with_suffix(".json")


class Archive:
    """The archive of a data folder; nothing is made on the disk before something is written."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir / FOLDER
        self.incoming = self.root / "incoming"
        self._tapes = self.root / "tapes"

    def tape_path(self, sha256: str) -> Path:
        """Name the file of a tape."""
        return self._tapes / sha256[:2] / f"{sha256}.zst"

    def manifest_path(self, sha256: str) -> Path:
        """Name the manifest of a tape."""
        return self._tapes / sha256[:2] / f"{sha256}.json"

    def holds(self, sha256: str) -> bool:
        """Say whether a tape is there, with its manifest."""
        return self.manifest_path(sha256).is_file() and self.tape_path(sha256).is_file()

    def names(self) -> Iterator[str]:
        """Yield the sha256 of every tape that has a manifest, in order."""
        return (path.stem for path in sorted(self._tapes.glob("??/*.json")))

    def unaccounted(self) -> Iterator[Path]:
        """Yield the tapes without a manifest: a run was killed between the two, or somebody removed one."""
        return (
            path for path in sorted(self._tapes.glob("??/*.zst")) if not path.with_suffix(".json").exists()
        )

    def manifest(self, sha256: str) -> Manifest:
        """
        Read the manifest of a tape.

        Raises:
            DamagedError: if it is gone, or no manifest any more.
        """
        return self.manifest_as_written(sha256)[0]

    def manifest_as_written(self, sha256: str) -> tuple[Manifest, bytes]:
        """
        Read the manifest of a tape, and the bytes that say so.

        Raises:
            DamagedError: if it is gone, or no manifest any more.
        """
        path = self.manifest_path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise DamagedError(
                f"the manifest {path} is gone.", advice="Import its source again with `betflow backfill`."
            ) from None
        return parse_manifest(content, str(path)), content

    def keep(self, stored: Stored, *, only_manifest: bool = False) -> None:
        """
        Move a tape and then its manifest to their place; with both there it counts as archived.

        Args:
            stored: The tape, waiting with its manifest.
            only_manifest: Leave the tape that has its place already, and drop this one.

        Raises:
            ArchiveWriteError: the disk refuses.
        """
        place = self.tape_path(stored.sha256)
        try:
            make_private_folder(place.parent)
            if only_manifest:
                stored.path.unlink(missing_ok=True)
            else:
                stored.path.replace(place)
            stored.draft_path.replace(self.manifest_path(stored.sha256))
            sync_folder(place.parent)
        except OSError as error:
            raise write_error(error) from error

    def drop(self, stored: Stored) -> None:
        """Remove a tape that waits for its place, and its manifest, as far as they are there."""
        stored.path.unlink(missing_ok=True)
        stored.draft_path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what killed runs left behind, and say how many files that were. No run may be writing."""
        leftovers = [path for path in self.incoming.glob("*") if path.is_file()]
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)


class TapeWriter:
    """
    Compresses and hashes content as it passes by.

    A context manager: what was not finished is removed at its end.

    Raises:
        ArchiveWriteError: from any step, when the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = hashlib.sha256()
        self._stored = hashlib.sha256()
        self._bytes = self._stored_bytes = 0
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compressobj()
        self._is_finished = False
        try:
            make_private_folder(path.parent)
            self._file = open(path, "xb", opener=private_opener)  # noqa: SIM115 - closed by __exit__; opener
        except OSError as error:
            raise write_error(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._is_finished:
            with suppress(OSError):  # a full disk may refuse the last flush of what is thrown away anyway
                self._file.close()
            self._path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Take the next piece of the content."""
        self._content.update(chunk)
        self._bytes += len(chunk)
        self._store(self._compressor.compress(chunk))

    def finish(self) -> Stored:
        """Bring the file to the disk."""
        self._store(self._compressor.flush())
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise write_error(error) from error
        self._is_finished = True
        return Stored(
            self._path,
            self._content.hexdigest(),
            self._bytes,
            self._stored.hexdigest(),
            self._stored_bytes,
        )

    def _store(self, compressed: bytes) -> None:
        if not compressed:
            return
        self._stored.update(compressed)
        self._stored_bytes += len(compressed)
        try:
            self._file.write(compressed)
        except OSError as error:
            raise write_error(error) from error


def write_draft(stored: Stored, manifest: Manifest) -> None:
    """
    Write the manifest of a tape beside it, where it waits for its place.

    Raises:
        ArchiveWriteError: the disk refuses.
    """
    try:
        write_private_file(stored.draft_path, manifest_bytes(manifest))
    except OSError as error:
        stored.draft_path.unlink(missing_ok=True)
        stored.path.unlink(missing_ok=True)
        raise write_error(error) from error


def write_error(error: OSError) -> ArchiveWriteError:
    """Say what the disk refuses, and what to do."""
    advice = "Correct the permissions of the data folder, or choose another with --data-dir."
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        advice = "Free some space and run the command again: it goes on where it stopped."
    return ArchiveWriteError(f"the archive cannot be written: {error.strerror}.", advice=advice)
