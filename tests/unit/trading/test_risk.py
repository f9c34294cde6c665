"""Limits of what may be bet."""

from decimal import Decimal
from typing import Any

import pytest

from acting import Does, Recorded, back, lay, opened, priced, runner, the_market
from betflow.exchange.matching.orders import OrderEvent
from betflow.trading import Engine, Latency, Market, PlayedMarket
from betflow.trading.risk import (
    MaximumExposure,
    MaximumLiability,
    MaximumOrders,
    MaximumRunnerExposure,
    MaximumStake,
    RiskHook,
)
from betflow.trading.strategy import Instructions
from betflow.wire.betting import LimitOrder, PlaceInstruction, PlaceOrders
from betflow.wire.enums import BetTargetType, OrderType, Side


def _play(hook: RiskHook, once: Any, on_book: Any = None, **definition: Any) -> PlayedMarket:  # noqa: ANN401 - hooks
    engine = Engine([Does(once, on_book=on_book)], risk=[hook], latency=Latency(100, 100, 100, 100))
    messages = [
        opened(900, **definition),
        *(priced(1000 * n, (3.0, 50 + n), (3.2, 50)) for n in (1, 2, 3, 4)),
    ]
    return the_market(engine.run([Recorded(messages)]))


def _reasons(hook: RiskHook, once: Any, on_book: Any = None, **definition: Any) -> list[str]:  # noqa: ANN401 - hooks
    return [each.reason for each in _play(hook, once, on_book, **definition).placements]


def _aiming_at(target: BetTargetType, amount: float, side: Side) -> PlaceInstruction:
    return PlaceInstruction(
        order_type=OrderType.LIMIT,
        selection_id=1,
        side=side,
        limit_order=LimitOrder(price=4.0, bet_target_type=target, bet_target_size=amount),
    )


def test_a_stake_at_the_limit_passes() -> None:
    """5.00 passes a limit of 5.00, and 5.01 does not."""
    reasons = _reasons(
        MaximumStake(Decimal("5.00")), lambda market: [back(market, size=5.00), lay(market, size=5.01)]
    )

    assert ["", "a stake of 5.01 is above the limit of 5.00"] == reasons


def test_a_liability_is_what_the_layer_loses() -> None:
    """A lay of 10 at 3.0 may lose 20, a back of 10 may lose 10."""
    reasons = _reasons(
        MaximumLiability(Decimal(15)), lambda market: [back(market, 3.0), lay(market, 3.0), lay(market, 2.5)]
    )

    assert ["", "a liability of 20.00 is above the limit of 15", ""] == reasons


def test_an_order_on_close_may_lose_its_liability() -> None:
    """On both sides."""
    reasons = _reasons(
        MaximumLiability(Decimal(15)),
        lambda market: [
            market.back_on_close(runner(market), 16),
            market.lay_on_close(runner(market), 16),
            market.lay_on_close(runner(market), 15, price=10),
        ],
        bspMarket=True,
    )

    assert ["a liability of 16.00 is above the limit of 15"] * 2 + [""] == reasons


@pytest.mark.parametrize(
    ("side", "target", "limit", "reason"),
    [
        (Side.BACK, BetTargetType.PAYOUT, 5, ""),
        (Side.BACK, BetTargetType.BACKERS_PROFIT, 5, "a stake of 6.67 is above the limit of 5"),
        (Side.LAY, BetTargetType.PAYOUT, 19, "a stake of 19.81 is above the limit of 19"),
        (Side.LAY, BetTargetType.PAYOUT, 20, ""),
        (Side.LAY, BetTargetType.BACKERS_PROFIT, 1999, "a stake of 2000.00 is above the limit of 1999"),
    ],
)
def test_an_order_with_a_target_is_its_largest_stake(
    side: Side, target: BetTargetType, limit: int, reason: str
) -> None:
    """A payout of 20 at 4.0 is a stake of 5.00, a profit of 20 one of 6.67; lays may be matched at 1.01."""
    hook = MaximumStake(Decimal(limit))

    assert [reason] == _reasons(hook, lambda _: [_aiming_at(target, 20.0, side)])


@pytest.mark.parametrize(("limit", "passes"), [("14.99", False), ("15", True)])
def test_a_lay_with_a_target_loses_most_at_its_price(limit: str, passes: bool) -> None:  # noqa: FBT001 - a table
    """A payout of 20 at 4.0 loses 15, at 2.0 it loses 10."""
    reasons = _reasons(
        MaximumLiability(Decimal(limit)), lambda _: [_aiming_at(BetTargetType.PAYOUT, 20.0, Side.LAY)]
    )

    assert [passes] == [not reason for reason in reasons]


def test_an_order_with_a_target_counts_during_the_bet_delay() -> None:
    """It has no size before it is matched: two payouts of 20 at 4.0 may lose 10, a second later too."""

    def again(market: Market) -> Instructions:
        return [_aiming_at(BetTargetType.PAYOUT, 20.0, Side.BACK)] if market.now == 2000 else None

    reasons = _reasons(
        MaximumExposure(Decimal(9)),
        lambda _: [_aiming_at(BetTargetType.PAYOUT, 20.0, Side.BACK)],
        again,
        inPlay=True,
        betDelay=5,
    )

    assert ["", "an exposure of 10.00 in market 1.1 would be above the limit of 9"] == reasons


def test_only_so_many_orders_are_sent() -> None:
    """Those that risk refused do not count."""
    reasons = _reasons(MaximumOrders(2), lambda market: [back(market)] * 3)

    assert ["", "", "with 2 orders, market 1.1 is at the limit of 2"] == reasons


def test_a_replacement_is_checked() -> None:
    """Moving a lay from 2.0 to 4.0 may lose 30 instead of 10."""

    def move(market: Market) -> Instructions:
        return [market.replace(order, 4.0) for order in market.open_orders]

    market = _play(MaximumLiability(Decimal(20)), lambda market: [lay(market, 2.0)], move)

    refused = [told.event for told in market.told if told.event.error_code == "RISK"]
    assert ["REPLACE"] * 3 == [event.rule for event in refused]
    assert (("reason", "a liability of 30.00 is above the limit of 20"),) == refused[0].facts
    assert 1 == len(market.placements)


def test_cancels_always_pass() -> None:
    """A limit that is reached does not keep anybody from cancelling."""

    def take_back(market: Market) -> Instructions:
        return [market.cancel(order) for order in market.open_orders if order.bet_id not in market.changing]

    market = _play(MaximumOrders(1), lambda market: [back(market, 4.0)], take_back)

    assert [1000] == [order.cancelled[1] for order in market.orders]


def test_a_request_stands_or_falls_together() -> None:
    """One order above the limit refuses the whole request."""

    def together(market: Market) -> Instructions:
        return [PlaceOrders(market_id="1.1", instructions=(back(market, size=2), back(market, size=9)))]

    assert ["a stake of 9.00 is above the limit of 5"] * 2 == _reasons(MaximumStake(Decimal(5)), together)


def test_exposure_counts_what_is_on_its_way() -> None:
    """Two backs of 10 reach a limit of 20; a third is refused, though the first two have not arrived."""
    reasons = _reasons(MaximumExposure(Decimal(20)), lambda market: [back(market)] * 3)

    assert ["", "", "an exposure of 30.00 in market 1.1 would be above the limit of 20"] == reasons


def test_unmatched_orders_are_not_set_off() -> None:
    """A back of 10 at 4.0 and a lay of 10 at 2.0, both unmatched, may lose 10 each way, and not 0."""
    reasons = _reasons(MaximumExposure(Decimal(9)), lambda market: [back(market, 4.0), lay(market, 2.0)])

    assert ["an exposure of 10.00 in market 1.1 would be above the limit of 9"] * 2 == reasons


def test_sides_of_a_runner_are_not_added_up() -> None:
    """Either the runner wins or not: an unmatched back and lay of 10 at evens may lose 10 together."""
    reasons = _reasons(MaximumExposure(Decimal(10)), lambda market: [back(market, 4.0), lay(market, 2.0)])

    assert ["", ""] == reasons


def test_exposure_of_a_runner_is_its_own() -> None:
    """Backs of 10 on two runners reach a limit of 10 each; the next on either is refused."""
    reasons = _reasons(
        MaximumRunnerExposure(Decimal(10)),
        lambda market: [market.back(runner(market, number), 2.0, 10) for number in (1, 2, 1)],
    )

    assert ["", "", "an exposure of 20.00 on 1 would be above the limit of 10"] == reasons


def test_replacement_on_a_runner_counts_at_its_new_price_alone() -> None:
    """A lay of 10 that moves from 2.0 to 3.0 may lose 20, not 30."""

    def move(market: Market) -> Instructions:
        return [market.replace(order, 3.0) for order in market.open_orders if order.price == 2.0]

    for limit, prices in ((20, [2.0, 3.0]), (19, [2.0])):
        hook = MaximumRunnerExposure(Decimal(limit))
        market = _play(hook, lambda market: [lay(market, 2.0)], move)
        assert prices == [order.price for order in market.orders]


def test_matched_bets_are_set_off() -> None:
    """A back of 10 at 3.0 that is matched leaves room for a lay of 10 at 3.0."""

    def hedge(market: Market, event: OrderEvent) -> Instructions:
        return [lay(market, 3.0)] if event.kind == "MATCHED" and len(market.placements) == 1 else None

    engine = Engine(
        [Does(lambda market: [back(market, 3.0)], on_event=hedge)], risk=[MaximumExposure(Decimal(10))]
    )
    messages = [opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 49))]

    market = the_market(engine.run([Recorded(messages)]))

    assert ["", ""] == [each.reason for each in market.placements]


def test_runners_are_added_up() -> None:
    """Backs of 10 on two runners may lose 20."""
    reasons = _reasons(
        MaximumExposure(Decimal(19)),
        lambda market: [back(market), market.back(runner(market, 2), 3.0, 10)],
    )

    assert ["", "an exposure of 20.00 in market 1.1 would be above the limit of 19"] == reasons


def test_what_was_cancelled_is_exposed_no_more() -> None:
    """After a cancel there is room again."""

    def take_back(market: Market) -> Instructions:
        if market.now == 2000:
            return [market.cancel(market.orders[0])]
        return [back(market, 4.0)] if market.now == 3000 else None

    reasons = _reasons(MaximumExposure(Decimal(10)), lambda market: [back(market, 4.0)], take_back)

    assert ["", ""] == reasons


def test_a_replaced_order_is_not_counted_twice() -> None:
    """Moving a back of 10 within a limit of 10 passes."""

    def move(market: Market) -> Instructions:
        return [market.replace(order, 5.0) for order in market.open_orders if market.now == 2000]

    market = _play(MaximumExposure(Decimal(10)), lambda market: [back(market, 4.0)], move)

    assert ["1.1-1", "1.1-1.2"] == [each.ref for each in market.placements]


def test_an_order_without_a_size_is_for_the_exchange_to_refuse() -> None:
    """Limits have nothing to say of it."""
    market = _play(MaximumExposure(Decimal(10)), lambda market: [back(market, size=0)])

    assert ["INVALID_BET_SIZE"] == [each.error_code for each in market.placements]
