"""A market is watched as it changes, until it is enough."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from betfair_on_loopback import Betfair, betfair
from betflow.errors import NotFoundError, UsageError
from betflow.exchange.observed import ObservedMarket
from betflow.exchange.snapshot import RunnerSnapshot
from betflow.jobs.ladder import LadderRequest
from betflow.jobs.ladder_watch import watch
from betflow.jobs.observing import MarketAt
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import Runs
from betflow.settings import load_settings
from stream_server import Script
from watched_market import CLOSED, FIRST, IMAGE, MARKET, SECOND, SHORTER, gone, markets, playing


class Noting:
    """Notes what it is shown; interrupts at the first change where it is told to."""

    def __init__(self, interruption: type[BaseException] | None = None) -> None:
        self.seen: list[list[tuple[int, str | None, float, float]]] = []
        self.texts: list[str] = []
        self._interruption = interruption

    def changed(self, market: ObservedMarket, runners: Sequence[RunnerSnapshot]) -> None:
        """Note the best prices of those that changed."""
        assert MARKET == market.market_id
        self.seen.append([_best(each) for each in runners])
        if self._interruption is not None:
            raise self._interruption

    def told(self, text: str) -> None:
        """Note it."""
        self.texts.append(text)


def _best(runner: RunnerSnapshot) -> tuple[int, str | None, float, float]:
    back, lay = runner.available_to_back[0], runner.available_to_lay[0]
    return runner.selection_id, runner.name, back.price, lay.price


Watched = Callable[..., tuple[Outcome, Betfair]]


@pytest.fixture
def watched(
    tmp_path: Path, data_dir: Path, clock: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watched]:
    """Return what watches a market on a stream that plays these scripts."""
    monkeypatch.chdir(tmp_path)
    stack = ExitStack()

    def watch_it(
        watcher: Noting, *scripts: Script, runner: str | None = None, seconds: str | None = None
    ) -> tuple[Outcome, Betfair]:
        running = stack.enter_context(betfair(tmp_path, *scripts, results=markets().results))
        running.is_set(monkeypatch, BETFLOW_BETFAIR__STREAM__INITIAL_RECONNECT_DELAY="1ms")
        settings = load_settings(overrides={"data_dir": data_dir})
        run = Runs(settings, clock=clock).start("ladder", {}, config_hash="0")
        stack.callback(run.close)
        request = LadderRequest(MarketAt(MARKET), runner)
        return watch(request, seconds, run.context, watcher), running

    yield watch_it
    stack.close()


def test_each_change_is_shown_with_names(watched: Watched) -> None:
    """The stream has no names: they are the catalogue's. It ends with the market."""
    watcher = Noting()
    outcome, _ = watched(watcher, playing(IMAGE, SHORTER, CLOSED))

    names = {each: f"Runner {each}" for each in (FIRST, SECOND)}
    assert [
        [(FIRST, names[FIRST], 2.0, 2.02), (SECOND, names[SECOND], 3.0, 3.05)],
        [(FIRST, names[FIRST], 1.99, 2.0)],
        [],
    ] == watcher.seen
    assert ("closed", 3, 0) == tuple(
        outcome.data["watched"][each] for each in ("ended", "changes", "interruptions")
    )
    assert ("Ascot", "R1 5f Hcap", "CLOSED") == (
        outcome.data["venue"],
        outcome.data["name"],
        outcome.data["status"],
    )


def test_one_runner(watched: Watched) -> None:
    """Changes of others are not shown; how the market stands is."""
    watcher = Noting()
    outcome, _ = watched(watcher, playing(IMAGE, SHORTER, CLOSED), runner=f"runner {SECOND}")

    assert [[(SECOND, f"Runner {SECOND}", 3.0, 3.05)], []] == watcher.seen
    assert [SECOND] == [each["selection_id"] for each in outcome.data["runners"]]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, BrokenPipeError])
def test_interruption_is_an_end_like_any_other(watched: Watched, interruption: type[BaseException]) -> None:
    """Ctrl-C, or a reader that went away: the last ladder is in the answer."""
    outcome, _ = watched(Noting(interruption), playing(IMAGE))

    assert ("interrupted", 1) == (outcome.data["watched"]["ended"], outcome.data["watched"]["changes"])
    assert 2.0 == next(each["price"] for each in outcome.data["runners"][0]["rungs"] if each["is_best_back"])


def test_time_ends_it_also_where_nothing_comes(watched: Watched) -> None:
    """A market that never changed has its runners, and nothing on offer."""
    watcher = Noting()
    outcome, _ = watched(watcher, playing(), seconds="50ms")

    assert ("time", [], []) == (outcome.data["watched"]["ended"], watcher.seen, watcher.texts)
    assert [[], []] == [each["rungs"] for each in outcome.data["runners"]]


def test_lost_connection_is_told_and_made_again(watched: Watched) -> None:
    """The books go on where they were."""
    watcher = Noting()
    outcome, exchange = watched(watcher, playing(IMAGE, then=gone), playing(SHORTER, CLOSED, image=False))

    assert (2, 1) == (exchange.stream.connections, outcome.data["watched"]["interruptions"])
    assert watcher.texts[0].startswith("The connection is gone")
    assert watcher.texts[1].startswith("Attempt 1 to connect again in ")
    assert [(FIRST, f"Runner {FIRST}", 1.99, 2.0)] == watcher.seen[1]


def test_late_data_is_told(watched: Watched) -> None:
    """When Betfair says that its data may be late, and when it is sound again."""
    watcher = Noting()
    watched(watcher, playing(IMAGE, {**SHORTER, "status": 503}, CLOSED))

    late, sound = watcher.texts
    assert ("Betfair's data may be late from here on.", "Betfair's data is sound again.") == (late, sound)


def test_unknown_runner_is_told_before_the_stream_is_opened(watched: Watched) -> None:
    """So is a market that is not there, and a time that is none."""
    with pytest.raises(NotFoundError, match="no runner Arkle"):
        watched(Noting(), playing(IMAGE), runner="Arkle")
    with pytest.raises(UsageError, match="--for 'long'"):
        watched(Noting(), playing(IMAGE), seconds="long")
