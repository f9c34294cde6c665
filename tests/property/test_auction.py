"""The laws of the auction at the off."""

from fractions import Fraction
from math import isfinite

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from betflow.exchange.auction import Auction, Bid, hold
from betflow.wire.enums import Side

_PRICES = st.integers(101, 5_000).map(lambda hundredths: hundredths / 100)
_BIDS = st.lists(st.tuples(_PRICES, st.integers(1, 100_000)), max_size=8)


@st.composite
def _books(draw: st.DrawFn) -> tuple[list[Bid], list[Bid]]:
    """Draw what rests on both sides: backs at higher prices than lays, each price once."""
    best_back = draw(st.integers(102, 4_000))
    sizes = st.integers(1, 100_000)
    backs = draw(st.dictionaries(st.integers(best_back, 5_000), sizes, max_size=6))
    lays = draw(st.dictionaries(st.integers(101, best_back - 1), sizes, max_size=6))
    return [(price / 100, size) for price, size in backs.items()], [
        (price / 100, size) for price, size in lays.items()
    ]


def _exchange(auction: Auction) -> Fraction:
    """Return what exchange bets bring of liability, less what they need, in pennies."""
    return sum(
        (
            (Fraction(repr(price)) - 1) * size * -(auction.side or Side.BACK).sign
            for price, size in auction.taken
        ),
        Fraction(),
    )


@given(_BIDS, _BIDS, _books())
def test_nobody_is_matched_beyond_its_limit(
    backs: list[Bid], lays: list[Bid], books: tuple[list[Bid], list[Bid]]
) -> None:
    """At the starting price no more is matched than those bring whose limit allows it."""
    auction = hold(backs, lays, *books)

    assert auction.stake <= sum(size for limit, size in backs if limit <= auction.price + 1e-9)
    assert auction.liability <= sum(size for limit, size in lays if limit >= auction.price - 1e-9)


@given(_BIDS, _BIDS, _books())
def test_the_money_balances(backs: list[Bid], lays: list[Bid], books: tuple[list[Bid], list[Bid]]) -> None:
    """What backers need at the price is what layers and exchange bets bring, to a penny of stake."""
    auction = hold(backs, lays, *books)
    assume(isfinite(auction.price))

    needed = auction.stake * (Fraction(auction.price) - 1)
    assert float(auction.liability + _exchange(auction)) == pytest.approx(
        float(needed), abs=2 * auction.price + 1
    )


@given(_BIDS, _BIDS, _books())
def test_the_starting_price_is_the_average_of_what_is_taken(
    backs: list[Bid], lays: list[Bid], books: tuple[list[Bid], list[Bid]]
) -> None:
    """Where exchange bets are taken, the starting price is their average, weighted by volume."""
    auction = hold(backs, lays, *books)
    assume(auction.taken)

    volume = sum(size for _, size in auction.taken)
    average = sum(Fraction(repr(price)) * size for price, size in auction.taken) / volume
    assert float(average) == pytest.approx(auction.price)


@given(_BIDS, _BIDS, _books())
def test_the_best_resting_bets_are_taken_first(
    backs: list[Bid], lays: list[Bid], books: tuple[list[Bid], list[Bid]]
) -> None:
    """What is taken are the best prices of one side, whole, but for the last."""
    auction = hold(backs, lays, *books)
    assume(auction.taken)

    resting = sorted(books[0]) if auction.side is Side.BACK else sorted(books[1], reverse=True)
    reached = len(auction.taken)
    assert tuple(resting[: reached - 1]) == auction.taken[:-1]
    assert resting[reached - 1][0] == auction.taken[-1][0]
    assert 0 < auction.taken[-1][1] <= resting[reached - 1][1]


@given(_BIDS, _BIDS, _books())
def test_nobody_is_left_who_would_meet(
    backs: list[Bid], lays: list[Bid], books: tuple[list[Bid], list[Bid]]
) -> None:
    """All backers better than the price are matched, or all layers are."""
    auction = hold(backs, lays, *books)
    assume(isfinite(auction.price))
    better_backs = sum(size for limit, size in backs if limit < auction.price - 1e-9)
    better_lays = sum(size for limit, size in lays if limit > auction.price + 1e-9)

    assert auction.stake >= better_backs - 1 or auction.liability >= better_lays - auction.price


@given(_BIDS.filter(bool), _BIDS.filter(bool), _books())
def test_no_resting_bet_is_passed_over(
    backs: list[Bid], lays: list[Bid], books: tuple[list[Bid], list[Bid]]
) -> None:
    """A resting back below the starting price was taken, or nobody had money left to lay; so with lays."""
    auction = hold(backs, lays, *books)
    taken = dict(auction.taken)
    limits = {limit for limit, _ in (*backs, *lays)}
    if not isfinite(auction.price) or auction.price in limits:  # at a limit somebody is matched in part
        return
    for price, size in books[0]:
        assert price >= auction.price - 1e-9 or taken.get(price) == size or not auction.liability
    for price, size in books[1]:
        assert price <= auction.price + 1e-9 or taken.get(price) == size or not auction.stake
