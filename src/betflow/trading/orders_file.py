"""
Files of orders that were written down beforehand, as CSV or JSON.

Columns are in Betfair's words, those of `ScriptedOrder`. A broken row is an error that names row, column and
what was expected; whether an order makes sense is for the exchange to say.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from typing import Final, TypeAlias, TypeVar

import msgspec

from betflow.errors import UsageError
from betflow.exchange.money import MoneyError, exact
from betflow.exchange.times import parse_moment
from betflow.wire.betting import (
    LimitOnCloseOrder,
    LimitOrder,
    MarketOnCloseOrder,
    MarketVersion,
    PlaceInstruction,
    PlaceOrders,
)
from betflow.wire.enums import BetTargetType, OrderType, PersistenceType, Side, TimeInForce

MOST_ERRORS: Final = 10
"""How many broken rows an error names."""

Cell: TypeAlias = str | int | float | bool | list[object] | dict[str, object] | None
"""A value as the file has it: text in CSV, what JSON has in JSON."""

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedOrder:
    """
    One row: an order, when to place it, and when to cancel what is left of it.

    Attributes:
        ref: Names it; unique in the file.
        at: When it is decided, epoch milliseconds; it reaches the exchange after the latency.
        market_id: Its market.
        selection_id: Its selection.
        side: BACK or LAY.
        handicap: Its handicap; 0 outside handicap markets.
        order_type: LIMIT, LIMIT_ON_CLOSE or MARKET_ON_CLOSE.
        price: Its limit; None for MARKET_ON_CLOSE.
        size: The backer's stake; the liability of an order on close; None where it has a target.
        persistence_type: What happens to the rest at the turn in play; the exchange's default is LAPSE.
        time_in_force: FILL_OR_KILL or None.
        min_fill_size: The least that a FILL_OR_KILL order takes.
        bet_target_type: What it aims at instead of a size.
        bet_target_size: The aim.
        market_version: The market version that it was decided on.
        cancel_at: When to cancel what is left, epoch milliseconds; not before *at*.
        strategy: Whose it is; empty for nobody's in particular.
    """

    ref: str
    at: int
    market_id: str
    selection_id: int
    side: Side
    handicap: float = 0.0
    order_type: OrderType = OrderType.LIMIT
    price: float | None = None
    size: float | None = None
    persistence_type: PersistenceType | None = None
    time_in_force: TimeInForce | None = None
    min_fill_size: float | None = None
    bet_target_type: BetTargetType | None = None
    bet_target_size: float | None = None
    market_version: int | None = None
    cancel_at: int | None = None
    strategy: str = ""

    @property
    def instruction(self) -> PlaceInstruction:
        """The order as the exchange takes it."""
        kind, price, size = self.order_type, self.price or 0.0, self.size or 0.0
        limit = LimitOrder(
            price=price,
            size=self.size,
            persistence_type=self.persistence_type,
            time_in_force=self.time_in_force,
            min_fill_size=self.min_fill_size,
            bet_target_type=self.bet_target_type,
            bet_target_size=self.bet_target_size,
        )
        return PlaceInstruction(
            order_type=kind,
            selection_id=self.selection_id,
            side=self.side,
            handicap=self.handicap or None,
            limit_order=limit if kind is OrderType.LIMIT else None,
            limit_on_close_order=LimitOnCloseOrder(liability=size, price=price)
            if kind is OrderType.LIMIT_ON_CLOSE
            else None,
            market_on_close_order=MarketOnCloseOrder(liability=size)
            if kind is OrderType.MARKET_ON_CLOSE
            else None,
            customer_order_ref=self.ref,
        )

    @property
    def request(self) -> PlaceOrders:
        """The order in a request of its own."""
        version = self.market_version
        return PlaceOrders(
            market_id=self.market_id,
            instructions=(self.instruction,),
            market_version=None if version is None else MarketVersion(version=version),
            customer_strategy_ref=self.strategy or None,
        )


@dataclass(frozen=True, slots=True)
class RowError:
    """
    What is wrong in an orders file.

    Attributes:
        row: The row, from 1, without the header; 0 where the file as a whole is meant.
        line: The line of the file where the row ends, from 1; 0 where there is none, as in JSON.
        column: The column; empty where the whole row is meant.
        found: What is there.
        expected: What should be.
    """

    row: int
    line: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        """Say it in one sentence: ``row 2 (line 3), column price: found 'x'; expected …``."""
        line = f" (line {self.line})" if self.line else ""
        place = f"row {self.row}{line}" if self.row else "the file"
        column = f", column {self.column}" if self.column else ""
        return f"{place}{column}: found {self.found}; expected {self.expected}"


class OrdersFileError(UsageError):
    """
    An orders file with broken rows.

    Args:
        name: The file.
        errors: What is wrong, row by row.
    """

    def __init__(self, name: str, errors: Sequence[RowError]) -> None:
        self.errors = tuple(errors)
        listed = "; ".join(map(str, errors[:MOST_ERRORS]))
        more = f"; and {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
        super().__init__(f"{name}: {listed}{more}.", advice="Correct the file; nothing of it was played.")


def parse_orders(text: str) -> tuple[list[ScriptedOrder], list[RowError]]:
    """
    Return the orders in a text, and what is wrong with the others.

    Args:
        text: CSV with a header, or a JSON list of objects, or a JSON object that has one as ``orders``.

    Returns:
        The orders of the rows that are right, in order, and an error for each wrong value of the others.
    """
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    try:
        rows = list(_json_rows(text) if text.lstrip()[:1] in {"[", "{"} else _csv_rows(text))
    except _BrokenFileError as error:
        return [], [error.error]
    orders: list[ScriptedOrder] = []
    errors: list[RowError] = []
    refs: dict[str, int] = {}
    for row in rows:
        if isinstance(row, RowError):
            errors.append(row)
            continue
        read = _order(row)
        if isinstance(read, list):
            errors.extend(read)
        elif read.ref in refs:
            expected = f"a ref of its own; row {refs[read.ref]} has the same"
            errors.append(RowError(row.number, row.line, "ref", repr(read.ref), expected))
        else:
            refs[read.ref] = row.number
            orders.append(read)
    return orders, errors


def read_orders(text: str, name: str) -> list[ScriptedOrder]:
    """
    Return the orders in a text, as `parse_orders` does.

    Args:
        text: The content of the file.
        name: The file, for the error.

    Raises:
        OrdersFileError: if a row is broken; it names them.
    """
    orders, errors = parse_orders(text)
    if errors:
        raise OrdersFileError(name, errors)
    return orders


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    line: int
    cells: Mapping[str, Cell]


class _BrokenFileError(Exception):
    def __init__(self, error: RowError) -> None:
        super().__init__(str(error))
        self.error = error


class _BrokenValueError(ValueError):
    """A value that is none; the argument says what was expected."""


def _csv_rows(text: str) -> Iterator[_Row | RowError]:
    reader = csv.reader(StringIO(text, newline=""), strict=True, skipinitialspace=True)
    number = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            number += 1
            if len(values) != len(header):
                expected = f"{len(header)}, as in the header"
                yield RowError(number, reader.line_num, "", f"{len(values)} values", expected)
                continue
            cells = {name: value.strip() or None for name, value in zip(header, values, strict=True)}
            yield _Row(number, reader.line_num, cells)
    except csv.Error as error:
        raise _BrokenFileError(
            RowError(number + 1, reader.line_num, "", str(error), "values with commas between them")
        ) from error


def _check_header(header: Sequence[str]) -> None:
    columns = ", ".join(_COLUMNS)
    unknown = [name for name in header if name not in _COLUMNS]
    if unknown or not header:
        found = f"the column {unknown[0]!r}" if unknown else "nothing"
        raise _BrokenFileError(RowError(0, 1 if header else 0, "", found, f"a header of {columns}"))
    repeated = [name for name in header if header.count(name) > 1]
    if repeated:
        raise _BrokenFileError(RowError(0, 1, repeated[0], "the column more than once", "each column once"))
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise _BrokenFileError(
            RowError(0, 1, missing[0], "no such column in the header", f"the columns {', '.join(_REQUIRED)}")
        )


def _json_rows(text: str) -> Iterator[_Row | RowError]:
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _BrokenFileError(RowError(0, 0, "", f"no JSON: {error}", "a list of objects")) from error
    rows = content.get("orders") if isinstance(content, dict) else content
    if not isinstance(rows, list):
        found = "an object" if isinstance(content, dict) else type(content).__name__
        raise _BrokenFileError(
            RowError(0, 0, "", found, "a list of objects, or an object with one as orders")
        )
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            yield RowError(number, 0, "", _shown(row), "an object")
            continue
        unknown = [name for name in row if name not in _COLUMNS]
        if unknown:
            expected = f"one of {', '.join(_COLUMNS)}"
            yield RowError(number, 0, unknown[0], "a column that is not known", expected)
        else:
            yield _Row(number, 0, row)


def _order(row: _Row) -> ScriptedOrder | list[RowError]:
    """Return the order that a row is, or what is wrong with it."""
    values: dict[str, object] = {}
    errors: list[RowError] = []
    for name, read in _COLUMNS.items():
        cell = row.cells.get(name)
        try:
            if cell is not None and cell != "":
                values[name] = read(cell)
            elif name in _REQUIRED:
                raise _BrokenValueError("a value")  # noqa: TRY301 - missing is one way to be wrong
        except _BrokenValueError as error:
            errors.append(RowError(row.number, row.line, name, _shown(cell), str(error)))
    if errors:
        return errors
    order = msgspec.convert(values, ScriptedOrder)
    missing = _missing(order)
    return [
        RowError(row.number, row.line, name, _shown(row.cells.get(name)), expected)
        for name, expected in missing
    ] or order


def _missing(order: ScriptedOrder) -> list[tuple[str, str]]:
    """Return the columns that do not go together, and what was expected there."""
    kind = order.order_type
    found: list[tuple[str, str]] = []
    if order.price is None and kind is not OrderType.MARKET_ON_CLOSE:
        found.append(("price", f"a price, for the order type is {kind}"))
    has_target = order.bet_target_type is not None and order.bet_target_size is not None
    if order.size is None and not (has_target and kind is OrderType.LIMIT):
        what = (
            "a size, or a bet_target_type and a bet_target_size" if kind is OrderType.LIMIT else "a liability"
        )
        found.append(("size", what))
    if order.cancel_at is not None and order.cancel_at < order.at:
        found.append(("cancel_at", f"at ({order.at}), or a later moment"))
    return found


def _shown(cell: object) -> str:
    return "nothing" if cell is None or cell == "" else repr(cell)


def _text(cell: Cell) -> str:
    if not isinstance(cell, str):
        raise _BrokenValueError("text")
    return cell


def _name(cell: Cell) -> str:
    """Take a number for a name as well: refs are often numbered."""
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else _text(cell)


def _market(cell: Cell) -> str:
    expected = 'a market id as text, like "1.127236622"'
    if not isinstance(cell, str) or not cell.replace(".", "", 1).isdecimal() or "." not in cell:
        raise _BrokenValueError(expected)
    return cell


def _moment(cell: Cell) -> int:
    expected = "epoch milliseconds or ISO 8601, like 1627623840000 or 2021-07-30T05:44:00Z"
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise _BrokenValueError(expected)
    try:
        return parse_moment(str(cell))
    except UsageError as error:
        raise _BrokenValueError(expected) from error


def _whole(cell: Cell) -> int:
    number = _exact(cell, "a whole number")
    if number != number.to_integral_value() or number < 0:
        raise _BrokenValueError("a whole number")
    return int(number)


def _number(cell: Cell) -> float:
    return float(_exact(cell, "a number like 2.02"))


def _exact(cell: Cell, expected: str) -> Decimal:
    if not isinstance(cell, str | int | float):
        raise _BrokenValueError(expected)
    try:
        return exact(cell)
    except MoneyError as error:
        raise _BrokenValueError(expected) from error


def _one_of(kind: type[AnyEnum]) -> Callable[[Cell], AnyEnum]:
    def read(cell: Cell) -> AnyEnum:
        try:
            return kind(_text(cell).upper())
        except ValueError as error:
            raise _BrokenValueError(f"one of {', '.join(kind)}") from error

    return read


_COLUMNS: Final[Mapping[str, Callable[[Cell], object]]] = {
    "ref": _name,
    "at": _moment,
    "market_id": _market,
    "selection_id": _whole,
    "handicap": _number,
    "side": _one_of(Side),
    "order_type": _one_of(OrderType),
    "price": _number,
    "size": _number,
    "persistence_type": _one_of(PersistenceType),
    "time_in_force": _one_of(TimeInForce),
    "min_fill_size": _number,
    "bet_target_type": _one_of(BetTargetType),
    "bet_target_size": _number,
    "market_version": _whole,
    "cancel_at": _moment,
    "strategy": _name,
}
"""How the value of each column is read."""
_REQUIRED: Final = ("ref", "at", "market_id", "selection_id", "side")
"""Without a handicap it is 0."""
