"""A market's shape is that of Betfair's answer, or of a tape at a moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from betfair_on_loopback import Betfair, betfair
from betflow.errors import NotFoundError, UsageError
from betflow.jobs.observing import MarketAt
from betflow.jobs.runs import Run, RunContext, Runs
from betflow.jobs.shape import ShapeRequest, shape
from betflow.settings import load_settings
from changes import OFF_MS, defined
from market_service import Markets, catalogue, made_up_book
from recordings import line

MARKET = "1.101"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Betfair]:
    """Run Betfair with one market."""
    markets = Markets([catalogue(made_up_book(MARKET))], {MARKET: made_up_book(MARKET)})
    with betfair(tmp_path, results=markets.results) as running:
        yield running


@pytest.fixture
def live(
    exchange: Betfair, runs: Runs, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunContext]:
    """Return what a job gets to see whose Betfair is that one."""
    monkeypatch.chdir(tmp_path)
    exchange.is_set(monkeypatch)
    run: Run = Runs(load_settings(overrides={"data_dir": data_dir}), clock=runs._clock).start(
        "shape", {}, config_hash="0"
    )
    yield run.context
    run.close()


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """Return a tape: runner 1 at 2 to 2.1, runner 2 at 4 to 4.2; at the off the first shortens to 1.9."""

    def prices(selection_id: int, back: float, lay: float) -> dict[str, Any]:
        return {"id": selection_id, "atb": [[back, 30.0]], "atl": [[lay, 10.0]]}

    first = {"id": MARKET, "marketDefinition": defined(), "rc": [prices(1, 2, 2.1), prices(2, 4, 4.2)]}
    then = {"id": MARKET, "rc": [{"id": 1, "atb": [[2, 0], [1.9, 5.0]]}]}
    path = tmp_path / "tape"
    path.write_bytes(line(OFF_MS - 60_000, first) + b"\n" + line(OFF_MS, then) + b"\n")
    return path


def test_tape_at_a_moment(context: RunContext, tape: Path) -> None:
    """By hand: a book of 75 %, and three quarters of the money to back; later, other prices."""
    before, after = (
        shape(ShapeRequest(MarketAt(str(tape), str(moment))), context) for moment in (OFF_MS - 1, OFF_MS)
    )

    assert (75.0, 75.0, 1, False) == (
        before.data["back_book"],
        before.data["weight_of_money"],
        before.data["favourite"]["selection_id"],
        before.data["is_live"],
    )
    assert [30.0, 5.0] == [each.data["runners"][0]["back_size"] for each in (before, after)]
    assert (OFF_MS - 1, str(tape)) == (before.data["moment"], before.inputs[0].path)


def test_live_market(live: RunContext, exchange: Betfair) -> None:
    """Names come from the catalogue, prices in full depth from the book; by hand 102.41 % and a tick each."""
    data = shape(ShapeRequest(MarketAt(MARKET), levels=1), live).data

    assert (102.4145, [1] * 6) == (data["back_book"], [runner["spread"] for runner in data["runners"]])
    assert ("Runner 10000000", True) == (data["favourite"]["name"], data["is_live"])
    asked = dict(exchange.service.calls)["listMarketBook"]
    assert {"priceData": ["EX_ALL_OFFERS", "EX_TRADED"], "virtualise": True} == asked["priceProjection"]


def test_picture(context: RunContext, tape: Path, tmp_path: Path) -> None:
    """It is a PNG file, and an artifact of the run."""
    plot = tmp_path / "shape.png"
    outcome = shape(ShapeRequest(MarketAt(str(tape), str(OFF_MS)), plot=plot), context)

    assert plot.read_bytes().startswith(PNG)
    assert [str(plot)] == [each.path for each in outcome.artifacts]


def test_picture_of_a_market_without_prices(context: RunContext, tmp_path: Path) -> None:
    """There is one all the same."""
    tape = tmp_path / "bare"
    tape.write_bytes(line(OFF_MS, {"id": MARKET, "marketDefinition": defined(runners=[])}) + b"\n")
    plot = tmp_path / "shape.png"
    data = shape(ShapeRequest(MarketAt(str(tape), str(OFF_MS)), plot=plot), context).data

    assert (None, [], True) == (data["favourite"], data["runners"], plot.read_bytes().startswith(PNG))


def test_market_that_is_not_open(live: RunContext) -> None:
    """Betfair does not list it; the advice says where it may be."""
    with pytest.raises(NotFoundError, match=r"Betfair has no open market 1\.9"):
        shape(ShapeRequest(MarketAt("1.9")), live)


def test_wrong_requests_are_refused_before_anything_is_read(context: RunContext, tape: Path) -> None:
    """A file needs a moment, a live market has no other, and pictures are PNG."""
    wrong = [
        (ShapeRequest(MarketAt(str(tape))), "Say which with --at"),
        (ShapeRequest(MarketAt("1.9", market_id="1.8")), "--market is for a file"),
        (ShapeRequest(MarketAt("1.9", "then")), "is no moment"),
        (ShapeRequest(MarketAt("1.9"), plot=Path("shape.jpg")), "PNG only"),
        (ShapeRequest(MarketAt(str(tape), str(OFF_MS)), plot=Path("/nowhere/a.png")), "no folder"),
    ]
    for request, complaint in wrong:
        with pytest.raises((UsageError, NotFoundError), match=complaint):
            shape(request, context)
