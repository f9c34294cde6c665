"""The laws of matching."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, TypeAlias

from hypothesis import example, given
from hypothesis import strategies as st

from betflow.exchange.assumptions import BETFLOW_1
from betflow.exchange.matching.bets import matched_bets
from betflow.exchange.matching.funds import exposure_of
from betflow.exchange.matching.orders import Case, EventKind, Order, OrderEvent, Rule
from betflow.exchange.results import market_result
from betflow.exchange.settlement import settle_market
from betflow.wire.betting import PlaceInstruction
from betflow.wire.enums import BetTargetType, OrderType, PersistenceType, Side, TimeInForce
from changes import MARKET
from naive_matching import NaiveMatching, NaiveOrder
from scenes import BACK, LAY, OWN_MATCHED, Scene, fills, limit, limit_on_close, market_on_close, prices

_PRICES = (2.96, 2.98, 3.0, 3.05, 3.1)
_price = st.one_of(st.just(3.0), st.sampled_from(_PRICES[1:4]), st.sampled_from(_PRICES))
"""Mostly the same, so that things meet."""


@dataclass(frozen=True)
class Show:
    """What is displayed from now on: ``(who may take it, price, pennies)``; and what traded, one-sided."""

    offers: tuple[tuple[Side, float, int], ...] = ()
    traded: tuple[tuple[float, int], ...] = ()
    runner: int = 1
    image: bool = False


@dataclass(frozen=True)
class Place:
    """A LIMIT order."""

    side: Side
    price: float
    pennies: int
    runner: int = 1


@dataclass(frozen=True)
class Cancel:
    """Cancel the order with a number, counted in the order of placing; whole or so many pennies of it."""

    number: int
    pennies: int | None = None


@dataclass(frozen=True)
class Suspend:
    """Suspend the market, or open it again."""

    suspended: bool


@dataclass(frozen=True)
class Send:
    """Any order; one that is not valid is refused."""

    instruction: PlaceInstruction


@dataclass(frozen=True)
class Replace:
    """Move the order with a number to another price."""

    number: int
    price: float


@dataclass(frozen=True)
class Update:
    """Change what the order with a number does at the turn in play."""

    number: int
    persistence: PersistenceType


@dataclass(frozen=True)
class Remove:
    """Remove a runner."""

    runner: int
    factor: float


@dataclass(frozen=True)
class Reconcile:
    """Reconcile the starting prices of runners 1 and 2."""

    prices: tuple[float, float]


@dataclass(frozen=True)
class TurnInPlay:
    """Turn in play, with a bet delay in seconds."""

    delay: int


@dataclass(frozen=True)
class Wait:
    """Let time pass."""

    milliseconds: int


Step: TypeAlias = (
    Show | Place | Cancel | Suspend | Send | Replace | Update | Remove | Reconcile | TurnInPlay | Wait
)

_pennies = st.integers(1, 20).map(lambda pounds: pounds * 100) | st.integers(1_00, 20_00)
_any_offer = st.tuples(st.sampled_from(Side), _price)
_TIDY_PLACES = ((BACK, 2.98), (BACK, 3.0), (LAY, 3.05), (LAY, 3.1))
"""Offers as a book has them: those to back below those to lay. Nothing promises that, so others come too."""
_tidy_offer = st.sampled_from(_TIDY_PLACES)


def _shows(runners: int) -> st.SearchStrategy[Show]:
    place = st.one_of(_tidy_offer, _tidy_offer, _any_offer)
    size = st.one_of(st.just(0), _pennies, _pennies, _pennies)
    offer = st.tuples(place, size).map(lambda each: (*each[0], each[1]))
    trade = st.tuples(_price, st.integers(1, 8_00))
    return st.builds(
        Show,
        offers=st.lists(offer, max_size=3, unique_by=lambda each: each[:2]).map(tuple),
        traded=st.lists(trade, max_size=2, unique_by=lambda each: each[0]).map(tuple),
        runner=st.integers(1, runners),
        image=st.sampled_from([False] * 9 + [True]),
    )


def _places(runners: int, sides: Sequence[Side] = tuple(Side)) -> st.SearchStrategy[Place]:
    return st.builds(Place, st.sampled_from(sides), _price, _pennies, st.integers(1, runners))


_cancels = st.builds(Cancel, st.integers(0, 4), st.none() | _pennies)
_suspensions = st.builds(Suspend, st.booleans())


_persistence = st.sampled_from(PersistenceType)
_runner = st.integers(1, 2)
_pounds = _pennies.map(lambda pennies: pennies / 100)
_kills = st.builds(
    limit,
    st.sampled_from(Side),
    _price,
    _pounds,
    _runner,
    time_in_force=st.just(TimeInForce.FILL_OR_KILL),
    min_fill_size=st.none() | st.floats(1, 5).map(lambda size: round(size, 2)),
)
_targets = st.builds(
    limit,
    st.sampled_from(Side),
    _price,
    st.none(),
    _runner,
    bet_target_type=st.sampled_from(BetTargetType),
    bet_target_size=_pounds.map(lambda pounds: pounds * 3).map(lambda size: round(size, 2)),
    time_in_force=st.none() | st.just(TimeInForce.FILL_OR_KILL),
)
_limits = st.builds(limit, st.sampled_from(Side), _price, _pounds, _runner, persistence_type=_persistence)
_on_close = st.builds(
    limit_on_close, st.sampled_from(Side), _price, st.integers(10, 40), _runner
) | st.builds(market_on_close, st.sampled_from(Side), st.integers(10, 40), _runner)
_starting_prices = st.floats(1.01, 1000) | st.sampled_from([2.98, 3.0, 3.05, 3.9]) | st.just(float("nan"))
_sends = st.builds(Send, _kills | _targets | _limits | _on_close)
_turning_points = st.one_of(
    st.builds(Remove, _runner, st.sampled_from([1.0, 2.5, 20.0, 60.0])),
    st.builds(Reconcile, st.tuples(_starting_prices, _starting_prices)),
    st.builds(TurnInPlay, st.integers(0, 2)),
)
_everything = (
    _sends,
    _sends,
    st.one_of(
        _cancels,
        st.builds(Replace, st.integers(0, 4), _price),
        st.builds(Update, st.integers(0, 4), _persistence),
        st.builds(Wait, st.integers(1, 3000)),
        _suspensions,
        _turning_points,
    ),
)
_market_moves = st.one_of(
    _suspensions,
    st.builds(Reconcile, st.tuples(_starting_prices, _starting_prices)),
    st.builds(TurnInPlay, st.integers(0, 2)),
)


def _busy_show(random: Random, runners: int) -> Show:
    """Return a change at the prices where orders mostly are: sizes shrink and grow, a part of it traded."""
    offers: dict[tuple[Side, float], int] = {}
    traded: dict[float, int] = {}
    for _ in range(random.randint(1, 3)):
        side, price = (
            random.choice(_TIDY_PLACES) if random.random() < 0.8 else (random.choice(list(Side)), 3.0)
        )
        offers[side, price] = random.choice([0, 1, 3, 5, 8, 10, 15, 20]) * 100
        if random.random() < 0.4:
            traded[random.choice([price, 3.0])] = random.randint(1, 8_00)
    return Show(
        tuple((side, price, size) for (side, price), size in offers.items()),
        tuple(traded.items()),
        runner=random.randint(1, runners),
        image=random.random() < 0.05,
    )


def _busy(seed: int, rare: Sequence[Step], runners: int, sides: Sequence[Side]) -> list[Step]:
    """Return a course in which much happens at few prices; what is drawn step by step rarely meets."""
    random = Random(seed)  # noqa: S311 - nothing secret
    script: list[Step] = [
        Show(tuple((side, price, 10_00) for side, price in _TIDY_PLACES), runner=runner)
        for runner in range(1, runners + 1)
    ]
    for _ in range(random.randint(4, 30)):
        if rare and random.random() < 0.3:
            script.append(random.choice(rare))
        elif random.random() < 0.35:
            price = random.choice([2.98, 3.0, 3.0, 3.05])
            size = random.choice([1_00, 2_00, 5_00, 7_77, 12_00])
            script.append(Place(random.choice(sides), price, size, random.randint(1, runners)))
        else:
            script.append(_busy_show(random, runners))
    return script


def scripts(
    *kinds: st.SearchStrategy[Step], runners: int = 1, sides: Sequence[Side] = tuple(Side)
) -> st.SearchStrategy[list[Step]]:
    """Draw a course of events: a book, then changes of it, orders, and whatever else is asked for."""
    shows, places = _shows(runners), _places(runners, sides)
    some = st.lists(st.one_of(shows, shows, shows, places, *kinds), min_size=6, max_size=20)
    drawn = st.builds(lambda start, first, rest: [start, first, *rest], shows, places, some)
    rare = st.lists(st.one_of(*kinds), max_size=6) if kinds else st.just([])
    busy = st.builds(_busy, st.integers(0, 2**32), rare, st.just(runners), st.just(sides))
    return busy | drawn | busy


def _racing() -> Scene:
    """Return a market to win that has a starting price and turns in play."""
    runners = [
        {"id": number, "sortPriority": number, "status": "ACTIVE", "adjustmentFactor": factor}
        for number, factor in ((1, 30.0), (2, 20.0), (3, 50.0))
    ]
    return Scene(
        assumptions=OWN_MATCHED,
        runners=runners,
        bspMarket=True,
        turnInPlayEnabled=True,
        persistenceEnabled=True,
        marketType="WIN",
    )


@dataclass
class Playing:
    """
    A script on its way.

    Attributes:
        scene: The market.
        is_by_level: Whether the book comes as levels (three of them) in place of prices.
        shown: What is displayed, by runner and side.
        volumes: What has traded on each runner, both stakes counted.
        appeared: How much has appeared at a price so far, by runner, side and price.
        traded: How much has traded while the market was open, one-sided, by runner and price.
    """

    scene: Scene = field(default_factory=_racing)
    is_by_level: bool = False
    shown: dict[tuple[int, Side], dict[float, int]] = field(default_factory=lambda: defaultdict(dict))
    volumes: dict[int, dict[float, int]] = field(default_factory=lambda: defaultdict(dict))
    appeared: Counter[tuple[int, Side, float]] = field(default_factory=Counter)
    traded: Counter[tuple[int, float]] = field(default_factory=Counter)

    @property
    def orders(self) -> list[Order]:
        """All our orders, in the order in which they came."""
        return list(self.scene.venue.orders.values())

    @property
    def is_open(self) -> bool:
        """Whether the market is open."""
        return bool(self.scene.terms["status"] == "OPEN")

    def play(self, step: Step) -> None:  # noqa: C901 - one branch for each kind of step
        """Let one step happen."""
        scene = self.scene
        match step:
            case Show():
                self._show(step)
            case Place():
                scene.ask(scene.request(limit(step.side, step.price, step.pennies / 100, step.runner)))
            case Send():
                scene.ask(scene.request(step.instruction))
            case Cancel() if step.number < len(self.orders):
                scene.cancel(self.orders[step.number], step.pennies and step.pennies / 100)
            case Replace() if step.number < len(self.orders):
                scene.ask(scene.replacing((self.orders[step.number], step.price)))
            case Update() if step.number < len(self.orders):
                scene.update(self.orders[step.number], step.persistence)
            case Suspend():
                scene.define(status="SUSPENDED" if step.suspended else "OPEN")
            case Remove() if scene.terms["runners"][step.runner - 1]["status"] == "ACTIVE":
                scene.remove(step.runner, step.factor)
            case Reconcile() if not scene.terms.get("bspReconciled"):
                r1, r2 = (str(price) if price != price else price for price in step.prices)  # noqa: PLR0124 - NaN
                scene.reconcile(r1=r1, r2=r2)
            case TurnInPlay():
                scene.define(inPlay=True, betDelay=step.delay)
            case Wait():
                scene.wait(step.milliseconds)
            case _:
                pass

    def _show(self, step: Show) -> None:
        runner, volumes = step.runner, self.volumes[step.runner]
        for side, price, pennies in step.offers:
            before = self.shown[runner, side].get(price, 0)
            self.appeared[runner, side, price] += max(0, pennies - before)
            self.shown[runner, side][price] = pennies
        for price, pennies in step.traded:
            volumes[price] = volumes.get(price, 0) + 2 * pennies
            self.traded[runner, price] += pennies if self.is_open else 0
        if step.image:
            self.scene.image(*(self._whole(each) for each in (1, 2)))
            return
        trd = [(price, volumes[price] / 100) for price, _ in step.traded]
        if self.is_by_level:
            self.scene.show(prices(runner, trd=trd or None, **self._levels(runner)))
            return
        ladders = {
            side: [(price, pennies / 100) for to, price, pennies in step.offers if to is side]
            for side in Side
        }
        self.scene.show(prices(runner, atb=ladders[BACK], atl=ladders[LAY], trd=trd or None))

    def _whole(self, runner: int) -> dict[str, Any]:
        trd = _as_sizes(self.volumes[runner])
        if self.is_by_level:
            return prices(runner, trd=trd, **self._levels(runner))
        atb, atl = (_as_sizes(self.shown[runner, side]) for side in (BACK, LAY))
        return prices(runner, atb=atb, atl=atl, trd=trd)

    def _levels(self, runner: int) -> dict[str, Any]:
        """Return the best three prices of each side, by level."""
        ladders: dict[str, Any] = {}
        for name, side in (("batb", BACK), ("batl", LAY)):
            best = sorted(_as_sizes(self.shown[runner, side]), reverse=side is BACK)[:3]
            levels = [(level, price, size) for level, (price, size) in enumerate(best)]
            ladders[name] = levels + [(level, 0.0, 0.0) for level in range(len(best), 3)]
        return ladders


def _as_sizes(ladder: dict[float, int]) -> list[tuple[float, float]]:
    return [(price, pennies / 100) for price, pennies in ladder.items() if pennies]


def play(script: Sequence[Step], *, is_by_level: bool = False) -> Playing:
    """Play a whole script."""
    playing = Playing(is_by_level=is_by_level)
    for step in script:
        playing.play(step)
    return playing


def naively(script: Sequence[Step], case: Case) -> list[list[tuple[float, int]]]:
    """Return what a naive model matches of each order of a script, on one runner."""
    model = NaiveMatching(case)
    orders: list[NaiveOrder] = []
    shown: dict[Side, dict[float, int]] = {BACK: {}, LAY: {}}
    suspended = False
    for step in script:
        match step:
            case Show():
                for side, price, pennies in step.offers:
                    shown[side][price] = pennies
                if not suspended:
                    model.message(shown, dict(step.traded))
            case Place() if not suspended:
                orders.append(NaiveOrder(step.side, step.price, step.pennies))
                model.place(orders[-1])
            case Cancel() if step.number < len(orders):
                model.cancel(orders[step.number], step.pennies)
            case Suspend():
                if suspended and not step.suspended:
                    model.message(shown, {})
                suspended = step.suspended
            case _:
                pass
    return [order.fills for order in orders]


def uncrossed(script: Sequence[Step]) -> list[Step]:
    """Return a script in which whoever offers a price takes away what is offered against it."""
    shown: dict[Side, dict[float, int]] = {BACK: {}, LAY: {}}
    tidy: list[Step] = []
    for step in script:
        if isinstance(step, Show):
            changes: dict[tuple[Side, float], int] = {}
            for side, price, pennies in step.offers:
                against = [
                    other
                    for other, size in shown[side.opposite].items()
                    if pennies and size and (price - other) * side.sign >= 0
                ]
                changes |= {(side, price): pennies} | {(side.opposite, other): 0 for other in against}
                shown[side][price] = pennies
                shown[side.opposite] |= dict.fromkeys(against, 0)
            step = replace(step, offers=tuple((*place, size) for place, size in changes.items()))  # noqa: PLW2901
        tidy.append(step)
    return tidy


_TAKEN_THEN_TRADED = (
    Show(((BACK, 2.98, 10_00),)),
    Place(BACK, 2.96, 10_00),
    Show(traded=((2.98, 10_00),)),
    Place(BACK, 2.96, 1_00),
    Show(traded=((2.98, 10_00),)),
)
_TAKEN_AHEAD_OF_US = (
    Show(((BACK, 2.96, 1_00),)),
    Place(LAY, 2.96, 1_00),
    Place(BACK, 2.96, 1_00),
    Show(traded=((2.96, 50),)),
)


@given(
    st.sampled_from(Side).flatmap(lambda side: scripts(_cancels, _suspensions, sides=(side,))),
    st.sampled_from(Case),
)
@example(list(_TAKEN_THEN_TRADED), Case.WORST)
def test_a_naive_model_agrees_on_one_side(script: list[Step], case: Case) -> None:
    """LIMIT orders are matched as in a model that looks at every order on every message."""
    assert naively(script, case) == [fills(order, case) for order in play(script).orders]


@given(scripts(_cancels, _suspensions).map(uncrossed), st.sampled_from(Case))
@example(list(_TAKEN_AHEAD_OF_US), Case.WORST)
def test_a_naive_model_agrees_on_both_sides(script: list[Step], case: Case) -> None:
    """The same where our own orders stand on both sides and are matched with each other."""
    assert naively(script, case) == [fills(order, case) for order in play(script).orders]


def _one_sided(side: Side) -> st.SearchStrategy[list[Step]]:
    """Draw a course with orders on one side, of which none wants more in one case than in another."""
    persistence = [PersistenceType.LAPSE, PersistenceType.PERSIST]
    if side is BACK:  # what a lay gets at the starting price depends on it, what a back gets does not
        persistence.append(PersistenceType.MARKET_ON_CLOSE)
    limits = st.builds(
        limit, st.just(side), _price, _pounds, _runner, persistence_type=st.sampled_from(persistence)
    )
    targets = st.builds(
        limit,
        st.just(side),
        _price,
        st.none(),
        _runner,
        bet_target_type=st.sampled_from(BetTargetType),
        bet_target_size=st.integers(5, 40),
    )
    updates = st.builds(Update, st.integers(0, 4), st.sampled_from(persistence))
    sends = st.builds(Send, limits | targets)
    rare = st.one_of(_cancels, updates, _suspensions, _turning_points, st.builds(Wait, st.integers(1, 3000)))
    return scripts(sends, rare, runners=2, sides=(side,))


@given(st.sampled_from(Side).flatmap(_one_sided), st.booleans())
def test_worst_expected_best(script: list[Step], is_by_level: bool) -> None:  # noqa: FBT001 - drawn
    """
    On one side, the worst case matches no more than the expected, and that no more than the best.

    It does not hold for FILL_OR_KILL, replacements, lays that take the starting price, and orders on both
    sides that meet each other; tests/unit/exchange/matching/test_cases.py has the smallest courses.
    """
    for order in play(script, is_by_level=is_by_level).orders:
        matched = [order.matched[case] + order.voided[case] for case in Case]

        assert sorted(matched) == matched


@given(scripts(*_everything, runners=2), st.booleans())
def test_sizes_add_up(script: list[Step], is_by_level: bool) -> None:  # noqa: FBT001 - drawn
    """A size is matched, remaining, cancelled, lapsed or voided, at any time; nothing is negative."""
    playing = Playing(is_by_level=is_by_level)
    for step in script:
        playing.play(step)
        for order in playing.orders:
            for case in Case:
                parts = [
                    each[case]
                    for each in (order.matched, order.remaining, order.cancelled, order.lapsed, order.voided)
                ]

                assert order.size[case] == sum(parts)
                assert min(parts) >= 0
                assert order.matched[case] + order.voided[case] == sum(size for _, size in fills(order, case))


@given(scripts(*_everything, runners=2), st.booleans())
def test_the_limit_is_kept(script: list[Step], is_by_level: bool) -> None:  # noqa: FBT001 - drawn
    """No part is matched at a price worse than the limit; of FILL_OR_KILL the average is not."""
    for order in play(script, is_by_level=is_by_level).orders:
        if order.price is None:
            continue
        limited = [
            fill
            for fill in order.fills
            if fill.rule is not Rule.STARTING_PRICE or order.order_type is OrderType.LIMIT_ON_CLOSE
        ]
        for case in Case:
            gains = [
                (fill.price - Decimal(str(order.price))) * order.side.sign * fill.amounts[case]
                for fill in limited
            ]

            assert sum(gains) >= 0
            assert order.time_in_force is TimeInForce.FILL_OR_KILL or min(gains, default=Decimal(0)) >= 0


@given(scripts(*_everything, runners=2), st.booleans())
def test_nothing_matches_while_not_open(script: list[Step], is_by_level: bool) -> None:  # noqa: FBT001 - drawn
    """While the market is not open nothing is matched, except at the starting price."""
    playing = Playing(is_by_level=is_by_level)
    for step in script:
        known = len(playing.scene.events)
        was_open = playing.is_open
        playing.play(step)
        matched = [
            event
            for event in playing.scene.events[known:]
            if isinstance(event, OrderEvent)
            and event.kind is EventKind.MATCHED
            and event.rule is not Rule.STARTING_PRICE
        ]

        assert not matched or was_open or playing.is_open


@given(scripts(*_everything, runners=2))
def test_nothing_is_used_twice(script: list[Step]) -> None:
    """What we take at a price never exceeds what appeared there, nor what trades match half of the volume."""
    playing = play(script)
    for case in Case:
        taken: Counter[tuple[int, Side, float]] = Counter()
        used: Counter[tuple[int, float]] = Counter()
        for event in playing.scene.told(EventKind.MATCHED):
            order = playing.scene.venue.orders[event.bet_id]
            runner, at = order.runner.selection_id, dict(event.facts).get("at", event.price)
            assert isinstance(at, float)
            if event.rule in {Rule.BEST_PRICE, Rule.CROSSED}:
                taken[runner, order.side, at] += event.amounts[case]
            elif event.rule in {Rule.QUEUE, Rule.TRADED_THROUGH}:
                used[runner, at] += event.amounts[case]

        assert all(amount <= playing.appeared[place] for place, amount in taken.items())
        assert all(amount <= playing.traded[place] for place, amount in used.items())


@given(scripts(*_everything, runners=2), st.data())
def test_no_look_ahead(script: list[Step], data: st.DataObject) -> None:
    """What comes later changes nothing that has happened: half of a course gives half of its events."""
    cut = data.draw(st.integers(0, len(script)))

    events = play(script).scene.events

    before = play(script[:cut]).scene.events
    assert before == events[: len(before)]


@given(
    scripts(_cancels, _suspensions),
    st.lists(st.tuples(st.integers(0, 120), _places(1)), min_size=1, max_size=6),
    st.integers(0, 20),
)
def test_no_look_ahead_for_requests_on_their_way(
    script: list[Step], requests: list[tuple[int, Place]], cut: int
) -> None:
    """What was submitted long ago acts on the book of its moment: cutting off the rest changes nothing."""
    shows = [step for step in script if isinstance(step, Show | Suspend)]
    runs: list[list[Any]] = []
    start = Scene().now
    for steps in (shows, shows[:cut]):
        playing = Playing(Scene())
        for wait, place in requests:
            order = limit(place.side, place.price, place.pennies / 100)
            playing.scene.venue.submit(playing.scene.request(order), start + wait)
        for step in steps:
            playing.scene.now += 9  # messages are 10 ms apart
            playing.play(step)
        playing.scene.wait(0)
        runs.append([event for event in playing.scene.events if event.at < start + 10 * len(shows[:cut])])

    assert runs[0] == runs[1]


@given(scripts(_cancels), st.lists(_pounds, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_equal_prices_change_places(script: list[Step], sizes: list[float], random: Any) -> None:  # noqa: ANN401 - hypothesis gives a Random
    """Orders at one price that come in one request match the same total in any order."""
    shuffled = list(sizes)
    random.shuffle(shuffled)
    totals = []
    for each in (sizes, shuffled):
        playing = Playing()
        for step in script[:2]:
            playing.play(step)
        known = len(playing.orders)
        playing.scene.place(*(limit(LAY, 3.0, size) for size in each))
        ours = playing.orders[known:]
        for step in script[2:]:
            if not isinstance(step, Cancel):
                playing.play(step)
        totals.append([sum(order.matched[case] for order in ours) for case in Case])

    assert totals[0] == totals[1]


@given(st.sampled_from(_PRICES), _pounds, st.sampled_from([1, 2, 3]), st.sampled_from(Case))
def test_back_and_lay_settle_to_zero(price: float, size: float, winner: int, case: Case) -> None:
    """A back and a lay of the same size at the same price settle to nothing, whoever wins."""
    scene = _racing()
    orders = [scene.order(limit(side, price, size)) for side in (LAY, BACK)]
    _settle_with(scene, winner)

    assert [[round(size * 100)] * 3] * 2 == [order.matched for order in orders]
    assert Decimal(0) == _profit(scene, case)


@given(
    scripts(*_everything, runners=2),
    st.lists(st.one_of(_shows(2), _shows(2), _market_moves), max_size=8),
    st.sampled_from([1, 2, 3]),
)
@example([Send(market_on_close(LAY, 10))], [Reconcile((667.0, 3.0))], 1)
@example(
    [Send(limit(LAY, 3.0, persistence_type=PersistenceType.PERSIST)), Remove(2, 20.0)],
    [Show(traded=((2.4, 10_00),))],
    1,
)
def test_exposure_covers_the_loss(script: list[Step], later: list[Step], winner: int) -> None:
    """What orders could lose is never less than what they lose in the end, whatever the market does next."""
    playing = play(script)
    scene = playing.scene
    definition = scene.venue.definition(MARKET)
    assert definition is not None
    terms = market_result(MARKET, definition, removed_at=scene.venue.removed_at(MARKET))
    could_lose = exposure_of(scene.venue.market_orders(MARKET), terms, BETFLOW_1)
    counted = set(scene.venue.market_orders(MARKET))
    scene.venue.orders = {bet_id: order for bet_id, order in scene.venue.orders.items() if order in counted}
    for step in later:
        playing.play(step)
    _settle_with(scene, winner)

    assert could_lose >= -_profit(scene, Case.EXPECTED)


def _settle_with(scene: Scene, winner: int) -> None:
    scene.define(
        status="CLOSED",
        runners=[
            each
            if each["status"] == "REMOVED"
            else {**each, "status": "WINNER" if each["id"] == winner else "LOSER"}
            for each in scene.terms["runners"]
        ],
    )


def _profit(scene: Scene, case: Case) -> Decimal:
    definition = scene.venue.definition(MARKET)
    assert definition is not None
    bets = [bet for order in scene.venue.orders.values() for bet in matched_bets(order, case)]
    result = market_result(MARKET, definition, removed_at=scene.venue.removed_at(MARKET))
    return sum((each.profit or Decimal(0) for each in settle_market(bets, result).bets), Decimal(0))
