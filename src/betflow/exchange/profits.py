"""
Profit by bet, side, runner, market, event and strategy.

As in Betfair's cleared orders, profit is added up on every level, before commission; commission belongs to a
market, so it is known there, for events, and for strategies by their part of it, but not below.

Source: "listClearedOrders - Roll-up Fields Available".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from betflow.exchange.money import ZERO
from betflow.exchange.settlement import SettledBet, SettledMarket

Key: TypeAlias = tuple[str, ...]
"""What a line is about: market, selection, handicap, side or bet id, as text, from the whole to the part."""


class Level(StrEnum):
    """How far profit is rolled up."""

    BET = "BET"
    SIDE = "SIDE"
    """Of a runner."""
    RUNNER = "RUNNER"
    MARKET = "MARKET"
    EVENT = "EVENT"
    STRATEGY = "STRATEGY"


@dataclass(frozen=True, slots=True)
class Profit:
    """
    What a group of bets paid.

    Attributes:
        bets: How many are settled; voided ones count.
        unsettled: How many are not.
        size: What was matched in the settled ones.
        profit: Before commission.
        commission: None on levels below the market.
    """

    bets: int = 0
    unsettled: int = 0
    size: Decimal = ZERO
    profit: Decimal = ZERO
    commission: Decimal | None = None

    @property
    def net(self) -> Decimal:
        """What is left after commission, where it is known; the profit where it is not."""
        return self.profit - (self.commission or ZERO)


def roll_up(markets: Iterable[SettledMarket], by: Level) -> dict[Key, Profit]:
    """
    Add up what bets paid.

    Args:
        markets: Settled markets.
        by: The level.

    Returns:
        By key, in the order of first appearance. The profits of every level add up to the same.
    """
    lines: dict[Key, Profit] = {}
    for market in markets:
        for bet in market.bets:
            key = _KEYS[by](market, bet)
            lines[key] = _with_bet(lines.get(key, Profit()), bet)
        for key, commission in _commissions(market, by).items():
            line = lines.get(key, Profit())
            total = (line.commission or ZERO) + commission
            lines[key] = Profit(line.bets, line.unsettled, line.size, line.profit, total)
    return lines


def _with_bet(line: Profit, bet: SettledBet) -> Profit:
    if bet.profit is None:
        return Profit(line.bets, line.unsettled + 1, line.size, line.profit, line.commission)
    return Profit(
        line.bets + 1, line.unsettled, line.size + bet.size, line.profit + bet.profit, line.commission
    )


def _commissions(market: SettledMarket, by: Level) -> dict[Key, Decimal]:
    """Return who pays a market's commission on a level."""
    match by:
        case Level.MARKET:
            return {(market.market_id,): market.commission}
        case Level.EVENT:
            return {(market.event_id,): market.commission}
        case Level.STRATEGY:
            return {(name,): part for name, part in market.commission_by_strategy.items()}
        case Level.BET | Level.SIDE | Level.RUNNER:
            return {}


def _runner_key(bet: SettledBet) -> Key:
    return (bet.market_id, str(bet.runner.selection_id), f"{bet.runner.handicap:f}")


_KEYS: Final[Mapping[Level, Callable[[SettledMarket, SettledBet], Key]]] = MappingProxyType(
    {
        Level.BET: lambda market, bet: (market.market_id, bet.bet_id),
        Level.SIDE: lambda _, bet: (*_runner_key(bet), bet.side),
        Level.RUNNER: lambda _, bet: _runner_key(bet),
        Level.MARKET: lambda market, _: (market.market_id,),
        Level.EVENT: lambda market, _: (market.event_id,),
        Level.STRATEGY: lambda _, bet: (bet.strategy,),
    }
)
