"""Files of orders: what is read, and how a broken row is named."""

import csv
import json
from io import StringIO

import pytest

from betflow.trading.orders_file import OrdersFileError, RowError, ScriptedOrder, parse_orders, read_orders
from betflow.wire.betting import LimitOnCloseOrder, LimitOrder, MarketOnCloseOrder, MarketVersion
from betflow.wire.enums import BetTargetType, OrderType, PersistenceType, Side, TimeInForce

HEADER = "ref,at,market_id,selection_id,handicap,side,order_type,price,size"
ROW = "a,1627623840000,1.185781277,42,0,BACK,LIMIT,3.5,2.00"
AT = 1_627_623_840_000


def _errors(text: str) -> list[RowError]:
    return parse_orders(text)[1]


def _only(text: str) -> ScriptedOrder:
    (order,), errors = parse_orders(text)
    assert errors == []
    return order


def test_a_row_of_csv_is_an_order() -> None:
    """The columns are Betfair's words."""
    expected = ScriptedOrder(
        ref="a", at=AT, market_id="1.185781277", selection_id=42, side=Side.BACK, price=3.5, size=2.0
    )
    assert expected == _only(f"{HEADER}\n{ROW}\n")


def test_every_column_is_read() -> None:
    """All of the optional columns, in another order, with blanks around them."""
    text = (
        "strategy, cancel_at, market_version, bet_target_size, bet_target_type, min_fill_size, time_in_force,"
        "persistence_type, size, price, order_type, side, handicap, selection_id, market_id, at, ref\n"
        "mine, 2021-07-30T05:45:00Z, 7, 10.5, PAYOUT, 1.5, FILL_OR_KILL,"
        "LAPSE, , 3.5, LIMIT, LAY, -0.5, 42, 1.2, 2021-07-30T05:44:00Z, a\n"
    )
    expected = ScriptedOrder(
        ref="a",
        at=AT,
        market_id="1.2",
        selection_id=42,
        side=Side.LAY,
        handicap=-0.5,
        order_type=OrderType.LIMIT,
        price=3.5,
        persistence_type=PersistenceType.LAPSE,
        time_in_force=TimeInForce.FILL_OR_KILL,
        min_fill_size=1.5,
        bet_target_type=BetTargetType.PAYOUT,
        bet_target_size=10.5,
        market_version=7,
        cancel_at=AT + 60_000,
        strategy="mine",
    )
    assert expected == _only(text)


def test_json_is_read_like_csv() -> None:
    """A list of objects, or an object with one as orders; numbers may be numbers or text."""
    row = {"ref": "a", "at": AT, "market_id": "1.185781277", "selection_id": 42, "side": "BACK"}
    rows = [{**row, "price": 3.5, "size": "2.00", "handicap": None}]
    expected = _only(f"{HEADER}\n{ROW}\n")

    assert expected == _only(json.dumps(rows))
    assert expected == _only(json.dumps({"orders": rows}))


def test_a_byte_order_mark_and_blank_lines_do_no_harm() -> None:
    """Spreadsheets write the one, people the other."""
    expected = _only(f"{HEADER}\n{ROW}\n")
    assert expected == _only(f"\N{ZERO WIDTH NO-BREAK SPACE}{HEADER}\r\n\r\n{ROW}\r\n,,,,,,,,\r\n")


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("at", "yesterday", "epoch milliseconds or ISO 8601"),
        ("at", "1627623840", "epoch milliseconds or ISO 8601"),
        ("market_id", "185781277", 'a market id as text, like "1.127236622"'),
        ("selection_id", "4.5", "a whole number"),
        ("selection_id", "", "a value"),
        ("side", "BUY", "one of BACK, LAY"),
        ("order_type", "STOP", "one of LIMIT, LIMIT_ON_CLOSE, MARKET_ON_CLOSE"),
        ("price", "3,5", "a number like 2.02"),
        ("price", "", "a price, for the order type is LIMIT"),
        ("size", "nan", "a number like 2.02"),
        ("size", "", "a size, or a bet_target_type and a bet_target_size"),
    ],
)
def test_a_broken_value_is_named(column: str, value: str, expected: str) -> None:
    """Row, line, column, what is there and what was expected; other rows are read."""
    good = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
    text = _csv([good, {**good, "ref": "b", column: value}])

    orders, (error,) = parse_orders(text)

    assert ["a"] == [order.ref for order in orders]
    assert (2, 3, column) == (error.row, error.line, error.column)
    assert error.expected.startswith(expected)
    assert (repr(value) if value else "nothing") == error.found


@pytest.mark.parametrize(
    ("extra", "column"),
    [
        ({"persistence_type": "KEEP"}, "persistence_type"),
        ({"time_in_force": "GTC"}, "time_in_force"),
        ({"min_fill_size": "all"}, "min_fill_size"),
        ({"bet_target_type": "PROFIT"}, "bet_target_type"),
        ({"market_version": "-1"}, "market_version"),
        ({"cancel_at": "1627623839999"}, "cancel_at"),
        ({"order_type": "LIMIT_ON_CLOSE", "price": ""}, "price"),
        ({"order_type": "MARKET_ON_CLOSE", "price": "", "size": ""}, "size"),
        ({"bet_target_type": "PAYOUT", "size": ""}, "size"),
    ],
)
def test_optional_columns_are_checked_too(extra: dict[str, str], column: str) -> None:
    """A value that cannot be, and columns that do not go together."""
    good = dict(zip(HEADER.split(","), ROW.split(","), strict=True))

    (error,) = _errors(_csv([{**good, **extra}]))

    assert column == error.column


def test_refs_are_unique() -> None:
    """The second row with a ref names the first."""
    (error,) = _errors(f"{HEADER}\n{ROW}\n{ROW}\n")

    assert "row 2 (line 3), column ref: found 'a'; expected a ref of its own; row 1 has the same" == str(
        error
    )


def test_rows_of_the_wrong_length_are_named() -> None:
    """A row with a value too few is an error; the next is read."""
    orders, errors = parse_orders(f"{HEADER}\na,1\n{ROW}\n")

    assert ["a"] == [order.ref for order in orders]
    assert ["row 1 (line 2): found 2 values; expected 9, as in the header"] == list(map(str, errors))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "nothing"),
        ("ref;at;market_id\n", "the column 'ref;at;market_id'"),
        ("ref,when\n", "the column 'when'"),
        (f"{HEADER},ref\n", "the column more than once"),
        ("ref,at,market_id,side\n", "no such column in the header"),
        ("[", "no JSON: "),
        ("{}", "an object"),
        ('{"orders": 7}', "an object"),
        (f'{HEADER}\n"a', "unexpected end of data"),
    ],
)
def test_a_file_that_is_no_list_of_orders_is_one_error(text: str, found: str) -> None:
    """What is wrong with the whole file is said once."""
    orders, (error,) = parse_orders(text)

    assert [] == orders
    assert error.found.startswith(found)


@pytest.mark.parametrize(
    "row", ["7", '{"ref": "a", "stake": 2}', '{"ref": true}', '{"ref": "a", "price": [1]}']
)
def test_json_that_is_no_order_is_named(row: str) -> None:
    """A row of JSON that is no object, has unknown columns or values of other types is an error."""
    errors = _errors(f"[{row}]")

    assert {1} == {error.row for error in errors}


def test_errors_name_the_file_and_the_first_ten_rows() -> None:
    """The rest are counted, and nothing is played."""
    rows = "\n".join(["a,1"] * 12)

    with pytest.raises(OrdersFileError) as raised:
        read_orders(f"{HEADER}\n{rows}\n", "orders.csv")

    assert str(raised.value).startswith("orders.csv: row 1 (line 2): found 2 values; expected 9")
    assert "row 10 (line 11)" in str(raised.value)
    assert "and 2 more. Correct the file; nothing of it was played." in str(raised.value)
    assert 12 == len(raised.value.errors)


def test_no_rows_are_no_orders() -> None:
    """A header alone is a file without orders, and an empty list is one too."""
    assert [] == read_orders(f"{HEADER}\n", "orders.csv") == read_orders("[]", "orders.json")


def test_each_order_type_has_its_part() -> None:
    """The size of an order on close is its liability."""
    order = _only(f"{HEADER}\n{ROW}\n")
    rows = {kind: _only(_csv([{**_fields(), "order_type": kind}])).instruction for kind in OrderType}

    assert (
        LimitOrder(price=3.5, size=2.0) == order.instruction.limit_order == rows[OrderType.LIMIT].limit_order
    )
    assert LimitOnCloseOrder(price=3.5, liability=2.0) == rows[OrderType.LIMIT_ON_CLOSE].limit_on_close_order
    assert MarketOnCloseOrder(liability=2.0) == rows[OrderType.MARKET_ON_CLOSE].market_on_close_order


def test_the_market_version_and_the_strategy_are_in_the_request() -> None:
    """They belong to the request, not to the instruction."""
    request = _only(_csv([{**_fields(), "market_version": "7", "strategy": "mine"}])).request

    assert (MarketVersion(version=7), "mine") == (request.market_version, request.customer_strategy_ref)


def _fields() -> dict[str, str]:
    return dict(zip(HEADER.split(","), ROW.split(","), strict=True))


def _csv(rows: list[dict[str, str]]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
