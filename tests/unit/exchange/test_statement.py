"""The statement of a settlement, and of a correction."""

from dataclasses import replace
from decimal import Decimal

import pytest

from betflow.exchange.bets import BetError, MatchedBet, RunnerKey
from betflow.exchange.results import MarketKind, MarketResult
from betflow.exchange.settlement import SettledMarket, settle_market
from betflow.exchange.statement import StatementEntry, WinLose, resettle, statement
from betflow.wire.enums import Side

_RESULT = MarketResult(
    market_id="1.1",
    kind=MarketKind.WIN,
    statuses={RunnerKey(1): "WINNER", RunnerKey(2): "LOSER"},
    market_base_rate=Decimal(5),
)


def _settled(winner: int) -> SettledMarket:
    """Settle a back of 2 at 10.0 on runner 1."""
    bet = MatchedBet(
        bet_id="b1",
        market_id="1.1",
        selection_id=1,
        side=Side.BACK,
        price=Decimal(10),
        size=Decimal(2),
        matched_at=0,
    )
    statuses = {runner: "WINNER" if runner.selection_id == winner else "LOSER" for runner in _RESULT.statuses}
    return settle_market([bet], replace(_RESULT, statuses=statuses))


def _entry(kind: WinLose, bet_id: str, amount: str, change: str | None = None) -> StatementEntry:
    return StatementEntry(kind, "1.1", bet_id, Decimal(amount), Decimal(amount if change is None else change))


def test_a_settlement_books_the_bet_then_the_commission() -> None:
    """+18.00, then -0.90 at 5 % ("Additional Information", statement example)."""
    expected = (
        _entry(WinLose.RESULT_WON, "b1", "18.00"),
        _entry(WinLose.RESULT_NOT_APPLICABLE, "", "-0.90"),
    )

    assert expected == statement(_settled(1))


def test_a_correction_marks_reverses_and_books_anew() -> None:
    """-18.00 and +0.90 undo the first settlement, then -2.00 ("Additional Information", same example)."""
    expected = (
        _entry(WinLose.RESULT_ERR, "b1", "18.00", "0"),
        _entry(WinLose.RESULT_ERR, "", "-0.90", "0"),
        _entry(WinLose.RESULT_FIX, "b1", "-18.00"),
        _entry(WinLose.COMMISSION_REVERSAL, "", "0.90"),
        _entry(WinLose.RESULT_LOST, "b1", "-2.00"),
    )

    assert expected == resettle(_settled(1), _settled(2))


def test_a_correction_to_the_same_result_books_nothing() -> None:
    """Settled again with the same result, nothing has to be corrected."""
    assert () == resettle(_settled(1), _settled(1))


def test_a_bet_that_becomes_void_is_only_reversed() -> None:
    """A void has no entry of its own: only the two corrections are booked."""
    void = settle_market([], _RESULT)

    changes = [each.balance_change for each in resettle(_settled(1), void)]

    assert [Decimal(0), Decimal(0), Decimal("-18.00"), Decimal("0.90")] == changes


def test_a_bet_that_paid_nothing_is_named_by_its_outcome() -> None:
    """A win too small for a penny is still a win, and its layer's loss a loss."""
    bets = [
        MatchedBet(
            bet_id=side,
            market_id="1.1",
            selection_id=1,
            side=side,
            price=Decimal("1.01"),
            size=Decimal("0.01"),
            matched_at=0,
        )
        for side in Side
    ]

    entries = statement(settle_market(bets, _RESULT))

    assert [WinLose.RESULT_WON, WinLose.RESULT_LOST] == [each.win_lose for each in entries]


def test_two_markets_do_not_correct_each_other() -> None:
    """A settlement is corrected by one of the same market."""
    with pytest.raises(BetError, match=r"1\.1 cannot be settled again as 1\.2"):
        resettle(_settled(1), replace(_settled(1), market_id="1.2"))
