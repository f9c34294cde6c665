"""The law of the auction on every recorded tape that has one."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from math import isnan
from pathlib import Path

import pytest

from betflow.exchange.observed_auction import AuctionFold, RunnerAuction
from betflow.tape import read
from tapes import tapes

TAKEN = {"1.127236622": 12, "1.185781277": 12, "1.197931751": 6, "1.205822330": 2}
"""By market: on how many runners exchange bets were taken while it was suspended for the off."""
_FAIR = Decimal("0.0001")
"""Volumes in other currencies are published in pounds, at a rate that is not that of the bets."""
_CENT = Decimal("0.01")
"""Official files have the starting price cut to two decimals."""


@cache
def _auctions() -> dict[str, tuple[RunnerAuction, ...]]:
    found: dict[str, tuple[RunnerAuction, ...]] = {}
    for path in tapes():
        found |= _read(path)
    return found


def _read(path: Path) -> dict[str, tuple[RunnerAuction, ...]]:
    folds: dict[str, AuctionFold] = {}
    for book in read(path):
        if book.change is not None:
            fold = folds.setdefault(book.market_id, AuctionFold(book.market_id))
            fold.apply(book.change, book.publish_time)
    return {market_id: fold.runners() for market_id, fold in folds.items() if fold.runners()}


def _taken() -> Iterator[RunnerAuction]:
    for market_id in TAKEN:
        yield from (runner for runner in _auctions()[market_id] if runner.volume)


def test_the_runners_whose_exchange_bets_were_taken() -> None:
    """Exchange bets were taken on 32 runners of four markets."""
    counts = {market: sum(bool(each.volume) for each in runners) for market, runners in _auctions().items()}

    assert TAKEN == {market: count for market, count in counts.items() if count}


def test_the_starting_price_is_the_average_of_what_was_taken() -> None:
    """On each of them the average price of what was taken is the starting price, to rounding."""
    for runner in _taken():
        assert runner.average is not None
        assert abs(runner.average - Decimal(repr(runner.bsp))) <= _CENT + _FAIR * runner.average


def test_what_did_not_trade_at_a_better_price_took_the_starting_price() -> None:
    """What was displayed at a price better than the last was taken there, or left it without trading."""
    for market_id in ("1.127236622", "1.185781277"):
        for runner in _auctions()[market_id]:
            for level in runner.levels[:-1]:
                assert abs(level.displayed - level.taken - level.untraded) <= Decimal("0.02")


@pytest.mark.parametrize("market_id", ["1.127236622", "1.185781277"])
def test_the_rule_gives_the_starting_price(market_id: str) -> None:
    """The books before the suspension give each starting price, to 0.3 %: stakes are converted."""
    for runner in _auctions()[market_id]:
        assert runner.derived == pytest.approx(runner.bsp, rel=0.003)


def test_one_runner_by_hand() -> None:
    """40364043 of 1.185781277: 300.31 of backs taken from 11 to 16, 8 of 10 prices whole."""
    (runner,) = [each for each in _auctions()["1.185781277"] if each.selection_id == 40364043]
    last = runner.last_level

    assert ("BACK", 8, 10, Decimal("300.31"), Decimal("12.935741")) == (
        runner.side,
        runner.whole,
        len(runner.levels),
        runner.volume,
        runner.average,
    )
    assert last is not None
    assert (16.0, Decimal("119.48"), Decimal("22.505")) == (last.price, last.displayed, last.taken)
    assert (12.0, Decimal("28.98"), Decimal("5.96")) == (
        runner.levels[2].price,
        runner.levels[2].taken,
        runner.levels[2].untraded,
    )


def test_a_recording_without_ladders_has_no_levels() -> None:
    """A BASIC file has starting prices, and nothing of how they came about."""
    runners = _auctions()["1.132153978"]

    assert all(not runner.levels and isnan(runner.derived) for runner in runners)
