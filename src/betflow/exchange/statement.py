"""
The account statement: what settling a market, and settling it again, does to the balance.

When Betfair reopens a market, the first settlement is not changed: its records are marked as errors, each is
reversed by a correction, the commission is given back, and then the new result is booked. `resettle` gives
the same entries, so that a statement and ours can be laid side by side.

Source: Accounts API, enum `winLose` (RESULT_ERR, RESULT_FIX, COMMISSION_REVERSAL); "Additional Information",
the statement before and after a re-settlement.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from betflow.exchange.bets import BetError
from betflow.exchange.money import ZERO
from betflow.exchange.settlement import Outcome, SettledBet, SettledMarket


class WinLose(StrEnum):
    """What an entry of the statement is."""

    RESULT_WON = "RESULT_WON"
    RESULT_LOST = "RESULT_LOST"
    RESULT_NOT_APPLICABLE = "RESULT_NOT_APPLICABLE"
    """Commission."""
    RESULT_ERR = "RESULT_ERR"
    """A label on an earlier record, which was wrong; the balance does not change."""
    RESULT_FIX = "RESULT_FIX"
    """Reverses a record that was wrong."""
    COMMISSION_REVERSAL = "COMMISSION_REVERSAL"
    """Gives commission back."""


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """
    One entry of the account statement.

    Attributes:
        win_lose: What it is.
        market_id: The market.
        bet_id: The bet; empty for commission.
        amount: The amount that it names.
        balance_change: What it does to the balance: the amount, or 0 for a label.
    """

    win_lose: WinLose
    market_id: str
    bet_id: str
    amount: Decimal
    balance_change: Decimal


def statement(market: SettledMarket) -> tuple[StatementEntry, ...]:
    """Return the entries of a settlement: the bets that won or lost, then the commission."""
    entries = [_bet_entry(_result(bet), bet, _amount(bet)) for bet in market.bets if _is_booked(bet)]
    if market.commission:
        kind = WinLose.RESULT_NOT_APPLICABLE
        entries.append(StatementEntry(kind, market.market_id, "", -market.commission, -market.commission))
    return tuple(entries)


def resettle(before: SettledMarket, after: SettledMarket) -> tuple[StatementEntry, ...]:
    """
    Return the entries that correct a settlement: errors marked, reversed, then booked anew.

    What they do to the balance together is the difference of the two net profits. Nothing is booked where
    both settlements have the same entries.

    Raises:
        BetError: if the two are not of the same market.
    """
    if before.market_id != after.market_id:
        raise BetError(f"market {before.market_id} cannot be settled again as {after.market_id}.")
    wrong, right = statement(before), statement(after)
    if wrong == right:
        return ()
    errors = [
        StatementEntry(WinLose.RESULT_ERR, each.market_id, each.bet_id, each.amount, ZERO) for each in wrong
    ]
    return (*errors, *(_reversed(each) for each in wrong), *right)


def _reversed(entry: StatementEntry) -> StatementEntry:
    kind = WinLose.RESULT_FIX if entry.bet_id else WinLose.COMMISSION_REVERSAL
    return StatementEntry(kind, entry.market_id, entry.bet_id, -entry.amount, -entry.amount)


def _is_booked(bet: SettledBet) -> bool:
    return bet.outcome not in {Outcome.UNSETTLED, Outcome.VOIDED}


def _result(bet: SettledBet) -> WinLose:
    """Name an entry by the sign of its amount; where that is zero, by how the bet ended."""
    profit = _amount(bet)
    has_won = profit > 0 or (profit == 0 and bet.outcome is not Outcome.LOST)
    return WinLose.RESULT_WON if has_won else WinLose.RESULT_LOST


def _amount(bet: SettledBet) -> Decimal:
    return ZERO if bet.profit is None else bet.profit


def _bet_entry(kind: WinLose, bet: SettledBet, amount: Decimal) -> StatementEntry:
    return StatementEntry(kind, bet.market_id, bet.bet_id, amount, amount)
