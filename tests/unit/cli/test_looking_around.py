"""Markets are listed, and the navigation menu is walked through."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from betfair_on_loopback import Betfair, betfair
from betflow.errors import ExitCode, NotFoundError, UsageError
from betflow.exchange.times import epoch_ms
from betflow.jobs.navigate import follow
from betflow.wire.navigation import NavigationNode
from command_line import CommandLine
from market_service import Markets, catalogue, made_up_book


def node(kind: str, name: str, number: str | int, *children: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a node of the menu."""
    return {"type": kind, "name": name, "id": number, "children": list(children), **more}


def market(number: str, name: str) -> dict[str, Any]:
    """Return a market of the menu."""
    more = {"exchangeId": "1", "marketType": "WIN", "marketStartTime": "2026-02-18T14:10:00.000Z"}
    return node("MARKET", name, number, numberOfWinners=1, **more)


RACE = node(
    "RACE", "5f Hcap", "9.1410", market("1.1", "5f Hcap"), market("1.2", "To Be Placed"), venue="Ascot",
    startTime="2026-02-18T14:10:00.000Z", countryCode="GB",
)  # fmt: skip
EVENT = node("EVENT", "Arsenal v Chelsea", 55, market("1.3", "Match Odds"), countryCode="GB")
MENU = node(
    "GROUP",
    "ROOT",
    0,
    node("EVENT_TYPE", "Horse Racing", 7, RACE, node("RACE", "1m Hcap", "9.1440", market("1.4", "1m Hcap"))),
    node("EVENT_TYPE", "Soccer", 1, node("GROUP", "English Football", "12345", EVENT)),
)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow with a data folder of its own."""
    return CommandLine(data_dir, capsys)


@pytest.fixture
def exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Betfair]:
    """Run Betfair with two markets and a menu, and set up the environment for it."""
    books = {number: made_up_book(number) for number in ("1.1", "1.2")}
    markets = Markets([catalogue(each) for each in books.values()], books, at_any_time=True)
    with betfair(tmp_path, results={**markets.results, "menu": MENU}) as running:
        running.is_set(monkeypatch)
        yield running


def asked(exchange: Betfair) -> dict[str, Any]:
    """Return what the catalogue was asked for last."""
    name, parameters = exchange.service.calls[-1]
    assert "listMarketCatalogue" == name
    return parameters


def test_markets_are_listed(betflow: CommandLine, exchange: Betfair) -> None:
    """Each has its id, its scheduled off, and what tells it from others; without a filter, any nearby."""
    ran = betflow.json("markets")

    assert (ExitCode.OK, ["1.1", "1.2"], False) == (
        ran.code,
        [each["market_id"] for each in ran.data["markets"]],
        ran.data["more"],
    )
    first = ran.data["markets"][0]
    assert ("Horse Racing", "Ascot", "GB", "WIN", 6) == tuple(
        first[key] for key in ("event_type", "venue", "country", "market_type", "runners")
    )
    assert {"marketStartTime"} == asked(exchange)["filter"].keys()
    times = asked(exchange)["filter"]["marketStartTime"]
    assert 86_400_000 + 600_000 == epoch_ms(times["to"]) - epoch_ms(times["from"])
    assert (51, "FIRST_TO_START") == (asked(exchange)["maxResults"], asked(exchange)["sort"])


def test_a_filter_is_betfairs(betflow: CommandLine, exchange: Betfair) -> None:
    """What is asked for goes out by Betfair's names and numbers."""
    filters = [
        "--event-type",
        "horse-racing,1",
        "--country",
        "gb,IE",
        "--market-type",
        "win",
        "--venue",
        "Ascot",
        "--text",
        "A*",
    ]
    betflow("markets", *filters, "--within", "30m", "--limit", "200")

    wanted = asked(exchange)["filter"]
    times = wanted.pop("marketStartTime")
    assert {
        "eventTypeIds": ["7", "1"],
        "marketCountries": ["GB", "IE"],
        "marketTypeCodes": ["WIN"],
        "venues": ["Ascot"],
        "textQuery": "A*",
    } == wanted
    assert 1_800_000 + 600_000 == epoch_ms(times["to"]) - epoch_ms(times["from"])
    assert 200 == asked(exchange)["maxResults"]


def test_markets_in_play_may_have_begun_at_any_time(betflow: CommandLine, exchange: Betfair) -> None:
    """A match is in play for hours."""
    betflow("markets", "--in-play")

    wanted = asked(exchange)["filter"]
    assert (True, {"to"}) == (wanted["inPlayOnly"], wanted["marketStartTime"].keys())


def test_that_there_are_more_is_told(betflow: CommandLine, exchange: Betfair) -> None:
    """One more is asked for than is shown."""
    ran = betflow("markets", "--limit", "1")

    assert 2 == asked(exchange)["maxResults"]
    assert "There are more than these 1; --limit takes up to 200.\n" == ran.out.splitlines(keepends=True)[-1]
    assert "1.2" not in ran.out


def test_no_market(betflow: CommandLine, exchange: Betfair) -> None:
    """That there is none is an answer, with what to try."""
    exchange.answer("listMarketCatalogue", [])

    ran = betflow("markets", "--text", "Nowhere")

    assert (ExitCode.OK, True) == (ran.code, ran.out.startswith("There is no such market. Ask for less: "))


@pytest.mark.parametrize(
    "arguments",
    [("--limit", "0"), ("--limit", "201"), ("--within", "soon"), ("--event-type", "chess-boxing")],
)
def test_a_filter_that_makes_no_sense(
    betflow: CommandLine, exchange: Betfair, arguments: tuple[str, str]
) -> None:
    """It is refused before anybody logs in, with the value and what it could be."""
    ran = betflow("markets", *arguments)

    assert (ExitCode.USAGE, "") == (ran.code, ran.out)
    assert arguments[1] in ran.err
    assert [] == exchange.server.received


def test_the_menu_begins_with_sports(betflow: CommandLine, exchange: Betfair) -> None:
    """Without a step the sports are shown, with how many markets they have."""
    ran = betflow.json("navigate")

    assert ExitCode.OK == ran.code
    assert [] == ran.data["path"]
    assert [("Horse Racing", 3), ("Soccer", 1)] == [
        (each["name"], each["markets"]) for each in ran.data["children"]
    ]
    assert ["menu"] == exchange.service.names()


def test_names_lead_down(betflow: CommandLine, exchange: Betfair) -> None:
    """The way is shown, and what is there, with times to the minute."""
    ran = betflow("navigate", "horse-racing", "5f")

    assert ran.out.splitlines()[0] == "Horse Racing > 5f Hcap"
    assert "1.1  market  -      5f Hcap       18 Feb 14:10        1" in ran.out
    assert "menu" in exchange.service.names()


def test_a_market_is_the_end_of_the_way(betflow: CommandLine, exchange: Betfair) -> None:
    """An id leads there at once; what can be done with the market is told."""
    ran = betflow("navigate", "1.3")

    assert ran.out.splitlines()[0] == "Soccer > English Football > Arsenal v Chelsea > Match Odds"
    assert "next           betflow ladder 1.3, betflow shape 1.3\n" in ran.out
    assert "menu" in exchange.service.names()


@pytest.mark.usefixtures("exchange")
def test_a_step_that_leads_nowhere(betflow: CommandLine) -> None:
    """What there is instead is told."""
    ran = betflow("navigate", "horse-racing", "Lingfield")

    assert (ExitCode.USAGE, "") == (ran.code, ran.out)
    expected = "There is no 'Lingfield' below Horse Racing. There is: 5f Hcap (9.1410), 1m Hcap (9.1440).\n"
    assert f"error: {expected}" == ran.err


def menu(*children: dict[str, Any]) -> NavigationNode:
    """Return a menu with these sports."""
    return msgspec.convert(node("GROUP", "ROOT", 0, *children), NavigationNode, strict=False)


def names(root: NavigationNode, step: str) -> list[str]:
    """Return the names on the way of a step."""
    return [each.name for each in follow(root, step)]


def test_what_a_step_means() -> None:
    """A name in any case, a part of one name, the id of a child, the id of anything below; in this order."""
    root = menu(
        node("EVENT_TYPE", "Rugby Union", 5, node("EVENT", "7", 99)),
        node("EVENT_TYPE", "Rugby League", 1477, node("EVENT", "Final", 5000)),
        node("EVENT_TYPE", "Rugby", 11),
    )

    assert ["Rugby Union"] == names(root, "RUGBY-union")
    assert ["Rugby"] == names(root, "rugby")
    assert ["Rugby League"] == names(root, "league")
    assert ["Rugby Union"] == names(root, "5")
    assert ["Rugby League", "Final"] == names(root, "5000")


def test_a_step_that_could_be_several_things() -> None:
    """Then each is told with its id; with more of them than a screen has, some of them."""
    root = menu(*(node("EVENT_TYPE", "Racing", number) for number in range(1, 15)))

    with pytest.raises(
        UsageError, match=r"'racing' can be several things below the top: Racing \(1\), .*and 2 more"
    ):
        follow(root, "racing")
    assert ["Racing"] == names(root, "13")


def test_below_a_market_there_is_nothing() -> None:
    """A step below it says so."""
    with pytest.raises(NotFoundError, match="Nothing is below it"):
        follow(menu(), "horse")
