"""
Matched bets: what settlement settles.

A bet may have been matched in several fragments, at different prices and moments. Each fragment is one
`MatchedBet`; those with the same bet id are one bet, and its profit is rounded once.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from betflow.errors import UsageError
from betflow.exchange.money import ZERO, exact, money
from betflow.wire.enums import Side


class BetError(UsageError):
    """A bet that cannot be."""


class RunnerKey(NamedTuple):
    """Which runner of a market: the same selection stands once for each handicap."""

    selection_id: int
    handicap: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedBet:
    """
    A matched bet, or one matched fragment of it.

    Attributes:
        bet_id: Betfair's bet id or a reference of our own; the same for all fragments of a bet.
        market_id: The market, as ``1.185781277``.
        selection_id: The selection.
        handicap: The handicap; 0 outside handicap markets.
        side: BACK or LAY.
        price: The price matched, before any reduction; in line markets the line.
        size: The backer's stake; in an each-way market that of each of the two parts.
        matched_at: When it was matched, epoch milliseconds: removals reduce only what was matched before.
        in_play: Whether it was struck in play; such a bet is never reduced.
        strategy: Whose it is; empty where nobody said.

    Raises:
        BetError: if the size is not positive.
        MoneyError: if the size has a third decimal, or it or the price is no number.
    """

    bet_id: str
    market_id: str
    selection_id: int
    side: Side
    price: Decimal
    size: Decimal
    matched_at: int
    handicap: Decimal = Decimal(0)
    in_play: bool = False
    strategy: str = ""

    def __post_init__(self) -> None:
        if money(self.size) <= ZERO:
            raise BetError(f"bet {self.bet_id} has the size {self.size}; expected a positive amount.")
        exact(self.price)

    @property
    def runner(self) -> RunnerKey:
        """The runner that it is on."""
        return RunnerKey(self.selection_id, self.handicap)
