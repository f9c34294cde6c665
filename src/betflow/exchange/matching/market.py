"""
Matching in one market: what its definitions and its prices do to our orders, and what requests do.

`MarketMatching` follows one book. It changes our orders in place and tells what happened as events; requests
come through `betflow.exchange.matching.venue`. What definitions do is in `definitions`, what prices do in
`price_changes`.
"""

from collections.abc import Sequence

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.auction import has_starting_prices, is_auctions
from betflow.exchange.book import MarketBook
from betflow.exchange.currencies import Minimums
from betflow.exchange.matching.auction import collect_trades, hold_auction
from betflow.exchange.matching.definitions import Definitions
from betflow.exchange.matching.known_market import KnownMarket
from betflow.exchange.matching.levels import CASES
from betflow.exchange.matching.market_orders import MarketOrders
from betflow.exchange.matching.orders import Amounts, Case, EventKind, Order, Rule, amounts_of
from betflow.exchange.matching.price_changes import PriceChanges
from betflow.exchange.matching.starting_price import end_auction
from betflow.wire.enums import (
    InstructionReportErrorCode,
    MarketStatus,
    OrderStatus,
    PersistenceType,
    TimeInForce,
)
from betflow.wire.stream import MarketChange, MarketDefinition, RunnerChange


class MarketMatching:
    """
    One market and our orders in it.

    Attributes:
        known: What is known of the market.
        ours: Our orders in it.
        auction_ends_at: When `end_auction` is due, epoch milliseconds: after the message that tells that the
            starting price is reconciled; None where nobody has to be told.
    """

    __slots__ = ("_definitions", "_prices", "auction_ends_at", "known", "ours")

    def __init__(self, book: MarketBook, assumptions: Assumptions, minimums: Minimums) -> None:
        self.known = KnownMarket(book)
        self.ours = MarketOrders(self.known, assumptions, minimums)
        self._definitions = Definitions(self.ours)
        self._prices = PriceChanges(self.ours)
        self.auction_ends_at: int | None = None
        if book.definition is not None and (book.change is None or book.change.market_definition is None):
            self._definitions.follow(book.definition)

    @property
    def material_version(self) -> int:
        """Orders decided on an older version of the market are refused."""
        return self._definitions.material_version

    def apply(self, book: MarketBook, now: int, *, late: bool) -> None:
        """Follow the latest change of the book: definitions always, prices where we watch them."""
        known, ours = self.known, self.ours
        known.book = book
        change, doubts = book.change, ours.doubts
        doubts.is_late = late
        if change is None:
            return
        if change.img:
            doubts.note_image()
        is_first_image = change.img is True and not known.has_offers
        if not known.has_offers:
            known.look_for_offers()
        definition = change.market_definition
        if definition is None and not ours.watched and not doubts.recent:
            return
        known.now = now
        doubts.has_gap = change.img is True and known.definition is not None
        if doubts.recent:
            doubts.settle_recent()
        if definition is not None:
            self._follow_definition(change, definition)
        elif ours.watched and change.rc and not known.is_open:
            self._trade_while_suspended(change.rc)
        if ours.watched:
            self._prices.follow(change, is_first_image=is_first_image)

    def _follow_definition(self, change: MarketChange, definition: MarketDefinition) -> None:
        """Follow a definition, and before it what traded in its message before it came into force."""
        known, ours = self.known, self.ours
        if change.rc and ours.watched:
            if is_auctions(known.definition, definition):
                collect_trades(ours, change.rc)
            elif known.is_open and definition.status != MarketStatus.OPEN:
                self._prices.trade(change.rc)
        is_told = bool(definition.bsp_reconciled) and not known.terms.bsp_reconciled
        self._definitions.follow(definition)
        if is_told and known.reconciled_at is not None:
            self.auction_ends_at = known.reconciled_at + 1
        if known.is_open:
            ours.auctioned.clear()

    def _trade_while_suspended(self, changes: Sequence[RunnerChange]) -> None:
        """
        Follow what a message shows as traded while the market is suspended.

        It is the auction's, or was before the suspension if it comes in the message that suspends. A message
        of an official file has the definition first and its trades in entries of their own.
        """
        known, ours = self.known, self.ours
        now = known.book.publish_time
        if known.reconciled_at == now:
            collect_trades(ours, changes)
            hold_auction(ours)
        elif known.suspended_at == now and not has_starting_prices(known.terms):
            self._prices.trade(changes)
        elif is_auctions(known.definition, None):
            collect_trades(ours, changes)

    def end_auction(self) -> None:
        """Lapse what does not persist, once the message that tells of the auction is over."""
        end_auction(self.ours)

    def note_loss(self) -> None:
        """Take note that a change may be missing from the recording: until an image, nothing is sure."""
        self.ours.doubts.note_loss()

    def place(self, order: Order, rule: Rule) -> None:
        """Take a valid order: match it as far as it goes, and let the rest wait."""
        ours = self.ours
        if not self.known.has_offers:
            self.known.look_for_offers()
        ours.enter(order)
        asked = order.liability if order.is_on_close else order.size
        ours.tell(EventKind.ACCEPTED, rule, order, amounts_of(asked))
        if order.is_on_close:
            return
        book = self.known.runner(order.runner)
        if book is None:
            raise AssertionError("an order on a runner that the market does not have was not refused")
        matching = ours.watch(order.runner)
        steps = matching.arrive(order, book, ours.assumptions, is_line=self.known.is_line)
        ours.record(steps, ours.doubts.of_match(self.known.book, arriving=True))
        if order.time_in_force is TimeInForce.FILL_OR_KILL:
            self._kill(order)
        elif order.is_open:
            ahead = matching.rest(order, book)
            facts = () if ahead is None else (("ahead", ahead),)
            ours.tell(EventKind.QUEUED, rule, order, amounts_of(order.remaining), facts=facts)
        ours.forget_idle(order.runner)

    def would_match(self, order: Order) -> bool:
        """Say whether an order would be matched at once, at least in part."""
        return self._best_offer(order) is not None

    def has_better_price(self, order: Order) -> bool:
        """Say whether an order would get a better price than it asks for."""
        best = self._best_offer(order)
        return best is not None and order.price is not None and (best - order.price) * order.side.sign > 0

    def refuse(self, order: Order, rule: Rule, code: InstructionReportErrorCode) -> None:
        """End an order that got a bet id and did not reach the book."""
        self.ours.waiting.pop(order.bet_id, None)
        order.placed_at = order.placed_at or self.known.now
        order.status = OrderStatus.EXECUTION_COMPLETE
        order.error_code = code
        self.ours.all[order.bet_id] = order
        self.ours.tell(EventKind.LAPSED, rule, order, order.end(order.lapsed), error_code=code)

    def cancel(self, order: Order, size_reduction: int | None, rule: Rule) -> Amounts:
        """Cancel what is unmatched of a LIMIT order, or a part of it; return how much, case by case."""
        if size_reduction is None:
            amounts = order.end(order.cancelled)
        else:
            amounts = amounts_of([min(size_reduction, order.remaining[case]) for case in CASES])
            for case in CASES:
                order.remaining[case] -= amounts[case]
                order.cancelled[case] += amounts[case]
        self.ours.tell(EventKind.CANCELLED, rule, order, amounts)
        self.ours.close_if_done(order)
        return amounts

    def update(self, order: Order, persistence: PersistenceType) -> None:
        """Change what an order does at the turn in play."""
        order.persistence_type = persistence
        facts = (("persistence", persistence.value),)
        self.ours.tell(EventKind.UPDATED, Rule.UPDATE, order, facts=facts)

    def wait(self, order: Order, seconds: int) -> None:
        """Tell that an order waits for the bet delay."""
        order.placed_at = self.known.now
        self.ours.waiting[order.bet_id] = order
        facts = (("seconds", seconds),)
        self.ours.tell(EventKind.WAITING, Rule.BET_DELAY, order, amounts_of(order.size), facts=facts)

    def can_be_cancelled(self, order: Order) -> bool:
        """Say whether something of an order is still unmatched and not meant for the starting price."""
        return not order.is_on_close and not order.is_converted and order.is_open

    def waits_for_starting_price(self, order: Order) -> bool:
        """Say whether an order at the starting price is still to be matched."""
        return order.is_on_close and order.bet_id in self.ours.open

    def withdraw(self, order: Order) -> None:
        """Take an order at the starting price back; only a replacement may. It never had a size to cancel."""
        self.ours.complete(order)
        self.ours.tell(EventKind.CANCELLED, Rule.REPLACE, order, amounts_of(order.liability))

    def _best_offer(self, order: Order) -> float | None:
        book = self.known.runner(order.runner)
        if book is None:
            return None
        return self.ours.matching_on(order.runner).best_offer(order, book, self.ours.assumptions)

    def _kill(self, order: Order) -> None:
        """Cancel what a FILL_OR_KILL order did not get."""
        is_filled = order.matched[Case.EXPECTED] > 0
        if order.is_open:
            kind = EventKind.CANCELLED if is_filled else EventKind.EXPIRED
            self.ours.tell(kind, Rule.FILL_OR_KILL, order, order.end(order.cancelled))
        self.ours.complete(order, OrderStatus.EXECUTION_COMPLETE if is_filled else OrderStatus.EXPIRED)
