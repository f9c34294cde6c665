"""Matched bets."""

from decimal import Decimal

import pytest

from betflow.exchange.bets import BetError, MatchedBet, RunnerKey
from betflow.exchange.money import MoneyError
from betflow.wire.enums import Side


def _bet(size: str, price: str = "2") -> MatchedBet:
    return MatchedBet(
        bet_id="b1",
        market_id="1.1",
        selection_id=7,
        handicap=Decimal("-0.25"),
        side=Side.BACK,
        price=Decimal(price),
        size=Decimal(size),
        matched_at=1,
    )


def test_a_bet_names_its_runner_with_the_handicap() -> None:
    """A runner is a selection and a handicap; one from the wire's float is the same."""
    assert RunnerKey(7, Decimal("-0.25")) == _bet("2").runner
    assert hash(RunnerKey(7, Decimal("-0.25"))) == hash((7, -0.25))


@pytest.mark.parametrize("size", ["0", "-2"])
def test_a_bet_without_a_stake_is_refused(size: str) -> None:
    """A bet's size is positive; the message names the bet and its size."""
    with pytest.raises(BetError, match=f"bet b1 has the size {size}"):
        _bet(size)


@pytest.mark.parametrize(("size", "price"), [("2.005", "2"), ("2", "NaN")])
def test_a_bet_has_exact_numbers(size: str, price: str) -> None:
    """A size with a third decimal, or a price that is no number, is refused."""
    with pytest.raises(MoneyError):
        _bet(size, price)
