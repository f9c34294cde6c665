"""
Active matching: what an order takes as it arrives, of what is displayed and of our own orders.

The best price comes first. What was taken stays taken, see `betflow.exchange.matching.levels`.
"""

from dataclasses import dataclass
from fractions import Fraction

from betflow.exchange.assumptions import Assumptions, OwnOrders
from betflow.exchange.matching.levels import CASES, BookSide
from betflow.exchange.matching.orders import NOTHING, Amounts, Case, Order, Rule, amounts_of, less
from betflow.exchange.matching.plans import Offers, aim, fill_or_kill, take_up_to
from betflow.exchange.matching.showing import displayed, pennies
from betflow.exchange.matching.steps import Step, step_of
from betflow.exchange.money import exact
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import Side, TimeInForce


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What can be taken at a price.

    Attributes:
        price: The price.
        shown: What is displayed there, in pennies.
        displayed: What is left of it to take, case by case.
        own: What our own orders on the other side offer there.
    """

    price: float
    shown: int
    displayed: Amounts
    own: Amounts

    @property
    def has_any(self) -> bool:
        """Whether there is anything to take, in any of the cases."""
        return any(self.displayed) or any(self.own)


def offers_to(
    order: Order, side: BookSide, runner: RunnerBook, assumptions: Assumptions, *, beyond_limit: bool = False
) -> list[Offer]:
    """
    Return what an order can take, the best first.

    Args:
        order: The order.
        side: The side of the book that it takes from.
        runner: The runner's book.
        assumptions: Whether it takes from our own orders.
        beyond_limit: Whether prices worse than its limit count too.
    """
    has_own = assumptions.own_orders is OwnOrders.MATCHED
    sizes = displayed(runner, side.takers)
    prices = set(sizes).union(side.prices if has_own else ())
    limit = order.price
    if limit is not None and not beyond_limit:
        prices = {price for price in prices if not side.is_better(limit, price)}
    return [
        _offer(side, price, pennies(sizes.get(price, 0.0)), has_own=has_own)
        for price in sorted(prices, reverse=side.takers is Side.BACK)
    ]


def take(
    order: Order, side: BookSide, runner: RunnerBook, assumptions: Assumptions, *, is_line: bool
) -> list[Step]:
    """
    Match an order with what is there.

    A FILL_OR_KILL order and one with a bet target get their size here, in each case.

    Args:
        order: The order.
        side: The side of the book that it takes from.
        runner: The runner's book.
        assumptions: What decides where the rules do not.
        is_line: Whether the market is about a number, at odds of 2.
    """
    kills = order.time_in_force is TimeInForce.FILL_OR_KILL
    offers = offers_to(order, side, runner, assumptions, beyond_limit=kills and not is_line)
    if not offers and order.bet_target_type is None:
        return []
    plans: list[list[int]] = []
    for case in CASES:
        available = [
            (Fraction(exact(offer.price)), offer.displayed[case] + offer.own[case]) for offer in offers
        ]
        plans.append(_plan(order, case, available, assumptions, is_line=is_line))
    steps: list[Step] = []
    for offer, worst, expected, best in zip(offers, *plans, strict=True):
        if worst or expected or best:
            steps += _take_one(order, side, offer, (worst, expected, best))
    return steps


def _take_one(order: Order, side: BookSide, offer: Offer, amounts: Amounts) -> list[Step]:
    """Take from what is displayed first, then from our own orders at the same price."""
    of_displayed = (
        min(amounts[0], offer.displayed[0]),
        min(amounts[1], offer.displayed[1]),
        min(amounts[2], offer.displayed[2]),
    )
    of_own = less(amounts, of_displayed)
    steps: list[Step] = []
    if any(of_displayed):
        side.level(offer.price, offer.shown).take(of_displayed)
        order.match(of_displayed)
        taken_before = offer.shown - offer.displayed[Case.EXPECTED]
        facts = (("displayed", offer.shown), ("taken before", taken_before))
        steps.append(Step(order, offer.price, of_displayed, Rule.BEST_PRICE, facts))
    if any(of_own):
        for matched in side.levels[offer.price].match(list(of_own)):
            order.match(matched.amounts)
            facts_of_taker = (("order", matched.order.bet_id),)
            steps.append(Step(order, offer.price, matched.amounts, Rule.OWN_ORDER, facts_of_taker))
            steps.append(step_of(matched, Rule.OWN_ORDER, (("order", order.bet_id),)))
    return steps


def _plan(order: Order, case: Case, offers: Offers, assumptions: Assumptions, *, is_line: bool) -> list[int]:
    """Return what an order takes of each offer in one case; a bet target decides its size as well."""
    limit = Fraction(exact(order.price or 0))
    kills = order.time_in_force is TimeInForce.FILL_OR_KILL
    if order.bet_target_type is not None:
        within = [(price, size) for price, size in offers if (price - limit) * order.side.sign >= 0]
        taken, rest = aim(
            within,
            order.bet_target_size,
            target_type=order.bet_target_type,
            limit=limit,
            rounding=assumptions.target_size_rounding,
        )
        order.size[case] = order.remaining[case] = sum(taken) + rest
        if kills and sum(taken) < (order.min_fill_size or order.size[case]):
            taken = []
        return taken + [0] * (len(offers) - len(taken))
    size = order.remaining[case]
    if kills:
        minimum = order.min_fill_size or size
        return fill_or_kill(
            offers, size, minimum=minimum, side=order.side, limit=limit, on_average=not is_line
        )
    return take_up_to(offers, size)


def _offer(side: BookSide, price: float, shown: int, *, has_own: bool) -> Offer:
    level = side.levels.get(price)
    if level is None:
        return Offer(price, shown, (shown, shown, shown), NOTHING)
    left = level.left_of(shown)
    if not has_own:
        return Offer(price, shown, left, NOTHING)
    own = [sum(each.order.remaining[case] for each in level.resting.values()) for case in CASES]
    return Offer(price, shown, left, amounts_of(own))
