"""
The starting price: who waits for it, and what it matches.

Source: "Betfair SP", "Additional Information" (minimum sizes); the starting price itself is the recording's.
"""

from decimal import Decimal
from fractions import Fraction
from math import isfinite

from betflow.exchange.assumptions import (
    SmallTakeStartingPrice,
    StartingPriceAtLimit,
    StartingPriceSize,
    TakeStartingPrice,
)
from betflow.exchange.matching.auction import hold_auction
from betflow.exchange.matching.bets import pounds
from betflow.exchange.matching.levels import CASES
from betflow.exchange.matching.market_orders import MarketOrders
from betflow.exchange.matching.orders import Case, EventKind, Order, Rule, amounts_of
from betflow.exchange.matching.steps import Step
from betflow.exchange.money import exact, round_starting_price_size
from betflow.wire.enums import OrderType, PersistenceType, Side


def convert(ours: MarketOrders, order: Order, rule: Rule) -> None:
    """Send what is unmatched of a LIMIT order to the starting price: its stake, or its liability."""
    ours.leave(order)
    order.is_converted = True
    winnings = Fraction(exact(order.price or 0)) - 1
    for case in CASES:
        size = order.remaining[case]
        order.liability[case] = size if order.side is Side.BACK else int(size * winnings)
    ours.tell(EventKind.CONVERTED, rule, order, amounts_of(order.liability))


def reconcile(ours: MarketOrders) -> None:
    """Send what takes the starting price there, and hold the auction with what it is known to have traded."""
    for order in list(ours.open.values()):
        if _takes_starting_price(ours, order):
            convert(ours, order, Rule.RECONCILED)
    hold_auction(ours)


def end_auction(ours: MarketOrders) -> None:
    """Lapse what does not persist, once the message that tells of the auction is over."""
    for order in list(ours.open.values()):
        if not _waits(order) and order.persistence_type is not PersistenceType.PERSIST:
            ours.lapse(order, Rule.RECONCILED)


def match_starting_price(ours: MarketOrders) -> None:
    """Match what waits for the starting price, on the runners whose price is known by now."""
    for order in list(ours.open.values()):
        price = _price(ours, order)
        if price is not None and _waits(order):
            _match(ours, order, price)


def lapse_unpriced(ours: MarketOrders) -> None:
    """End what waited for a starting price that never came."""
    for order in list(ours.open.values()):
        if _waits(order):
            ours.lapse(order, Rule.NO_STARTING_PRICE)


def lay_size(liability: int, bsp: Decimal, choice: StartingPriceSize) -> int:
    """
    Return the backer's stake that a lay's liability covers at the starting price, in pennies.

    Args:
        liability: In pennies.
        bsp: The starting price.
        choice: How it is rounded.
    """
    winnings = Fraction(bsp) - 1
    size = Fraction(liability) / winnings
    if choice is StartingPriceSize.DOWN:
        return int(size)
    nearest = round_starting_price_size(size)
    loses_more = round_starting_price_size(nearest * winnings) > liability
    return nearest - 1 if loses_more and choice is StartingPriceSize.NEAREST_WITHIN else nearest


def _waits(order: Order) -> bool:
    return order.is_on_close or order.is_converted


def _takes_starting_price(ours: MarketOrders, order: Order) -> bool:
    """Say whether a LIMIT order becomes a bet at the starting price."""
    if order.persistence_type is not PersistenceType.MARKET_ON_CLOSE or _waits(order):
        return False
    if ours.assumptions.take_starting_price is TakeStartingPrice.ALL:
        return True
    price = _price(ours, order)
    return price is None or (price - (order.price or 0)) * order.side.sign >= 0


def _price(ours: MarketOrders, order: Order) -> float | None:
    """Return the starting price of an order's runner; None while the recording does not have it."""
    book = ours.market.runner(order.runner)
    return book.starting_price if book is not None else None


def _match(ours: MarketOrders, order: Order, price: float) -> None:
    if not isfinite(price) or price <= 1:
        ours.lapse(order, Rule.NO_STARTING_PRICE)
        return
    bsp = exact(price)
    if order.order_type is OrderType.LIMIT_ON_CLOSE and not _is_within_limit(ours, order, bsp):
        ours.lapse(order, Rule.STARTING_PRICE_LIMIT, price=price)
        return
    amounts = amounts_of([_size(ours, order, case, bsp) for case in CASES])
    for case in CASES:
        order.size[case] += amounts[case] - order.remaining[case]
        order.remaining[case] = amounts[case]
    if not any(amounts):
        ours.lapse(order, Rule.STARTING_PRICE_TOO_SMALL, price=price)
        return
    order.match(amounts)
    facts = (("liability", order.liability[Case.EXPECTED]),)
    doubts = ours.doubts.of_match(ours.market.book)
    ours.record([Step(order, price, amounts, Rule.STARTING_PRICE, facts)], doubts)


def _is_within_limit(ours: MarketOrders, order: Order, bsp: Decimal) -> bool:
    better = (bsp - exact(order.price or 0)) * order.side.sign
    at_limit = ours.assumptions.starting_price_at_limit is StartingPriceAtLimit.MATCHED
    return better > 0 or (better == 0 and at_limit)


def _size(ours: MarketOrders, order: Order, case: Case, bsp: Decimal) -> int:
    """Return how much is matched, in pennies: a back's stake, or what a lay's liability covers."""
    liability = order.liability[case]
    lapses = ours.assumptions.small_take_starting_price is SmallTakeStartingPrice.LAPSES
    least = ours.minimums.size if order.side is Side.BACK else ours.minimums.liability
    if order.is_converted and lapses and pounds(liability) < least:
        order.lapsed[case] += order.remaining[case]
        order.remaining[case] = 0
        return 0
    if order.side is Side.BACK:
        return liability
    return lay_size(liability, bsp, ours.assumptions.starting_price_size)
