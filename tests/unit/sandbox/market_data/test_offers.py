"""Best offers, rolled up."""

from typing import Any

import msgspec
import pytest

from betflow.sandbox.market_data.offers import best_offers
from betflow.wire.book import PriceProjection

LADDER = [(3.0, 0.4), (2.9, 0.8), (2.8, 5.0), (2.7, 0.5)]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, [(2.9, 1.2), (2.8, 5.0)]),
        ({"rollupModel": "STAKE", "rollupLimit": 6}, [(2.8, 6.2)]),
        ({"rollupLimit": 6}, [(2.9, 1.2), (2.8, 5.0)]),
        ({"rollupModel": "PAYOUT", "rollupLimit": 2}, [(2.9, 1.2), (2.8, 5.0)]),
        ({"rollupModel": "PAYOUT", "rollupLimit": 1}, [(3.0, 0.4), (2.9, 0.8), (2.8, 5.0)]),
        ({"rollupModel": "NONE"}, [(2.8, 5.0)]),
        ({"bestPricesDepth": 1}, [(2.9, 1.2)]),
        (
            {
                "rollupModel": "MANAGED_LIABILITY",
                "rollupLimit": 1,
                "rollupLiabilityThreshold": 2.9,
                "rollupLiabilityFactor": 2,
            },
            [(2.9, 1.2), (2.8, 5.0)],
        ),
        (
            {
                "rollupModel": "MANAGED_LIABILITY",
                "rollupLimit": 1,
                "rollupLiabilityThreshold": 2.0,
                "rollupLiabilityFactor": 3,
            },
            [(2.8, 6.2)],
        ),
    ],
)
def test_small_sizes_are_rolled_up(overrides: dict[str, Any], expected: list[tuple[float, float]]) -> None:
    """Sizes are added to the next worse price until they are enough: a stake, a payout, or a liability."""
    projection = msgspec.convert({"exBestOffersOverrides": overrides}, PriceProjection)

    assert expected == [(each.price, each.size) for each in best_offers(LADDER, projection)]
