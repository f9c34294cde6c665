"""
The account statement: every movement of money, and the balance after it.

Source: Accounts API, "getAccountStatement", `StatementLegacyData`; "Additional Information", the statement
before and after a re-settlement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from betflow.exchange.money import ZERO
from betflow.exchange.outcomes import Rule
from betflow.exchange.settlement import SettledBet, SettledMarket
from betflow.exchange.statement import StatementEntry, WinLose, resettle, statement
from betflow.exchange.times import iso_second
from betflow.sandbox.exchange.bets import Bet
from betflow.sandbox.exchange.ranges import page, span
from betflow.sandbox.listings import Listing
from betflow.wire.account import (
    AccountStatementReport,
    GetAccountStatement,
    StatementItem,
    StatementLegacyData,
)
from betflow.wire.enums import IncludeItem, OrderType, RunnerStatus, ServiceErrorCode, Side
from betflow.wire.stream import MarketDefinition

LONGEST_PAGE: Final = 100
HORIZON_MS: Final = 90 * 24 * 60 * 60 * 1000
"""How far back an account's past is shown."""
_NO_DATE: Final = "0001-01-01T00:00:00.000Z"
_CATEGORIES: Final = {OrderType.LIMIT: "E", OrderType.MARKET_ON_CLOSE: "M", OrderType.LIMIT_ON_CLOSE: "L"}
_MARKET_TYPES: Final = {
    "ODDS": "O",
    "LINE": "L",
    "RANGE": "R",
    "ASIAN_HANDICAP_SINGLE_LINE": "A",
    "ASIAN_HANDICAP_DOUBLE_LINE": "A",
}
_CREDIT, _DEBIT = "ACCOUNT_CREDIT", "ACCOUNT_DEBIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledHere:
    """
    What a statement tells of a market beside the amounts.

    Attributes:
        definition: Its last definition.
        listing: What it is called; None where nobody knows.
        bets: The account's bets in it, by bet id.
    """

    definition: MarketDefinition
    listing: Listing | None
    bets: dict[str, Bet]


@dataclass(slots=True)
class _Row:
    """A movement of money; `market_id` is empty for a deposit."""

    at: int
    ref_id: str
    amount: Decimal
    balance: Decimal
    market_id: str
    legacy: StatementLegacyData


class Ledger:
    """
    The money of an account, as its statement tells of it.

    Args:
        deposit: What it begins with.
        at: When, epoch milliseconds.

    Attributes:
        balance: Everything that was booked, exact: deposits, profits, commission.
    """

    def __init__(self, deposit: Decimal, at: int) -> None:
        self.balance = ZERO
        self._rows: list[_Row] = []
        legacy = StatementLegacyData(
            avg_price=0.0,
            bet_size=0.0,
            bet_type="B",
            bet_category_type="NONE",
            event_id=0,
            event_type_id=0,
            full_market_name="Deposit",
            gross_bet_amount=0.0,
            market_name="Deposit",
            market_type="NOT_APPLICABLE",
            placed_date=iso_second(at),
            selection_id=0,
            start_date=_NO_DATE,
            transaction_type=_CREDIT,
            transaction_id=1,
            win_lose=WinLose.RESULT_NOT_APPLICABLE,
        )
        self._add(at, "1", deposit, "", legacy)

    def settle(self, market: SettledMarket, here: SettledHere, at: int) -> None:
        """Book what a market paid, bet by bet, and then the commission."""
        self._book(statement(market), {bet.bet_id: bet for bet in market.bets}, market, here, at)

    def resettle(self, before: SettledMarket, after: SettledMarket, here: SettledHere, at: int) -> None:
        """Correct a market: its entries are marked as errors and reversed, and the new result is booked."""
        entries = resettle(before, after)
        if not entries:
            return
        wrong = (WinLose.RESULT_WON, WinLose.RESULT_LOST, WinLose.RESULT_NOT_APPLICABLE)
        for row in self._rows:
            if row.market_id == before.market_id and row.legacy.win_lose in wrong:
                row.legacy = msgspec.structs.replace(row.legacy, win_lose=WinLose.RESULT_ERR)
        old = {bet.bet_id: bet for bet in before.bets}
        reversals = (WinLose.RESULT_FIX, WinLose.COMMISSION_REVERSAL)
        self._book([each for each in entries if each.win_lose in reversals], old, before, here, at)
        self.settle(after, here, at)

    def _book(
        self,
        entries: Iterable[StatementEntry],
        settled: dict[str, SettledBet],
        market: SettledMarket,
        here: SettledHere,
        at: int,
    ) -> None:
        for entry in entries:
            number = len(self._rows) + 1
            legacy = (
                _bet_data(entry, settled[entry.bet_id], here)
                if entry.bet_id
                else _commission_data(entry, market, here)
            )
            legacy = msgspec.structs.replace(
                legacy, transaction_id=number, placed_date=_placed(entry, here, at)
            )
            self._add(at, entry.bet_id or str(number), entry.balance_change, market.market_id, legacy)

    def _add(
        self, at: int, ref_id: str, amount: Decimal, market_id: str, legacy: StatementLegacyData
    ) -> None:
        self.balance += amount
        self._rows.append(_Row(at, ref_id, amount, self.balance, market_id, legacy))

    def report(self, request: GetAccountStatement, now: int) -> AccountStatementReport:
        """
        Return a page of the statement of the last 90 days, newest first.

        Raises:
            ServiceRefusal: if a date or a number of the request makes no sense, or a page is too long.
        """
        include = request.include_item or IncludeItem.ALL
        rows = [row for row in reversed(self._rows) if row.at >= now - HORIZON_MS and _is_in(row, include)]
        if include is IncludeItem.ALL:
            begins, ends = span(request.item_date_range)
            rows = [row for row in rows if begins <= row.at <= ends]
        shown, more = page(
            rows,
            request.from_record,
            request.record_count,
            LONGEST_PAGE,
            too_long=ServiceErrorCode.INVALID_INPUT_DATA,  # the accounts service has no other
        )
        return AccountStatementReport(
            account_statement=tuple(_item(row) for row in shown), more_available=more
        )


def _is_in(row: _Row, include: IncludeItem) -> bool:
    match include:
        case IncludeItem.ALL:
            return True
        case IncludeItem.EXCHANGE:
            return bool(row.market_id)
        case IncludeItem.DEPOSITS_WITHDRAWALS:
            return not row.market_id
        case IncludeItem.POKER_ROOM:
            return False


def _item(row: _Row) -> StatementItem:
    return StatementItem(
        ref_id=row.ref_id,
        item_date=iso_second(row.at),
        amount=float(row.amount),
        balance=float(row.balance),
        item_class="UNKNOWN",
        item_class_data={"unknownStatementItem": msgspec.json.encode(row.legacy).decode()},
        legacy_data=row.legacy,
    )


def _placed(entry: StatementEntry, here: SettledHere, at: int) -> str:
    return iso_second(here.bets[entry.bet_id].order.placed_at if entry.bet_id else at)


def _bet_data(entry: StatementEntry, bet: SettledBet, here: SettledHere) -> StatementLegacyData:
    listing = here.listing
    runner = listing.runner(bet.runner.selection_id, float(bet.runner.handicap)) if listing else None
    return msgspec.structs.replace(
        _market_data(entry, here),
        avg_price=float(bet.price),
        avg_price_raw=float(bet.price),
        bet_size=float(bet.size),
        bet_type="B" if bet.side is Side.BACK else "L",
        bet_category_type=_CATEGORIES[here.bets[bet.bet_id].order.order_type],
        gross_bet_amount=0.0,
        selection_id=bet.runner.selection_id,
        selection_name=runner.runner_name if runner else "",
        transaction_type=_CREDIT if entry.balance_change >= 0 else _DEBIT,
        dead_heat_price_divisor=_sharing(here.definition) if Rule.DEAD_HEAT in bet.rules else None,
    )


def _sharing(definition: MarketDefinition) -> float:
    """Return how many runners share a place, on average over the places."""
    winners = sum(runner.status == RunnerStatus.WINNER for runner in definition.runners or ())
    return winners / (definition.number_of_winners or 1)


def _commission_data(entry: StatementEntry, market: SettledMarket, here: SettledHere) -> StatementLegacyData:
    is_reversal = entry.win_lose is WinLose.COMMISSION_REVERSAL
    return msgspec.structs.replace(
        _market_data(entry, here),
        avg_price=0.0,
        bet_size=0.0,
        bet_type="B",
        bet_category_type="NONE",
        commission_rate=f"{market.commission_rate.normalize():f}%",
        gross_bet_amount=float(market.profit),
        selection_id=0,
        selection_name="",
        transaction_type=WinLose.COMMISSION_REVERSAL if is_reversal else _DEBIT,
    )


def _market_data(entry: StatementEntry, here: SettledHere) -> StatementLegacyData:
    """Return what bets and commission of a market share."""
    definition, listing = here.definition, here.listing
    market_name = listing.market_name if listing else definition.name or entry.market_id
    event_name = listing.event.name if listing else definition.event_name
    return StatementLegacyData(
        event_id=int(entry.market_id.partition(".")[2]),
        event_type_id=int(definition.event_type_id or 0),
        full_market_name=" / ".join(name for name in (event_name, market_name) if name),
        market_name=market_name,
        market_type=_MARKET_TYPES.get(definition.betting_type or "ODDS", "O"),
        start_date=definition.market_time or _NO_DATE,
        win_lose=entry.win_lose,
    )
