"""Ladders of a market, of Betfair's answer or of a tape at a moment."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from betfair_on_loopback import Betfair, betfair
from betflow.errors import NotFoundError, UsageError
from betflow.jobs.ladder import LadderRequest, chosen, ladder
from betflow.jobs.observing import MarketAt
from betflow.jobs.runs import RunContext, Runs
from betflow.settings import load_settings
from changes import OFF_MS, defined
from market_service import Markets, catalogue, made_up_book
from observing import observed, runner
from recordings import line
from tapes import shared_responses

MARKET = "1.101"
NAMED = observed(
    runner(1, 2, name="Red Rum"),
    runner(2, 3, name="Red Rum Too"),
    runner(3, 4, handicap=0.5),
    runner(3, 4, handicap=1.5),
    runner(4, 5, status="REMOVED", name="Shergar"),
)


@pytest.fixture
def live(
    tmp_path: Path, data_dir: Path, clock: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[RunContext, Betfair]]:
    """Run Betfair with one market; return what a job gets to see of it."""
    monkeypatch.chdir(tmp_path)
    markets = Markets([catalogue(made_up_book(MARKET))], {MARKET: made_up_book(MARKET)})
    with betfair(tmp_path, results=markets.results) as running:
        running.is_set(monkeypatch)
        run = Runs(load_settings(overrides={"data_dir": data_dir}), clock=clock).start(
            "ladder", {}, config_hash="0"
        )
        yield run.context, running
        run.close()


def _told(rungs: list[dict[str, Any]]) -> list[tuple[float, float | None, float | None, float | None]]:
    return [(each["price"], each["to_back"], each["to_lay"], each["traded"]) for each in rungs]


def test_live_ladder(live: tuple[RunContext, Betfair]) -> None:
    """All offers of a runner and what was traded, as Betfair answers, without those of cross matching."""
    context, exchange = live
    (found,) = ladder(LadderRequest(MarketAt(MARKET), "runner 10000005"), context).data["runners"]

    assert [
        (14.5, None, 1236.56, None),
        (14.0, None, 1235.56, None),
        (13.5, None, 1234.56, None),
        (13.0, 1234.56, None, 12345.67),
        (12.5, 1235.56, None, None),
        (12.0, 1236.56, None, None),
    ] == _told(found["rungs"])
    asked = dict(exchange.service.calls)["listMarketBook"]["priceProjection"]
    assert {"priceData": ["EX_ALL_OFFERS", "EX_TRADED"]} == asked


def test_recorded_book(live: tuple[RunContext, Betfair]) -> None:
    """A runner of a recorded answer, in play and suspended: its best price and what was traded, by hand."""
    context, exchange = live
    text = (shared_responses() / "betfairlightweight/list_market_book.json").read_text()
    exchange.answer("listMarketBook", json.loads(text)["result"])
    data = ladder(LadderRequest(MarketAt(MARKET), "8665860"), context).data

    (found,) = data["runners"]
    rungs = {rung["price"]: rung for rung in found["rungs"]}
    assert ("SUSPENDED", True, 744286.88) == (data["status"], data["in_play"], data["total_matched"])
    assert (2.0, 5.17, True) == tuple(rungs[21.0][each] for each in ("to_back", "traded", "is_best_back"))
    assert (15.47, True) == (rungs[1000.0]["traded"], rungs[1000.0]["is_last"])
    assert 2204.08 == rungs[1.01]["to_back"]
    assert not any(rung["to_lay"] for rung in found["rungs"])


def test_ladder_of_a_tape(context: RunContext, tmp_path: Path) -> None:
    """As it stood at the moment; all active runners, in the order of the racecard."""
    prices = [{"id": 2, "atb": [[3, 1]]}, {"id": 1, "atb": [[2, 10]], "atl": [[2.02, 5]], "trd": [[2, 8]]}]
    first = {"id": MARKET, "marketDefinition": defined(), "rc": prices}
    then = {"id": MARKET, "rc": [{"id": 1, "atb": [[2, 99]]}]}
    tape = tmp_path / "tape"
    tape.write_bytes(line(OFF_MS, first) + b"\n" + line(OFF_MS + 1, then) + b"\n")
    one, other = ladder(LadderRequest(MarketAt(str(tape), str(OFF_MS))), context).data["runners"]

    assert [(2.02, None, 5.0, None), (2.0, 10.0, None, 8.0)] == _told(one["rungs"])
    assert (2, [(3.0, 1.0, None, None)]) == (other["selection_id"], _told(other["rungs"]))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, [(1, 0.0), (2, 0.0), (3, 0.5), (3, 1.5)]),
        ("1", [(1, 0.0)]),
        ("RED RUM", [(1, 0.0)]),
        (" too", [(2, 0.0)]),
        ("3", [(3, 0.5), (3, 1.5)]),
        ("shergar", [(4, 0.0)]),
    ],
)
def test_runner_is_told_by_id_or_name(wanted: str | None, expected: list[tuple[int, float]]) -> None:
    """A name that is one as a whole wins over parts; a selection is all its lines; removed ones are found."""
    assert expected == [(each.selection_id, each.handicap) for each in chosen(NAMED, wanted)]


def test_runner_that_is_not_there() -> None:
    """The market's runners are listed."""
    with pytest.raises(NotFoundError, match=r"1 \(Red Rum\), 2 \(Red Rum Too\), 3, 4 \(Shergar\)"):
        chosen(NAMED, "Arkle")


def test_name_of_several_runners() -> None:
    """They are told apart, once each."""
    with pytest.raises(UsageError, match=r"may be 1 \(Red Rum\), 2 \(Red Rum Too\)\."):
        chosen(NAMED, "red")
