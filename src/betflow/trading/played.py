"""What playing strategies leaves: every order that was asked for, and what happened to it, with evidence."""

from dataclasses import dataclass, field

from betflow.errors import Finding
from betflow.exchange.bets import RunnerKey
from betflow.exchange.matching.orders import Order, OrderEvent
from betflow.wire.betting import PlaceInstruction
from betflow.wire.stream import MarketDefinition


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    The message that shows something.

    Attributes:
        tape: The tape's label.
        offset: Where the message begins in the tape's expanded content, in bytes from 0.
        line: Its line, from 1.
        publish_time: When it was published, epoch milliseconds.
    """

    tape: str
    offset: int
    line: int
    publish_time: int


@dataclass(slots=True, kw_only=True, eq=False)
class Placement:
    """
    An order that was asked for, and what became of it.

    The engine changes it in place; everybody else only reads it.

    Attributes:
        ref: Names it: the instruction's customerOrderRef, else the market's id and a number. The replacement
            of an order has the order's, with ``.2``, ``.3`` and so on behind it.
        strategy: Who asked.
        market_id: The market.
        instruction: What was asked for.
        decided_at: When, epoch milliseconds.
        arrives_at: When it reaches the exchange, epoch milliseconds; the bet delay comes on top.
        evidence: The latest message of the market when it was decided; None where there was none.
        order: The order, from when the exchange gave it a bet id.
        error_code: Why there is none: Betfair's error code, or `RISK`.
        reason: The same in words, where somebody other than the exchange refused it.
        replaces: The ref of the order that it replaces; empty for others.
    """

    ref: str
    strategy: str
    market_id: str
    instruction: PlaceInstruction
    decided_at: int
    arrives_at: int
    evidence: Evidence | None = None
    order: Order | None = None
    error_code: str | None = None
    reason: str = ""
    replaces: str = ""

    @property
    def is_on_its_way(self) -> bool:
        """Whether the exchange has not answered yet."""
        return self.order is None and self.error_code is None


RISK = "RISK"
"""The error code of what a risk hook refused; it never reached the exchange."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    Something that happened to an order, or an instruction that was refused.

    Attributes:
        event: What happened.
        evidence: The message that the exchange acted on; None where there was none.
        strategy: Whose order it is.
        ref: The order's ref.
    """

    event: OrderEvent
    evidence: Evidence | None
    strategy: str
    ref: str


@dataclass(slots=True, kw_only=True)
class PlayedMarket:
    """
    A market, and all that was done in it.

    Attributes:
        market_id: The market.
        definition: The last that was published; None where the tape has none.
        opened_at: When its first definition was published, epoch milliseconds.
        closed_at: When its last change was published.
        removed_at: When runners were seen to be removed, epoch milliseconds.
        has_offers: Whether the recording has shown offers while an order was in the market.
        placements: All orders that were asked for, in the order in which they were.
        told: What happened to them, in the order in which it did.
        findings: What went wrong: strategies that raised.
    """

    market_id: str
    definition: MarketDefinition | None = None
    opened_at: int = 0
    closed_at: int = 0
    removed_at: dict[RunnerKey, int] = field(default_factory=dict)
    has_offers: bool = True
    placements: list[Placement] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def orders(self) -> list[Order]:
        """The orders that got a bet id, in the order in which they were asked for."""
        return [each.order for each in self.placements if each.order is not None]


@dataclass(slots=True, kw_only=True)
class Played:
    """
    Markets that were played together.

    Attributes:
        markets: Those that a strategy accepted, by id, in the order in which they appeared.
        messages: How many messages were read.
        findings: What went wrong outside of them: a market that two tapes have.
    """

    markets: dict[str, PlayedMarket] = field(default_factory=dict)
    messages: int = 0
    findings: list[Finding] = field(default_factory=list)
