"""
Whether ids, languages and countries are written as they have to be; Betfair's words where they are not.

Only their form is looked at: two capital letters are a country, whether or not there is such a one.

Source: "Betting Exceptions".
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.book import ListMarketBook
from betflow.wire.enums import ServiceErrorCode

_MARKET: Final = re.compile(r"\d+\.\d+", re.ASCII)
_LOCALE: Final = re.compile(r"[a-z]{2}([_-][A-Za-z]{2})?", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


def check_wording(parameters: msgspec.Struct) -> None:
    """
    See that what a call names can be.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA with Betfair's text.
    """
    if isinstance(parameters, ListMarketBook):
        _check(_MARKET, parameters.market_ids, "market id passed is invalid")
    locale = getattr(parameters, "locale", None)
    _check(_LOCALE, () if locale is None else (locale,), "locale must use valid iso-639 locale names")
    countries = getattr(getattr(parameters, "filter", None), "market_countries", None)
    _check(_COUNTRY, countries or (), "country code must use valid iso2 country code name")


def _check(form: re.Pattern[str], given: Iterable[str], details: str) -> None:
    if not all(form.fullmatch(each) for each in given):
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, details)
