"""The navigation menu, and how races stand."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from betflow.sandbox.feed.generated import ANY_DAY, GeneratedFeed
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.market_data import Markets, navigation_menu
from betflow.sandbox.market_data.filters import fitting
from betflow.sandbox.market_data.races import list_race_details
from betflow.wire.catalogue import MarketFilter
from betflow.wire.navigation import NavigationNode
from betflow.wire.races import ListRaceDetails
from sandbox_markets import BEGINS, moments, of_tapes, small_day
from tapes import shared_responses, tape


def test_every_market_is_in_the_menu_once() -> None:
    """The markets below the root are those of the catalogue."""
    in_menu = [node.id for node in navigation_menu(small_day()).walk() if node.type == "MARKET"]

    assert sorted(market.listing.market_id for market in fitting(small_day(), MarketFilter())) == sorted(
        str(each) for each in in_menu
    )


def test_todays_races_are_races() -> None:
    """Below a racing sport today's races stand by their start, each with its win market first."""
    (horses,) = (each for each in navigation_menu(small_day()).children if each.id == "7")

    assert ["RACE"] * 3 == [race.type for race in horses.children]
    assert all(one.start_time <= other.start_time for one, other in pairwise(horses.children))  # type: ignore[operator]  # races have one
    assert ["WIN", "PLACE", "EACH_WAY"] == [market.market_type for market in horses.children[0].children]
    assert str(horses.children[0].id).endswith(".1209")


def test_matches_stand_below_their_competition() -> None:
    """Football is grouped by competition and event; handicap markets have no number of winners."""
    (football,) = (each for each in navigation_menu(small_day()).children if each.id == "1")
    (group,) = football.children
    (event,) = group.children

    assert ("GROUP", "EVENT") == (group.type, event.type)
    assert "" == next(each for each in event.children if each.name == "Asian Handicap").number_of_winners


def test_races_of_other_days_stand_by_country() -> None:
    """A meeting that is not today's is an event in the group of its country."""
    first = next(of_tapes(tape("1.205822330")))

    (horses,) = navigation_menu(first).children
    (group,) = horses.children

    assert ("GROUP", "AUS") == (group.type, group.name)
    assert ["EVENT"] == [each.type for each in group.children]


def test_nodes_have_the_fields_of_recorded_ones() -> None:
    """Nodes of each type have all that recorded ones always have, and nothing that those never have."""
    path = shared_responses() / "betfair_parser" / "navigation_menu.json"
    always: dict[str, set[str]] = {}
    ever: dict[str, set[str]] = {}
    for node in _nodes(json.loads(path.read_text())):
        always[node["type"]] = always.get(node["type"], set(node)) & set(node)
        ever.setdefault(node["type"], set()).update(node)

    for node in _nodes(msgspec.to_builtins(navigation_menu(small_day()))):
        assert always[node["type"]] <= set(node) <= ever[node["type"]]


def _nodes(node: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return [node, *(below for child in node.get("children", ()) for below in _nodes(child))]


def test_the_menu_is_understood_by_our_own_type() -> None:
    """Encoded and decoded again, the menu is the same."""
    menu = navigation_menu(small_day())

    again = msgspec.json.decode(msgspec.json.encode(menu), type=NavigationNode)

    assert msgspec.json.encode(menu) == msgspec.json.encode(again)


def test_a_menu_without_markets_has_no_children() -> None:
    """When there is no market, the root has an empty list of children, which others need to be there."""
    menu = navigation_menu(replace(small_day(), books={}))

    assert {"type": "GROUP", "name": "ROOT", "id": 0, "children": []} == msgspec.to_builtins(menu)


def states(**counts: int) -> list[str]:
    """Return how a race stands one after the other, until it is over."""
    feed = GeneratedFeed(
        Programme(5, ANY_DAY, **({"races": 0, "greyhounds": 0, "football": 0, "tennis": 0} | counts)),
        begins=BEGINS,
        first_off=15 * 60_000,
    )
    found: dict[str, None] = {}
    for markets in moments(feed, BEGINS + 10**9):
        for race in list_race_details(markets, ListRaceDetails()):
            found.setdefault(str(race.race_status))
    feed.close()
    return list(found)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "races",
            ["DORMANT", "PARADING", "GOINGDOWN", "GOINGBEHIND", "ATTHEPOST", "OFF", "FINISHED", "WEIGHEDIN"],
        ),
        ("greyhounds", ["DORMANT", "PARADING", "APPROACHING", "GOINGINTRAPS", "HARERUNNING", "FINALRESULT"]),
    ],
)
def test_a_race_takes_its_course(kind: str, expected: list[str]) -> None:
    """From hours before the off to the result, a race goes through its states in order."""
    assert expected == states(**{kind: 1})


def some_details(markets: Markets, **parameters: list[str]) -> list[tuple[str | None, str | None]]:
    """Return race ids and response codes."""
    request = msgspec.convert(parameters, ListRaceDetails)
    return [(each.race_id, each.response_code) for each in list_race_details(markets, request)]


def test_races_can_be_asked_for_by_meeting_and_by_race() -> None:
    """A meeting has all its races, a race is by itself, and an unknown one has no live data."""
    everything = some_details(small_day())
    meeting = str(everything[-1][0]).partition(".")[0]

    assert 4 == len(everything)
    assert [each for each in everything if str(each[0]).startswith(meeting)] == some_details(
        small_day(), meetingIds=[meeting]
    )
    assert everything[:1] == some_details(small_day(), raceIds=[str(everything[0][0])])
    assert [("1.1200", "NO_LIVE_DATA_AVAILABLE")] == some_details(small_day(), raceIds=["1.1200"])


def test_australian_races_have_no_details() -> None:
    """Only races in the UK, Ireland and South Africa are known."""
    first = next(of_tapes(tape("1.205822330")))

    assert [] == some_details(first)
