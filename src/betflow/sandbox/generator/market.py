"""One market from its first definition to its last: its course, traded by its crowd, published."""

from collections.abc import Iterator, Sequence
from functools import partial
from math import isnan
from typing import Final

from betflow.exchange.money import exact
from betflow.exchange.reductions import reduced_starting_price_liability
from betflow.exchange.results import MarketKind
from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.course import (
    Believed,
    Entered,
    Opened,
    Pace,
    Plot,
    Reconciled,
    Removed,
    Settled,
    Step,
    Suspended,
    TurnedInPlay,
)
from betflow.sandbox.generator.crowd import Crowd
from betflow.sandbox.generator.definition import Definition
from betflow.sandbox.generator.publisher import Change, Plan, Publisher, collapsed
from betflow.sandbox.generator.ticks import amount, ticks_of
from betflow.wire.enums import MarketStatus

_LONGEST_WAIT_MS: Final = 60_000
"""After which the pace is looked at again; waiting has no memory, so that changes nothing else."""
_PROJECTED_EVERY_MS: Final = 120_000
_PROJECTED_OFTEN_MS: Final = 20_000
_OFTEN_BEFORE_MS: Final = 600_000
_REMOVAL_MS: Final = 1_000


def changes(plot: Plot, chance: Chance, *, plan: Plan = Plan.PRO, conflate_ms: int = 0) -> Iterator[Change]:
    """
    Yield the changes of a market in the order of time, as they are asked for.

    Args:
        plot: The market.
        chance: What its crowd draws from.
        plan: How much is published.
        conflate_ms: The least time between two changes, where that is more than the plan's.
    """
    return _Market(plot, chance, plan, max(plan.interval, conflate_ms)).changes()


class _Market:
    def __init__(self, plot: Plot, chance: Chance, plan: Plan, interval: int) -> None:
        self._plot = plot
        self._plan = plan
        self._interval = interval
        # What is published when takes nothing from the crowd: each plan tells of the same trades.
        self._waits = chance.stream("waits").exponential
        self._lag = chance.stream("lag").uniform
        self._crowd = Crowd(plot.card, plot.habits, chance.stream("crowd"))
        self._publisher = Publisher(plot.card, plan)
        self._definition = Definition(plot.card, version=plot.opens // 100 % 10_000_000_000)
        self._now = float(plot.opens)
        self._published_at = 0
        self._due: int | None = None
        self._projected_at = 0
        self._beliefs: tuple[float, ...] = ()
        self._collapsed: dict[int, tuple[float, int, int]] = {}

    def changes(self) -> Iterator[Change]:
        yield self._defined(self._plot.opens)
        for step in self._plot.steps:
            yield from self._trade(step.at)
            if not isinstance(step, Believed):  # what is merely known is published when its time comes
                yield from self._publish(step.at - 1)
            yield from self._take(step)
            self._now = max(self._now, float(step.at))

    # Trading.

    def _trade(self, end: int) -> Iterator[Change]:
        """Let the crowd trade up to a moment, and publish on the way."""
        if self._definition.status is not MarketStatus.OPEN:
            return
        waits, crowd, now = self._waits, self._crowd, self._now
        while now < end:
            pace, holds_until = self._pace(now)
            arrives = crowd.acts_at
            limit = min(end, holds_until, now + _LONGEST_WAIT_MS, arrives)
            at = now + waits() * 1000 / pace.orders
            if self._due is not None and self._due <= min(at, limit):
                yield from self._publish(self._due)
            now = min(at, limit)
            if at < limit:
                crowd.act(pace)
            elif limit == arrives:
                crowd.arrive(pace)
            if self._due is None and crowd.touched:
                self._due = self._next_due(now)
        self._now = now

    def _next_due(self, now: float) -> int:
        """Return when what changes now is published: soon, but not too soon after the latest."""
        return max(int(now) + 1 + int(self._lag() * 20), self._published_at + self._interval)

    def _pace(self, now: float) -> tuple[Pace, float]:
        """Return the pace of a moment, and until when it holds."""
        habits, far = self._plot.habits, now + _LONGEST_WAIT_MS
        if self._definition.in_play:
            return habits.in_play, far
        left = (self._plot.card.market_time - now) / 1000
        current = habits.before[0]
        for pace in habits.before[1:]:
            if left > pace.seconds:
                return current, self._plot.card.market_time - pace.seconds * 1000
            current = pace
        return current, far

    # Publishing.

    def _publish(self, at: int) -> Iterator[Change]:
        """Publish what changed, if anything did."""
        self._due = None
        at = max(at, self._published_at + 1)
        if self._definition.status is MarketStatus.OPEN:
            self._project(at)
        runners, total = self._news()
        if runners or total:
            yield self._change(at, runners=runners, total=total)

    def _news(self) -> tuple[str, str]:
        crowd = self._crowd
        if not crowd.touched:
            return "", ""
        runners = self._publisher.changes(self._definition.runners, crowd.runners, crowd.touched)
        crowd.touched.clear()
        return runners, self._publisher.total(crowd.runners)

    def _project(self, at: int) -> None:
        card = self._plot.card
        if not card.has_starting_price or self._definition.is_reconciled or self._plan is not Plan.PRO:
            return
        is_near = card.market_time - at < _OFTEN_BEFORE_MS
        if at - self._projected_at >= (_PROJECTED_OFTEN_MS if is_near else _PROJECTED_EVERY_MS):
            self._projected_at = at
            self._crowd.project()

    def _defined(self, at: int) -> Change:
        """Publish the definition as it stands."""
        self._due = None
        return self._change(max(at, self._published_at + 1), is_defined=True)

    def _change(self, at: int, *, is_defined: bool = False, runners: str = "", total: str = "") -> Change:
        self._published_at = at
        definition = self._definition.published() if is_defined else None
        return Change(at, self._plot.card.market_id, definition, runners, total)

    # Steps.

    def _take(self, step: Step) -> Iterator[Change]:
        match step:
            case Believed():
                self._believe(step)
            case Suspended():
                yield self._suspended(step.at)
            case Opened():
                yield from self._opened(step)
            case Removed():
                yield from self._removed(step)
            case Entered():
                self._definition.enter(step.runner)
                self._crowd.enter()
                yield self._defined(step.at)
            case Reconciled():
                yield from self._reconciled(step.at)
            case TurnedInPlay():
                yield from self._turned_in_play(step.at)
            case Settled():
                yield from self._settled(step)

    def _believe(self, step: Believed) -> None:
        self._beliefs = step.prices
        if self._definition.status is not MarketStatus.OPEN:
            return
        if self._definition.in_play:
            self._crowd.learn(step.prices, step.at)
        else:
            self._crowd.believe(step.prices, self._pace(step.at)[0])
        if self._due is None:
            self._due = self._next_due(step.at)

    def _suspended(self, at: int) -> Change:
        self._definition.status = MarketStatus.SUSPENDED
        return self._defined(at)

    def _opened(self, step: Opened) -> Iterator[Change]:
        if step.is_material:
            self._crowd.lapse()
            yield from self._publish(step.at - 1)
        self._definition.status = MarketStatus.OPEN
        yield self._defined(step.at)
        self._catch_up(step.at)

    def _catch_up(self, at: int) -> None:
        """Let the crowd act on what became known while betting was suspended."""
        if self._beliefs:
            self._crowd.forget_what_is_late(self._beliefs, self._pace(at)[0])
            self._due = self._next_due(at)

    def _removed(self, step: Removed) -> Iterator[Change]:
        was_open = self._definition.status is MarketStatus.OPEN
        self._definition.status = MarketStatus.SUSPENDED
        self._definition.remove(step.runner, step.status, step.at)
        before = self._definition.factors
        if step.factors is not None:
            self._definition.factors = list(step.factors)
        yield self._defined(step.at)
        runners = self._crowd.runners
        runners[step.runner].price = 0.0
        self._crowd.clear(runners[step.runner])
        if step.voids_all:
            for runner in runners:
                self._crowd.cancel_all(runner)
        if step.cancels_lays:
            self._crowd.cancel_lays()
        if step.factors is not None:
            self._reduce_pools(step.runner, before)
        self._crowd.touch_all()
        yield from self._publish(step.at + _REMOVAL_MS // 2)
        if was_open:
            self._definition.status = MarketStatus.OPEN
            yield self._defined(step.at + _REMOVAL_MS)

    def _reduce_pools(self, removed: int, factors: Sequence[float | None]) -> None:
        """Reduce what may be lost at the starting price on those that are left; factors from before."""
        kind = MarketKind.PLACE if self._plot.card.market_type == "PLACE" else MarketKind.WIN
        factor = exact(factors[removed] or 0)
        for number, runner in enumerate(self._crowd.runners):
            if number != removed:
                own = exact(factors[number] or 0)
                runner.pool.reduce(
                    partial(reduced_starting_price_liability, kind=kind, factor=factor, own_factor=own)
                )

    def _reconciled(self, at: int) -> Iterator[Change]:
        """
        Reconcile the starting price in Betfair's order.

        The prices; what the auction takes of the exchange trades, what takes the starting price moves to the
        pools; the definition says that it is done; each pool is left with what was matched, at the price.
        What does not persist is cancelled at the turn in play; here, if there is none.
        """
        crowd, definition = self._crowd, self._definition
        auctions = [crowd.hold_auction(runner) for runner in crowd.runners]
        definition.starting_prices = tuple(auction.price for auction in auctions)
        yield self._defined(at)
        crowd.touch_all()
        yield from self._publish(at + 100)
        definition.is_reconciled = True
        yield self._defined(at + 200)
        if self._plan is Plan.PRO:
            for number, auction in enumerate(auctions):
                self._collapsed[number] = (auction.price, auction.stake, auction.liability)
            yield self._change(at + 300, runners=self._collapse())
        if self._plot.card.in_play_delay is None:
            crowd.lapse()
            yield from self._publish(at + 400)

    def _collapse(self) -> str:
        texts = ticks_of(self._plot.card.ladder).texts
        entries = []
        for number, (price, stake, liability) in self._collapsed.items():
            pool = self._crowd.runners[number].pool
            fields = [
                collapsed(name, [texts[tick] for tick in sizes], price, size)
                for name, sizes, size in (("spb", pool.liabilities, liability), ("spl", pool.stakes, stake))
                if sizes
            ]
            if fields:
                entries.append(f'{{{",".join(fields)},"id":{self._definition.runners[number].selection_id}}}')
            pool.clear()
            pool.changed_stakes.clear()
            pool.changed_liabilities.clear()
        return ",".join(entries)

    def _turned_in_play(self, at: int) -> Iterator[Change]:
        self._crowd.turn_in_play()
        yield from self._publish(at - 1)
        self._definition.in_play = True
        self._definition.status = MarketStatus.OPEN
        yield self._defined(at)
        self._catch_up(at)

    def _settled(self, step: Settled) -> Iterator[Change]:
        """Cancel what is left; delete volumes and pools, as Betfair does; close."""
        for runner in self._crowd.runners:
            self._crowd.clear(runner)
            runner.orders.forget_trades()
        self._crowd.touch_all()
        runners, total = self._news()
        zeros = ",".join(filter(None, (runners, self._zeroed_pools())))
        if zeros:
            yield self._change(max(step.at - 5_000, self._published_at + 1), runners=zeros, total=total)
        self._definition.status = MarketStatus.CLOSED
        self._definition.statuses = list(step.statuses)
        self._definition.settled_at = step.at // 1000 * 1000 - 2_000
        yield self._defined(step.at)

    def _zeroed_pools(self) -> str:
        entries = []
        for number, (price, stake, liability) in self._collapsed.items():
            names = [name for name, size in (("spb", liability), ("spl", stake)) if size]
            if names and not isnan(price):
                fields = ",".join(f'"{name}":[[{price!r},{amount(0)}]]' for name in names)
                entries.append(f'{{{fields},"id":{self._definition.runners[number].selection_id}}}')
        return ",".join(entries)
