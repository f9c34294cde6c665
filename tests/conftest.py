"""What tests share: a clock that stands still until it is read, and a data folder of their own."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, settings

from betflow.jobs.runs import Run, RunContext, Runs
from betflow.ledger.store import Ledger, open_ledger
from betflow.settings import Settings

START_MS = 1_771_407_000_000
"""2026-02-18T09:30:00.000Z."""

settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("fuzz", settings.get_profile("suite"), derandomize=False, max_examples=500)
settings.load_profile("suite")
"""The suite tries the same examples on every machine, however busy; ``scripts/fuzz`` looks for new ones."""

# People see times in their own zone; tests, and the programs that they run, are nowhere in particular.
os.environ["TZ"] = "UTC"
time.tzset()

_OF_THE_NETWORK = {
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
}


@pytest.fixture(scope="session", autouse=True)
def _own_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one authority instead of the system's, which take 30 ms to load for each context of TLS."""
    path = tmp_path_factory.mktemp("authorities") / "system.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the settings of the person who runs the tests away from them."""
    for name in os.environ:
        foreign = name.startswith(("BETFAIR_", "Executor__")) or name.upper() in _OF_THE_NETWORK
        if foreign or (name.startswith("BETFLOW_") and name not in {"BETFLOW_TAPES", "BETFLOW_PYTHON"}):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-settings"))


@pytest.fixture
def clock() -> Callable[[], int]:
    """Return a clock that is a millisecond later each time it is read."""
    return itertools.count(START_MS).__next__


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return a data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def ledger(data_dir: Path) -> Iterator[Ledger]:
    """Open an empty ledger, closed at the end."""
    opened = open_ledger(data_dir)
    yield opened
    opened.close()


@pytest.fixture
def runs(data_dir: Path, clock: Callable[[], int]) -> Runs:
    """Return the runs of an empty data folder, whose ids are run-1, run-2 and so on."""
    numbers = itertools.count(1)
    return Runs(Settings(data_dir=data_dir), clock=clock, ids=lambda _time_ms: f"run-{next(numbers)}")


@pytest.fixture
def run(runs: Runs) -> Iterator[Run]:
    """Start a run, closed at the end."""
    started = runs.start("test", {}, config_hash="0")
    yield started
    started.close()


@pytest.fixture
def context(run: Run) -> RunContext:
    """Return what a job gets to see."""
    return run.context
