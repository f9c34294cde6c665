"""Requests, and how the simulated exchange answers them."""

from math import inf
from typing import Any

import pytest

from betflow.errors import ConfigurationError
from betflow.exchange.book import MarketBooks
from betflow.exchange.matching.orders import Case, EventKind, Rule
from betflow.exchange.matching.venue import Account, Executed, Venue
from betflow.wire.betting import (
    CancelExecutionReport,
    CancelInstruction,
    CancelOrders,
    PlaceInstruction,
    ReplaceExecutionReport,
    ReplaceInstruction,
    ReplaceOrders,
    UpdateExecutionReport,
    UpdateInstruction,
    UpdateOrders,
)
from betflow.wire.enums import (
    BetTargetType,
    ExecutionReportErrorCode,
    ExecutionReportStatus,
    InstructionReportErrorCode,
    InstructionReportStatus,
    OrderStatus,
    PersistenceType,
    TimeInForce,
)
from changes import MARKET, defined, message
from scenes import BACK, LAY, SECOND, Scene, fills, limit, limit_on_close, market_on_close, prices

Whole = ExecutionReportErrorCode
Code = InstructionReportErrorCode
FAILURE = ExecutionReportStatus.FAILURE
IN_PLAY: dict[str, Any] = {"inPlay": True, "betDelay": 5}
PERSIST, LAPSE = PersistenceType.PERSIST, PersistenceType.LAPSE


def _codes(report: object) -> list[str | None]:
    assert isinstance(report, CancelExecutionReport | ReplaceExecutionReport | UpdateExecutionReport)
    return [each.error_code for each in report.instruction_reports]


# Whole requests.


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (Whole.MARKET_SUSPENDED, "SUSPENDED"),
        (Whole.MARKET_NOT_OPEN_FOR_BETTING, "INACTIVE"),
        (Whole.MARKET_NOT_OPEN_FOR_BETTING, "CLOSED"),
    ],
)
def test_a_market_that_takes_no_orders(code: Whole, status: str) -> None:
    """Every instruction shares the fate of a request that the market does not take."""
    report = Scene(status=status).place(limit(BACK, 3.0), limit(LAY, 2.0))

    assert (FAILURE, code) == (report.status, report.error_code)
    assert [Code.ERROR_IN_ORDER] * 2 == [each.error_code for each in report.instruction_reports]


def test_an_unknown_market() -> None:
    """A market that no message was about does not exist."""
    report = Scene().place(limit(BACK, 3.0), market_id="1.999")

    assert Whole.INVALID_MARKET_ID == report.error_code


def test_a_market_without_a_definition() -> None:
    """Of a market whose prices came without a definition nobody knows that it is open."""
    venue, books = Venue(), MarketBooks()
    for book in books.apply(message({"rc": [prices(atb=[(3.0, 10)])]}, pt=SECOND)):
        venue.apply(book)
    venue.submit(Scene().request(limit(BACK, 3.0)), SECOND)

    (refused,) = [each for each in venue.advance(SECOND) if isinstance(each, Executed)]
    assert Whole.MARKET_NOT_OPEN_FOR_BETTING == refused.report.error_code


def test_too_many_instructions() -> None:
    """One request places 200 orders and not one more."""
    scene = Scene()

    assert scene.place(*[limit(LAY, 2.0)] * 200).error_code is None
    assert Whole.TOO_MANY_INSTRUCTIONS == scene.place(*[limit(LAY, 2.0)] * 201).error_code


def test_too_many_cancellations() -> None:
    """One request cancels 60 bets and not one more."""
    scene = Scene()
    scene.place(*[limit(LAY, 2.0)] * 61)
    bets = [CancelInstruction(bet_id=bet_id) for bet_id in scene.venue.orders]

    refused = scene.ask(CancelOrders(market_id=MARKET, instructions=tuple(bets)))
    assert refused is not None
    assert Whole.TOO_MANY_INSTRUCTIONS == refused.error_code
    taken = scene.ask(CancelOrders(market_id=MARKET, instructions=tuple(bets[:60])))
    assert taken is not None
    assert taken.error_code is None


def test_no_instructions() -> None:
    """A request that asks for nothing is no order."""
    assert Whole.INVALID_ORDER == Scene().place().error_code


@pytest.mark.parametrize("version", [-1, 10**12])
def test_an_impossible_version(version: int) -> None:
    """A market version has up to twelve digits."""
    assert Whole.INVALID_MARKET_VERSION == Scene().place(limit(BACK, 3.0), version=version).error_code


def test_one_invalid_instruction_fails_all() -> None:
    """Placing is atomic: the culprit says why, the others ERROR_IN_ORDER, and no bet comes of it."""
    scene = Scene(prices(atb=[(3.0, 10)]))

    report = scene.place(limit(BACK, 3.0), limit(BACK, 3.01), limit(BACK, 3.0, 0.5))

    assert (FAILURE, Whole.BET_ACTION_ERROR) == (report.status, report.error_code)
    assert [Code.ERROR_IN_ORDER, Code.INVALID_ODDS, Code.INVALID_BET_SIZE] == [
        each.error_code for each in report.instruction_reports
    ]
    assert {} == scene.venue.orders


@pytest.mark.parametrize(("is_refused", "lay"), [(True, 3.0), (True, 3.05), (False, 2.98)])
def test_back_and_lay_that_would_match_each_other(is_refused: bool, lay: float) -> None:  # noqa: FBT001 - expected value
    """One request may not back and lay a runner at prices that cross; on two runners it may."""
    scene = Scene()
    codes = {each.error_code for each in scene.place(limit(BACK, 3.0), limit(LAY, lay)).instruction_reports}

    assert ({Code.INVALID_BACK_LAY_COMBINATION} if is_refused else {None}) == codes
    assert scene.place(limit(BACK, 3.0), limit(LAY, lay, runner=2)).error_code is None


# customerRef.


@pytest.mark.parametrize(("code", "later"), [(Whole.DUPLICATE_TRANSACTION, 59_999), (None, 60_000)])
def test_the_same_reference_within_a_minute(code: Whole | None, later: int) -> None:
    """The same customerRef is refused for 60 seconds."""
    scene = Scene()
    scene.place(limit(LAY, 2.0), ref="a")
    scene.now += later - 1  # a request arrives a millisecond after it is sent

    assert code == scene.place(limit(LAY, 2.0), ref="a").error_code


def test_a_refused_repetition_does_not_prolong_the_minute() -> None:
    """The window starts with the request that was taken."""
    scene = Scene()
    scene.place(limit(LAY, 2.0), ref="a")
    scene.now += 30_000
    scene.place(limit(LAY, 2.0), ref="a")
    scene.now += 30_000

    assert scene.place(limit(LAY, 2.0), ref="a").error_code is None


def test_other_references_are_no_repetitions() -> None:
    """Different references, and none at all, may follow each other at once."""
    scene = Scene()

    assert [None] * 4 == [scene.place(limit(LAY, 2.0), ref=ref).error_code for ref in ("a", "b", None, None)]


# The market version: the table of "placeOrders".


@pytest.mark.parametrize(
    ("refused", "version"), [(True, 1234), (True, 1235), (False, 1236), (False, 1237), (False, 1238)]
)
def test_the_version_after_a_removal(refused: bool, version: int) -> None:  # noqa: FBT001 - expected value
    """1234 active, 1235 another time, 1236 a runner removed: from then on 1236 is the least."""
    scene = Scene(version=1234, runners=[1, 2, 3])
    scene.define(version=1235, marketTime="2026-02-18T15:00:00.000Z")
    assert scene.place(limit(BACK, 3.0), version=1234).error_code is None
    scene.remove(3, 1)

    report = scene.place(limit(BACK, 3.0), version=version)

    assert (Whole.BET_ACTION_ERROR if refused else None) == report.error_code
    (one,) = report.instruction_reports
    assert (Code.BET_TAKEN_OR_LAPSED if refused else None) == one.error_code
    assert one.bet_id is not None  # a stale version costs a bet id, as recorded answers show


@pytest.mark.parametrize(("refused", "version"), [(True, 1236), (False, 1237)])
def test_the_version_after_the_turn_in_play(refused: bool, version: int) -> None:  # noqa: FBT001 - expected value
    """Turning in play is material: orders decided before it are refused."""
    scene = Scene(version=1236)
    scene.define(version=1237, inPlay=True)

    report = scene.place(limit(BACK, 3.0), version=version)

    assert refused == (report.instruction_reports[0].error_code is Code.BET_TAKEN_OR_LAPSED)


def test_a_stale_order_lapses_with_all_its_size() -> None:
    """The bet of a stale version has nothing matched and all lapsed."""
    scene = Scene(prices(atb=[(3.0, 10)]), version=1)
    scene.define(inPlay=True)

    order = scene.order(limit(BACK, 3.0), version=1)

    assert ([10_00] * 3, [], OrderStatus.EXECUTION_COMPLETE) == (order.lapsed, order.fills, order.status)


# Time.


def test_an_order_acts_on_the_book_of_its_moment() -> None:
    """An order that arrives between two messages sees the first and not the second."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    scene.venue.submit(scene.request(limit(BACK, 2.9)), scene.now + 5)

    scene.show(prices(atb=[(3.0, 0), (2.9, 10)]), at=scene.now + 6)

    assert [(3.0, 10_00)] == fills(scene.venue.orders["1"])


def test_an_order_acts_after_the_messages_of_its_millisecond() -> None:
    """A message published in the millisecond in which an order arrives is seen by it."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    scene.venue.submit(scene.request(limit(BACK, 2.9)), scene.now + 5)

    scene.show(prices(atb=[(3.0, 0), (2.9, 10)]), at=scene.now + 5)
    scene.wait(1)

    assert [(2.9, 10_00)] == fills(scene.venue.orders["1"])


def test_requests_of_one_moment_act_as_submitted() -> None:
    """The first to be submitted takes what is there."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    for size in (8, 8):
        scene.venue.submit(scene.request(limit(BACK, 3.0, size)), scene.now + 1)
    scene.wait(1)

    assert [8_00, 2_00] == [order.matched[Case.EXPECTED] for order in scene.venue.orders.values()]


def test_what_arrives_sooner_acts_first() -> None:
    """A later request with a shorter way overtakes."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    late = scene.venue.submit(scene.request(limit(BACK, 3.0, 8)), scene.now + 9)
    soon = scene.venue.submit(scene.request(limit(BACK, 3.0, 7)), scene.now + 2)
    scene.wait(9)

    assert [soon, late] == [each.ticket for each in scene.events if isinstance(each, Executed)]
    assert [7_00, 3_00] == [order.matched[Case.EXPECTED] for order in scene.venue.orders.values()]


def test_due_is_the_next_moment() -> None:
    """The host learns when the next request acts, and that none waits."""
    scene = Scene()
    scene.venue.submit(scene.request(limit(BACK, 3.0)), 9000)
    scene.venue.submit(scene.request(limit(BACK, 3.0)), 8000)

    assert 8000 == scene.venue.due
    scene.venue.advance(8000)
    assert 9000 == scene.venue.due
    scene.venue.advance(9000)
    assert inf == scene.venue.due


# The bet delay.


def test_in_play_an_order_waits() -> None:
    """With a bet delay of 5 seconds an order meets the book of 5 seconds later."""
    scene = Scene(prices(atb=[(3.0, 10)]), **IN_PLAY)
    order = scene.order(limit(BACK, 2.9))
    assert (OrderStatus.PENDING, []) == (order.status, order.fills)

    scene.show(prices(atb=[(3.0, 0), (2.98, 10)]))
    scene.wait(4_998)
    assert [] == order.fills
    scene.wait(1)

    assert [(2.98, 10_00)] == fills(order)


def test_before_the_off_nothing_waits() -> None:
    """A bet delay in the definition counts in play only."""
    order = Scene(prices(atb=[(3.0, 10)]), betDelay=5).order(limit(BACK, 3.0))

    assert [(3.0, 10_00)] == fills(order)


def test_what_waits_lapses_at_a_suspension() -> None:
    """An order lapses whose market is suspended while it waits."""
    scene = Scene(prices(atb=[(3.0, 10)]), **IN_PLAY)
    order = scene.order(limit(BACK, 3.0))

    scene.define(status="SUSPENDED")
    scene.define(status="OPEN")
    scene.wait(10 * SECOND)

    assert ([10_00] * 3, [], Code.BET_TAKEN_OR_LAPSED) == (order.lapsed, order.fills, order.error_code)
    assert [Rule.SUSPENDED_WHILE_WAITING] == [each.rule for each in scene.told(EventKind.LAPSED)]
    (answer,) = scene.answers()
    assert Whole.BET_ACTION_ERROR == answer.error_code


def test_a_suspension_before_the_arrival_refuses_it() -> None:
    """A market that is suspended when the request arrives takes none."""
    scene = Scene(**IN_PLAY)
    ticket = scene.venue.submit(scene.request(limit(BACK, 3.0)), scene.now + 10)
    scene.define(status="SUSPENDED")
    scene.wait(10)

    answer = scene.answer(ticket)
    assert answer is not None
    assert Whole.MARKET_SUSPENDED == answer.error_code


def test_an_order_that_waits_cannot_be_changed() -> None:
    """During its bet delay a bet is in progress."""
    scene = Scene(**IN_PLAY)
    order = scene.order(limit(BACK, 3.0))

    assert [Code.BET_IN_PROGRESS] == _codes(scene.cancel(order))
    assert [Code.BET_IN_PROGRESS] == _codes(scene.replace((order, 3.05)))
    assert [Code.BET_IN_PROGRESS] == _codes(scene.update(order, PERSIST))


def test_cancellations_do_not_wait() -> None:
    """In play a cancellation acts at once."""
    scene = Scene(**IN_PLAY)
    order = scene.order(limit(BACK, 3.0))
    scene.wait(5 * SECOND)

    scene.cancel(order)

    assert [10_00] * 3 == order.cancelled


def test_a_runner_removed_during_the_delay() -> None:
    """An order whose runner is removed while it waits does not reach the book."""
    scene = Scene(prices(atb=[(3.0, 10)]), **IN_PLAY)
    order = scene.order(limit(BACK, 3.0))
    scene.remove(1, 10)
    scene.wait(5 * SECOND)

    assert ([10_00] * 3, [], Code.RUNNER_REMOVED) == (order.lapsed, order.fills, order.error_code)


def test_with_passive_delay_what_would_not_match_joins_at_once() -> None:
    """A plain order that finds nothing to take joins the queue without waiting."""
    scene = Scene(prices(atb=[(3.0, 10)]), **IN_PLAY, betDelayModels=["PASSIVE"])

    order = scene.order(limit(BACK, 3.05))

    assert OrderStatus.EXECUTABLE == order.status
    assert [Rule.PASSIVE_DELAY] == [each.rule for each in scene.told(EventKind.QUEUED)]


@pytest.mark.parametrize(
    "instruction",
    [
        limit(BACK, 3.0),
        limit(BACK, 3.05, time_in_force=TimeInForce.FILL_OR_KILL),
        limit(BACK, 3.05, None, bet_target_type=BetTargetType.PAYOUT, bet_target_size=30.0),
    ],
)
def test_with_passive_delay_everything_else_waits(instruction: PlaceInstruction) -> None:
    """What would match at once, fills or kills, or aims at a target waits for the bet delay."""
    scene = Scene(prices(atb=[(3.0, 10)]), **IN_PLAY, betDelayModels=["PASSIVE"])

    assert OrderStatus.PENDING == scene.order(instruction).status


# Cancelling.


def test_cancel_all_of_an_order() -> None:
    """What is unmatched is cancelled; what is matched stays."""
    scene = Scene(prices(atb=[(3.0, 4)]))
    order = scene.order(limit(BACK, 3.0))

    report = scene.cancel(order)

    assert 6.0 == report.instruction_reports[0].size_cancelled
    assert ([4_00] * 3, [6_00] * 3, [0] * 3) == (order.matched, order.cancelled, order.remaining)
    assert OrderStatus.EXECUTION_COMPLETE == order.status


def test_cancel_a_part() -> None:
    """A size reduction leaves the rest in its place; its answer has no date, as recorded ones."""
    scene = Scene(prices(atb=[(3.0, 5)]))
    order = scene.order(limit(LAY, 3.0))

    (one,) = scene.cancel(order, 4).instruction_reports
    scene.show(prices(trd=[(3.0, 14)]))

    assert (4.0, None) == (one.size_cancelled, one.cancelled_date)
    assert ([2_00] * 3, [4_00] * 3, [4_00] * 3) == (order.matched, order.cancelled, order.remaining)


def test_cancel_more_than_there_is() -> None:
    """A reduction beyond what is left cancels what is left."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))

    assert 10.0 == scene.cancel(order, 99).instruction_reports[0].size_cancelled
    assert OrderStatus.EXECUTION_COMPLETE == order.status


@pytest.mark.parametrize("reduction", [0, -1, 0.001, float("nan")])
def test_cancel_an_impossible_part(reduction: float) -> None:
    """A size reduction is positive and exact to the penny."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))

    assert [Code.INVALID_BET_SIZE] == _codes(scene.cancel(order, reduction))
    assert [10_00] * 3 == order.remaining


def test_cancel_what_is_gone() -> None:
    """What is matched, cancelled or at the starting price cannot be cancelled; what never was is no bet."""
    scene = Scene(prices(atb=[(3.0, 10)]), bspMarket=True)
    matched, cancelled = scene.order(limit(BACK, 3.0)), scene.order(limit(BACK, 3.5))
    on_close = scene.order(market_on_close(BACK, 10))
    scene.cancel(cancelled)

    for order in (matched, cancelled, on_close):
        assert [Code.BET_TAKEN_OR_LAPSED] == _codes(scene.cancel(order))
    assert [Code.INVALID_BET_ID] == _codes(scene.cancel("999"))


def test_cancel_some() -> None:
    """Cancellations stand on their own: what can be cancelled is."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    bets = tuple(CancelInstruction(bet_id=bet_id) for bet_id in ("999", order.bet_id))

    report = scene.ask(CancelOrders(market_id=MARKET, instructions=bets))

    assert isinstance(report, CancelExecutionReport)
    assert ExecutionReportStatus.PROCESSED_WITH_ERRORS == report.status
    assert [Code.INVALID_BET_ID, None] == _codes(report)
    assert [10_00] * 3 == order.cancelled


def test_cancel_a_bet_of_another_market() -> None:
    """A bet is unknown in the wrong market."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.fold({"id": "1.2", "marketDefinition": defined()})

    report = scene.ask(CancelOrders(market_id="1.2", instructions=(CancelInstruction(bet_id=order.bet_id),)))

    assert [Code.INVALID_BET_ID] == _codes(report)


def test_cancel_everything_in_a_market() -> None:
    """Without instructions all of a market is cancelled, and nothing elsewhere."""
    scene = Scene(bspMarket=True)
    scene.fold({"id": "1.2", "marketDefinition": defined()})
    here, there = scene.order(limit(LAY, 3.0)), scene.order(limit(LAY, 3.0), market_id="1.2")
    on_close = scene.order(market_on_close(BACK, 10))

    report = scene.ask(CancelOrders(market_id=MARKET))

    assert isinstance(report, CancelExecutionReport)
    assert [None] == _codes(report)
    assert ([10_00] * 3, [0] * 3) == (here.cancelled, there.cancelled)
    assert [10_00] * 3 == on_close.liability


def test_cancel_everything_on_the_account() -> None:
    """Without market and instructions all is cancelled, and the answer names no bets."""
    scene = Scene()
    scene.fold({"id": "1.2", "marketDefinition": defined()})
    orders = [scene.order(limit(LAY, 3.0), market_id=market) for market in (MARKET, "1.2")]

    report = scene.ask(CancelOrders())

    assert isinstance(report, CancelExecutionReport)
    assert () == report.instruction_reports
    assert [[10_00] * 3] * 2 == [order.cancelled for order in orders]


def test_an_empty_list_to_cancel_is_none() -> None:
    """Betfair reads an empty list of instructions as none: all of the market is cancelled."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))

    report = scene.ask(CancelOrders(market_id=MARKET, instructions=()))

    assert [None] == _codes(report)
    assert [10_00] * 3 == order.cancelled


def test_an_empty_list_without_a_market_cancels_the_account() -> None:
    """Without a market an empty list cancels all there is, and the answer names no bets."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))

    report = scene.ask(CancelOrders(instructions=()))

    assert isinstance(report, CancelExecutionReport)
    assert () == report.instruction_reports
    assert [10_00] * 3 == order.cancelled


def test_cancel_while_suspended() -> None:
    """Bets can be cancelled while the market is suspended."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    scene.define(status="SUSPENDED")

    assert [None] == _codes(scene.cancel(order))


def test_the_same_bet_twice() -> None:
    """A request that names a bet twice is refused as a whole."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))
    twice = (CancelInstruction(bet_id=order.bet_id),) * 2

    report = scene.ask(CancelOrders(market_id=MARKET, instructions=twice))

    assert report is not None
    assert Whole.DUPLICATE_BETIDS == report.error_code
    assert [0] * 3 == order.cancelled


def test_the_same_bet_twice_without_a_market() -> None:
    """The same where the request names no market."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))

    report = scene.ask(CancelOrders(instructions=(CancelInstruction(bet_id=order.bet_id),) * 2))

    assert report is not None
    assert Whole.DUPLICATE_BETIDS == report.error_code


# Replacing.


def test_replace_moves_what_is_left() -> None:
    """The rest of a bet is cancelled and placed anew at the other price, under a new bet id."""
    scene = Scene(prices(atb=[(3.0, 4)]))
    old = scene.order(limit(BACK, 3.0, ref="mine"), strategy="s")

    (one,) = scene.replace((old, 3.05)).instruction_reports

    new = scene.venue.orders["2"]
    assert ([6_00] * 3, 3.05, "mine", "s", old.bet_id) == (
        new.remaining,
        new.price,
        new.customer_order_ref,
        new.strategy,
        new.replaces,
    )
    assert ([4_00] * 3, [6_00] * 3) == (old.matched, old.cancelled)
    assert one.cancel_instruction_report is not None
    assert one.place_instruction_report is not None
    assert (6.0, "2") == (one.cancel_instruction_report.size_cancelled, one.place_instruction_report.bet_id)


def test_replace_joins_at_the_back_of_the_queue() -> None:
    """A bet that is moved away and back has lost its place."""
    scene = Scene(prices(atb=[(3.0, 5)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(atb=[(3.0, 20)]))
    scene.replace((order, 2.98))
    scene.replace(("2", 3.0))

    scene.show(prices(trd=[(3.0, 42)]))

    assert [(3.0, 1_00)] == fills(scene.venue.orders["3"])


def test_replace_what_is_gone() -> None:
    """Nothing is placed for a bet that cannot be cancelled."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    order = scene.order(limit(BACK, 3.0))

    report = scene.replace((order, 3.05), ("999", 3.05))

    assert (FAILURE, [Code.BET_TAKEN_OR_LAPSED, Code.INVALID_BET_ID]) == (report.status, _codes(report))
    assert ["1"] == list(scene.venue.orders)


def test_cancelled_not_placed() -> None:
    """A failed place does not bring the cancelled bet back."""
    scene = Scene()
    order = scene.order(limit(BACK, 3.0))

    (one,) = scene.replace((order, 3.01)).instruction_reports

    assert (InstructionReportStatus.FAILURE, Code.CANCELLED_NOT_PLACED) == (one.status, one.error_code)
    assert one.place_instruction_report is not None
    assert Code.INVALID_ODDS == one.place_instruction_report.error_code
    assert ([10_00] * 3, ["1"]) == (order.cancelled, list(scene.venue.orders))


def test_replacing_places_all_or_none() -> None:
    """All new bets of a request are placed, or none (replaceOrders: "placed atomically")."""
    scene = Scene()
    first, second = scene.order(limit(BACK, 3.0)), scene.order(limit(BACK, 3.05))

    report = scene.replace((first, 3.1), (second, 3.01))

    assert [Code.CANCELLED_NOT_PLACED] * 2 == _codes(report)
    assert ["1", "2"] == list(scene.venue.orders)


def test_a_stale_version_is_not_replaced() -> None:
    """A replacement decided on an old version of the market ends as cancelled and not placed."""
    scene = Scene(version=1, runners=[1, 2, 3])
    order = scene.order(limit(BACK, 3.0))
    scene.remove(3, 1)

    report = scene.replace((order, 3.05), version=1)

    assert [Code.CANCELLED_NOT_PLACED] == _codes(report)


def test_the_place_leg_waits_for_the_bet_delay() -> None:
    """In play the old bet is cancelled at once, and the new one comes 5 seconds later."""
    scene = Scene(prices(atb=[(3.0, 10)]), **IN_PLAY)
    old = scene.order(limit(BACK, 3.05))
    scene.wait(5 * SECOND)

    assert scene.ask(scene.replacing((old, 3.0))) is None
    assert ([10_00] * 3, []) == (old.cancelled, scene.venue.orders["2"].fills)
    scene.wait(5 * SECOND)

    assert [(3.0, 10_00)] == fills(scene.venue.orders["2"])
    assert ExecutionReportStatus.SUCCESS == scene.answers()[-1].status


def test_a_suspension_ends_the_place_leg() -> None:
    """A replacement that waits when the market is suspended is cancelled and not placed."""
    scene = Scene(**IN_PLAY)
    old = scene.order(limit(BACK, 3.05))
    scene.wait(5 * SECOND)
    scene.ask(scene.replacing((old, 3.0)))

    scene.define(status="SUSPENDED")

    assert [Code.CANCELLED_NOT_PLACED] == _codes(scene.answers()[-1])
    assert [10_00] * 3 == scene.venue.orders["2"].lapsed


def test_nothing_is_replaced_while_suspended() -> None:
    """Prices cannot be edited while the market is suspended, and the bet stays."""
    scene = Scene()
    order = scene.order(limit(BACK, 3.05))
    scene.define(status="SUSPENDED")

    assert Whole.MARKET_SUSPENDED == scene.replace((order, 3.0)).error_code
    assert [10_00] * 3 == order.remaining


@pytest.mark.parametrize(
    ("code", "instruction", "to"),
    [
        (None, limit_on_close(BACK, 3.0, 10), 2.9),
        (None, limit_on_close(LAY, 3.0, 10), 3.1),
        (Code.INVALID_PRICE_EDIT, limit_on_close(BACK, 3.0, 10), 3.1),
        (Code.INVALID_PRICE_EDIT, limit_on_close(LAY, 3.0, 10), 2.9),
        (Code.BET_TAKEN_OR_LAPSED, market_on_close(BACK, 10), 2.9),
    ],
)
def test_edit_an_order_at_the_starting_price(
    code: Code | None, instruction: PlaceInstruction, to: float
) -> None:
    """A LIMIT_ON_CLOSE back may be moved down and a lay up, so that it is matched more likely."""
    scene = Scene(bspMarket=True)
    order = scene.order(instruction)

    assert [code] == _codes(scene.replace((order, to)))
    assert (["1"] if code else ["1", "2"]) == list(scene.venue.orders)


# Updating.


def test_update() -> None:
    """Only the persistence type changes; the order keeps its place."""
    scene = Scene(prices(atb=[(3.0, 5)]))
    order = scene.order(limit(LAY, 3.0))
    scene.show(prices(atb=[(3.0, 50)]))

    assert [None] == _codes(scene.update(order, PERSIST))
    scene.show(prices(trd=[(3.0, 14)]))

    assert (PERSIST, [(3.0, 2_00)]) == (order.persistence_type, fills(order))


def test_update_to_what_it_is() -> None:
    """An update that changes nothing is refused: NO_ACTION_REQUIRED, and NO_CHANGE for the request."""
    scene = Scene()

    report = scene.update(scene.order(limit(LAY, 3.0)), LAPSE)

    assert (Whole.NO_CHANGE, [Code.NO_ACTION_REQUIRED]) == (report.error_code, _codes(report))


def test_update_to_what_the_market_does_not_have() -> None:
    """An order cannot take the starting price where there is none."""
    scene = Scene()
    order = scene.order(limit(LAY, 3.0))

    assert [Code.INVALID_PERSISTENCE_TYPE] == _codes(scene.update(order, PersistenceType.MARKET_ON_CLOSE))
    assert LAPSE == order.persistence_type


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_what_is_complete_as_expected_cannot_be_changed(is_cancelled: bool) -> None:  # noqa: FBT001 - which way
    """An order that is matched in full as expected is taken, whatever is left of it in the worst case."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    order = scene.order(limit(LAY, 3.0, 2))
    scene.show(prices(atb=[(3.0, 2)]))  # of 8 cancelled, 8 may have stood ahead; then 2 are, in any case
    scene.show(prices(atb=[(3.0, 20)]))
    scene.show(prices(trd=[(3.0, 8)]))
    assert [2_00] * 3 == order.matched

    report = scene.cancel(order) if is_cancelled else scene.update(order, PERSIST)

    assert [Code.BET_TAKEN_OR_LAPSED] == _codes(report)


def test_an_update_looks_at_the_expected_case() -> None:
    """An order that is complete as expected cannot be updated, though a rest is left in the worst case."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    order = scene.order(limit(LAY, 3.0, 2))
    scene.show(prices(atb=[(3.0, 20)]))
    scene.show(prices(atb=[(3.0, 12)]))  # expected ahead 6.00, worst 10.00
    scene.show(prices(trd=[(3.0, 16)]))
    assert [0, 2_00, 2_00] == order.matched
    assert OrderStatus.EXECUTION_COMPLETE == order.status

    assert [Code.BET_TAKEN_OR_LAPSED] == _codes(scene.update(order, PERSIST))


@pytest.mark.parametrize(
    "ask",
    [
        ReplaceOrders(market_id=MARKET, instructions=(ReplaceInstruction(bet_id="1", new_price=3.0),) * 2),
        UpdateOrders(
            market_id=MARKET,
            instructions=(UpdateInstruction(bet_id="1", new_persistence_type=PERSIST),) * 2,
        ),
    ],
)
def test_a_bet_twice_in_other_requests(ask: ReplaceOrders | UpdateOrders) -> None:
    """Replacements and updates may not name a bet twice either."""
    scene = Scene()
    scene.order(limit(LAY, 3.0))

    report = scene.ask(ask)

    assert report is not None
    assert Whole.DUPLICATE_BETIDS == report.error_code


# The account.


def test_an_unknown_currency() -> None:
    """An account has a currency that Betfair has."""
    with pytest.raises(ConfigurationError, match="XXX"):
        Venue(account=Account(currency="XXX"))


def test_without_best_execution_a_better_price_is_not_taken() -> None:
    """An account that takes no better prices has its order lapse where one is there."""
    scene = Scene(prices(atb=[(3.0, 10)]), account=Account(best_execution=False))

    better, equal = scene.order(limit(BACK, 2.9)), scene.order(limit(BACK, 3.0))

    assert (Code.BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE, []) == (better.error_code, better.fills)
    assert [(3.0, 10_00)] == fills(equal)


def test_without_best_execution_placing_is_not_atomic() -> None:
    """Then one order may lapse and another be placed: PROCESSED_WITH_ERRORS (placeOrders)."""
    scene = Scene(prices(atb=[(3.0, 10)]), account=Account(best_execution=False))

    report = scene.place(limit(BACK, 2.9), limit(BACK, 3.0))

    assert [Code.BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE, None] == [
        each.error_code for each in report.instruction_reports
    ]
    assert ExecutionReportStatus.PROCESSED_WITH_ERRORS == report.status


# Several markets, and what the host may do.


def test_markets_do_not_touch_each_other() -> None:
    """The same runner in another market is another runner."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    scene.fold({"id": "1.2", "marketDefinition": defined(), "rc": [prices(atb=[(3.0, 10)])]})

    orders = [scene.order(limit(BACK, 3.0), market_id=market) for market in (MARKET, "1.2")]
    scene.remove(1, 10)

    assert [[(3.0, 10_00)]] * 2 == [fills(order) for order in orders]
    assert [[10_00] * 3, [0] * 3] == [order.voided for order in orders]
    assert [orders[1]] == scene.venue.market_orders("1.2")
    assert [] == scene.venue.market_orders("1.999")


def test_the_book_may_be_a_successor() -> None:
    """The host may hand over another book of the same market; orders then act on that."""
    scene = Scene(prices(atb=[(3.0, 10)]))
    successor = MarketBooks()
    successor.apply(message({"marketDefinition": scene.terms}, pt=scene.now))
    for book in successor.apply(message({"rc": [prices(atb=[(3.0, 4)])]}, pt=scene.now)):
        scene.venue.apply(book)

    assert [(3.0, 4_00)] == fills(scene.order(limit(BACK, 3.0)))


def test_a_venue_may_join_late() -> None:
    """A book that was folded before the venue saw it has its definition."""
    venue, books = Venue(), MarketBooks()
    books.apply(message({"marketDefinition": defined(), "rc": [prices(atb=[(3.0, 10)])]}, pt=1))
    for book in books.apply(message({"rc": [prices(atb=[(3.0, 8)])]}, pt=2)):
        venue.apply(book)
    venue.submit(Scene().request(limit(BACK, 3.0)), 3)
    venue.advance(3)

    assert [(3.0, 8_00)] == fills(venue.orders["1"])


def test_a_failed_replacement_has_both_parts() -> None:
    """Clients expect a cancel and a place part, also where nothing was cancelled."""
    scene = Scene(prices(atb=[(3.0, 20)]))
    taken = scene.order(limit(BACK, 3.0, 5))
    scene.order(limit(BACK, 4.0, 5))

    (matched,) = scene.replace((taken, 2.9)).instruction_reports
    (unknown,) = scene.replace(("999", 2.9)).instruction_reports
    scene.define(status="SUSPENDED")
    (refused,) = scene.replace((taken, 2.9)).instruction_reports

    assert [
        ("BET_TAKEN_OR_LAPSED", "RELATED_ACTION_FAILED", 1, 2.9),
        ("INVALID_BET_ID", "RELATED_ACTION_FAILED", 0, 2.9),
        ("ERROR_IN_ORDER", "ERROR_IN_ORDER", 0, 2.9),
    ] == [
        (cancel.error_code, place.error_code, asked.selection_id, limit_order.price)
        for each in (matched, unknown, refused)
        if (cancel := each.cancel_instruction_report)
        and (place := each.place_instruction_report)
        and (asked := place.instruction)
        and (limit_order := asked.limit_order)
    ]


@pytest.mark.parametrize("handicap", [float("nan"), float("inf"), 1e300])
def test_a_handicap_that_is_no_number_is_no_runners(handicap: float) -> None:
    """Whatever comes as a handicap, the order is refused like one on a runner that there is not."""
    report = Scene().place(limit(BACK, 3.0, handicap=handicap))

    assert "INVALID_RUNNER" == report.instruction_reports[0].error_code
