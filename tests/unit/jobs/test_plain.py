"""Values become JSON, and secrets stars."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePosixPath

import pytest
from pydantic import SecretStr

from betflow.jobs.plain import MASK, is_secret_name, plain, redacted


class _Side(StrEnum):
    BACK = "back"


@dataclass(frozen=True)
class _Bet:
    side: _Side
    price: Decimal


class _Text(str):
    __slots__ = ()


class _Whole(int):
    pass


class _Number(float):
    pass


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("tapes/1.234", PurePosixPath("tapes/1.234")),
        ("3.05", Decimal("3.05")),
        ("2026-02-18T09:30:00+00:00", datetime(2026, 2, 18, 9, 30, tzinfo=UTC)),
        ({"side": "back", "price": "2"}, _Bet(_Side.BACK, Decimal(2))),
        ({"back": [1, None, True]}, {_Side.BACK: (1, None, True)}),
        ("1.234\\udcff.bz2", "1.234\udcff.bz2"),
    ],
)
def test_values_become_plain_json(expected: object, value: object) -> None:
    """Paths, decimals, dates, enums and dataclasses have one obvious form; odd file names are escaped."""
    assert expected == plain(value)


def test_what_has_no_json_form_is_refused() -> None:
    """Bytes are refused with their type named."""
    with pytest.raises(TypeError, match="bytes has no JSON form"):
        plain({"raw": b"1"})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_have_are_refused(value: float) -> None:
    """NaN and the infinities are refused by name."""
    with pytest.raises(ValueError, match=f"{value} has no JSON form"):
        plain({"price": [value]})


@pytest.mark.parametrize("value", [_Text("a"), _Whole(1), _Number(1.5)])
def test_what_is_plain_is_exactly_so(value: object) -> None:
    """Types derived from texts and numbers become those."""
    assert [type(value).__bases__[0]] == [type(each) for each in plain([value])]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "app_key",
        "appKey",
        "APP-KEY",
        "sessionToken",
        "client_secret",
        "BETFAIR_PASSWORD",
        "api_key",
    ],
)
def test_names_that_smell_of_secrets(name: str) -> None:
    """Names of secrets are known in every spelling."""
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["market", "path", "interval", "monkey", "keyboard", "authority", "profile"])
def test_names_that_do_not(name: str) -> None:
    """Words that merely contain such letters are left alone."""
    assert not is_secret_name(name)


def test_secrets_are_masked_however_deep() -> None:
    """A secret is masked by its name, by its type, and in a URL; what stands beside it stays."""
    value = {
        "path": "a",
        "login": [{"app_key": "s3cret"}],
        "hidden": SecretStr("s3cret"),
        "proxy": "https://me:s3cret@example.com/",
        "token": None,
    }

    assert {
        "path": "a",
        "login": [{"app_key": MASK}],
        "hidden": MASK,
        "proxy": f"https://{MASK}@example.com/",
        "token": None,
    } == redacted(value)


@dataclass(frozen=True)
class _Login:
    user: str
    app_key: str


def test_fields_of_dataclasses_are_masked() -> None:
    """A field of a dataclass is masked by its name."""
    assert {"login": {"user": "me", "app_key": MASK}} == redacted({"login": _Login("me", "s3cret")})


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (f"see https://{MASK}@example.com/ now", "see https://me:s3@c/ret@example.com/ now"),
        (f"https://example.com/?a=1&api_key={MASK}&b=2", "https://example.com/?a=1&api_key=s3cret&b=2"),
        (f"https://example.com/?session%54oken={MASK}", "https://example.com/?session%54oken=s3;cret"),
        ("https://example.com/?market=1.1#top", "https://example.com/?market=1.1#top"),
        (f"--password={MASK}", "--password=s3 cret"),
    ],
)
def test_secrets_in_texts_are_masked(expected: str, text: str) -> None:
    """Who logs in at a URL, secrets in its query and secrets of flags are masked; the rest stays."""
    assert expected == redacted(text)


def test_arguments_after_secret_flags_are_masked() -> None:
    """What comes after a flag that names a secret is masked, and nothing else."""
    assert ["--password", MASK, "--app-key", MASK, "--market", "1.1"] == redacted(
        ["--password", "s3cret", "--app-key", "s3cret", "--market", "1.1"]
    )
