"""
What the order stream tells of an account's bets: each bet whole when it changes, and the positions' prices.

Source: "Exchange Stream API" (order stream), and its published interface definition.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, TypeAlias

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.results import MarketResult
from betflow.exchange.times import whole_second
from betflow.sandbox.exchange.bets import EXPECTED, Bet, average, priced, runner_of
from betflow.wire import stream
from betflow.wire.enums import (
    OrderType,
    PersistenceType,
    Side,
    StreamOrderStatus,
    StreamOrderType,
    StreamPersistenceType,
    StreamSide,
)
from betflow.wire.stream import OrderMarketChange, OrderRunnerChange, PriceSizes, StrategyMatchChange

_PERSISTENCE: Final = {
    PersistenceType.LAPSE: StreamPersistenceType.LAPSE,
    PersistenceType.PERSIST: StreamPersistenceType.PERSIST,
    PersistenceType.MARKET_ON_CLOSE: StreamPersistenceType.MARKET_ON_CLOSE,
}
_TYPES: Final = {
    OrderType.LIMIT: StreamOrderType.LIMIT,
    OrderType.LIMIT_ON_CLOSE: StreamOrderType.LIMIT_ON_CLOSE,
    OrderType.MARKET_ON_CLOSE: StreamOrderType.MARKET_ON_CLOSE,
}
_SIDES: Final = {Side.BACK: StreamSide.BACK, Side.LAY: StreamSide.LAY}
REGULATOR: Final = "REG_GGC"

_Parts: TypeAlias = list[tuple[Fraction, int]]
"""Price and pennies of what is matched of a bet."""
_Ladder: TypeAlias = dict[float, int]
"""Pennies matched by price; 0 where something was matched that is not any more."""


def stream_order(bet: Bet, parts: _Parts) -> stream.Order:
    """
    Return a bet as the order stream has it, always whole.

    Args:
        bet: The bet.
        parts: What is matched of it, with prices as they stand after non-runners.
    """
    order = bet.order
    executable, complete = StreamOrderStatus.EXECUTABLE, StreamOrderStatus.EXECUTION_COMPLETE
    return stream.Order(
        id=order.bet_id,
        p=order.price or 0.0,
        s=order.size[EXPECTED] / 100,
        side=_SIDES[order.side],
        status=executable if bet.is_executable else complete,
        pt=_PERSISTENCE[order.persistence_type],
        ot=_TYPES[order.order_type],
        pd=whole_second(order.placed_at),
        md=whole_second(order.matched_at) or None,
        cd=whole_second(bet.cancelled_at) or None,
        ld=whole_second(bet.lapsed_at) or None,
        lsrc=bet.lapse_reason,
        avp=average(parts) or None,
        bsp=order.liability[EXPECTED] / 100 if order.is_on_close else None,
        sm=order.matched[EXPECTED] / 100,
        sr=order.remaining[EXPECTED] / 100,
        sl=order.lapsed[EXPECTED] / 100,
        sc=order.cancelled[EXPECTED] / 100,
        sv=order.voided[EXPECTED] / 100,
        rac="",
        rc=REGULATOR,
        rfo=order.customer_order_ref,
        rfs=order.strategy,
    )


class OrderChanges:
    """
    What the order stream has told of an account's bets in one market.

    Args:
        market_id: The market.
        assumptions: What decides where the rules for non-runners do not.
    """

    def __init__(self, market_id: str, assumptions: Assumptions) -> None:
        self._market_id = market_id
        self._assumptions = assumptions
        self._runners: dict[tuple[int, float], _Runner] = {}
        self._is_closed = False

    def change(
        self, bets: Iterable[Bet], terms: MarketResult, *, is_closed: bool = False
    ) -> OrderMarketChange | None:
        """
        Return what is new since the last call; None where nothing is.

        Args:
            bets: Those that may have changed: what happened to them, or the price of what is matched.
            terms: The market's terms, for non-runners reduce prices.
            is_closed: Whether the market is closed.
        """
        is_first = not self._runners
        changed: dict[tuple[int, float], _Runner] = {}
        for bet in bets:
            if bet.is_placed:
                key = runner_of(bet.order)
                runner = self._runners.setdefault(key, _Runner(*key))
                if runner.follow(bet, priced(bet.order, terms, self._assumptions)):
                    changed[key] = runner
        opens_or_closes, self._is_closed = is_closed is not self._is_closed, is_closed
        if not changed and not opens_or_closes:
            return None
        return OrderMarketChange(
            id=self._market_id,
            closed=is_closed if opens_or_closes else None,
            full_image=True if is_first else None,
            orc=[runner.change() for runner in changed.values()] or None,
        )

    def image(self) -> OrderMarketChange | None:
        """Return what a new subscription begins with: executable bets and positions; None without any."""
        runners = [image for runner in self._runners.values() if (image := runner.image())]
        if self._is_closed or not runners:
            return None
        return OrderMarketChange(id=self._market_id, full_image=True, orc=runners)


class _Runner:
    """What was told of the bets on one runner, and which of it changed since."""

    def __init__(self, selection_id: int, handicap: float) -> None:
        self._id, self._handicap = selection_id, handicap
        self._is_told = False
        self._orders: dict[str, stream.Order] = {}
        self._parts: dict[str, _Parts] = {}
        self._ladders: dict[tuple[str, Side], _Ladder] = {}
        self._changed: list[stream.Order] = []
        self._moved: dict[tuple[str, Side], _Ladder] = {}

    def follow(self, bet: Bet, parts: _Parts) -> bool:
        """Take note of a bet as it stands; say whether anything changed."""
        order = stream_order(bet, parts)
        before = self._orders.get(order.id)
        known = self._parts.get(order.id, [])
        if before == order and known == parts:
            return False
        self._orders[order.id] = order
        self._parts[order.id] = parts
        self._changed.append(order)
        if known != parts:
            key = (bet.order.strategy, bet.order.side)
            ladder = self._ladders.setdefault(key, {})
            moved = self._moved.setdefault(key, {})
            for sign, each in ((-1, known), (1, parts)):
                for price, pennies in each:
                    moved.setdefault(float(price), ladder.get(float(price), 0))
                    ladder[float(price)] = ladder.get(float(price), 0) + sign * pennies
        return True

    def change(self) -> OrderRunnerChange:
        """Return what changed since the last call."""
        moved = {
            key: [price for price, before in prices.items() if self._ladders[key][price] != before]
            for key, prices in self._moved.items()
        }
        orders, is_told = self._changed, self._is_told
        self._changed, self._moved, self._is_told = [], {}, True
        return self._runner_change(orders, moved, is_image=not is_told)

    def image(self) -> OrderRunnerChange | None:
        """Return the executable bets and the positions; None where there is neither."""
        orders = [order for order in self._orders.values() if order.status == StreamOrderStatus.EXECUTABLE]
        matched = {
            key: [price for price, pennies in ladder.items() if pennies]
            for key, ladder in self._ladders.items()
        }
        if not orders and not any(matched.values()):
            return None
        return self._runner_change(orders, matched, is_image=True)

    def _runner_change(
        self, orders: list[stream.Order], prices: dict[tuple[str, Side], list[float]], *, is_image: bool
    ) -> OrderRunnerChange:
        strategies: dict[str, StrategyMatchChange] = {}
        for strategy in dict.fromkeys(name for name, _ in prices):
            backs = self._sizes(prices.get((strategy, Side.BACK), ()), Side.BACK, strategy)
            lays = self._sizes(prices.get((strategy, Side.LAY), ()), Side.LAY, strategy)
            if backs or lays:
                strategies[strategy] = StrategyMatchChange(mb=backs, ml=lays)
        overall = {
            side: dict.fromkeys(price for (_, each), some in prices.items() if each is side for price in some)
            for side in Side
        }
        return OrderRunnerChange(
            id=self._id,
            hc=self._handicap or None,
            full_image=True if is_image else None,
            uo=orders or None,
            mb=self._sizes(overall[Side.BACK], Side.BACK),
            ml=self._sizes(overall[Side.LAY], Side.LAY),
            smc=strategies or None,
        )

    def _sizes(self, prices: Iterable[float], side: Side, strategy: str | None = None) -> PriceSizes | None:
        """Return all that is matched at some prices, of one strategy or of all; None for no prices."""
        ladders = [
            ladder
            for (name, each), ladder in self._ladders.items()
            if each is side and (strategy is None or name == strategy)
        ]
        return [(price, sum(ladder.get(price, 0) for ladder in ladders) / 100) for price in prices] or None
