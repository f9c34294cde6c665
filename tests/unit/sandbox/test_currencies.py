"""Books in another currency are those of the exchange at its rate, to the nearest penny."""

from decimal import Decimal

import pytest

from betflow.sandbox.currencies import USUAL_RATES, books_in, currency_rates, rate_between
from betflow.wire.book import ExchangePrices, MarketBook, Match, PriceSize, Runner, StartingPrices


def test_sizes_and_volumes_are_converted_and_prices_are_not() -> None:
    """Each is rounded by itself, halves up; what one matched oneself is in one's own currency."""
    ten = (PriceSize(price=2.0, size=10.0), PriceSize(price=2.02, size=0.375))
    own = (Match(side="BACK", price=2.0, size=10.0),)
    runner = Runner(
        selection_id=1,
        total_matched=10.0,
        matches=own,
        ex=ExchangePrices(available_to_back=ten, available_to_lay=(), traded_volume=ten),
        sp=StartingPrices(back_stake_taken=ten, actual_sp=3.0),
    )

    (book,) = books_in(Decimal("1.16"), [MarketBook(market_id="1.1", total_matched=100.0, runners=(runner,))])

    euros = (PriceSize(price=2.0, size=11.6), PriceSize(price=2.02, size=0.44))
    assert (116.0, None) == (book.total_matched, book.total_available)
    expected = Runner(
        selection_id=1,
        total_matched=11.6,
        matches=own,
        ex=ExchangePrices(available_to_back=euros, available_to_lay=(), traded_volume=euros),
        sp=StartingPrices(back_stake_taken=euros, actual_sp=3.0),
    )
    assert (expected,) == book.runners


@pytest.mark.parametrize(
    ("own", "wanted", "rate"),
    [
        ("GBP", "GBP", Decimal(1)),
        ("GBP", "EUR", Decimal("1.25")),
        ("EUR", "GBP", Decimal("0.8")),
        ("EUR", "AUD", Decimal("1.6")),
        ("ZZZ", "ZZZ", Decimal(1)),
        ("GBP", "ZZZ", None),
        ("ZZZ", "GBP", None),
    ],
)
def test_rates_go_by_the_pound(own: str, wanted: str, rate: Decimal | None) -> None:
    """Where there is no rate of one of them there is none."""
    assert rate == rate_between(own, wanted, {"EUR": Decimal("1.25"), "AUD": Decimal(2)})


def test_rates_are_told_of_every_currency_but_the_pound() -> None:
    """As listCurrencyRates has them."""
    told = {each.currency_code: each.rate for each in currency_rates(USUAL_RATES)}

    assert 1.16 == told["EUR"]
    assert "GBP" not in told
