"""
What a non-runner does to the bets on the others.

Matched bets: in a win market the price is reduced by the reduction factor, if that is 2.5 % or more. In a
place market the winnings are, whatever the factor. In an each-way market the win price is, and the place part
follows from it. Several non-runners reduce one after another, never below 1.01. Bets struck in play are not
reduced. In greyhound racing earlier bets are void instead.

Unmatched bets: `after_removal` says what becomes of an order, for the matching engine.

Source: Betfair Exchange Rules & Regulations, horse racing, "Betfair Non-Runner Rule"; Betfair support,
"How do reduction factors work on place markets?"; the rules for starting price and "keep" bets. With the
examples in docs/explanation/settlement.md.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from betflow.exchange.assumptions import (
    Assumptions,
    EachWayThreshold,
    KeepLayPrice,
    ReducedPriceRounding,
    RemovalEffect,
)
from betflow.exchange.bets import BetError, MatchedBet
from betflow.exchange.money import round_reduced_price, round_starting_price_liability
from betflow.exchange.prices import Ladder
from betflow.exchange.results import GREYHOUNDS, MarketKind, MarketResult
from betflow.wire.enums import PersistenceType, Side

LOWEST_PRICE: Final = Fraction(101, 100)
_WIN_THRESHOLD: Final = Decimal("2.5")
_PLACE_CANCEL_THRESHOLD: Final = Decimal("4.0")
"""From here on unmatched lays are cancelled in a place market; elsewhere from the win threshold on."""
_REDUCIBLE: Final = frozenset({MarketKind.WIN, MarketKind.PLACE, MarketKind.EACH_WAY})


class OrderEffect(StrEnum):
    """What a non-runner does to an unmatched order on another runner."""

    STANDS = "STANDS"
    CANCELLED = "CANCELLED"
    REDUCED = "REDUCED"
    """It stays, at a lower price."""
    TO_STARTING_PRICE = "TO_STARTING_PRICE"
    """Its liability goes to the starting price at once; it can no longer be cancelled."""


@dataclass(frozen=True, slots=True)
class OrderAfterRemoval:
    """What became of an unmatched order, and the price that it stands at now."""

    effect: OrderEffect
    price: Decimal


def removal_effect(result: MarketResult, assumptions: Assumptions) -> RemovalEffect:
    """Return what a removal does to matched bets on the other runners of a market."""
    if result.event_type_id == GREYHOUNDS:
        return assumptions.greyhound_removal
    if result.kind not in _REDUCIBLE:
        return RemovalEffect.NONE
    return assumptions.voidable_removal if result.runners_voidable else RemovalEffect.REDUCE


def is_reduced_by(kind: MarketKind, factor: Decimal, assumptions: Assumptions) -> bool:
    """Say whether a non-runner with this factor, in per cent, reduces the prices of a market of this kind."""
    if kind not in _REDUCIBLE or factor <= 0:
        return False
    has_threshold = kind is MarketKind.WIN or (
        kind is MarketKind.EACH_WAY and assumptions.each_way_threshold is EachWayThreshold.AS_WIN
    )
    return factor >= _WIN_THRESHOLD or not has_threshold


def reduce_price(price: Fraction, kind: MarketKind, factor: Decimal) -> Fraction:
    """
    Return a price less one reduction factor, exact, not below 1.01; thresholds are not looked at.

    Args:
        price: The price; in an each-way market the win price.
        kind: A place market reduces the winnings, the others the whole price.
        factor: In per cent.
    """
    kept = max(Fraction(0), 1 - Fraction(factor) / 100)
    reduced = 1 + (price - 1) * kept if kind is MarketKind.PLACE else price * kept
    return min(price, max(LOWEST_PRICE, reduced))


def settled_price(bet: MatchedBet, result: MarketResult, assumptions: Assumptions) -> Fraction:
    """Return the price that a matched bet is settled at: its own, less what came after it was matched."""
    price = Fraction(bet.price)
    if bet.in_play or removal_effect(result, assumptions) is not RemovalEffect.REDUCE:
        return price
    rounding, is_changed = assumptions.reduced_price_rounding, False
    for removal in result.removals:
        if bet.matched_at < removal.removed_at and is_reduced_by(result.kind, removal.factor, assumptions):
            price, is_changed = reduce_price(price, result.kind, removal.factor), True
            if rounding is ReducedPriceRounding.EACH_REMOVAL:
                price = Fraction(round_reduced_price(price))
    if is_changed and rounding is ReducedPriceRounding.ONCE:
        price = Fraction(round_reduced_price(price))
    return price


def is_voided_by_removal(bet: MatchedBet, result: MarketResult, assumptions: Assumptions) -> bool:
    """Say whether a bet is void because another runner was removed after it was matched."""
    if removal_effect(result, assumptions) is not RemovalEffect.VOID_EARLIER:
        return False
    return any(bet.matched_at < removal.removed_at for removal in result.removals)


def after_removal(
    *,
    side: Side,
    persistence: PersistenceType,
    price: Decimal,
    factor: Decimal,
    result: MarketResult,
    ladder: Ladder,
    assumptions: Assumptions,
) -> OrderAfterRemoval:
    """
    Return what becomes of an unmatched LIMIT order on another runner when a runner is removed.

    Offers to back stand. Offers to lay are cancelled from 2.5 % on, in place markets from 4 % on; one that
    takes the starting price goes there instead, and one that is kept stays at its reduced price. Where a
    removal voids earlier bets, all unmatched orders are cancelled.

    Args:
        side: The order's side.
        persistence: What it does at the turn in play.
        price: Its price.
        factor: The removed runner's reduction factor in per cent.
        result: The market's terms.
        ladder: The market's ladder.
        assumptions: What decides where the rules do not.
    """
    effect = removal_effect(result, assumptions)
    if effect is RemovalEffect.VOID_EARLIER:
        return OrderAfterRemoval(OrderEffect.CANCELLED, price)
    is_reduced = is_reduced_by(result.kind, factor, assumptions)
    if effect is RemovalEffect.NONE or side is Side.BACK or not is_reduced:
        return OrderAfterRemoval(OrderEffect.STANDS, price)
    threshold = _PLACE_CANCEL_THRESHOLD if result.kind is MarketKind.PLACE else _WIN_THRESHOLD
    if persistence is PersistenceType.PERSIST:
        reduced = round_reduced_price(reduce_price(Fraction(price), result.kind, factor))
        on_ladder = assumptions.keep_lay_price is KeepLayPrice.ON_LADDER
        return OrderAfterRemoval(OrderEffect.REDUCED, ladder.at_or_below(reduced) if on_ladder else reduced)
    if factor < threshold:
        return OrderAfterRemoval(OrderEffect.STANDS, price)
    if persistence is PersistenceType.MARKET_ON_CLOSE:
        return OrderAfterRemoval(OrderEffect.TO_STARTING_PRICE, price)
    return OrderAfterRemoval(OrderEffect.CANCELLED, price)


def reduced_starting_price_liability(
    liability: Decimal, kind: MarketKind, *, factor: Decimal, own_factor: Decimal
) -> Decimal:
    """
    Return the liability of a lay at the starting price after a runner was removed; backs never change.

    In a win market it keeps 1 - factor / (100 % - own factor), so that the stake that balances it stays the
    same; in a place market 1 - factor.

    Args:
        liability: Before.
        kind: The market's.
        factor: The removed runner's reduction factor in per cent.
        own_factor: That of the runner laid, before the removal.

    Raises:
        BetError: if the runner laid has a factor of 100 % or more.
    """
    if own_factor >= 100:  # noqa: PLR2004 - per cent
        raise BetError(f"a runner with the reduction factor {own_factor} % leaves nothing to remove.")
    base = Fraction(100) if kind is MarketKind.PLACE else 100 - Fraction(own_factor)
    kept = min(Fraction(1), max(Fraction(0), 1 - Fraction(factor) / base))
    return round_starting_price_liability(Fraction(liability) * kept)
