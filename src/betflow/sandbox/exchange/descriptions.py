"""What bets were on, in words: for cleared orders and the account statement."""

from collections.abc import Callable
from typing import TypeAlias

from betflow.exchange.bets import RunnerKey
from betflow.sandbox.listings import Listing
from betflow.wire.positions import ItemDescription
from betflow.wire.stream import MarketDefinition

Describe: TypeAlias = Callable[[str, RunnerKey | None], ItemDescription]
"""Gives the description of a market, and of a runner of it if there is one."""


def described(
    definition: MarketDefinition, listing: Listing | None, runner: RunnerKey | None
) -> ItemDescription:
    """Return what a bet was on; names are there as far as somebody knows them."""
    known = listing.runner(runner.selection_id, float(runner.handicap)) if listing and runner else None
    return ItemDescription(
        event_type_desc=listing.event_type.name if listing else None,
        event_desc=listing.event.name if listing else definition.event_name,
        market_desc=listing.market_name if listing else definition.name,
        market_type=definition.market_type,
        market_start_time=definition.market_time,
        runner_desc=known.runner_name if known else None,
        number_of_winners=definition.number_of_winners,
        each_way_divisor=definition.each_way_divisor,
    )
