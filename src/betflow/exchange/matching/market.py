"""
Matching in one market: what its definition and its prices do to our orders.

`MarketMatching` follows one book. It changes our orders in place and tells what happened as events; requests
come through `betflow.exchange.matching.venue`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import isfinite

from betflow.exchange.assumptions import (
    Assumptions,
    InPlaySuspension,
    RemovalEffect,
    SmallTakeStartingPrice,
    StartingPriceAtLimit,
    StartingPriceSize,
)
from betflow.exchange.bets import RunnerKey
from betflow.exchange.book import MarketBook, RunnerBook
from betflow.exchange.currencies import Minimums
from betflow.exchange.matching.bets import pounds
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
from betflow.exchange.matching.runner import RunnerMatching, Step
from betflow.exchange.money import exact, round_starting_price_size
from betflow.exchange.prices import Ladder
from betflow.exchange.reductions import (
    OrderEffect,
    after_removal,
    reduced_starting_price_liability,
    removal_effect,
)
from betflow.exchange.results import REMOVED, MarketResult, market_result
from betflow.exchange.volumes import is_revaluation
from betflow.wire.enums import (
    InstructionReportErrorCode,
    MarketStatus,
    OrderStatus,
    OrderType,
    PersistenceType,
    Side,
    TimeInForce,
)
from betflow.wire.stream import MarketChange, MarketDefinition, RunnerChange, RunnerDefinition

_FEWEST_REVALUED = 3
_LINE = "LINE"


class MarketMatching:
    """
    One market and our orders in it.

    Attributes:
        book: The market's book; a live view, folded by the host.
        definition: The latest definition that was looked at; None before the first.
        orders: All our orders here by bet id, in the order in which they came.
        removed_at: When runners were seen to be removed, epoch milliseconds.
        material_version: Orders decided on an older version of the market are refused.
        now: The moment of the latest step, epoch milliseconds; never goes back.
        events: What happened and was not collected yet.
        waiting: Orders that wait for the bet delay, by bet id.
        revision: Grows with every event, so that others know when to look again.
        watched: The runners on which something of ours rests, or something that we took is still displayed.
        recent: Fills since the latest change, as order and index.
    """

    __slots__ = (
        "_assumptions",
        "_has_gap",
        "_is_incomplete",
        "_is_late",
        "_is_material",
        "_is_stale",
        "_minimums",
        "_open",
        "_suspended_version",
        "book",
        "definition",
        "events",
        "material_version",
        "now",
        "orders",
        "recent",
        "removed_at",
        "revision",
        "waiting",
        "watched",
    )

    def __init__(self, book: MarketBook, assumptions: Assumptions, minimums: Minimums) -> None:
        self.book = book
        self.definition: MarketDefinition | None = None
        self.orders: dict[str, Order] = {}
        self.removed_at: dict[RunnerKey, int] = {}
        self.material_version = 0
        self.now = 0
        self.events: list[OrderEvent] = []
        self._assumptions = assumptions
        self._minimums = minimums
        self._open: dict[str, Order] = {}
        self.watched: dict[int | tuple[int, float], RunnerMatching] = {}
        self.recent: list[tuple[Order, int]] = []
        self._suspended_version: int | None = None  # since when the market is suspended in play
        self._is_material = False  # something material changed, and the version has not yet
        self.waiting: dict[str, Order] = {}
        self.revision = 0
        self._is_stale = False  # the book was not followed while the market was not open
        self._is_late = False
        self._has_gap = False
        self._is_incomplete = False
        if book.definition is not None and (book.change is None or book.change.market_definition is None):
            self._define(book.definition)

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
        return Ladder.of(self.definition or MarketDefinition())

    @property
    def terms(self) -> MarketResult:
        """The market's terms, and its result if it has one."""
        return market_result(
            self.book.market_id, self.definition or MarketDefinition(), removed_at=self.removed_at
        )

    def runner(self, key: RunnerKey) -> RunnerBook | None:
        """Return the book of a runner; None where the market has none such."""
        return self.book.runner(key.selection_id, float(key.handicap))

    def apply(self, now: int, *, late: bool) -> None:
        """Follow the latest change of the book: definitions always, prices where we watch them."""
        change = self.book.change
        self._is_late = late
        if self._is_incomplete and change is not None and change.img:
            self._is_incomplete = False
        if change is None or (change.market_definition is None and not self.watched and not self.recent):
            return
        self.now = now
        self._has_gap = change.img is True and self.definition is not None
        if self.recent:
            if self._has_gap:
                self._doubt_recent()
            self.recent.clear()
        if change.market_definition is not None:
            self._define(change.market_definition)
        if not self.watched:
            return
        if self._is_stale or change.img or change.market_definition is not None:
            self._follow(change)
        elif change.rc:
            self._change(change.rc)

    def _follow(self, change: MarketChange) -> None:
        """Follow prices where more than prices may have changed: by the whole book, if there is one again."""
        if not self.is_open:
            self._is_stale = True
        elif change.img or self._is_stale:
            self._renew(count_trades=not self._is_stale)
            self._is_stale = False
        elif change.rc:
            self._change(change.rc)

    def note_loss(self) -> None:
        """Take note that a change may be missing from the recording: until an image, nothing is sure."""
        self._is_incomplete = True
        self._doubt_recent()

    def place(self, order: Order, rule: Rule) -> None:
        """Take a valid order: match it as far as it goes, and let the rest wait."""
        self.waiting.pop(order.bet_id, None)
        order.placed_at = self.now
        order.status = OrderStatus.EXECUTABLE
        self.orders[order.bet_id] = self._open[order.bet_id] = order
        self._tell(
            EventKind.ACCEPTED, rule, order, amounts_of(order.liability if order.is_on_close else order.size)
        )
        if order.is_on_close:
            return
        book = self.runner(order.runner)
        if book is None:
            raise AssertionError("an order on a runner that the market does not have was not refused")
        matching = self.watched.setdefault(_key(order.runner), RunnerMatching())
        steps = matching.arrive(order, book, self._assumptions, is_line=self.is_line)
        self._record(steps, self._doubts(arriving=True))
        if order.time_in_force is TimeInForce.FILL_OR_KILL:
            self._kill(order)
        elif order.is_open:
            ahead = matching.rest(order, book)
            facts = () if ahead is None else (("ahead", ahead),)
            self._tell(EventKind.QUEUED, rule, order, amounts_of(order.remaining), facts=facts)
        self._forget_idle(order.runner)

    def would_match(self, order: Order) -> bool:
        """Say whether an order would be matched at once, at least in part."""
        book = self.runner(order.runner)
        matching = self.watched.get(_key(order.runner)) or RunnerMatching()
        return book is not None and matching.would_match(order, book, self._assumptions)

    def has_better_price(self, order: Order) -> bool:
        """Say whether an order would get a better price than it asks for."""
        book = self.runner(order.runner)
        matching = self.watched.get(_key(order.runner)) or RunnerMatching()
        best = matching.best_offer(order, book, self._assumptions) if book is not None else None
        return best is not None and order.price is not None and (best - order.price) * order.side.sign > 0

    def refuse(self, order: Order, rule: Rule, code: InstructionReportErrorCode) -> None:
        """End an order that got a bet id and did not reach the book."""
        self.waiting.pop(order.bet_id, None)
        order.placed_at = order.placed_at or self.now
        order.status = OrderStatus.EXECUTION_COMPLETE
        order.error_code = code
        self.orders[order.bet_id] = order
        self._tell(EventKind.LAPSED, rule, order, order.end(order.lapsed), error_code=code)

    def cancel(self, order: Order, size_reduction: int | None, rule: Rule) -> Amounts:
        """Cancel what is unmatched of a LIMIT order, or a part of it; return how much, case by case."""
        if size_reduction is None:
            amounts = order.end(order.cancelled)
        else:
            amounts = amounts_of([min(size_reduction, order.remaining[case]) for case in CASES])
            for case in CASES:
                order.remaining[case] -= amounts[case]
                order.cancelled[case] += amounts[case]
        self._tell(EventKind.CANCELLED, rule, order, amounts)
        self._close_if_done(order)
        return amounts

    def update(self, order: Order, persistence: PersistenceType) -> None:
        """Change what an order does at the turn in play."""
        order.persistence_type = persistence
        self._tell(EventKind.UPDATED, Rule.UPDATE, order, facts=(("persistence", persistence.value),))

    def wait(self, order: Order, seconds: int) -> None:
        """Tell that an order waits for the bet delay."""
        order.placed_at = self.now
        self.waiting[order.bet_id] = order
        self._tell(
            EventKind.WAITING, Rule.BET_DELAY, order, amounts_of(order.size), facts=(("seconds", seconds),)
        )

    def can_be_cancelled(self, order: Order) -> bool:
        """Say whether something of an order is still unmatched and not meant for the starting price."""
        return not order.is_on_close and not order.is_converted and order.is_open

    def waits_for_starting_price(self, order: Order) -> bool:
        """Say whether an order at the starting price is still to be matched."""
        return order.is_on_close and order.bet_id in self._open

    def withdraw(self, order: Order) -> None:
        """Take an order at the starting price back; only a replacement may."""
        order.cancelled = list(order.liability)
        order.size = list(order.cancelled)
        self._open.pop(order.bet_id, None)
        order.status = OrderStatus.EXECUTION_COMPLETE
        self._tell(EventKind.CANCELLED, Rule.REPLACE, order, amounts_of(order.cancelled))

    # What a definition does.

    def _define(self, definition: MarketDefinition) -> None:
        before, self.definition = self.definition, definition
        if before is None:
            self.material_version = definition.version or 0
            return
        removed = _newly_removed(before, definition)
        turns_in_play = bool(definition.in_play) and not before.in_play
        if removed or turns_in_play or _added(before, definition):
            self._is_material = True
        if self._is_material and definition.version != before.version:
            self.material_version, self._is_material = definition.version or 0, False
        for runner in removed:
            self._remove(runner)
        if definition.bsp_reconciled and not before.bsp_reconciled:
            self._reconcile()
        if turns_in_play:
            self._turn_in_play()
        elif definition.in_play:
            self._follow_suspension(before, definition)
        if definition.status == MarketStatus.CLOSED and before.status != MarketStatus.CLOSED:
            for order in list(self._open.values()):
                self._lapse(order, Rule.MARKET_CLOSED)

    def _turn_in_play(self) -> None:
        for order in list(self._open.values()):
            if order.is_on_close or order.is_converted:
                continue
            if order.persistence_type is PersistenceType.LAPSE:
                self._lapse(order, Rule.TURNED_IN_PLAY)
            elif order.persistence_type is PersistenceType.MARKET_ON_CLOSE:
                self._convert(order, Rule.TURNED_IN_PLAY)

    def _follow_suspension(self, before: MarketDefinition, definition: MarketDefinition) -> None:
        """Lapse what does not persist when the version changes under a suspension in play."""
        if definition.status == MarketStatus.SUSPENDED and before.status == MarketStatus.OPEN:
            self._suspended_version = definition.version or 0
            return
        if self._suspended_version is None:
            return
        if (definition.version or 0) != self._suspended_version:
            self._suspended_version = None
            if self._assumptions.in_play_suspension is InPlaySuspension.LAPSES:
                for order in list(self._open.values()):
                    if not order.is_on_close and order.persistence_type is PersistenceType.LAPSE:
                        self._lapse(order, Rule.SUSPENDED_IN_PLAY)
        elif definition.status == MarketStatus.OPEN:
            self._suspended_version = None

    # The starting price.

    def _convert(self, order: Order, rule: Rule) -> None:
        """Send what is unmatched of a LIMIT order to the starting price: its stake, or its liability."""
        self._leave(order)
        order.is_converted = True
        for case in CASES:
            size = order.remaining[case]
            winnings = Fraction(exact(order.price or 0)) - 1
            order.liability[case] = size if order.side is Side.BACK else int(size * winnings)
        self._tell(EventKind.CONVERTED, rule, order, amounts_of(order.liability))

    def _reconcile(self) -> None:
        """Match what waits for the starting price; what does not persist lapses."""
        for order in list(self._open.values()):
            if order.is_on_close or order.is_converted:
                self._match_at_starting_price(order)
            elif order.persistence_type is PersistenceType.MARKET_ON_CLOSE:
                self._convert(order, Rule.RECONCILED)
                self._match_at_starting_price(order)
            elif order.persistence_type is PersistenceType.LAPSE:
                self._lapse(order, Rule.RECONCILED)

    def _match_at_starting_price(self, order: Order) -> None:
        book = self.runner(order.runner)
        price = book.starting_price if book is not None else None
        if price is None or not isfinite(price) or price <= 1:
            self._lapse(order, Rule.NO_STARTING_PRICE)
            return
        bsp = exact(price)
        if order.order_type is OrderType.LIMIT_ON_CLOSE and not self._is_within_limit(order, bsp):
            self._lapse(order, Rule.STARTING_PRICE_LIMIT, price=price)
            return
        amounts = amounts_of([self._size_at_starting_price(order, case, bsp) for case in CASES])
        for case in CASES:
            order.size[case] += amounts[case] - order.remaining[case]
            order.remaining[case] = amounts[case]
        if not any(amounts):
            self._lapse(order, Rule.STARTING_PRICE_TOO_SMALL, price=price)
            return
        order.match(amounts)
        facts = (("liability", order.liability[Case.EXPECTED]),)
        self._record([Step(order, price, amounts, Rule.STARTING_PRICE, facts)], self._doubts())

    def _is_within_limit(self, order: Order, bsp: Decimal) -> bool:
        better = (bsp - exact(order.price or 0)) * order.side.sign
        at_limit = self._assumptions.starting_price_at_limit is StartingPriceAtLimit.MATCHED
        return better > 0 or (better == 0 and at_limit)

    def _size_at_starting_price(self, order: Order, case: Case, bsp: Decimal) -> int:
        """Return how much is matched, in pennies: a back's stake, or what a lay's liability covers."""
        liability = order.liability[case]
        lapses = self._assumptions.small_take_starting_price is SmallTakeStartingPrice.LAPSES
        least = self._minimums.size if order.side is Side.BACK else self._minimums.liability
        if order.is_converted and lapses and pounds(liability) < least:
            self._lapse_case(order, case)
            return 0
        if order.side is Side.BACK:
            return liability
        return lay_size(liability, bsp, self._assumptions.starting_price_size)

    def _lapse_case(self, order: Order, case: Case) -> None:
        order.lapsed[case] += order.remaining[case]
        order.remaining[case] = 0

    # Non-runners.

    def _remove(self, runner: RunnerDefinition) -> None:
        """Void and lapse what is on a removed runner; the rest follows the rules for non-runners."""
        removed = RunnerKey(runner.id, exact(runner.hc or 0))
        terms = self.terms
        factor = exact(runner.adjustment_factor or 0)
        voids_all = removal_effect(terms, self._assumptions) is RemovalEffect.VOID_EARLIER
        self.removed_at[removed] = self.now
        for order in list(self.orders.values()):
            is_on_removed = order.runner == removed
            if is_on_removed or voids_all:
                self._void(order, Rule.RUNNER_REMOVED if is_on_removed else Rule.OTHER_RUNNER_REMOVED)
            if order.bet_id not in self._open:
                continue
            if is_on_removed:
                self._lapse(order, Rule.RUNNER_REMOVED)
            elif order.is_on_close or order.is_converted:
                self._reduce_liability(order, factor, terms)
            else:
                self._reduce(order, factor, terms)

    def _void(self, order: Order, rule: Rule) -> None:
        amounts = amounts_of(order.matched)
        if any(amounts):
            for case in CASES:
                order.voided[case] += amounts[case]
            order.matched = [0, 0, 0]
            self._tell(EventKind.VOIDED, rule, order, amounts)

    def _reduce(self, order: Order, factor: Decimal, terms: MarketResult) -> None:
        after = after_removal(
            side=order.side,
            persistence=order.persistence_type,
            price=exact(order.price or 0),
            factor=factor,
            result=terms,
            ladder=self.ladder,
            assumptions=self._assumptions,
        )
        match after.effect:
            case OrderEffect.CANCELLED:
                self._lapse(order, Rule.OTHER_RUNNER_REMOVED)
            case OrderEffect.TO_STARTING_PRICE:
                self._convert(order, Rule.OTHER_RUNNER_REMOVED)
            case OrderEffect.REDUCED:
                self._leave(order)
                order.price = float(after.price)
                book = self.runner(order.runner)
                if book is not None:
                    self.watched.setdefault(_key(order.runner), RunnerMatching()).rest(order, book)
                self._tell(EventKind.REDUCED, Rule.OTHER_RUNNER_REMOVED, order, price=order.price)
            case OrderEffect.STANDS:
                pass

    def _reduce_liability(self, order: Order, factor: Decimal, terms: MarketResult) -> None:
        """Reduce what a lay at the starting price may lose; backs do not change."""
        book = self.runner(order.runner)
        is_reduced = removal_effect(terms, self._assumptions) is RemovalEffect.REDUCE
        if order.side is Side.BACK or book is None or book.definition is None or not is_reduced:
            return
        own = exact(book.definition.adjustment_factor or 0)
        if own >= 100:  # noqa: PLR2004 - per cent; nothing would be left to reduce
            return
        for case in CASES:
            liability = pounds(order.liability[case])
            left = reduced_starting_price_liability(liability, terms.kind, factor=factor, own_factor=own)
            order.liability[case] = int(left * 100)
        self._tell(EventKind.REDUCED, Rule.OTHER_RUNNER_REMOVED, order, amounts_of(order.liability))

    # What prices do.

    def _change(self, changes: Sequence[RunnerChange]) -> None:
        """Let the changes of one message act on the runners that we watch; most concern none of them."""
        watched = self.watched
        for change in changes:
            matching = watched.get((change.id, change.hc) if change.hc else change.id)
            if matching is not None and matching.concerns(change):
                break
        else:
            self._pass_over(changes)
            return
        touched: dict[int | tuple[int, float], list[RunnerChange]] = {}
        for change in changes:
            key = (change.id, change.hc) if change.hc else change.id
            if key in watched:
                touched.setdefault(key, []).append(change)
        ignore_trades = self._is_revaluation(touched)
        for key, runner_changes in touched.items():
            book = self.book.runner(*key) if isinstance(key, tuple) else self.book.runner(key)
            if book is not None:
                steps = watched[key].change(runner_changes, book, ignore_trades=ignore_trades)
                if steps:
                    self._record(steps, self._doubts())
                if watched[key].is_idle:
                    del watched[key]

    def _pass_over(self, changes: Iterable[RunnerChange]) -> None:
        """Remember what was traded in changes that concern nothing of ours."""
        for change in changes:
            if change.trd is not None:
                matching = self.watched.get((change.id, change.hc) if change.hc else change.id)
                if matching is not None:
                    matching.pass_over(change)

    def _is_revaluation(self, touched: dict[int | tuple[int, float], list[RunnerChange]]) -> bool:
        """Say whether the volumes moved because they were converted anew, see `betflow.exchange.volumes`."""
        all_changes = self.book.change.rc or () if self.book.change else ()
        if sum(len(change.trd or ()) for change in all_changes) < _FEWEST_REVALUED:
            return False
        moved = [pair for key, changes in touched.items() for pair in self.watched[key].revalued(changes)]
        prices = sum(self.watched[key].prices_traded() for key in touched)
        runners = len({(change.id, change.hc) for change in all_changes if change.trd})
        return is_revaluation(moved, prices, runners)

    def _renew(self, *, count_trades: bool) -> None:
        for key, matching in list(self.watched.items()):
            book = self.book.runner(*key) if isinstance(key, tuple) else self.book.runner(key)
            if book is None:  # an image without the runner shows nothing on it
                book = RunnerBook(*key) if isinstance(key, tuple) else RunnerBook(key, 0.0)
            self._record(matching.renew(book, count_trades=count_trades), self._doubts())
            if matching.is_idle:
                del self.watched[key]

    # Bookkeeping.

    def _record(self, steps: Iterable[Step], doubts: tuple[Doubt, ...]) -> None:
        for step in steps:
            order = step.order
            order.matched_at = self.now
            price = exact(step.price)
            order.fills.append(
                Fill(
                    price=price,
                    amounts=step.amounts,
                    at=self.now,
                    in_play=self.in_play,
                    rule=step.rule,
                    doubts=doubts,
                )
            )
            self.recent.append((order, len(order.fills) - 1))
            self._tell(
                EventKind.MATCHED,
                step.rule,
                order,
                step.amounts,
                price=step.price,
                facts=step.facts,
                doubts=doubts,
            )
            if order.time_in_force is None:
                self._close_if_done(order)

    def _kill(self, order: Order) -> None:
        """Cancel what a FILL_OR_KILL order did not get."""
        is_filled = order.matched[Case.EXPECTED] > 0
        if order.is_open:
            amounts = order.end(order.cancelled)
            self._tell(
                EventKind.CANCELLED if is_filled else EventKind.EXPIRED, Rule.FILL_OR_KILL, order, amounts
            )
        self._open.pop(order.bet_id, None)
        order.status = OrderStatus.EXECUTION_COMPLETE if is_filled else OrderStatus.EXPIRED

    def _lapse(self, order: Order, rule: Rule, *, price: float | None = None) -> None:
        if order.is_on_close:
            order.size, order.remaining = list(order.liability), list(order.liability)
        amounts = order.end(order.lapsed)
        self._tell(EventKind.LAPSED, rule, order, amounts, price=price)
        self._open.pop(order.bet_id, None)
        self._leave(order)
        order.status = OrderStatus.EXECUTION_COMPLETE

    def _close_if_done(self, order: Order) -> None:
        if not order.is_open:
            self._open.pop(order.bet_id, None)
            self._leave(order)
        is_done = not order.remaining[Case.EXPECTED]
        order.status = OrderStatus.EXECUTION_COMPLETE if is_done else OrderStatus.EXECUTABLE

    def _leave(self, order: Order) -> None:
        matching = self.watched.get(_key(order.runner))
        if matching is not None:
            matching.leave(order)

    def _forget_idle(self, runner: RunnerKey) -> None:
        matching = self.watched.get(_key(runner))
        if matching is not None and matching.is_idle:
            del self.watched[_key(runner)]

    def _doubt_recent(self) -> None:
        """Mark what was matched since the latest change: something before the next one may be missing."""
        for order, index in self.recent:
            fill = order.fills[index]
            if Doubt.GAP not in fill.doubts:
                order.fills[index] = replace(fill, doubts=(*fill.doubts, Doubt.GAP))

    def _doubts(self, *, arriving: bool = False) -> tuple[Doubt, ...]:
        """Return what may be doubted of a match: with the latest change, or with the book that it left."""
        marks = (
            (Doubt.CONFLATED, not arriving and self.book.conflated),
            (Doubt.LATE, self._is_late),
            (Doubt.GAP, self._is_incomplete or (self._has_gap and not arriving)),
        )
        return tuple(doubt for doubt, is_so in marks if is_so)

    def _tell(  # noqa: PLR0913 - the parts of an event that differ
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
        self.revision += 1
        self.events.append(
            OrderEvent(
                kind=kind,
                rule=rule,
                bet_id=order.bet_id,
                market_id=order.market_id,
                at=self.now,
                publish_time=self.book.publish_time,
                amounts=amounts,
                price=order.price if price is None else price,
                facts=facts,
                doubts=doubts,
                error_code=error_code,
            )
        )


def _key(runner: RunnerKey) -> int | tuple[int, float]:
    """Return how the book's changes name a runner."""
    return (runner.selection_id, float(runner.handicap)) if runner.handicap else runner.selection_id


def lay_size(liability: int, bsp: Decimal, choice: StartingPriceSize) -> int:
    """
    Return the backer's stake that a lay's liability covers at the starting price, in pennies.

    Args:
        liability: In pennies.
        bsp: The starting price.
        choice: How it is rounded.
    """
    winnings = Fraction(bsp) - 1
    size = Fraction(liability) / winnings
    if choice is StartingPriceSize.DOWN:
        return int(size)
    nearest = round_starting_price_size(size)
    loses_more = round_starting_price_size(nearest * winnings) > liability
    return nearest - 1 if loses_more and choice is StartingPriceSize.NEAREST_WITHIN else nearest


def _newly_removed(before: MarketDefinition, now: MarketDefinition) -> list[RunnerDefinition]:
    """Return the runners that this definition removes, in race card order."""
    known = {(runner.id, runner.hc or 0.0) for runner in before.runners or () if runner.status in REMOVED}
    removed = [
        runner
        for runner in now.runners or ()
        if runner.status in REMOVED and (runner.id, runner.hc or 0.0) not in known
    ]
    return sorted(removed, key=lambda runner: runner.sort_priority or 0)


def _added(before: MarketDefinition, now: MarketDefinition) -> bool:
    """Say whether the market got a runner."""
    known = {(runner.id, runner.hc or 0.0) for runner in before.runners or ()}
    return any((runner.id, runner.hc or 0.0) not in known for runner in now.runners or ())
