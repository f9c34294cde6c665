"""What the sandbox answers, as others read it: betfairlightweight's objects, and recorded requests."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from betfairlightweight import resources

from betflow.exchange.snapshot import json_ready
from betflow.sandbox.market_data import ANSWERS, Markets, navigation_menu
from betflow.wire import operations as wire
from betflow.wire.operations import OPERATIONS, Operation
from sandbox_markets import of_tapes, small_day
from tapes import shared_responses, tape

RESOURCES: Final[dict[Operation[Any, Any], Any]] = {
    wire.LIST_EVENT_TYPES: resources.EventTypeResult,
    wire.LIST_COMPETITIONS: resources.CompetitionResult,
    wire.LIST_TIME_RANGES: resources.TimeRangeResult,
    wire.LIST_EVENTS: resources.EventResult,
    wire.LIST_MARKET_TYPES: resources.MarketTypeResult,
    wire.LIST_COUNTRIES: resources.CountryResult,
    wire.LIST_VENUES: resources.VenueResult,
    wire.LIST_MARKET_CATALOGUE: resources.MarketCatalogue,
    wire.LIST_MARKET_BOOK: resources.MarketBook,
    wire.LIST_RACE_DETAILS: resources.RaceDetails,
}
EVERYTHING: Final = {
    "filter": {},
    "granularity": "DAYS",
    "maxResults": 1000,
    "marketProjection": [
        "COMPETITION", "EVENT", "EVENT_TYPE", "MARKET_START_TIME", "MARKET_DESCRIPTION", "RUNNER_DESCRIPTION",
        "RUNNER_METADATA",
    ],
    "priceProjection": {"priceData": ["EX_ALL_OFFERS", "EX_TRADED", "SP_AVAILABLE", "SP_TRADED"]},
}  # fmt: skip


def answered(markets: Markets, operation: Operation[Any, Any], **parameters: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """Return an answer as a client decodes it from JSON."""
    request = msgspec.convert(parameters, operation.parameters, strict=False)
    answer = json_ready(ANSWERS[operation.method](markets, request))
    decoded: list[Any] = json.loads(json.dumps(answer, allow_nan=False))
    return decoded


@pytest.mark.parametrize("operation", list(RESOURCES), ids=lambda each: each.name)
def test_betfairlightweight_builds_its_objects(operation: Operation[Any, Any]) -> None:
    """Betfairlightweight makes an object of every element of an answer with everything in it."""
    parameters = {**EVERYTHING, "marketIds": list(small_day().books)}

    elements = answered(small_day(), operation, **parameters)

    assert elements
    for element in elements:
        assert RESOURCES[operation](elapsed_time=0.0, **element)


def test_betfairlightweight_builds_settled_books() -> None:
    """A closed market with removed runners is understood: starting prices that are no number come as text."""
    (*_, settled) = of_tapes(tape("1.205822330"))

    (element,) = answered(settled, wire.LIST_MARKET_BOOK, **EVERYTHING, marketIds=["1.205822330"])
    book = resources.MarketBook(elapsed_time=0.0, **element)

    assert "NaN" in {runner.sp.actual_sp for runner in book.runners}
    assert "CLOSED" == book.status


def test_our_own_types_read_every_answer() -> None:
    """What the sandbox encodes, the operation's decoder reads without loss."""
    for operation in RESOURCES:
        elements = answered(small_day(), operation, **EVERYTHING, marketIds=list(small_day().books))
        decoded = operation.decoder.decode(json.dumps(elements))
        assert elements == json_ready(decoded)


def test_fields_of_the_catalogue_are_recorded_ones() -> None:
    """Every field of a catalogue is in a recorded catalogue, with a value of the same kind."""
    recorded: dict[str, set[str]] = {}
    folder = shared_responses()
    for path in (
        folder / "betfairlightweight" / "list_market_catalogue.json",
        *sorted((folder / "betfair_parser" / "betting").glob("list_market_catalog*.json")),
        *sorted(tape("1.197931750").parent.glob("catalogues/*.json")),
    ):
        found = json.loads(path.read_text())
        _kinds(found.get("result", [found]) if isinstance(found, dict) else found, "", recorded)
    ours: dict[str, set[str]] = {}
    _kinds(answered(small_day(), wire.LIST_MARKET_CATALOGUE, **EVERYTHING), "", ours)

    # No market of the recorded catalogues is an each-way market; the interface definition has the field.
    ours.pop("description.eachWayDivisor")
    assert set() == set(ours) - set(recorded)
    assert {} == {name: kinds for name, kinds in ours.items() if not kinds <= recorded[name] | {"NoneType"}}


def _kinds(value: Any, where: str, kinds: dict[str, set[str]]) -> None:  # noqa: ANN401 - JSON
    match value:
        case dict():
            for name, member in value.items():
                _kinds(member, f"{where}.{name}".lstrip("."), kinds)
        case list():
            for member in value:
                _kinds(member, where, kinds)
        case int() | float() if not isinstance(value, bool):
            kinds.setdefault(where, set()).add("number")
        case _:
            kinds.setdefault(where, set()).add(type(value).__name__)


def _requests() -> list[Path]:
    folder = shared_responses() / "betfair_parser_requests" / "betting"
    return sorted(folder.glob("list_*.json"))


def test_recorded_requests_are_answered() -> None:
    """Requests of another client that read markets are understood and answered."""
    count = 0
    for path in _requests():
        request = json.loads(path.read_text())
        operation = OPERATIONS[request["method"]]
        if operation.method not in ANSWERS:
            continue
        parameters = request["params"]
        if "marketIds" in parameters:
            parameters["marketIds"] = list(small_day().books)[: len(parameters["marketIds"])]
        assert answered(small_day(), operation, **parameters)
        count += 1
    assert 4 == count


def test_the_answer_to_horse_racing_is_horse_racing() -> None:
    """Asked for event types by the text "Horse Racing", Betfair once answered with that sport alone."""
    (only,) = answered(small_day(), wire.LIST_EVENT_TYPES, filter={"textQuery": "Horse Racing"})

    assert {"id": "7", "name": "Horse Racing"} == only["eventType"]


def test_the_menu_can_be_encoded() -> None:
    """The navigation menu is plain JSON."""
    assert "ROOT" == json.loads(json.dumps(json_ready(navigation_menu(small_day()))))["name"]
