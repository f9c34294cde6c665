"""Bets as an account has them: an order, and what the exchange remembers of it beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.matching.bets import matched_bets
from betflow.exchange.matching.orders import Case, EventKind, Order, OrderEvent, Rule
from betflow.exchange.reductions import settled_price
from betflow.exchange.results import MarketResult
from betflow.exchange.settlement import SettledMarket
from betflow.wire.enums import LapseReason, OrderStatus

EXPECTED: Final = Case.EXPECTED
"""The case that the sandbox plays: of what a feed cannot tell, what is most likely."""

_REASONS: Final = {
    Rule.SUSPENDED_WHILE_WAITING: LapseReason.MKT_SUSPENDED,
    Rule.REFUSED: LapseReason.MKT_VERSION,
    Rule.PRICE_IMPROVEMENT: LapseReason.PRICE_IMP_TOO_LARGE,
}
"""Why an order lapsed as it came, as the order stream says it; of what lapses later it says nothing."""


@dataclass(slots=True, eq=False)
class Bet:
    """
    An order with a bet id.

    Attributes:
        order: The order; the matching engine changes it.
        market_version: The market's version when it was placed.
        cancelled_at: When something of it was last cancelled, epoch milliseconds; 0 if never.
        lapsed_at: When it lapsed; 0 if it did not.
        lapse_reason: Why, if it lapsed as it came.
        voided_at: When something of it was voided by a removal; 0 if never.
    """

    order: Order
    market_version: int
    cancelled_at: int = 0
    lapsed_at: int = 0
    lapse_reason: LapseReason | None = None
    voided_at: int = 0

    def note(self, event: OrderEvent) -> None:
        """Remember when something ended."""
        match event.kind:
            case EventKind.CANCELLED | EventKind.EXPIRED:
                self.cancelled_at = event.at
            case EventKind.LAPSED:
                self.lapsed_at = event.at
                self.lapse_reason = _REASONS.get(event.rule)
            case EventKind.VOIDED:
                self.voided_at = event.at
            case _:
                pass

    @property
    def is_executable(self) -> bool:
        """Whether something of it may still be matched."""
        return self.order.status is OrderStatus.EXECUTABLE

    @property
    def is_placed(self) -> bool:
        """Whether it reached the matcher; one that waits for the bet delay has not yet."""
        return self.order.status is not OrderStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """
    A market as it was settled for an account.

    Attributes:
        at: When, epoch milliseconds.
        market: What its bets paid.
        result: The result that it was settled by.
    """

    at: int
    market: SettledMarket
    result: MarketResult


@dataclass(slots=True, eq=False)
class MarketBets:
    """
    An account's bets in one market.

    Attributes:
        market_id: The market.
        bets: By bet id, in the order in which they came.
        settlement: How they were settled; None while they are not.
        traded: What they took of what was displayed, by runner and price: pennies of both stakes.
    """

    market_id: str
    bets: dict[str, Bet] = field(default_factory=dict)
    settlement: Settlement | None = None
    traded: dict[tuple[int, float], dict[float, int]] = field(default_factory=dict)

    def trade(self, runner: tuple[int, float], price: float, pennies: int) -> None:
        """Count what a bet took of what was displayed; both stakes count."""
        prices = self.traded.setdefault(runner, {})
        prices[price] = prices.get(price, 0) + 2 * pennies

    def matched(self) -> list[MatchedBet]:
        """Return all that is matched and stands, as settlement takes it."""
        return [part for bet in self.bets.values() for part in standing(bet.order)]


def standing(order: Order) -> Iterator[MatchedBet]:
    """Yield the matched parts of an order that no removal voided; a removal voids all that came before it."""
    voided = order.voided[EXPECTED]
    for part in matched_bets(order):
        if voided > 0:
            voided -= int(part.size * 100)
        else:
            yield part


def priced(order: Order, terms: MarketResult, assumptions: Assumptions) -> list[tuple[Fraction, int]]:
    """Return price and pennies of each matched part that stands, with prices reduced for non-runners."""
    return [(settled_price(part, terms, assumptions), int(part.size * 100)) for part in standing(order)]


def average(parts: Iterable[tuple[Fraction, int]]) -> float:
    """Return the average price of matched parts, by size; 0 where there are none."""
    parts = list(parts)
    size = sum(pennies for _, pennies in parts)
    return float(sum((price * pennies for price, pennies in parts), Fraction()) / size) if size else 0.0


def runner_of(order: Order) -> tuple[int, float]:
    """Return the order's runner as the wire has it."""
    key: RunnerKey = order.runner
    return key.selection_id, float(key.handicap)
