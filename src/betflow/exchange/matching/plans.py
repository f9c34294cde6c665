"""
How much an arriving order takes of each offer: pure arithmetic, for one case at a time.

Offers are ``(price, pennies available)``, the best for the order first. Prices are exact, so that no average
is off by binary dust.

Source: "placeOrders" (fill or kill, bet targets), with its examples.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from betflow.exchange.money import Rounding, round_target_size
from betflow.wire.enums import BetTargetType, Side

Offers: TypeAlias = Sequence[tuple[Fraction, int]]


def take_up_to(offers: Offers, size: int) -> list[int]:
    """Take what there is, the best price first, until nothing is left to take."""
    taken: list[int] = []
    for _, available in offers:
        amount = min(available, size)
        size -= amount
        taken.append(amount)
    return taken


def fill_or_kill(
    offers: Offers, size: int, *, minimum: int, side: Side, limit: Fraction, on_average: bool
) -> list[int]:
    """
    Take so much that the average price is no worse than the limit, or nothing.

    Args:
        offers: Also those beyond the limit.
        size: What is asked for, in pennies.
        minimum: The least to take; otherwise nothing is. The size, if nothing less will do.
        side: Of the order.
        limit: The worst average price.
        on_average: False where every part has to keep the limit: in line markets.
    """
    taken: list[int] = []
    gained = Fraction()  # how far what is taken is better than the limit, in pennies times price
    left = size
    for price, available in offers:
        better = (price - limit) * side.sign
        amount = min(available, left)
        if better < 0:
            amount = min(amount, int(gained / -better)) if on_average else 0
        gained += amount * better
        left -= amount
        taken.append(amount)
        if not left or (better < 0 and amount < available):
            break
    if size - left < minimum:
        taken = []
    return taken + [0] * (len(offers) - len(taken))


def aim(
    offers: Offers, target: int, *, target_type: BetTargetType, limit: Fraction, rounding: Rounding
) -> tuple[list[int], int]:
    """
    Take what reaches a payout or a backer's profit at the prices that are there.

    Args:
        offers: No worse than the limit.
        target: In pennies.
        target_type: What is aimed at.
        limit: The price for what is not reached.
        rounding: How a size is rounded to pennies.

    Returns:
        What is taken of each offer, and the size that is left at the limit.
    """
    taken: list[int] = []
    left = Fraction(target)
    for price, available in offers:
        each = paid(price, target_type)
        wanted = round_target_size(left / each, rounding)
        amount = min(available, wanted)
        left = Fraction(0) if amount == wanted else left - amount * each
        taken.append(amount)
    return taken, round_target_size(left / paid(limit, target_type), rounding)


def paid(price: Fraction, target_type: BetTargetType) -> Fraction:
    """Return what a stake of 1 pays, or wins."""
    return price if target_type is BetTargetType.PAYOUT else price - 1
