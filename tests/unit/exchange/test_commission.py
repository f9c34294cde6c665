"""Commission on a market and its division among strategies."""

from dataclasses import replace
from decimal import Decimal

import pytest

from betflow.errors import UsageError
from betflow.exchange.assumptions import BETFLOW_1, MissingBaseRate
from betflow.exchange.commission import commission_rate, market_commission, strategy_commissions
from betflow.exchange.results import MarketKind, MarketResult

_RESULT = MarketResult(market_id="1.1", kind=MarketKind.WIN, statuses={}, market_base_rate=Decimal(5))


def test_net_winnings_pay_the_base_rate() -> None:
    """150 at 7 % pay 10.50 (Betfair's example, data scientists' site)."""
    assert Decimal("10.50") == market_commission(Decimal(150), Decimal(7), BETFLOW_1)


def test_a_discount_is_taken_off_the_rate() -> None:
    """400 at 5 % less 40 % pay 12 (Betfair support 4494339)."""
    rate = commission_rate(replace(_RESULT, discount_allowed=True), Decimal(40), BETFLOW_1)

    assert Decimal("12.00") == market_commission(Decimal(400), rate, BETFLOW_1)


def test_a_discount_of_ten_per_cent_makes_six_into_five_point_four() -> None:
    """6 % less a tenth is 5.4 % (betfair.com.au/hub/discount-rates)."""
    result = replace(_RESULT, market_base_rate=Decimal(6), discount_allowed=True)

    assert Decimal("5.4") == commission_rate(result, Decimal(10), BETFLOW_1)


def test_a_discount_counts_only_where_it_is_allowed() -> None:
    """Without `discountAllowed` the base rate is charged in full."""
    assert Decimal(5) == commission_rate(_RESULT, Decimal(40), BETFLOW_1)


def test_a_loss_pays_nothing() -> None:
    """Commission is on net winnings only (Betfair support 413)."""
    assert Decimal("0.00") == market_commission(Decimal(-100), Decimal(5), BETFLOW_1)


def test_half_a_penny_of_commission_is_a_penny() -> None:
    """0.10 at 5 % is half a penny, charged as a penny (assumption: half up)."""
    assert Decimal("0.01") == market_commission(Decimal("0.10"), Decimal(5), BETFLOW_1)


@pytest.mark.parametrize(
    ("switch", "rate"), [(MissingBaseRate.FIVE_PER_CENT, 5), (MissingBaseRate.NO_COMMISSION, 0)]
)
def test_a_missing_base_rate_is_an_assumption(switch: MissingBaseRate, rate: int) -> None:
    """Where the definition has no base rate, the assumptions have."""
    assumptions = replace(BETFLOW_1, name="test", missing_base_rate=switch)

    assert Decimal(rate) == commission_rate(replace(_RESULT, market_base_rate=None), Decimal(0), assumptions)


def test_a_discount_is_a_percentage() -> None:
    """A discount above 100 % is refused, with the limits."""
    with pytest.raises(UsageError, match="expected 0 to 100"):
        commission_rate(_RESULT, Decimal(101), BETFLOW_1)


def test_strategies_that_won_pay_by_what_they_won() -> None:
    """Of 80 net, won as 75 and 25 against a loss of 20, the winners pay 4.00 as 3.00 and 1.00."""
    profits = {"a": Decimal(75), "b": Decimal(-20), "c": Decimal(25)}

    parts = strategy_commissions(Decimal("4.00"), profits)

    assert {"a": Decimal("3.00"), "b": Decimal("0.00"), "c": Decimal("1.00")} == parts
