"""A run is alive exactly as long as its process holds its lock."""

import subprocess
import sys
from pathlib import Path

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
