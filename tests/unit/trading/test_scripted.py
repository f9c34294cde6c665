"""Orders that were written down beforehand, played."""

from dataclasses import replace
from decimal import Decimal

from acting import Recorded, opened, priced, the_market, won
from betflow.exchange.matching.orders import Case, EventKind, Rule
from betflow.trading import Engine, Latency, PlayedMarket
from betflow.trading.orders_file import ScriptedOrder
from betflow.trading.results import FAILURE, row_of_unplayed
from betflow.trading.scripted import ScriptedOrders
from betflow.wire.enums import Side
from betflow.wire.stream import MarketChangeMessage

LATENCY = Latency(place=200, cancel=200, update=200, replace=200)


def _order(
    at: int,
    *,
    ref: str = "a",
    price: float = 2.0,
    market_id: str = "1.1",
    selection_id: int = 1,
    cancel_at: int | None = None,
    strategy: str = "",
) -> ScriptedOrder:
    return ScriptedOrder(
        ref=ref,
        at=at,
        market_id=market_id,
        selection_id=selection_id,
        side=Side.BACK,
        price=price,
        size=10.0,
        cancel_at=cancel_at,
        strategy=strategy,
    )


def _play(*orders: ScriptedOrder, messages: tuple[MarketChangeMessage, ...] = ()) -> PlayedMarket:
    default = (opened(900), priced(1000, (3.0, 50)), priced(9000, (3.5, 50)), won(10_000))
    engine = Engine([ScriptedOrders(orders)], latency=LATENCY)
    return the_market(engine.run([Recorded(messages or default)]))


def test_an_order_is_placed_though_the_book_does_not_change() -> None:
    """Decided at 1500 it arrives at 1700, and takes the price of 1000."""
    market = _play(_order(1500))

    (order,) = market.orders
    assert [(Decimal("3.0"), 1700)] == [(fill.price, fill.at) for fill in order.fills]
    assert ("a", "scripted", 1500, 1700) == (
        market.placements[0].ref,
        market.placements[0].strategy,
        market.placements[0].decided_at,
        market.placements[0].arrives_at,
    )


def test_orders_are_placed_in_the_order_of_time() -> None:
    """Rows may stand in any order; those of the same moment go in that of the file."""
    market = _play(_order(1600, ref="c"), _order(1500, ref="b"), _order(1400, ref="a"), _order(1500, ref="d"))

    assert ["a", "b", "d", "c"] == [each.ref for each in market.placements]


def test_an_order_can_be_decided_with_the_first_message() -> None:
    """The moment of the first definition is not too early."""
    assert [None] == [each.error_code for each in _play(_order(900)).placements]


def test_what_is_left_is_cancelled() -> None:
    """A cancel at 2000 arrives at 2200."""
    market = _play(_order(1500, price=4.0, cancel_at=2000))

    (order,) = market.orders
    (cancelled,) = [told.event for told in market.told if told.event.kind is EventKind.CANCELLED]
    assert (1000, 2200) == (order.cancelled[Case.EXPECTED], cancelled.at)


def test_an_order_that_has_not_arrived_is_cancelled_when_it_has() -> None:
    """A cancel at 1600 for an order that arrives at 1700 is sent then, and arrives at 1900."""
    market = _play(_order(1500, price=4.0, cancel_at=1600))

    (cancelled,) = [told.event for told in market.told if told.event.kind is EventKind.CANCELLED]
    assert (Rule.CANCEL, 1900) == (cancelled.rule, cancelled.at)


def test_an_order_can_be_placed_and_cancelled_at_the_same_moment() -> None:
    """It takes what is there on arrival at 1700; the cancel of the rest is sent then, and there at 1900."""
    market = _play(replace(_order(1500, price=3.0, cancel_at=1500), size=80.0))

    (order,) = market.orders
    (cancelled,) = [told.event for told in market.told if told.event.kind is EventKind.CANCELLED]
    assert (5000, 3000, 1900) == (order.matched[Case.EXPECTED], order.cancelled[Case.EXPECTED], cancelled.at)


def test_an_order_that_waits_for_the_bet_delay_is_cancelled_when_it_is_a_bet() -> None:
    """Decided at 1500 it arrives at 1700 and is a bet at 2700; the cancel of 2000 is sent then."""
    running = (
        opened(900, inPlay=True, betDelay=1),
        priced(1000, (3.0, 50)),
        priced(9000, (3.5, 50)),
        won(10_000, inPlay=True),
    )

    market = _play(_order(1500, price=4.0, cancel_at=2000), messages=running)

    order = market.orders[0]
    (cancelled,) = [told.event for told in market.told if told.event.kind is EventKind.CANCELLED]
    assert (1000, 2900) == (order.cancelled[Case.EXPECTED], cancelled.at)


def test_a_refused_order_is_not_cancelled() -> None:
    """What the exchange did not take needs no cancel."""
    market = _play(_order(1500, price=4.01, cancel_at=2000))

    assert ["INVALID_ODDS"] == [told.event.error_code for told in market.told]


def test_orders_before_the_market_are_refused() -> None:
    """No tape has the market at 899: INVALID_MARKET_ID, decided when it was, and the reason says so."""
    (placement,) = _play(_order(899)).placements

    assert ("INVALID_MARKET_ID", 899) == (placement.error_code, placement.decided_at)
    assert "before the first message that defines it (1970-01-01T00:00:00.900Z)" in placement.reason


def test_orders_after_the_close_are_refused() -> None:
    """The market is closed by then: MARKET_NOT_OPEN_FOR_BETTING."""
    (placement,) = _play(_order(10_001)).placements

    assert ("MARKET_NOT_OPEN_FOR_BETTING", 10_001) == (placement.error_code, placement.decided_at)
    assert "after its close (1970-01-01T00:00:10.000Z)" in placement.reason


def test_orders_after_a_tape_that_just_ends_are_refused() -> None:
    """Nobody knows what became of the market: INVALID_MARKET_ID."""
    (placement,) = _play(_order(2000), messages=(opened(900), priced(1000, (3.0, 50)))).placements

    assert "INVALID_MARKET_ID" == placement.error_code
    assert "after its last message (1970-01-01T00:00:01.000Z)" in placement.reason


def test_what_comes_too_late_is_refused_when_it_was_decided() -> None:
    """Orders behind the last message are refused at their own moments; one before the first, with that."""
    told = _play(_order(899, ref="early"), _order(10_001, ref="late"), _order(12_000, ref="later")).told

    assert [("early", 900), ("late", 10_001), ("later", 12_000)] == [
        (each.ref, each.event.at) for each in told
    ]


def test_an_unknown_runner_is_refused_by_the_exchange() -> None:
    """The answer is Betfair's: INVALID_RUNNER."""
    assert ["INVALID_RUNNER"] == [each.error_code for each in _play(_order(1500, selection_id=99)).placements]


def test_each_order_can_be_of_a_strategy_of_its_own() -> None:
    """The column says whose the order is."""
    market = _play(_order(1500, ref="a", strategy="mine"), _order(1500, ref="b"))

    assert ["mine", "scripted"] == [each.strategy for each in market.placements]


def test_orders_in_markets_that_no_tape_has_are_not_forgotten() -> None:
    """They have a row with INVALID_MARKET_ID."""
    scripted = ScriptedOrders([_order(1500, ref="a"), _order(1500, ref="b", market_id="1.9")])

    rows = [row_of_unplayed(each) for each in scripted.unplayed({"1.1"})]

    assert [("b", FAILURE, "INVALID_MARKET_ID", False, None, "no tape has market 1.9")] == [
        (row.ref, row.status, row.error_code, row.settled, row.profit, row.reason) for row in rows
    ]


def test_other_markets_are_not_played() -> None:
    """Only those that orders are for."""
    tape = Recorded([opened(900), opened(900, market="1.2")])

    played = Engine([ScriptedOrders([_order(1500)])]).run([tape])

    assert ["1.1"] == list(played.markets)
