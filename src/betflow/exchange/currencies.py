"""
The least that can be bet, by currency.

Source: "Additional Information", currency parameters, as of 2026-07-28.
"""

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from betflow.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Minimums:
    """
    The least that can be bet in a currency.

    Attributes:
        size: Of a bet.
        liability: Of a lay at the starting price.
        payout: A LIMIT bet may be smaller if it pays out this much: size times price.
    """

    size: Decimal
    liability: Decimal
    payout: Decimal


_TABLE: Final = {
    "GBP": (1, 10, 10),
    "EUR": (1, 10, 20),
    "USD": (1, 20, 20),
    "HKD": (10, 125, 125),
    "AUD": (1, 30, 30),
    "CAD": (2, 30, 30),
    "DKK": (15, 150, 150),
    "NOK": (10, 150, 150),
    "SEK": (15, 150, 150),
    "SGD": (2, 30, 30),
    "RON": (5, 50, 50),
    "BRL": (5, 50, 50),
    "MXN": (30, 300, 300),
    "PEN": (5, 50, 50),
    "HUF": (400, 4000, 4000),
    "ISK": (350, 1750, 1750),
    "NZD": (2, 10, 10),
    "ARS": (100, 500, 500),
    "GEL": (10, 50, 50),
}

MINIMUMS: Final = MappingProxyType(
    {
        currency: Minimums(Decimal(size), Decimal(liability), Decimal(payout))
        for currency, (size, liability, payout) in _TABLE.items()
    }
)


def minimums(currency: str) -> Minimums:
    """
    Return the least that can be bet in a currency.

    Args:
        currency: Its ISO 4217 code.

    Raises:
        ConfigurationError: if Betfair has no accounts in it.
    """
    found = MINIMUMS.get(currency)
    if found is None:
        raise ConfigurationError(
            f"Betfair has no accounts in {currency!r}.", advice=f"Take one of {', '.join(MINIMUMS)}."
        )
    return found
