"""
The orders of one account for its order subscriptions, each of which may leave something out.

Source: "Exchange Stream API", order stream and its filter.
"""

from collections.abc import Callable
from dataclasses import dataclass

from betflow.sandbox.streaming.channel import ORDERS, Channel, Entry
from betflow.wire.stream import OrderFilter, OrderMarketChange, OrderRunnerChange


@dataclass(frozen=True, slots=True)
class OrderShape:
    """
    What a subscription takes of orders.

    Attributes:
        has_position: All that is matched (`mb`, `ml`).
        has_strategies: The same by strategy (`smc`).
        references: Orders and strategies of these only; None: all.
    """

    has_position: bool
    has_strategies: bool
    references: frozenset[str] | None

    def take(self, change: OrderMarketChange) -> OrderMarketChange | None:
        """Return what is taken of a change; None where that is nothing."""
        runners = [taken for each in change.orc or () if (taken := self._take(each)) is not None]
        if not runners and (change.orc or not (change.full_image or change.closed is not None)):
            return None
        return OrderMarketChange(
            id=change.id,
            account_id=change.account_id,
            closed=change.closed,
            full_image=change.full_image,
            orc=runners or None,
        )

    def _take(self, change: OrderRunnerChange) -> OrderRunnerChange | None:
        orders = [order for order in change.uo or () if self._wants(order.rfs)]
        strategies = {
            reference: matches for reference, matches in (change.smc or {}).items() if self._wants(reference)
        }
        taken = OrderRunnerChange(
            id=change.id,
            hc=change.hc or None,
            full_image=change.full_image,
            uo=orders or None,
            mb=change.mb if self.has_position else None,
            ml=change.ml if self.has_position else None,
            smc=strategies if strategies and self.has_strategies else None,
        )
        return taken if _says_anything(taken) or not _says_anything(change) else None

    def _wants(self, reference: str | None) -> bool:
        return self.references is None or (reference or "") in self.references


def _says_anything(change: OrderRunnerChange) -> bool:
    """Return whether there is more than that what was known is no longer so."""
    return bool(change.uo or change.mb is not None or change.ml is not None or change.smc)


def order_shape_of(wanted: OrderFilter | None) -> OrderShape:
    """Return what a filter takes; without one all orders, with the overall position."""
    wanted = wanted or OrderFilter()
    return OrderShape(
        has_position=wanted.include_overall_position is not False,
        has_strategies=wanted.partition_matched_by_strategy_ref is True,
        references=frozenset(wanted.customer_strategy_refs) if wanted.customer_strategy_refs else None,
    )


class OrderHub:
    """
    Hears of every change of an account's orders.

    Args:
        image: Gives all executable orders and all that is matched.
        now: The simulated time, epoch milliseconds.
        keep: How many changes are kept in each channel.

    Attributes:
        position: How many changes there were.
    """

    def __init__(
        self, image: Callable[[], list[OrderMarketChange]], now: Callable[[], int], *, keep: int
    ) -> None:
        self._image = image
        self._now = now
        self._keep = keep
        self.position = 0
        self._channels: dict[OrderShape, Channel[OrderMarketChange]] = {}

    @property
    def now(self) -> int:
        """The time, epoch milliseconds."""
        return self._now()

    def on_orders(self, change: OrderMarketChange) -> None:
        """Hear of a change."""
        self.position += 1
        for shape, channel in self._channels.items():
            taken = shape.take(change)
            if taken is not None:
                channel.add(self.position, self.now, taken)

    def channel(self, shape: OrderShape) -> Channel[OrderMarketChange]:
        """Return the changes as subscriptions of a shape see them, from the first of them on."""
        channel = self._channels.get(shape)
        if channel is None:
            channel = self._channels[shape] = Channel(ORDERS, position=self.position, keep=self._keep)
        return channel

    def image(self, shape: OrderShape) -> list[OrderMarketChange]:
        """Return what a subscription of a shape begins with."""
        return [taken for change in self._image() if (taken := shape.take(change)) is not None]


class OrderScope:
    """The orders of one subscription: all of its shape, in every market."""

    is_full = False

    def __init__(self, hub: OrderHub, shape: OrderShape) -> None:
        self._hub = hub
        self._shape = shape

    def image(self) -> list[OrderMarketChange]:  # noqa: D102 - `Scope`
        return self._hub.image(self._shape)

    def covers(self, entry: Entry[OrderMarketChange]) -> bool:  # noqa: ARG002, D102 - `Scope`
        return True

    def newcomers(self) -> list[OrderMarketChange]:  # noqa: D102 - `Scope`
        return []

    def resumed(self, position: int) -> "OrderScope":  # noqa: ARG002, D102 - `Scope`
        return self
