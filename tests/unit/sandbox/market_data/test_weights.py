"""What calls weigh: the table and the examples of "Market Data Request Limits"."""

from typing import Any

import msgspec
import pytest

from betflow.sandbox.market_data import book_weight, catalogue_weight
from betflow.wire.book import PriceProjection
from betflow.wire.enums import MarketProjection


@pytest.mark.parametrize(
    ("weight", "data"),
    [
        (2, []),
        (3, ["SP_AVAILABLE"]),
        (7, ["SP_TRADED"]),
        (5, ["EX_BEST_OFFERS"]),
        (17, ["EX_ALL_OFFERS"]),
        (17, ["EX_TRADED"]),
        (20, ["EX_BEST_OFFERS", "EX_TRADED"]),
        (32, ["EX_ALL_OFFERS", "EX_TRADED"]),
        (10, ["SP_AVAILABLE", "SP_TRADED"]),
        (23, ["EX_BEST_OFFERS", "EX_TRADED", "SP_AVAILABLE"]),
        (17, ["EX_BEST_OFFERS", "EX_ALL_OFFERS"]),
    ],
)
def test_what_prices_weigh(weight: int, data: list[str]) -> None:
    """Each kind of price has a weight; offers and volumes together weigh two less than apart."""
    assert weight == book_weight(msgspec.convert({"priceData": data}, PriceProjection))


@pytest.mark.parametrize(("depth", "weight"), [(3, 5.0), (6, 10.0), (1, 5 / 3), (10, 50 / 3), (99, 50 / 3)])
def test_deeper_offers_weigh_more(depth: int, weight: float) -> None:
    """The weight of the best offers grows with the depth asked for, ten at most."""
    projection: dict[str, Any] = {
        "priceData": ["EX_BEST_OFFERS"],
        "exBestOffersOverrides": {"bestPricesDepth": depth},
    }

    assert weight == book_weight(msgspec.convert(projection, PriceProjection))


def test_no_projection_weighs_two() -> None:
    """A book without prices weighs two."""
    assert 2 == book_weight(None)


def test_what_the_catalogue_weighs() -> None:
    """Description and metadata weigh one each, everything else nothing."""
    assert 0 == catalogue_weight(None)
    assert 2 == catalogue_weight(list(MarketProjection))
    assert 1 == catalogue_weight([MarketProjection.RUNNER_METADATA, MarketProjection.EVENT])
