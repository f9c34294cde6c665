"""
The sandbox's answers have the shapes of recorded ones: the same keys, with the same types.

It is asked as recorded requests ask, by a client that nobody here wrote, and never through our own gateway.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from betflow.sandbox.feed.generated import ANY_DAY, GeneratedFeed
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.rules import Rules
from betflow.wire.operations import OPERATIONS
from sandboxes import DELAYED_KEY, LIVE_KEY, NOW_MS, Client, running
from tapes import shared_responses

EVERYTHING = [
    "COMPETITION",
    "EVENT",
    "EVENT_TYPE",
    "MARKET_DESCRIPTION",
    "MARKET_START_TIME",
    "RUNNER_DESCRIPTION",
    "RUNNER_METADATA",
]
NAMES = {"metadata"}
"""Below these each key is a name of its own."""

ALSO = {
    "replaceOrders": {
        ".instructionReports[].placeInstructionReport.instruction.customerOrderRef": "the bet had none there",
        ".instructionReports[].placeInstructionReport.instruction.handicap": "documented, and in placeOrders",
    },
    "updateOrders": {".customerRef": "none was sent there"},
    "listMarketCatalogue": {
        "[].description.eachWayDivisor": "of each-way markets, which none was recorded of"
    },
    "listMarketBook": {
        "[].runners[].orders[].customerOrderRef": "the bets had none there",
        "[].runners[].orders[].customerStrategyRef": "the bets had none there",
        "[].runners[].sp.farPrice": "before the off, which none was recorded at",
        "[].runners[].sp.nearPrice": "before the off, which none was recorded at",
    },
    "listRunnerBook": {"[].runners[].adjustmentFactor": "of horse races, which none was recorded of"},
    "listCurrentOrders": {
        ".currentOrders[].customerOrderRef": "the bets had none there",
        ".currentOrders[].customerStrategyRef": "the bets had none there",
    },
    "listClearedOrders": {".clearedOrders[].sizeCancelled": "of cancelled bets, which none was recorded of"},
}
"""What is documented and not recorded, with the reason why it is not."""

NOT_YET = {
    "listMarketBook": {"[].runners[].sp.actualSP"},
    "listClearedOrders": {
        f".clearedOrders[].{name}"
        for name in ("betOutcome", "lastMatchedDate", "priceMatched", "priceReduced", "profit", "sizeSettled")
    },
}
"""What every recorded answer has, and ours only when the race is over."""

Shape = dict[str, set[str]]


class Asked:
    """A client who asks everything once, at an exchange with a race and a match."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.results: dict[str, Any] = {}
        self._ask_about_markets()
        self._bet()
        self._ask_about_bets()

    def ask(self, name: str, service: str = "betting", /, **params: object) -> Any:  # noqa: ANN401 - JSON
        """Call an operation, remember its result and return it."""
        method = next(each for each in OPERATIONS if each.endswith(f"/{name}"))
        self.results[name] = self._client.call(method, params, service=service)["result"]
        return self.results[name]

    def menu(self) -> Any:  # noqa: ANN401 - JSON
        """Fetch the navigation menu."""
        return self._client.get("/exchange/betting/rest/v1/en/navigation/menu.json").json()

    def _ask_about_markets(self) -> None:
        for name in ("EventTypes", "Competitions", "Events", "MarketTypes", "Countries", "Venues"):
            self.ask(f"list{name}", filter={})
        self.ask("listTimeRanges", filter={}, granularity="HOURS")
        markets = self.ask("listMarketCatalogue", filter={}, maxResults="100", marketProjection=EVERYTHING)
        market = next(each for each in markets if each["description"]["marketType"] == "WIN")
        self._market, self._selection = market["marketId"], market["runners"][0]["selectionId"]
        self.ask("listRaceDetails", "scores")

    def _bet(self) -> None:
        def bet(side: str, *prices: float) -> list[str]:
            orders = [
                {
                    "orderType": "LIMIT",
                    "selectionId": str(self._selection),
                    "handicap": "0",
                    "side": side,
                    "customerOrderRef": "an order",
                    "limitOrder": {"size": "4", "price": price, "persistenceType": "LAPSE"},
                }
                for price in prices
            ]
            report = self.ask(
                "placeOrders",
                marketId=self._market,
                instructions=orders,
                customerRef=f"our-{side}",
                customerStrategyRef="a strategy",
            )
            return [each["betId"] for each in report["instructionReports"]]

        bet("BACK", 1.1)
        _, second, third = bet("LAY", 1.01, 1.02, 1.03)
        edits: dict[str, dict[str, object]] = {
            "replaceOrders": {"betId": second, "newPrice": 1.04},
            "updateOrders": {"betId": third, "newPersistenceType": "PERSIST"},
            "cancelOrders": {"betId": int(third), "sizeReduction": "1"},
        }
        for name, edit in edits.items():
            self.ask(name, marketId=self._market, customerRef=name, instructions=[edit])

    def _ask_about_bets(self) -> None:
        prices = {"priceData": ["EX_ALL_OFFERS", "EX_TRADED", "SP_AVAILABLE", "SP_TRADED"]}
        own = {"orderProjection": "ALL", "matchProjection": "NO_ROLLUP"}
        self.ask("listMarketBook", marketIds=[self._market], priceProjection=prices, **own)
        self.ask("listRunnerBook", marketId=self._market, selectionId=self._selection)
        self.ask("listCurrentOrders")
        self.ask("listClearedOrders", betStatus="CANCELLED")
        self.ask("listMarketProfitAndLoss", marketIds=[self._market])
        self.ask("heartbeat", "heartbeat", preferredTimeoutSeconds="10")
        self.ask("getAccountFunds", "account")
        self.ask("getAccountDetails", "account")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Somebody who has asked everything."""
    programme = Programme(seed=1, day=ANY_DAY, races=1, greyhounds=0, football=1, tennis=0)
    with running(tmp_path_factory.mktemp("sandbox"), GeneratedFeed(programme, begins=NOW_MS)) as opened:
        yield Asked(opened.logged_in())


@pytest.mark.parametrize(
    "name",
    [
        "listEventTypes",
        "listCompetitions",
        "listEvents",
        "listMarketTypes",
        "listCountries",
        "listVenues",
        "listTimeRanges",
        "listMarketCatalogue",
        "listMarketBook",
        "listRunnerBook",
        "placeOrders",
        "replaceOrders",
        "updateOrders",
        "cancelOrders",
        "listCurrentOrders",
        "listClearedOrders",
        "listMarketProfitAndLoss",
        "listRaceDetails",
        "heartbeat",
        "getAccountFunds",
        "getAccountDetails",
    ],
)
def test_an_answer_has_the_shape_of_the_recorded_ones(asked: Asked, name: str) -> None:
    """Nothing that was never seen, nothing of another type, and nothing missing that is always there."""
    known = [_shape_of(each) for each in _recorded(name)]
    ours = _shape_of(asked.results[name])
    seen = {path: set().union(*(each.get(path, set()) for each in known)) for each in known for path in each}
    assert known
    assert set(ALSO.get(name, {})) == {path for path in ours if path not in seen}
    assert {} == {path: kinds for path, kinds in ours.items() if path in seen and not kinds <= seen[path]}
    always = {path for path in seen if all(path in each or _parent(path) not in each for each in known)}
    missing = {path for path in always if path not in ours and _parent(path) in ours}
    assert NOT_YET.get(name, set()) == missing - _empty(ours)


def test_a_delayed_app_key_sees_three_prices_and_no_volumes(tmp_path: Path) -> None:
    """And is told that it does."""
    programme = Programme(seed=1, day=ANY_DAY, races=1, greyhounds=0, football=0, tennis=0)
    feed = GeneratedFeed(programme, begins=NOW_MS)
    with running(tmp_path, feed, rules=Rules(book_delay_ms=0)) as opened:
        books = []
        for key, data in ((LIVE_KEY, "EX_ALL_OFFERS"), (DELAYED_KEY, "EX_BEST_OFFERS")):
            client = opened.logged_in(key)
            wanted: dict[str, object] = {"filter": {"marketTypeCodes": ["WIN"]}, "maxResults": 1}
            (market,) = client.call("SportsAPING/v1.0/listMarketCatalogue", wanted)["result"]
            wanted = {
                "marketIds": [market["marketId"]],
                "priceProjection": {"priceData": [data, "EX_TRADED"]},
            }
            books += client.call("SportsAPING/v1.0/listMarketBook", wanted)["result"]
    live, delayed = books
    assert (False, True) == (live["isMarketDataDelayed"], delayed["isMarketDataDelayed"])
    assert max(len(each["ex"]["availableToBack"]) for each in live["runners"]) > 3
    assert 3 == max(len(each["ex"]["availableToBack"]) for each in delayed["runners"])
    assert {0} == {each["totalMatched"] for each in delayed["runners"] if "totalMatched" in each}


def test_the_menu_has_the_shape_of_the_recorded_one(asked: Asked) -> None:
    """At every level of the tree."""
    recorded = json.loads((shared_responses() / "betfair_parser" / "navigation_menu.json").read_text())
    ours = asked.menu()
    assert recorded["type"] == ours["type"]
    kinds = {kind: _keys(recorded, kind) for kind in ("EVENT_TYPE", "GROUP", "EVENT", "RACE", "MARKET")}
    for kind, keys in kinds.items():
        assert _keys(ours, kind) <= keys, kind


def _recorded(name: str) -> list[Any]:
    """Return the recorded results of an operation."""
    pattern = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("catalogue", "catalog")
    folder = shared_responses()
    files = [*(folder / "betfairlightweight").glob(f"{pattern}*.json")]
    files += (folder / "betfair_parser").rglob(f"{pattern}*.json")
    answers = [json.loads(file.read_text()) for file in files]
    return [each["result"] for each in answers if "result" in each]


def _shape_of(value: object) -> Shape:
    """Return all paths in JSON, each with its types; elements of a list are alike."""
    found: Shape = {}
    for path, kind in _paths(value, ""):
        found.setdefault(path, set()).add(kind)
    return found


def _paths(value: object, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            yield path, "object"
            for key, member in value.items():
                yield from _paths(member, f"{path}.{'*' if path.rpartition('.')[2] in NAMES else key}")
        case list():
            yield path, "list"
            for member in value:
                yield from _paths(member, f"{path}[]")
        case bool():
            yield path, "true or false"
        case int() | float():
            yield path, "number"
        case _:
            yield path, "nothing" if value is None else "text"


def _parent(path: str) -> str:
    return path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]


def _empty(shape: Shape) -> set[str]:
    """Return the elements of lists that have none."""
    return {f"{path}[]" for path, kinds in shape.items() if "list" in kinds}


def _keys(node: dict[str, Any], kind: str) -> set[str]:
    own = set(node) if node["type"] == kind else set()
    return own.union(*(_keys(child, kind) for child in node.get("children", ())))
