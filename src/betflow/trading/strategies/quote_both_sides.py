"""Offer to back and to lay the favourite, and earn the spread where both are matched."""

from collections.abc import Iterator

from betflow.exchange.matching.orders import Case, Order
from betflow.exchange.runner_book import RunnerBook
from betflow.trading.market import Market
from betflow.trading.strategies.back_favourite_at_sp import favourite
from betflow.trading.strategy import Instruction, Strategy
from betflow.wire.enums import MarketStatus, Side


class QuoteBothSides(Strategy):
    """
    Joins both queues on the favourite: a back at the best price to lay, a lay at the best price to back.

    Neither is matched on arrival; each waits its turn. When the prices move, the orders follow. One order of
    each side at a time, and none on a side that is ahead of the other by the position allowed.

    Args:
        stake: The backer's stake of an order, in the account's currency.
        most_ahead: By how much the stakes matched on one side may exceed those of the other.
        seconds_before: How long before the scheduled off it begins; it ends when the market turns in play.
    """

    name = "quote-both-sides"

    def __init__(self, *, stake: float = 2.0, most_ahead: float = 4.0, seconds_before: float = 600.0) -> None:
        self.stake = stake
        self.most_ahead = most_ahead
        self.seconds_before = seconds_before

    def accepts(self, market: Market) -> bool:
        """Play markets whose off is known."""
        return market.seconds_to_off is not None

    def on_book(self, market: Market) -> Iterator[Instruction]:
        """Keep both quotes at the best prices."""
        if market.book.status != MarketStatus.OPEN or market.in_play:
            return
        if (market.seconds_to_off or 0.0) > self.seconds_before:
            return
        runner = favourite(market)
        for order in market.open_orders:
            is_stale = runner is None or order not in market.orders_on(runner)
            if is_stale and order.bet_id not in market.changing:
                yield market.cancel(order)  # somebody else is the favourite now
        if runner is not None and not market.is_busy(runner):
            yield from self._quote(market, runner, Side.BACK, runner.best_lay)
            yield from self._quote(market, runner, Side.LAY, runner.best_back)

    def _quote(
        self, market: Market, runner: RunnerBook, side: Side, price: float | None
    ) -> Iterator[Instruction]:
        """Place, move or take back the order of one side."""
        orders = market.orders_on(runner)
        resting = [each for each in orders if each.side is side and each.remaining[Case.EXPECTED]]
        is_ahead = self._ahead(orders, side) >= self.most_ahead
        if is_ahead or price is None or _is_crossed(runner) or not market.ladder.is_on(price):
            yield from (market.cancel(order) for order in resting)
        elif not resting:
            place = market.back if side is Side.BACK else market.lay
            yield place(runner, price, self.stake)
        else:
            yield from (market.replace(order, price) for order in resting if order.price != price)

    @staticmethod
    def _ahead(orders: list[Order], side: Side) -> float:
        """Return by how much more is matched on a side than on the other, in the account's currency."""
        return sum(each.matched[Case.EXPECTED] * (1 if each.side is side else -1) for each in orders) / 100


def _is_crossed(runner: RunnerBook) -> bool:
    """Say whether the best prices overlap, as they do in some recordings: an order would match at once."""
    back, lay = runner.best_back, runner.best_lay
    return back is not None and lay is not None and back >= lay
