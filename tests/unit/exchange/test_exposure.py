"""Liability and exposure."""

from dataclasses import replace
from decimal import Decimal

import pytest

from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.exposure import exposure, liability
from betflow.exchange.results import GREYHOUNDS, MarketKind, MarketResult, Removal
from betflow.wire.enums import Side

BACK, LAY = Side.BACK, Side.LAY


def _market(kind: MarketKind = MarketKind.WIN) -> MarketResult:
    return MarketResult(
        market_id="1.1",
        kind=kind,
        is_closed=False,
        statuses={RunnerKey(1): "ACTIVE", RunnerKey(2): "ACTIVE"},
        each_way_divisor=Decimal(5) if kind is MarketKind.EACH_WAY else None,
    )


def _bet(side: Side, price: str, *, size: str = "10", on: int = 1) -> MatchedBet:
    return MatchedBet(
        bet_id=f"{side} {price} {on}",
        market_id="1.1",
        selection_id=on,
        side=side,
        price=Decimal(price),
        size=Decimal(size),
        matched_at=0,
    )


@pytest.mark.parametrize(
    ("expected", "kind", "side"),
    [
        ("10.00", MarketKind.WIN, BACK),
        ("100.00", MarketKind.WIN, LAY),
        ("20.00", MarketKind.EACH_WAY, BACK),
        ("120.00", MarketKind.EACH_WAY, LAY),
        ("10.00", MarketKind.LINE, BACK),
        ("10.00", MarketKind.LINE, LAY),
    ],
)
def test_liability_of_ten_at_eleven(expected: str, kind: MarketKind, side: Side) -> None:
    """A backer risks the stake, a layer the winnings; each way both parts (placeOrders), a line the stake."""
    assert expected == str(liability(_bet(side, "11"), _market(kind)))


def test_a_reduction_lowers_the_layers_liability() -> None:
    """10 at 11.0 less 25 % is 8.25: the layer risks 72.50."""
    market = replace(_market(), removals=(Removal(RunnerKey(3), Decimal(25), 10),))

    assert Decimal("72.50") == liability(_bet(LAY, "11"), market)


def test_bets_that_are_alike_count_one_by_one() -> None:
    """Of three lays of 10 at 11.0, two are reduced to 8.25, and one was matched after the removal."""
    market = replace(_market(), removals=(Removal(RunnerKey(3), Decimal(25), 10),))
    before, after = _bet(LAY, "11"), replace(_bet(LAY, "11"), matched_at=10)

    assert Decimal("245.00") == exposure([before, after, before], market)


def test_one_bet_is_exposed_to_its_liability() -> None:
    """A single bet's exposure is its liability, without a penny for rounding."""
    assert Decimal("10.00") == exposure([_bet(BACK, "11")], _market())


def test_back_and_lay_on_a_runner_are_set_off() -> None:
    """10 backed at 3.0 and 10 laid at 2.0 can only win, but for half a penny of rounding on each."""
    assert Decimal("0.01") == exposure([_bet(BACK, "3"), _bet(LAY, "2")], _market())


def test_different_runners_are_not_set_off() -> None:
    """A back of either of two runners may lose each stake: one may yet be removed."""
    assert Decimal("20.00") == exposure([_bet(BACK, "3"), _bet(BACK, "3", on=2)], _market())


def test_lines_are_set_off_result_by_result() -> None:
    """Sold at 50 and bought at 52, both lose at 51: 20 are exposed; the other way round nothing is."""
    market = _market(MarketKind.LINE)

    assert Decimal("20.00") == exposure([_bet(BACK, "50"), _bet(LAY, "52")], market)
    assert Decimal("0.01") == exposure([_bet(BACK, "52"), _bet(LAY, "50")], market)


def test_what_is_void_is_not_exposed() -> None:
    """Bets on a removed runner, in a void market, or voided by a removal can no longer lose."""
    bets = [_bet(BACK, "3")]
    removal = (Removal(RunnerKey(2), Decimal(0), 10),)

    assert Decimal("0.00") == exposure(bets, replace(_market(), statuses={RunnerKey(1): "REMOVED"}))
    assert Decimal("0.00") == exposure(bets, replace(_market(), is_void=True))
    assert Decimal("0.00") == exposure(bets, replace(_market(), event_type_id=GREYHOUNDS, removals=removal))
