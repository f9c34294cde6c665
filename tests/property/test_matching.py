"""The laws of matching."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from betflow.exchange.assumptions import BETFLOW_1
from betflow.exchange.matching.bets import matched_bets
from betflow.exchange.matching.funds import exposure_of
from betflow.exchange.matching.orders import Case, EventKind, OrderEvent, Rule
from betflow.exchange.results import market_result
from betflow.exchange.settlement import settle_market
from betflow.wire.enums import BetTargetType, OrderType, PersistenceType, Side, TimeInForce
from changes import MARKET
from courses import (
    CANCELS,
    EVERYTHING,
    MARKET_MOVES,
    POUNDS,
    PRICE,
    PRICES,
    RUNNER,
    SUSPENSIONS,
    TURNING_POINTS,
    Cancel,
    Place,
    Playing,
    Reconcile,
    Remove,
    Send,
    Show,
    Step,
    Suspend,
    Update,
    Wait,
    places,
    play,
    racing,
    scripts,
    shows,
)
from naive_matching import NaiveMatching, NaiveOrder
from scenes import BACK, LAY, Scene, fills, limit, market_on_close


def naively(script: Sequence[Step], case: Case) -> list[list[tuple[float, int]]]:
    """Return what a naive model matches of each order of a script, on one runner."""
    model = NaiveMatching(case)
    orders: list[NaiveOrder] = []
    shown: dict[Side, dict[float, int]] = {BACK: {}, LAY: {}}
    suspended = is_known = False
    for step in script:
        match step:
            case Show():
                for side, price, pennies in step.offers:
                    shown[side][price] = pennies
                if step.image and not is_known and not suspended:
                    model.first_image(shown)
                elif not suspended:
                    model.message(shown, dict(step.traded))
                is_known = is_known or any(size for sizes in shown.values() for size in sizes.values())
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
    st.sampled_from(Side).flatmap(lambda side: scripts(CANCELS, SUSPENSIONS, sides=(side,))),
    st.sampled_from(Case),
)
@example(list(_TAKEN_THEN_TRADED), Case.WORST)
def test_a_naive_model_agrees_on_one_side(script: list[Step], case: Case) -> None:
    """LIMIT orders are matched as in a model that looks at every order on every message."""
    assert naively(script, case) == [fills(order, case) for order in play(script).orders]


@given(scripts(CANCELS, SUSPENSIONS).map(uncrossed), st.sampled_from(Case))
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
        limit, st.just(side), PRICE, POUNDS, RUNNER, persistence_type=st.sampled_from(persistence)
    )
    targets = st.builds(
        limit,
        st.just(side),
        PRICE,
        st.none(),
        RUNNER,
        bet_target_type=st.sampled_from(BetTargetType),
        bet_target_size=st.integers(5, 40),
    )
    updates = st.builds(Update, st.integers(0, 4), st.sampled_from(persistence))
    sends = st.builds(Send, limits | targets)
    rare = st.one_of(CANCELS, updates, SUSPENSIONS, TURNING_POINTS, st.builds(Wait, st.integers(1, 3000)))
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


@given(scripts(*EVERYTHING, runners=2), st.booleans())
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


@given(scripts(*EVERYTHING, runners=2), st.booleans())
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


@given(scripts(*EVERYTHING, runners=2), st.booleans())
def test_nothing_matches_while_not_open(script: list[Step], is_by_level: bool) -> None:  # noqa: FBT001 - drawn
    """While the market is not open nothing is matched, except in the auction and at its starting price."""
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
            and event.rule not in {Rule.STARTING_PRICE, Rule.AUCTION}
        ]

        assert not matched or was_open or playing.is_open


@given(scripts(*EVERYTHING, runners=2))
def test_nothing_is_used_twice(script: list[Step]) -> None:
    """What we take at a price never exceeds what appeared there, nor what trades match half of the volume."""
    playing = play(script)
    for case in Case:
        taken: Counter[tuple[int, Side, float]] = Counter()
        used: Counter[tuple[int, float]] = Counter()
        auctioned: Counter[int] = Counter()
        for event in playing.scene.told(EventKind.MATCHED):
            order = playing.scene.venue.orders[event.bet_id]
            runner, at = order.runner.selection_id, dict(event.facts).get("at", event.price)
            assert isinstance(at, float)
            if event.rule in {Rule.BEST_PRICE, Rule.CROSSED}:
                taken[runner, order.side, at] += event.amounts[case]
            elif event.rule in {Rule.QUEUE, Rule.TRADED_THROUGH}:
                used[runner, at] += event.amounts[case]
            elif event.rule is Rule.AUCTION:  # of all that traded at its price or behind
                auctioned[runner] += event.amounts[case]

        assert all(amount <= playing.appeared[place] for place, amount in taken.items())
        assert all(amount <= playing.traded[place] for place, amount in used.items())
        assert all(amount <= playing.suspended[runner] for runner, amount in auctioned.items())


@given(scripts(*EVERYTHING, runners=2), st.data())
def test_no_look_ahead(script: list[Step], data: st.DataObject) -> None:
    """What comes later changes nothing that has happened: half of a course gives half of its events."""
    cut = data.draw(st.integers(0, len(script)))

    events = play(script).scene.events

    before = play(script[:cut]).scene.events
    assert before == events[: len(before)]


@given(
    scripts(CANCELS, SUSPENSIONS),
    st.lists(st.tuples(st.integers(0, 120), places(1)), min_size=1, max_size=6),
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


@given(scripts(CANCELS), st.lists(POUNDS, min_size=2, max_size=4), st.randoms(use_true_random=False))
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


@given(st.sampled_from(PRICES), POUNDS, st.sampled_from([1, 2, 3]), st.sampled_from(Case))
def test_back_and_lay_settle_to_zero(price: float, size: float, winner: int, case: Case) -> None:
    """A back and a lay of the same size at the same price settle to nothing, whoever wins."""
    scene = racing()
    orders = [scene.order(limit(side, price, size)) for side in (LAY, BACK)]
    _settle_with(scene, winner)

    assert [[round(size * 100)] * 3] * 2 == [order.matched for order in orders]
    assert Decimal(0) == _profit(scene, case)


@given(
    scripts(*EVERYTHING, runners=2),
    st.lists(st.one_of(shows(2), shows(2), MARKET_MOVES), max_size=8),
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
