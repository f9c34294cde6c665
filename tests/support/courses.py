"""Courses of a market, step by step: what it does and what we do, drawn by hypothesis."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from hypothesis import strategies as st

from betflow.exchange.matching.orders import Order
from betflow.wire.betting import PlaceInstruction
from betflow.wire.enums import BetTargetType, PersistenceType, Side, TimeInForce
from scenes import BACK, LAY, OWN_MATCHED, Scene, limit, limit_on_close, market_on_close, prices

PRICES = (2.96, 2.98, 3.0, 3.05, 3.1)
PRICE = st.one_of(st.just(3.0), st.sampled_from(PRICES[1:4]), st.sampled_from(PRICES))
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
_any_offer = st.tuples(st.sampled_from(Side), PRICE)
_TIDY_PLACES = ((BACK, 2.98), (BACK, 3.0), (LAY, 3.05), (LAY, 3.1))
"""Offers as a book has them: those to back below those to lay. Nothing promises that, so others come too."""
_tidy_offer = st.sampled_from(_TIDY_PLACES)


def shows(runners: int) -> st.SearchStrategy[Show]:
    """Draw what is displayed and traded."""
    place = st.one_of(_tidy_offer, _tidy_offer, _any_offer)
    size = st.one_of(st.just(0), _pennies, _pennies, _pennies)
    offer = st.tuples(place, size).map(lambda each: (*each[0], each[1]))
    trade = st.tuples(PRICE, st.integers(1, 8_00))
    return st.builds(
        Show,
        offers=st.lists(offer, max_size=3, unique_by=lambda each: each[:2]).map(tuple),
        traded=st.lists(trade, max_size=2, unique_by=lambda each: each[0]).map(tuple),
        runner=st.integers(1, runners),
        image=st.sampled_from([False] * 9 + [True]),
    )


def places(runners: int, sides: Sequence[Side] = tuple(Side)) -> st.SearchStrategy[Place]:
    """Draw orders."""
    return st.builds(Place, st.sampled_from(sides), PRICE, _pennies, st.integers(1, runners))


CANCELS = st.builds(Cancel, st.integers(0, 4), st.none() | _pennies)
SUSPENSIONS = st.builds(Suspend, st.booleans())


_persistence = st.sampled_from(PersistenceType)
RUNNER = st.integers(1, 2)
POUNDS = _pennies.map(lambda pennies: pennies / 100)
_kills = st.builds(
    limit,
    st.sampled_from(Side),
    PRICE,
    POUNDS,
    RUNNER,
    time_in_force=st.just(TimeInForce.FILL_OR_KILL),
    min_fill_size=st.none() | st.floats(1, 5).map(lambda size: round(size, 2)),
)
_targets = st.builds(
    limit,
    st.sampled_from(Side),
    PRICE,
    st.none(),
    RUNNER,
    bet_target_type=st.sampled_from(BetTargetType),
    bet_target_size=POUNDS.map(lambda pounds: pounds * 3).map(lambda size: round(size, 2)),
    time_in_force=st.none() | st.just(TimeInForce.FILL_OR_KILL),
)
_limits = st.builds(limit, st.sampled_from(Side), PRICE, POUNDS, RUNNER, persistence_type=_persistence)
_on_close = st.builds(limit_on_close, st.sampled_from(Side), PRICE, st.integers(10, 40), RUNNER) | st.builds(
    market_on_close, st.sampled_from(Side), st.integers(10, 40), RUNNER
)
_starting_prices = st.floats(1.01, 1000) | st.sampled_from([2.98, 3.0, 3.05, 3.9]) | st.just(float("nan"))
_sends = st.builds(Send, _kills | _targets | _limits | _on_close)
TURNING_POINTS = st.one_of(
    st.builds(Remove, RUNNER, st.sampled_from([1.0, 2.5, 20.0, 60.0])),
    st.builds(Reconcile, st.tuples(_starting_prices, _starting_prices)),
    st.builds(TurnInPlay, st.integers(0, 2)),
)
EVERYTHING = (
    _sends,
    _sends,
    st.one_of(
        CANCELS,
        st.builds(Replace, st.integers(0, 4), PRICE),
        st.builds(Update, st.integers(0, 4), _persistence),
        st.builds(Wait, st.integers(1, 3000)),
        SUSPENSIONS,
        TURNING_POINTS,
    ),
)
MARKET_MOVES = st.one_of(
    SUSPENSIONS,
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
    shown, placed = shows(runners), places(runners, sides)
    some = st.lists(st.one_of(shown, shown, shown, placed, *kinds), min_size=6, max_size=20)
    drawn = st.builds(lambda start, first, rest: [start, first, *rest], shown, placed, some)
    rare = st.lists(st.one_of(*kinds), max_size=6) if kinds else st.just([])
    busy = st.builds(_busy, st.integers(0, 2**32), rare, st.just(runners), st.just(sides))
    return busy | drawn | busy


def racing(market: Callable[..., Scene] = Scene) -> Scene:
    """Return a market to win that has a starting price and turns in play; *market* makes it."""
    runners = [
        {"id": number, "sortPriority": number, "status": "ACTIVE", "adjustmentFactor": factor}
        for number, factor in ((1, 30.0), (2, 20.0), (3, 50.0))
    ]
    return market(
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
        suspended: How much has traded while it was not, one-sided, by runner.
    """

    scene: Scene = field(default_factory=racing)
    is_by_level: bool = False
    shown: dict[tuple[int, Side], dict[float, int]] = field(default_factory=lambda: defaultdict(dict))
    volumes: dict[int, dict[float, int]] = field(default_factory=lambda: defaultdict(dict))
    appeared: Counter[tuple[int, Side, float]] = field(default_factory=Counter)
    traded: Counter[tuple[int, float]] = field(default_factory=Counter)
    suspended: Counter[int] = field(default_factory=Counter)

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
            self.suspended[runner] += 0 if self.is_open else pennies
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
