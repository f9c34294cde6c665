"""Limits come from the profile, and each rule has one."""

from decimal import Decimal
from pathlib import Path

import pytest

from betflow.errors import ConfigurationError
from betflow.jobs.verdicts import limits_of
from betflow.settings import DiscoverySettings, Source, load_settings
from betflow.settings.discovery import MarketLimitSettings, RunnerLimitSettings
from betflow.trading.eligibility import MARKET_RULES
from betflow.trading.judging import Limit, Limits, OneOf, Range
from betflow.trading.selection import RUNNER_RULES

PROFILES = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Start where there are no profiles yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    return tmp_path / "config"


def _discovery(folder: Path, text: str) -> DiscoverySettings:
    (folder / "mine.yaml").write_text(f"discovery:\n{text}")
    return load_settings(profile="mine").discovery


def _limits(folder: Path, text: str) -> Limits:
    return limits_of(_discovery(folder, text)).market


def test_every_rule_has_a_setting_of_its_name() -> None:
    """And no setting is there that no rule reads."""
    assert [rule.name for rule in MARKET_RULES] == list(MarketLimitSettings.model_fields)
    assert [rule.name for rule in RUNNER_RULES] == list(RunnerLimitSettings.model_fields)


def test_profile_changes_one_limit(folder: Path) -> None:
    """All else stays as it is by default, its other end too; names may be written as in other YAML."""
    changed = _limits(folder, "  market: {fieldSize: {max: 12}}\n")

    expected = {"field_size": Range(Decimal(5), Decimal(12))}
    assert {**limits_of(DiscoverySettings()).market, **expected} == changed


def test_null_takes_a_limit_away(folder: Path) -> None:
    """So does a null for its only end."""
    limits = _limits(folder, "  market: {entropy: null, total_matched: {min: null}}\n")

    assert not {"entropy", "total_matched"} & limits.keys()


def test_each_kind_of_limit(folder: Path) -> None:
    """Words, truths, numbers and times."""
    text = "  market: {status: [OPEN, SUSPENDED], bsp: true, timeToOff: {min: -10m, max: 2h}}\n"
    limits = _limits(folder, text)

    assert (OneOf(("OPEN", "SUSPENDED")), OneOf((True,))) == (limits["status"], limits["bsp"])
    assert Range(Decimal(-600), Decimal(7200)) == limits["time_to_off"]


def test_number_is_the_one_that_is_written(folder: Path) -> None:
    """0.1 is a tenth, not the float next to it."""
    assert Range(Decimal("0.1")) == _limits(folder, "  market: {entropy: {min: 0.1}}\n")["entropy"]


def test_environment_sets_a_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stronger than the profile."""
    monkeypatch.setenv("BETFLOW_DISCOVERY__MARKET__FIELD_SIZE__MIN", "8")

    assert Range(Decimal(8)) == _limits(folder, "  market: {}\n")["field_size"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("  market: {fieldSize: {min: 9, max: 8}}\n", "min 9 is more than max 8"),
        ("  market: {fieldSize: {least: 9}}\n", "least"),
        ("  market: {fieldsize: {min: 9}}\n", "fieldsize, which betflow does not have"),
        ("  market: {status: [ASLEEP]}\n", "status"),
        ("  search: {within: soon}\n", "a duration is a number of seconds"),
        ("  search: {within: 0}\n", "within"),
    ],
)
def test_wrong_limit_is_refused(folder: Path, text: str, complaint: str) -> None:
    """With the name of the setting."""
    with pytest.raises(ConfigurationError, match=complaint):
        _discovery(folder, text)


def test_profile_of_horse_races_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written out there says the same as the program."""
    monkeypatch.chdir(PROFILES.parent)

    assert DiscoverySettings() == load_settings(profile="uk-horse-win").discovery


def test_profile_of_greyhounds_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks for other markets, and what it does not say is as by default."""
    monkeypatch.chdir(PROFILES.parent)
    found = load_settings(profile="greyhounds").discovery

    assert ("greyhound-racing",) == found.search.event_types
    assert DiscoverySettings().market.entropy == found.market.entropy


def test_limit_that_is_taken_away_is_told_to_come_from_the_profile(folder: Path) -> None:
    """The range as a whole is set there, and both of its ends with it."""
    (folder / "mine.yaml").write_text("discovery:\n  market: {entropy: null}\n")
    settings = load_settings(profile="mine")

    assert Source.PROFILE == settings.origin(("discovery", "market", "entropy", "min")).source
    assert Source.DEFAULT == settings.origin(("discovery", "market", "field_size", "min")).source


def test_page_about_the_rules_has_their_defaults() -> None:
    """Each rule has a line in the reference, which ends with its limit."""
    page = (PROFILES.parent / "docs" / "reference" / "discovery.md").read_text(encoding="utf-8")
    lines = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| `")]
    told = {cells[0].strip(" `"): cells[-1].strip() for cells in lines}
    limits = limits_of(DiscoverySettings())

    for rules, given in ((MARKET_RULES, limits.market), (RUNNER_RULES, limits.runner)):
        assert {rule.name: told[rule.name] for rule in rules} == {
            rule.name: _worded(given.get(rule.name)) for rule in rules
        }


def _worded(limit: Limit | None) -> str:
    match limit:
        case OneOf(values=(bool() as value,)):
            return f"`{str(value).lower()}`"
        case OneOf(values=values):
            return f"one of `{'`, `'.join(map(str, values))}`"
        case Range(minimum=low, maximum=None):
            return f"min {float(low or 0):,.10g}"
        case Range(minimum=None, maximum=high):
            return f"max {float(high or 0):,.10g}"
        case Range(minimum=low, maximum=high):
            return f"{low} to {high}"
    return "none"
