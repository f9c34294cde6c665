"""A tape is told from a file that is none, by its content first and by its name then."""

import bz2
from pathlib import Path

import pytest

from betflow.tape import tapes
from betflow.tape.inspection import Inspector
from betflow.tape.recognition import Recognition, is_tape_name, recognise
from recordings import recording
from wrapping import zipped


def recognised(path: Path) -> dict[str, Recognition]:
    """Return what each stream of lines in a file is, by what it is called."""
    found = {}
    for tape in tapes(path):
        inspection = Inspector(tape, thorough=True).inspect()
        found[tape.name] = recognise(inspection, head=tape.head, name=tape.name)
    return found


@pytest.mark.parametrize(
    "name",
    [
        *("1.234567890.bz2", "1.234567890", "1.234567890.gz", "1.234567890.zst", "PRO/2016/1.127236622.bz2"),
        *("BASIC-1.132153978.bz2", "SELF-1.181223995", "market_1.181223995.xz", "anything.bz2"),
        *("folder\\1.234567890", "a\n1.234567890"),
    ],
)
def test_names_that_tapes_have(name: str) -> None:
    """A market's id at the end, and an ending of bz2, say that a file is a tape."""
    assert is_tape_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "catalogue.json", "1.197931750.json", "1.197931750.json.gz", ".DS_Store", "a.gz", ""),
        *(
            "__MACOSX/._1.234567890.bz2",
            "1.234567890.csv",
            "10.5",
            "v1.2.3",
            "11.234567890",
            "2021.1234567890",
        ),
        *("1.234567890/notes.txt", "1.234567890/"),
    ],
)
def test_names_that_other_files_have(name: str) -> None:
    """Catalogues, notes, hidden files and numbers that are no market id do not say that a file is a tape."""
    assert not is_tape_name(name)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("notes.txt", recording(), Recognition.TAPE),
        ("1.234567890", b"# notes\n", Recognition.NAMED_LIKE_A_TAPE),
        ("1.234567890.bz2", bz2.compress(b'{"marketId": "1.234567890"}'), Recognition.NAMED_LIKE_A_TAPE),
        ("1.234567890.bz2", b"<html>404</html>", Recognition.NAMED_LIKE_A_TAPE),
        ("1.234567890.bz2", b'{"op":"ocm","pt":1}\n', Recognition.NAMED_LIKE_A_TAPE),
        ("1.234567890.bz2", b"", Recognition.DAMAGED_TAPE),
        ("notes.txt", b'{"op":"mcm","pt":\n', Recognition.DAMAGED_TAPE),
        ("notes.txt", bz2.compress(b"notes\n")[:-5], Recognition.DAMAGED_TAPE),
        ("orders", b'{"op":"ocm","pt":1}\n', Recognition.NO_TAPE),
        ("README.md", b"paragraph\n\n" * 1200, Recognition.NO_TAPE),
        ("catalogue.json", b'{\n  "marketId": "1.1"\n}\n', Recognition.NO_TAPE),
    ],
)
def test_content_counts_before_the_name(
    name: str, content: bytes, expected: Recognition, tmp_path: Path
) -> None:
    """What has a message is a tape, what is broken is damaged; only then the name says what it should be."""
    (tmp_path / name).write_bytes(content)

    assert {name: expected} == recognised(tmp_path / name)


def test_members_are_told_by_their_own_names(tmp_path: Path) -> None:
    """In an archive the member's name counts, wherever it is, and not the archive's."""
    path = tmp_path / "1.234567890.bz2"
    path.write_bytes(zipped({"PRO/README.md": b"notes", "PRO/1.234567891": b"notes"}))

    assert {
        "PRO/README.md": Recognition.NO_TAPE,
        "PRO/1.234567891": Recognition.NAMED_LIKE_A_TAPE,
    } == recognised(path)
