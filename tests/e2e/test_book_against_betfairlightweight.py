"""
The book equals betfairlightweight's snapshots, ladder by ladder.

betfairlightweight is another reading of the same documentation, used on live money for years. The one known
difference, the order of runners, is in docs/explanation/differences.md and not compared here.
"""

import bz2
import math
import random
from typing import Any

import msgspec
import pytest
from betfairlightweight.streaming.listener import StreamListener

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.stream import MarketChangeMessage, MarketDefinition, decode
from tapes import tape

NAMES = (
    "1.127236622",
    "1.164917629",
    "1.185781277",
    "1.197931750",
    "1.197931751",
    "1.200806927",
    "1.205822330",
    "1.242971311",
    "BASIC-1.132153978",
    "SELF-1.181223995",
)
MOMENTS = 200


@pytest.mark.parametrize("name", NAMES)
def test_book_equals_the_snapshots_of_betfairlightweight(name: str) -> None:
    """At 200 random messages and the last of each tape, all books equal betfairlightweight's."""
    lines = bz2.decompress(tape(name).read_bytes()).splitlines()
    chosen = random.Random(name).sample(range(len(lines)), min(MOMENTS, len(lines)))  # noqa: S311 - no secret
    moments = {*chosen, len(lines) - 1}
    listener = StreamListener(max_latency=None, lightweight=True)
    # As stream 0 it takes messages whatever subscription they are of.
    listener.register_stream(0, "marketSubscription")
    books = MarketBooks()

    for number, line in enumerate(lines):
        message = decode(line)
        assert isinstance(message, MarketChangeMessage)
        books.apply(message)
        listener.on_data(line)
        if number in moments:
            theirs = {snap["marketId"]: snap for snap in listener.snap()}
            assert set(theirs) == set(books.books)
            for market_id, book in books.books.items():
                assert _theirs(theirs[market_id]) == _ours(book), (
                    f"market {market_id} after line {number + 1}"
                )


def _theirs(snap: dict[str, Any]) -> dict[str, Any]:
    return {
        "publish time": snap["publishTime"],
        "total matched": snap["totalMatched"],
        "definition": msgspec.convert(snap["marketDefinition"], MarketDefinition, strict=False),
        "runners": {
            (runner["selectionId"], runner["handicap"]): {
                "status": runner["status"],
                "last price traded": runner["lastPriceTraded"],
                "total matched": runner["totalMatched"],
                "available to back": _pairs(runner["ex"]["availableToBack"]),
                "available to lay": _pairs(runner["ex"]["availableToLay"]),
                "best back": next(iter(_pairs(runner["ex"]["availableToBack"])), (None,))[0],
                "best lay": next(iter(_pairs(runner["ex"]["availableToLay"])), (None,))[0],
                "traded": _pairs(runner["ex"]["tradedVolume"]),
                "near price": _number(runner["sp"]["nearPrice"]),
                "far price": _number(runner["sp"]["farPrice"]),
                "bsp": _number(runner["sp"]["actualSP"]),
                "back stake taken": sorted(_pairs(runner["sp"]["backStakeTaken"])),
                "lay liability taken": sorted(_pairs(runner["sp"]["layLiabilityTaken"])),
                "adjustment factor": runner["adjustmentFactor"],
                "removal date": runner["removalDate"],
            }
            for runner in snap["runners"]
        },
    }


def _ours(book: MarketBook) -> dict[str, Any]:
    return {
        "publish time": book.publish_time,
        # betfairlightweight has 0 where nothing was published.
        "total matched": book.total_matched or 0,
        "definition": book.definition,
        "runners": {(runner.selection_id, runner.handicap): _our_runner(runner) for runner in book.runners},
    }


def _our_runner(runner: RunnerBook) -> dict[str, Any]:
    definition = runner.definition
    return {
        "status": runner.status,
        "last price traded": runner.last_price_traded,
        "total matched": runner.total_matched or 0,
        "available to back": runner.back_ladder,
        "available to lay": runner.lay_ladder,
        "best back": runner.best_back,
        "best lay": runner.best_lay,
        "traded": runner.traded_ladder,
        "near price": _number(runner.near_price),
        "far price": _number(runner.far_price),
        "bsp": _number(runner.starting_price),
        "back stake taken": sorted(runner.back_stake_taken.items()),
        "lay liability taken": sorted(runner.lay_liability_taken.items()),
        "adjustment factor": definition.adjustment_factor if definition else None,
        "removal date": definition.removal_date if definition else None,
    }


def _pairs(ladder: list[dict[str, float]]) -> list[tuple[float, float]]:
    return [(entry["price"], entry["size"]) for entry in ladder]


def _number(value: float | str | None) -> float | str | None:
    """Return a number that equals itself: betfairlightweight keeps "NaN" as text, and NaN equals nothing."""
    number = float(value) if isinstance(value, str) else value
    return "NaN" if isinstance(number, float) and math.isnan(number) else number
