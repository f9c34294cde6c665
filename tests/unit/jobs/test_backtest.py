"""``backtest`` as a job: what is played, settled and written down."""

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from betflow.jobs import backtest_answer
from betflow.jobs.backtest import BacktestRequest, backtest
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext, Runs
from betflow.ledger.backtests import BacktestKind
from betflow.ledger.journal import Journal
from races import FIRST_MS, LOSER, TRADED_MS, orders_file, race

Play = Callable[..., Outcome]

STRATEGIES = """
from betflow.trading import Strategy


class BackOnce(Strategy):
    def __init__(self, *, stake: float = 2.0) -> None:
        self.stake = stake

    def on_book(self, market):
        for runner in market.active_runners:
            if runner.best_back and not market.has_placed(runner):
                yield market.back(runner, runner.best_back, self.stake)


class Exits(BackOnce):
    def on_book(self, market):
        print("leaving", market.market_id)
        raise SystemExit(3)


class Stops(BackOnce):
    def on_book(self, market):
        raise GeneratorExit


class Returns(BackOnce):
    def on_book(self, market):
        return 7


class Raises(BackOnce):
    def on_book(self, market):
        if market.market_id == "1.6":
            raise RuntimeError("no such luck")
        return super().on_book(market)
"""
RAISING_LINE = 1 + STRATEGIES.splitlines().index('            raise RuntimeError("no such luck")')


@pytest.fixture(autouse=True)
def _in_a_folder_with_strategies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "backtest_strategies.py").write_text(STRATEGIES)


@pytest.fixture
def play(runs: Runs) -> Iterator[Play]:
    """Return a function that runs a backtest in a run of its own."""
    opened = []

    def run_backtest(*sources: object, **request: Any) -> Outcome:  # noqa: ANN401 - as the request has it
        run = runs.start("backtest", {}, config_hash="0")
        opened.append(run)
        outcome = backtest(BacktestRequest(tuple(map(str, sources)), **request), run.context)
        run.finish(outcome)
        return outcome

    yield run_backtest
    for run in opened:
        run.close()


def test_order_has_three_results(tmp_path: Path, play: Play) -> None:
    """Of 15.00 traded, 20.00, 13.34 or 10.00 stood ahead: nothing, 1.66 or all 4.00 is matched."""
    orders = orders_file(tmp_path / "orders.json", {"ref": "q"})

    [order] = play(race(tmp_path / "race"), orders=orders).data["orders"]

    assert ("q", 4.0, 2.1, 1.66, 2.1, 1.83) == tuple(
        order[name] for name in ("ref", "size", "price", "size_matched", "average_price_matched", "profit")
    )
    assert [(0.0, 0.0), (4.0, 4.4)] == [
        (order[case]["size_matched"], order[case]["profit"]) for case in ("worst", "best")
    ]
    assert (True, "1. Paper Tiger", "betflow-1/2") == (
        order["settled"],
        order["runner"],
        order["assumptions"],
    )


def test_limits_hold_and_are_written_down(tmp_path: Path, play: Play) -> None:
    """An order above a limit is refused with the reason; limits are in the results, and so in the hash."""
    tape = race(tmp_path / "race")
    orders = orders_file(tmp_path / "orders.json", {"ref": "a"}, {"ref": "b", "size": 5})

    limited = play(tape, orders=orders, limits=("stake=4",)).data

    assert [("a", None, ""), ("b", "RISK", "a stake of 5.00 is above the limit of 4")] == [
        (order["ref"], order["error_code"], order["reason"]) for order in limited["orders"]
    ]
    assert {"stake": 4.0} == limited["request"]["limits"]
    results = json.loads(Path(limited["results_file"]).read_text())
    assert {"stake": 4.0} == results["request"]["limits"]
    assert limited["result_hash"] != play(tape, orders=orders).data["result_hash"]


def test_answer_lists_so_many_orders(tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders beyond those that the answer lists are counted, and the results file has them all."""
    monkeypatch.setattr(backtest_answer, "MOST_ORDERS", 2)
    orders = orders_file(
        tmp_path / "orders.json", {"ref": "a"}, {"ref": "b"}, {"ref": "c"}, {"ref": "d", "market_id": "1.9"}
    )

    data = play(race(tmp_path / "race"), orders=orders).data

    assert (["a", "b"], 4, 2) == (
        [order["ref"] for order in data["orders"]],
        data["number_of_orders"],
        data["orders_left_out"],
    )
    results = json.loads(Path(data["results_file"]).read_text())
    assert ["a", "b", "c"] == [order["ref"] for order in results["markets"][0]["orders"]]
    assert ["d"] == [order["ref"] for order in results["unplaced"]]


def test_events_carry_their_evidence(tmp_path: Path, play: Play) -> None:
    """Each event names tape, line, byte and publish time, the rule and the numbers that decided."""
    tape = race(tmp_path / "race")
    orders = orders_file(tmp_path / "orders.json", {"ref": "q"})

    [order] = play(tape, orders=orders).data["orders"]

    matched = order["story"][-2]
    assert ("MATCHED", "QUEUE", "race", 4, TRADED_MS) == tuple(
        matched[name] for name in ("kind", "rule", "tape", "line", "publish_time")
    )
    assert tape.read_bytes()[matched["offset"] :].startswith(b'{"op":"mcm","clk":"1","pt":%d' % TRADED_MS)
    assert {"traded": 15.0, "at": 2.1, "ahead": 13.34} == matched["facts"]
    assert [0.0, 1.66, 4.0] == matched["amounts"]


def test_totals_are_net_of_commission(tmp_path: Path, play: Play) -> None:
    """A profit of 1.83 pays 5 % less 20 % of that, 0.07; the worst case won nothing and pays nothing."""
    orders = orders_file(tmp_path / "orders.json", {"ref": "q"})

    totals = play(race(tmp_path / "race"), orders=orders, discount="20").data["totals"]

    assert (1.83, 0.07, 1.76) == tuple(totals[name] for name in ("profit", "commission", "net"))
    assert (0.0, 4.4) == (totals["worst"]["profit"], totals["best"]["profit"])
    assert ["scripted"] == [each["strategy"] for each in totals["strategies"]]
    assert ["BACK"] == [each["side"] for each in totals["sides"]]


def test_result_hash_is_that_of_the_file(tmp_path: Path, play: Play) -> None:
    """The results file is the document whose sha256 is the result hash: canonical JSON, nothing around it."""
    outcome = play(race(tmp_path / "race"), strategy="backtest_strategies:BackOnce")

    content = Path(outcome.data["results_file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == outcome.data["result_hash"]
    document = json.loads(content)
    assert ["markets", "request", "schema", "tapes", "totals", "unplaced"] == list(document)
    assert content.decode() == json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert [outcome.data["results_file"]] == [each.path for each in outcome.artifacts]


def test_any_number_of_workers_gives_the_same_bytes(tmp_path: Path, play: Play) -> None:
    """One worker and three write the same results, and findings come in the same order."""
    tapes = [
        race(tmp_path / f"race-{number}", f"1.{number}", event_id=f"{number}") for number in range(5, 10)
    ]
    (tmp_path / "race-7").write_bytes(b"{broken\n" + (tmp_path / "race-7").read_bytes())

    outcomes = [play(*tapes, strategy="backtest_strategies:Raises", workers=workers) for workers in (1, 3)]

    one, three = (Path(outcome.data["results_file"]).read_bytes() for outcome in outcomes)
    assert one == three
    assert ["strategy.raised", "tape.line-damaged"] == [each.code for each in outcomes[1].findings]
    assert outcomes[0].findings == outcomes[1].findings
    assert outcomes[0].data["markets"] == outcomes[1].data["markets"]


def test_result_hash_does_not_depend_on_the_folder(tmp_path: Path, play: Play) -> None:
    """The same tape in another folder gives the same hash; another stake does not."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    here, there = race(tmp_path / "race"), race(elsewhere / "race")
    name = "backtest_strategies:BackOnce"

    hashes = [play(tape, strategy=name).data["result_hash"] for tape in (here, there)]

    assert hashes[0] == hashes[1]
    assert hashes[0] != play(here, strategy=name, parameters=("stake=3",)).data["result_hash"]


def test_markets_of_an_event_share_their_time(tmp_path: Path, play: Play) -> None:
    """Orders of two markets of an event get their bet ids in the order of time, not of the tapes."""
    tapes = [race(tmp_path / name, market_id) for name, market_id in (("a", "1.5"), ("b", "1.6"))]
    orders = orders_file(
        tmp_path / "orders.json",
        {"ref": "third", "at": FIRST_MS + 3_000},
        {"ref": "first", "at": FIRST_MS + 1_000},
        {"ref": "second", "at": FIRST_MS + 2_000, "market_id": "1.6"},
    )

    rows = play(*tapes, orders=orders).data["orders"]

    assert ["first", "second", "third"] == [
        row["ref"] for row in sorted(rows, key=lambda row: int(row["bet_id"]))
    ]


def test_bets_of_different_events_have_different_ids(tmp_path: Path, play: Play) -> None:
    """Groups that are played apart do not give the same bet id twice."""
    tapes = [race(tmp_path / f"race-{number}", f"1.{number}", event_id=f"{number}") for number in (5, 6)]

    rows = play(*tapes, strategy="backtest_strategies:BackOnce").data["orders"]

    assert 4 == len({row["bet_id"] for row in rows})


def test_bets_of_tapes_in_one_zip_have_different_ids(tmp_path: Path, play: Play) -> None:
    """Tapes of a file that are played in turn count their bets on, with any number of workers."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for number in (1, 2):
            market_id = f"1.{number}"
            packed.write(race(tmp_path / market_id, market_id, event_id=f"3000000{number}"), market_id)
    alone = race(tmp_path / "1.3", "1.3", event_id="30000003")
    sources = (tmp_path / "all.zip", alone)

    one, two = (play(*sources, strategy="backtest_strategies:BackOnce", workers=n).data for n in (1, 2))

    assert 6 == len({order["bet_id"] for order in one["orders"]})
    assert one["result_hash"] == two["result_hash"]


def test_strategy_that_raises_ends_in_that_market_only(tmp_path: Path, play: Play) -> None:
    """The finding names market and line, the other market is played."""
    tapes = [race(tmp_path / f"race-{number}", f"1.{number}") for number in (5, 6)]

    outcome = play(*tapes, strategy="backtest_strategies:Raises")

    [finding] = outcome.findings
    assert ("strategy.raised", "1.6") == (finding.code, finding.subject)
    assert f"backtest_strategies.py:{RAISING_LINE}" in finding.message
    assert {"1.5"} == {order["market_id"] for order in outcome.data["orders"]}


@pytest.mark.parametrize(
    ("name", "why"), [("Exits", "SystemExit: 3"), ("Stops", "GeneratorExit"), ("Returns", "returned 7")]
)
def test_strategy_that_does_something_else_ends_likewise(
    tmp_path: Path, play: Play, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    """A strategy may exit, return no instructions, or print: it is one finding, and stdout stays ours."""
    outcome = play(race(tmp_path / "race"), strategy=f"backtest_strategies:{name}")

    [finding] = outcome.findings
    assert ("strategy.raised", "1.5") == (finding.code, finding.subject)
    assert why in finding.message
    assert str(finding.where["file"]).endswith("backtest_strategies.py")
    assert "" == capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_name_of_a_tape_need_not_be_text(tmp_path: Path, play: Play) -> None:
    """A tape whose name is no UTF-8 is played, and is named with escapes."""
    tape = race(tmp_path / "race").rename(tmp_path / os.fsdecode(b"race-\xff"))

    outcome = play(tape, strategy="backtest_strategies:BackOnce")

    assert ["1.5"] == [market["market_id"] for market in outcome.data["markets"]]
    assert rb"race-\\xff" in Path(outcome.data["results_file"]).read_bytes()


def test_order_that_is_no_amount_costs_no_other(tmp_path: Path, play: Play) -> None:
    """A size with a third decimal, or beyond all money, is refused, and the other orders are played."""
    sizes = {"a": "5.005", "b": "5.00", "c": "1000000000000000000000000000000"}
    rows = [
        {
            "ref": ref,
            "at": FIRST_MS + 5000,
            "market_id": "1.5",
            "selection_id": LOSER,
            "side": "BACK",
            "price": "2.0",
            "size": size,
        }
        for ref, size in sizes.items()
    ]
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(rows))

    outcome = play(race(tmp_path / "race"), orders=path)

    codes = {order["ref"]: order["error_code"] for order in outcome.data["orders"]}
    assert {"a": "INVALID_BET_SIZE", "b": None, "c": "INVALID_BET_SIZE"} == codes


def test_market_that_begins_late_in_a_tape_gets_its_orders(tmp_path: Path, play: Play) -> None:
    """A tape's first messages do not tell all of its markets; their orders are placed all the same."""
    first, second = race(tmp_path / "first", "1.5"), race(tmp_path / "second", "1.6")
    lines = first.read_bytes().splitlines(keepends=True)
    both = tmp_path / "both"
    both.write_bytes(b"".join([*lines[:-1], *lines[-2:-1] * 100, second.read_bytes()]))

    outcome = play(both, orders=orders_file(tmp_path / "orders.json", {"ref": "a", "market_id": "1.6"}))

    assert [None] == [order["error_code"] for order in outcome.data["orders"]]


def test_bad_tape_is_one_finding(tmp_path: Path, play: Play) -> None:
    """A tape with several damaged lines is one finding, and the rest of it is played."""
    tape = race(tmp_path / "race")
    first, *rest = tape.read_bytes().splitlines(keepends=True)
    tape.write_bytes(b"".join([first, b"{a\n", rest[0], b"{b\n", *rest[1:]]))

    outcome = play(tape, strategy="backtest_strategies:BackOnce")

    [finding] = outcome.findings
    assert ("tape.line-damaged", str(tape)) == (finding.code, finding.subject)
    assert "1 findings more" in finding.message
    assert 2 == len(outcome.data["orders"])


def test_tape_that_is_no_tape_is_one_finding(tmp_path: Path, play: Play) -> None:
    """A file that was named and cannot be played is a finding; the others are played."""
    empty = tmp_path / "empty"
    empty.write_bytes(b"")

    outcome = play(empty, race(tmp_path / "race"), strategy="backtest_strategies:BackOnce")

    assert [("tape.empty", str(empty))] == [(each.code, each.subject) for each in outcome.findings]
    assert ["1.5"] == [market["market_id"] for market in outcome.data["markets"]]


def test_base_rate_that_cannot_be_is_a_finding(tmp_path: Path, play: Play) -> None:
    """At -5 % the exchange would pay commission: 5 % are assumed instead."""
    outcome = play(race(tmp_path / "race", marketBaseRate=-5), strategy="backtest_strategies:BackOnce")

    assert ["backtest.terms-impossible"] == [each.code for each in outcome.findings]
    assert [5.0] == [market["result"]["commission_rate"] for market in outcome.data["markets"]]


def test_market_without_a_result_is_unsettled(tmp_path: Path, play: Play) -> None:
    """Orders in a market whose tape ends before its result are unsettled, never lost."""
    orders = orders_file(
        tmp_path / "orders.json", {"ref": "q", "price": 2.0}, {"ref": "rests", "price": 1000}
    )

    data = play(race(tmp_path / "race", settled=False), orders=orders).data

    assert [(False, None), (False, None)] == [(each["settled"], each["profit"]) for each in data["orders"]]
    assert [4.0, 0.0] == [each["size_matched"] for each in data["orders"]]
    assert (False, 0.0, 1) == (
        data["markets"][0]["settled"],
        data["totals"]["profit"],
        data["totals"]["unsettled"],
    )


def test_orders_that_nobody_could_place_are_there(tmp_path: Path, play: Play) -> None:
    """An unknown market, an unknown runner, a moment after the close: each has its row and error code."""
    orders = orders_file(
        tmp_path / "orders.json",
        {"ref": "market", "market_id": "1.7"},
        {"ref": "runner", "selection_id": 99},
        {"ref": "late", "at": FIRST_MS + 10_000_000},
        {"ref": "good", "selection_id": LOSER, "price": 1.9},
    )

    outcome = play(race(tmp_path / "race"), orders=orders)

    codes = {order["ref"]: order["error_code"] for order in outcome.data["orders"]}
    assert {
        "market": "INVALID_MARKET_ID",
        "runner": "INVALID_RUNNER",
        "late": "MARKET_NOT_OPEN_FOR_BETTING",
        "good": None,
    } == codes
    assert 4 == outcome.data["number_of_orders"]


def test_everything_is_in_the_journal(tmp_path: Path, play: Play, context: RunContext) -> None:
    """The run has an entry for each market, one for what was not placed, and one for the end."""
    orders = orders_file(tmp_path / "orders.json", {"ref": "q"}, {"ref": "lost", "market_id": "1.7"})
    tape = race(tmp_path / "race")

    outcome = play(tape, orders=orders)

    entries = [each for each in Journal(context.ledger).entries() if each.kind.startswith("backtest.")]
    assert list(BacktestKind) == [each.kind for each in entries]
    assert outcome.data["result_hash"] == json.loads(entries[-1].body)["result_hash"]
    [written] = json.loads(entries[0].body)["tapes"]
    assert {
        "name": "race",
        "path": str(tape),
        "sha256": hashlib.sha256(tape.read_bytes()).hexdigest(),
    } == written
    assert {str(tape), str(orders)} == {each.path for each in outcome.inputs}


def test_report_and_picture_are_written(tmp_path: Path, play: Play) -> None:
    """The report and the picture are files of the run, and the report holds the result hash."""
    pytest.importorskip("matplotlib")
    html, plot = tmp_path / "report.html", tmp_path / "equity.png"

    outcome = play(race(tmp_path / "race"), strategy="backtest_strategies:BackOnce", html=html, plot=plot)

    assert outcome.data["result_hash"] in html.read_text()
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert {str(html), str(plot)} < {each.path for each in outcome.artifacts}


def test_order_that_would_arrive_after_the_close_is_refused(tmp_path: Path, play: Play) -> None:
    """The recording ends with the close, so nothing about the order is unknown."""
    tape = race(tmp_path / "race")
    closed_at = json.loads(tape.read_bytes().splitlines()[-1])["pt"]
    orders = orders_file(tmp_path / "orders.json", {"ref": "late", "at": closed_at - 50})

    [order] = play(tape, orders=orders).data["orders"]

    assert ("FAILURE", "MARKET_NOT_OPEN_FOR_BETTING") == (order["status"], order["error_code"])
