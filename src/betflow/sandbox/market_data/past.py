"""What books forget: when a market last matched anything, and what was traded before the off and in play."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from betflow.exchange.book import MarketBook
from betflow.wire.enums import MarketStatus

RunnerKey: TypeAlias = tuple[int, float]
Traded: TypeAlias = Mapping[RunnerKey, Mapping[float, float]]
"""Traded volume by price of each runner, both stakes counted."""


@dataclass(slots=True)
class Past:
    """
    What is remembered of markets.

    Attributes:
        matched_at: When something was last matched, by market, epoch milliseconds.
        before: What was traded by the time that a market turned in play, or was suspended for its off.
        traded: The same when it was last suspended: Betfair deletes volumes when it settles a market.
    """

    matched_at: dict[str, int] = field(default_factory=dict)
    before: dict[str, Traded] = field(default_factory=dict)
    traded: dict[str, Traded] = field(default_factory=dict)

    def hear(self, book: MarketBook) -> None:
        """Take in the latest change of a market."""
        change = book.change
        if change is None:
            return
        for runner in change.rc or ():
            if runner.trd:
                if book.status != MarketStatus.SUSPENDED:
                    self.matched_at[book.market_id] = book.publish_time
                break
        if change.market_definition is not None and not book.is_closed:
            self._look_at(book)

    def _look_at(self, book: MarketBook) -> None:
        traded = {(runner.selection_id, runner.handicap): dict(runner.traded) for runner in book.runners}
        if not any(traded.values()):
            return
        if not book.in_play:
            self.before[book.market_id] = traded
        self.traded[book.market_id] = traded
