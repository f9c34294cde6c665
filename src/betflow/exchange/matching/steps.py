"""What is matched in one step; who hosts a runner's matching turns it into fills and events."""

from dataclasses import dataclass
from typing import TypeAlias

from betflow.exchange.matching.levels import Matched
from betflow.exchange.matching.orders import Amounts, Order, Rule

Facts: TypeAlias = tuple[tuple[str, int | float | str], ...]
"""The numbers that decided, by name."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    A part of an order that was matched.

    Attributes:
        order: The order.
        price: At which.
        amounts: How much, case by case.
        rule: How.
        facts: The numbers that decided, by name.
    """

    order: Order
    price: float
    amounts: Amounts
    rule: Rule
    facts: Facts = ()


def step_of(matched: Matched, rule: Rule, facts: Facts) -> Step:
    """Return what a level matched of an order that rested there, as a step."""
    facts = (*facts, ("ahead", matched.ahead)) if rule is Rule.QUEUE else facts
    return Step(matched.order, matched.price, matched.amounts, rule, facts)
