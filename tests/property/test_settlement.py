"""The laws of settlement."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, example, given
from hypothesis import strategies as st

from betflow.exchange.assumptions import (
    BETFLOW_1,
    Assumptions,
    DeadHeatStake,
    EachWayThreshold,
    HiddenRunner,
    KeepLayPrice,
    LinesBeside,
    MissingBaseRate,
    PlaceDeadHeat,
    ReducedPriceRounding,
    RemovalEffect,
)
from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.commission import market_commission
from betflow.exchange.exposure import exposure, liability
from betflow.exchange.money import ZERO, Rounding, exact, money, share_out
from betflow.exchange.outcomes import verdict
from betflow.exchange.profits import Level, roll_up
from betflow.exchange.reductions import LOWEST_PRICE, settled_price
from betflow.exchange.results import GREYHOUNDS, REMOVED, MarketKind, MarketResult, Removal
from betflow.exchange.settlement import Outcome, settle, settle_market
from betflow.exchange.statement import resettle, statement
from betflow.wire.enums import RunnerStatus, Side

MARKET = "1.1"
_RUNNERS = tuple(RunnerKey(number) for number in range(1, 7))
_HANDICAPS = tuple(RunnerKey(number, Decimal(quarters) / 4) for number in (1, 2) for quarters in range(-4, 5))
_MARGINS = st.integers(-12, 12).map(lambda quarters: Decimal(quarters) / 4)
_FINISHED = (RunnerStatus.WINNER, RunnerStatus.LOSER, RunnerStatus.PLACED)
_STATUSES: Mapping[MarketKind, tuple[RunnerStatus, ...]] = {
    MarketKind.WIN: (*RunnerStatus, *_FINISHED),
    MarketKind.PLACE: (*RunnerStatus, *_FINISHED, RunnerStatus.WINNER),
    MarketKind.EACH_WAY: (*RunnerStatus, *_FINISHED, RunnerStatus.PLACED),
    MarketKind.LINE: (RunnerStatus.ACTIVE, RunnerStatus.ACTIVE, RunnerStatus.REMOVED),
    MarketKind.HANDICAP: (*RunnerStatus, *_FINISHED),
    MarketKind.RANGE: tuple(RunnerStatus),
}
_ASSUMPTIONS = st.just(BETFLOW_1) | st.builds(
    Assumptions,
    name=st.just("drawn"),
    profit_rounding=st.sampled_from(Rounding),
    commission_rounding=st.sampled_from(Rounding),
    reduced_price_rounding=st.sampled_from(ReducedPriceRounding),
    dead_heat_stake=st.sampled_from(DeadHeatStake),
    place_dead_heat=st.sampled_from(PlaceDeadHeat),
    hidden_runner=st.sampled_from(HiddenRunner),
    lines_beside=st.sampled_from(LinesBeside),
    greyhound_removal=st.sampled_from(RemovalEffect),
    voidable_removal=st.sampled_from(RemovalEffect),
    each_way_threshold=st.sampled_from(EachWayThreshold),
    keep_lay_price=st.sampled_from(KeepLayPrice),
    missing_base_rate=st.sampled_from(MissingBaseRate),
)
_PRICES = st.integers(1_01, 1000_00).map(lambda hundredths: Decimal(hundredths).scaleb(-2)) | st.decimals(
    Decimal("1.01"), Decimal(1000), places=12
)
_LINES = st.integers(0, 20).map(lambda halves: Decimal(halves) / 2)
_SIZES = st.integers(1, 1_000_00).map(lambda pennies: Decimal(pennies).scaleb(-2))


@st.composite
def results(draw: st.DrawFn, kinds: Sequence[MarketKind] = tuple(MarketKind)) -> MarketResult:
    """Draw a market with any result, dead heats, removals and missing facts included."""
    kind = draw(st.sampled_from(kinds))
    runners = _HANDICAPS if kind is MarketKind.HANDICAP else _RUNNERS
    statuses = {runner: draw(st.sampled_from(_STATUSES[kind])) for runner in runners}
    moments = st.integers(0, 10)
    factors = st.integers(0, 100_00).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
    removals = [
        Removal(runner, draw(factors), draw(moments))
        for runner, status in statuses.items()
        if status in REMOVED
    ]
    margins = st.none() | st.fixed_dictionaries(dict.fromkeys(runners, _MARGINS))
    return MarketResult(
        market_id=MARKET,
        event_id="9",
        kind=kind,
        is_closed=draw(st.booleans()),
        is_void=draw(st.sampled_from((False, False, False, True))),
        statuses=statuses,
        number_of_winners=draw(st.integers(0, 4)),
        each_way_divisor=draw(st.sampled_from((None, Decimal(1), Decimal(4), Decimal(5)))),
        removals=tuple(sorted(removals, key=lambda removal: removal.removed_at)),
        event_type_id=draw(st.sampled_from(("7", GREYHOUNDS))),
        runners_voidable=draw(st.booleans()),
        market_base_rate=draw(st.sampled_from((None, Decimal(2), Decimal(5), Decimal("6.5")))),
        discount_allowed=draw(st.booleans()),
        line_result=draw(st.none() | _LINES) if kind is MarketKind.LINE else None,
        margins=draw(margins) if kind is MarketKind.HANDICAP else None,
    )


def _settled(*kinds: MarketKind) -> st.SearchStrategy[MarketResult]:
    """Return markets of these kinds that are closed and not void."""
    return results(kinds or tuple(MarketKind)).map(lambda each: replace(each, is_closed=True, is_void=False))


@st.composite
def markets(draw: st.DrawFn, *, most: int = 6) -> tuple[MarketResult, list[MatchedBet]]:
    """Draw a market with bets in it."""
    result = draw(results())
    count = draw(st.integers(1, most))
    return result, [draw(_bets(result, str(number))) for number in range(count)]


@st.composite
def _bets(draw: st.DrawFn, result: MarketResult, bet_id: str) -> MatchedBet:
    runner = draw(st.sampled_from(sorted(result.statuses)))
    return MatchedBet(
        bet_id=bet_id,
        market_id=MARKET,
        selection_id=runner.selection_id,
        handicap=runner.handicap,
        side=draw(st.sampled_from(Side)),
        price=draw(_LINES if result.kind is MarketKind.LINE else _PRICES),
        size=draw(_SIZES),
        matched_at=draw(st.integers(0, 10)),
        in_play=draw(st.booleans()),
        strategy=draw(st.sampled_from(("", "a", "b"))),
    )


def _other_side(bet: MatchedBet) -> MatchedBet:
    return replace(
        bet, side=Side.LAY if bet.side is Side.BACK else Side.BACK, bet_id=f"other of {bet.bet_id}"
    )


@given(markets(most=1), _ASSUMPTIONS)
def test_what_the_backer_wins_the_layer_loses(
    case: tuple[MarketResult, list[MatchedBet]], assumptions: Assumptions
) -> None:
    """A back and a lay of the same size and price settle to zero in every market and result, to the penny."""
    result, (bet,) = case

    one, other = settle([bet, _other_side(bet)], result, assumptions=assumptions)

    if one.profit is None or other.profit is None:
        assert Outcome.UNSETTLED == one.outcome == other.outcome
    else:
        assert ZERO == one.profit + other.profit
        mirrored = {Outcome.WON: Outcome.LOST, Outcome.LOST: Outcome.WON}
        assert other.outcome == mirrored.get(one.outcome, one.outcome)


@given(markets(most=1), _ASSUMPTIONS)
def test_a_void_pays_nothing(case: tuple[MarketResult, list[MatchedBet]], assumptions: Assumptions) -> None:
    """In a void market, and on a removed runner, every bet is void and pays nothing."""
    result, bets = case
    runner = bets[0].runner
    removed = replace(result, statuses={**result.statuses, runner: RunnerStatus.REMOVED})

    for each in (replace(result, is_void=True), removed):
        (settled,) = settle(bets, each, assumptions=assumptions)

        assert (Outcome.VOIDED, ZERO) == (settled.outcome, settled.profit)


@given(markets(), _ASSUMPTIONS)
def test_without_a_result_nothing_is_lost(
    case: tuple[MarketResult, list[MatchedBet]], assumptions: Assumptions
) -> None:
    """In a market that is not closed a bet is void or unsettled, and no commission is due."""
    result, bets = case

    market = settle_market(bets, replace(result, is_closed=False), assumptions=assumptions)

    assert {each.outcome for each in market.bets} <= {Outcome.UNSETTLED, Outcome.VOIDED}
    assert (ZERO, ZERO) == (market.profit, market.commission)


@given(markets(most=1), _ASSUMPTIONS)
def test_a_bet_never_loses_more_than_its_liability(
    case: tuple[MarketResult, list[MatchedBet]], assumptions: Assumptions
) -> None:
    """The profit of a bet is at least minus its liability."""
    result, (bet,) = case

    (settled,) = settle([bet], result, assumptions=assumptions)

    assert -liability(bet, result, assumptions=assumptions) <= (settled.profit or ZERO)


@given(markets(), _ASSUMPTIONS)
def test_a_reduction_never_raises_a_liability(
    case: tuple[MarketResult, list[MatchedBet]], assumptions: Assumptions
) -> None:
    """With all removals, a bet is liable for no more than without any."""
    result, bets = case

    for bet in bets:
        assert liability(bet, result, assumptions=assumptions) <= liability(
            bet, replace(result, removals=()), assumptions=assumptions
        )


@given(markets(), _ASSUMPTIONS)
def test_exposure_covers_every_loss(
    case: tuple[MarketResult, list[MatchedBet]], assumptions: Assumptions
) -> None:
    """What bets in a market lose together is at most their exposure, and that at most all liabilities."""
    result, bets = case

    most = exposure(bets, result, assumptions=assumptions)

    profits = [each.profit or ZERO for each in settle(bets, result, assumptions=assumptions)]
    assert -most <= sum(profits)
    assert most <= sum(liability(bet, result, assumptions=assumptions) for bet in bets)


@given(markets())
def test_exposure_knows_no_result(case: tuple[MarketResult, list[MatchedBet]]) -> None:
    """Before the result the exposure already covers the loss that comes."""
    result, bets = case
    undecided = {
        runner: status if status in REMOVED else RunnerStatus.ACTIVE
        for runner, status in result.statuses.items()
    }
    before = replace(result, is_closed=False, statuses=undecided, line_result=None, margins=None)

    most = exposure(bets, before)

    assert -most <= sum(each.profit or ZERO for each in settle(bets, result))


@given(_settled(), st.data())
def test_a_bet_is_rounded_by_half_a_penny_at_most(result: MarketResult, data: st.DataObject) -> None:
    """However many fragments a bet has, its profit is within half a penny of the exact one."""
    fragments = data.draw(st.lists(_bets(result, "1"), min_size=1, max_size=6))
    first = fragments[0]
    same = [
        replace(
            each,
            selection_id=first.selection_id,
            handicap=first.handicap,
            side=first.side,
            strategy=first.strategy,
        )
        for each in fragments
    ]

    (settled,) = settle(same, result)

    assert sum(each.size for each in same) == settled.size
    if settled.profit is not None and settled.exact_profit is not None:
        assert abs(Fraction(settled.profit) - settled.exact_profit) <= Fraction(1, 200)
        assert Decimal("0.01").as_tuple().exponent == settled.profit.as_tuple().exponent


@given(markets(most=1), st.integers(1, 10))
def test_fragments_are_the_bet(case: tuple[MarketResult, list[MatchedBet]], parts: int) -> None:
    """Cut into fragments of the same price, a bet pays the same."""
    result, (bet,) = case
    whole = replace(bet, size=bet.size * parts)

    (cut,) = settle([bet] * parts, result)

    (uncut,) = settle([whole], result)
    assert uncut == cut


def _finish(kind: MarketKind, statuses: Sequence[RunnerStatus], places: int) -> MarketResult:
    """Return a closed market whose runners finished so."""
    return MarketResult(
        market_id=MARKET,
        kind=kind,
        statuses=dict(zip(_RUNNERS, statuses, strict=False)),
        number_of_winners=places,
        each_way_divisor=Decimal(4),
    )


@given(st.sampled_from((MarketKind.WIN, MarketKind.PLACE)), st.integers(1, 6), st.data())
def test_a_market_of_odds_pays_as_many_places_as_it_has(
    kind: MarketKind, winners: int, data: st.DataObject
) -> None:
    """In a dead heat the shares of the winners add up to the places that are paid."""
    places = data.draw(st.integers(1, winners))
    result = _finish(kind, [RunnerStatus.WINNER] * winners, places)

    shares = [verdict(runner, Decimal(2), result, BETFLOW_1).shares[0] for runner in result.statuses]

    assert places == sum(share.won for share in shares)


@given(st.integers(3, 6), st.data())
def test_known_sharers_share_what_is_left(winners: int, data: st.DataObject) -> None:
    """Whoever shares the last place, all shares together are the places that are paid."""
    places = data.draw(st.integers(2, winners - 1))
    sharing = data.draw(st.permutations(_RUNNERS[:winners]))
    sharing = sharing[: data.draw(st.integers(winners - places + 1, winners))]
    result = _finish(MarketKind.PLACE, [RunnerStatus.WINNER] * winners, places)
    known = replace(result, sharing=frozenset(sharing))

    shares = [verdict(runner, Decimal(2), known, BETFLOW_1).shares[0].won for runner in known.statuses]

    assert places == sum(shares)
    assert winners - len(sharing) == sum(share == 1 for share in shares)


@given(st.integers(1, 5), st.integers(0, 4), st.data())
def test_each_way_places_are_paid_once(winners: int, placed: int, data: st.DataObject) -> None:
    """The win parts add up to one winner and the place parts to the places, however many dead-heat."""
    placed = min(placed, len(_RUNNERS) - 1 - winners)
    statuses = [RunnerStatus.WINNER] * winners + [RunnerStatus.PLACED] * placed + [RunnerStatus.LOSER]
    places = data.draw(st.integers(1, winners + placed))
    result = _finish(MarketKind.EACH_WAY, statuses, places)

    shares = [verdict(runner, Decimal(2), result, BETFLOW_1).shares for runner in result.statuses]

    assert 1 == sum(win.won for win, _ in shares)
    assert places == sum(place.won for _, place in shares)


@given(_MARGINS, st.integers(-8, 8))
def test_two_sides_of_a_handicap_mirror_each_other(difference: Decimal, quarters: int) -> None:
    """What wins on one side of an Asian handicap loses on the other, half wins and pushes included."""
    home, away = RunnerKey(1, Decimal(quarters) / 4), RunnerKey(2, -Decimal(quarters) / 4)
    margin = difference + home.handicap
    result = MarketResult(
        market_id=MARKET,
        kind=MarketKind.HANDICAP,
        statuses={home: "LOSER", away: "LOSER"},
        margins={home: margin, away: -margin},
    )

    (one,), (other,) = (verdict(each, Decimal(2), result, BETFLOW_1).shares for each in (home, away))

    assert (one.won, one.lost) == (other.lost, other.won)


@given(markets(most=1), _ASSUMPTIONS)
def test_reductions_only_reduce(
    case: tuple[MarketResult, list[MatchedBet]], assumptions: Assumptions
) -> None:
    """A reduced price is not above the price, and not below 1.01 (unless that price was)."""
    result, (bet,) = case
    assume(result.kind is not MarketKind.LINE)

    price = settled_price(bet, result, assumptions)

    assert min(LOWEST_PRICE, Fraction(bet.price)) <= price <= Fraction(bet.price)


@given(
    st.integers(0, 10_000_00),
    st.dictionaries(st.text(max_size=3), st.integers(0, 1_000_000), min_size=1, max_size=6),
)
@example(1, {"a": 1, "b": 1})
def test_what_is_shared_out_is_the_whole(pennies: int, weights: dict[str, int]) -> None:
    """Parts add up to the whole, each within a penny of its exact share; without weight nothing is given."""
    amount = Decimal(pennies).scaleb(-2)
    total = sum(weights.values())

    parts = share_out(amount, {name: Decimal(weight) for name, weight in weights.items()})

    if total:
        assert amount == sum(parts.values())
        for name, weight in weights.items():
            assert abs(Fraction(parts[name]) - Fraction(amount) * weight / total) < Fraction(1, 100)
            assert weight or not parts[name]
    else:
        assert {} == parts


@given(markets(most=12), st.integers(0, 100), _ASSUMPTIONS)
def test_commission_is_divided_fairly(
    case: tuple[MarketResult, list[MatchedBet]], discount: int, assumptions: Assumptions
) -> None:
    """Strategies pay the market's commission together, losers nothing, none over a penny more than alone."""
    result, bets = case

    market = settle_market(bets, result, discount_rate=Decimal(discount), assumptions=assumptions)

    assert market.commission == sum(market.commission_by_strategy.values(), ZERO)
    assert ZERO <= market.commission <= max(ZERO, market.profit)
    for name, part in market.commission_by_strategy.items():
        alone = sum((bet.profit or ZERO for bet in market.bets if bet.strategy == name), ZERO)
        assert part <= market_commission(alone, market.commission_rate, assumptions) + Decimal("0.01")
        assert alone > 0 or not part


@given(st.lists(markets(), max_size=4))
def test_every_level_adds_up_to_the_same(cases: list[tuple[MarketResult, list[MatchedBet]]]) -> None:
    """Profit by bet, side, runner, market, event and strategy has one total; so has commission."""
    settled = [
        replace(settle_market(bets, result), market_id=str(number), event_id=str(number % 2))
        for number, (result, bets) in enumerate(cases)
    ]

    totals = {level: roll_up(settled, level).values() for level in Level}

    assert 1 == len({sum((line.profit for line in lines), ZERO) for lines in totals.values()})
    assert 1 == len({sum(line.bets + line.unsettled for line in lines) for lines in totals.values()})
    with_commission = (Level.MARKET, Level.EVENT, Level.STRATEGY)
    commissions = {
        sum((line.commission or ZERO for line in totals[level]), ZERO) for level in with_commission
    }
    assert {sum((market.commission for market in settled), ZERO)} == commissions


@given(markets(), results(), _ASSUMPTIONS)
def test_settling_again_moves_the_balance_to_the_new_result(
    case: tuple[MarketResult, list[MatchedBet]], other: MarketResult, assumptions: Assumptions
) -> None:
    """The entries of a re-settlement add up to the difference, and undo every entry that was wrong."""
    result, bets = case
    before = settle_market(bets, result, assumptions=assumptions)
    changed = replace(result, statuses={**other.statuses, **dict.fromkeys(result.statuses, "LOSER")})
    after = settle_market(bets, changed, assumptions=assumptions)

    entries = resettle(before, after)

    assert after.net_profit - before.net_profit == sum((each.balance_change for each in entries), ZERO)
    assert before.net_profit == sum((each.balance_change for each in statement(before)), ZERO)
    assert () == resettle(before, before)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_float_is_the_number_that_it_prints_as(number: float) -> None:
    """Through `exact` a float keeps every digit that it prints, and comes back as the same float."""
    assume(number == 0 or abs(number) > 1e-20)

    assert number == float(exact(number))


@given(st.integers(-(10**12), 10**12))
def test_money_has_two_decimals_however_it_was_written(pennies: int) -> None:
    """An amount from a float, a text or a `Decimal` is the same amount with two decimals."""
    amount = Decimal(pennies).scaleb(-2)

    forms = {str(money(form)) for form in (float(amount), str(amount), amount)}

    assert {f"{amount:.2f}"} == {form.replace("-0.00", "0.00") for form in forms}
