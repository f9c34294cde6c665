"""What tests do about recorded tapes: find them, skip without them, fail without them in CI."""

from pathlib import Path

import pytest

from tapes import shared_responses, tape, tapes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is looked into for tapes."""
    folder = tmp_path / "tapes"
    folder.mkdir()
    monkeypatch.setenv("BETFLOW_TAPES", str(folder))
    monkeypatch.delenv("CI", raising=False)
    return folder


def test_tape_is_found_by_its_name(folder: Path) -> None:
    """A tape is named without its .bz2."""
    (folder / "1.1.bz2").touch()

    assert folder / "1.1.bz2" == tape("1.1")


def test_all_tapes_come_in_order_and_alone(folder: Path) -> None:
    """Only tapes are listed, by name, whatever else lies beside them."""
    for name in ("1.2.bz2", "1.1.bz2", "README.md"):
        (folder / name).touch()

    assert ["1.1.bz2", "1.2.bz2"] == [path.name for path in tapes()]


def test_responses_lie_beside_the_tapes(folder: Path) -> None:
    """The folder of recorded responses is a neighbour of that of the tapes."""
    (folder.parent / "responses").mkdir()

    assert folder.parent / "responses" == shared_responses()


def test_missing_tape_skips_on_a_users_machine(folder: Path) -> None:
    """Without the tape it needs, a test is skipped with a reason."""
    assert folder.is_dir()
    with pytest.raises(pytest.skip.Exception, match=r"there is no recorded tape 1\.1\.bz2"):
        tape("1.1")


def test_missing_tape_fails_in_ci(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI a missing tape is a failure: a skip would hide that nothing was tested."""
    assert folder.is_dir()
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="CI needs them"):
        tapes()
