"""
What a pound is in other currencies, as listCurrencyRates says it.

Betfair's change every hour; the sandbox has accounts in one currency and its rates stand still.
"""

from collections.abc import Mapping
from typing import Final

from betflow.wire.account import CurrencyRate

_RATES: Final[Mapping[str, float]] = {
    "AUD": 1.94,
    "BRL": 7.12,
    "CAD": 1.75,
    "DKK": 8.68,
    "EUR": 1.16,
    "HKD": 10.21,
    "HUF": 463.0,
    "ISK": 171.5,
    "NOK": 13.55,
    "NZD": 2.13,
    "RON": 5.79,
    "SEK": 12.92,
    "SGD": 1.75,
    "USD": 1.31,
}


def currency_rates() -> tuple[CurrencyRate, ...]:
    """Return how much of each currency a pound is."""
    return tuple(CurrencyRate(currency_code=code, rate=rate) for code, rate in _RATES.items())
