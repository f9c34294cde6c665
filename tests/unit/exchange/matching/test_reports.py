"""The answers to requests, as Betfair words them."""

from msgspec.structs import replace

from betflow.exchange.matching.orders import Case
from betflow.exchange.matching.reports import average_price
from betflow.wire.enums import OrderStatus, PersistenceType, TimeInForce
from scenes import BACK, LAY, Scene, limit, market_on_close, prices


def test_a_matched_order() -> None:
    """The answer has the bet id, the average price by size and the size that was matched at once."""
    scene = Scene(prices(atb=[(3.0, 4), (2.9, 2)]))

    (one,) = scene.place(limit(BACK, 2.9), ref="mine").instruction_reports

    assert ("1", 6.0, OrderStatus.EXECUTABLE) == (one.bet_id, one.size_matched, one.order_status)
    assert (4 * 3.0 + 2 * 2.9) / 6 == one.average_price_matched
    assert "1970-01-01T00:00:01.000Z" == one.placed_date
    assert "mine" == scene.answers()[-1].customer_ref


def test_an_unmatched_order() -> None:
    """Nothing matched has an average of 0, as recorded answers do."""
    (one,) = Scene().place(limit(BACK, 3.0)).instruction_reports

    assert (0.0, 0.0) == (one.average_price_matched, one.size_matched)


def test_an_order_at_the_starting_price() -> None:
    """The answer to it has no status, no average and no size."""
    (one,) = Scene(bspMarket=True).place(market_on_close(BACK, 10)).instruction_reports

    assert (None, None, None) == (one.order_status, one.average_price_matched, one.size_matched)
    assert "1" == one.bet_id


def test_a_killed_order() -> None:
    """FILL_OR_KILL that could not be filled is a success whose order expired."""
    killed = limit(
        BACK, 3.0, persistence_type=PersistenceType.PERSIST, time_in_force=TimeInForce.FILL_OR_KILL
    )
    (one,) = Scene().place(killed).instruction_reports

    assert one.instruction is not None
    assert one.instruction.limit_order is not None
    assert one.instruction.limit_order.persistence_type is None
    assert (None, OrderStatus.EXPIRED, 0.0) == (one.error_code, one.order_status, one.size_matched)


def test_an_answer_repeats_the_instruction_with_a_handicap() -> None:
    """Placed or not, the instruction has a handicap where the request left it out."""
    asked = replace(limit(BACK, 3.0), handicap=None)
    (placed,) = Scene().place(asked).instruction_reports
    (refused,) = Scene().place(replace(asked, selection_id=9)).instruction_reports

    assert [0.0, 0.0] == [each.instruction and each.instruction.handicap for each in (placed, refused)]
    assert refused.error_code is not None


def test_an_average_is_by_size_and_case() -> None:
    """The average price counts each part by its size in the case; 0 where nothing was matched."""
    scene = Scene(prices(atb=[(2.98, 20)]))
    order = scene.order(limit(LAY, 2.98, 40))
    scene.show(prices(atb=[(2.98, 40)]))
    scene.show(prices(atb=[(2.98, 20)]))
    scene.show(prices(trd=[(2.98, 20)]))

    assert [0.0, 0.0, 2.98] == [average_price(order, case) for case in Case]
