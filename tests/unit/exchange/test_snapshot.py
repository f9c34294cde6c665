"""Books kept as they stood."""

import json
from decimal import Decimal
from math import inf, isnan, nan

import pytest

from betflow.exchange.book import MarketBook
from betflow.exchange.snapshot import PriceSize, json_ready, snapshot
from changes import MARKET, OFF_MS, change, defined


def _book() -> MarketBook:
    book = MarketBook(MARKET)
    runner = {"id": 1, "sortPriority": 1, "status": "ACTIVE", "name": "1. Sea Poem", "bsp": "NaN"}
    prices = {"atb": [[1.9, 5], [2, 1], [1.8, 9]], "atl": [[2.2, 5], [2.1, 1]], "trd": [[2.1, 8], [2, 4]]}
    numbers = {"ltp": 2.1, "tv": 12, "spn": "Infinity", "spf": 2.5}
    definition = defined(runners=[runner], inPlay=True, betDelay=5, version=7)
    book.apply(change({"id": 1, **prices, **numbers}, marketDefinition=definition, tv=12), OFF_MS)
    return book


def test_snapshot_outlasts_the_book() -> None:
    """What was kept does not change with the book."""
    book = _book()

    kept = snapshot(book)
    book.apply(change({"id": 1, "atb": [[2, 0]]}), OFF_MS + 1)

    assert (MARKET, OFF_MS, "OPEN", True, 5, 7) == (
        kept.market_id,
        kept.publish_time,
        kept.status,
        kept.in_play,
        kept.bet_delay,
        kept.version,
    )
    assert (PriceSize(2, 1), PriceSize(1.9, 5), PriceSize(1.8, 9)) == kept.runners[0].available_to_back


def test_depth_cuts_prices_but_not_volumes() -> None:
    """A depth keeps that many of the best prices on each side, and all traded volume."""
    (runner,) = snapshot(_book(), 1).runners

    assert (PriceSize(2, 1),) == runner.available_to_back
    assert (PriceSize(2.1, 1),) == runner.available_to_lay
    assert (PriceSize(2, 4), PriceSize(2.1, 8)) == runner.traded


def test_depth_of_nothing_keeps_no_prices() -> None:
    """Depth 0 is allowed; a negative depth is refused."""
    assert () == snapshot(_book(), 0).runners[0].available_to_back
    with pytest.raises(ValueError, match="give 0 or more"):
        snapshot(_book(), -1)


def test_snapshot_is_ready_for_json() -> None:
    """As a dictionary it goes through strict JSON and back; what JSON has no number for is text."""
    ready = snapshot(_book()).to_dict()

    assert ready == json.loads(json.dumps(ready, allow_nan=False))
    assert "2026-02-18T14:00:00.000Z" == ready["published"]
    runner = ready["runners"][0]
    assert ("1. Sea Poem", "ACTIVE", 2.1, 12.0) == (
        runner["name"],
        runner["status"],
        runner["last_price_traded"],
        runner["total_matched"],
    )
    assert ("Infinity", 2.5, "NaN") == (runner["near_price"], runner["far_price"], runner["bsp"])
    assert {"price": 2.0, "size": 1.0} == runner["available_to_back"][0]


def test_values_themselves_keep_numbers() -> None:
    """Only JSON has texts for them: the snapshot's own NaN and infinity are numbers."""
    (runner,) = snapshot(_book()).runners

    assert inf == runner.near_price
    assert runner.bsp is not None
    assert isnan(runner.bsp)


def test_book_before_its_definition() -> None:
    """A book that has no definition yet can be kept too."""
    kept = snapshot(MarketBook(MARKET))

    assert (None, False, None, None, ()) == (
        kept.status,
        kept.in_play,
        kept.bet_delay,
        kept.version,
        kept.runners,
    )


def test_exact_numbers_keep_their_text() -> None:
    """A `Decimal` becomes the number with the same digits; NaN and infinities become Betfair's texts."""
    ready = json_ready(
        {"volume": Decimal("123456789.005"), "list": (nan, inf, -inf, 1), "not": Decimal("NaN")}
    )

    assert {"volume": 123456789.005, "list": ["NaN", "Infinity", "-Infinity", 1], "not": "NaN"} == ready
    assert '"volume": 123456789.005' in json.dumps(ready)
