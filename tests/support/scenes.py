"""
A market, a simulated exchange and a clock that moves when told: what tests of matching play.

A `Scene` starts with an open market of runners 1 and 2. Every call is a moment of its own unless it says
`at`; messages go through the decoder and the book as in the product.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from betflow.exchange.assumptions import BETFLOW_1, Assumptions, OwnOrders
from betflow.exchange.book import MarketBooks
from betflow.exchange.matching.orders import Case, EventKind, Order, OrderEvent, Rule
from betflow.exchange.matching.venue import Account, Executed, Venue, VenueEvent
from betflow.wire.betting import (
    CancelExecutionReport,
    CancelInstruction,
    CancelOrders,
    ExecutionReport,
    LimitOnCloseOrder,
    LimitOrder,
    MarketOnCloseOrder,
    MarketVersion,
    OrderRequest,
    PlaceExecutionReport,
    PlaceInstruction,
    PlaceOrders,
    ReplaceExecutionReport,
    ReplaceInstruction,
    ReplaceOrders,
    UpdateExecutionReport,
    UpdateInstruction,
    UpdateOrders,
)
from betflow.wire.enums import OrderType, PersistenceType, Side
from changes import MARKET, defined, message

BACK, LAY = Side.BACK, Side.LAY
Sizes: TypeAlias = Sequence[tuple[float, float]]
SECOND = 1000


def prices(
    runner: int = 1,
    *,
    atb: Sizes | None = None,
    atl: Sizes | None = None,
    trd: Sizes | None = None,
    **fields: Any,  # noqa: ANN401 - whatever a runner change may have
) -> dict[str, Any]:
    """Return a runner's change as JSON; sizes are absolute, `trd` is cumulative and counts both stakes."""
    ladders = {"atb": atb, "atl": atl, "trd": trd}
    return {
        "id": runner,
        **{name: list(each) for name, each in ladders.items() if each is not None},
        **fields,
    }


def limit(
    side: Side,
    price: float,
    size: float | None = 10.0,
    runner: int = 1,
    *,
    handicap: float | None = None,
    ref: str | None = None,
    **fields: Any,  # noqa: ANN401 - the other fields of a LimitOrder
) -> PlaceInstruction:
    """Return an instruction to place a LIMIT order."""
    return PlaceInstruction(
        order_type=OrderType.LIMIT,
        selection_id=runner,
        side=side,
        handicap=handicap,
        limit_order=LimitOrder(price=price, size=size, **fields),
        customer_order_ref=ref,
    )


def market_on_close(side: Side, liability: float, runner: int = 1) -> PlaceInstruction:
    """Return an instruction to place an order at the starting price."""
    return PlaceInstruction(
        order_type=OrderType.MARKET_ON_CLOSE,
        selection_id=runner,
        side=side,
        market_on_close_order=MarketOnCloseOrder(liability=liability),
    )


def limit_on_close(side: Side, price: float, liability: float, runner: int = 1) -> PlaceInstruction:
    """Return an instruction to place an order at the starting price with a limit."""
    return PlaceInstruction(
        order_type=OrderType.LIMIT_ON_CLOSE,
        selection_id=runner,
        side=side,
        limit_on_close_order=LimitOnCloseOrder(liability=liability, price=price),
    )


OWN_MATCHED = replace(BETFLOW_1, name="own orders matched", own_orders=OwnOrders.MATCHED)
"""Orders of ours are matched with each other."""


class Scene:
    """
    A simulated exchange with a market, and what happened there.

    Attributes:
        venue: The exchange.
        books: The books that it sees.
        now: The latest moment, epoch milliseconds.
        events: All that the exchange told, in order.
        terms: The market definition as it stands, as JSON.
    """

    def __init__(
        self,
        *runner_changes: dict[str, Any],
        account: Account | None = None,
        assumptions: Assumptions = BETFLOW_1,
        **definition: Any,  # noqa: ANN401 - whatever a definition may have
    ) -> None:
        self.venue = Venue(account=account, assumptions=assumptions)
        self.books = MarketBooks()
        self.now = SECOND
        self.events: list[VenueEvent] = []
        self.terms: dict[str, Any] = defined(**definition)
        self.fold({"marketDefinition": self.terms, "rc": list(runner_changes), "img": True})

    # What the market does.

    def fold(self, change: dict[str, Any], *, at: int | None = None, **fields: Any) -> list[VenueEvent]:  # noqa: ANN401 - fields of a message
        """Play a market change given as JSON, after what is due before it."""
        self.now = self.now + 1 if at is None else at
        told: list[VenueEvent] = []
        if self.venue.due < self.now:
            told += self.venue.advance(self.now - 1)
        for book in self.books.apply(message(change, pt=self.now, **fields)):
            told += self.venue.apply(book, late=self.books.status is not None)
        self.events += told
        return told

    def show(self, *runner_changes: dict[str, Any], at: int | None = None) -> list[VenueEvent]:
        """Play changes of prices and volumes."""
        return self.fold({"rc": list(runner_changes)}, at=at)

    def image(self, *runner_changes: dict[str, Any], at: int | None = None) -> list[VenueEvent]:
        """Play an image in mid-stream: what it does not have is gone."""
        return self.fold({"img": True, "marketDefinition": self.terms, "rc": list(runner_changes)}, at=at)

    def define(
        self,
        *runner_changes: dict[str, Any],
        at: int | None = None,
        **changes: Any,  # noqa: ANN401 - fields of a definition
    ) -> list[VenueEvent]:
        """Play a definition that differs from the latest in *changes*; its version is one higher."""
        self.terms = {**self.terms, "version": self.terms["version"] + 1, **changes}
        return self.fold({"marketDefinition": self.terms, "rc": list(runner_changes)}, at=at)

    def define_runner(self, runner: int, at: int | None = None, **changes: Any) -> list[VenueEvent]:  # noqa: ANN401 - fields of a runner
        """Play a definition in which one runner differs."""
        runners = [{**each, **changes} if each["id"] == runner else each for each in self.terms["runners"]]
        return self.define(at=at, runners=runners)

    def remove(self, runner: int, factor: float) -> list[VenueEvent]:
        """Remove a runner with its reduction factor in per cent."""
        return self.define_runner(runner, status="REMOVED", adjustmentFactor=factor)

    def reconcile(self, **starting_prices: float | str) -> list[VenueEvent]:
        """Reconcile the starting price; ``r1=3.5`` is that of runner 1."""
        runners = [
            {**each, "bsp": starting_prices[name]} if (name := f"r{each['id']}") in starting_prices else each
            for each in self.terms["runners"]
        ]
        return self.define(runners=runners, bspReconciled=True)

    def wait(self, milliseconds: int) -> list[VenueEvent]:
        """Let time pass without a message."""
        self.now += milliseconds
        told = self.venue.advance(self.now)
        self.events += told
        return told

    # What we do.

    def ask(self, request: OrderRequest) -> ExecutionReport | None:
        """Send a request that arrives a millisecond from now; return its answer, None if it waits."""
        ticket = self.venue.submit(request, self.now + 1)
        self.wait(1)
        return self.answer(ticket)

    def answer(self, ticket: int) -> ExecutionReport | None:
        """Return the answer to a request, None if there is none yet."""
        answers = [
            each.report for each in self.events if isinstance(each, Executed) and each.ticket == ticket
        ]
        assert len(answers) <= 1
        return answers[0] if answers else None

    def answers(self) -> list[ExecutionReport]:
        """Return all answers so far."""
        return [each.report for each in self.events if isinstance(each, Executed)]

    def request(
        self,
        *instructions: PlaceInstruction,
        ref: str | None = None,
        version: int | None = None,
        strategy: str | None = None,
        market_id: str = MARKET,
    ) -> PlaceOrders:
        """Return a request to place orders."""
        return PlaceOrders(
            market_id=market_id,
            instructions=instructions,
            customer_ref=ref,
            market_version=None if version is None else MarketVersion(version=version),
            customer_strategy_ref=strategy,
        )

    def place(self, *instructions: PlaceInstruction, **fields: Any) -> PlaceExecutionReport:  # noqa: ANN401 - see request
        """Place orders and return the answer, which has to come at once."""
        report = self.ask(self.request(*instructions, **fields))
        assert isinstance(report, PlaceExecutionReport)
        return report

    def order(self, instruction: PlaceInstruction, **fields: Any) -> Order:  # noqa: ANN401 - see request
        """Place one order and return it; it may still wait for the bet delay."""
        known = len(self.venue.orders)
        self.ask(self.request(instruction, **fields))
        orders = list(self.venue.orders.values())
        assert len(orders) == known + 1, self.answers()[-1]
        return orders[-1]

    def cancel(self, order: Order | str, size_reduction: float | None = None) -> CancelExecutionReport:
        """Cancel a bet, or a part of it."""
        instruction = CancelInstruction(bet_id=_bet_id(order), size_reduction=size_reduction)
        report = self.ask(CancelOrders(market_id=MARKET, instructions=(instruction,)))
        assert isinstance(report, CancelExecutionReport)
        return report

    def replace(
        self, *edits: tuple[Order | str, float], version: int | None = None
    ) -> ReplaceExecutionReport:
        """Replace bets by such at other prices, and return the answer, which has to come at once."""
        report = self.ask(self.replacing(*edits, version=version))
        assert isinstance(report, ReplaceExecutionReport)
        return report

    def replacing(self, *edits: tuple[Order | str, float], version: int | None = None) -> ReplaceOrders:
        """Return a request to replace bets."""
        return ReplaceOrders(
            market_id=MARKET,
            instructions=tuple(ReplaceInstruction(bet_id=_bet_id(bet), new_price=to) for bet, to in edits),
            market_version=None if version is None else MarketVersion(version=version),
        )

    def update(self, order: Order | str, persistence: PersistenceType) -> UpdateExecutionReport:
        """Change what a bet does at the turn in play."""
        instruction = UpdateInstruction(bet_id=_bet_id(order), new_persistence_type=persistence)
        report = self.ask(UpdateOrders(market_id=MARKET, instructions=(instruction,)))
        assert isinstance(report, UpdateExecutionReport)
        return report

    # What came of it.

    def told(self, kind: EventKind) -> list[OrderEvent]:
        """Return what happened to orders, of one kind."""
        return [each for each in self.events if isinstance(each, OrderEvent) and each.kind is kind]


def fills(order: Order, case: Case = Case.EXPECTED) -> list[tuple[float, int]]:
    """Return ``(price, pennies)`` of each part of an order that was matched in a case."""
    return [(float(fill.price), fill.amounts[case]) for fill in order.fills if fill.amounts[case]]


def rules(order: Order) -> list[Rule]:
    """Return how each part of an order was matched."""
    return [fill.rule for fill in order.fills]


def _bet_id(order: Order | str) -> str:
    return order if isinstance(order, str) else order.bet_id
