"""What can be subscribed to: makes subscriptions, new ones and those that are taken up again."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from betflow.exchange.book import MarketBook
from betflow.sandbox.sessions import Caller
from betflow.sandbox.streaming.channel import Change, Channel
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.lineages import Lineage, Lineages
from betflow.sandbox.streaming.markets import MarketHub, MarketScope
from betflow.sandbox.streaming.orders import OrderHub, OrderScope, order_shape_of
from betflow.sandbox.streaming.requests import criteria_of
from betflow.sandbox.streaming.shapes import shape_of
from betflow.sandbox.streaming.statuses import StreamRefusal
from betflow.sandbox.streaming.subscription import (
    Source,
    Subscription,
    Terms,
    terms_of,
)
from betflow.sandbox.streaming.tokens import position_of
from betflow.wire.enums import StreamErrorCode
from betflow.wire.stream import (
    MarketChange,
    MarketFilter,
    MarketSubscription,
    OrderMarketChange,
    OrderSubscription,
)

Opened: TypeAlias = tuple[Subscription[Change], list[bytes]]
"""A subscription, and the lines that it begins with."""


class Exchange(Protocol):
    """
    What the stream needs of the exchange; see `betflow.sandbox.exchange`.

    Attributes:
        now: The simulated time, epoch milliseconds.
        delayed_now: The time of what a delayed app key sees.
        books: The markets as they stand.
        delayed_books: The same as a delayed app key sees them.
        on_market: Hear of each change right after it was folded into its book; likewise `on_delayed_market`.
        on_orders: Hear of each change of an account's orders.
    """

    @property
    def now(self) -> int: ...  # noqa: D102 - above
    @property
    def delayed_now(self) -> int: ...  # noqa: D102 - above
    @property
    def books(self) -> Mapping[str, MarketBook]: ...  # noqa: D102 - above
    @property
    def delayed_books(self) -> Mapping[str, MarketBook]: ...  # noqa: D102 - above
    @property
    def on_market(self) -> list[Callable[[MarketBook], None]]: ...  # noqa: D102 - above
    @property
    def on_delayed_market(self) -> list[Callable[[MarketBook], None]]: ...  # noqa: D102 - above
    @property
    def on_orders(self) -> list[Callable[[str, OrderMarketChange], None]]: ...  # noqa: D102 - above

    def order_image(self, account: str) -> list[OrderMarketChange]:
        """Return an account's executable orders and all that is matched, as an image has them."""
        ...


class Subscriber:
    """
    Makes subscriptions.

    Args:
        exchange: What is subscribed to.
        limits: What is allowed.
        nonce: Tells the tokens of this server from those of another.
    """

    def __init__(self, exchange: Exchange, limits: StreamLimits, *, nonce: str) -> None:
        self._exchange = exchange
        self._limits = limits
        keep = limits.history
        self._live = MarketHub(exchange.books, lambda: exchange.now, keep=keep)
        self._delayed = MarketHub(exchange.delayed_books, lambda: exchange.delayed_now, keep=keep)
        self._orders: dict[str, OrderHub] = {}
        exchange.on_market.append(self._live.on_market)
        exchange.on_delayed_market.append(self._delayed.on_market)
        exchange.on_orders.append(self._on_orders)
        self._market_lineages: Lineages[MarketChange] = Lineages(nonce)
        self._order_lineages: Lineages[OrderMarketChange] = Lineages(nonce)

    def markets(self, request: MarketSubscription, caller: Caller) -> Opened[MarketChange]:
        """
        Subscribe to markets.

        Raises:
            StreamRefusal: SUBSCRIPTION_LIMIT_EXCEEDED or INVALID_CLOCK.
        """
        limits = self._limits
        hub = self._delayed if caller.is_delayed else self._live
        sight = hub.sight(shape_of(request.market_data_filter, is_delayed=caller.is_delayed))
        wanted = request.market_filter or MarketFilter()
        scope = MarketScope(hub, sight.view, wanted, limit=limits.markets)
        fitting = len(scope.fitting())
        if fitting > limits.markets:
            raise StreamRefusal(
                StreamErrorCode.SUBSCRIPTION_LIMIT_EXCEEDED,
                f"The filter fits {fitting} markets, and the limit is: {limits.markets}",
                request_id=request.id,
            )
        terms = terms_of(
            request,
            segment=limits.segment,
            conflate_ms=limits.delayed_conflate_ms if caller.is_delayed else None,
        )
        lineage = Lineage(_owner(caller), criteria_of(request), scope)
        return _open(request, hub, sight.channel, self._market_lineages, lineage, terms)

    def orders(self, request: OrderSubscription, caller: Caller) -> Opened[OrderMarketChange]:
        """
        Subscribe to the caller's orders.

        Raises:
            StreamRefusal: INVALID_CLOCK, or INVALID_REQUEST where the filter names accounts.
        """
        wanted = request.order_filter
        if wanted is not None and wanted.account_ids is not None:
            raise StreamRefusal(
                StreamErrorCode.INVALID_REQUEST, "accountIds must not be set", request_id=request.id
            )
        hub = self._hub_of(caller.account)
        shape = order_shape_of(wanted)
        terms = terms_of(request, segment=self._limits.segment)
        lineage = Lineage(_owner(caller), criteria_of(request), OrderScope(hub, shape))
        return _open(request, hub, hub.channel(shape), self._order_lineages, lineage, terms)

    def _hub_of(self, account: str) -> OrderHub:
        hub = self._orders.get(account)
        if hub is None:
            exchange = self._exchange
            hub = self._orders[account] = OrderHub(
                lambda: exchange.order_image(account), lambda: exchange.now, keep=self._limits.history
            )
        return hub

    def _on_orders(self, account: str, change: OrderMarketChange) -> None:
        self._hub_of(account).on_orders(change)


def _owner(caller: Caller) -> tuple[str, bool]:
    return (caller.account, caller.is_delayed)


def _open(
    request: MarketSubscription | OrderSubscription,
    source: Source,
    channel: Channel[Change],
    lineages: Lineages[Change],
    lineage: Lineage[Change],
    terms: Terms,
) -> Opened[Change]:
    """Make a subscription, or take one up again where the request says so."""
    if not request.clk:
        subscription = Subscription(
            source, channel, lineage.scope, terms, initial_clk=lineages.begin(lineage)
        )
        return subscription, subscription.image()
    position = position_of(request.clk)
    known = lineages.find(request.initial_clk or "", like=lineage)
    if position is None or known is None or not channel.knows(position, latest=source.position):
        raise StreamRefusal(
            StreamErrorCode.INVALID_CLOCK,
            "initialClk and clk are too old, or of another subscription",
            request_id=request.id,
        )
    lineage.scope = known.scope.resumed(position)
    subscription = Subscription(source, channel, lineage.scope, terms, initial_clk=lineages.begin(lineage))
    return subscription, subscription.resume(position)
