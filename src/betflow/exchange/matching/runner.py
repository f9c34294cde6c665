"""
Passive matching on one runner: what the market does to our orders that rest.

Every function matches at once (`Order.match`) and tells what it matched as `Step`s. What an order takes as it
arrives is in `arrivals`.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import inf

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.matching.arrivals import offers_to, take
from betflow.exchange.matching.levels import BookSide
from betflow.exchange.matching.orders import NOTHING, Case, Order, Rule, amounts_of, less
from betflow.exchange.matching.showing import displayed, has_full_depth, has_levels, pennies
from betflow.exchange.matching.steps import Step, step_of
from betflow.exchange.matching.traded import Traded
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import Side
from betflow.wire.stream import PriceSizes, RunnerChange


class RunnerMatching:
    """
    What is remembered of a runner while orders of ours rest on it, or something that we took is still shown.

    Args:
        traded: What has traded on it.

    Attributes:
        to_back: What is available to back, and our lay orders that offer it.
        to_lay: What is available to lay, and our back orders.
        traded: As given.
    """

    __slots__ = ("_deepest", "_has_taken", "_highest_lay", "_lowest_back", "to_back", "to_lay", "traded")

    def __init__(self, traded: Traded) -> None:
        self.to_back = BookSide(Side.BACK)
        self.to_lay = BookSide(Side.LAY)
        self.traded = traded
        self._highest_lay = 0.0  # the prices of ours that are reached first
        self._lowest_back = inf
        self._has_taken = False
        self._deepest: dict[Side, int] = {}  # as many prices as a book by levels has ever shown

    @property
    def is_idle(self) -> bool:
        """Whether nothing has to be remembered."""
        return not self.to_back.levels and not self.to_lay.levels

    # Orders that come and go.

    def arrive(
        self, order: Order, runner: RunnerBook, assumptions: Assumptions, *, is_line: bool
    ) -> list[Step]:
        """Match an order with what is there; what is left of it does not rest yet."""
        steps = take(order, self._offered_to(order.side), runner, assumptions, is_line=is_line)
        self._has_taken = self._has_taken or bool(steps)
        self._leave_completed(steps, but=order)
        return steps

    def best_offer(self, order: Order, runner: RunnerBook, assumptions: Assumptions) -> float | None:
        """Return the best price that an order would get; None if it would not be matched at once."""
        offers = offers_to(order, self._offered_to(order.side), runner, assumptions)
        return next((offer.price for offer in offers if offer.has_any), None)

    def rest(self, order: Order, runner: RunnerBook) -> int | None:
        """
        Let what is left of an order wait at its price.

        Returns:
            What is displayed ahead of it, as expected; None where the recording does not show its price.
        """
        if order.price is None:
            raise AssertionError("only orders with a price rest")
        side = self._offered_by(order.side)
        sizes = displayed(runner, side.takers)
        level = side.join(order, order.price, pennies(sizes.get(order.price, 0.0)))
        self._find_best()
        if not self._is_in_sight(order.price, side, runner, sizes):
            level.join_unseen(order)
            return None
        return level.resting[order.bet_id].ahead[Case.EXPECTED]

    def leave(self, order: Order) -> None:
        """Take an order out of its queue, where it is in one."""
        side = self._offered_by(order.side)
        level = side.levels.get(order.price) if order.price is not None else None
        if level is not None and order.bet_id in level.resting:
            side.leave(order, level.price)
            self._find_best()

    def forget_queues(self) -> None:
        """Let all that rests wait behind whatever the book will show first; in the best case not."""
        for side in (self.to_back, self.to_lay):
            for level in side.levels.values():
                for resting in level.resting.values():
                    level.join_unseen(resting.order)

    # Changes of the book.

    def concerns(self, change: RunnerChange) -> bool:
        """Say whether a change may do something to our orders, or to what we took; most do not."""
        if change.trd is not None and self._is_concerned_by_trades(change.trd):
            return True
        if change.atb is not None:
            levels, reached = self.to_back.levels, self._lowest_back
            for price, _ in change.atb:
                if price in levels or price >= reached:
                    return True
        if change.atl is not None:
            levels, reached = self.to_lay.levels, self._highest_lay
            for price, _ in change.atl:
                if price in levels or price <= reached:
                    return True
        # Where the ladders come by price as well, those by level say nothing more.
        return change.atb is None and change.atl is None and has_levels(change)

    def _is_concerned_by_trades(self, traded: PriceSizes) -> bool:
        highest_lay, lowest_back, has_taken = self._highest_lay, self._lowest_back, self._has_taken
        for price, _ in traded:
            if price <= highest_lay or price >= lowest_back:
                return True
            if has_taken and (price in self.to_back.levels or price in self.to_lay.levels):
                return True
        return False

    def change(
        self, changes: Sequence[RunnerChange], runner: RunnerBook, *, ignore_trades: bool
    ) -> list[Step]:
        """
        Let one message's changes of the runner act: first what traded, then what is displayed.

        Args:
            changes: All of the message; official files have one for each ladder.
            runner: The runner's book after them.
            ignore_trades: The volumes moved for another reason: they were converted anew. What is displayed
                tells trades among them: where one of our orders waits and it shrinks by the volume.
        """
        traded: dict[float, int] = {}
        for change in changes:
            if change.trd is not None and not change.trd:
                self.traded.volumes.clear()
            for price, size in change.trd or ():
                volume = self.traded.added(price, size)
                if volume and (not ignore_trades or self._shrinks(price, volume, changes)):
                    traded[price] = traded.get(price, 0) + volume
        steps = self._trade(traded) if traded else []
        if any(has_levels(change) for change in changes) and not has_full_depth(runner):
            steps += self._show_all(runner, traded)
        else:
            to_back = [entry for change in changes for entry in change.atb or ()]
            to_lay = [entry for change in changes for entry in change.atl or ()]
            _show(self.to_back, to_back, traded)
            _show(self.to_lay, to_lay, traded)
            steps += self._cross(self.to_back, self.to_lay, to_lay)
            steps += self._cross(self.to_lay, self.to_back, to_back)
        self._leave_completed(steps)
        return steps

    def renew(self, runner: RunnerBook, *, count_trades: bool) -> list[Step]:
        """
        Compare everything with the book: after an image, or when the market opens again.

        Args:
            runner: The runner's book.
            count_trades: Whether what has traded since matches our orders.
        """
        traded: dict[float, int] = {}
        for price, size in runner.traded.items():
            volume = self.traded.added(price, size)
            if volume and count_trades:
                traded[price] = volume
        self.traded.replace(runner.traded)
        steps = self._trade(traded) + self._show_all(runner, traded)
        self._leave_completed(steps)
        return steps

    def _shrinks(self, price: float, volume: int, changes: Iterable[RunnerChange]) -> bool:
        """Say whether what is displayed where an order of ours waits shrinks by as much as was traded."""
        for change in changes:
            for side, entries in ((self.to_back, change.atb), (self.to_lay, change.atl)):
                level = side.levels.get(price)
                if level is None or not level.resting:
                    continue
                if any(at == price and level.shown - pennies(size) >= volume for at, size in entries or ()):
                    return True
        return False

    def _trade(self, traded: Mapping[float, int]) -> list[Step]:
        """Let traded volume match our orders: those at better prices first, then the queue at its own."""
        steps: list[Step] = []
        volumes = {price: [volume, volume, volume] for price, volume in traded.items()}
        for side, other in ((self.to_back, self.to_lay), (self.to_lay, self.to_back)):
            for price in sorted(volumes, reverse=side.takers is Side.BACK):
                taken_before = other.levels.get(price)
                same = taken_before.settle_owed(volumes[price]) if taken_before is not None else NOTHING
                if not side.prices or side.is_better(price, side.prices[-1]):
                    continue
                left = list(less(amounts_of(volumes[price]), same))
                steps += _match_traded(side, price, left)
                volumes[price] = [left[case] + same[case] for case in Case]
        return steps

    def _show_all(self, runner: RunnerBook, traded: Mapping[float, int]) -> list[Step]:
        """Compare every price that concerns us with the book, and then what crosses."""
        to_back, to_lay = displayed(runner, Side.BACK), displayed(runner, Side.LAY)
        for side, sizes in ((self.to_back, to_back), (self.to_lay, to_lay)):
            entries = [
                (price, sizes.get(price, 0.0))
                for price in side.levels
                if self._is_in_sight(price, side, runner, sizes)
            ]
            _show(side, entries, traded)
        steps = self._cross(self.to_back, self.to_lay, to_lay.items())
        return steps + self._cross(self.to_lay, self.to_back, to_back.items())

    def _is_in_sight(
        self, price: float, side: BookSide, runner: RunnerBook, sizes: Mapping[float, float]
    ) -> bool:
        """
        Say whether a book shows what there is at a price.

        A book by levels shows only so many of the best prices. Once it shows as many as it ever did, what
        lies behind the worst of them is not known.
        """
        if has_full_depth(runner):
            return True
        deepest = self._deepest[side.takers] = max(self._deepest.get(side.takers, 0), len(sizes))
        if price in sizes or len(sizes) < deepest or not sizes:
            return True
        return any(side.is_better(price, shown) for shown in sizes)

    def _cross(self, side: BookSide, other: BookSide, entries: Iterable[tuple[float, float]]) -> list[Step]:
        """
        Match our orders that rest on one side with offers on the other that reach them.

        Args:
            side: Where our orders rest.
            other: Where the offers are displayed.
            entries: The offers that are new or changed.
        """
        if not side.prices:
            return []
        best = side.prices[-1]
        reaching = [(price, size) for price, size in entries if size and not side.is_better(price, best)]
        steps: list[Step] = []
        for price, size in sorted(reaching, reverse=other.takers is Side.BACK):
            own_prices = side.reached(price)
            if not own_prices:
                continue
            shown = pennies(size)
            level = other.levels.get(price)
            before = (shown, shown, shown) if level is None else level.left_of(shown)
            left = list(before)
            facts = (("displayed", shown), ("at", price))
            for own in own_prices:
                steps += [step_of(each, Rule.CROSSED, facts) for each in side.levels[own].match(left)]
            used = less(before, amounts_of(left))
            if any(used):
                other.level(price, shown).take(used)
                self._has_taken = True
        return steps

    # Bookkeeping.

    def _offered_to(self, side: Side) -> BookSide:
        return self.to_back if side is Side.BACK else self.to_lay

    def _offered_by(self, side: Side) -> BookSide:
        return self.to_lay if side is Side.BACK else self.to_back

    def _leave_completed(self, steps: Iterable[Step], but: Order | None = None) -> None:
        for order in {id(step.order): step.order for step in steps}.values():
            if order is not but and not order.is_open:
                self.leave(order)

    def _find_best(self) -> None:
        """Remember which of our prices are reached first."""
        self._highest_lay = self.to_back.prices[-1] if self.to_back.prices else 0.0
        self._lowest_back = self.to_lay.prices[-1] if self.to_lay.prices else inf


def _match_traded(side: BookSide, price: float, left: list[int]) -> list[Step]:
    """Match what traded at one price with our orders on one side; what is used is taken out."""
    facts = (("traded", left[Case.EXPECTED]), ("at", price))
    steps: list[Step] = []
    for own in side.beyond(price):
        steps += [step_of(each, Rule.TRADED_THROUGH, facts) for each in side.levels[own].match(left)]
    level = side.levels.get(price)
    if level is not None and level.resting:
        steps += [step_of(each, Rule.QUEUE, facts) for each in level.trade(left)]
    return steps


def _show(side: BookSide, entries: Iterable[tuple[float, float]], traded: Mapping[float, int]) -> None:
    levels = side.levels
    if not levels:
        return
    for price, size in entries:
        if price in levels:
            side.show(price, pennies(size), traded.get(price, 0))
