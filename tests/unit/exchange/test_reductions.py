"""Reduction factors, for matched bets and unmatched orders."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from betflow.exchange.assumptions import (
    BETFLOW_1,
    EachWayThreshold,
    KeepLayPrice,
    ReducedPriceRounding,
    RemovalEffect,
)
from betflow.exchange.bets import BetError, MatchedBet, RunnerKey
from betflow.exchange.prices import CLASSIC
from betflow.exchange.reductions import (
    OrderAfterRemoval,
    OrderEffect,
    after_removal,
    is_reduced_by,
    is_voided_by_removal,
    reduce_price,
    reduced_starting_price_liability,
    settled_price,
)
from betflow.exchange.results import GREYHOUNDS, MarketKind, MarketResult, Removal
from betflow.wire.enums import PersistenceType, Side


def _market(
    *factors: str, kind: MarketKind = MarketKind.WIN, voidable: bool = False, sport: str = "7"
) -> MarketResult:
    """Return a market whose runners from 2 on were removed, the first at 10, the next at 20."""
    removals = tuple(
        Removal(RunnerKey(number + 1), Decimal(factor), 10 * number)
        for number, factor in enumerate(factors, start=1)
    )
    statuses = {RunnerKey(1): "ACTIVE", **{removal.runner: "REMOVED" for removal in removals}}
    return MarketResult(
        market_id="1.1",
        kind=kind,
        statuses=statuses,
        removals=removals,
        runners_voidable=voidable,
        event_type_id=sport,
    )


def _bet(price: str, *, matched_at: int = 0, in_play: bool = False) -> MatchedBet:
    return MatchedBet(
        bet_id="b1",
        market_id="1.1",
        selection_id=1,
        side=Side.BACK,
        price=Decimal(price),
        size=Decimal(2),
        matched_at=matched_at,
        in_play=in_play,
    )


def _settled(price: str, market: MarketResult, *, matched_at: int = 0) -> Decimal:
    fraction = settled_price(_bet(price, matched_at=matched_at), market, BETFLOW_1)
    return Decimal(fraction.numerator) / fraction.denominator


def test_a_win_price_is_reduced_by_the_factor() -> None:
    """8.0 less 25 % is 6.0 in a win market (R&R, horse racing; Betfair support 406)."""
    assert Decimal("6.0") == _settled("8", _market("25"))


def test_a_reduced_price_has_two_decimals() -> None:
    """8.6 less 16.2 % is 7.21 (Betfair's help on reduction factors, quoted in community thread 30594693)."""
    assert Decimal("7.21") == _settled("8.6", _market("16.2"))


def test_a_place_price_is_reduced_in_its_winnings() -> None:
    """8.0 less 25 % is 6.25 in a place market (Betfair support 406)."""
    assert Decimal("6.25") == _settled("8", _market("25", kind=MarketKind.PLACE))


def test_an_each_way_price_is_reduced_as_in_the_win_market() -> None:
    """11.0 less 50 % is 5.5 each way (Betfair's announcement of each-way markets, community 30447203)."""
    assert Decimal("5.5") == _settled("11", _market("50", kind=MarketKind.EACH_WAY))


@pytest.mark.parametrize(("factor", "expected"), [("2.49", "8"), ("2.5", "7.8")])
def test_a_win_price_is_reduced_from_two_and_a_half_per_cent_on(factor: str, expected: str) -> None:
    """A factor of 2.49 % changes nothing in a win market, one of 2.5 % does (R&R, horse racing)."""
    assert Decimal(expected) == _settled("8", _market(factor))


def test_a_place_price_has_no_threshold() -> None:
    """A factor of 2 % reduces 8.0 to 7.86 in a place market (Betfair support 406)."""
    assert Decimal("7.86") == _settled("8", _market("2", kind=MarketKind.PLACE))


@pytest.mark.parametrize(
    ("threshold", "expected"), [(EachWayThreshold.AS_WIN, False), (EachWayThreshold.ALWAYS, True)]
)
def test_the_each_way_threshold_is_an_assumption(threshold: EachWayThreshold, expected: bool) -> None:  # noqa: FBT001 - parametrized
    """Each-way markets share the win market's factors, so its threshold is assumed (community 30447203)."""
    assumptions = replace(BETFLOW_1, name="test", each_way_threshold=threshold)

    assert expected is is_reduced_by(MarketKind.EACH_WAY, Decimal(2), assumptions)


@pytest.mark.parametrize(("price", "reduced"), [("9.8", "6.17"), ("12.5", "7.87"), ("13", "8.18")])
def test_prices_of_a_recorded_market_come_out(price: str, reduced: str) -> None:
    """Three non-runners make of 9.8, 12.5 and 13 what market 1.185781277 shows as traded."""
    assert Decimal(reduced) == _settled(price, _market("26.678", "5.175", "9.553"))


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (ReducedPriceRounding.EACH_REMOVAL, Fraction("6.17")),
        (ReducedPriceRounding.ONCE, Fraction("6.16")),
        (
            ReducedPriceRounding.NEVER,
            Fraction("9.8") * Fraction("0.73322") * Fraction("0.94825") * Fraction("0.90447"),
        ),
    ],
)
def test_when_a_reduced_price_is_rounded_is_an_assumption(
    rounding: ReducedPriceRounding, expected: Fraction
) -> None:
    """9.8 through three removals is 6.17, 6.16 or 6.1627…, by when it is rounded."""
    assumptions = replace(BETFLOW_1, name="test", reduced_price_rounding=rounding)

    assert expected == settled_price(_bet("9.8"), _market("26.678", "5.175", "9.553"), assumptions)


def test_only_removals_after_the_match_reduce() -> None:
    """Matched between two removals, 10.0 is only reduced by the second, to 5.5 (developer forum 3127)."""
    market = _market("25", "45")

    assert Decimal("4.13") == _settled("10", market)
    assert Decimal("5.5") == _settled("10", market, matched_at=15)
    assert Decimal(10) == _settled("10", market, matched_at=20)


def test_a_bet_struck_in_play_is_not_reduced() -> None:
    """A late withdrawal reduces only what was matched before the off (R&R, horse racing)."""
    assert Fraction(8) == settled_price(_bet("8", in_play=True), _market("25"), BETFLOW_1)


def test_no_price_is_reduced_below_the_lowest() -> None:
    """1.5 less 60 % is 1.01: odds are not reduced further (R&R, horse racing)."""
    assert Decimal("1.01") == _settled("1.5", _market("60"))


def test_a_hidden_runner_keeps_its_price_of_one() -> None:
    """A price of 1.0, as hidden runners have, is not raised to 1.01 (Betting Enums, RunnerStatus)."""
    assert Fraction(1) == reduce_price(Fraction(1), MarketKind.WIN, Decimal(20))


def test_where_runners_are_voidable_the_others_stand() -> None:
    """With `runnersVoidable` a removed runner is void and nobody else is reduced (assumption)."""
    market = _market("25", voidable=True)

    assert Decimal(8) == _settled("8", market)
    assert not is_voided_by_removal(_bet("8"), market, BETFLOW_1)


def test_what_a_voidable_removal_does_is_an_assumption() -> None:
    """The switch makes it void what was matched before."""
    assumptions = replace(BETFLOW_1, name="test", voidable_removal=RemovalEffect.VOID_EARLIER)

    assert is_voided_by_removal(_bet("8"), _market("25", voidable=True), assumptions)


def test_a_greyhound_non_runner_voids_earlier_bets() -> None:
    """Bets struck before the market is reformed are void, later ones stand (Betfair's greyhound rules)."""
    market = _market("25", sport=GREYHOUNDS)

    assert is_voided_by_removal(_bet("8", matched_at=9), market, BETFLOW_1)
    assert not is_voided_by_removal(_bet("8", matched_at=10), market, BETFLOW_1)


def test_only_racing_kinds_of_markets_are_reduced() -> None:
    """In a handicap market a removal leaves the others alone."""
    assert Decimal(8) == _settled("8", _market("25", kind=MarketKind.HANDICAP))


_LAY = (Side.LAY, PersistenceType.LAPSE)
_KEEP = (Side.LAY, PersistenceType.PERSIST)
_TAKE_SP = (Side.LAY, PersistenceType.MARKET_ON_CLOSE)


@pytest.mark.parametrize(
    ("order", "kind", "factor", "effect", "price"),
    [
        (_LAY, MarketKind.WIN, "2.49", OrderEffect.STANDS, "8"),
        (_LAY, MarketKind.WIN, "2.5", OrderEffect.CANCELLED, "8"),
        (_LAY, MarketKind.EACH_WAY, "2.5", OrderEffect.CANCELLED, "8"),
        (_LAY, MarketKind.PLACE, "3.99", OrderEffect.STANDS, "8"),
        (_LAY, MarketKind.PLACE, "4.0", OrderEffect.CANCELLED, "8"),
        (_KEEP, MarketKind.WIN, "2.49", OrderEffect.STANDS, "8"),
        (_KEEP, MarketKind.WIN, "25", OrderEffect.REDUCED, "6"),
        (_KEEP, MarketKind.WIN, "30", OrderEffect.REDUCED, "5.6"),
        (_KEEP, MarketKind.WIN, "20.7", OrderEffect.REDUCED, "6.2"),
        (_KEEP, MarketKind.PLACE, "2", OrderEffect.REDUCED, "7.8"),
        (_TAKE_SP, MarketKind.WIN, "2.49", OrderEffect.STANDS, "8"),
        (_TAKE_SP, MarketKind.WIN, "2.5", OrderEffect.TO_STARTING_PRICE, "8"),
        (_TAKE_SP, MarketKind.PLACE, "3.99", OrderEffect.STANDS, "8"),
        (_TAKE_SP, MarketKind.PLACE, "4", OrderEffect.TO_STARTING_PRICE, "8"),
        ((Side.BACK, PersistenceType.LAPSE), MarketKind.WIN, "50", OrderEffect.STANDS, "8"),
        ((Side.BACK, PersistenceType.PERSIST), MarketKind.PLACE, "50", OrderEffect.STANDS, "8"),
    ],
)
def test_what_a_non_runner_does_to_an_unmatched_order(
    order: tuple[Side, PersistenceType], kind: MarketKind, factor: str, effect: OrderEffect, price: str
) -> None:
    """Lays are cancelled, kept lower or sent to the starting price, by the factor (R&R, SP and keep bets)."""
    side, persistence = order

    after = after_removal(
        side=side,
        persistence=persistence,
        price=Decimal(8),
        factor=Decimal(factor),
        result=_market(kind=kind),
        ladder=CLASSIC,
        assumptions=BETFLOW_1,
    )

    assert OrderAfterRemoval(effect, Decimal(price)) == after


def test_where_a_kept_lay_stands_is_an_assumption() -> None:
    """8.0 less 20.7 % is 6.34; by default it stands at 6.2, the next price of the ladder below."""
    assumptions = replace(BETFLOW_1, name="test", keep_lay_price=KeepLayPrice.AS_REDUCED)

    after = after_removal(
        side=Side.LAY,
        persistence=PersistenceType.PERSIST,
        price=Decimal(8),
        factor=Decimal("20.7"),
        result=_market(),
        ladder=CLASSIC,
        assumptions=assumptions,
    )

    assert OrderAfterRemoval(OrderEffect.REDUCED, Decimal("6.34")) == after


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("persistence", list(PersistenceType))
def test_a_greyhound_non_runner_cancels_every_order(side: Side, persistence: PersistenceType) -> None:
    """All unmatched bets are cancelled, take SP and keep included (Betfair's greyhound rules)."""
    after = after_removal(
        side=side,
        persistence=persistence,
        price=Decimal(8),
        factor=Decimal(0),
        result=_market(sport=GREYHOUNDS),
        ladder=CLASSIC,
        assumptions=BETFLOW_1,
    )

    assert OrderEffect.CANCELLED is after.effect


def test_a_starting_price_liability_keeps_its_backers_stake() -> None:
    """A lay of 200 on a runner of 20 % is 75 after one of 50 % is removed (R&R, rules for starting price)."""
    liability = reduced_starting_price_liability(
        Decimal(200), MarketKind.WIN, factor=Decimal(50), own_factor=Decimal(20)
    )

    assert Decimal("75.00") == liability


def test_a_place_liability_is_reduced_by_the_factor() -> None:
    """In a place market a liability of 200 is 150 after 25 % are removed (R&R, rules for starting price)."""
    liability = reduced_starting_price_liability(
        Decimal(200), MarketKind.PLACE, factor=Decimal(25), own_factor=Decimal(20)
    )

    assert Decimal("150.00") == liability


def test_a_runner_of_a_hundred_per_cent_leaves_nobody_to_remove() -> None:
    """The formula has no answer for a runner that has all of the market."""
    with pytest.raises(BetError, match="100 %"):
        reduced_starting_price_liability(
            Decimal(200), MarketKind.WIN, factor=Decimal(50), own_factor=Decimal(100)
        )
