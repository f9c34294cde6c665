"""
Removed runners: what becomes of our orders on them, and on the others.

The rules and their sources: `betflow.exchange.reductions`.
"""

from decimal import Decimal

from betflow.exchange.assumptions import RemovalEffect
from betflow.exchange.bets import RunnerKey
from betflow.exchange.matching.bets import pounds
from betflow.exchange.matching.levels import CASES
from betflow.exchange.matching.market_orders import MarketOrders
from betflow.exchange.matching.orders import EventKind, Order, Rule, amounts_of
from betflow.exchange.matching.starting_price import convert
from betflow.exchange.money import exact
from betflow.exchange.reductions import (
    OrderEffect,
    after_removal,
    reduced_starting_price_liability,
    removal_effect,
)
from betflow.exchange.results import REMOVED, MarketResult, reduction_factor
from betflow.wire.enums import Side
from betflow.wire.stream import MarketDefinition, RunnerDefinition

_ALL = 100  # per cent


def newly_removed(before: MarketDefinition, now: MarketDefinition) -> list[RunnerDefinition]:
    """Return the runners that this definition removes, in race card order."""
    known = {(runner.id, runner.hc or 0.0) for runner in before.runners or () if runner.status in REMOVED}
    removed = [
        runner
        for runner in now.runners or ()
        if runner.status in REMOVED and (runner.id, runner.hc or 0.0) not in known
    ]
    return sorted(removed, key=lambda runner: runner.sort_priority or 0)


def remove(ours: MarketOrders, runner: RunnerDefinition, before: MarketDefinition) -> None:
    """
    Void and lapse what is on a removed runner; the rest follows the rules for non-runners.

    Args:
        ours: Our orders in the market.
        runner: The runner that is removed.
        before: The definition that still had it; the next one has the others' factors worked out anew.
    """
    removed = RunnerKey(runner.id, exact(runner.hc or 0))
    terms = ours.market.result
    factor = reduction_factor(runner)
    voids_all = removal_effect(terms, ours.assumptions) is RemovalEffect.VOID_EARLIER
    ours.market.removed_at[removed] = ours.market.now
    for order in list(ours.all.values()):
        is_on_removed = order.runner == removed
        if is_on_removed or voids_all:
            ours.void(order, Rule.RUNNER_REMOVED if is_on_removed else Rule.OTHER_RUNNER_REMOVED)
        if order.bet_id not in ours.open:
            continue
        if is_on_removed:
            ours.lapse(order, Rule.RUNNER_REMOVED)
        elif order.is_on_close or order.is_converted:
            _reduce_liability(ours, order, factor, terms, before)
        else:
            _reduce(ours, order, factor, terms)


def _reduce(ours: MarketOrders, order: Order, factor: Decimal, terms: MarketResult) -> None:
    after = after_removal(
        side=order.side,
        persistence=order.persistence_type,
        price=exact(order.price or 0),
        factor=factor,
        result=terms,
        ladder=ours.market.ladder,
        assumptions=ours.assumptions,
    )
    match after.effect:
        case OrderEffect.CANCELLED:
            ours.lapse(order, Rule.OTHER_RUNNER_REMOVED)
        case OrderEffect.TO_STARTING_PRICE:
            convert(ours, order, Rule.OTHER_RUNNER_REMOVED)
        case OrderEffect.REDUCED:
            ours.leave(order)
            order.price = float(after.price)
            book = ours.market.runner(order.runner)
            if book is not None:
                ours.rest(order, book)
            ours.tell(EventKind.REDUCED, Rule.OTHER_RUNNER_REMOVED, order, price=order.price)
        case OrderEffect.STANDS:
            pass


def _reduce_liability(
    ours: MarketOrders, order: Order, factor: Decimal, terms: MarketResult, before: MarketDefinition
) -> None:
    """Reduce what a lay at the starting price may lose; backs do not change."""
    is_reduced = removal_effect(terms, ours.assumptions) is RemovalEffect.REDUCE
    if order.side is Side.BACK or not is_reduced:
        return
    own = _factor_of(order.runner, before)
    if own >= _ALL:  # nothing would be left to reduce
        return
    for case in CASES:
        liability = pounds(order.liability[case])
        left = reduced_starting_price_liability(liability, terms.kind, factor=factor, own_factor=own)
        order.liability[case] = int(left * 100)
    ours.tell(EventKind.REDUCED, Rule.OTHER_RUNNER_REMOVED, order, amounts_of(order.liability))


def _factor_of(key: RunnerKey, definition: MarketDefinition) -> Decimal:
    """Return a runner's reduction factor in per cent; 0 where there is none."""
    for runner in definition.runners or ():
        if runner.id == key.selection_id and exact(runner.hc or 0) == key.handicap:
            return reduction_factor(runner)
    return Decimal(0)
