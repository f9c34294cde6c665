"""Matching on one runner: what arrives, and what rests."""

import pytest

from betflow.exchange.matching.orders import Case, Doubt, EventKind, Rule
from betflow.wire.enums import BetTargetType, OrderStatus, Side, TimeInForce
from scenes import BACK, LAY, OWN_MATCHED, Scene, fills, limit, prices, rules

KILL = TimeInForce.FILL_OR_KILL


# What arrives.


def test_the_best_price_first() -> None:
    """A back at 2.9 gets 3.0 before 2.98, and rests with what is left."""
    scene = Scene(prices(atb=[(2.98, 10), (3.0, 10), (2.88, 10)]))

    order = scene.order(limit(BACK, 2.9, 25))

    assert [(3.0, 10_00), (2.98, 10_00)] == fills(order)
    assert [5_00] * 3 == order.remaining
    assert OrderStatus.EXECUTABLE == order.status


def test_a_lay_gets_the_lowest_price_first() -> None:
    """A lay at 3.1 gets 3.0 before 3.05."""
    scene = Scene(prices(atl=[(3.05, 10), (3.0, 10), (3.15, 10)]))

    assert [(3.0, 10_00), (3.05, 10_00)] == fills(scene.order(limit(LAY, 3.1, 25)))


def test_taken_stays_taken() -> None:
    """Of 10 displayed three backs of 10 get 10 together, not 30."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    orders = [scene.order(limit(BACK, 3.0)) for _ in range(3)]

    assert [10_00, 0, 0] == [order.matched[Case.EXPECTED] for order in orders]


def test_taken_stays_taken_though_it_is_displayed_again() -> None:
    """The level is still displayed at 10: that is what we took. At 14 there are 4 more."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    scene.order(limit(BACK, 3.0))
    scene.show(prices(atb=[(3.0, 10)]))
    second = scene.order(limit(BACK, 3.0))
    scene.show(prices(atb=[(3.0, 14)]))

    assert [(3.0, 4_00)] == fills(second)


def test_what_was_empty_is_new() -> None:
    """When a level was empty once, what comes next was not taken."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    scene.order(limit(BACK, 3.0))
    scene.show(prices(atb=[(3.0, 0)]))
    scene.show(prices(atb=[(3.0, 10)]))

    assert [(3.0, 10_00)] == fills(scene.order(limit(BACK, 3.0)))


def test_own_orders_match_each_other() -> None:
    """At one price what is displayed comes first, then ours; both get the price of the one that rested."""
    scene = Scene(prices(atb=[(3.0, 4)]), assumptions=OWN_MATCHED)
    lay = scene.order(limit(LAY, 3.0))

    back = scene.order(limit(BACK, 2.9))

    assert ([Rule.BEST_PRICE, Rule.OWN_ORDER], [(3.0, 4_00), (3.0, 6_00)]) == (rules(back), fills(back))
    assert ([Rule.OWN_ORDER], [(3.0, 6_00)]) == (rules(lay), fills(lay))


def test_own_orders_are_apart() -> None:
    """As a rule each is played against the market alone: what is displayed is taken, no order of ours."""
    scene = Scene(prices(atb=[(3.0, 4)]))
    lay = scene.order(limit(LAY, 3.0))

    back = scene.order(limit(BACK, 2.9))

    assert ([(3.0, 4_00)], []) == (fills(back), fills(lay))


def test_runners_do_not_touch_each_other() -> None:
    """What is displayed on one runner is nothing to another."""
    scene = Scene(prices(1, atb=[(3.0, 10)]), prices(2, atb=[(3.0, 10)]))
    orders = [scene.order(limit(BACK, 3.0, runner=runner)) for runner in (1, 2)]

    assert [[(3.0, 10_00)]] * 2 == [fills(order) for order in orders]


def test_handicaps_are_runners() -> None:
    """The same selection at another handicap is another runner."""
    runners = [{"id": 1, "hc": hc, "status": "ACTIVE"} for hc in (-0.5, 0.0, 0.5)]
    scene = Scene(
        prices(atb=[(2.0, 4)], hc=-0.5),
        prices(atb=[(2.0, 7)]),
        prices(atb=[(2.0, 9)], hc=0.5),
        runners=runners,
        bettingType="ASIAN_HANDICAP_DOUBLE_LINE",
    )
    orders = [scene.order(limit(BACK, 2.0, handicap=hc)) for hc in (-0.5, None, 0.5)]
    assert [4_00, 7_00, 9_00] == [order.matched[Case.EXPECTED] for order in orders]

    scene.show(prices(atb=[(2.0, 5)], hc=-0.5))

    assert [5_00, 7_00, 9_00] == [order.matched[Case.EXPECTED] for order in orders]


def test_a_line_has_no_odds() -> None:
    """In a line market a back sells the line: the higher line is the better one, whatever its number."""
    scene = Scene(
        prices(atb=[(9.5, 10), (10.5, 10)]),
        bettingType="LINE",
        priceLadderDefinition={"type": "LINE_RANGE"},
        lineMinUnit=0.5,
        lineMaxUnit=20.5,
        lineInterval=1.0,
    )

    assert [(10.5, 10_00), (9.5, 5_00)] == fills(scene.order(limit(BACK, 0.5, 15)))


def test_a_size_that_cannot_be_matches_nothing() -> None:
    """A published size that is negative or absurd is no offer."""
    scene = Scene(prices(atb=[(3.0, -5), (3.05, 1e30)]))

    assert [] == fills(scene.order(limit(BACK, 3.0)))


# FILL_OR_KILL and bet targets.


def test_fill_or_kill_fills_on_average() -> None:
    """A back of 10 at 5.4 is matched 2 at 5.5, 6 at 5.4 and 2 at 5.3 (placeOrders)."""
    scene = Scene(prices(atb=[(5.5, 2), (5.4, 6), (5.3, 20)]))

    order = scene.order(limit(BACK, 5.4, time_in_force=KILL))

    assert [(5.5, 2_00), (5.4, 6_00), (5.3, 2_00)] == fills(order)
    assert OrderStatus.EXECUTION_COMPLETE == order.status


def test_fill_or_kill_kills() -> None:
    """What cannot be filled in full expires: cancelled, and nothing was matched."""
    scene = Scene(prices(atb=[(3.0, 9)]))

    order = scene.order(limit(BACK, 3.0, time_in_force=KILL))

    assert (OrderStatus.EXPIRED, [], [10_00] * 3) == (order.status, order.fills, order.cancelled)
    assert [Rule.FILL_OR_KILL] == [each.rule for each in scene.told(EventKind.EXPIRED)]


def test_fill_or_kill_with_a_minimum() -> None:
    """With a minimum of 5 the 9 that are there are matched and the rest is cancelled."""
    scene = Scene(prices(atb=[(3.0, 9)]))

    order = scene.order(limit(BACK, 3.0, time_in_force=KILL, min_fill_size=5))

    assert ([(3.0, 9_00)], [1_00] * 3) == (fills(order), order.cancelled)
    assert OrderStatus.EXECUTION_COMPLETE == order.status


def test_what_is_killed_leaves_nothing_behind() -> None:
    """An expired order takes nothing of what is displayed, and rests nowhere."""
    scene = Scene(prices(atb=[(3.0, 9)]))
    killed = scene.order(limit(BACK, 3.0, time_in_force=KILL))

    second = scene.order(limit(BACK, 3.0, 9))
    scene.show(prices(atb=[(3.0, 0)], trd=[(3.05, 100)]))

    assert ([], [(3.0, 9_00)]) == (fills(killed), fills(second))


def test_fill_or_kill_in_a_line_market_keeps_the_limit() -> None:
    """On lines there is no average: 2 lines above the limit do not pay for one below."""
    scene = Scene(
        prices(atb=[(12.5, 5), (10.5, 2), (9.5, 10)]),
        bettingType="LINE",
        priceLadderDefinition={"type": "LINE_RANGE"},
        lineMinUnit=0.5,
        lineMaxUnit=20.5,
        lineInterval=1.0,
    )

    order = scene.order(limit(BACK, 10.5, 10, time_in_force=KILL, min_fill_size=2))

    assert [(12.5, 5_00), (10.5, 2_00)] == fills(order)


@pytest.mark.parametrize(
    ("expected", "side", "target", "book"),
    [
        ((6.4, 37), BACK, (BetTargetType.BACKERS_PROFIT, 2, 2.0), {"atb": [(6.4, 10)]}),
        ((4.2, 2_38), LAY, (BetTargetType.PAYOUT, 10, 10.0), {"atl": [(4.2, 10)]}),
    ],
)
def test_a_documented_bet_target(
    expected: tuple[float, int],
    side: Side,
    target: tuple[BetTargetType, float, float],
    book: dict[str, list[tuple[float, float]]],
) -> None:
    """A profit of 2 at 6.4 is 0.37, a payout of 10 at 4.2 is 2.38 (placeOrders): the size of the order."""
    kind, size, price = target
    scene = Scene(prices(**book))  # type: ignore[arg-type]  # ladders

    order = scene.order(limit(side, price, None, bet_target_type=kind, bet_target_size=size))

    assert [expected] == fills(order)
    assert ([expected[1]] * 3, [0] * 3) == (order.size, order.remaining)


def test_the_rest_of_a_bet_target_waits_as_a_size() -> None:
    """Of a payout of 10 one pound at 4 makes 4; the other 6 are a stake of 3 at the limit of 2."""
    scene = Scene(prices(atb=[(4.0, 1)]))

    order = scene.order(limit(BACK, 2.0, None, bet_target_type=BetTargetType.PAYOUT, bet_target_size=10))

    assert ([4_00] * 3, [1_00] * 3, [3_00] * 3) == (order.size, order.matched, order.remaining)


# What rests: the queue.


def test_half_of_what_trades_matches() -> None:
    """Traded volume counts both stakes: 10 more are 5 matched."""
    scene = Scene(prices(trd=[(3.0, 7)]))
    order = scene.order(limit(LAY, 3.0))

    scene.show(prices(trd=[(3.0, 17)]))

    assert ([Rule.QUEUE], [(3.0, 5_00)]) == (rules(order), fills(order))


def test_what_is_displayed_goes_first() -> None:
    """20 displayed ahead are matched first, then our order, until it is done."""
    scene = Scene(prices(atb=[(3.0, 20)]))
    order = scene.order(limit(LAY, 3.0))

    scene.show(prices(trd=[(3.0, 40)]))
    assert [] == fills(order)
    scene.show(prices(trd=[(3.0, 46)]))
    scene.show(prices(trd=[(3.0, 100)]))

    assert [(3.0, 3_00), (3.0, 7_00)] == fills(order)
    assert OrderStatus.EXECUTION_COMPLETE == order.status


def test_what_comes_later_stands_behind() -> None:
    """Size that is displayed after our order came does not stand ahead of it."""
    scene = Scene(prices(atb=[(3.0, 5)]))
    order = scene.order(limit(LAY, 3.0))

    scene.show(prices(atb=[(3.0, 500)]))
    scene.show(prices(trd=[(3.0, 14)]))

    assert [(3.0, 2_00)] == fills(order)


def test_own_orders_share_one_queue() -> None:
    """5 displayed, our 10, 5 more displayed, our second 10: each waits for what came before it."""
    scene = Scene(prices(atb=[(3.0, 5)]))
    first = scene.order(limit(LAY, 3.0))
    scene.show(prices(atb=[(3.0, 10)]))
    second = scene.order(limit(LAY, 3.0))

    scene.show(prices(trd=[(3.0, 2 * 17)]))
    assert ([(3.0, 10_00)], []) == (fills(first), fills(second))  # 5 ahead, our 10, and 2 of the other 5
    scene.show(prices(trd=[(3.0, 2 * 24)]))

    assert [(3.0, 4_00)] == fills(second)


def test_a_trade_through_the_price_fills() -> None:
    """Who backed at 2.98 would have been matched at our 3.0 first, whatever was displayed there."""
    scene = Scene(prices(atb=[(3.0, 500)]))
    order = scene.order(limit(LAY, 3.0))

    scene.show(prices(trd=[(2.98, 8)]))

    assert ([Rule.TRADED_THROUGH], [(3.0, 4_00)]) == (rules(order), fills(order))


def test_volume_is_used_once() -> None:
    """4 that traded match 4 of our orders, the better price first."""
    scene = Scene()
    lower, higher = scene.order(limit(LAY, 2.98, 3)), scene.order(limit(LAY, 3.0, 3))

    scene.show(prices(trd=[(2.96, 8)]))

    assert ([(3.0, 3_00)], [(2.98, 1_00)]) == (fills(higher), fills(lower))


def test_trades_at_better_prices_do_nothing() -> None:
    """A trade at 3.05 says nothing about a lay at 3.0, nor one at 2.98 about a back at 3.0."""
    scene = Scene()
    lay, back = scene.order(limit(LAY, 3.0)), scene.order(limit(BACK, 3.05))

    scene.show(prices(trd=[(3.05, 0)]))
    scene.show(prices(trd=[(3.02, 50)]))

    assert ([], []) == (fills(lay), fills(back))


def test_an_offer_that_crosses_matches() -> None:
    """Who offers to lay at 2.9 would have been matched with our back at 2.9, up to what is offered."""
    scene = Scene()
    order = scene.order(limit(BACK, 2.9))

    scene.show(prices(atb=[(2.96, 4)]))
    scene.show(prices(atb=[(2.96, 6)]))

    assert ([Rule.CROSSED] * 2, [(2.9, 4_00), (2.9, 2_00)]) == (rules(order), fills(order))


def test_what_crossed_is_taken() -> None:
    """An offer that matched our resting order is not there for the next one."""
    scene = Scene()
    scene.order(limit(BACK, 2.9, 4))
    scene.show(prices(atb=[(2.96, 10)]))

    assert [(2.96, 6_00)] == fills(scene.order(limit(BACK, 2.9)))


def test_what_crossed_and_then_trades_is_the_same_money() -> None:
    """An offer of 4 that we took, and that trades for real afterwards, does not match us again."""
    scene = Scene()
    order = scene.order(limit(BACK, 2.9))
    scene.show(prices(atb=[(2.96, 4)]))
    scene.show(prices(atb=[(2.96, 0)], trd=[(2.96, 8)]))
    assert [(2.9, 4_00)] == fills(order)

    scene.show(prices(trd=[(2.96, 10)]))

    assert [(2.9, 4_00), (2.9, 1_00)] == fills(order)


def test_less_than_a_penny_is_kept() -> None:
    """Two changes of 0.01 both sides make one penny of ours."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(trd=[(3.0, 0.01)]))
    assert [] == fills(order)

    scene.show(prices(trd=[(3.0, 0.02)]))

    assert [(3.0, 1)] == fills(order)


@pytest.mark.parametrize("volume", [50, 0, -7, float("nan"), 1e30])
def test_volumes_that_did_not_trade(volume: float) -> None:
    """A volume that falls, or cannot be, matches nothing."""
    scene = Scene(prices(trd=[(3.0, 100)]))
    order = scene.order(limit(LAY, 3.0))

    scene.show(prices(trd=[(3.0, str(volume))]))  # type: ignore[list-item]  # as Betfair sends NaN

    assert [] == fills(order)


def test_a_volume_that_was_converted_anew() -> None:
    """Volumes of all runners that move by pennies in one message were converted, not traded."""
    volumes = [(2.9 + number / 10, 1000.0) for number in range(8)]
    scene = Scene(prices(1, trd=volumes), prices(2, trd=volumes))
    order = scene.order(limit(LAY, 3.5))
    moved = [(price, size + 0.3) for price, size in volumes]

    scene.show(prices(1, trd=moved), prices(2, trd=moved))

    assert [] == fills(order)


def test_a_conversion_is_told_by_all_runners() -> None:
    """One volume that moves by pennies is no trade, where those of a runner without orders move with it."""
    volumes = [(2.9 + number / 10, 1000.0) for number in range(8)]
    scene = Scene(prices(1, trd=[(3.0, 1000)]), prices(2, trd=volumes))
    order = scene.order(limit(LAY, 3.0))

    scene.show(
        prices(1, trd=[(3.0, 1000.3)]), prices(2, trd=[(price, size + 0.3) for price, size in volumes])
    )

    assert [] == fills(order)


def test_small_trades_beside_large_ones_are_no_conversion() -> None:
    """Three volumes that move by a thousandth were traded, where those of another runner move by half."""
    scene = Scene(
        prices(1, trd=[(price, 20_000) for price in (3.0, 3.05, 3.1)]),
        prices(2, trd=[(price, 1000) for price in (1.5, 1.51, 1.52, 1.53)]),
    )
    order = scene.order(limit(LAY, 3.0))

    scene.show(
        prices(1, trd=[(price, 20_020) for price in (3.0, 3.05, 3.1)]),
        prices(2, trd=[(price, 1500) for price in (1.5, 1.51, 1.52, 1.53)]),
    )

    assert [(3.0, 10_00)] == fills(order)


def test_volumes_of_all_runners_are_followed() -> None:
    """What traded on a runner without orders of ours is known too, and what an image said of it."""
    volumes = [(2.9 + number / 10, 1000.0) for number in range(8)]
    scene = Scene(prices(1, trd=[(3.0, 1000)]), prices(2, atb=[(3.0, 20)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(2, trd=volumes))
    scene.image(prices(1, trd=[(3.0, 1000)]), prices(2, trd=[(price, size * 2) for price, size in volumes]))

    scene.show(
        prices(1, trd=[(3.0, 1000.3)]), prices(2, trd=[(price, size * 2 + 0.3) for price, size in volumes])
    )

    assert [] == fills(order)


def test_volumes_that_were_cleared_begin_at_nothing() -> None:
    """An empty `trd` clears all volumes: what trades then is new."""
    scene = Scene(prices(trd=[(3.0, 100)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(trd=[]))

    scene.show(prices(trd=[(3.0, 12)]))

    assert [(3.0, 6_00)] == fills(order)


def test_an_image_without_a_volume_begins_at_nothing() -> None:
    """Volume at a price that an image does not have is gone: what trades then is new."""
    scene = Scene(prices(trd=[(3.0, 100)]))
    order = scene.order(limit(LAY, 3.0))
    scene.image()

    scene.show(prices(trd=[(3.0, 12)]))

    assert [(3.0, 6_00)] == fills(order)


# The three cases.


def test_who_cancelled_is_not_known() -> None:
    """Of 40 displayed, 20 ahead, 20 are cancelled: none of those ahead, half of them, or all of them."""
    scene = Scene(prices(atb=[(3.0, 20)]))
    order = scene.order(limit(LAY, 3.0, 100))
    scene.show(prices(atb=[(3.0, 40)]))
    scene.show(prices(atb=[(3.0, 20)]))

    scene.show(prices(trd=[(3.0, 80)]))

    assert [20_00, 30_00, 40_00] == order.matched


def test_never_more_is_ahead_than_is_displayed() -> None:
    """When 5 of 20 are left, 5 are ahead in the worst case."""
    scene = Scene(prices(atb=[(3.0, 20)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(atb=[(3.0, 5)]))

    scene.show(prices(trd=[(3.0, 14)]))

    assert [2_00] * 3 == order.matched


def test_what_traded_was_not_cancelled() -> None:
    """A level that shrinks by what was traded shrinks from the front in all three cases."""
    scene = Scene(prices(atb=[(3.0, 20)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(atb=[(3.0, 40)]))
    scene.show(prices(atb=[(3.0, 28)], trd=[(3.0, 24)]))

    scene.show(prices(trd=[(3.0, 44)]))

    assert [2_00] * 3 == order.matched


def test_the_share_is_rounded_against_us() -> None:
    """A third of a penny ahead is a penny ahead."""
    scene = Scene(prices(atb=[(3.0, 0.01)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(atb=[(3.0, 0.03)]))
    scene.show(prices(atb=[(3.0, 0.02)]))

    scene.show(prices(trd=[(3.0, 0.02)]))

    assert [0, 0, 1] == order.matched


# Books by level.


def test_a_book_by_level() -> None:
    """Where there is no full depth the levels are what is displayed."""
    scene = Scene(prices(batb=[(0, 3.0, 10), (1, 2.98, 10)]))

    order = scene.order(limit(BACK, 2.9, 25))
    scene.show(prices(batb=[(0, 2.9, 4), (1, 0, 0)]))

    assert [(3.0, 10_00), (2.98, 10_00), (2.9, 4_00)] == fills(order)


def test_a_price_that_is_pushed_out_of_sight_is_not_empty() -> None:
    """With one level displayed, 20 ahead at 3.0 are still ahead when 3.05 is shown in their place."""
    scene = Scene(prices(batb=[(0, 3.0, 20)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(batb=[(0, 3.05, 5)]))
    scene.show(prices(batb=[(0, 3.0, 20)]))

    scene.show(prices(trd=[(3.0, 10)]))

    assert [] == fills(order, Case.WORST)


def test_what_is_pushed_out_of_sight_stays_taken() -> None:
    """What we took is not there again because another price was shown in its place for a moment."""
    scene = Scene(prices(batb=[(0, 3.0, 10)]))
    scene.order(limit(BACK, 3.0))
    scene.show(prices(batb=[(0, 3.05, 5)]))
    scene.show(prices(batb=[(0, 3.0, 10)]))

    assert [] == fills(scene.order(limit(BACK, 3.0)))


def test_an_image_that_leaves_a_runner_out() -> None:
    """An image shows all there is: a runner that it leaves out has nothing displayed."""
    scene = Scene(prices(atb=[(3.0, 20)]))
    order = scene.order(limit(LAY, 3.0))
    scene.image()

    scene.show(prices(trd=[(3.0, 4)]))

    assert [2_00] * 3 == order.matched


# Doubts.


def test_a_conflated_change_is_doubted() -> None:
    """What a merged change matched is marked: what happened in between is not known."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.fold({"con": True, "rc": [prices(trd=[(3.0, 4)])]})

    assert [(Doubt.CONFLATED,)] == [fill.doubts for fill in order.fills]


def test_a_late_change_is_doubted() -> None:
    """What is matched while Betfair says that data is late is marked."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.fold({"rc": [prices(trd=[(3.0, 4)])]}, status=503)
    scene.fold({"rc": [prices(trd=[(3.0, 8)])]}, status=None)

    assert [(Doubt.LATE,), ()] == [fill.doubts for fill in order.fills]


def test_an_arrival_on_a_late_book_is_doubted() -> None:
    """An order that takes what a late book displays may take what was gone."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    scene.fold({"rc": [prices(atb=[(3.0, 9)])]}, status=503)

    assert [(Doubt.LATE,)] == [fill.doubts for fill in scene.order(limit(BACK, 3.0)).fills]


def test_an_image_in_mid_stream_is_doubted() -> None:
    """What was matched since the change before an image, and by the image, falls into a gap."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    before = scene.order(limit(BACK, 3.0, 5))
    scene.show(prices(2, atb=[(3.0, 1)]))
    inside, waiting = scene.order(limit(BACK, 3.0, 2)), scene.order(limit(LAY, 2.9))

    scene.image(prices(atb=[(3.0, 10)], trd=[(2.9, 4)]))

    assert [[()], [(Doubt.GAP,)], [(Doubt.GAP,)]] == [
        [fill.doubts for fill in order.fills] for order in (before, inside, waiting)
    ]


def test_a_trade_among_volumes_that_were_converted_anew() -> None:
    """
    Where an order waits and what is displayed shrinks by the volume, it was traded all the same.

    The first 10 take what is ahead, the next 10 are ours.
    """
    volumes = [(price, 20_000) for price in (3.0, 3.05, 3.2)]
    scene = Scene(prices(atl=[(3.2, 10)], trd=volumes), prices(2, trd=volumes))
    order = scene.order(limit(BACK, 3.2, 15))

    moved = [(3.0, 20_020), (3.05, 20_020), (3.2, 20_020)]
    scene.show(prices(atl=[(3.2, 0)], trd=moved), prices(2, trd=moved))

    scene.show(prices(atl=[(3.2, 12)]))
    moved = [(price, size + 20) for price, size in moved]
    scene.show(prices(atl=[(3.2, 2)], trd=moved), prices(2, trd=moved))

    assert [(3.2, 10_00)] == fills(order)
