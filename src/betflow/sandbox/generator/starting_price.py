"""
The bets of a runner at the starting price, as the made-up exchange keeps them.

What they are matched with, and at which price, is in `betflow.exchange.auction`.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from betflow.exchange.auction import Bid


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

    def bids(self, price_of: Sequence[float]) -> tuple[list[Bid], list[Bid]]:
        """Return those who back and those who lay, by limit, given the price of each tick."""
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
