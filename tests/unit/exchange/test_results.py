"""What a market definition says of its result."""

from decimal import Decimal

import msgspec
import pytest

from betflow.exchange.bets import RunnerKey
from betflow.exchange.results import (
    MarketKind,
    MarketResult,
    Removal,
    ResultError,
    goal_line_margins,
    handicap_margins,
    impossible_terms,
    market_kind,
    market_result,
)
from betflow.wire.stream import MarketDefinition, RunnerDefinition
from changes import OFF_MS, defined


def _definition(**fields: object) -> MarketDefinition:
    return msgspec.convert(defined(**fields), MarketDefinition)


@pytest.mark.parametrize(
    ("expected", "fields"),
    [
        (MarketKind.WIN, {"marketType": "WIN", "bettingType": "ODDS"}),
        (MarketKind.WIN, {"marketType": "MAKE_CUT", "numberOfWinners": 0}),
        (MarketKind.PLACE, {"marketType": "PLACE", "numberOfWinners": 3}),
        (MarketKind.PLACE, {"marketType": "OTHER_PLACE", "numberOfWinners": 1}),
        (MarketKind.PLACE, {"marketType": "TOP_5_FINISH", "numberOfWinners": 5}),
        (MarketKind.EACH_WAY, {"marketType": "EACH_WAY", "numberOfWinners": 2, "eachWayDivisor": 4.0}),
        (MarketKind.LINE, {"bettingType": "LINE"}),
        (MarketKind.RANGE, {"bettingType": "RANGE"}),
        (MarketKind.HANDICAP, {"bettingType": "ASIAN_HANDICAP_DOUBLE_LINE", "numberOfWinners": 0}),
        (MarketKind.HANDICAP, {"bettingType": "ASIAN_HANDICAP_SINGLE_LINE"}),
    ],
)
def test_the_definition_says_by_which_rules_a_market_is_settled(
    expected: MarketKind, fields: dict[str, object]
) -> None:
    """Betting type, market type and number of winners decide about the kind."""
    assert expected is market_kind(_definition(**fields))


def test_a_definition_is_read_whole() -> None:
    """Statuses, winners, divisor, commission and the event come from the definition, as exact numbers."""
    runners = [{"id": 1, "status": "WINNER"}, {"id": 2, "hc": -0.25, "status": "LOSER"}]
    definition = _definition(
        status="CLOSED",
        marketType="EACH_WAY",
        numberOfWinners=3,
        eachWayDivisor=5.0,
        marketBaseRate=6.5,
        discountAllowed=True,
        eventId="31",
        eventTypeId="7",
        runners=runners,
    )

    result = market_result("1.1", definition)

    expected = MarketResult(
        market_id="1.1",
        event_id="31",
        event_type_id="7",
        kind=MarketKind.EACH_WAY,
        statuses={RunnerKey(1): "WINNER", RunnerKey(2, Decimal("-0.25")): "LOSER"},
        number_of_winners=3,
        each_way_divisor=Decimal(5),
        market_base_rate=Decimal("6.5"),
        discount_allowed=True,
    )
    assert expected == result


def test_an_open_market_has_terms_but_no_result() -> None:
    """A definition that is not CLOSED gives the terms of the market; it is not settled."""
    assert not market_result("1.1", _definition()).is_closed


def test_removals_are_in_the_order_of_time_then_of_the_race_card() -> None:
    """Non-runners of one moment are removed in race card order (R&R, horse racing)."""
    removed = {"status": "REMOVED", "removalDate": "2026-02-18T13:00:00.000Z"}
    runners = [
        {"id": 1, "sortPriority": 3, "adjustmentFactor": 10, **removed},
        {"id": 2, "sortPriority": 1, "adjustmentFactor": 20.5, **removed},
        {
            "id": 3,
            "sortPriority": 2,
            "adjustmentFactor": 5,
            **removed,
            "removalDate": "2026-02-18T12:00:00.000Z",
        },
        {"id": 4, "sortPriority": 4, "status": "REMOVED_VACANT"},
    ]

    removals = market_result("1.1", _definition(runners=runners)).removals

    hour = 3_600_000
    assert (
        Removal(RunnerKey(3), Decimal(5), OFF_MS - 2 * hour),
        Removal(RunnerKey(2), Decimal("20.5"), OFF_MS - hour),
        Removal(RunnerKey(1), Decimal(10), OFF_MS - hour),
    ) == removals


def test_a_removal_that_was_seen_is_more_exact_than_its_date() -> None:
    """A removal date is cut to the second; the moment that the tape shows comes before it."""
    runners = [
        {"id": 1, "status": "REMOVED", "adjustmentFactor": 10, "removalDate": "2026-02-18T13:00:00.000Z"}
    ]

    (removal,) = market_result("1.1", _definition(runners=runners), removed_at={RunnerKey(1): 77}).removals

    assert 77 == removal.removed_at


def test_handicap_margins_add_the_handicap_to_the_score() -> None:
    """After 2:1, home with -0.25 is 0.75 ahead, away with +0.25 is 0.75 behind; others have no margin."""
    home, away, other = RunnerKey(1, Decimal("-0.25")), RunnerKey(2, Decimal("0.25")), RunnerKey(3)

    margins = handicap_margins([home, away, other], {1: 1, 2: -1})

    assert {home: Decimal("0.75"), away: Decimal("-0.75")} == margins


def test_goal_line_margins_look_from_both_sides() -> None:
    """With 3 goals, over 2.25 is 0.75 on the right side and under 2.25 as much on the wrong one."""
    over, under = RunnerKey(1, Decimal("2.25")), RunnerKey(2, Decimal("2.25"))

    margins = goal_line_margins([over, under, RunnerKey(9)], 3, over=1, under=2)

    assert {over: Decimal("0.75"), under: Decimal("-0.75")} == margins


def _winners(*selections: int) -> dict[RunnerKey, str]:
    return {RunnerKey(each): "WINNER" if each in selections else "LOSER" for each in range(1, 6)}


def test_a_loser_shares_no_place() -> None:
    """Only who won can share the last place."""
    with pytest.raises(ResultError, match="5 cannot share a place"):
        MarketResult(
            market_id="1.1",
            kind=MarketKind.PLACE,
            statuses=_winners(1, 2, 3, 4),
            number_of_winners=3,
            sharing=frozenset({RunnerKey(4), RunnerKey(5)}),
        )


def test_sharers_need_fewer_places_than_they_are() -> None:
    """Two cannot share the last place where two places are left for them."""
    with pytest.raises(ResultError, match="2 runners cannot share 2 places"):
        MarketResult(
            market_id="1.1",
            kind=MarketKind.PLACE,
            statuses=_winners(1, 2, 3),
            number_of_winners=3,
            sharing=frozenset({RunnerKey(2), RunnerKey(3)}),
        )


def test_only_an_each_way_market_pays_who_is_placed() -> None:
    """PLACED is a result of each-way markets; in another it wins no place (Betting Enums, RunnerStatus)."""
    statuses = {RunnerKey(1): "WINNER", RunnerKey(2): "PLACED", RunnerKey(3): "LOSER"}
    place = MarketResult(market_id="1.1", kind=MarketKind.PLACE, statuses=statuses)
    each_way = MarketResult(market_id="1.1", kind=MarketKind.EACH_WAY, statuses=statuses)

    assert frozenset({RunnerKey(1)}) == place.paid
    assert frozenset({RunnerKey(1), RunnerKey(2)}) == each_way.paid


@pytest.mark.parametrize(
    ("rate", "expected"), [(-5, None), (0, 0), (5, 5), (100, 100), (100.5, None), (500, None)]
)
def test_a_base_rate_is_a_percentage(rate: float, expected: int | None) -> None:
    """One that cannot be counts as missing, and is told of."""
    definition = MarketDefinition(market_base_rate=rate)

    assert expected == market_result("1.1", definition).market_base_rate
    assert (expected is None) == (len(impossible_terms(definition)) == 1)


@pytest.mark.parametrize(("factor", "expected"), [(-1, 0), (2.5, 2.5), (100, 100), (2000, 0)])
def test_a_reduction_factor_is_a_percentage(factor: float, expected: float) -> None:
    """One that cannot be reduces nothing, and is told of; the removal itself stays."""
    removed = RunnerDefinition(
        id=1, status="REMOVED", adjustment_factor=factor, removal_date="2024-06-15T13:05:00.000Z"
    )
    definition = MarketDefinition(runners=[removed])

    assert [Decimal(str(expected))] == [each.factor for each in market_result("1.1", definition).removals]
    assert (factor != expected) == (len(impossible_terms(definition)) == 1)
