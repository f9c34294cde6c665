"""What each rule of markets measures, and what a verdict says."""

from decimal import Decimal

import pytest

from betflow.exchange.observed import ObservedMarket
from betflow.trading.eligibility import MARKET_RULES, Verdict, assess
from betflow.trading.judging import OneOf, Range, Reason
from changes import OFF_MS
from observing import market, observed, runner

TWO = market((2, 2.02), (4, 4.2), total_matched=512.5, bspMarket=True)


def _reason(verdict: Verdict, rule: str) -> Reason:
    return next(reason for reason in verdict.reasons if reason.rule == rule)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("status", "OPEN"),
        ("in_play", False),
        ("bsp", True),
        ("time_to_off", Decimal(60)),
        ("field_size", 2),
        ("total_matched", 512.5),
        ("size_at_best", Decimal(40)),
        ("median_spread", 2),
        ("favourite_spread", 1),
        ("back_overround", Decimal(-25)),
        ("lay_overround", Decimal("-26.6855")),
        ("entropy", Decimal("0.9183")),
        ("top_three_share", Decimal(1)),
    ],
)
def test_what_a_rule_measures(rule: str, expected: object) -> None:
    """Of a market of two runners at 2 to 2.02 and 4 to 4.2, a minute before its off; nothing is judged."""
    reason = _reason(assess(TWO, {}), rule)

    assert (expected, None, None) == (reason.measured, reason.limit, reason.passed)


def test_time_after_the_off_is_negative() -> None:
    """A market that is late by a second and a half is at -1.5 s."""
    verdict = assess(market((2, 3), moment=OFF_MS + 1_500), {})

    assert Decimal("-1.5") == _reason(verdict, "time_to_off").measured


@pytest.mark.parametrize(
    ("seen", "rule", "because"),
    [
        (market((None, None)), "median_spread", "half of the runners, or more, have no spread"),
        (market((None, 2)), "favourite_spread", "no runner has a price to back"),
        (market((2, None)), "favourite_spread", "the favourite has no spread"),
        (market((2, 2.02), (None, 3)), "back_overround", "1 of 2 active runners have no price to back"),
        (market((2, 2.02), (3, None)), "lay_overround", "1 of 2 active runners have no price to lay"),
        (market((2, 2), numberOfWinners=None), "back_overround", "how many winners it pays is not known"),
        (market((2, 2)), "entropy", "one runner alone has none"),
        (market(), "entropy", "no runner is active"),
        (market((2, 3), total_matched=None), "total_matched", "nobody says"),
        (market((2, 3), marketTime=None), "time_to_off", "it has no scheduled off"),
        (market((2, 3), status=None), "status", "Betfair has no book of it"),
        (
            market((2, 3), (2, 3), bettingType="ASIAN_HANDICAP_DOUBLE_LINE"),
            "favourite_spread",
            "its prices are no odds of runners that exclude each other",
        ),
        (
            market((2, 3), (2, 3), bettingType="ASIAN_HANDICAP_DOUBLE_LINE"),
            "top_three_share",
            "its prices are no odds of runners that exclude each other",
        ),
    ],
)
def test_what_cannot_be_measured_says_why_and_does_not_pass(
    seen: ObservedMarket, rule: str, because: str
) -> None:
    """Not even the widest limit takes it."""
    limit = OneOf(("OPEN",)) if rule == "status" else Range()
    reason = _reason(assess(seen, {rule: limit}), rule)

    assert (None, because, False) == (reason.measured, reason.because, reason.passed)


@pytest.mark.parametrize(
    ("limit", "passed"),
    [
        (Range(Decimal(2), Decimal(2)), True),
        (Range(Decimal(3)), False),
        (Range(None, Decimal(1)), False),
        (Range(), True),
    ],
)
def test_ends_of_a_range_are_included(limit: Range, passed: bool) -> None:  # noqa: FBT001 - the expectation
    """Two runners are at least two, and at most two."""
    assert passed is _reason(assess(TWO, {"field_size": limit}), "field_size").passed


def test_verdict_has_all_reasons_and_the_first_against_it() -> None:
    """In the order of the rules, whether they passed or not."""
    verdict = assess(TWO, {"field_size": Range(Decimal(5)), "total_matched": Range(Decimal(2000))})

    assert ("1.1", False) == (verdict.market_id, verdict.eligible)
    assert [rule.name for rule in MARKET_RULES] == [reason.rule for reason in verdict.reasons]
    assert verdict.first_failed == Reason("field_size", 2, "runners", Range(Decimal(5)), passed=False)


def test_removed_runners_are_not_in_the_field() -> None:
    """Five on the card and one removed are a field of four."""
    seen = observed(*(runner(number, 5, 5.1) for number in range(1, 5)), runner(5, status="REMOVED"))

    assert 4 == _reason(assess(seen, {}), "field_size").measured


def test_a_published_number_counts_as_it_is_printed() -> None:
    """2000.1 is not less than 2000.1, though its float may be."""
    seen = market((2, 3), total_matched=2000.1)

    assert assess(seen, {"total_matched": Range(Decimal("2000.1"), Decimal("2000.1"))}).eligible
