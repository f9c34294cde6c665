"""
Orders and matches of whoever asks, in a market book.

Source: "listMarketBook"; "Betting Enums" (OrderProjection, MatchProjection); recorded answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from msgspec.structs import replace

from betflow.exchange.times import epoch_ms
from betflow.exchange.volumes import hundredths
from betflow.sandbox.exchange.own_bets import AccountOrder
from betflow.sandbox.exchange.ranges import span
from betflow.sandbox.market_data.markets import Markets
from betflow.wire.book import ListMarketBook, ListRunnerBook, Match, Matches, Runner
from betflow.wire.catalogue import TimeRange
from betflow.wire.enums import MatchProjection, OrderProjection, OrderStatus

_EVERYBODYS: Final = ""
"""Where the matches of orders without a strategy stand."""

RunnerKey: TypeAlias = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Orders:
    """
    What is to be shown of orders on a market.

    Attributes:
        orders: By runner; None where they are not asked for.
        matches: Those that matches are taken from; None where they are not asked for.
        by_strategy: Likewise, where matches are asked for by strategy.
        projection: How matches are put together.
    """

    orders: Sequence[AccountOrder] | None
    matches: Sequence[AccountOrder] | None
    by_strategy: Sequence[AccountOrder] | None
    projection: MatchProjection


def orders_of(markets: Markets, market_id: str, parameters: ListMarketBook | ListRunnerBook) -> Orders | None:
    """Return what is to be shown of the orders on a market; None where nothing is asked for."""
    wants_orders = parameters.order_projection is not None
    wants_matches = parameters.match_projection is not None
    if not (wants_orders or wants_matches):
        return None
    all_orders = [each for each in markets.orders(market_id) if not _is_left_out(each, parameters)]
    of_strategies = [each for each in all_orders if _is_of(each, parameters.customer_strategy_refs)]
    wants_overall = parameters.include_overall_position is not False
    return Orders(
        orders=[each for each in of_strategies if _is_in(each, parameters.order_projection)]
        if wants_orders
        else None,
        matches=all_orders if wants_matches and wants_overall else None,
        by_strategy=of_strategies if wants_matches and parameters.partition_matched_by_strategy_ref else None,
        projection=parameters.match_projection or MatchProjection.NO_ROLLUP,
    )


def with_orders(runner: Runner, shown: Orders | None) -> Runner:
    """Return a runner with the orders and matches on it."""
    if shown is None:
        return runner
    key = runner.selection_id, runner.handicap or 0.0
    orders = tuple(each.order for each in _on(key, shown.orders))
    matches = _rolled_up(_on(key, shown.matches), shown.projection)
    strategies: dict[str, list[AccountOrder]] = {}
    for each in _on(key, shown.by_strategy):
        strategies.setdefault(each.order.customer_strategy_ref or _EVERYBODYS, []).append(each)
    by_strategy = {
        strategy: Matches(matches=matches_of)
        for strategy, of_strategy in strategies.items()
        if (matches_of := _rolled_up(of_strategy, shown.projection))
    }
    return replace(
        runner, orders=orders or None, matches=matches or None, matches_by_strategy=by_strategy or None
    )


def _on(key: RunnerKey, orders: Sequence[AccountOrder] | None) -> list[AccountOrder]:
    return [each for each in orders or () if (each.selection_id, each.handicap) == key]


def _is_of(order: AccountOrder, strategies: Sequence[str] | None) -> bool:
    return not strategies or (order.order.customer_strategy_ref or _EVERYBODYS) in strategies


def _is_in(order: AccountOrder, projection: OrderProjection | None) -> bool:
    match projection:
        case OrderProjection.EXECUTABLE:
            return order.order.status == OrderStatus.EXECUTABLE
        case OrderProjection.EXECUTION_COMPLETE:
            return order.order.status == OrderStatus.EXECUTION_COMPLETE
    return True


def _is_left_out(order: AccountOrder, parameters: ListMarketBook | ListRunnerBook) -> bool:
    """Say whether an order is none of those asked for by bet id, or had nothing matched since."""
    if parameters.bet_ids and order.order.bet_id not in parameters.bet_ids:
        return True
    if parameters.matched_since is None:
        return False
    since, _ = span(TimeRange(from_=parameters.matched_since))
    is_open = order.order.status == OrderStatus.EXECUTABLE
    return not is_open and not any(
        epoch_ms(each.match_date or "1970-01-01") >= since for each in order.matches
    )


def _rolled_up(orders: Iterable[AccountOrder], projection: MatchProjection) -> tuple[Match, ...]:
    """Return the matches of orders: each, or added up by price, or all at their average price."""
    matches = [match for each in orders for match in each.matches]
    if projection is MatchProjection.NO_ROLLUP:
        return tuple(matches)
    sides: dict[tuple[str, float], list[Match]] = {}
    for match in matches:
        price = match.price if projection is MatchProjection.ROLLED_UP_BY_PRICE else 0.0
        sides.setdefault((match.side or "", price), []).append(match)
    return tuple(_together(side, matched) for (side, _), matched in sides.items())


def _together(side: str, matches: Sequence[Match]) -> Match:
    size = sum(hundredths(match.size) for match in matches)
    average = sum(match.price * hundredths(match.size) for match in matches) / size if size else 0.0
    is_one_price = len({match.price for match in matches}) == 1
    return Match(side=side, price=matches[0].price if is_one_price else average, size=size / 100)
