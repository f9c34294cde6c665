"""
Our orders as the matching engine keeps them, and what happens to them.

How much of a level of the book was cancelled ahead of us cannot be known. So every amount here is kept for
three `Case`s side by side, as a triple of whole pennies ``(worst, expected, best)``: in the worst case
nothing that was cancelled stood ahead of us, in the best all of it did, and the expected case divides it in
proportion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TypeAlias

from betflow.exchange.bets import RunnerKey
from betflow.wire.enums import (
    BetTargetType,
    InstructionReportErrorCode,
    OrderStatus,
    OrderType,
    PersistenceType,
    Side,
    TimeInForce,
)

Amounts: TypeAlias = tuple[int, int, int]
"""Pennies in the worst, the expected and the best case; index it with a `Case`."""

NOTHING: Amounts = (0, 0, 0)


def amounts_of(cases: Sequence[int]) -> Amounts:
    """Return the amounts of the three cases as they are now, as a value."""
    return cases[0], cases[1], cases[2]


def less(one: Amounts, other: Amounts) -> Amounts:
    """Return what is left of amounts without others."""
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


class Case(IntEnum):
    """Which answer to what cannot be known."""

    WORST = 0
    EXPECTED = 1
    BEST = 2


class Rule(StrEnum):
    """Why something happened to an order."""

    ARRIVED = "ARRIVED"
    """It reached the exchange and is valid."""
    REFUSED = "REFUSED"
    """It is not valid, or the market does not take it; the error code says why."""
    BET_DELAY = "BET_DELAY"
    """It waits for the market's bet delay."""
    PASSIVE_DELAY = "PASSIVE_DELAY"
    """It would not match at once, so it joined the queue without waiting (PASSIVE bet delay)."""
    BEST_PRICE = "BEST_PRICE"
    """Matched on arrival with what was displayed, at its price: the best first."""
    OWN_ORDER = "OWN_ORDER"
    """Matched with an order of our own."""
    QUEUE = "QUEUE"
    """Matched by what traded at its price, after what stood ahead of it."""
    TRADED_THROUGH = "TRADED_THROUGH"
    """Matched by what traded at a worse price than its own."""
    CROSSED = "CROSSED"
    """Matched with an offer that appeared on the other side at its price or better."""
    FILL_OR_KILL = "FILL_OR_KILL"
    """Could not be filled as it asks, or its rest is killed."""
    AUCTION = "AUCTION"
    """Matched at its own price by those who bet at the starting price, when that was reconciled."""
    STARTING_PRICE = "STARTING_PRICE"
    """Matched at the starting price."""
    STARTING_PRICE_LIMIT = "STARTING_PRICE_LIMIT"
    """The starting price is beyond its limit."""
    STARTING_PRICE_TOO_SMALL = "STARTING_PRICE_TOO_SMALL"
    """What is left is below the least that the starting price takes."""
    NO_STARTING_PRICE = "NO_STARTING_PRICE"
    """The runner has no starting price."""
    CANCEL = "CANCEL"
    REPLACE = "REPLACE"
    UPDATE = "UPDATE"
    SUSPENDED_WHILE_WAITING = "SUSPENDED_WHILE_WAITING"
    """The market was suspended during its bet delay."""
    TURNED_IN_PLAY = "TURNED_IN_PLAY"
    """It does not persist, and the market turned in play."""
    SUSPENDED_IN_PLAY = "SUSPENDED_IN_PLAY"
    """It does not persist, and something material happened in play."""
    RECONCILED = "RECONCILED"
    """It does not persist, and the starting price was reconciled."""
    MARKET_CLOSED = "MARKET_CLOSED"
    RUNNER_REMOVED = "RUNNER_REMOVED"
    """Its runner was removed."""
    OTHER_RUNNER_REMOVED = "OTHER_RUNNER_REMOVED"
    """Another runner was removed, and the rules for non-runners change this order."""
    PRICE_IMPROVEMENT = "PRICE_IMPROVEMENT"
    """A better price was there, and the account does not take better prices (best execution is off)."""


class EventKind(StrEnum):
    """What happened to an order."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    WAITING = "WAITING"
    MATCHED = "MATCHED"
    CANCELLED = "CANCELLED"
    LAPSED = "LAPSED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    UPDATED = "UPDATED"
    REDUCED = "REDUCED"
    """It stands at a lower price, or its liability is smaller."""
    QUEUED = "QUEUED"
    """What is unmatched of it waits at its price."""
    CONVERTED = "CONVERTED"
    """It waits for the starting price."""


class Doubt(StrEnum):
    """Why the recording may not show all that mattered for a fill."""

    CONFLATED = "CONFLATED"
    """The change merges several: what happened in between is not known."""
    LATE = "LATE"
    """Betfair said that data may be late or incomplete (status 503)."""
    GAP = "GAP"
    """It falls between the last change and an image in mid-stream: something in between may be lost."""
    PARTICIPATION = "PARTICIPATION"
    """The auction took its price in part only: who took part there is not published."""
    NO_OFFERS = "NO_OFFERS"
    """The recording has no offers, so nothing can match a LIMIT order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """
    Something that happened to an order, with what shows it.

    Attributes:
        kind: What happened.
        rule: Why.
        bet_id: The order.
        market_id: Its market.
        at: When, epoch milliseconds.
        publish_time: When the book that decided was published, epoch milliseconds; never after `at`.
        amounts: Of what is matched, cancelled, lapsed, voided or accepted; in pennies, case by case.
        price: At which it was matched, or stands now; None where it has none.
        facts: The numbers that decided, by name, for the story of the order.
        doubts: Why the recording may not show all that mattered.
        error_code: Why it was refused.
    """

    kind: EventKind
    rule: Rule
    bet_id: str
    market_id: str
    at: int
    publish_time: int
    amounts: Amounts = NOTHING
    price: float | None = None
    facts: tuple[tuple[str, int | float | str], ...] = ()
    doubts: tuple[Doubt, ...] = ()
    error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """
    A matched part of an order.

    Attributes:
        price: At which it was matched; a starting price has up to 16 decimals.
        amounts: The backer's stake in pennies, case by case.
        at: When, epoch milliseconds.
        in_play: Whether the market was in play.
        rule: How.
        doubts: Why the recording may not show all that mattered.
    """

    price: Decimal
    amounts: Amounts
    at: int
    in_play: bool
    rule: Rule
    doubts: tuple[Doubt, ...] = ()


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """
    An order of ours; the engine changes it in place, everybody else only reads it.

    ``size == matched + remaining + cancelled + lapsed + voided`` in each case.

    Attributes:
        bet_id: What the exchange calls it.
        market_id: Its market.
        runner: Its runner.
        side: BACK or LAY.
        order_type: LIMIT or one of the starting price.
        price: Its limit; None for MARKET_ON_CLOSE. A removal may reduce it.
        persistence_type: What happens to the rest at the turn in play.
        time_in_force: FILL_OR_KILL or None.
        min_fill_size: The least that a FILL_OR_KILL order takes, in pennies.
        bet_target_type: What it aims at instead of a size.
        bet_target_size: The aim, in pennies.
        liability: Of an order at the starting price, in pennies, case by case; 0 for others.
        size: What was asked for, in pennies. 0 for starting price orders until they are reconciled; then the
            stake that was matched, or the liability if nothing was.
        matched: Of it.
        remaining: Unmatched.
        cancelled: By an instruction, or killed.
        lapsed: Ended by the market.
        voided: Was matched, and is void.
        placed_at: When it reached the matcher, epoch milliseconds.
        matched_at: When a part was last matched; 0 if never.
        status: EXECUTABLE, EXECUTION_COMPLETE, EXPIRED; PENDING while it waits. Of the expected case.
        error_code: Why it lapsed on arrival or was refused; None otherwise.
        customer_order_ref: Its reference.
        strategy: Whose it is (customerStrategyRef).
        replaces: The bet that it replaces.
        is_converted: Whether a LIMIT order waits for the starting price; it rests at its price no more.
        fills: Its matched parts, in order.
    """

    bet_id: str
    market_id: str
    runner: RunnerKey
    side: Side
    order_type: OrderType
    price: float | None
    persistence_type: PersistenceType = PersistenceType.LAPSE
    time_in_force: TimeInForce | None = None
    min_fill_size: int = 0
    bet_target_type: BetTargetType | None = None
    bet_target_size: int = 0
    liability: list[int] = field(default_factory=lambda: [0, 0, 0])
    size: list[int] = field(default_factory=lambda: [0, 0, 0])
    matched: list[int] = field(default_factory=lambda: [0, 0, 0])
    remaining: list[int] = field(default_factory=lambda: [0, 0, 0])
    cancelled: list[int] = field(default_factory=lambda: [0, 0, 0])
    lapsed: list[int] = field(default_factory=lambda: [0, 0, 0])
    voided: list[int] = field(default_factory=lambda: [0, 0, 0])
    placed_at: int = 0
    matched_at: int = 0
    status: OrderStatus = OrderStatus.PENDING
    error_code: InstructionReportErrorCode | None = None
    customer_order_ref: str = ""
    strategy: str = ""
    replaces: str = ""
    is_converted: bool = False
    fills: list[Fill] = field(default_factory=list)

    def match(self, amounts: Amounts) -> None:
        """Count a part as matched."""
        for case in Case:
            self.matched[case] += amounts[case]
            self.remaining[case] -= amounts[case]

    def end(self, ended: list[int]) -> Amounts:
        """Move all that is unmatched to one of `cancelled` and `lapsed`; return how much that is."""
        amounts = amounts_of(self.remaining)
        for case in Case:
            ended[case] += amounts[case]
        self.remaining = [0, 0, 0]
        return amounts

    @property
    def is_open(self) -> bool:
        """Whether something of it is unmatched in any of the cases."""
        return any(self.remaining)

    @property
    def is_on_close(self) -> bool:
        """Whether it is an order at the starting price from the beginning."""
        return self.order_type is not OrderType.LIMIT

    def __repr__(self) -> str:
        return (
            f"<Order {self.bet_id} {self.side} {self.runner.selection_id} at {self.price}: "
            f"{self.matched[Case.EXPECTED]} of {self.size[Case.EXPECTED]} pennies>"
        )
