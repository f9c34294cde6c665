"""Which runners are selected, and why."""

from decimal import Decimal

from betflow.trading.judging import Range
from betflow.trading.selection import RUNNER_RULES, RunnerVerdict, select
from observing import market, observed, runner

BAND = {
    "lay_price": Range(Decimal(12), Decimal(18)),
    "spread": Range(None, Decimal(2)),
    "lay_size": Range(Decimal(2)),
}


def _failed(verdict: RunnerVerdict) -> list[str]:
    return [reason.rule for reason in verdict.reasons if reason.passed is False]


def test_what_the_rules_measure() -> None:
    """Best prices, their sizes, and the ticks between them."""
    (verdict,) = select(market(([(2.0, 7.5), (1.9, 99.0)], [(2.04, 3.25)])), {})

    assert [rule.name for rule in RUNNER_RULES] == [reason.rule for reason in verdict.reasons]
    assert [2.0, 2.04, 2, 7.5, 3.25] == [reason.measured for reason in verdict.reasons]
    assert verdict.selected


def test_band_spread_and_size() -> None:
    """Of four runners one is in the band, with a narrow spread and enough to lay; the others say why not."""
    seen = market((11.5, 12), (5, 5.1), (13, 16), ([(14.0, 5.0)], [(14.5, 1.99)]))
    verdicts = {verdict.selection_id: verdict for verdict in select(seen, BAND)}

    assert [1] == [number for number, verdict in verdicts.items() if verdict.selected]
    assert {2: ["lay_price"], 3: ["spread"], 4: ["lay_size"]} == {
        number: _failed(verdict) for number, verdict in verdicts.items() if not verdict.selected
    }


def test_runner_without_prices_is_not_selected() -> None:
    """It says that there is no price; its sizes are nothing."""
    (verdict,) = select(market((None, None)), BAND)

    assert [None, None, None, 0.0, 0.0] == [reason.measured for reason in verdict.reasons]
    assert "it has no price to lay" == verdict.reasons[1].because
    assert ["lay_price", "spread", "lay_size"] == _failed(verdict)


def test_removed_runners_have_no_verdict() -> None:
    """Nor those that have won."""
    seen = observed(runner(1, 2, 3), runner(2, 2, 3, status="REMOVED"), runner(3, 2, 3, status="WINNER"))

    assert [1] == [verdict.selection_id for verdict in select(seen, {})]


def test_favourite_is_first() -> None:
    """Runners come from the shortest price to the longest."""
    assert [2, 1] == [verdict.selection_id for verdict in select(market((5, 6), (2, 3)), {})]
