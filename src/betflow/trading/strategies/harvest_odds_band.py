"""Lay, or back, every runner whose price is in a band: the outsiders that are bet on too much."""

from collections.abc import Iterator

from betflow.exchange.runner_book import RunnerBook
from betflow.trading.market import Market
from betflow.trading.strategy import Instruction, Strategy
from betflow.wire.enums import MarketStatus, Side


class HarvestOddsBand(Strategy):
    """
    Bets once on each runner whose price is in a band and whose spread is narrow, minutes before the off.

    It takes the price that is there: a lay at the best price to lay, a back at the best price to back.

    Args:
        side: BACK or LAY.
        lowest: The lowest price of the band.
        highest: The highest price of the band.
        spread_ticks: How far apart the best prices may be, in ticks.
        stake: The backer's stake, in the account's currency.
        seconds_before: How long before the scheduled off it begins; it ends when the market turns in play.
    """

    name = "harvest-odds-band"

    def __init__(
        self,
        *,
        side: Side = Side.LAY,
        lowest: float = 12.0,
        highest: float = 18.0,
        spread_ticks: int = 2,
        stake: float = 2.0,
        seconds_before: float = 300.0,
    ) -> None:
        if lowest > highest:
            raise ValueError(f"the band begins at {lowest} and ends at {highest}")
        self.side = side
        self.lowest = lowest
        self.highest = highest
        self.spread_ticks = spread_ticks
        self.stake = stake
        self.seconds_before = seconds_before

    def accepts(self, market: Market) -> bool:
        """Play markets whose off is known."""
        return market.seconds_to_off is not None

    def on_open(self, market: Market) -> None:
        """Look at the prices at the moment, too; between two changes they may have come into the band."""
        seconds = (market.seconds_to_off or 0.0) - self.seconds_before
        if seconds > 0:
            market.wake_at(market.now + round(seconds * 1000))

    def on_time(self, market: Market) -> Iterator[Instruction]:
        """Look at all runners when the time has come."""
        yield from self._bets(market, market.active_runners)

    def on_book(self, market: Market) -> Iterator[Instruction]:
        """Look at the runners that have changed."""
        yield from self._bets(market, market.book.changed_runners)

    def _bets(self, market: Market, runners: list[RunnerBook]) -> Iterator[Instruction]:
        if market.book.status != MarketStatus.OPEN or market.in_play:
            return
        if (market.seconds_to_off or 0.0) > self.seconds_before:
            return
        for runner in runners:
            price = runner.best_lay if self.side is Side.LAY else runner.best_back
            is_in_band = price is not None and self.lowest <= price <= self.highest
            if price is None or not is_in_band or market.has_placed(runner):
                continue
            if self._is_narrow(market, runner):
                bet = market.lay if self.side is Side.LAY else market.back
                yield bet(runner, price, self.stake)

    def _is_narrow(self, market: Market, runner: RunnerBook) -> bool:
        back, lay, ladder = runner.best_back, runner.best_lay, market.ladder
        if back is None or lay is None or not (ladder.is_on(back) and ladder.is_on(lay)):
            return False
        return 0 <= ladder.ticks_between(back, lay) <= self.spread_ticks
