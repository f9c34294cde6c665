"""Processes that are measured: started alike, timed, watched."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import IO

import psutil

PROGRAMS = Path(sys.executable).parent
PEERS_PYTHON = Path(__file__).resolve().parents[1] / ".venv-conformance" / "bin" / "python"
"""Where flumine is: it does not go together with what betflow is measured with."""
SAMPLE_S = 0.02


class ChildFailedError(RuntimeError):
    """A measured program failed, so there is nothing to measure."""


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    Return the environment of measured programs.

    Compiled modules are kept, as on a user's machine: otherwise each start of betflow, whose source is in the
    checkout, would compile it again while the peers come compiled.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | dict(changes or {})


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """
    Run a program to its end, started in a folder; return its standard output.

    Raises:
        ChildFailedError: if it fails, with what it said.
    """
    done = subprocess.run(
        command, env=environment(env), cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ChildFailedError(f"{' '.join(command)} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds_of(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, folder: Path | None = None
) -> float:
    """Run a program to its end; return how long it took, start and end included."""
    start = perf_counter()
    run(command, env=env, folder=folder)
    return perf_counter() - start


def processor_seconds_of(command: Sequence[str], *, folder: Path | None = None) -> float:
    """
    Run a program to its end; return the processor time that it took, the system's for it included.

    On a machine that others use as well this repeats better than the clock.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command, folder=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def reader_command(reader: str, files: Sequence[Path], *options: str) -> list[str]:
    """Return the command that reads *files* with one of `bench.readers`."""
    return [sys.executable, "-m", "bench.readers", reader, *map(str, files), *options]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader did in one process."""

    messages: int
    passes: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return messages per second."""
        return self.messages / self.seconds


def read(reader: str, files: Sequence[Path], *, prices: bool = False, seconds: float = 0.0) -> Reading:
    """Read *files* with a reader in a process of its own, over and over for at least *seconds*."""
    options = [f"--seconds={seconds}", *(["--prices"] if prices else [])]
    return Reading(**json.loads(run(reader_command(reader, files, *options))))


def play(backtester: str, files: Sequence[Path], *, seconds: float = 0.0) -> Reading:
    """Backtest *files* in a process of its own; flumine has an environment of its own as well."""
    python = str(PEERS_PYTHON) if backtester.startswith("flumine") else sys.executable
    if not Path(python).exists():
        raise ChildFailedError("flumine is not there to be compared with; run scripts/setup conformance")
    options = [*map(str, files), f"--seconds={seconds}"]
    return Reading(**json.loads(run([python, "-m", "bench.backtesters", backtester, *options])))


@dataclass(frozen=True, slots=True)
class Peak:
    """Most memory that was resident, in MiB: of the largest process, and of all together."""

    largest_process: float
    all_processes: float


def peak_memory(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Peak:
    """
    Run a program to its end; return the peak of its memory, its children's included.

    Where the system keeps the high-water mark itself (Linux) nothing is missed between two looks. Pages that
    processes share are counted in each, so the sum is an upper bound.

    Raises:
        ChildFailedError: if it fails.
    """
    largest = together = 0
    with TemporaryFile() as said, _start(command, env=env, output=said) as child:
        watched = psutil.Process(child.pid)
        while child.poll() is None:
            sizes = [_resident(process) for process in _family(watched)]
            largest = max([largest, *(high for _, high in sizes)])
            together = max(together, sum(now for now, _ in sizes))
            _wait(child)
        if child.returncode:
            said.seek(0)
            raise ChildFailedError(
                f"{' '.join(command)} failed ({child.returncode}):\n{said.read().decode()}"
            )
    return Peak(largest / 2**20, together / 2**20)


def _start(
    command: Sequence[str], *, env: Mapping[str, str] | None, output: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment(env), stdout=output, stderr=subprocess.STDOUT)


def _wait(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(SAMPLE_S)
    except subprocess.TimeoutExpired:
        return


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> tuple[int, int]:
    """Return resident bytes now and at most; nothing for a process that has just ended."""
    try:
        now = process.memory_info().rss
        status = Path(f"/proc/{process.pid}/status")
        if not status.exists():
            return now, now
        marks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    except (psutil.Error, OSError):
        return 0, 0
    return now, int(marks[0].split()[1]) * 1024 if marks else now
