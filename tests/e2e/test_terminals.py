"""On a terminal of any width every value of every command is whole."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer

from betfair_on_loopback import Betfair, betfair
from betflow.cli import contract
from betflow.cli.app import app, run
from betflow.cli.screen import Screen, Spare
from betflow.errors import ExitCode
from changes import OFF_MS, defined
from exchange_service import ExchangeService
from historic_service import HistoricService
from loopback import Answer, Received
from market_service import Markets, catalogue, made_up_book
from recordings import line

RUNNERS = [
    {
        "id": 10_926_535,
        "sortPriority": 1,
        "status": "WINNER",
        "bsp": 70.161234,
        "name": "1. Palentino Of Sydney",
    },
    {"id": 11_129_238, "sortPriority": 2, "status": "LOSER", "bsp": 7.69, "name": "2. Hauraki"},
    {"id": 11_857_627, "sortPriority": 3, "status": "REMOVED", "hc": -1.5, "name": "3. Le Romain"},
]
FACTS: dict[str, Any] = {
    "eventTypeId": "7",
    "countryCode": "AU",
    "marketType": "ASIAN_HANDICAP",
    "venue": "Royal Randwick",
    "eventName": "Rand (AUS) 1st Oct, a very long name",
    "name": "R7 1600m Grp1",
    "runners": RUNNERS,
}

ORDERS: list[dict[str, Any]] = [
    {"selection_id": 10_926_535, "side": "BACK", "price": 2.02, "size": 1_234.56},
    {"selection_id": 11_129_238, "side": "LAY", "price": 2.5, "size": 20, "persistence_type": "PERSIST"},
    {"selection_id": 4, "side": "LAY", "price": 3.456, "size": 20},
]


def _row(number: int, ladder: str) -> list[float]:
    return [2 + number / 100, 12_345.67 + number] if ladder == "atb" else [3 + number / 100, 98_765.43]


def race(market_id: str) -> bytes:
    """Return a tape with prices, volumes before and in play, and odd publish times: something to show."""
    prices: list[dict[str, Any]] = [
        {"id": each["id"], "hc": each.get("hc"), "ltp": 2.34, "trd": [[2.34, 12_345.67 * factor]]}
        | {ladder: [_row(number, ladder) for number in range(5)] for ladder in ("atb", "atl")}
        for factor, each in enumerate(RUNNERS, start=1)
    ]
    more = [{**each, "trd": [[2.5, 99_999.99]]} for each in prices]
    changes: list[dict[str, Any]] = [
        {"marketDefinition": defined(**FACTS), "rc": prices, "tv": 123_456.78},
        {"marketDefinition": defined(**FACTS, inPlay=True), "rc": more},
        {"marketDefinition": defined(**FACTS, status="CLOSED", inPlay=True)},
    ]
    times = (OFF_MS - 5, OFF_MS + 60_000, OFF_MS + 50_000)
    return b"".join(
        line(at, {"id": market_id, **change}) + b"\n" for at, change in zip(times, changes, strict=True)
    )


class Terminal(StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


class BothScreens:
    """Shows an answer on a terminal and, the same answer, into a pipe."""

    def __init__(self, terminal: Terminal, pipe: StringIO, zone: tzinfo | None) -> None:
        self._terminal, self._pipe = Screen(terminal, zone=zone), Screen(pipe, zone=zone)
        self.fits, self.bar = self._terminal.fits, self._terminal.bar
        self.time, self.told = self._terminal.time, self._terminal.told

    def __getattr__(self, name: str) -> Callable[..., None]:
        def show(*arguments: object, **options: object) -> None:
            for screen in (self._terminal, self._pipe):
                getattr(screen, name)(*arguments, **options)

        return show


Shown = Callable[[str, int], tuple[str, str]]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Betfair]:
    """Run Betfair, once for all: it is only looked at."""
    book = made_up_book("1.123456789")
    name = "Royal Ascot 18th Feb, a very long name"
    event = {"id": "1", "name": name, "venue": "Royal Ascot", "countryCode": "GB"}
    markets = Markets([catalogue(book, event=event)], {book["marketId"]: book}, at_any_time=True)
    folder = tmp_path_factory.mktemp("betfair")
    begins = {"marketStartTime": "2026-02-18T14:10:00.000Z", "venue": "Royal Ascot"}
    race_of_it = {"type": "RACE", "name": name, "id": "28139610.1410", "children": [], **begins}
    menu = {"type": "GROUP", "name": "ROOT", "id": 0, "children": [race_of_it]}
    historic = HistoricService({"/xds/BASIC/2017/Mar/1/28139610/1.1.bz2": b"no market"})

    def answers(service: ExchangeService) -> Callable[[Received], Answer]:
        return lambda request: (historic if request.path.startswith("/historic/") else service)(request)

    results = {**markets.results, "menu": menu}
    with betfair(folder, results=results, connections=100, answers=answers) as running:
        yield running


@pytest.fixture
def shown(tmp_path: Path, data_dir: Path, exchange: Betfair, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Return what a command prints on a terminal of some columns, and of the same answer into a pipe."""
    exchange.is_set(monkeypatch, BETFAIR_HISTORIC_URL=f"{exchange.server.url}/historic")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("BETFLOW_DATA_DIR", str(data_dir))
    (tmp_path / "tape").write_bytes(race("1.123456789"))
    (tmp_path / "odd").write_bytes(race("1.987654321") + b"{\n")

    def show(command: str, columns: int) -> tuple[str, str]:
        terminal, pipe = Terminal(), StringIO()
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(contract, "Screen", lambda _stream, zone: BothScreens(terminal, pipe, zone))
        assert run(command.split()) < ExitCode.USAGE
        return terminal.getvalue(), pipe.getvalue()

    (tmp_path / "orders.json").write_text(
        json.dumps(
            [
                {"ref": f"order-{number}-of-the-day", "at": OFF_MS - 1, "market_id": "1.123456789", **order}
                for number, order in enumerate(ORDERS)
            ]
        )
    )
    show("backfill tape", 80)
    show("backtest --orders orders.json", 80)
    return show


OF_MARCH = "--event-type horse-racing --plan basic --from 2017-03-01 --to 2017-03-31"
COMMANDS = {
    "audit ls": "audit ls",
    "audit show": "audit show last",
    "audit verify": "audit verify",
    "audit anchor": "audit anchor --output anchors",
    "backfill": "backfill odd",
    "backtest": "backtest --orders orders.json --html report.html",
    "backtest explain": "backtest explain order-1-of-the-day",
    "candles": "candles 1.123456789 --interval 7s",
    "config show": "config show",
    "discover": "discover --verbose",
    "doctor": "doctor",
    "funds": "funds",
    "historic download": f"historic download {OF_MARCH} --output bought",
    "historic ls": "historic ls",
    "historic options": f"historic options {OF_MARCH}",
    "init": "init",
    "ladder": "ladder 1.123456789",
    "markets": "markets",
    "navigate": "navigate",
    "sandbox generate": (
        "sandbox generate --day 2026-07-04 --output day --plan BASIC"
        " --races 0 --greyhounds 1 --football 0 --tennis 0"
    ),
    "sandbox run": (
        "sandbox run --for 50ms --port 0 --stream-port 0 --races 0 --greyhounds 1 --football 0 --tennis 0"
    ),
    "shape": "shape 1.123456789",
    "tape book": f"tape book 1.123456789 --at {OFF_MS}",
    "tape auction": "tape auction 1.123456789",
    "tape export": "tape export 1.123456789 --format csv --output market.csv",
    "tape ls": "tape ls",
    "tape show": "tape show 1.123456789",
    "tape stats": "tape stats 1.123456789",
    "tape verify": "tape verify tape",
    "test-connection": "test-connection",
}


def every_command(command: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - Typer's own
    """Yield the path of each command that is no group."""
    members = getattr(command, "commands", None)
    if members is None:
        yield path.strip()
    for name, member in (members or {}).items():
        yield from every_command(member, f"{path} {name}")


def test_no_command_is_left_out() -> None:
    """Every command that there is, is looked at below."""
    assert sorted(COMMANDS) == sorted(every_command(typer.main.get_command(app)))


@pytest.mark.parametrize("columns", [40, 80, 100, 120, 200])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_cell_is_folded(shown: Shown, command: str, columns: int) -> None:
    """Each word on a terminal is one of the pipe's: no number, id, time or name is in pieces."""
    terminal, pipe = shown(COMMANDS[command], columns)

    without_remark = re.sub(r"^\(Without\s.*?--json\.\)$", "", terminal, flags=re.DOTALL | re.MULTILINE)
    assert set() == {*without_remark.split()} - {*pipe.split(), "·"}


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_folded_by_the_terminal(shown: Shown, command: str, columns: int) -> None:
    """No line is longer than the terminal is wide, but for a name with a single word, as a path may be."""
    terminal, _ = shown(COMMANDS[command], columns)

    assert [] == [each for each in terminal.splitlines() if len(each) > columns and len(each.split()) > 2]


WORDS_OF_IDENTITY = {
    "backtest": ["Rand", "R7", "Palentino"],
    "candles": ["Palentino"],
    "discover": ["Ascot"],
    "ladder": ["Ascot"],
    "markets": ["Royal", "Ascot"],
    "navigate": ["Royal", "Ascot"],
    "shape": ["Ascot"],
    "tape book": ["Palentino"],
    "tape ls": ["Rand", "R7"],
    "tape show": ["Rand", "R7", "Palentino"],
    "tape stats": ["Rand", "R7", "Palentino"],
}


@pytest.mark.parametrize("command", WORDS_OF_IDENTITY)
def test_narrow_terminal_says_which_race_and_runner(shown: Shown, command: str) -> None:
    """At 80 columns the names of race and runner are there; figures go first."""
    terminal, _ = shown(COMMANDS[command], 80)

    assert [] == [word for word in WORDS_OF_IDENTITY[command] if word not in terminal]


_LONG_DECIMALS = re.compile(r"(?<![\d.,:-])\d+\.\d{3,}(?![\d.]|[+-]\d\d:)")
_NO_THOUSANDS = re.compile(r"(?<![\d.,])\d{4,}\.\d\d(?!\d)")
_UTC = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z")


@pytest.mark.parametrize("command", COMMANDS)
def test_numbers_and_times_are_those_of_people(shown: Shown, command: str) -> None:
    """No number has three decimals or lacks its thousands, and no time is in UTC unless --utc asks for it."""
    _, pipe = shown(COMMANDS[command], 200)

    # Ids of markets and races, a price that is asked for and is on no ladder, and shares from 0 to 1.
    told = re.sub(r"1\.123456789|1\.987654321|28139610\.1410|3\.456|\b0\.\d{4}\b", "", pipe)
    assert ([], [], []) == (_LONG_DECIMALS.findall(told), _NO_THOUSANDS.findall(told), _UTC.findall(told))


FORBIDDEN_HEADINGS = {
    "selection": "selection id",
    "selection_id": "selection id",
    "market_id": "market",
    "market id": "market",
    "type": "market type",
    "sport": "event type",
    "scheduled off": "off",
    "market time": "off",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_columns_have_one_name(command: str, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a column shows is called the same in every command; a runner is never called a name."""
    headings: list[str] = []
    table = Screen.table

    def watched(
        screen: Screen, columns: Sequence[str], rows: Sequence[Sequence[object]], *, spare: Spare = ()
    ) -> None:
        headings.extend(columns)
        table(screen, columns, rows, spare=spare)

    monkeypatch.setattr(Screen, "table", watched)
    shown(COMMANDS[command], 80)

    assert {} == {each: FORBIDDEN_HEADINGS[each] for each in headings if each in FORBIDDEN_HEADINGS}
    assert not {"selection id", "name"} <= set(headings)
