"""A market as a strategy sees it: the book, its own orders there, and how to ask for more."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from betflow.errors import UsageError
from betflow.exchange.bets import RunnerKey
from betflow.exchange.book import MarketBook
from betflow.exchange.matching.orders import Order
from betflow.exchange.money import Number, exact
from betflow.exchange.prices import Ladder
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.times import epoch_ms
from betflow.trading.played import Placement
from betflow.wire.betting import (
    CancelInstruction,
    LimitOnCloseOrder,
    LimitOrder,
    MarketOnCloseOrder,
    PlaceInstruction,
    ReplaceInstruction,
    UpdateInstruction,
)
from betflow.wire.enums import (
    OrderStatus,
    OrderType,
    PersistenceType,
    RunnerStatus,
    Side,
    TimeInForce,
)
from betflow.wire.stream import MarketDefinition

RunnerLike: TypeAlias = RunnerBook | RunnerKey
"""What names a runner: its book, or selection id and handicap, which are multiples of a quarter."""

_Key: TypeAlias = tuple[int, float | Decimal]
_OVER = frozenset({OrderStatus.EXECUTION_COMPLETE, OrderStatus.EXPIRED})


class Market:
    """
    One market, as one strategy sees it.

    Its methods only build instructions: nothing happens until the strategy returns or yields them.

    Attributes:
        book: The market's book; a live view, which the next change alters. Read only.
        now: The moment, epoch milliseconds: when the change was published, or the event happened.
        strategy: The name of the strategy.
        placements: All orders that this strategy ever asked for here, also those that the exchange does not
            know yet or refused. Read only.
        orders: Those that the exchange knows, as they stand there now. Read only.
        changing: The bet ids whose cancel, replace or update is on its way. Read only.
    """

    __slots__ = (
        "_ladder",
        "_off",
        "_on_its_way",
        "_open",
        "_orders_on",
        "_placed_on",
        "_wake_at",
        "book",
        "changing",
        "now",
        "orders",
        "placements",
        "strategy",
    )

    def __init__(
        self, book: MarketBook, *, strategy: str = "", wake_at: Callable[[int], None] | None = None
    ) -> None:
        self.book = book
        self.now = book.publish_time
        self.strategy = strategy
        self.placements: list[Placement] = []
        self.orders: list[Order] = []
        self.changing: set[str] = set()
        self._wake_at = wake_at
        self._ladder: tuple[MarketDefinition, Ladder] | None = None
        self._off: tuple[str, int] = ("", 0)
        # Looked at with every change of the book, so they are kept: by selection and handicap, and what is
        # not over yet.
        self._placed_on: set[_Key] = set()
        self._orders_on: dict[_Key, list[Order]] = {}
        self._on_its_way: list[Placement] = []
        self._open: list[Order] = []

    def __repr__(self) -> str:
        return f"<Market {self.market_id} at {self.now}, {len(self.orders)} orders of {self.strategy}>"

    @property
    def market_id(self) -> str:
        """Betfair's id, ``1.<digits>``."""
        return self.book.market_id

    @property
    def definition(self) -> MarketDefinition:
        """The latest definition."""
        return self.book.definition or MarketDefinition()

    @property
    def in_play(self) -> bool:
        """Whether the market is in play."""
        return self.book.in_play

    @property
    def active_runners(self) -> list[RunnerBook]:
        """The runners that can be bet on, in the order of the definition."""
        return [runner for runner in self.book.runners if runner.status == RunnerStatus.ACTIVE]

    @property
    def seconds_to_off(self) -> float | None:
        """
        Until the scheduled off; negative after it, None where the market has no time.

        Raises:
            ValueError: if the market time is no moment.
        """
        published = self.definition.market_time
        if published is None:
            return None
        if self._off[0] != published:
            self._off = (published, epoch_ms(published))
        return (self._off[1] - self.now) / 1000

    @property
    def ladder(self) -> Ladder:
        """
        The prices that the market has.

        Raises:
            PriceError: if the definition names a ladder that is not known.
        """
        definition = self.definition
        if self._ladder is None or self._ladder[0] is not definition:
            self._ladder = (definition, Ladder.of(definition))
        return self._ladder[1]

    @property
    def open_orders(self) -> list[Order]:
        """The orders of which something may still be matched."""
        self._open = [order for order in self._open if order.status not in _OVER]
        return [order for order in self._open if order.status is OrderStatus.EXECUTABLE]

    def orders_on(self, runner: RunnerLike) -> list[Order]:
        """Return the orders on a runner, in the order in which the exchange took them."""
        return list(self._orders_on.get((runner.selection_id, runner.handicap), ()))

    def has_placed(self, runner: RunnerLike | None = None) -> bool:
        """
        Say whether this strategy has ever asked for an order here: on a runner, or on any.

        What is on its way counts, and what was refused too: use it to ask for something once.
        """
        if runner is None:
            return bool(self.placements)
        return (runner.selection_id, runner.handicap) in self._placed_on

    def is_busy(self, runner: RunnerLike | None = None) -> bool:
        """Say whether something of this strategy is on its way to the exchange: on a runner, or on any."""
        self._on_its_way = [each for each in self._on_its_way if each.is_on_its_way]
        if runner is None:
            return bool(self._on_its_way or self.changing)
        key = (runner.selection_id, runner.handicap)
        if any(_placed_on(each) == key for each in self._on_its_way):
            return True
        on_runner = self._orders_on.get(key, ()) if self.changing else ()
        return any(order.bet_id in self.changing for order in on_runner)

    def enter(self, placement: Placement) -> None:
        """Add an order that was asked for; for the host of the strategy."""
        self.placements.append(placement)
        self._placed_on.add(_placed_on(placement))
        self._on_its_way.append(placement)

    def attach(self, order: Order) -> None:
        """Add an order that the exchange has given a bet id; for the host of the strategy."""
        self.orders.append(order)
        self._open.append(order)
        self._orders_on.setdefault(order.runner, []).append(order)

    def wake_at(self, moment: int) -> None:
        """
        Have `Strategy.on_time` called at a moment, whether the book changes then or not.

        Args:
            moment: Epoch milliseconds, after now.

        Raises:
            UsageError: if the moment has passed.
        """
        if moment <= self.now:
            raise UsageError(
                f"{moment} is not after now ({self.now}) in market {self.market_id}.",
                advice="Give a later moment to wake_at, or act at once.",
            )
        if self._wake_at is not None:
            self._wake_at(moment)

    def back(
        self,
        runner: RunnerLike,
        price: Number,
        size: Number,
        *,
        persistence_type: PersistenceType = PersistenceType.LAPSE,
        time_in_force: TimeInForce | None = None,
        min_fill_size: Number | None = None,
        ref: str | None = None,
    ) -> PlaceInstruction:
        """
        Return an instruction to back a runner at a price or better.

        Args:
            runner: Which.
            price: The lowest that is taken; has to be on the market's ladder.
            size: The stake, in the account's currency.
            persistence_type: What happens to the unmatched rest at the turn in play.
            time_in_force: FILL_OR_KILL, or None to stay.
            min_fill_size: The least that a FILL_OR_KILL order takes.
            ref: Names the order (customerOrderRef, 32 characters at most); made up where it is not given.
        """
        order = _limit_order(price, size, persistence_type, time_in_force, min_fill_size)
        return _limit(Side.BACK, runner, order, ref)

    def lay(
        self,
        runner: RunnerLike,
        price: Number,
        size: Number,
        *,
        persistence_type: PersistenceType = PersistenceType.LAPSE,
        time_in_force: TimeInForce | None = None,
        min_fill_size: Number | None = None,
        ref: str | None = None,
    ) -> PlaceInstruction:
        """
        Return an instruction to lay a runner at a price or better.

        Args:
            runner: Which.
            price: The highest that is given; has to be on the market's ladder.
            size: The backer's stake, in the account's currency.
            persistence_type: What happens to the unmatched rest at the turn in play.
            time_in_force: FILL_OR_KILL, or None to stay.
            min_fill_size: The least that a FILL_OR_KILL order takes.
            ref: Names the order (customerOrderRef, 32 characters at most); made up where it is not given.
        """
        order = _limit_order(price, size, persistence_type, time_in_force, min_fill_size)
        return _limit(Side.LAY, runner, order, ref)

    def back_on_close(
        self, runner: RunnerLike, liability: Number, *, price: Number | None = None, ref: str | None = None
    ) -> PlaceInstruction:
        """
        Return an instruction to back a runner at the starting price.

        Args:
            runner: Which.
            liability: The stake.
            price: The lowest starting price that is taken; None for any.
            ref: Names the order.
        """
        return _on_close(Side.BACK, runner, liability, price, ref)

    def lay_on_close(
        self, runner: RunnerLike, liability: Number, *, price: Number | None = None, ref: str | None = None
    ) -> PlaceInstruction:
        """
        Return an instruction to lay a runner at the starting price.

        Args:
            runner: Which.
            liability: The most that is lost.
            price: The highest starting price that is given; None for any.
            ref: Names the order.
        """
        return _on_close(Side.LAY, runner, liability, price, ref)

    def cancel(self, order: Order, size_reduction: Number | None = None) -> CancelInstruction:
        """Return an instruction to cancel what is unmatched of an order, or that much of it."""
        reduction = None if size_reduction is None else _number(size_reduction)
        return CancelInstruction(bet_id=order.bet_id, size_reduction=reduction)

    def replace(self, order: Order, price: Number) -> ReplaceInstruction:
        """Return an instruction to cancel what is unmatched of an order and place it at another price."""
        return ReplaceInstruction(bet_id=order.bet_id, new_price=_number(price))

    def update(self, order: Order, persistence_type: PersistenceType) -> UpdateInstruction:
        """Return an instruction to change what an order does at the turn in play."""
        return UpdateInstruction(bet_id=order.bet_id, new_persistence_type=persistence_type)


def _placed_on(placement: Placement) -> tuple[int, float]:
    return placement.instruction.selection_id, placement.instruction.handicap or 0.0


def _limit_order(
    price: Number,
    size: Number,
    persistence_type: PersistenceType,
    time_in_force: TimeInForce | None,
    min_fill_size: Number | None,
) -> LimitOrder:
    return LimitOrder(
        price=_number(price),
        size=_number(size),
        persistence_type=persistence_type,
        time_in_force=time_in_force,
        min_fill_size=None if min_fill_size is None else _number(min_fill_size),
    )


def _limit(side: Side, runner: RunnerLike, order: LimitOrder, ref: str | None) -> PlaceInstruction:
    return PlaceInstruction(
        order_type=OrderType.LIMIT,
        selection_id=runner.selection_id,
        side=side,
        handicap=float(runner.handicap) or None,
        limit_order=order,
        customer_order_ref=ref,
    )


def _on_close(
    side: Side, runner: RunnerLike, liability: Number, price: Number | None, ref: str | None
) -> PlaceInstruction:
    amount = _number(liability)
    return PlaceInstruction(
        order_type=OrderType.MARKET_ON_CLOSE if price is None else OrderType.LIMIT_ON_CLOSE,
        selection_id=runner.selection_id,
        side=side,
        handicap=float(runner.handicap) or None,
        limit_on_close_order=None
        if price is None
        else LimitOnCloseOrder(liability=amount, price=_number(price)),
        market_on_close_order=MarketOnCloseOrder(liability=amount) if price is None else None,
        customer_order_ref=ref,
    )


def _number(number: Number) -> float:
    """Return a number as the wire has it; raises MoneyError if it is none."""
    return float(exact(number))
