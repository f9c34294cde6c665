"""The laws of a market's shape, and of verdicts on it."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from betflow.exchange.observed import of_answers
from betflow.exchange.prices import CLASSIC
from betflow.exchange.rungs import rungs
from betflow.exchange.shape import entropy, probabilities, shape_of, weight_of_money
from betflow.exchange.snapshot import PriceSize
from betflow.trading.eligibility import MARKET_RULES, assess
from betflow.trading.judging import Limit, OneOf, Range
from betflow.trading.selection import RUNNER_RULES, select
from betflow.wire.book import MarketBook
from betflow.wire.catalogue import MarketCatalogue
from betflow.wire.stream import PriceLadderDefinition
from observing import Offers, market

_PRICES = st.integers(0, len(CLASSIC) - 1).map(lambda index: float(CLASSIC.price(index)))
_OFFERS: st.SearchStrategy[Offers] = st.none() | st.lists(
    st.tuples(_PRICES, st.integers(0, 10**6).map(lambda pennies: pennies / 100)), max_size=4
)
_FIELDS = st.lists(st.tuples(_OFFERS, _OFFERS), max_size=8)
_NUMBERS = st.decimals(-1000, 1000, places=4)
_RANGES = st.builds(Range, st.none() | _NUMBERS, st.none() | _NUMBERS)
_WORDS = st.lists(st.sampled_from([True, False, "OPEN"]), max_size=2).map(
    lambda values: OneOf(tuple(map(_as_it_is, values)))
)


def _as_it_is(value: object) -> bool | str:
    return value if isinstance(value, bool) else str(value)


def _limits(names: list[str]) -> st.SearchStrategy[dict[str, Limit]]:
    """Return limits of some rules, each of the kind that the rule takes."""
    kinds = {name: _WORDS if name in {"status", "in_play", "bsp"} else _RANGES for name in names}
    return st.fixed_dictionaries({}, optional=kinds)


_MARKET_LIMITS = _limits([rule.name for rule in MARKET_RULES])
_RUNNER_LIMITS = _limits([rule.name for rule in RUNNER_RULES])


@given(st.lists(_PRICES, min_size=2, max_size=20))
def test_entropy_is_from_0_to_1(prices: list[float]) -> None:
    """Whatever the prices."""
    chances = probabilities([PriceSize(price, 1.0) for price in prices])

    assert chances is not None
    assert sum(chances) == 1
    evenness = entropy(chances)
    assert evenness is not None
    assert 0 <= evenness <= 1


@given(_PRICES, st.integers(2, 30))
def test_entropy_of_equal_prices_is_1(price: float, count: int) -> None:
    """However many there are, and however short they are."""
    assert Decimal(1) == shape_of(market(*[(price, None)] * count)).entropy


@given(st.lists(_PRICES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_shape_does_not_depend_on_the_order_of_the_runners(prices: list[float], chance: object) -> None:
    """Whatever the racecard, book, entropy and spreads are the same."""
    shuffled = sorted(prices, key=lambda _: chance.random())  # type: ignore[attr-defined]  # a Random
    one, other = (shape_of(market(*((each, None) for each in order))) for order in (prices, shuffled))

    assert (one.back_book, one.entropy, one.top_three_share) == (
        other.back_book,
        other.entropy,
        other.top_three_share,
    )


@given(st.lists(_PRICES, min_size=1, max_size=8), st.integers(0, 7), st.integers(1, 20))
def test_a_longer_price_makes_the_book_smaller(prices: list[float], place: int, ticks: int) -> None:
    """The overround falls, and never rises, when a runner drifts."""
    place %= len(prices)
    drifted = CLASSIC.price(min(CLASSIC.index(prices[place]) + ticks, len(CLASSIC) - 1))
    longer = [*prices[:place], float(drifted), *prices[place + 1 :]]
    before, after = (shape_of(market(*((each, None) for each in all_))) for all_ in (prices, longer))

    assert before.back_overround is not None
    assert after.back_overround is not None
    assert after.back_overround <= before.back_overround


@given(st.decimals(0, 10**6, places=2), st.decimals(0, 10**6, places=2))
def test_weights_of_both_sides_add_up_to_100(back: Decimal, lay: Decimal) -> None:
    """Seen from the other side, the weight is the rest."""
    one, other = weight_of_money(back, lay), weight_of_money(lay, back)

    if one is None or other is None:
        assert back == lay == 0
    else:
        assert abs(100 - Fraction(one) - Fraction(other)) <= Fraction(1, 10**4)


_ODD_OFFERS = st.lists(st.tuples(st.floats(), st.floats()), max_size=3)


@given(st.lists(st.tuples(_ODD_OFFERS, _ODD_OFFERS), max_size=5), st.sampled_from(["CLASSIC", "FINEST", "X"]))
def test_whatever_is_published_has_a_shape(
    fields: list[tuple[list[tuple[float, float]], list[tuple[float, float]]]], ladder: str
) -> None:
    """Numbers that are no prices, and ladders that nobody knows, end nothing; verdicts have all reasons."""
    runners = [
        {"selectionId": number, "handicap": 0, "status": "ACTIVE", "ex": _answered(*offers)}
        for number, offers in enumerate(fields, start=1)
    ]
    text = {"marketId": "1.1", "isMarketDataDelayed": False, "status": "OPEN", "runners": runners}
    book = msgspec.convert(text, MarketBook, strict=False)
    seen = of_answers(MarketCatalogue(market_id="1.1", market_name="R1"), book, 0)
    named = PriceLadderDefinition(ladder)
    seen = replace(seen, definition=msgspec.structs.replace(seen.definition, price_ladder_definition=named))

    assert len(MARKET_RULES) == len(assess(seen, {}).reasons)
    assert len(fields) == len(select(seen, {}))
    for runner in seen.runners:
        assert {each.price for each in runner.traded} <= {each.price for each in rungs(runner, seen.ladder)}
        rungs(runner, seen.ladder, depth=2)


def _answered(
    backs: list[tuple[float, float]], lays: list[tuple[float, float]]
) -> dict[str, list[dict[str, float]]]:
    sides = {"availableToBack": backs, "availableToLay": lays, "tradedVolume": backs}
    return {
        name: [{"price": price, "size": size} for price, size in offers] for name, offers in sides.items()
    }


@given(_FIELDS, _MARKET_LIMITS)
def test_eligible_means_that_all_judged_rules_pass(
    fields: list[tuple[Offers, Offers]], limits: dict[str, Limit]
) -> None:
    """Each rule has one reason; those without a limit are not judged; the verdict is all the others."""
    verdict = assess(market(*fields), limits)

    assert [rule.name for rule in MARKET_RULES] == [reason.rule for reason in verdict.reasons]
    judged = [reason for reason in verdict.reasons if reason.rule in limits]
    assert all(reason.passed is None for reason in verdict.reasons if reason not in judged)
    assert all(reason.passed is not None for reason in judged)
    assert verdict.eligible == all(reason.passed for reason in judged)
    assert (verdict.first_failed is None) == verdict.eligible


@given(_FIELDS, _MARKET_LIMITS, st.data())
def test_fewer_limits_never_make_a_market_ineligible(
    fields: list[tuple[Offers, Offers]], limits: dict[str, Limit], data: st.DataObject
) -> None:
    """What passes all limits passes any of them."""
    fewer = {name: limit for name, limit in limits.items() if data.draw(st.booleans())}

    if assess(market(*fields), limits).eligible:
        assert assess(market(*fields), fewer).eligible


@given(_FIELDS, _NUMBERS, _NUMBERS, st.sampled_from([each.name for each in MARKET_RULES[3:]]))
def test_a_wider_range_passes_whatever_a_narrower_one_passes(
    fields: list[tuple[Offers, Offers]], one: Decimal, other: Decimal, rule: str
) -> None:
    """For every rule that measures a number, at both ends."""
    low, high = sorted([one, other])
    narrow = assess(market(*fields), {rule: Range(low, high)})

    if narrow.eligible:
        for wide in (Range(low - 1, high), Range(low, high + 1), Range(low), Range(None, high)):
            assert assess(market(*fields), {rule: wide}).eligible


@given(_FIELDS, _RUNNER_LIMITS)
def test_selected_means_that_all_judged_rules_pass(
    fields: list[tuple[Offers, Offers]], limits: dict[str, Limit]
) -> None:
    """Every active runner has one verdict, with a reason of each rule."""
    verdicts = select(market(*fields), limits)

    assert set(range(1, len(fields) + 1)) == {verdict.selection_id for verdict in verdicts}
    for verdict in verdicts:
        judged = {reason.rule: reason.passed for reason in verdict.reasons if reason.limit is not None}
        assert judged.keys() == limits.keys()
        assert verdict.selected == all(judged.values())
