"""
The small exchange: orders on one runner that arrive, rest, are cancelled, and match by price and then time.

What is displayed and what was traded come from the same orders, so they agree: whatever trades was displayed
before, or was brought by the order that took it. Sizes are whole pennies; prices are counted in ticks of the
market's ladder, 0 the lowest.

Source of the rules: price and time priority, best execution ("Additional Information").
"""

from collections import deque
from typing import Final

from betflow.wire.enums import PersistenceType, Side

NO_OFFER: Final = -(1 << 40)
"""The rank of the best offer where there is none: worse than any."""


class Order:
    """
    An order that rests.

    Attributes:
        side: Of the bet.
        tick: Its price.
        size: What is unmatched, in pennies; 0 once it is gone.
        persistence: What becomes of it when the market turns in play.
    """

    __slots__ = ("persistence", "side", "size", "tick")

    def __init__(self, side: Side, tick: int, size: int, persistence: PersistenceType) -> None:
        self.side = side
        self.tick = tick
        self.size = size
        self.persistence = persistence


class _Level:
    """The orders at one price, in the order in which they came."""

    __slots__ = ("queue", "total")

    def __init__(self) -> None:
        self.total = 0
        self.queue: deque[Order] = deque()


class Offers:
    """
    What rests on one side of a runner.

    Args:
        sign: 1 for what is available to back (orders to lay; the highest price is the best), -1 for what is
            available to lay. A tick times the sign is its *rank*: the greater, the better for the taker.

    Attributes:
        best: The rank of the best offer; `NO_OFFER` where there is none.
        changed: The ticks at which the displayed size changed since somebody cleared it, each once.
    """

    __slots__ = ("_levels", "best", "changed", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.best = NO_OFFER
        self.changed: dict[int, None] = {}
        self._levels: dict[int, _Level] = {}

    def shown(self, tick: int) -> int:
        """Return what is displayed at a price, in pennies."""
        level = self._levels.get(tick * self.sign)
        return level.total if level is not None else 0

    def best_ticks(self, count: int) -> list[int]:
        """Return the best prices, the best first."""
        return [rank * self.sign for rank in sorted(self._levels, reverse=True)[:count]]

    def ladder(self) -> list[tuple[int, int]]:
        """Return tick and size of every price, the best first."""
        return [(rank * self.sign, self._levels[rank].total) for rank in sorted(self._levels, reverse=True)]

    def rest(self, order: Order) -> None:
        """Put an order behind those at its price."""
        rank = order.tick * self.sign
        level = self._levels.get(rank)
        if level is None:
            level = self._levels[rank] = _Level()
            self.best = max(self.best, rank)
        level.total += order.size
        level.queue.append(order)
        self.changed[order.tick] = None

    def take(self, limit: int, size: int) -> list[tuple[int, int]]:
        """
        Match the best offers up to a limit.

        Args:
            limit: The worst rank to match.
            size: How much, at most.

        Returns:
            Tick and size of each match, the best price first.
        """
        matches: list[tuple[int, int]] = []
        while size > 0 and self.best >= limit:
            level = self._levels[self.best]
            taken = min(size, level.total)
            size -= taken
            tick = self.best * self.sign
            matches.append((tick, taken))
            self._consume(level, taken)
            self._settle(tick, level)
        return matches

    def cancel(self, order: Order) -> None:
        """Take away what is left of an order."""
        if order.size:
            level = self._levels[order.tick * self.sign]
            level.total -= order.size
            order.size = 0
            self._settle(order.tick, level)

    def cancel_level(self, tick: int) -> None:
        """Take away all orders at a price."""
        level = self._levels.get(tick * self.sign)
        if level is not None:
            for order in level.queue:
                order.size = 0
            level.total = 0
            self._settle(tick, level)

    def clear(self) -> None:
        """Take away everything."""
        for tick in [rank * self.sign for rank in self._levels]:
            self.cancel_level(tick)

    def _consume(self, level: _Level, size: int) -> None:
        """Match the orders of a level by time; cancelled ones are dropped when they come to the front."""
        level.total -= size
        queue = level.queue
        while size:
            first = queue[0]
            if first.size > size:
                first.size -= size
                return
            size -= first.size
            first.size = 0
            queue.popleft()

    def _settle(self, tick: int, level: _Level) -> None:
        self.changed[tick] = None
        if not level.total:
            rank = tick * self.sign
            del self._levels[rank]
            if rank == self.best:
                self.best = max(self._levels, default=NO_OFFER)


class RunnerOrders:
    """
    The exchange of one runner.

    Attributes:
        available_to_back: Unmatched orders to lay.
        available_to_lay: Unmatched orders to back.
        traded: Pennies traded by tick; both stakes of each match count.
        volume: The sum of it.
        last_tick: The price of the latest match; None before the first.
        changed_trades: The ticks at which something traded since somebody cleared it, each once.
    """

    __slots__ = ("available_to_back", "available_to_lay", "changed_trades", "last_tick", "traded", "volume")

    def __init__(self) -> None:
        self.available_to_back = Offers(1)
        self.available_to_lay = Offers(-1)
        self.traded: dict[int, int] = {}
        self.volume = 0
        self.last_tick: int | None = None
        self.changed_trades: dict[int, None] = {}

    def offers_to(self, side: Side) -> Offers:
        """Return what a bet of that side would be matched with."""
        return self.available_to_back if side is Side.BACK else self.available_to_lay

    def match(self, side: Side, tick: int, size: int) -> int:
        """
        Match a bet as far as the offers go, and forget the rest of it.

        Args:
            side: Of the bet.
            tick: The worst price it takes.
            size: Its pennies.

        Returns:
            The pennies that were not matched.
        """
        offers = self.offers_to(side)
        limit = tick * offers.sign
        if offers.best < limit:
            return size
        for matched_tick, matched in offers.take(limit, size):
            size -= matched
            self.traded[matched_tick] = self.traded.get(matched_tick, 0) + 2 * matched
            self.volume += 2 * matched
            self.last_tick = matched_tick
            self.changed_trades[matched_tick] = None
        return size

    def place(
        self, side: Side, tick: int, size: int, persistence: PersistenceType = PersistenceType.LAPSE
    ) -> Order | None:
        """
        Match a bet as far as the offers go, and let the rest of it wait.

        Returns:
            What waits; None if nothing does.
        """
        left = self.match(side, tick, size)
        if not left:
            return None
        order = Order(side, tick, left, persistence)
        self.offers_to(side.opposite).rest(order)
        return order

    def cancel(self, order: Order) -> None:
        """Take away what is left of an order."""
        self.offers_to(order.side.opposite).cancel(order)

    def forget_trades(self) -> None:
        """Delete all traded volume, as Betfair does at settlement."""
        self.changed_trades = dict.fromkeys(self.traded)
        self.traded.clear()
        self.volume = 0
