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
        definition: The latest definition that was looked at; None before the first.
        removed_at: When runners were seen to be removed, epoch milliseconds.
        now: The moment of the latest step, epoch milliseconds; never goes back.
    """

    __slots__ = ("book", "definition", "now", "removed_at")

    def __init__(self, book: MarketBook) -> None:
        self.book = book
        self.definition: MarketDefinition | None = None
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

    def runner(self, key: RunnerKey) -> RunnerBook | None:
        """Return the book of a runner; None where the market has none such."""
        return self.book.runner(key.selection_id, float(key.handicap))
