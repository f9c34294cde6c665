"""A sandbox to measure against, as a user runs it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import processes


@contextmanager
def open_sandbox(folder: Path, *options: str, markets: Sequence[str] = ()) -> Iterator[Path]:
    """
    Run a sandbox for a block, as a user does.

    Args:
        folder: Where it is started.
        options: As on the command line.
        markets: What clients of the stream subscribe to.

    Yields:
        The folder where it was started: there its profile works.

    Raises:
        ChildFailedError: it does not open.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(processes.PROGRAMS / "betflow"), "sandbox", "run", "--port", "0", "--stream-port", "0"]
    with subprocess.Popen(
        [*command, "--data-dir", str(folder / "data"), *options],
        cwd=folder,
        env=processes.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None  # noqa: S101 - for the type
        said = []
        try:
            for line in process.stderr:
                said.append(line)
                if line.startswith("Try:"):
                    break
            else:
                raise processes.ChildFailedError("the sandbox did not open:\n" + "".join(said))
            where = _where(said) | {"markets": ",".join(markets)}
            (folder / "where.json").write_text(json.dumps(where))
            yield folder
        finally:
            process.terminate()
            process.stderr.close()


def figure(client: str, folder: Path, *, seconds: float) -> float:
    """Return what a client measures at the sandbox that was started in a folder."""
    python = str(processes.PEERS_PYTHON) if client.startswith("flumine") else sys.executable
    root = str(Path(__file__).resolve().parents[1])
    command = [python, "-m", "bench.clients", client, str(folder), f"--seconds={seconds}"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=processes.environment({"PYTHONPATH": root, "REQUESTS_CA_BUNDLE": _authority(folder)}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise processes.ChildFailedError(f"{client} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return float(done.stdout)


def _where(said: list[str]) -> dict[str, str]:
    """Return the names and values that a sandbox says when it is open."""
    pairs = (line.split(maxsplit=1) for line in said)
    return {pair[0]: pair[1].strip() for pair in pairs if len(pair) > 1}


def _authority(folder: Path) -> str:
    return str(json.loads((folder / "where.json").read_text())["ca_file"])
