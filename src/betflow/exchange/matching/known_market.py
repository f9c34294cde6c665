"""What is known of a market at a moment: its book, its definition, and which runners were removed."""

from betflow.exchange.bets import RunnerKey
from betflow.exchange.book import MarketBook
from betflow.exchange.prices import Ladder
from betflow.exchange.results import MarketResult, market_result
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import MarketStatus
from betflow.wire.stream import MarketDefinition

_LINE = "LINE"


class KnownMarket:
    """
    A market as it is known at the latest step.

    Attributes:
        book: The market's book; a live view, folded by the host.
        definition: The latest definition that was looked at, with the factors of removed runners that only
            an earlier one had; None before the first.
        has_offers: Whether the recording has shown offers, to back or to lay.
        reconciled_at: Publish time of the message that tells that the starting price is reconciled; None
            before it. In official files the auction's trades follow in the same message.
        suspended_at: Publish time of the message that suspended the market latest; None before the first.
        removed_at: When runners were seen to be removed, epoch milliseconds.
        now: The moment of the latest step, epoch milliseconds; never goes back.
    """

    __slots__ = ("book", "definition", "has_offers", "now", "reconciled_at", "removed_at", "suspended_at")

    def __init__(self, book: MarketBook) -> None:
        self.book = book
        self.definition: MarketDefinition | None = None
        self.has_offers = False
        self.reconciled_at: int | None = None
        self.suspended_at: int | None = None
        self.removed_at: dict[RunnerKey, int] = {}
        self.now = 0

    @property
    def terms(self) -> MarketDefinition:
        """The definition; one that says nothing before the first."""
        return self.definition or MarketDefinition()

    @property
    def is_open(self) -> bool:
        """Whether orders are matched: the market is OPEN."""
        return self.definition is not None and self.definition.status == MarketStatus.OPEN

    @property
    def is_line(self) -> bool:
        """Whether the market is about a number, at odds of 2."""
        return self.definition is not None and self.definition.betting_type == _LINE

    @property
    def in_play(self) -> bool:
        """Whether the market is in play."""
        return self.definition is not None and bool(self.definition.in_play)

    @property
    def ladder(self) -> Ladder:
        """The prices that the market has."""
        return Ladder.of(self.terms)

    @property
    def result(self) -> MarketResult:
        """The market's terms, and its result if it has one."""
        return market_result(self.book.market_id, self.terms, removed_at=self.removed_at)

    def look_for_offers(self) -> None:
        """Take note of whether the book shows offers on any runner."""
        self.has_offers = any(each.back_ladder or each.lay_ladder for each in self.book.runners)

    def runner(self, key: RunnerKey) -> RunnerBook | None:
        """Return the book of a runner; None where the market has none such."""
        return self.book.runner(key.selection_id, float(key.handicap))
