"""The CSV files of starting prices."""

import csv
from functools import cache

import pytest

from betflow.sandbox.feed.generated import ANY_DAY, GeneratedFeed
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.market_data import Markets, starting_prices_csv
from sandbox_markets import BEGINS, moments


@cache
def settled() -> Markets:
    """Return the markets of a horse race after its result."""
    feed = GeneratedFeed(Programme(5, ANY_DAY, races=1, greyhounds=0, football=0, tennis=0), begins=BEGINS)
    (*_, markets) = moments(feed, BEGINS + 10**9)
    feed.close()
    return markets


def rows(kind: str = "win") -> list[dict[str, str]]:
    """Return the rows of the day's file."""
    content = starting_prices_csv(settled(), f"dwbfprices{region()}{kind}02112026.csv")
    assert content is not None
    return list(csv.DictReader(content.splitlines()))


def region() -> str:
    """Return the part of the file's name that says where the race is."""
    market = next(settled().market(each) for each in settled().books)
    assert market is not None
    return {"GB": "uk", "IE": "ire"}[str(market.listing.event.country_code)]


def test_each_runner_has_its_starting_price_and_result() -> None:
    """There is a row for each runner that ran, with the starting price of the definition; one won."""
    market = next(each for each in map(settled().market, settled().books) if each is not None)
    prices = {
        str(runner.id): runner.bsp for runner in market.definition.runners or () if runner.status != "REMOVED"
    }

    assert prices == {row["SELECTION_ID"]: float(row["BSP"]) for row in rows()}
    assert 1 == sum(row["WIN_LOSE"] == "1" for row in rows())
    assert "02-11-2026 12:04" == rows()[0]["EVENT_DT"]


def test_prices_before_the_off_are_between_their_ends() -> None:
    """The average price before the off lies between the lowest and the highest, and there is volume."""
    for row in rows():
        assert float(row["PPMIN"]) <= float(row["PPWAP"]) <= float(row["PPMAX"])
        assert 0 < float(row["PPTRADEDVOL"])


def test_the_winner_was_traded_short_in_play() -> None:
    """In play the winner was traded lower than ever before the off."""
    (winner,) = (row for row in rows() if row["WIN_LOSE"] == "1")

    assert float(winner["IPMIN"]) < float(winner["PPMIN"])


def test_the_place_file_has_several_winners() -> None:
    """Each that was placed has won its place market."""
    market = next(
        each
        for each in map(settled().market, settled().books)
        if each and each.definition.market_type == "PLACE"
    )

    assert market.definition.number_of_winners == sum(row["WIN_LOSE"] == "1" for row in rows("place"))


@pytest.mark.parametrize(
    "name",
    [
        "dwbfpricesukwin03112026.csv",
        "dwbfgreyhoundwin02112026.csv",
        "dwbfpricesusawin02112026.csv",
        "other.csv",
    ],
)
def test_there_is_no_file_without_a_settled_race(name: str) -> None:
    """Another day, sport or country has no file, and neither has another name."""
    assert starting_prices_csv(settled(), name) is None
