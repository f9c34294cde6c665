"""
Matching on one runner: what an arriving order takes, and what the market does to our orders that rest.

Every function matches at once (`Order.match`) and tells what it matched as `Step`s; who hosts it turns them
into fills and events.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf

from betflow.exchange.assumptions import Assumptions, OwnOrders
from betflow.exchange.matching.levels import CASES, BookSide, Level, Matched
from betflow.exchange.matching.orders import NOTHING, Amounts, Case, Order, Rule, amounts_of
from betflow.exchange.matching.plans import Offers, aim, fill_or_kill, take_up_to
from betflow.exchange.money import exact
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import Side, TimeInForce
from betflow.wire.stream import PriceSizes, RunnerChange

_LARGEST = 10_000_000_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """
    A part of an order that was matched.

    Attributes:
        order: The order.
        price: At which.
        amounts: How much, case by case.
        rule: How.
        facts: The numbers that decided, by name.
    """

    order: Order
    price: float
    amounts: Amounts
    rule: Rule
    facts: tuple[tuple[str, int | float | str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Offer:
    """What can be taken at a price: of what is displayed, and of our own orders on the other side."""

    price: float
    shown: int
    displayed: Amounts
    own: Amounts


class RunnerMatching:
    """
    What is remembered of a runner while orders of ours rest on it, or something that we took is still shown.

    Attributes:
        to_back: What is available to back, and our lay orders that offer it.
        to_lay: What is available to lay, and our back orders.
    """

    __slots__ = (
        "_deepest",
        "_has_taken",
        "_highest_lay",
        "_lowest_back",
        "_spare",
        "_traded",
        "to_back",
        "to_lay",
    )

    def __init__(self) -> None:
        self.to_back = BookSide(Side.BACK)
        self.to_lay = BookSide(Side.LAY)
        self._traded: dict[float, float] | None = None  # as published; None before the first order
        self._spare: dict[float, int] = {}  # halves of a penny that traded and matched nothing yet
        self._highest_lay = 0.0  # the prices of ours that are reached first
        self._lowest_back = inf
        self._has_taken = False
        self._deepest: dict[Side, int] = {}  # as many prices as a book by levels has ever shown

    @property
    def is_idle(self) -> bool:
        """Whether nothing has to be remembered."""
        return not self.to_back.levels and not self.to_lay.levels

    def arrive(
        self, order: Order, runner: RunnerBook, assumptions: Assumptions, *, is_line: bool
    ) -> list[Step]:
        """
        Match an order with what is there, the best price first; what is left of it does not rest yet.

        A FILL_OR_KILL order and one with a bet target get their size here, in each case.
        """
        side = self._offered_to(order.side)
        kills = order.time_in_force is TimeInForce.FILL_OR_KILL
        offers = self._offers(order, runner, assumptions, beyond_limit=kills and not is_line)
        if self._traded is None:
            self._traded = dict(runner.traded)
        plans: list[list[int]] = []
        for case in CASES:
            available = [
                (Fraction(exact(offer.price)), offer.displayed[case] + offer.own[case]) for offer in offers
            ]
            plans.append(_plan(order, case, available, assumptions, is_line=is_line))
        steps: list[Step] = []
        for offer, worst, expected, best in zip(offers, *plans, strict=True):
            if worst or expected or best:
                steps.extend(self._take(order, offer, (worst, expected, best), side))
        self._leave_completed(steps, but=order)
        return steps

    def would_match(self, order: Order, runner: RunnerBook, assumptions: Assumptions) -> bool:
        """Say whether an order would be matched at once, at least in part, in any of the cases."""
        offers = self._offers(order, runner, assumptions, beyond_limit=False)
        return any(any(offer.displayed) or any(offer.own) for offer in offers)

    def best_offer(self, order: Order, runner: RunnerBook, assumptions: Assumptions) -> float | None:
        """Return the best price that an order would get; None if it would not be matched at once."""
        offers = self._offers(order, runner, assumptions, beyond_limit=False)
        return next((offer.price for offer in offers if any(offer.displayed) or any(offer.own)), None)

    def rest(self, order: Order, runner: RunnerBook) -> int | None:
        """
        Let what is left of an order wait at its price.

        Returns:
            What is displayed ahead of it, as expected; None where the recording does not show its price.
        """
        if order.price is None:
            raise AssertionError("only orders with a price rest")
        if self._traded is None:
            self._traded = dict(runner.traded)
        side = self._offered_by(order.side)
        displayed = _displayed(runner, side.takers)
        level = side.join(order, order.price, _pennies(displayed.get(order.price, 0.0)))
        self._find_best()
        if not self._is_in_sight(order.price, side, runner, displayed):
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
        return change.atb is None and change.atl is None and _has_levels(change)

    def _is_concerned_by_trades(self, traded: PriceSizes) -> bool:
        highest_lay, lowest_back, has_taken = self._highest_lay, self._lowest_back, self._has_taken
        for price, _ in traded:
            if price <= highest_lay or price >= lowest_back:
                return True
            if has_taken and (price in self.to_back.levels or price in self.to_lay.levels):
                return True
        return False

    def pass_over(self, change: RunnerChange) -> None:
        """Remember what a change traded that does not concern us."""
        if self._traded is not None and change.trd is not None:
            if not change.trd:
                self._traded.clear()
            self._traded.update(change.trd)

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
        if self._traded is not None:
            for change in changes:
                if change.trd is not None and not change.trd:
                    self._traded.clear()
                for price, size in change.trd or ():
                    volume = self._volume(self._traded, price, size)
                    if volume and (not ignore_trades or self._shrinks(price, volume, changes)):
                        traded[price] = traded.get(price, 0) + volume
        steps = self._trade(traded) if traded else []
        if any(_has_levels(change) for change in changes) and not _has_full_depth(runner):
            steps += self._show_all(runner, traded)
        else:
            to_back = [entry for change in changes for entry in change.atb or ()]
            to_lay = [entry for change in changes for entry in change.atl or ()]
            self._show(self.to_back, to_back, traded)
            self._show(self.to_lay, to_lay, traded)
            steps += self._cross(self.to_back, self.to_lay, to_lay)
            steps += self._cross(self.to_lay, self.to_back, to_back)
        self._leave_completed(steps)
        return steps

    def _shrinks(self, price: float, volume: int, changes: Iterable[RunnerChange]) -> bool:
        """Say whether what is displayed where an order of ours waits shrinks by as much as was traded."""
        for change in changes:
            for side, entries in ((self.to_back, change.atb), (self.to_lay, change.atl)):
                level = side.levels.get(price)
                if level is None or not level.resting:
                    continue
                if any(at == price and level.shown - _pennies(size) >= volume for at, size in entries or ()):
                    return True
        return False

    def renew(self, runner: RunnerBook, *, count_trades: bool) -> list[Step]:
        """
        Compare everything with the book: after an image, or when the market opens again.

        Args:
            runner: The runner's book.
            count_trades: Whether what has traded since matches our orders.
        """
        traded: dict[float, int] = {}
        if self._traded is not None:
            for price, size in runner.traded.items():
                volume = self._volume(self._traded, price, size)
                if volume and count_trades:
                    traded[price] = volume
            self._traded = dict(runner.traded)
        steps = self._trade(traded) + self._show_all(runner, traded)
        self._leave_completed(steps)
        return steps

    def revalued(self, changes: Iterable[RunnerChange]) -> list[tuple[int, int]]:
        """Return the volumes that changes bring and those known before, in pennies, where they are known."""
        known = self._traded
        if known is None:
            return []
        return [
            (_pennies(size), _pennies(known.get(price, 0.0)))
            for change in changes
            for price, size in change.trd or ()
        ]

    def prices_traded(self) -> int:
        """Return at how many prices there is volume, as far as that is known."""
        return len(self._traded or ())

    def _offered_to(self, side: Side) -> BookSide:
        return self.to_back if side is Side.BACK else self.to_lay

    def _offered_by(self, side: Side) -> BookSide:
        return self.to_lay if side is Side.BACK else self.to_back

    def _offers(
        self, order: Order, runner: RunnerBook, assumptions: Assumptions, *, beyond_limit: bool
    ) -> list[_Offer]:
        """Return what an order can take, the best first, down to its limit or beyond it."""
        side = self._offered_to(order.side)
        has_own = assumptions.own_orders is OwnOrders.MATCHED
        displayed = _displayed(runner, side.takers)
        prices = set(displayed).union(side.prices if has_own else ())
        limit = order.price
        if limit is not None and not beyond_limit:
            prices = {price for price in prices if not side.is_better(limit, price)}
        offers: list[_Offer] = []
        for price in sorted(prices, reverse=side.takers is Side.BACK):
            shown, level = _pennies(displayed.get(price, 0.0)), side.levels.get(price)
            if level is None:
                offers.append(_Offer(price, shown, (shown, shown, shown), NOTHING))
            else:
                offers.append(_offer(level, price, shown, has_own=has_own))
        return offers

    def _take(self, order: Order, offer: _Offer, amounts: Amounts, side: BookSide) -> list[Step]:
        """Take from what is displayed first, then from our own orders at the same price."""
        displayed = _smaller(amounts, offer.displayed)
        own = _less(amounts, displayed)
        steps: list[Step] = []
        if any(displayed):
            side.level(offer.price, offer.shown).take(displayed)
            self._has_taken = True
            order.match(displayed)
            facts = (
                ("displayed", offer.shown),
                ("taken before", offer.shown - offer.displayed[Case.EXPECTED]),
            )
            steps.append(Step(order, offer.price, displayed, Rule.BEST_PRICE, facts))
        if any(own):
            for matched in side.levels[offer.price].match(list(own)):
                order.match(matched.amounts)
                steps.append(
                    Step(
                        order,
                        offer.price,
                        matched.amounts,
                        Rule.OWN_ORDER,
                        (("order", matched.order.bet_id),),
                    )
                )
                steps.append(_step(matched, Rule.OWN_ORDER, (("order", order.bet_id),)))
        return steps

    def _volume(self, known: dict[float, float], price: float, size: float) -> int:
        """
        Return how much was traded at a price, one-sided; what is less than a penny is kept for later.

        Where a published volume cannot be, nothing is known to have traded.
        """
        if not 0 <= size < _LARGEST:
            return 0
        before = known.get(price, 0.0)
        known[price] = size
        if not 0 <= before < size:
            return 0
        both_sides = round(size * 100) - round(before * 100)
        volume, self._spare[price] = divmod(both_sides + self._spare.get(price, 0), 2)
        return volume

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
                left = list(_less(amounts_of(volumes[price]), same))
                steps += self._match_traded(side, price, left)
                volumes[price] = [left[case] + same[case] for case in CASES]
        return steps

    def _match_traded(self, side: BookSide, price: float, left: list[int]) -> list[Step]:
        """Match what traded at one price with our orders on one side; what is used is taken out."""
        facts = (("traded", left[Case.EXPECTED]), ("at", price))
        steps: list[Step] = []
        for own in side.beyond(price):
            steps += [_step(each, Rule.TRADED_THROUGH, facts) for each in side.levels[own].match(left)]
        level = side.levels.get(price)
        if level is not None and level.resting:
            steps += [_step(each, Rule.QUEUE, facts) for each in level.trade(left)]
        return steps

    def _show(
        self, side: BookSide, entries: Iterable[tuple[float, float]], traded: Mapping[float, int]
    ) -> None:
        levels = side.levels
        if not levels:
            return
        for price, size in entries:
            if price in levels:
                side.show(price, _pennies(size), traded.get(price, 0))

    def _show_all(self, runner: RunnerBook, traded: Mapping[float, int]) -> list[Step]:
        """Compare every price that concerns us with the book, and then what crosses."""
        to_back, to_lay = _displayed(runner, Side.BACK), _displayed(runner, Side.LAY)
        for side, displayed in ((self.to_back, to_back), (self.to_lay, to_lay)):
            entries = [
                (price, displayed.get(price, 0.0))
                for price in side.levels
                if self._is_in_sight(price, side, runner, displayed)
            ]
            self._show(side, entries, traded)
        steps = self._cross(self.to_back, self.to_lay, to_lay.items())
        return steps + self._cross(self.to_lay, self.to_back, to_back.items())

    def _is_in_sight(
        self, price: float, side: BookSide, runner: RunnerBook, displayed: Mapping[float, float]
    ) -> bool:
        """
        Say whether a book shows what there is at a price.

        A book by levels shows only so many of the best prices. Once it shows as many as it ever did, what
        lies behind the worst of them is not known.
        """
        if _has_full_depth(runner):
            return True
        deepest = self._deepest[side.takers] = max(self._deepest.get(side.takers, 0), len(displayed))
        if price in displayed or len(displayed) < deepest or not displayed:
            return True
        return any(side.is_better(price, shown) for shown in displayed)

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
            shown = _pennies(size)
            level = other.levels.get(price)
            left = [shown if level is None else max(0, shown - level.taken[case]) for case in CASES]
            before = (left[0], left[1], left[2])
            facts = (("displayed", shown), ("at", price))
            for own in own_prices:
                steps += [_step(each, Rule.CROSSED, facts) for each in side.levels[own].match(left)]
            used = _less(before, (left[0], left[1], left[2]))
            if any(used):
                other.level(price, shown).take(used)
                self._has_taken = True
        return steps

    def _leave_completed(self, steps: Iterable[Step], but: Order | None = None) -> None:
        for order in {id(step.order): step.order for step in steps}.values():
            if order is not but and not order.is_open:
                self.leave(order)

    def _find_best(self) -> None:
        """Remember which of our prices are reached first."""
        self._highest_lay = self.to_back.prices[-1] if self.to_back.prices else 0.0
        self._lowest_back = self.to_lay.prices[-1] if self.to_lay.prices else inf


def _plan(order: Order, case: Case, offers: Offers, assumptions: Assumptions, *, is_line: bool) -> list[int]:
    """Return what an order takes of each offer in one case; a bet target decides its size as well."""
    limit = Fraction(exact(order.price or 0))
    kills = order.time_in_force is TimeInForce.FILL_OR_KILL
    if order.bet_target_type is not None:
        within = [(price, size) for price, size in offers if (price - limit) * order.side.sign >= 0]
        taken, rest = aim(
            within,
            order.bet_target_size,
            target_type=order.bet_target_type,
            limit=limit,
            rounding=assumptions.target_size_rounding,
        )
        order.size[case] = order.remaining[case] = sum(taken) + rest
        if kills and sum(taken) < (order.min_fill_size or order.size[case]):
            taken = []
        return taken + [0] * (len(offers) - len(taken))
    size = order.remaining[case]
    if kills:
        minimum = order.min_fill_size or size
        return fill_or_kill(
            offers, size, minimum=minimum, side=order.side, limit=limit, on_average=not is_line
        )
    return take_up_to(offers, size)


def _offer(level: Level, price: float, shown: int, *, has_own: bool) -> _Offer:
    displayed = tuple(max(0, shown - level.taken[case]) for case in CASES)
    if not has_own:
        return _Offer(price, shown, (displayed[0], displayed[1], displayed[2]), NOTHING)
    own = tuple(sum(each.order.remaining[case] for each in level.resting.values()) for case in CASES)
    return _Offer(price, shown, (displayed[0], displayed[1], displayed[2]), (own[0], own[1], own[2]))


def _step(matched: Matched, rule: Rule, facts: tuple[tuple[str, int | float | str], ...]) -> Step:
    facts = (*facts, ("ahead", matched.ahead)) if rule is Rule.QUEUE else facts
    return Step(matched.order, matched.price, matched.amounts, rule, facts)


def _displayed(runner: RunnerBook, takers: Side) -> dict[float, float]:
    """Return what is displayed, size by price: the full depth, else the levels."""
    if takers is Side.BACK:
        return runner.available_to_back or dict(runner.back_ladder)
    return runner.available_to_lay or dict(runner.lay_ladder)


def _has_full_depth(runner: RunnerBook) -> bool:
    return bool(runner.available_to_back or runner.available_to_lay)


def _has_levels(change: RunnerChange) -> bool:
    return (
        change.batb is not None
        or change.batl is not None
        or change.bdatb is not None
        or change.bdatl is not None
    )


def _pennies(size: float) -> int:
    """Return a published size in pennies; one that cannot be (negative, NaN, infinite) matches nothing."""
    return round(size * 100) if 0 < size < _LARGEST else 0


def _smaller(one: Amounts, other: Amounts) -> Amounts:
    return min(one[0], other[0]), min(one[1], other[1]), min(one[2], other[2])


def _less(one: Amounts, other: Amounts) -> Amounts:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]
