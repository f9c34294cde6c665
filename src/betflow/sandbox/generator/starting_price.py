"""
The starting price: where the money of those who back meets the liability of those who lay.

At a price P, a backer's stake S wants a liability of S × (P - 1). The starting price is where the stakes of
all who back at P want what all who lay at P are liable for. £1,000 of stakes and £6,000 of liabilities meet
at 7.0, £6,000 and £1,000 at 1.17.

Source: "Betfair Starting Price Betting"; historic data specification, far price and reconciliation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf, nan
from typing import TypeAlias

Bids: TypeAlias = list[tuple[float, int]]
"""Limits and pennies: a backer's least price and stake, or a layer's greatest price and liability."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """
    Where stakes and liabilities meet.

    Attributes:
        price: The starting price, not rounded to a ladder; NaN where nothing was bet, 1.0 where nobody lays
            and infinite where nobody backs.
        stake: What is matched of the stakes, in pennies.
        liability: What is matched of the liabilities, in pennies.
    """

    price: float
    stake: int
    liability: int


def meeting(backs: Bids, lays: Bids) -> Meeting:
    """
    Find the price at which stakes and liabilities meet.

    Args:
        backs: Each one's least price, above 1, and stake.
        lays: Each one's greatest price and liability.
    """
    stakes, liabilities = sum(size for _, size in backs), sum(size for _, size in lays)
    if not stakes or not liabilities:
        price = nan if stakes == liabilities else inf if liabilities else 1.0
        return Meeting(price, 0, 0)
    coming, going = _by_limit(backs), _by_limit(lays)
    stake, liability = 0, liabilities
    for edge in sorted({*coming, *going}):
        # Below a limit and above the one before nobody comes or goes, so the price is a division.
        if stake * (edge - 1) >= liability:
            return Meeting(1 + liability / stake, stake, liability)
        # Backers come in at their limit, layers leave above theirs: at the limit itself both are there.
        staying = liability - going.get(edge, 0)
        stake += coming.get(edge, 0)
        if stake * (edge - 1) >= staying:
            return _at_limit(edge, stake, liability)
        liability = staying
    raise AssertionError("above all limits there is no liability left, so the last limit is met")


def _by_limit(bids: Bids) -> dict[float, int]:
    sizes: dict[float, int] = {}
    for limit, size in bids:
        sizes[limit] = sizes.get(limit, 0) + size
    return sizes


def _at_limit(price: float, stake: int, liability: int) -> Meeting:
    """Match what can be matched where somebody's limit is the price: the larger side in part."""
    wanted = int(stake * (price - 1) + 0.5)
    if wanted > liability:
        return Meeting(price, min(stake, int(liability / (price - 1) + 0.5)), liability)
    return Meeting(price, stake, wanted)


class Pool:
    """
    The bets of one runner at the starting price.

    Attributes:
        stakes: Pennies of the backers by least tick; tick 0 for those who take any price.
        liabilities: Pennies of the layers by greatest tick; the highest tick for those who take any price.
        changed_stakes: Ticks that changed since somebody cleared it, each once.
        changed_liabilities: Ticks that changed since somebody cleared it, each once.
    """

    __slots__ = ("changed_liabilities", "changed_stakes", "liabilities", "stakes")

    def __init__(self) -> None:
        self.stakes: dict[int, int] = {}
        self.liabilities: dict[int, int] = {}
        self.changed_stakes: dict[int, None] = {}
        self.changed_liabilities: dict[int, None] = {}

    def back(self, tick: int, stake: int) -> None:
        """Add a bet to back at the starting price or, if that is below the tick, not at all."""
        self.stakes[tick] = self.stakes.get(tick, 0) + stake
        self.changed_stakes[tick] = None

    def lay(self, tick: int, liability: int) -> None:
        """Add a bet to lay at the starting price or, if that is above the tick, not at all."""
        self.liabilities[tick] = self.liabilities.get(tick, 0) + liability
        self.changed_liabilities[tick] = None

    @property
    def stake_at_any(self) -> int:
        """What is staked whatever the price."""
        return self.stakes.get(0, 0)

    @property
    def liability_at_any(self) -> int:
        """What may be lost whatever the price: at the highest tick."""
        return self.liabilities[max(self.liabilities)] if self.liabilities else 0

    def bids(self, price_of: Sequence[float]) -> tuple[Bids, Bids]:
        """Return those who back and those who lay for `meeting`, given the price of each tick."""
        return (
            [(price_of[tick], size) for tick, size in self.stakes.items() if size],
            [(price_of[tick], size) for tick, size in self.liabilities.items() if size],
        )

    def reduce(self, reduced: Callable[[Decimal], Decimal]) -> None:
        """Reduce all liabilities; *reduced* says to what, in pounds."""
        for tick, size in self.liabilities.items():
            self.liabilities[tick] = int(reduced(Decimal(size) / 100) * 100)
        self.changed_liabilities.update(dict.fromkeys(self.liabilities))

    def clear(self) -> None:
        """Take everything out."""
        self.changed_stakes = dict.fromkeys(self.stakes)
        self.changed_liabilities = dict.fromkeys(self.liabilities)
        self.stakes.clear()
        self.liabilities.clear()
