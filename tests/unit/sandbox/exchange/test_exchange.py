"""The simulated exchange: its time, its orders, what it tells of them."""

import pytest

from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.betting import (
    CancelInstruction,
    CancelOrders,
    PlaceExecutionReport,
    PlaceOrders,
    ReplaceExecutionReport,
    ReplaceInstruction,
    ReplaceOrders,
)
from betflow.wire.enums import (
    ActionPerformed,
    BetStatus,
    OrderProjection,
    OrderStatus,
    ServiceErrorCode,
    TimeInForce,
)
from betflow.wire.heartbeat import Heartbeat
from changes import MARKET, OFF_MS, change, defined
from exchange_scenes import ACCOUNT, ExchangeScene, ScriptedFeed, differences
from scenes import BACK, LAY, SECOND, limit, limit_on_close, market_on_close, prices


def test_an_order_is_matched_with_what_is_displayed() -> None:
    """A back takes what is available, and what is left of it waits."""
    scene = ExchangeScene(prices(atb=[(3.0, 4)], atl=[(3.1, 10)]))

    report = scene.place(limit(BACK, 3.0, 10))

    placed = report.instruction_reports[0]
    assert ("SUCCESS", "EXECUTABLE", 4.0, 3.0) == (
        report.status,
        placed.order_status,
        placed.size_matched,
        placed.average_price_matched,
    )
    assert [(4.0, 6.0)] == [(each.size_matched, each.size_remaining) for each in scene.current()]


def test_what_is_due_acts_before_a_later_message() -> None:
    """An order whose bet delay ends before a message is matched on the book as it was before the message."""
    scene = ExchangeScene(prices(atb=[(3.0, 10)]), inPlay=True, betDelay=1)
    waiting = scene.ask(scene.request(limit(BACK, 3.0, 5)))
    asked_at = scene.now
    scene.show(prices(atb=[(3.0, 0)]), at=asked_at + SECOND + 1)

    assert waiting is None
    report = scene.answers()[0]
    assert isinstance(report, PlaceExecutionReport)
    assert 5.0 == report.instruction_reports[0].size_matched
    assert asked_at + SECOND == scene.account.bets["300000000001"].order.placed_at


def test_an_order_that_waits_for_the_bet_delay_is_not_current() -> None:
    """Until the bet delay is over an order is neither current nor streamed, but money is held for it."""
    scene = ExchangeScene(prices(atb=[(3.0, 10)]), inPlay=True, betDelay=5)
    scene.ask(scene.request(limit(BACK, 3.0, 5)))

    assert [] == scene.current()
    assert [] == scene.streamed
    assert -5.0 == scene.exchange.funds(ACCOUNT).exposure


def test_an_asynchronous_order_is_pending_at_first() -> None:
    """An `async` order is answered at once, without a bet id, also where it waits for the bet delay."""
    scene = ExchangeScene(prices(atb=[(3.0, 10)]), inPlay=True, betDelay=5)
    request = PlaceOrders(market_id=MARKET, instructions=(limit(BACK, 3.0, 5, ref="mine"),), async_=True)

    report = scene.ask(request)
    scene.wait(6 * SECOND)

    assert isinstance(report, PlaceExecutionReport)
    placed = report.instruction_reports[0]
    assert ("SUCCESS", "PENDING", None) == (report.status, placed.order_status, placed.bet_id)
    assert 1 == len(scene.answers())
    assert [5.0] == [each.size_matched for each in scene.current(customer_order_refs=("mine",))]


def test_an_asynchronous_order_that_cannot_be_is_refused_at_once() -> None:
    """Nobody could learn later that an `async` order was invalid: there never is a bet."""
    scene = ExchangeScene()

    report = scene.ask(PlaceOrders(market_id=MARKET, instructions=(limit(BACK, 3.01, 5),), async_=True))

    assert isinstance(report, PlaceExecutionReport)
    assert ("FAILURE", "INVALID_ODDS") == (report.status, report.instruction_reports[0].error_code)


def test_an_asynchronous_replacement_is_pending_at_first() -> None:
    """An `async` replacement tells which bet goes and what comes, and not yet the new bet's id."""
    scene = ExchangeScene()
    old = scene.order(limit(BACK, 3.0, 5))
    edit = ReplaceInstruction(bet_id=old.bet_id, new_price=3.1)

    report = scene.ask(ReplaceOrders(market_id=MARKET, instructions=(edit,), async_=True))

    assert isinstance(report, ReplaceExecutionReport)
    replaced = report.instruction_reports[0]
    assert replaced.cancel_instruction_report is not None
    assert replaced.place_instruction_report is not None
    assert CancelInstruction(bet_id=old.bet_id) == replaced.cancel_instruction_report.instruction
    new = replaced.place_instruction_report
    assert new.instruction is not None
    assert new.instruction.limit_order is not None
    assert ("PENDING", None, 3.1) == (new.order_status, new.bet_id, new.instruction.limit_order.price)


@pytest.mark.parametrize("ref", ["x" * 33, "with space", "naïve", "a/b"])
def test_a_customer_ref_that_is_none_is_refused(ref: str) -> None:
    """A customerRef has at most 32 characters of those that Betfair names."""
    scene = ExchangeScene()

    with pytest.raises(ServiceRefusal) as refused:
        scene.place(limit(BACK, 3.0), ref=ref)

    assert ServiceErrorCode.INVALID_INPUT_DATA is refused.value.code


def test_an_unknown_market_has_no_orders() -> None:
    """A market that was never published is answered with INVALID_MARKET_ID."""
    report = ExchangeScene().place(limit(BACK, 3.0), market_id="1.999")

    assert ("FAILURE", "INVALID_MARKET_ID") == (report.status, report.error_code)


def test_the_order_stream_tells_each_change_once() -> None:
    """Every change sends the whole bet, and only such prices of the position as changed."""
    scene = ExchangeScene(prices(atb=[(3.0, 4)]))
    order = scene.order(limit(BACK, 3.0, 10), strategy="mine")
    scene.cancel(order)

    orders = [each for change in scene.streamed for runner in change.orc or () for each in runner.uo or ()]
    assert [("E", 4.0, 6.0, 0.0), ("EC", 4.0, 0.0, 6.0)] == [
        (each.status, each.sm, each.sr, each.sc) for each in orders
    ]
    first = scene.streamed[0].orc
    assert first is not None
    assert ([(3.0, 4.0)], None) == (first[0].mb, first[0].ml)
    assert [(3.0, 4.0)] == (first[0].smc or {})["mine"].mb
    last = scene.streamed[1].orc
    assert last is not None
    assert (None, None, None) == (last[0].mb, last[0].ml, last[0].smc)


def test_a_new_subscription_begins_with_what_is_executable_and_with_positions() -> None:
    """An image has executable orders and all that is matched; completed orders are not in it."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)]), prices(2, atl=[(2.0, 8)]))
    scene.order(limit(BACK, 3.0, 4))
    rest = scene.order(limit(LAY, 2.0, 10, runner=2), strategy="mine")
    gone = scene.order(limit(BACK, 4.0, 10, runner=2))
    scene.cancel(gone)

    client = scene.new_client()

    book = client.books[MARKET]
    assert [rest.bet_id] == list(book.orders)
    one, two = book.runner(1), book.runner(2)
    assert one is not None
    assert two is not None
    assert {3.0: 4.0} == one.matched.backs
    assert {"mine": {2.0: 8.0}} == {name: each.lays for name, each in two.matched_of_strategy.items()}


def test_a_removed_runner_reduces_what_is_matched() -> None:
    """After a removal matched prices are reduced: the old one is emptied, the new one filled."""
    scene = ExchangeScene(prices(1, atb=[(12.0, 2)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 12.0, 2))

    scene.remove(3, 21.1)

    runners = scene.streamed[-1].orc
    assert runners is not None
    assert [(12.0, 0.0), (9.47, 2.0)] == runners[0].mb
    assert [("EC", 9.47)] == [(each.status, each.avp) for each in runners[0].uo or ()]
    assert [9.47] == [each.average_price_matched for each in scene.current()]


def test_a_bet_on_a_removed_runner_is_void() -> None:
    """What was matched on a removed runner is void: no position is left, and no money is held for it."""
    scene = ExchangeScene(prices(1, atb=[(12.0, 2)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 12.0, 5))

    scene.remove(1, 21.1)

    assert [(0.0, 2.0, 3.0)] == [
        (each.size_matched, each.size_voided, each.size_lapsed) for each in scene.current()
    ]
    assert {} == scene.orders.books[MARKET].runners[1, 0.0].matched.backs
    assert (10_000.0, 0.0) == (
        scene.exchange.funds(ACCOUNT).available_to_bet_balance,
        scene.exchange.funds(ACCOUNT).exposure,
    )


def test_the_order_stream_is_what_is_current() -> None:
    """Folding the order stream gives the current orders, in every state that an order can be in."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)], atl=[(3.05, 20)]), bspMarket=True)
    cancelled = scene.order(limit(BACK, 3.5, 10))
    scene.order(limit(BACK, 3.0, 10), strategy="mine")
    scene.order(limit(LAY, 3.05, 5))
    scene.order(limit(BACK, 500, 2, time_in_force=TimeInForce.FILL_OR_KILL))
    scene.order(market_on_close(LAY, 20.0))
    scene.cancel(cancelled, 4)
    scene.cancel(cancelled)
    scene.show(prices(1, trd=[(3.0, 4)]))

    assert [] == differences(scene.orders, scene.current())
    assert 5 == len(scene.current())


def test_current_orders_can_be_asked_for_by_status() -> None:
    """The projection takes executable orders, completed ones, or all; what expired counts as complete."""
    scene = ExchangeScene()
    open_order = scene.order(limit(BACK, 3.0))
    killed = scene.order(limit(BACK, 3.0, time_in_force=TimeInForce.FILL_OR_KILL))

    assert [open_order.bet_id] == [
        each.bet_id for each in scene.current(order_projection=OrderProjection.EXECUTABLE)
    ]
    assert [(killed.bet_id, OrderStatus.EXECUTION_COMPLETE)] == [
        (each.bet_id, each.status)
        for each in scene.current(order_projection=OrderProjection.EXECUTION_COMPLETE)
    ]


def test_money_is_held_for_what_may_be_lost() -> None:
    """Available is the balance less exposure, to the penny; what cannot be afforded is refused."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)]))
    scene.order(limit(BACK, 3.0, 4))
    scene.order(limit(LAY, 1.5, 10.5))

    funds = scene.exchange.funds(ACCOUNT)

    assert (9_990.75, -9.25) == (funds.available_to_bet_balance, funds.exposure)
    report = scene.place(limit(BACK, 3.0, 9_990.76))
    assert ("FAILURE", "INSUFFICIENT_FUNDS") == (report.status, report.error_code)
    assert "SUCCESS" == scene.place(limit(BACK, 3.0, 9_990.75)).status


def test_silence_cancels_limit_bets() -> None:
    """Ten seconds after a heartbeat LIMIT bets are cancelled, and the next heartbeat tells so."""
    scene = ExchangeScene(bspMarket=True)
    scene.order(limit(BACK, 3.0))
    scene.order(market_on_close(BACK, 10))
    before = scene.exchange.heartbeat(ACCOUNT, Heartbeat(preferred_timeout_seconds=5))
    scene.wait(10 * SECOND - 1)
    still = len(scene.current(order_projection=OrderProjection.EXECUTABLE))
    scene.wait(1)

    after = scene.exchange.heartbeat(ACCOUNT, Heartbeat(preferred_timeout_seconds=0))

    assert (2, 1) == (still, len(scene.current(order_projection=OrderProjection.EXECUTABLE)))
    assert (ActionPerformed.NONE, 10) == (before.action_performed, before.actual_timeout_seconds)
    assert (ActionPerformed.ALL_BETS_CANCELLED, 0) == (after.action_performed, after.actual_timeout_seconds)


def test_a_delayed_book_is_a_minute_old() -> None:
    """A delayed app key sees the books as they were a minute ago."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)]))
    published = scene.now
    scene.wait(60 * SECOND - 1)
    nothing = MARKET in scene.exchange.delayed_books
    scene.show(prices(1, atb=[(3.05, 5)]), at=published + 60 * SECOND)

    runner = scene.exchange.delayed_books[MARKET].runner(1)
    assert runner is not None
    assert (False, 3.0) == (nothing, runner.best_back)


def test_how_markets_stood_at_the_beginning_is_not_delayed() -> None:
    """A delayed app key sees at once how the markets stood when the exchange began."""
    feed = ScriptedFeed(begins=OFF_MS)
    first = change(marketDefinition=defined(), img=True)
    feed.put(FeedChange(OFF_MS, first))
    feed.put(FeedChange(OFF_MS + 1, change({"id": 1, "atb": [[2.0, 5]]})))
    exchange = Exchange(feed)

    exchange.advance(OFF_MS + 1)

    assert first == exchange.delayed_books[MARKET].change


def test_all_of_a_market_is_cancelled() -> None:
    """Without instructions all that is unmatched in a market is cancelled."""
    scene = ExchangeScene()
    scene.order(limit(BACK, 3.0))
    scene.order(limit(BACK, 4.0))

    report = scene.ask(CancelOrders(market_id=MARKET))

    assert report is not None
    assert 2 == len(report.instruction_reports)
    assert [] == scene.current(order_projection=OrderProjection.EXECUTABLE)


def test_strategies_add_up_to_the_position() -> None:
    """Two strategies at one price are one entry of the position, and each has its own."""
    scene = ExchangeScene(prices(atb=[(3.0, 10)]))
    scene.order(limit(BACK, 3.0, 4), strategy="mine")
    scene.order(limit(BACK, 3.0, 5))

    runner = scene.new_client().books[MARKET].runner(1)

    assert runner is not None
    assert {3.0: 9.0} == runner.matched.backs == scene.orders.books[MARKET].runners[1, 0.0].matched.backs
    assert {"mine": {3.0: 4.0}, "": {3.0: 5.0}} == {
        name: each.backs for name, each in runner.matched_of_strategy.items()
    }


def test_an_edited_limit_on_close_bet_was_cancelled_without_a_size() -> None:
    """Its size stays 0 and nothing of it counts as cancelled; the stream tells the second when it went."""
    scene = ExchangeScene(bspMarket=True)
    old = scene.order(limit_on_close(LAY, 4.0, 20))
    scene.replace((old, 5.0))

    told = [order for each in scene.streamed for runner in each.orc or () for order in runner.uo or ()]
    (streamed,) = [order for order in told if order.id == old.bet_id and order.cd]
    current = next(each for each in scene.current() if each.bet_id == old.bet_id)
    (cleared,) = scene.cleared(BetStatus.CANCELLED)

    assert (0, 0, 20.0, SECOND, SECOND) == (streamed.s, streamed.sc, streamed.bsp, streamed.pd, streamed.cd)
    assert current.price_size is not None
    assert (0, 0, 20.0) == (current.price_size.size, current.size_cancelled, current.bsp_liability)
    assert (old.bet_id, 0) == (cleared.bet_id, cleared.size_cancelled)
