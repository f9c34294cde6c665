"""Laws of orders files: what was written is read."""

import csv
import json
from dataclasses import fields
from io import StringIO

from hypothesis import example, given
from hypothesis import strategies as st

from betflow.trading.orders_file import ScriptedOrder, parse_orders
from betflow.wire.enums import BetTargetType, OrderType, PersistenceType, Side, TimeInForce

COLUMNS = [each.name for each in fields(ScriptedOrder)]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
MOMENTS = st.integers(10**12, 2 * 10**12)
AMOUNTS = st.integers(1, 10**7).map(lambda pennies: pennies / 100)
QUARTERS = st.integers(-20, 20).map(lambda quarters: quarters / 4)

SAME_MOMENT = ScriptedOrder(
    ref="a", at=10**12, market_id="1.1", selection_id=1, side=Side.BACK, price=2.0, size=2.0, cancel_at=10**12
)
ORDERS = st.builds(
    ScriptedOrder,
    ref=TEXT,
    at=MOMENTS,
    market_id=st.integers(1, 10**9).map(lambda number: f"1.{number}"),
    selection_id=st.integers(0, 10**9),
    side=st.sampled_from(Side),
    handicap=QUARTERS,
    order_type=st.sampled_from(OrderType),
    price=AMOUNTS,
    size=AMOUNTS,
    persistence_type=st.none() | st.sampled_from(PersistenceType),
    time_in_force=st.none() | st.sampled_from(TimeInForce),
    min_fill_size=st.none() | AMOUNTS,
    bet_target_type=st.none() | st.sampled_from(BetTargetType),
    bet_target_size=st.none() | AMOUNTS,
    market_version=st.none() | st.integers(0, 10**10),
    cancel_at=st.none() | MOMENTS.map(lambda moment: moment + 10**12),
    strategy=st.just("") | TEXT,
)
FILES = st.lists(ORDERS, min_size=1, unique_by=lambda order: order.ref)


@given(FILES)
@example([SAME_MOMENT])
def test_csv_is_read_as_it_was_written(orders: list[ScriptedOrder]) -> None:
    """Every order comes back, in order."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([getattr(order, name) for name in COLUMNS] for order in orders)

    assert (orders, []) == parse_orders(text.getvalue())


@given(FILES)
@example([SAME_MOMENT])
def test_json_is_read_as_it_was_written(orders: list[ScriptedOrder]) -> None:
    """Every order comes back, in order."""
    rows = [{name: getattr(order, name) for name in COLUMNS} for order in orders]

    assert (orders, []) == parse_orders(json.dumps(rows))


@given(st.text())
def test_any_text_is_orders_or_errors(text: str) -> None:
    """Nothing that somebody calls an orders file is more than that: no text raises."""
    orders, errors = parse_orders(text)

    assert orders or errors or not text.strip() or text.strip() in {"[]", '{"orders":[]}'}
