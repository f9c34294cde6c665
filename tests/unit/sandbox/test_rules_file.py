"""Rules and the account come from a file, and only what there is."""

from decimal import Decimal
from pathlib import Path

import pytest

from betflow.errors import UsageError
from betflow.sandbox.exchange.accounts import AccountTerms
from betflow.sandbox.rules import Rules
from betflow.sandbox.rules_file import RulesFile, read_rules_file


def read(folder: Path, text: str) -> RulesFile:
    """Read a file with a text."""
    path = folder / "rules.yaml"
    path.write_text(text)
    return read_rules_file(path)


def test_what_is_named_is_set_and_the_rest_is_betfairs(tmp_path: Path) -> None:
    """In both sections."""
    text = "rules: {weight: 100, delayed_key_bets: false}\naccount: {deposit: '250.50', currency: EUR}"
    expected = RulesFile(
        Rules(weight=100, delayed_key_bets=False), AccountTerms(deposit=Decimal("250.50"), currency="EUR")
    )
    assert expected == read(tmp_path, text)
    assert RulesFile() == read(tmp_path, "{}")


def test_rates_that_are_named_stand_in_place_of_the_usual_ones(tmp_path: Path) -> None:
    """The others stay."""
    rates = read(tmp_path, "rates: {EUR: '1.2', XYZ: 3}").rates

    assert (Decimal("1.2"), Decimal(3), Decimal("1.94")) == (rates["EUR"], rates["XYZ"], rates["AUD"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "is no file of rules"),
        ("limits: {}", "is no file of rules"),
        ("rules: {wait: 1}", "wait is unknown in rules"),
        ("rules: [1]", "rules: Expected `object`"),
        ("rules: {weight: heavy}", r"Expected `int`, got `str` - at `\$.weight`"),
        ("rules: {weight: 0}", "weight is 0"),
        ("rules: {ban_ms: -1}", "ban_ms is -1"),
        ("account: {currency: XYZ}", "XYZ is none of GBP"),
        ("account: {deposit: '0.001'}", "the deposit is 0.001"),
        ("account: {deposit: NaN}", "the deposit is NaN"),
        ("account: {discount_rate: 101}", "the discount is 101 per cent"),
        ("rates: [1]", "rates: Expected `object`"),
        ("rates: {EUR: 0}", "a pound is 0 of EUR"),
        ("rates: {euro: 1}", "a pound is 1 of euro"),
        ("account: {exposure_limit: 100}", "the exposure limit is 100, and Betfair's are negative"),
        ("account: {name: 'a b'}", "'a b' is no name"),
        ("{", "is no YAML"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """With the key and the value."""
    with pytest.raises(UsageError, match=why):
        read(tmp_path, text)
