"""Profit on every level."""

from decimal import Decimal

import pytest

from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.profits import Level, Profit, roll_up
from betflow.exchange.results import MarketKind, MarketResult
from betflow.exchange.settlement import SettledMarket, settle_market
from betflow.wire.enums import Side


def _market(market_id: str, *bets: tuple[str, int, Side, str]) -> SettledMarket:
    """Settle bets of 10 at 3.0 in a market at 5 % that runner 1 won; 3 has no result."""
    result = MarketResult(
        market_id=market_id,
        event_id="9",
        kind=MarketKind.WIN,
        statuses={RunnerKey(1): "WINNER", RunnerKey(2): "LOSER", RunnerKey(3): "ACTIVE"},
        market_base_rate=Decimal(5),
    )
    matched = [
        MatchedBet(
            bet_id=bet_id,
            market_id=market_id,
            selection_id=selection,
            side=side,
            price=Decimal(3),
            size=Decimal(10),
            matched_at=0,
            strategy=strategy,
        )
        for bet_id, selection, side, strategy in bets
    ]
    return settle_market(matched, result)


_MARKETS = (
    _market("1.1", ("b1", 1, Side.BACK, "s"), ("b2", 1, Side.BACK, "t"), ("b3", 2, Side.BACK, "t")),
    _market("1.2", ("b4", 1, Side.LAY, "s"), ("b5", 3, Side.LAY, "s")),
)


def _line(bets: int, size: str, profit: str, commission: str | None = None, *, unsettled: int = 0) -> Profit:
    return Profit(
        bets, unsettled, Decimal(size), Decimal(profit), None if commission is None else Decimal(commission)
    )


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (
            Level.BET,
            {
                ("1.1", "b1"): _line(1, "10", "20"),
                ("1.1", "b2"): _line(1, "10", "20"),
                ("1.1", "b3"): _line(1, "10", "-10"),
                ("1.2", "b4"): _line(1, "10", "-20"),
                ("1.2", "b5"): _line(0, "0", "0", unsettled=1),
            },
        ),
        (
            Level.SIDE,
            {
                ("1.1", "1", "0", "BACK"): _line(2, "20", "40"),
                ("1.1", "2", "0", "BACK"): _line(1, "10", "-10"),
                ("1.2", "1", "0", "LAY"): _line(1, "10", "-20"),
                ("1.2", "3", "0", "LAY"): _line(0, "0", "0", unsettled=1),
            },
        ),
        (
            Level.RUNNER,
            {
                ("1.1", "1", "0"): _line(2, "20", "40"),
                ("1.1", "2", "0"): _line(1, "10", "-10"),
                ("1.2", "1", "0"): _line(1, "10", "-20"),
                ("1.2", "3", "0"): _line(0, "0", "0", unsettled=1),
            },
        ),
        (
            Level.MARKET,
            {
                ("1.1",): _line(3, "30", "30", "1.50"),
                ("1.2",): _line(1, "10", "-20", "0", unsettled=1),
            },
        ),
        (Level.EVENT, {("9",): _line(4, "40", "10", "1.50", unsettled=1)}),
        (
            Level.STRATEGY,
            {("s",): _line(2, "20", "0", "1.00", unsettled=1), ("t",): _line(2, "20", "10", "0.50")},
        ),
    ],
)
def test_profit_is_added_up_on_every_level(level: Level, expected: dict[tuple[str, ...], Profit]) -> None:
    """Profit is known on every level, commission from the market up (listClearedOrders, roll-up fields)."""
    assert expected == roll_up(_MARKETS, level)


def test_net_is_profit_less_commission() -> None:
    """The market won 30.00 and pays 1.50."""
    assert Decimal("28.50") == roll_up(_MARKETS, Level.MARKET)[("1.1",)].net
