"""
The JSON record of each run: its envelope, what made it, and an anchor into the journal.

A record is ``runs/<year>/<month>/<day>/<run id>.json`` in the data folder. Its anchor holds the place and
hash of the entry that sealed the run, outside the database: a journal that was cut short or written anew no
longer agrees with it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from betflow.errors import DamagedError
from betflow.ledger.canonical import canonical_json, digest
from betflow.ledger.journal import Head
from betflow.storage.files import make_private_folder, sync_folder, write_private_file

FOLDER = "runs"
_ANCHOR = "journal"


def record_path(run_id: str, started: str) -> str:
    """Name the record of a run relative to the data folder; *started* is ISO 8601."""
    year, month, day = started[:10].split("-")
    return f"{FOLDER}/{year}/{month}/{day}/{run_id}.json"


def record_sha256(record: dict[str, Any]) -> str:
    """Hash a record without its anchor, which cannot be known before the entry that holds this hash."""
    return digest(canonical_json({key: value for key, value in record.items() if key != _ANCHOR}))


def anchored(record: dict[str, Any], *, seq: int, entry_hash: str) -> dict[str, Any]:
    """Return a record with its anchor."""
    return {**record, _ANCHOR: {"seq": seq, "hash": entry_hash}}


def anchor_of(record: dict[str, Any]) -> Head | None:
    """Return place and hash of the entry that a record vouches for, or None where it vouches for none."""
    match record.get(_ANCHOR):
        case {"seq": int(seq), "hash": str(entry_hash)}:
            return Head(seq, entry_hash)
    return None


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record, of plain JSON types: its content is on the disk, whole, when this returns."""
    make_private_folder(path.parent)
    write_private_file(path, msgspec.json.format(msgspec.json.encode(record), indent=0) + b"\n")


def publish_record(staged: Path, path: Path) -> None:
    """Move a staged record to its place in one step, for good."""
    make_private_folder(path.parent)
    staged.replace(path)
    sync_folder(path.parent)


def read_record(path: Path) -> dict[str, Any]:
    """
    Read a record back.

    Raises:
        FileNotFoundError: if it is gone.
        DamagedError: if it is no JSON object any more, or has a key twice: programs differ in which of the
            two they take, and a hash of what one of them takes proves nothing to who takes the other.
    """
    try:
        record = json.loads(
            path.read_bytes(), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise DamagedError(
            f"the run record {path} is not as betflow wrote it: {error}.", advice="Restore it from a backup."
        ) from error
    if not isinstance(record, dict):
        raise DamagedError(f"the run record {path} is not a JSON object.", advice="Restore it from a backup.")
    return record


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object in it has a key twice")
    return members


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON's")


def record_files(data_dir: Path) -> Iterator[Path]:
    """Yield every record of a data folder, the oldest day first."""
    yield from sorted((data_dir / FOLDER).glob("*/*/*/*.json"))
