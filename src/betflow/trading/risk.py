"""
Limits of what may be bet, checked before an instruction is sent.

A hook looks at one instruction and at all orders that were sent in the market, of all strategies, with those
that are still on their way. What is unmatched may be matched at any moment, so it counts; while a replacement
is on its way, at the old price. What is matched counts as in the expected case.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.exposure import exposure, liability
from betflow.exchange.matching.bets import matched_bets, pounds
from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.money import ZERO, exact, round_exposure
from betflow.exchange.reductions import LOWEST_PRICE
from betflow.exchange.results import MarketResult, market_result
from betflow.trading.market import Market
from betflow.trading.played import Placement
from betflow.wire.betting import (
    CancelInstruction,
    LimitOrder,
    PlaceInstruction,
    ReplaceInstruction,
    UpdateInstruction,
)
from betflow.wire.enums import BetTargetType, OrderStatus, Side

SingleInstruction: TypeAlias = PlaceInstruction | CancelInstruction | ReplaceInstruction | UpdateInstruction

_EVENS = Decimal(2)
_BETS_KEPT = 4096
"""What orders come to is asked again with every other order of the market."""


class RiskHook(Protocol):
    """Says yes or no to an instruction."""

    def check(
        self, instruction: SingleInstruction, market: Market, placements: Sequence[Placement]
    ) -> str | None:
        """
        Return why an instruction may not be sent, with the value and the limit; None if it may.

        Args:
            instruction: What a strategy asks for; of a request, each of its instructions.
            market: What the strategy sees.
            placements: All orders that were sent in the market, of all strategies; what risk refused is not
                among them.
        """


@dataclass(frozen=True, slots=True)
class _Maximum(ABC):
    """Refuses what would be above a limit."""

    limit: Decimal

    def check(
        self, instruction: SingleInstruction, market: Market, placements: Sequence[Placement]
    ) -> str | None:
        """Return why an instruction may not be sent; None if it may."""
        bet = asked_for(instruction, market, placements)
        if bet is None:
            return None
        amount, what = self._measure(bet, instruction, market, placements)
        return f"{what} the limit of {self.limit}" if amount > self.limit else None

    @abstractmethod
    def _measure(
        self,
        bet: MatchedBet,
        instruction: SingleInstruction,
        market: Market,
        placements: Sequence[Placement],
    ) -> tuple[Decimal, str]:
        """Return what is limited, if the bet is made, and the words for it being above."""


@dataclass(frozen=True, slots=True)
class MaximumStake(_Maximum):
    """
    Refuses an order above a stake: the backer's, also of a lay.

    A lay that aims at a payout or a profit has the larger a stake the lower the price that it gets, so it
    counts with what it would be at the lowest price.
    """

    def _measure(
        self,
        bet: MatchedBet,
        instruction: SingleInstruction,
        market: Market,  # noqa: ARG002 - as every measure
        placements: Sequence[Placement],  # noqa: ARG002 - as every measure
    ) -> tuple[Decimal, str]:
        stake = largest_stake(bet, instruction)
        return stake, f"a stake of {stake} is above"


@dataclass(frozen=True, slots=True)
class MaximumLiability(_Maximum):
    """Refuses an order that may lose more than a limit on its own."""

    def _measure(
        self,
        bet: MatchedBet,
        instruction: SingleInstruction,  # noqa: ARG002 - as every measure
        market: Market,
        placements: Sequence[Placement],  # noqa: ARG002 - as every measure
    ) -> tuple[Decimal, str]:
        loss = liability(bet, _terms(market))
        return loss, f"a liability of {loss} is above"


@dataclass(frozen=True, slots=True)
class MaximumExposure(_Maximum):
    """
    Refuses an order that could take what a market may lose above a limit.

    Matched bets on a runner set each other off, unmatched ones do not, for nobody knows which of them will be
    matched; runners are added up, because any of them may still be removed.
    """

    def _measure(
        self,
        bet: MatchedBet,
        instruction: SingleInstruction,
        market: Market,
        placements: Sequence[Placement],
    ) -> tuple[Decimal, str]:
        loss = possible_loss(placements, bet, market, replaced=_replaced(instruction))
        return loss, f"an exposure of {loss} in market {market.market_id} would be above"


@dataclass(frozen=True, slots=True)
class MaximumRunnerExposure(_Maximum):
    """Refuses an order that could take what its runner may lose above a limit; see `MaximumExposure`."""

    def _measure(
        self,
        bet: MatchedBet,
        instruction: SingleInstruction,
        market: Market,
        placements: Sequence[Placement],
    ) -> tuple[Decimal, str]:
        on_runner = [each for each in placements if _runner_of(each.instruction) == bet.runner]
        loss = possible_loss(on_runner, bet, market, replaced=_replaced(instruction))
        return loss, f"an exposure of {loss} on {bet.selection_id} would be above"


@dataclass(frozen=True, slots=True)
class MaximumOrders:
    """Refuses orders once so many were sent in a market; replacements count too."""

    limit: int

    def check(
        self, instruction: SingleInstruction, market: Market, placements: Sequence[Placement]
    ) -> str | None:
        """Return why an instruction may not be sent; None if it may."""
        if len(placements) < self.limit or asked_for(instruction, market, placements) is None:
            return None
        return f"with {len(placements)} orders, market {market.market_id} is at the limit of {self.limit}"


Limit: TypeAlias = MaximumStake | MaximumLiability | MaximumOrders | MaximumRunnerExposure | MaximumExposure

LIMITS: Final[Mapping[str, type[Limit]]] = MappingProxyType(
    {
        "stake": MaximumStake,
        "liability": MaximumLiability,
        "orders": MaximumOrders,
        "runner_exposure": MaximumRunnerExposure,
        "market_exposure": MaximumExposure,
    }
)
"""By the names that users have for them."""


def asked_for(
    instruction: SingleInstruction, market: Market, placements: Iterable[Placement]
) -> MatchedBet | None:
    """
    Return the bet that an instruction comes to if it is matched in full at its price.

    That is what loses most, also of a lay that aims at a payout or a profit: at a lower price it loses the
    same or less, though its stake is larger (`largest_stake`).

    An order at the starting price is taken at evens, where its stake is what it may lose. A size with more
    than two decimals is rounded up. None for what places no bet, or none of a positive size.

    Raises:
        MoneyError: if a size or a price is no number.
    """
    match instruction:
        case PlaceInstruction():
            return _placed(market.market_id, instruction)
        case ReplaceInstruction():
            order = next((each for each in _orders(placements) if each.bet_id == instruction.bet_id), None)
            if order is None:
                return None
            size = Fraction(pounds(_at_stake(order)))
            return _bet(market.market_id, order.runner, order.side, exact(instruction.new_price), size)
        case CancelInstruction() | UpdateInstruction():
            return None


def largest_stake(bet: MatchedBet, instruction: SingleInstruction) -> Decimal:
    """Return the largest stake that a bet may come to, at its price or a better one; rounded up."""
    order = instruction.limit_order if isinstance(instruction, PlaceInstruction) else None
    if order is None or order.size is not None or bet.side is Side.BACK:
        return bet.size
    return max(bet.size, round_exposure(_stake_at(LOWEST_PRICE, order)))


def possible_loss(
    placements: Iterable[Placement], new: MatchedBet, market: Market, *, replaced: str = ""
) -> Decimal:
    """
    Return the most that a market may lose if a bet is added, whatever is matched of what is not.

    Args:
        placements: What was sent so far.
        new: The bet.
        market: The market.
        replaced: The bet id of the order that it replaces, of which nothing more will be matched.
    """
    matched: defaultdict[RunnerKey, list[MatchedBet]] = defaultdict(list)
    unmatched: defaultdict[tuple[RunnerKey, Side], list[MatchedBet]] = defaultdict(list)
    unmatched[new.runner, new.side].append(new)
    for placement in placements:
        order = placement.order
        if order is not None and not any(order.voided):
            matched[order.runner].extend(matched_bets(order, Case.EXPECTED))
        open_bet = None if order is not None and order.bet_id == replaced else _unmatched(placement, market)
        if open_bet is not None:
            unmatched[open_bet.runner, open_bet.side].append(open_bet)
    terms = _terms(market)
    runners = dict.fromkeys([*matched, *(runner for runner, _ in unmatched)])
    return sum((_runner_loss(matched[each], unmatched, each, terms) for each in runners), ZERO)


def _runner_loss(
    matched: list[MatchedBet],
    unmatched: dict[tuple[RunnerKey, Side], list[MatchedBet]],
    runner: RunnerKey,
    terms: MarketResult,
) -> Decimal:
    """Return the most that a runner may lose: with all its unmatched backs, or all its unmatched lays."""
    return max(exposure([*matched, *unmatched.get((runner, side), ())], terms) for side in Side)


def _runner_of(instruction: PlaceInstruction) -> RunnerKey:
    return RunnerKey(instruction.selection_id, exact(instruction.handicap or 0))


def _replaced(instruction: SingleInstruction) -> str:
    """Return the bet that an instruction replaces; empty where it replaces none."""
    return instruction.bet_id if isinstance(instruction, ReplaceInstruction) else ""


def _terms(market: Market) -> MarketResult:
    return market_result(market.market_id, market.definition)


def _orders(placements: Iterable[Placement]) -> Iterator[Order]:
    return (each.order for each in placements if each.order is not None)


def _unmatched(placement: Placement, market: Market) -> MatchedBet | None:
    """Return what may still be matched of an order; None where nothing may."""
    if placement.error_code is not None:
        return None
    order = placement.order
    if order is None or order.status is OrderStatus.PENDING:  # one with a target has no size yet
        return asked_for(placement.instruction, market, ())
    if order.status is OrderStatus.EXECUTION_COMPLETE:
        return None
    price = None if order.liability[Case.EXPECTED] else order.price
    return _resting(market.market_id, order.runner, order.side, price, _at_stake(order))


@lru_cache(maxsize=_BETS_KEPT)
def _resting(
    market_id: str, runner: RunnerKey, side: Side, price: float | None, pennies: int
) -> MatchedBet | None:
    limit = _EVENS if price is None else exact(price)
    return _bet(market_id, runner, side, limit, Fraction(pounds(pennies)))


@lru_cache(maxsize=_BETS_KEPT)
def _placed(market_id: str, instruction: PlaceInstruction) -> MatchedBet | None:
    price, size = _price_and_size(instruction)
    return _bet(market_id, _runner_of(instruction), instruction.side, price, size)


def _at_stake(order: Order) -> int:
    """Return what may still be matched in pennies; of an order for the starting price, what it may lose."""
    return order.liability[Case.EXPECTED] or order.remaining[Case.EXPECTED]


def _price_and_size(instruction: PlaceInstruction) -> tuple[Decimal, Fraction]:
    if instruction.limit_order is not None:
        return exact(instruction.limit_order.price), _size(instruction.limit_order)
    on_close = instruction.limit_on_close_order or instruction.market_on_close_order
    return _EVENS, Fraction(exact(on_close.liability)) if on_close is not None else Fraction()


def _size(order: LimitOrder) -> Fraction:
    """Return the backer's stake, also of an order that aims at a payout or a profit."""
    if order.size is not None:
        return Fraction(exact(order.size))
    return _stake_at(Fraction(exact(order.price)), order)


def _stake_at(price: Fraction, order: LimitOrder) -> Fraction:
    """Return the backer's stake with which an order reaches its target at a price."""
    divisor = price if order.bet_target_type is BetTargetType.PAYOUT else price - 1
    return Fraction(exact(order.bet_target_size or 0)) / divisor if divisor > 0 else Fraction()


def _bet(market_id: str, runner: RunnerKey, side: Side, price: Decimal, size: Fraction) -> MatchedBet | None:
    stake = round_exposure(size)
    if stake <= 0:
        return None
    return MatchedBet(
        bet_id="",
        market_id=market_id,
        selection_id=runner.selection_id,
        handicap=runner.handicap,
        side=side,
        price=price,
        size=stake,
        matched_at=0,
    )
