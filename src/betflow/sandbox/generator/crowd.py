"""
The made-up customers of a market: who bets what, around prices that they believe in.

There are four kinds of them. *Makers* rest orders some ticks from the fair price and cancel them again.
*Takers* take the best offer, if it is not far from fair. Those *on close* bet at the starting price. And
whoever is *quick* takes what is wrongly priced once more is known, before its owner cancels it. The fair
price itself follows the fate of the event; nobody here moves it.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from math import inf, isfinite, nan
from typing import Final

from betflow.exchange.auction import Auction, Bid, far_price, hold
from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.course import Habits, MarketCard, Pace
from betflow.sandbox.generator.orders import NO_OFFER, Offers, Order, RunnerOrders
from betflow.sandbox.generator.publisher import Seen
from betflow.sandbox.generator.starting_price import Pool
from betflow.sandbox.generator.ticks import Ticks, ticks_of
from betflow.wire.enums import PersistenceType, Side

_REST: Final = 0.55
_CANCEL: Final = 0.25
"""What arrives: an order to rest, a cancellation; else one that takes."""
_MOST_RESTING: Final = 150
_ROUND: Final = 0.4
"""The part of stakes that are whole pounds."""
_FAR: Final = 0.3
_FAR_TICKS: Final = 14.0
"""The part of resting orders that hope for much, and how many ticks from the price they are on average."""
_KEEP: Final = 0.10
_FAR_KEEP: Final = 0.5
"""The part of orders that stay when the market turns in play."""
_TAKE_STARTING_PRICE: Final = 0.08
_SNIPED: Final = 0.5
"""The part of wrongly priced offers that somebody takes; the others are cancelled in time."""
_DEFAULT_STAKE_PRICE: Final = 3.0
"""Above this price stakes shrink in proportion: people bet to win an amount."""
_LEAST: Final = 100
_LEAST_LIABILITY: Final = 1_000
"""The least that can be bet, and that can be laid at the starting price, in pennies."""
_LIMITED_ON_CLOSE: Final = 0.2
_WATCHFUL_ON_CLOSE: Final = 0.8
"""Of those who bet at the starting price: with a limit, and from there on those who look where it stands."""


class Runner(Seen):
    """A runner as the crowd sees it: its exchange, and what it is worth."""

    __slots__ = ("above", "below", "price", "resting")

    def __init__(self) -> None:
        super().__init__(RunnerOrders(), Pool())
        self.price = 0.0
        self.below = -1
        self.above = -1
        self.resting: list[Order] = []

    @property
    def is_quoted(self) -> bool:
        """Whether anybody bets on it."""
        return self.price > 0


class Crowd:
    """
    The customers of one market.

    Args:
        card: What the market is.
        habits: How they behave.
        chance: What they draw their decisions from.

    Attributes:
        runners: In the order of the card.
        touched: The places on the card of runners that something may have changed for, each once, until
            somebody clears it.
    """

    def __init__(self, card: MarketCard, habits: Habits, chance: Chance) -> None:
        self._card = card
        self._habits = habits
        self._chance = chance
        self._ticks: Ticks = ticks_of(card.ladder)
        self._in_play = False
        self._attention: list[float] = []
        self._late: deque[tuple[int, tuple[float, ...]]] = deque()
        self.runners = [Runner() for _ in card.runners]
        self.touched: dict[int, None] = {}

    def touch_all(self) -> None:
        """Mark all runners: something happened to the whole market."""
        self.touched.update(dict.fromkeys(range(len(self.runners))))

    # What is known.

    def believe(self, prices: Sequence[float], pace: Pace) -> None:
        """Take the fair prices of the runners for true; what is now wrongly priced is taken or cancelled."""
        self.touch_all()
        for runner, price in zip(self.runners, prices, strict=True):
            if price == runner.price:
                continue
            runner.price = price
            if price:
                self._quote(runner)
            else:
                self.clear(runner)
        self._attention = list(accumulate(map(self._weight, self.runners)))
        for runner in self.runners:
            if runner.is_quoted and not runner.resting:
                self._seed(runner, pace)

    def learn(self, prices: tuple[float, ...], at: int) -> None:
        """
        Hear of fair prices in play.

        Cancellations are at once, and some are quick; orders at the new prices arrive after the bet delay.
        """
        self.touch_all()
        delay = (self._card.in_play_delay or 0) * 1000
        self._late.append((at + delay, prices))
        for runner, price in zip(self.runners, prices, strict=True):
            if price and runner.is_quoted:
                self._withdraw_wrong(runner, price)

    @property
    def acts_at(self) -> float:
        """When orders at prices that were heard of arrive; infinite if none are on their way."""
        return self._late[0][0] if self._late else inf

    def arrive(self, pace: Pace) -> None:
        """Let the orders arrive that waited for the bet delay the longest."""
        self.believe(self._late.popleft()[1], pace)

    def turn_in_play(self) -> None:
        """Cancel what does not persist."""
        self._in_play = True
        self.lapse()

    def lapse(self) -> None:
        """Cancel all orders that do not persist."""
        self.touch_all()
        for runner in self.runners:
            for order in runner.resting:
                if order.persistence is not PersistenceType.PERSIST:
                    runner.orders.cancel(order)
            runner.resting = [order for order in runner.resting if order.size]

    def forget_what_is_late(self, prices: Sequence[float], pace: Pace) -> None:
        """Take prices for true at once: betting was suspended, nothing is on its way."""
        self._late.clear()
        self.believe(prices, pace)

    def clear(self, runner: Runner) -> None:
        """Cancel all orders on a runner, those at the starting price included."""
        self.cancel_all(runner)
        runner.pool.clear()

    def cancel_all(self, runner: Runner) -> None:
        """Cancel all orders on a runner but those at the starting price."""
        runner.orders.available_to_back.clear()
        runner.orders.available_to_lay.clear()
        runner.resting.clear()

    def cancel_lays(self) -> None:
        """Cancel the unmatched orders to lay, as a large reduction does."""
        self.touch_all()
        for runner in self.runners:
            runner.orders.available_to_back.clear()

    def enter(self) -> None:
        """Let another runner in, at the end."""
        self.runners.append(Runner())

    # What they do.

    def act(self, pace: Pace) -> None:
        """Let one of them do something."""
        attention = self._attention
        if not attention or not attention[-1]:
            return
        uniform = self._chance.uniform
        number = bisect_right(attention, uniform() * attention[-1])
        self.touched[number] = None
        runner = self.runners[number]
        what = uniform()
        if what < _REST:
            if not self._in_play and what < self._habits.on_close:
                self._bet_on_close(runner, pace)
            elif len(runner.resting) < _MOST_RESTING:
                self._rest(runner, pace)
            else:
                self._cancel(runner)
        elif what < _REST + _CANCEL:
            self._cancel(runner)
        else:
            self._take(runner, pace)

    def project(self) -> None:
        """Work out the projected starting prices."""
        for number, runner in enumerate(self.runners):
            if not runner.is_quoted:
                continue
            far = far_price(*runner.pool.bids(self._ticks.prices))
            near = self._auction(runner).price
            if not (_same(near, runner.near) and _same(far, runner.far)):
                runner.near, runner.far, runner.is_projected = near, far, True
                self.touched[number] = None

    def hold_auction(self, runner: Runner) -> Auction:
        """
        Match a runner's bets at the starting price, and what of the exchange they take.

        Orders that take the starting price move to the pool, and what is taken trades at its own prices.
        Where nobody backs or nobody lays there is no price: NaN.
        """
        auction = self._auction(runner)
        for order in runner.resting:
            if order.persistence is PersistenceType.MARKET_ON_CLOSE and order.size:
                if order.side is Side.BACK:
                    runner.pool.back(0, order.size)
                else:
                    runner.pool.lay(len(self._ticks) - 1, self._liability_of(order))
                runner.orders.cancel(order)
        if auction.side is not None:
            worst = self._ticks.at_or_below(auction.taken[-1][0])
            size = sum(size for _, size in auction.taken)
            runner.orders.match(auction.side.opposite, worst, size)
        runner.resting = [order for order in runner.resting if order.size]
        highest = self._ticks.prices[-1]
        is_price = isfinite(auction.price) and self._ticks.prices[0] <= auction.price <= highest
        return auction if is_price else Auction(nan, 0, 0)

    def _auction(self, runner: Runner) -> Auction:
        """Work out what an auction would come to now."""
        prices = self._ticks.prices
        backs, lays = runner.pool.bids(prices)
        resting: dict[Side, list[Bid]] = {Side.BACK: [], Side.LAY: []}
        for order in runner.resting:
            if order.persistence is not PersistenceType.MARKET_ON_CLOSE:
                resting[order.side].append((prices[order.tick], order.size))
            elif order.side is Side.BACK:
                backs.append((prices[0], order.size))
            else:
                lays.append((prices[-1], self._liability_of(order)))
        return hold(backs, lays, resting[Side.BACK], resting[Side.LAY])

    def _liability_of(self, order: Order) -> int:
        return _liability(order.size, self._ticks.prices[order.tick])

    def _weight(self, runner: Runner) -> float:
        """Return how much attention a runner gets: most where the outcome is open."""
        if not runner.is_quoted:
            return 0.0
        probability = 1 / runner.price
        outsiders = self._habits.outsiders
        weight = probability * (1 - probability)
        return weight + outsiders if outsiders else max(0.0, weight - _LEAST_OPEN)

    def _quote(self, runner: Runner) -> None:
        """Find the ticks around the fair price, and clear what is offered on the wrong side of it."""
        ticks = self._ticks
        below = ticks.at_or_below(runner.price)
        runner.below, runner.above = below, below + 1
        orders = runner.orders
        self._correct(runner, orders.available_to_back, below)
        self._correct(runner, orders.available_to_lay, -(below + 1))

    def _correct(self, runner: Runner, offers: Offers, fair: int) -> None:
        chance = self._chance
        while offers.best > fair:
            tick = offers.best * offers.sign
            if chance.uniform() < _SNIPED:
                side = Side.BACK if offers.sign > 0 else Side.LAY
                size = max(1, int(offers.shown(tick) * chance.between(0.3, 1.3)))
                runner.orders.match(side, tick, min(size, offers.shown(tick)))
            offers.cancel_level(tick)

    def _withdraw_wrong(self, runner: Runner, price: float) -> None:
        """Cancel a part of what will be wrongly priced."""
        below = self._ticks.at_or_below(price)
        for offers, fair in (
            (runner.orders.available_to_back, below),
            (runner.orders.available_to_lay, -(below + 1)),
        ):
            for tick, _ in offers.ladder():
                if tick * offers.sign <= fair:
                    break
                if self._chance.uniform() < _SNIPED:
                    offers.cancel_level(tick)

    def _rest(self, runner: Runner, pace: Pace) -> None:
        chance = self._chance
        is_far = chance.uniform() < _FAR
        away = int(chance.exponential() * (_FAR_TICKS if is_far else pace.width))
        if chance.uniform() < 0.5:  # noqa: PLR2004 - one side or the other
            side, nearest, tick = Side.BACK, runner.above, min(runner.above + away, len(self._ticks) - 1)
        else:
            side, nearest, tick = Side.LAY, runner.below, max(runner.below - away, 0)
        if not 0 <= nearest < len(self._ticks):
            return  # it is worth more, or less, than any price of the ladder
        order = runner.orders.place(side, tick, self._stake(tick, pace), self._persistence(is_far=is_far))
        if order is not None:
            runner.resting.append(order)

    def _persistence(self, *, is_far: bool) -> PersistenceType:
        if self._card.in_play_delay is None and not self._card.has_starting_price:
            return PersistenceType.LAPSE
        drawn = self._chance.uniform()
        if drawn < (_FAR_KEEP if is_far else _KEEP):
            return PersistenceType.LAPSE if self._card.in_play_delay is None else PersistenceType.PERSIST
        if self._card.has_starting_price and not self._in_play and drawn > 1 - _TAKE_STARTING_PRICE:
            return PersistenceType.MARKET_ON_CLOSE
        return PersistenceType.LAPSE

    def _cancel(self, runner: Runner) -> None:
        """Cancel an order at random; those that were matched meanwhile are dropped on the way."""
        resting = runner.resting
        while resting:
            number = int(self._chance.uniform() * len(resting))
            order = resting[number]
            resting[number] = resting[-1]
            resting.pop()
            if order.size:
                runner.orders.cancel(order)
                return

    def _take(self, runner: Runner, pace: Pace) -> None:
        chance = self._chance
        is_back = chance.uniform() < 0.5  # noqa: PLR2004 - one side or the other
        offers = runner.orders.available_to_back if is_back else runner.orders.available_to_lay
        fair = runner.below if is_back else -runner.above
        if offers.best == NO_OFFER or fair - offers.best > pace.width + 1:
            return
        tick = offers.best * offers.sign
        size = self._stake(tick, pace)
        # Some go on to the next price, if that is on the ladder.
        worst = tick - offers.sign if chance.uniform() < 0.3 else tick  # noqa: PLR2004 - a habit
        runner.orders.match(Side.BACK if is_back else Side.LAY, worst, size)

    def _stake(self, tick: int, pace: Pace) -> int:
        """Draw a stake in pennies: a long tail, smaller at long prices, often in whole pounds."""
        chance = self._chance
        draw = chance.exponential()
        pounds = self._habits.stake * pace.money * (0.25 + draw * draw * 0.5)
        price = self._ticks.prices[tick]
        if price > _DEFAULT_STAKE_PRICE:
            pounds *= _DEFAULT_STAKE_PRICE / price
        pennies = int(pounds * 100)
        if chance.uniform() < _ROUND:
            pennies = pennies // 100 * 100
        return pennies if pennies > _LEAST else _LEAST + int(pennies * chance.uniform())

    def _bet_on_close(self, runner: Runner, pace: Pace) -> None:
        """
        Bet at the starting price.

        Most take any price, and most of those look at where it stands: where it is better than fair they
        back, where it is worse they lay, up to what is missing. The others set a limit a little worse than
        fair.
        """
        chance = self._chance
        prices = self._ticks.prices
        price = runner.price
        pool = runner.pool
        stake = self._stake(max(0, min(runner.below, len(prices) - 1)), pace)
        is_back = chance.uniform() < 0.5  # noqa: PLR2004 - one side or the other
        drawn = chance.uniform()
        if drawn < _LIMITED_ON_CLOSE:
            away = chance.between(-0.02, 0.10)
            if is_back:
                tick = min(self._ticks.at_or_below(price * (1 + away)) + 1, len(prices) - 1)
                pool.back(tick, stake)
            else:
                tick = max(self._ticks.at_or_below(price * (1 - away)), 0)
                pool.lay(tick, max(_LEAST_LIABILITY, _liability(stake, price)))
            return
        if drawn < _WATCHFUL_ON_CLOSE:
            missing = pool.liability_at_any - _liability(pool.stake_at_any, price)
            is_back = missing > 0
            stake = min(5 * stake, max(_LEAST, int(abs(missing) / (price - 1)))) if price > 1 else stake
        if is_back:
            pool.back(0, stake)
        else:
            pool.lay(len(prices) - 1, max(_LEAST_LIABILITY, _liability(stake, price)))

    def _seed(self, runner: Runner, pace: Pace) -> None:
        """Put the first offers up: a few around the price, and those that hope for anything at the ends."""
        for _ in range(16):
            self._rest(runner, pace)
        for side, tick in ((Side.LAY, 0), (Side.BACK, len(self._ticks) - 1)):
            fits = runner.below >= tick if side is Side.LAY else runner.above <= tick
            if fits and not self._in_play:
                size = 10 * self._stake(0, pace) if side is Side.LAY else self._stake(tick, pace)
                order = runner.orders.place(side, tick, size, self._persistence(is_far=True))
                if order is not None:
                    runner.resting.append(order)
        if self._habits.on_close and not self._in_play:
            for _ in range(6):
                self._bet_on_close(runner, pace)


_LEAST_OPEN: Final = 0.12
"""Probability times counter-probability below which nobody bets, where nobody bets on outsiders."""


def _liability(stake: int, price: float) -> int:
    """Return what a layer may lose, in pennies, rounded half up."""
    return int(stake * (price - 1) + 0.5)


def _same(one: float, other: float) -> bool:
    """Say whether two projected prices are the same once they are rounded; NaN is as good as NaN."""
    return repr(round(one, 2) if isfinite(one) else one) == repr(
        round(other, 2) if isfinite(other) else other
    )
