"""Back the favourite at the starting price: the simplest strategy there is, and a yardstick for others."""

from collections.abc import Iterator

from betflow.exchange.runner_book import RunnerBook
from betflow.trading.market import Market
from betflow.trading.strategy import Instruction, Strategy
from betflow.wire.enums import MarketStatus


class BackFavouriteAtSp(Strategy):
    """
    Backs whoever is the favourite shortly before the off, at the starting price, once for each market.

    Args:
        stake: What it bets, in the account's currency.
        seconds_before: When it decides, before the scheduled off.
    """

    name = "back-favourite-at-sp"

    def __init__(self, *, stake: float = 2.0, seconds_before: float = 60.0) -> None:
        self.stake = stake
        self.seconds_before = seconds_before

    def accepts(self, market: Market) -> bool:
        """Play markets with a starting price whose off is known."""
        return bool(market.definition.bsp_market) and market.seconds_to_off is not None

    def on_open(self, market: Market) -> None:
        """Wait for the moment; a market that is seen later than that is left alone."""
        seconds = (market.seconds_to_off or 0.0) - self.seconds_before
        if seconds > 0:
            market.wake_at(market.now + round(seconds * 1000))

    def on_time(self, market: Market) -> Iterator[Instruction]:
        """Back the favourite, if the market is open and its off was not put off meanwhile."""
        seconds = (market.seconds_to_off or 0.0) - self.seconds_before
        if seconds > 0:
            market.wake_at(market.now + round(seconds * 1000))
            return
        runner = favourite(market)
        if runner is not None and market.book.status == MarketStatus.OPEN and not market.in_play:
            yield market.back_on_close(runner, self.stake)


def favourite(market: Market) -> RunnerBook | None:
    """Return the active runner with the lowest price to back, of equal ones the first; None if none."""
    priced = [runner for runner in market.active_runners if runner.best_back is not None]
    return min(priced, key=lambda runner: runner.best_back or 0.0, default=None)
