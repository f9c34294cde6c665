"""Our orders in one market: how each stands, where it rests, and what happened to it."""

from collections.abc import Iterable
from typing import TypeAlias

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.bets import RunnerKey
from betflow.exchange.currencies import Minimums
from betflow.exchange.matching.doubts import Doubts
from betflow.exchange.matching.known_market import KnownMarket
from betflow.exchange.matching.levels import CASES
from betflow.exchange.matching.orders import (
    NOTHING,
    Amounts,
    Case,
    Doubt,
    EventKind,
    Fill,
    Order,
    OrderEvent,
    Rule,
    amounts_of,
)
from betflow.exchange.matching.runner import RunnerMatching
from betflow.exchange.matching.steps import Step
from betflow.exchange.matching.traded import Traded
from betflow.exchange.money import exact
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import OrderStatus

WatchedRunner: TypeAlias = int | tuple[int, float]
"""A runner as the book's changes name it: its selection id, with the handicap where it has one."""


class MarketOrders:
    """
    Our orders in one market. Whoever changes one does it here, so that nothing happens untold.

    Attributes:
        market: What is known of the market.
        assumptions: What decides where Betfair's rules are not certain.
        minimums: The least that can be bet.
        doubts: What may be doubted of what is matched.
        all: All our orders here by bet id, in the order in which they came.
        open: Those that are not over.
        waiting: Orders that wait for the bet delay, by bet id; they are not among the others yet.
        watched: The runners on which something of ours rests, or something that we took is still displayed.
        traded: What has traded on all runners; kept up while any is watched.
        auctioned: What the auction at the off has traded so far: one-sided pennies by runner and price.
        events: What happened and was not collected yet.
        revision: Grows with every event, so that others know when to look again.
    """

    __slots__ = (
        "all",
        "assumptions",
        "auctioned",
        "doubts",
        "events",
        "market",
        "minimums",
        "open",
        "revision",
        "traded",
        "waiting",
        "watched",
    )

    def __init__(self, market: KnownMarket, assumptions: Assumptions, minimums: Minimums) -> None:
        self.market = market
        self.assumptions = assumptions
        self.minimums = minimums
        self.doubts = Doubts()
        self.all: dict[str, Order] = {}
        self.open: dict[str, Order] = {}
        self.waiting: dict[str, Order] = {}
        self.watched: dict[WatchedRunner, RunnerMatching] = {}
        self.traded: dict[WatchedRunner, Traded] = {}
        self.auctioned: dict[WatchedRunner, dict[float, int]] = {}
        self.events: list[OrderEvent] = []
        self.revision = 0

    # Where orders rest.

    def matching_on(self, runner: RunnerKey) -> RunnerMatching:
        """Return what is remembered of a runner; nothing yet where none of ours is on it."""
        return self.watched.get(name_of(runner)) or RunnerMatching(Traded({}))

    def watch(self, runner: RunnerKey) -> RunnerMatching:
        """Return what is remembered of a runner, and follow it from now on."""
        key = name_of(runner)
        matching = self.watched.get(key)
        if matching is None:
            if not self.watched:
                self.traded = {name_of(book): Traded(book.traded) for book in self.market.book.runners}
            matching = self.watched[key] = RunnerMatching(self.traded.setdefault(key, Traded({})))
        return matching

    def leave(self, order: Order) -> None:
        """Take an order out of its queue, where it is in one."""
        matching = self.watched.get(name_of(order.runner))
        if matching is not None:
            matching.leave(order)

    def forget_idle(self, runner: RunnerKey) -> None:
        """Follow a runner no more where nothing of ours is on it."""
        matching = self.watched.get(name_of(runner))
        if matching is not None and matching.is_idle:
            del self.watched[name_of(runner)]

    def rest(self, order: Order, book: RunnerBook) -> int | None:
        """Let what is left of an order wait at its price; return what stands ahead, None if not known."""
        return self.watch(order.runner).rest(order, book)

    # What happens to orders.

    def enter(self, order: Order) -> None:
        """Add an order that came through."""
        self.waiting.pop(order.bet_id, None)
        order.placed_at = self.market.now
        order.status = OrderStatus.EXECUTABLE
        self.all[order.bet_id] = self.open[order.bet_id] = order

    def record(self, steps: Iterable[Step], doubts: tuple[Doubt, ...]) -> None:
        """Enter what was matched among the fills of its orders."""
        for step in steps:
            order = step.order
            order.matched_at = self.market.now
            order.fills.append(
                Fill(
                    price=exact(step.price),
                    amounts=step.amounts,
                    at=self.market.now,
                    in_play=self.market.in_play,
                    rule=step.rule,
                    doubts=doubts,
                )
            )
            self.doubts.recent.append((order, len(order.fills) - 1))
            self.tell(
                EventKind.MATCHED,
                step.rule,
                order,
                step.amounts,
                price=step.price,
                facts=step.facts,
                doubts=doubts,
            )
            if order.time_in_force is None:
                self.close_if_done(order)

    def lapse(self, order: Order, rule: Rule, *, price: float | None = None) -> None:
        """End an order: what is unmatched lapses."""
        if order.is_on_close:
            order.size, order.remaining = list(order.liability), list(order.liability)
        amounts = order.end(order.lapsed)
        self.tell(EventKind.LAPSED, rule, order, amounts, price=price)
        self.complete(order)
        self.leave(order)

    def void(self, order: Order, rule: Rule) -> None:
        """Void what is matched of an order."""
        amounts = amounts_of(order.matched)
        if any(amounts):
            for case in CASES:
                order.voided[case] += amounts[case]
            order.matched = [0, 0, 0]
            self.tell(EventKind.VOIDED, rule, order, amounts)

    def close_if_done(self, order: Order) -> None:
        """End an order of which nothing is unmatched; in the expected case it may end before."""
        if not order.is_open:
            self.open.pop(order.bet_id, None)
            self.leave(order)
        is_done = not order.remaining[Case.EXPECTED]
        order.status = OrderStatus.EXECUTION_COMPLETE if is_done else OrderStatus.EXECUTABLE

    def complete(self, order: Order, status: OrderStatus = OrderStatus.EXECUTION_COMPLETE) -> None:
        """Take an order that is over out of the open ones."""
        self.open.pop(order.bet_id, None)
        order.status = status

    def tell(  # noqa: PLR0913 - the parts of an event that differ
        self,
        kind: EventKind,
        rule: Rule,
        order: Order,
        amounts: Amounts = NOTHING,
        *,
        price: float | None = None,
        facts: tuple[tuple[str, int | float | str], ...] = (),
        doubts: tuple[Doubt, ...] = (),
        error_code: str | None = None,
    ) -> None:
        """Tell what happened to an order."""
        self.revision += 1
        self.events.append(
            OrderEvent(
                kind=kind,
                rule=rule,
                bet_id=order.bet_id,
                market_id=order.market_id,
                at=self.market.now,
                publish_time=self.market.book.publish_time,
                amounts=amounts,
                price=order.price if price is None else price,
                facts=facts,
                doubts=doubts,
                error_code=error_code,
            )
        )


def name_of(runner: RunnerKey | RunnerBook) -> WatchedRunner:
    """Return how the book's changes name a runner."""
    return (runner.selection_id, float(runner.handicap)) if runner.handicap else runner.selection_id
