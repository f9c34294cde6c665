"""
Orders that were written down beforehand, played: "what if I had placed these?".

The file is read by `betflow.trading.orders_file`. An order that the exchange refuses is an order like any
other, with its error code; so is one that nobody could place.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import islice

from betflow.exchange.matching.orders import EventKind, OrderEvent
from betflow.exchange.times import iso
from betflow.trading.market import Market
from betflow.trading.orders_file import (
    OrdersFileError,
    RowError,
    ScriptedOrder,
    parse_orders,
    read_orders,
)
from betflow.trading.played import Placement
from betflow.trading.strategy import Instruction, Instructions, Refusal, Strategy
from betflow.wire.enums import ExecutionReportErrorCode, OrderStatus

__all__ = ["OrdersFileError", "RowError", "ScriptedOrder", "ScriptedOrders", "parse_orders", "read_orders"]


@dataclass(slots=True)
class _Script:
    """
    What is left to do in a market.

    Attributes:
        to_place: The orders, the latest first.
        to_cancel: A heap of when to cancel which.
        cancel_on_arrival: The orders that should have been cancelled before they arrived.
        placements: What was asked for, by ref.
    """

    to_place: list[ScriptedOrder]
    to_cancel: list[tuple[int, str]] = field(default_factory=list)
    cancel_on_arrival: set[str] = field(default_factory=set)
    placements: dict[str, Placement] = field(default_factory=dict)

    def placement(self, market: Market, ref: str) -> Placement:
        """Return an order that was asked for, without searching through all of them."""
        for each in islice(market.placements, len(self.placements), None):
            self.placements[each.ref] = each
        return self.placements[ref]


class ScriptedOrders(Strategy):
    """
    Plays orders that were written down beforehand.

    An order is decided at its `at`, whether the book changes then or not. One for a moment at which the tape
    does not have the market is refused: INVALID_MARKET_ID, or MARKET_NOT_OPEN_FOR_BETTING after its close. A
    cancel for an order that has not arrived yet is sent when it has.

    Args:
        orders: What to play.
    """

    name = "scripted"

    def __init__(self, orders: Iterable[ScriptedOrder] = ()) -> None:
        self._orders: defaultdict[str, list[ScriptedOrder]] = defaultdict(list)
        for order in orders:
            self._orders[order.market_id].append(order)
        self._scripts: dict[str, _Script] = {}

    def accepts(self, market: Market) -> bool:
        """Play the markets that orders are for."""
        return market.market_id in self._orders

    def on_open(self, market: Market) -> Instructions:
        """Ask to be woken for each order, and refuse what comes too early."""
        orders = sorted(self._orders[market.market_id], key=lambda order: order.at)
        script = _Script([order for order in reversed(orders) if order.at >= market.now])
        self._scripts[market.market_id] = script
        for moment in dict.fromkeys(order.at for order in orders if order.at > market.now):
            market.wake_at(moment)
        when = f"before the first message that defines it ({iso(market.now)})"
        too_early = [_refused(order, when) for order in orders if order.at < market.now]
        return [*too_early, *self.on_time(market)]

    def on_time(self, market: Market) -> list[Instruction]:
        """Place and cancel what is due."""
        script = self._scripts[market.market_id]
        requests: list[Instruction] = []
        while script.to_place and script.to_place[-1].at <= market.now:
            order = script.to_place.pop()
            requests.append(order.request)
            if order.cancel_at is None:
                continue
            if order.cancel_at <= market.now:
                script.cancel_on_arrival.add(order.ref)
            else:
                heappush(script.to_cancel, (order.cancel_at, order.ref))
                market.wake_at(order.cancel_at)
        requests += self._cancels(market, script)
        return requests

    def _cancels(self, market: Market, script: _Script) -> list[Instruction]:
        """Cancel what is to be cancelled by now; what is no bet yet, when it is one."""
        requests: list[Instruction] = []
        while script.to_cancel and script.to_cancel[0][0] <= market.now:
            _, ref = heappop(script.to_cancel)
            placement = script.placement(market, ref)
            order = placement.order
            if placement.is_on_its_way or (order is not None and order.status is OrderStatus.PENDING):
                script.cancel_on_arrival.add(ref)  # it waits for the bet delay, and is no bet yet
            elif order is not None:
                requests.append(market.cancel(order))
        return requests

    def on_event(self, market: Market, event: OrderEvent) -> Instructions:
        """Cancel an order that had not arrived when it should have been cancelled."""
        script = self._scripts[market.market_id]
        if not script.cancel_on_arrival or event.kind is not EventKind.ACCEPTED:
            return None
        for ref in script.cancel_on_arrival:
            order = script.placement(market, ref).order
            if order is not None and order.bet_id == event.bet_id:
                script.cancel_on_arrival.remove(ref)
                return [market.cancel(order)]
        return None

    def on_close(self, market: Market) -> Instructions:
        """Refuse what comes too late."""
        left = reversed(self._scripts[market.market_id].to_place)
        end = iso(market.book.publish_time)
        if market.book.is_closed:
            code = ExecutionReportErrorCode.MARKET_NOT_OPEN_FOR_BETTING
            return [_refused(order, f"after its close ({end})", code) for order in left]
        return [_refused(order, f"after its last message ({end})") for order in left]

    def unplayed(self, market_ids: Collection[str]) -> list[Placement]:
        """
        Return the orders for markets that were not played, refused with INVALID_MARKET_ID.

        Args:
            market_ids: The markets that were.
        """
        return [
            Placement(
                ref=order.ref,
                strategy=order.strategy or self.name,
                market_id=order.market_id,
                instruction=order.instruction,
                decided_at=order.at,
                arrives_at=order.at,
                error_code=ExecutionReportErrorCode.INVALID_MARKET_ID,
                reason=f"no tape has market {order.market_id}",
            )
            for market_id, orders in self._orders.items()
            if market_id not in market_ids
            for order in orders
        ]


def _refused(
    order: ScriptedOrder,
    when: str,
    code: ExecutionReportErrorCode = ExecutionReportErrorCode.INVALID_MARKET_ID,
) -> Refusal:
    reason = (
        f"it was decided at {iso(order.at)}, and no tape has market {order.market_id} then: that is {when}"
    )
    return Refusal(request=order.request, error_code=code, reason=reason, decided_at=order.at)
