"""
What all requests share: the account, its bets, the markets, the time, and what was not told yet.

`betflow.exchange.matching.venue.Venue` is its face; `placing` and `changing` act on it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.currencies import minimums
from betflow.exchange.matching.agenda import Agenda
from betflow.exchange.matching.market import MarketMatching
from betflow.exchange.matching.orders import EventKind, Order, OrderEvent, Rule
from betflow.wire.betting import ExecutionReport, OrderRequest
from betflow.wire.enums import InstructionReportErrorCode

Code = InstructionReportErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    Whose orders they are.

    Attributes:
        currency: Decides the least that can be bet.
        best_execution: Whether a better price than asked for is taken; without it such an order lapses.
        available: What may be lost, over all markets; None for no limit.
    """

    currency: str = "GBP"
    best_execution: bool = True
    available: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """
    The exchange's answer to a request.

    Attributes:
        ticket: What `Venue.submit` gave for it.
        at: When it was answered, epoch milliseconds.
        report: The answer.
    """

    ticket: int
    at: int
    report: ExecutionReport


VenueEvent: TypeAlias = OrderEvent | Executed


class Floor:
    """
    Where requests meet markets.

    Args:
        account: Whose orders they are.
        assumptions: What decides where Betfair's rules are not certain.
        first_bet_id: The number of the first bet.

    Attributes:
        account: As given.
        assumptions: As given.
        minimums: The least that can be bet.
        markets: By id, those that were seen.
        orders: All orders that got a bet id, in the order in which they did.
        agenda: What waits for its moment.
        events: What happened and was not collected yet.
        now: The latest moment, epoch milliseconds.

    Raises:
        ConfigurationError: if the account's currency is none of Betfair's.
    """

    def __init__(self, account: Account, assumptions: Assumptions, first_bet_id: int) -> None:
        self.account = account
        self.assumptions = assumptions
        self.minimums = minimums(account.currency)
        self.markets: dict[str, MarketMatching] = {}
        self.orders: dict[str, Order] = {}
        self.agenda = Agenda()
        self.events: list[VenueEvent] = []
        self.now = 0
        self._next_bet_id = first_bet_id

    def market(self, market_id: str) -> MarketMatching:
        """Return a market that was seen, at the present moment."""
        market = self.markets[market_id]
        market.known.now = self.now
        return market

    def give_bet_id(self, order: Order) -> None:
        """Make an order a bet."""
        order.bet_id = str(self._next_bet_id)
        self._next_bet_id += 1
        self.orders[order.bet_id] = order

    def find(self, bet_id: str, market_id: str | None) -> tuple[Order | None, Code | None]:
        """Return an order that can still be changed, or why it cannot be."""
        order = self.orders.get(bet_id)
        if order is None or (market_id is not None and order.market_id != market_id):
            return None, Code.INVALID_BET_ID
        market = self.markets[order.market_id]
        if bet_id not in market.ours.all:
            return None, Code.BET_IN_PROGRESS  # it waits for the bet delay
        return order, None if market.can_be_cancelled(order) else Code.BET_TAKEN_OR_LAPSED

    def answer(self, ticket: int, report: ExecutionReport) -> None:
        """Answer a request."""
        self.events.append(Executed(ticket, self.now, report))

    def tell_refused(self, request: OrderRequest, code: str) -> None:
        """Tell that a request was refused as a whole."""
        market = self.markets.get(request.market_id or "")
        self.events.append(
            OrderEvent(
                kind=EventKind.REFUSED,
                rule=Rule.REFUSED,
                bet_id="",
                market_id=request.market_id or "",
                at=self.now,
                publish_time=market.known.book.publish_time if market is not None else 0,
                error_code=code,
            )
        )

    def take_events(self, market: MarketMatching) -> None:
        """Take over what happened in a market."""
        self.events.extend(market.ours.events)
        market.ours.events.clear()

    def collect(self) -> list[VenueEvent]:
        """Return what happened since the last time."""
        events, self.events = self.events, []
        return events
