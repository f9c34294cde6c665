"""
What a pound is in other currencies, and market books in them. Pure.

Betfair's rates change every hour; those of a sandbox stand still. There is one account, and the exchange is
in its currency; Betfair's is in pounds.

Source: "listCurrencyRates", "listMarketBook" (currencyCode).
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from betflow.wire.account import CurrencyRate
from betflow.wire.book import MarketBook, PriceSize, Runner

POUND: Final = "GBP"
USUAL_RATES: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        "AUD": Decimal("1.94"),
        "BRL": Decimal("7.12"),
        "CAD": Decimal("1.75"),
        "DKK": Decimal("8.68"),
        "EUR": Decimal("1.16"),
        "HKD": Decimal("10.21"),
        "HUF": Decimal("463.0"),
        "ISK": Decimal("171.5"),
        "NOK": Decimal("13.55"),
        "NZD": Decimal("2.13"),
        "RON": Decimal("5.79"),
        "SEK": Decimal("12.92"),
        "SGD": Decimal("1.75"),
        "USD": Decimal("1.31"),
    }
)
"""How much of each a pound is."""
_PENNY: Final = Decimal("0.01")


def currency_rates(rates: Mapping[str, Decimal]) -> tuple[CurrencyRate, ...]:
    """Return how much of each currency a pound is, as Betfair tells it."""
    return tuple(CurrencyRate(currency_code=code, rate=float(rate)) for code, rate in rates.items())


def rate_between(own: str, wanted: str, rates: Mapping[str, Decimal]) -> Decimal | None:
    """Return how much of the wanted currency one of our own is; None where one is unknown."""
    if own == wanted:
        return Decimal(1)
    pounds = {POUND: Decimal(1), **rates}
    if own not in pounds or wanted not in pounds:
        return None
    return pounds[wanted] / pounds[own]


def books_in(rate: Decimal, books: Iterable[MarketBook]) -> tuple[MarketBook, ...]:
    """
    Return market books with volumes and sizes at a rate, each rounded to the nearest penny, halves up.

    Orders and matches of one's own stay in the account's currency.
    """
    return tuple(
        msgspec.structs.replace(
            book,
            total_matched=_at(rate, book.total_matched),
            total_available=_at(rate, book.total_available),
            runners=tuple(_runner(rate, runner) for runner in book.runners or ()),
        )
        for book in books
    )


def _runner(rate: Decimal, runner: Runner) -> Runner:
    ex, sp = runner.ex, runner.sp
    return msgspec.structs.replace(
        runner,
        total_matched=_at(rate, runner.total_matched),
        ex=ex
        and msgspec.structs.replace(
            ex,
            available_to_back=_sizes(rate, ex.available_to_back),
            available_to_lay=_sizes(rate, ex.available_to_lay),
            traded_volume=_sizes(rate, ex.traded_volume),
        ),
        sp=sp
        and msgspec.structs.replace(
            sp,
            back_stake_taken=_sizes(rate, sp.back_stake_taken),
            lay_liability_taken=_sizes(rate, sp.lay_liability_taken),
        ),
    )


def _sizes(rate: Decimal, sizes: tuple[PriceSize, ...] | None) -> tuple[PriceSize, ...] | None:
    return sizes and tuple(PriceSize(price=each.price, size=_rounded(rate, each.size)) for each in sizes)


def _at(rate: Decimal, amount: float | None) -> float | None:
    return None if amount is None else _rounded(rate, amount)


def _rounded(rate: Decimal, amount: float) -> float:
    return float((Decimal(str(amount)) * rate).quantize(_PENNY, ROUND_HALF_UP))
