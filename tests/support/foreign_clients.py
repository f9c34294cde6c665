"""Clients that nobody here wrote, run as programs with a Python of their own, against a sandbox."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parents[2]
BOTS = ROOT / "tests" / "clients" / "bots"
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class OpenSandbox:
    """
    A sandbox that runs as a process.

    Attributes:
        folder: Where it was started; with its profile there, every command works.
        where: What clients need: addresses, files, the login.
        plain_stream: The stream without TLS.
    """

    folder: Path
    where: dict[str, Any]

    def betflow(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON has no narrower type
        """Run a command of betflow with the profile, and return its answer."""
        command = [sys.executable, "-m", "betflow", *arguments, "--profile", "sandbox", "--json"]
        ran = subprocess.run(
            command, cwd=self.folder, env=_environment(self.folder), capture_output=True, check=False
        )
        envelope = json.loads(ran.stdout)
        assert "failed" != envelope["status"], envelope["findings"]
        return envelope["data"]


@contextmanager
def open_sandbox(folder: Path, *options: str) -> Iterator[OpenSandbox]:
    """Run a sandbox for a block, on ports that are free."""
    command = [sys.executable, "-m", "betflow", "sandbox", "run", "--port", "0", "--stream-port", "0"]
    with subprocess.Popen(
        [*command, "--plain-stream-port", "0", "--for", f"{PATIENCE_S:g}s", *options],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            lines = iter(process.stderr.readline, "")
            told = dict(_told(line) for line in takewhile(lambda line: not line.startswith("Try:"), lines))
            yield OpenSandbox(folder, _where(folder, told))
        finally:
            process.terminate()
            process.stderr.close()


def played(bot: str, sandbox: OpenSandbox, environment: str = "clients", **more: object) -> Any:  # noqa: ANN401 - JSON
    """Run a bot to its end, and return what it says."""
    where = sandbox.folder / "where.json"
    where.write_text(json.dumps({**sandbox.where, **more}))
    return json.loads(ran([str(BOTS / bot), str(where)], sandbox.folder, environment))


def commission_on(profit: Decimal) -> Decimal:
    """Work out 5 % of a market's profit, to the nearest penny."""
    return (max(Decimal(0), profit) * 5 / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def exact(number: float) -> Decimal:
    """Return a number as it is written."""
    return Decimal(str(number))


def ran(arguments: list[str], folder: Path, environment: str = "clients") -> str:
    """Run a program with the Python of an environment, and return what it prints."""
    python = ROOT / f".venv-{environment}" / "bin" / "python"
    if not python.exists():
        message = f"there is no {python.parent.parent}: run scripts/setup {environment}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    done = subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of the user's is known."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "BETFLOW_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(BOTS)}


def _told(line: str) -> tuple[str, str]:
    name, _, value = line.strip().partition("  ")
    return name, value.strip()


def _where(folder: Path, told: dict[str, str]) -> dict[str, Any]:
    """Return what clients need, as the profile and the files beside it have it."""
    profile = yaml.safe_load((folder / "config" / "sandbox.yaml").read_text())
    betfair = profile["betfair"]
    secrets = dotenv_values(profile["secrets_file"])
    api = f"{betfair['api']['base_url']}/"
    return {
        "api": api,
        "identity": f"{betfair['api']['identity_url']}/",
        "historic": f"{betfair['api']['historic_url']}/",
        "admin": f"{api.removesuffix('exchange/')}sandbox/",
        "navigation": f"{api}betting/rest/v1/en/navigation/menu.json",
        "stream": betfair["stream"]["url"],
        "plain_stream": told["plain_stream"],
        "ca_file": betfair["ca_file"],
        "certs": str(Path(betfair["certificate"]["crt"]).parent),
        "username": secrets["BETFAIR_USERNAME"],
        "password": secrets["BETFAIR_PASSWORD"],
        "app_key": secrets["BETFAIR_APP_KEY"],
    }
