"""Settlement: worked examples, each computed by hand from the rule that it names."""

from dataclasses import replace
from decimal import Decimal

import pytest

from betflow.exchange.assumptions import (
    BETFLOW_1,
    Assumptions,
    DeadHeatStake,
    HiddenRunner,
    LinesBeside,
    PlaceDeadHeat,
)
from betflow.exchange.bets import BetError, MatchedBet, RunnerKey
from betflow.exchange.outcomes import Rule
from betflow.exchange.results import GREYHOUNDS, MarketKind, MarketResult, Removal
from betflow.exchange.settlement import Outcome, SettledBet, settle, settle_market
from betflow.wire.enums import Side

_NAMES = {"W": "WINNER", "L": "LOSER", "P": "PLACED", "R": "REMOVED", "V": "REMOVED_VACANT", "H": "HIDDEN"}


def _market(statuses: str, kind: MarketKind = MarketKind.WIN, *, places: int = 1) -> MarketResult:
    """Return a closed market with runners 1, 2 …, by the first letter of their status; A is ACTIVE."""
    return MarketResult(
        market_id="1.1",
        kind=kind,
        statuses={RunnerKey(number): _NAMES.get(each, "ACTIVE") for number, each in enumerate(statuses, 1)},
        number_of_winners=places,
    )


def _each_way(statuses: str, *, places: int = 3, divisor: int = 5) -> MarketResult:
    return replace(_market(statuses, MarketKind.EACH_WAY, places=places), each_way_divisor=Decimal(divisor))


def _bet(
    side: Side,
    price: str,
    size: str = "10",
    *,
    on: int = 1,
    handicap: str = "0",
    at: int = 0,
    bet_id: str = "b1",
) -> MatchedBet:
    return MatchedBet(
        bet_id=bet_id,
        market_id="1.1",
        selection_id=on,
        handicap=Decimal(handicap),
        side=side,
        price=Decimal(price),
        size=Decimal(size),
        matched_at=at,
    )


def _settle(bet: MatchedBet, result: MarketResult, assumptions: Assumptions = BETFLOW_1) -> SettledBet:
    (settled,) = settle([bet], result, assumptions=assumptions)
    return settled


def _profit(side: Side, price: str, result: MarketResult, **bet: object) -> str:
    return str(_settle(replace(_bet(side, price), **bet), result).profit)  # type: ignore[arg-type]  # fields of a bet


BACK, LAY = Side.BACK, Side.LAY


@pytest.mark.parametrize(
    ("expected", "side", "status", "outcome"),
    [
        ("20.00", BACK, "W", Outcome.WON),
        ("-10.00", BACK, "L", Outcome.LOST),
        ("-20.00", LAY, "W", Outcome.LOST),
        ("10.00", LAY, "L", Outcome.WON),
        ("0.00", BACK, "R", Outcome.VOIDED),
        ("0.00", LAY, "R", Outcome.VOIDED),
        ("0.00", BACK, "V", Outcome.VOIDED),
    ],
)
def test_ten_at_three(expected: str, side: Side, status: str, outcome: Outcome) -> None:
    """10 at 3.0 wins or loses 20 or 10, and nothing on a removed runner ("Additional Information")."""
    settled = _settle(_bet(side, "3"), _market(f"{status}L"))

    assert (expected, outcome) == (str(settled.profit), settled.outcome)


def test_a_recorded_cleared_lay() -> None:
    """A lay of 2.00 at 1.22 on the winner lost 0.44 (bet 71958694780 of a recorded listClearedOrders)."""
    assert "-0.44" == _profit(LAY, "1.22", _market("WL"), size=Decimal(2))


def test_a_starting_price_is_rounded_once() -> None:
    """2 at a BSP of 2.730112832627202 wins 3.46, from 3.4602… (BSP is not rounded to the ladder)."""
    assert "3.46" == _profit(BACK, "2.730112832627202", _market("WL"), size=Decimal(2))


def test_a_half_penny_is_rounded_away_from_zero_on_both_sides() -> None:
    """0.05 at 1.1 is half a penny: 0.01 for the backer, -0.01 for the layer (assumption: half up)."""
    assert "0.01" == _profit(BACK, "1.1", _market("WL"), size=Decimal("0.05"))
    assert "-0.01" == _profit(LAY, "1.1", _market("WL"), size=Decimal("0.05"))


def test_fragments_of_a_bet_are_rounded_together() -> None:
    """2 at 5.5, 6 at 5.4 and 2 at 5.3 win 44.00 at an average of 5.4 (placeOrders, fill or kill example)."""
    fragments = [_bet(BACK, "5.5", "2"), _bet(BACK, "5.4", "6"), _bet(BACK, "5.3", "2")]

    (settled,) = settle(fragments, _market("WL"))

    assert (Decimal("44.00"), Decimal("10.00"), Decimal("5.4")) == (
        settled.profit,
        settled.size,
        settled.price,
    )


def test_three_pennies_make_one() -> None:
    """Three fragments of 0.01 at 1.33 win 0.0099 together: a penny, though none of them does alone."""
    (settled,) = settle([_bet(BACK, "1.33", "0.01")] * 3, _market("WL"))

    assert Decimal("0.01") == settled.profit


def test_three_dead_heat_for_first() -> None:
    """300 at 4.0 with three winners wins 100 for the backer and costs the layer 100 (R&R, dead heats)."""
    result = _market("WWWL")

    assert "100.00" == _profit(BACK, "4", result, size=Decimal(300))
    assert "-100.00" == _profit(LAY, "4", result, size=Decimal(300))


def test_a_dead_heat_may_lose_money_for_the_backer() -> None:
    """10 at 1.5 halved by a dead heat returns 7.50, a loss of 2.50 on a bet that won (R&R, dead heats)."""
    settled = _settle(_bet(BACK, "1.5"), _market("WWL"))

    assert (Decimal("-2.50"), Outcome.WON) == (settled.profit, settled.outcome)
    assert (Rule.WINNER, Rule.DEAD_HEAT) == settled.rules


@pytest.mark.parametrize(("price", "size", "expected"), [("2.28", "2", "-0.28"), ("5.2", "2", "-3.20")])
def test_lays_in_a_recorded_dead_heat(price: str, size: str, expected: str) -> None:
    """Lays of 2 at 2.28 and 5.2 on two winners cost 0.28 and 3.20 (market 1.169171164, flumine issue 173)."""
    assert expected == _profit(LAY, price, _market("WWL"), size=Decimal(size))


def _top_five() -> MarketResult:
    """One outright winner, then seven tied for second: four places for seven."""
    tied = frozenset(RunnerKey(number) for number in range(2, 9))
    return replace(_market("WWWWWWWWL", MarketKind.PLACE, places=5), sharing=tied)


def test_seven_tie_for_four_places() -> None:
    """300 at 4.0 at 4/7 of the stake wins 385.71 exactly (R&R, dead heats, golf example)."""
    assert "385.71" == _profit(BACK, "4", _top_five(), size=Decimal(300), selection_id=2)
    assert "-385.71" == _profit(LAY, "4", _top_five(), size=Decimal(300), selection_id=2)


def test_the_example_of_the_rules_rounds_the_stake() -> None:
    """With the reduced stake rounded to 171.43 the golf example wins 385.72 (R&R, dead heats)."""
    assumptions = replace(BETFLOW_1, name="test", dead_heat_stake=DeadHeatStake.PENNIES)

    settled = _settle(_bet(BACK, "4", "300", on=2), _top_five(), assumptions)

    assert Decimal("385.72") == settled.profit


def test_the_outright_winner_of_a_place_market_shares_nothing() -> None:
    """Who finished before the tie is paid in full: 300 at 4.0 wins 900 (R&R, dead heats, golf example)."""
    assert "900.00" == _profit(BACK, "4", _top_five(), size=Decimal(300))


def test_a_recorded_place_dead_heat_once_it_is_known_who_shared() -> None:
    """Of four winners for three places two shared the last: half stake for them, none for the others.

    Market 1.247405840, flumine issue 802.
    """
    result = replace(
        _market("WWWWLL", MarketKind.PLACE, places=3), sharing=frozenset({RunnerKey(2), RunnerKey(4)})
    )

    profits = [_profit(BACK, "2.5", result, selection_id=number) for number in (1, 2, 3, 4, 5)]

    assert ["15.00", "2.50", "15.00", "2.50", "-10.00"] == profits


def test_unknown_sharers_of_a_place_share_equally_and_are_flagged() -> None:
    """Four winners for three places each settle 3/4 of the stake: 10 at 2.5 wins 8.75 (assumption)."""
    settled = _settle(_bet(BACK, "2.5"), _market("WWWWLL", MarketKind.PLACE, places=3))

    assert (Decimal("8.75"), ("place_dead_heat",)) == (settled.profit, settled.assumed)


@pytest.mark.parametrize(
    ("switch", "profit"), [(PlaceDeadHeat.FULL, Decimal("15.00")), (PlaceDeadHeat.UNSETTLED, None)]
)
def test_what_unknown_sharers_get_is_an_assumption(switch: PlaceDeadHeat, profit: Decimal | None) -> None:
    """They may also be paid in full, or stay unsettled until somebody says who shared."""
    assumptions = replace(BETFLOW_1, name="test", place_dead_heat=switch)

    settled = _settle(_bet(BACK, "2.5"), _market("WWWWLL", MarketKind.PLACE, places=3), assumptions)

    assert profit == settled.profit


def test_an_open_number_of_winners_has_no_dead_heat() -> None:
    """Three make a cut that pays as many as do: 10 at 3.0 wins 20 (numberOfWinners 0; flumine PR 762)."""
    assert "20.00" == _profit(BACK, "3", _market("WWWL", places=0))


def test_fewer_finishers_than_places_share_nothing() -> None:
    """Two winners where three places are paid: both in full (R&R: only more winners than expected tie)."""
    assert "20.00" == _profit(BACK, "3", _market("WWL", MarketKind.PLACE, places=3))


@pytest.mark.parametrize(
    ("expected", "side", "on", "outcome"),
    [
        ("120.00", BACK, 1, Outcome.WON),
        ("10.00", BACK, 2, Outcome.PLACED),
        ("-20.00", BACK, 4, Outcome.LOST),
        ("-120.00", LAY, 1, Outcome.LOST),
        ("-10.00", LAY, 2, Outcome.PLACED),
        ("20.00", LAY, 4, Outcome.WON),
    ],
)
def test_ten_each_way_at_eleven(expected: str, side: Side, on: int, outcome: Outcome) -> None:
    """10 each way at 11.0, a fifth for three places: 100 + 20, -10 + 20, -10 - 10 (community 30447203)."""
    settled = _settle(_bet(side, "11", on=on), _each_way("WPPL"))

    assert (expected, outcome) == (str(settled.profit), settled.outcome)


def test_a_placed_each_way_bet_may_lose() -> None:
    """10 each way at 3.0, a fifth: -10 for the win, +4 for the place (SportsAPING, betOutcome)."""
    settled = _settle(_bet(BACK, "3", on=2), _each_way("WPPL"))

    assert (Decimal("-6.00"), Outcome.PLACED) == (settled.profit, settled.outcome)


def test_a_placed_bet_at_even_terms_is_still_placed() -> None:
    """With a divisor of 1 a placed bet is PLACED, not WON."""
    assert Outcome.PLACED is _settle(_bet(BACK, "3", on=2), _each_way("WPPL", divisor=1)).outcome


def test_an_each_way_dead_heat_for_the_last_place_is_certain() -> None:
    """Three share the second place: 10 each way at 11.0 is -10 and 10/3 × 3.0 - 10 = 0 (R&R, dead heats)."""
    settled = _settle(_bet(BACK, "11", on=3), _each_way("WPPPL", places=2))

    assert (Decimal("-10.00"), ()) == (settled.profit, settled.assumed)


def test_an_each_way_dead_heat_for_first_divides_the_win_part_only() -> None:
    """10 each way at 11.0, two winners: 5 × 10 - 5 for the win, 20 for the place, 65 (R&R, dead heats)."""
    assert "65.00" == _profit(BACK, "11", _each_way("WWPL"))


def test_more_each_way_winners_than_places_share_those() -> None:
    """Three first for two places: 1/3 of the win and 2/3 of the place stake: 26.67 + 10 = 36.67 (R&R)."""
    assert "36.67" == _profit(BACK, "11", _each_way("WWWL", places=2))


def test_unknown_each_way_sharers_are_an_assumption() -> None:
    """Two places left for three that are PLACED: 2/3 of the place stake, 10 at 11.0 is -10 + 10 = 0.00."""
    settled = _settle(_bet(BACK, "11", on=2), _each_way("WPPPL"))

    assert (Decimal("0.00"), ("place_dead_heat",)) == (settled.profit, settled.assumed)


def test_known_each_way_sharers_are_none() -> None:
    """With the two sharers known, 2 is paid in full (10.00) and 3 half of its place stake (-5.00)."""
    result = replace(_each_way("WPPPL"), sharing=frozenset({RunnerKey(3), RunnerKey(4)}))

    assert ["10.00", "-5.00"] == [_profit(BACK, "11", result, selection_id=number) for number in (2, 3)]


def test_each_way_places_may_stay_open() -> None:
    """Where the assumptions do not guess, the place part leaves the bet unsettled."""
    assumptions = replace(BETFLOW_1, name="test", place_dead_heat=PlaceDeadHeat.UNSETTLED)

    settled = _settle(_bet(BACK, "11", on=2), _each_way("WPPPL"), assumptions)

    assert (None, (Rule.UNRESOLVED_DEAD_HEAT,)) == (settled.profit, settled.rules)


def test_the_place_part_is_void_with_no_more_runners_than_places() -> None:
    """Three left for three places: 10 each way at 11.0 wins 100 and gets 10 back (community 30447203)."""
    result = _each_way("WPPRR")

    assert ["100.00", "-10.00"] == [_profit(BACK, "11", result, selection_id=number) for number in (1, 2)]
    assert (Rule.PLACED, Rule.PLACE_PART_VOID) == _settle(_bet(BACK, "11", on=2), result).rules


def test_an_each_way_price_is_reduced_before_the_place_terms() -> None:
    """10 each way at 8.0 less 25 %, a fifth: 6.0 and 2.0, so 50 + 10 (R&R, reductions each way)."""
    removals = (Removal(RunnerKey(5), Decimal(25), 10),)
    result = replace(_each_way("WPPLR"), removals=removals)

    settled = _settle(_bet(BACK, "8"), result)

    assert (Decimal("60.00"), Decimal("6.0"), True) == (
        settled.profit,
        settled.price,
        settled.is_price_reduced,
    )


def test_a_reduced_place_bet_keeps_its_share_of_the_winnings() -> None:
    """10 at 8.0 in a place market wins 52.50 after 25 % are removed (Betfair support 406)."""
    removals = (Removal(RunnerKey(5), Decimal(25), 10),)
    result = replace(_market("WWWLR", MarketKind.PLACE, places=3), removals=removals)

    settled = _settle(_bet(BACK, "8"), result)

    assert Decimal("52.50") == settled.profit
    assert (Rule.WINNER, Rule.REDUCED) == settled.rules
    assert ("reduced_price_rounding",) == settled.assumed


def test_a_reduced_lay_costs_less() -> None:
    """A lay of 10 at 8.6 less 16.2 % costs 62.10 (Betfair's help, quoted in community 30594693)."""
    result = replace(_market("WLR"), removals=(Removal(RunnerKey(3), Decimal("16.2"), 10),))

    assert "-62.10" == _profit(LAY, "8.6", result)


def test_a_reduction_does_not_touch_the_stake_that_is_lost() -> None:
    """A losing back of 10 loses 10, reduced or not."""
    result = replace(_market("LWR"), removals=(Removal(RunnerKey(3), Decimal(25), 10),))

    assert "-10.00" == _profit(BACK, "8", result)


def test_only_the_earlier_fragment_of_a_bet_is_reduced() -> None:
    """5 at 8.0 before and 5 at 6.0 after a removal of 25 % are 10 at 6.0: 50.00 (R&R, horse racing)."""
    result = replace(_market("WLR"), removals=(Removal(RunnerKey(3), Decimal(25), 10),))

    (settled,) = settle([_bet(BACK, "8", "5", at=9), _bet(BACK, "6", "5", at=10)], result)

    assert (Decimal("50.00"), Decimal(6)) == (settled.profit, settled.price)
    assert settled.is_price_reduced


def test_a_greyhound_removal_voids_the_earlier_fragment() -> None:
    """Of 5 before and 5 after a removal only the later ones play: 5 at 3.0 wins 10 (greyhound rules)."""
    result = replace(
        _market("WLR"), removals=(Removal(RunnerKey(3), Decimal(0), 10),), event_type_id=GREYHOUNDS
    )

    (settled,) = settle([_bet(BACK, "4", "5", at=9), _bet(BACK, "3", "5", at=10)], result)

    assert Decimal("10.00") == settled.profit
    assert (Rule.REMOVED_AFTERWARDS, Rule.WINNER) == settled.rules


@pytest.mark.parametrize(
    ("expected", "side", "line"),
    [("10.00", BACK, "50.5"), ("-10.00", BACK, "49.5"), ("-10.00", LAY, "50.5"), ("10.00", LAY, "49.5")],
)
def test_a_line_is_won_below_by_the_seller_and_above_by_the_buyer(
    expected: str, side: Side, line: str
) -> None:
    """With a result of 50 a BACK of 50.5 and a LAY of 49.5 win 10 at odds of 2 (Betting Enums, LINE)."""
    result = replace(_market("A", MarketKind.LINE), line_result=Decimal(50))

    assert expected == _profit(side, line, result)


def test_a_line_that_is_met_returns_the_stake() -> None:
    """A bet on line 50 is void when the result is 50 (Betting Enums, LINE)."""
    result = replace(_market("A", MarketKind.LINE), line_result=Decimal(50))

    assert Outcome.VOIDED is _settle(_bet(BACK, "50"), result).outcome


def test_lines_may_be_below_one() -> None:
    """A line is a number, not odds: a LAY of line 0.5 wins when the result is 1."""
    result = replace(_market("A", MarketKind.LINE), line_result=Decimal(1))

    assert "10.00" == _profit(LAY, "0.5", result)


def _handicap(line: str, difference: int) -> MarketResult:
    runner = RunnerKey(1, Decimal(line))
    return MarketResult(
        market_id="1.1",
        kind=MarketKind.HANDICAP,
        statuses={runner: "LOSER"},
        margins={runner: difference + Decimal(line)},
    )


@pytest.mark.parametrize(
    ("line", "difference", "back", "lay"),
    [
        ("-1.5", 2, "10.00", "-10.00"),
        ("-1.5", 1, "-10.00", "10.00"),
        ("-1", 1, "0.00", "0.00"),
        ("0", 0, "0.00", "0.00"),
        ("-0.25", 1, "10.00", "-10.00"),
        ("-0.25", 0, "-5.00", "5.00"),
        ("0.25", 0, "5.00", "-5.00"),
        ("0.25", -1, "-10.00", "10.00"),
        ("-0.75", 1, "5.00", "-5.00"),
        ("-0.75", 0, "-10.00", "10.00"),
        ("0.75", -1, "-5.00", "5.00"),
        ("0.75", 0, "10.00", "-10.00"),
    ],
)
def test_ten_at_evens_on_an_asian_handicap(line: str, difference: int, back: str, lay: str) -> None:
    """Whole lines push, half lines decide, quarter lines split in two halves ("Asian handicap" guides)."""
    result = _handicap(line, difference)

    assert back == _profit(BACK, "2", result, handicap=Decimal(line))
    assert lay == _profit(LAY, "2", result, handicap=Decimal(line))


def test_a_half_win_is_won_and_a_push_is_void() -> None:
    """Half a win is WON, half a loss LOST, a push VOIDED."""
    outcomes = [
        _settle(_bet(BACK, "2", handicap=line), _handicap(line, 0)).outcome for line in ("0.25", "-0.25", "0")
    ]

    assert [Outcome.WON, Outcome.LOST, Outcome.VOIDED] == outcomes


@pytest.mark.parametrize(
    ("line", "status", "profit", "rule"),
    [
        ("-0.5", "WINNER", Decimal("10.00"), Rule.WINNER),
        ("-1", "LOSER", Decimal("-10.00"), Rule.LOSER),
        ("-0.25", "LOSER", None, Rule.NO_MARGIN),
        ("-0.5", "ACTIVE", None, Rule.NO_MARGIN),
    ],
)
def test_without_a_score_the_status_settles_what_it_can(
    line: str, status: str, profit: Decimal | None, rule: Rule
) -> None:
    """A status decides whole and half lines; a quarter line alone needs the score, and stays unsettled."""
    runner = RunnerKey(1, Decimal(line))
    result = MarketResult(market_id="1.1", kind=MarketKind.HANDICAP, statuses={runner: status})

    settled = _settle(_bet(BACK, "2", handicap=line), result)

    assert (profit, (rule,)) == (settled.profit, settled.rules)


def _lines_beside(selection: int, lines: dict[str, str | None]) -> MarketResult:
    """Return a market in which a selection's lines have these statuses, its -0.75 none that says anything."""
    known = {RunnerKey(selection, Decimal(line)): status for line, status in lines.items() if status}
    statuses = {RunnerKey(selection, Decimal("-0.75")): "LOSER", **known}
    return MarketResult(market_id="1.1", kind=MarketKind.HANDICAP, statuses=statuses)


@pytest.mark.parametrize(
    ("whole", "half", "back", "lay"),
    [
        ("WINNER", "WINNER", "10.00", "-10.00"),
        ("LOSER", "LOSER", "-10.00", "10.00"),
        ("REMOVED", "WINNER", "5.00", "-5.00"),
        ("REMOVED", "LOSER", "-5.00", "5.00"),
        ("WINNER", "ACTIVE", None, None),
        ("HIDDEN", "LOSER", None, None),
        (None, "LOSER", None, None),
    ],
)
def test_quarter_line_is_settled_by_the_lines_beside_it(
    whole: str | None, half: str, back: str | None, lay: str | None
) -> None:
    """Of 10 at evens on -0.75, 5 are on -1 and 5 on -0.5 of the same selection, if both have a result."""
    result = _lines_beside(1, {"-1": whole, "-0.5": half})

    settled = [_settle(_bet(side, "2", handicap="-0.75"), result) for side in (BACK, LAY)]

    assert [back, lay] == [None if bet.profit is None else str(bet.profit) for bet in settled]
    assert {Rule.NO_MARGIN if back is None else Rule.LINES_BESIDE} == {bet.rules[0] for bet in settled}
    assert {() if back is None else ("lines_beside",)} == {bet.assumed for bet in settled}


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("status", ["LOSER", "WINNER"])
@pytest.mark.parametrize("line", ["-0.75", "-0.5"])
def test_a_line_whose_sides_contradict_each_other_has_no_result(line: str, status: str, sign: int) -> None:
    """Both sides of -0.5 won, or lost; with the opposite sign (handicap) or the same (goal lines)."""
    result = _lines_beside(1, {"-1": "LOSER", "-0.5": status})
    other = RunnerKey(2, sign * Decimal("-0.5"))
    result = replace(result, statuses={**result.statuses, other: status})

    settled = _settle(_bet(BACK, "2", handicap=line), result)

    assert (None, (Rule.NO_MARGIN,)) == (settled.profit, settled.rules)


def test_lines_beside_may_count_for_nothing() -> None:
    """With the assumption UNSETTLED a quarter line waits for the score."""
    assumptions = replace(BETFLOW_1, name="test", lines_beside=LinesBeside.UNSETTLED)
    result = _lines_beside(1, {"-1": "LOSER", "-0.5": "LOSER"})

    settled = _settle(_bet(BACK, "2", handicap="-0.75"), result, assumptions)

    assert (None, (Rule.NO_MARGIN,)) == (settled.profit, settled.rules)


@pytest.mark.parametrize(
    ("result", "rule"),
    [
        (replace(_market("AA"), is_closed=False), Rule.NOT_CLOSED),
        (_market("AL"), Rule.NO_RESULT),
        (_market("PL"), Rule.NO_RESULT),
        (_market("A", MarketKind.LINE), Rule.NO_LINE_RESULT),
        (_market("WL", MarketKind.RANGE), Rule.NO_RESULT),
        (_market("WL", MarketKind.EACH_WAY), Rule.NO_DIVISOR),
        (_each_way("AL"), Rule.NO_RESULT),
        (_market(""), Rule.NO_RUNNER),
    ],
)
def test_without_a_result_a_bet_is_unsettled_and_says_why(result: MarketResult, rule: Rule) -> None:
    """What cannot be settled has no profit, no commission, and a rule that says what is missing."""
    market = settle_market([_bet(BACK, "3")], result)

    (settled,) = market.bets
    assert (Outcome.UNSETTLED, None, (rule,)) == (settled.outcome, settled.profit, settled.rules)
    assert not market.is_settled
    assert Decimal("0.00") == market.net_profit


def test_a_void_market_returns_everything() -> None:
    """In a voided market also the bet on the winner is void."""
    assert Outcome.VOIDED is _settle(_bet(BACK, "3"), replace(_market("WL"), is_void=True)).outcome


@pytest.mark.parametrize(
    ("switch", "expected"), [(HiddenRunner.LOSES, Decimal("-10.00")), (HiddenRunner.VOID, Decimal("0.00"))]
)
def test_a_hidden_runner_is_an_assumption(switch: HiddenRunner, expected: Decimal) -> None:
    """A runner still hidden at the end loses, as non-runners do ante-post (support 6486), or is void."""
    name = "betflow-1" if switch is HiddenRunner.LOSES else "test"
    assumptions = replace(BETFLOW_1, name=name, hidden_runner=switch)

    settled = _settle(_bet(BACK, "3", on=2), _market("WH"), assumptions)

    assert (expected, ("hidden_runner",)) == (settled.profit, settled.assumed)


def test_a_hidden_runner_loses_both_parts_each_way() -> None:
    """10 each way on a runner that never ran ante-post loses 20."""
    assert "-20.00" == _profit(BACK, "3", _each_way("WPPLLH"), selection_id=6)


def test_commission_is_charged_on_the_market_not_on_the_bets() -> None:
    """150 won and 50 lost at 7 % pay 7.00 (Betfair's example, data scientists' site)."""
    result = replace(_market("WL"), market_base_rate=Decimal(7))
    bets = [_bet(BACK, "16", "10", bet_id="won"), _bet(BACK, "4", "50", on=2, bet_id="lost")]

    market = settle_market(bets, result)

    assert (Decimal("100.00"), Decimal("7.00")) == (market.profit, market.commission)
    assert Decimal("93.00") == market.net_profit


def test_a_market_of_another_id_is_refused() -> None:
    """A bet is only settled by the result of its own market."""
    with pytest.raises(BetError, match=r"in market 1\.1, the result of 1\.2"):
        _settle(_bet(BACK, "3"), replace(_market("WL"), market_id="1.2"))


def test_odds_below_one_are_refused() -> None:
    """Outside line markets a price below 1 cannot have been matched."""
    with pytest.raises(BetError, match=r"price 0\.5; expected at least 1"):
        _settle(_bet(BACK, "0.5"), _market("WL"))


def test_fragments_of_a_bet_agree() -> None:
    """Two sides under one bet id are two bets by mistake."""
    with pytest.raises(BetError, match="differ in runner, side or strategy"):
        settle([_bet(BACK, "3"), _bet(LAY, "3")], _market("WL"))
