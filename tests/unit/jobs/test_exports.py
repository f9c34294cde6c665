"""Files that appear whole or not at all."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from betflow.errors import ConfigurationError, NotFoundError, UsageError
from betflow.jobs.exports import (
    Columns,
    ExportFormat,
    Row,
    check_suffix,
    check_target,
    parse_format,
    require_extra,
    write_rows,
    written_whole,
)

COLUMNS: Columns = {"id": int, "price": float, "name": str, "empty": bool}
ROWS: list[Row] = [
    {"id": 1, "price": 2.02, "name": 'A "B", C\nD', "empty": False, "left out": 1},
    {"id": 2, "price": None, "name": "Ö", "empty": True},
]
KEPT = [{name: row[name] for name in COLUMNS} for row in ROWS]


def test_json_is_one_array(tmp_path: Path) -> None:
    """JSON has the columns in order, and nothing else."""
    path = tmp_path / "rows.json"

    assert 2 == write_rows(path, ROWS, COLUMNS, ExportFormat.JSON)

    assert KEPT == json.loads(path.read_text())
    assert list(COLUMNS) == list(json.loads(path.read_text())[0])


def test_csv_is_read_back_by_its_rules(tmp_path: Path) -> None:
    """Quotes, commas and line ends inside a value come back; no value is an empty field."""
    path = tmp_path / "rows.csv"

    assert 2 == write_rows(path, ROWS, COLUMNS, ExportFormat.CSV)

    with path.open(newline="") as file:
        assert [
            ["id", "price", "name", "empty"],
            ["1", "2.02", 'A "B", C\nD', "false"],
            ["2", "", "Ö", "true"],
        ] == list(csv.reader(file))


def test_parquet_has_typed_columns(tmp_path: Path) -> None:
    """Columns keep their type, also where a whole group has no value."""
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"

    assert 2 == write_rows(path, ROWS, COLUMNS, ExportFormat.PARQUET)

    table = parquet.read_table(path)
    assert KEPT == table.to_pylist()
    assert ["int64", "double", "string", "bool"] == [str(kind) for kind in table.schema.types]


@pytest.mark.parametrize("export_format", ExportFormat)
def test_no_rows_are_a_file_too(tmp_path: Path, export_format: ExportFormat) -> None:
    """A file of no rows is written, and says so in its own way."""
    path = tmp_path / "rows"

    assert 0 == write_rows(path, [], COLUMNS, export_format)

    assert path.stat().st_size > 0


@pytest.mark.parametrize("export_format", ExportFormat)
def test_failure_leaves_what_was_there(tmp_path: Path, export_format: ExportFormat) -> None:
    """Where rows fail on the way, the old file stays and nothing else is left."""
    path = tmp_path / "rows"
    path.write_text("old")

    def failing() -> Iterator[Row]:
        yield from ROWS
        raise NotFoundError("gone")

    with pytest.raises(NotFoundError):
        write_rows(path, failing(), COLUMNS, export_format)

    assert "old" == path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_file_is_there_only_after_the_block(tmp_path: Path) -> None:
    """The file moves to its place in one step, at the end."""
    path = tmp_path / "file"

    with written_whole(path) as part:
        part.write_text("new")
        assert not path.exists()

    assert "new" == path.read_text()


def test_format_that_is_none(tmp_path: Path) -> None:
    """The error lists the formats; their case does not matter."""
    assert ExportFormat.CSV is parse_format("CSV")
    with pytest.raises(UsageError, match=r"'xls' is no format\. Give one of json, csv, parquet"):
        parse_format("xls")
    with pytest.raises(UsageError, match="is a folder"):
        check_target(tmp_path, tmp_path / "tape", tmp_path)
    with pytest.raises(NotFoundError, match="there is no folder"):
        check_target(tmp_path / "none" / "file.csv", tmp_path / "tape", tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a", "a.txt", "1.127236622"])
def test_name_that_says_the_format_or_nothing(name: str) -> None:
    """A name of the format, or of none, is taken."""
    check_suffix(Path(name), "csv")


@pytest.mark.parametrize("name", ["a.parquet", "a.json", "a.csv.gz", "a.zip", "a.PNG"])
def test_name_that_says_another_format(name: str) -> None:
    """A name of another format is refused: whoever opens the file would not find what its name says."""
    with pytest.raises(UsageError, match=rf"the name {name} says .*, and --format csv is asked for"):
        check_suffix(Path(name), "csv")
    with pytest.raises(UsageError, match="another name"):
        check_suffix(Path("a.csv"), "official", also=("bz2",))
    check_suffix(Path("a.bz2"), "official", also=("bz2",))


def test_source_is_no_target(tmp_path: Path) -> None:
    """What is read is not overwritten, whatever name it is called by."""
    tape = tmp_path / "tape.csv"
    tape.write_text("{}")
    other = tmp_path / "other.csv"
    other.hardlink_to(tape)

    for path in (tape, other):
        with pytest.raises(UsageError, match="is the tape itself"):
            check_target(path, tape, tmp_path / "data")


@pytest.mark.parametrize(
    "name", ["archive/index.sqlite", "archive/tapes/x.csv", "runs/x.json", "live/x", "ledger.sqlite-wal"]
)
def test_records_are_no_target(tmp_path: Path, name: str) -> None:
    """Nothing is written among betflow's records."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)

    with pytest.raises(UsageError, match="keeps its records"):
        check_target(path, tmp_path / "tape", tmp_path)


def test_data_folder_has_room_for_more(tmp_path: Path) -> None:
    """A file beside the records, and a ledger of that name elsewhere, may be written."""
    (tmp_path / "exports").mkdir()

    check_target(tmp_path / "exports" / "a.csv", tmp_path / "tape", tmp_path)
    check_target(tmp_path / "ledger.sqlite.csv", tmp_path / "tape", tmp_path / "exports")


def test_missing_extra_says_what_to_install() -> None:
    """The error names the package and the command."""
    with pytest.raises(ConfigurationError, match=r"needs no_such_package, .* pip install 'betflow\[plot\]'"):
        require_extra("no_such_package", "plot")
