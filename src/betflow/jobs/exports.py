"""Files that commands write on request: whole or not there at all."""

import csv
import importlib.util
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from betflow.errors import ConfigurationError, NotFoundError, UsageError
from betflow.jobs.outcome import Artifact, artifact_of
from betflow.storage.streams import is_stream, pour

Row: TypeAlias = Mapping[str, Any]
Columns: TypeAlias = Mapping[str, type]
"""The names of a row in order, each with its type: int, float, str or bool. Any value may be None."""

_ROWS_PER_GROUP = 50_000
RECORD_FOLDERS = ("archive", "backtests", "discoveries", "live", "runs")
"""The folders in the data folder in which betflow alone writes."""
_LEDGER = "ledger.sqlite"


class ExportFormat(StrEnum):
    """How rows are written."""

    JSON = "json"
    """One array of objects."""
    CSV = "csv"
    """RFC 4180 with a header line; an empty field where there is no value."""
    PARQUET = "parquet"
    """Typed columns; needs the extra ``parquet``."""


def parse_format(text: str) -> ExportFormat:
    """
    Return the format of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return ExportFormat(text.lower())
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no format.", advice=f"Give one of {', '.join(ExportFormat)}."
        ) from error


_SUFFIXES: Mapping[str, frozenset[str]] = {
    "csv": frozenset({".csv"}),
    "json": frozenset({".json", ".jsonl"}),
    "parquet": frozenset({".parquet", ".pq"}),
    "a picture": frozenset({".png", ".jpg", ".jpeg", ".svg", ".pdf"}),
    "bz2": frozenset({".bz2"}),
    "gz": frozenset({".gz"}),
    "zst": frozenset({".zst"}),
    "an archive": frozenset({".xz", ".zip", ".tar"}),
}
"""What the end of a file's name says that is in it; other ends say nothing."""


def check_suffix(path: Path, export_format: str, *, also: Collection[str] = ()) -> None:
    """
    Make sure that the name of a file does not say something else than what is written into it.

    Args:
        path: What is to be written.
        export_format: The name of the format.
        also: Further keys of the table above that suit the format.

    Raises:
        UsageError: the name is that of another format.
    """
    if is_stream(path):
        return
    suffix = path.suffix.lower()
    says = next((name for name, suffixes in _SUFFIXES.items() if suffix in suffixes), export_format)
    if says != export_format and says not in also:
        raise UsageError(
            f"the name {path.name} says {says}, and --format {export_format} is asked for.",
            advice="Give the file another name, or choose another format.",
        )


def require_extra(module: str, extra: str) -> None:
    """
    Make sure that an optional package is there, before any work is done.

    Raises:
        ConfigurationError: it is not.
    """
    if importlib.util.find_spec(module) is None:
        raise ConfigurationError(
            f"this needs {module}, which is not installed.",
            advice=f"Run: pip install 'betflow[{extra}]', or in a clone: pip install '.[{extra}]'.",
        )


def check_target(path: Path, source: Path, data_dir: Path) -> None:
    """
    Make sure that a file can and may be written to the path, before any work is done.

    Args:
        path: What is to be written.
        source: What is to be read; it need not be there.
        data_dir: The data folder, whose records are written by betflow itself only.

    Raises:
        UsageError: the path is a folder, the source, or one of the records in the data folder.
        NotFoundError: the folder that it is in does not exist.
    """
    if is_stream(path):
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", advice="Name a file in it.")
    for folder in (path.absolute().parent, path.resolve().parent):
        if not folder.is_dir():
            raise NotFoundError(f"there is no folder {folder}.", advice="Make it, or name another.")
    if _is_same(path, source):
        raise UsageError(f"{path} is the tape itself.", advice="Name another file.")
    # A link may stand among the records, or lead there.
    if any(
        _is_record(each, data_dir) for each in (path.absolute().parent.resolve() / path.name, path.resolve())
    ):
        raise UsageError(
            f"{path} is where betflow keeps its records.", advice="Name a file outside the data folder."
        )


def check_folder(path: Path, data_dir: Path) -> None:
    """
    Make sure that files may be written into a folder, before any work is done; it need not be there.

    Args:
        path: The folder.
        data_dir: The data folder, whose records are written by betflow itself only.

    Raises:
        UsageError: the path is a file, or among the records in the data folder.
    """
    if is_stream(path) or (path.exists() and not path.is_dir()):
        raise UsageError(f"{path} is a file.", advice="Name a folder; it is made where there is none.")
    resolved = path.resolve()
    # By name too: the folders of the records may not be there yet.
    records = [(data_dir / name).resolve() for name in RECORD_FOLDERS]
    if any(map(resolved.is_relative_to, records)) or _is_record(resolved / "file", data_dir):
        raise UsageError(
            f"{path} is where betflow keeps its records.", advice="Name a folder outside the data folder."
        )


def _is_record(path: Path, data_dir: Path) -> bool:
    # Folders are compared, not their names: on some systems Archive and archive are one.
    records = [data_dir / name for name in RECORD_FOLDERS]
    if any(_is_same(parent, folder) for parent in path.parents for folder in records):
        return True
    return path.name.lower().startswith(_LEDGER) and _is_same(path.parent, data_dir)


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False  # one of them is not there


def written_artifacts(paths: Iterable[Path]) -> tuple[Artifact, ...]:
    """Return what is to be vouched for among what was written: files; what a stream took is gone."""
    return tuple(artifact_of(path) for path in paths if not is_stream(path))


def write_rows(path: Path, rows: Iterable[Row], columns: Columns, export_format: ExportFormat) -> int:
    """
    Write rows to a file, one after the other, and return how many they were.

    The file appears when all of it is on the disk; an error leaves what was there before.
    """
    write = {
        ExportFormat.JSON: _write_json,
        ExportFormat.CSV: _write_csv,
        ExportFormat.PARQUET: _write_parquet,
    }[export_format]
    with written_whole(path) as part:
        return write(part, rows, columns)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """
    Give a path to write to in the block; what is there afterwards moves to *path* in one step.

    A link stays, and the file that it leads to is written. To a device, a pipe and stdout (``-``) the bytes
    are written through.
    """
    if is_stream(path):
        with TemporaryDirectory(prefix="betflow-") as folder:
            part = Path(folder) / "part"
            yield part
            pour(part, path)
        return
    path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_json(path: Path, rows: Iterable[Row], columns: Columns) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        for count, row in enumerate(rows, start=1):
            ordered = {name: row[name] for name in columns}
            file.write(",\n" if count > 1 else "\n")
            json.dump(ordered, file, ensure_ascii=False, allow_nan=False)
        file.write("\n]\n")
    return count


def _write_csv(path: Path, rows: Iterable[Row], columns: Columns) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(csv_cells(row, columns))
            count += 1
    return count


def csv_cells(row: Row, columns: Columns) -> list[object]:
    """Return a row's values in order, truth values as ``true`` and ``false``; None is written as nothing."""
    cells = (row[name] for name in columns)
    return [str(cell).lower() if isinstance(cell, bool) else cell for cell in cells]


def _write_parquet(path: Path, rows: Iterable[Row], columns: Columns) -> int:
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    types = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    count = 0
    remaining = iter(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(remaining, _ROWS_PER_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count
