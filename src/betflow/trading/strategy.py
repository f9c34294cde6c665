"""What a strategy is: it sees markets and returns instructions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from betflow.exchange.matching.orders import OrderEvent
from betflow.trading.market import Market
from betflow.wire.betting import (
    CancelInstruction,
    OrderRequest,
    PlaceInstruction,
    PlaceOrders,
    ReplaceInstruction,
    UpdateInstruction,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """
    Orders that are not sent after all, but shall not be forgotten: they are reported with an error code.

    Attributes:
        request: The orders.
        error_code: Why, as Betfair would say it.
        reason: Why, in words.
        decided_at: When they were decided, epoch milliseconds; now where it is None.
    """

    request: PlaceOrders
    error_code: str
    reason: str
    decided_at: int | None = None


Instruction: TypeAlias = (
    PlaceInstruction | CancelInstruction | ReplaceInstruction | UpdateInstruction | OrderRequest | Refusal
)
"""
What a strategy asks for.

An instruction on its own goes to the exchange in a request of its own, so one that is refused takes no other
with it. Whoever wants several to share their fate, a market version or a customerRef gives the whole request.
A customerStrategyRef in it says whose orders they are, in place of the strategy's name.
"""

Instructions: TypeAlias = Iterable[Instruction] | None


class Strategy:
    """
    Decides. Override what is needed; `on_book` is enough.

    All hooks may return instructions, or yield them, or return None. They are called with the market as it is
    at that moment and know nothing that comes later. What they raise ends the strategy in that market, as a
    finding that names the line; other markets and strategies go on.

    Parameters are keyword arguments of ``__init__`` with a type and a default, so that they can be given on a
    command line (see `betflow.trading.parameters`).

    One object may see many markets, several of an event at the same time: what it remembers of a market it
    keeps by ``market.market_id``. Which other markets the same object sees is up to the host, so decisions
    must not depend on it.

    Attributes:
        name: Whose orders they are, in reports and, its first 15 characters, as customerStrategyRef.
            Default: the name of the class.
    """

    name: str = ""

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        if "name" not in vars(cls):
            cls.name = cls.__name__

    def accepts(self, market: Market) -> bool:  # noqa: ARG002 - what subclasses look at
        """
        Say whether to play a market; asked once, when its first definition is there.

        Markets that no strategy accepts cost next to nothing.
        """
        return True

    def on_open(self, market: Market) -> Instructions:
        """See a market for the first time, before its first `on_book`."""

    def on_book(self, market: Market) -> Instructions:
        """See the book after each change of it."""

    def on_event(self, market: Market, event: OrderEvent) -> Instructions:
        """
        Learn what happened to one of the strategy's own orders in the market, at once.

        Betfair's order stream tells of it without a delay that matters next to the way of an order, so there
        is none here. Instructions in answer take their way like all others, and a millisecond at least.
        """

    def on_time(self, market: Market) -> Instructions:
        """Act at a moment that was asked for with `Market.wake_at`."""

    def on_close(self, market: Market) -> Instructions:
        """
        See a market for the last time, after its last message; whether it has a result is in the book.

        What is asked for here never arrives.
        """
