"""
Rules, the account and rates from a file, YAML or JSON: limits in place of Betfair's, whose bets are taken.

Keys are those of `Rules`, `AccountTerms` and currencies; nothing else is taken.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import yaml

from betflow.errors import UsageError
from betflow.exchange.currencies import MINIMUMS
from betflow.sandbox.currencies import USUAL_RATES
from betflow.sandbox.exchange.accounts import AccountTerms
from betflow.sandbox.rules import Rules
from betflow.storage.streams import readable

_Section = TypeVar("_Section", Rules, AccountTerms)
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_WHOLE: Final = 100
_MAY_BE_ZERO: Final = frozenset({"ban_ms", "book_delay_ms", "order_query_ms"})


class RulesFile(NamedTuple):
    """What such a file says; what it leaves out is as everywhere."""

    rules: Rules = Rules()
    account: AccountTerms = AccountTerms()
    rates: Mapping[str, Decimal] = USUAL_RATES


def read_rules_file(path: Path) -> RulesFile:
    """
    Read rules and the account.

    Raises:
        UsageError: the file cannot be read, or says something that cannot be; says which key.
    """
    try:
        content = yaml.safe_load(readable(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", advice="Name a file of rules."
        ) from error
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is no YAML: {error}.", advice="Correct the file.") from error
    if not isinstance(content, dict) or not set(content) <= set(RulesFile._fields):
        raise UsageError(f"{path} is no file of rules.", advice="It has rules:, account: and rates: only.")
    read = RulesFile(
        _section(path, "rules", content.get("rules", {}), Rules),
        _section(path, "account", content.get("account", {}), AccountTerms),
        _rates(path, content.get("rates", {})),
    )
    trouble = _trouble(read)
    if trouble:
        raise UsageError(f"{path}: {trouble}.", advice="Correct the file.")
    return read


def _section(path: Path, name: str, content: Any, kind: type[_Section]) -> _Section:  # noqa: ANN401 - of a file
    known = [each.name for each in fields(kind)]
    unknown = sorted(map(str, set(content) - set(known))) if isinstance(content, dict) else []
    if unknown:
        raise UsageError(
            f"{path}: {', '.join(unknown)} is unknown in {name}.", advice=f"There are {', '.join(known)}."
        )
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}, {name}: {error}.", advice="Correct the file.") from error


def _rates(path: Path, content: Any) -> Mapping[str, Decimal]:  # noqa: ANN401 - of a file
    """Return the usual rates with those that a file has in place of them."""
    try:
        given = msgspec.convert(content, dict[str, Decimal])
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}, rates: {error}.", advice="Correct the file.") from error
    for code, rate in given.items():
        if not (_CURRENCY.fullmatch(code) and rate.is_finite() and rate > 0):
            raise UsageError(
                f"{path}, rates: a pound is {rate} of {code}.",
                advice="Name currencies by three letters, and how much of them a pound is.",
            )
    return {**USUAL_RATES, **given}


def _trouble(read: RulesFile) -> str:
    """Return what cannot be; an empty text if everything can."""
    for each in fields(read.rules):
        value = getattr(read.rules, each.name)
        least = 0 if each.name in _MAY_BE_ZERO or isinstance(value, bool) else 1
        if value < least:
            return f"{each.name} is {value}"
    return _account_trouble(read.account)


def _account_trouble(account: AccountTerms) -> str:
    if not _NAME.fullmatch(account.name):
        return f"{account.name!r} is no name of an account"
    if account.currency not in MINIMUMS:
        return f"{account.currency} is none of {', '.join(MINIMUMS)}"
    deposit = account.deposit
    if not (deposit.is_finite() and deposit >= 0 and deposit == round(deposit, 2)):
        return f"the deposit is {deposit}"
    if not (account.discount_rate.is_finite() and 0 <= account.discount_rate <= _WHOLE):
        return f"the discount is {account.discount_rate} per cent"
    limit = account.exposure_limit
    is_limit = limit.is_finite() and limit <= 0 and limit == round(limit, 2)
    return "" if is_limit else f"the exposure limit is {limit}, and Betfair's are negative"
