"""
Results of backtests: projections of the journal, one row for each backtest, market, order and fill.

`project` is the only place that says which rows an entry stands for. The tables are written with it, entry by
entry, and ``audit verify`` makes the rows anew from the journal to see that the tables still say the same.
Money is in pennies, so that sums are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from enum import StrEnum
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from betflow.ledger.canonical import canonical_json, read_json
from betflow.ledger.journal import Entry, Journal
from betflow.ledger.store import Ledger

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = dict[str, list[Row]]
"""Rows by table, each in the order of its columns."""


FOLDER: Final = "backtests"
"""Where the files of results are, in the data folder."""


def results_path(run_id: str) -> str:
    """Name the file of a backtest's results relative to the data folder; its hash is the result hash."""
    return f"{FOLDER}/{run_id}.json"


class BacktestKind(StrEnum):
    """The entries that a backtest writes."""

    MARKET = "backtest.market"
    """A market, its orders and what happened to them."""
    UNPLACED = "backtest.unplaced"
    """Orders whose market was in no tape."""
    FINISHED = "backtest.finished"
    """The totals and the hash of all results."""


TABLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "backtests": ("run_id", "seq", "result_hash", "request", "totals"),
        "backtest_markets": (
            *("run_id", "seq", "market_id", "event_id", "market_type", "market_time", "settled", "orders"),
            *("profit_pennies", "commission_pennies", "net_worst_pennies", "net_pennies", "net_best_pennies"),
            *("tapes", "tapes_sha256"),
        ),
        "backtest_orders": (
            *(
                "run_id",
                "seq",
                "number",
                "ref",
                "bet_id",
                "strategy",
                "market_id",
                "selection_id",
                "handicap",
            ),
            *("side", "order_type", "price", "size_pennies", "size_matched_pennies", "average_price_matched"),
            *(
                "size_remaining_pennies",
                "size_cancelled_pennies",
                "size_lapsed_pennies",
                "size_voided_pennies",
            ),
            *(
                "status",
                "error_code",
                "settled",
                "profit_worst_pennies",
                "profit_pennies",
                "profit_best_pennies",
            ),
        ),
        "backtest_fills": (
            *("run_id", "seq", "number", "fill", "at", "price", "rule"),
            *("size_worst_pennies", "size_pennies", "size_best_pennies", "doubts"),
            *("tape", "line", "offset", "publish_time"),
        ),
    }
)
"""The columns of each table. ``seq`` is the journal's entry, ``number`` an order's place in it."""

_KINDS = frozenset(BacktestKind)
_MATCHED = "MATCHED"
_LARGEST_INTEGER = 2**63 - 1
_SURELY_EXACT = 1e12
"""Below it, floats are so close that no other decimal of three places is nearest to the same one."""
_EXACT = Context(prec=30, traps=[Inexact, InvalidOperation])


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """Where an order stands in the journal."""

    run_id: str
    seq: int
    number: int
    ref: str
    bet_id: str
    market_id: str


def project(entry: Entry, body: Mapping[str, Any] | None = None) -> Rows:
    """
    Return the rows that an entry stands for; none for entries of other kinds.

    Args:
        entry: The entry.
        body: Its body, where that is at hand; else it is read again.
    """
    if entry.kind not in _KINDS:
        return {}
    body = read_json(entry.body) if body is None else body
    match entry.kind:
        case BacktestKind.MARKET:
            return {
                "backtest_markets": [_market_row(entry, body)],
                "backtest_orders": _order_rows(entry, body["orders"]),
                "backtest_fills": list(_fill_rows(entry, body["orders"])),
            }
        case BacktestKind.UNPLACED:
            return {"backtest_orders": _order_rows(entry, body["orders"])}
        case BacktestKind.FINISHED:
            request, totals = canonical_json(body["request"]), canonical_json(body["totals"])
            return {"backtests": [(entry.run_id, entry.seq, body["result_hash"], request, totals)]}
    return {}


class BacktestTables:
    """The tables of one open ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def apply(self, entry: Entry, body: Mapping[str, Any] | None = None) -> None:
        """Write the rows of an entry, inside the transaction that appended it; see `project`."""
        for table, rows in project(entry, body).items():
            marks = ", ".join("?" * len(TABLES[table]))
            self._ledger.write(f"INSERT INTO {table} ({_names(table)}) VALUES ({marks})", rows)  # noqa: S608 - constants

    def rebuild(self) -> None:
        """Make all rows anew from the journal."""
        with self._ledger.transaction():
            for table in TABLES:
                self._ledger.write(f"DELETE FROM {table}", [()])  # noqa: S608 - a constant
            for kind in BacktestKind:
                for entry in Journal(self._ledger).entries_of_kind(kind):
                    self.apply(entry)

    def rows_of(self, seq: int) -> Rows:
        """Return the rows of an entry, as they are in the tables; tables without any are left out."""
        found: Rows = {}
        for table, columns in TABLES.items():
            order = ", ".join(name for name in ("number", "fill") if name in columns) or "seq"
            statement = f"SELECT {_names(table)} FROM {table} WHERE seq = ? ORDER BY {order}"  # noqa: S608 - constants
            if rows := list(self._ledger.rows(statement, (seq,))):
                found[table] = rows
        return found

    def count(self, *, until: int) -> dict[str, int]:
        """Return how many rows each table has for the entries up to a place."""
        counts = {}
        for table in TABLES:
            statement = f"SELECT count(*) FROM {table} WHERE seq <= ?"  # noqa: S608 - a constant
            [(counts[table],)] = self._ledger.rows(statement, (until,))
        return counts

    def orders_named(self, ref: str, *, run_id: str | None = None) -> list[FoundOrder]:
        """Return the orders with that ref or bet id, of one run or of all, the newest run first."""
        condition = "(ref = ? OR bet_id = ?)" + ("" if run_id is None else " AND orders.run_id = ?")
        parameters = (ref, ref) if run_id is None else (ref, ref, run_id)
        statement = f"""
            SELECT orders.run_id, seq, number, ref, bet_id, market_id
            FROM backtest_orders AS orders JOIN runs USING (run_id)
            WHERE {condition} ORDER BY runs.started DESC, orders.run_id, seq, number
            """  # noqa: S608 - constants
        return [FoundOrder(*row) for row in self._ledger.rows(statement, parameters)]


def _names(table: str) -> str:
    return ", ".join(f'"{name}"' for name in TABLES[table])


def _market_row(entry: Entry, body: Mapping[str, Any]) -> Row:
    market, result, tapes = body["market"], body["result"], body["tapes"]
    return (
        *(entry.run_id, entry.seq, market["market_id"], market["event_id"], market["market_type"]),
        *(market["market_time"], int(body["settled"]), len(body["orders"])),
        *(pennies(result[name]) for name in ("profit", "commission")),
        *(pennies(each["net"]) for each in (result["worst"], result, result["best"])),
        *(" ".join(tape[name] for tape in tapes) for name in ("name", "sha256")),
    )


_WHOSE: Final = itemgetter("ref", "bet_id", "strategy", "market_id", "selection_id", "handicap")
_WHAT: Final = itemgetter("side", "order_type", "price")


def _order_rows(entry: Entry, orders: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [
        (
            *(entry.run_id, entry.seq, number),
            *_WHOSE(order),
            *_WHAT(order),
            *(_asked_for(order["size"]), pennies(order["size_matched"])),
            order["average_price_matched"],
            *(pennies(order["size_remaining"]), pennies(order["size_cancelled"])),
            *(pennies(order["size_lapsed"]), pennies(order["size_voided"])),
            *(order["status"], order["error_code"], int(order["settled"])),
            *(pennies(order["worst"]["profit"]), pennies(order["profit"]), pennies(order["best"]["profit"])),
        )
        for number, order in enumerate(orders)
    ]


def _fill_rows(entry: Entry, orders: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for number, order in enumerate(orders):
        fills = [event for event in order["story"] if event["kind"] == _MATCHED]
        for fill, event in enumerate(fills):
            worst, expected, best = map(pennies, event["amounts"])
            yield (
                *(entry.run_id, entry.seq, number, fill, event["at"], event["price"], event["rule"]),
                *(worst, expected, best, ",".join(event.get("doubts", ()))),
                *(event.get(name) for name in ("tape", "line", "offset", "publish_time")),
            )


def _asked_for(size: float | None) -> int | None:
    """Return a size in pennies; None where it is no amount, for which the exchange refused the order."""
    try:
        asked = pennies(size)
    except (Inexact, InvalidOperation):
        return None
    return asked if asked is None or abs(asked) <= _LARGEST_INTEGER else None


def pennies(amount: float | None) -> int | None:
    """Return an amount of at most two decimals in pennies; a third one raises `decimal.Inexact`."""
    if amount is None:
        return None
    if -_SURELY_EXACT < amount < _SURELY_EXACT:
        whole = round(amount * 100)
        if whole / 100 == amount:  # the float nearest to a number of pennies is that of its two decimals
            return whole
    return int(Decimal(repr(amount)).scaleb(2).to_integral_exact(context=_EXACT))
