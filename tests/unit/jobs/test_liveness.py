"""A run is alive exactly as long as its process holds its lock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from betflow.errors import BusyError
from betflow.jobs import liveness

HOLDER = """
import sys
from pathlib import Path
from betflow.jobs import liveness

liveness.hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_lock_of_this_process_is_alive(tmp_path: Path) -> None:
    """A lock that this process holds is alive until it is released, and its file then gone."""
    path = tmp_path / "live" / "run.lock"

    liveness.hold(path)
    assert liveness.is_alive(path)

    liveness.release(path)
    assert not liveness.is_alive(path)
    assert not path.exists()


def test_lock_of_another_process_dies_with_it(tmp_path: Path) -> None:
    """A lock that another process holds is alive, and dead as soon as that process was killed."""
    path = tmp_path / "run.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert b"held" == holder.stdout.readline().strip()
        assert liveness.is_alive(path)
        holder.kill()
        holder.wait()

    assert path.exists()
    assert not liveness.is_alive(path)


def test_lock_that_is_not_waited_for_is_busy(tmp_path: Path) -> None:
    """Without waiting, a lock of this or another process is busy at once."""
    path = tmp_path / "backfill.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert b"held" == holder.stdout.readline().strip()
        with pytest.raises(BusyError, match="Another process holds"):
            liveness.hold(path, wait=False)
        holder.kill()
        holder.wait()

    liveness.hold(path, wait=False)
    with pytest.raises(BusyError):
        liveness.hold(path, wait=False)
    liveness.release(path)


def test_file_of_a_shared_lock_stays(tmp_path: Path) -> None:
    """A lock that several want keeps its file, so that all of them lock the same one."""
    path = tmp_path / "backfill.lock"
    liveness.hold(path)

    liveness.release(path, keep_file=True)

    assert path.exists()
    assert not liveness.is_alive(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not remove a file that is open")
def test_lock_on_a_removed_file_is_taken_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gets the lock of a file that was removed meanwhile locks the new one instead."""
    path = tmp_path / "run.lock"
    lock = liveness._lock
    handles: list[int] = []

    def remove_first(handle: int, *, wait: bool) -> None:
        if not handles:
            path.unlink()
        handles.append(handle)
        lock(handle, wait=wait)

    monkeypatch.setattr(liveness, "_lock", remove_first)
    liveness.hold(path)

    assert 2 == len(handles)
    assert os.path.samestat(path.stat(), os.fstat(handles[-1]))
    liveness.release(path)
