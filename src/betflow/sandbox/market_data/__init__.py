"""
The answers that only read markets: what there is, how it stands, what it is called, what became of it.

Pure functions from `Markets` and the parameters of an operation to its answer; what Betfair would refuse
raises `ServiceRefusal`. `ANSWERS` has them by method. `Past` remembers what books forget, and has to hear
every change.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from betflow.sandbox.exchange.own_bets import AccountOrder
from betflow.sandbox.market_data.books import list_market_book, list_runner_book
from betflow.sandbox.market_data.catalogue import list_market_catalogue
from betflow.sandbox.market_data.counts import (
    list_competitions,
    list_countries,
    list_event_types,
    list_events,
    list_market_types,
    list_time_ranges,
    list_venues,
)
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.sandbox.market_data.navigation import navigation_menu
from betflow.sandbox.market_data.past import Past
from betflow.sandbox.market_data.races import list_race_details
from betflow.sandbox.market_data.starting_prices import starting_prices_csv
from betflow.sandbox.market_data.weights import book_weight, catalogue_weight
from betflow.wire import operations as wire

__all__ = [
    "ANSWERS",
    "AccountOrder",
    "Market",
    "Markets",
    "Past",
    "book_weight",
    "catalogue_weight",
    "navigation_menu",
    "starting_prices_csv",
]

ANSWERS: Final[Mapping[str, Callable[[Markets, Any], object]]] = {
    wire.LIST_EVENT_TYPES.method: list_event_types,
    wire.LIST_COMPETITIONS.method: list_competitions,
    wire.LIST_TIME_RANGES.method: list_time_ranges,
    wire.LIST_EVENTS.method: list_events,
    wire.LIST_MARKET_TYPES.method: list_market_types,
    wire.LIST_COUNTRIES.method: list_countries,
    wire.LIST_VENUES.method: list_venues,
    wire.LIST_MARKET_CATALOGUE.method: list_market_catalogue,
    wire.LIST_MARKET_BOOK.method: list_market_book,
    wire.LIST_RUNNER_BOOK.method: list_runner_book,
    wire.LIST_RACE_DETAILS.method: list_race_details,
}
"""Every operation that only reads markets, by its method."""
