"""
Made-up markets look like recorded ones, within bounds that are meant to be generous.

docs/explanation/generator.md has the figures. What is compared are medians over twelve made-up races and the
range of three recorded markets: each side of it may be missed by the factor that stands here.
"""

from collections.abc import Sequence
from functools import cache
from math import isnan
from statistics import median

import pytest

from betflow.exchange.book import MarketBooks
from betflow.sandbox.generator.day import Day, Programme
from betflow.tape import Tape
from betflow.wire.stream import decode_market_change
from market_statistics import Towards, off_time, towards
from tapes import tape

RECORDED = {"1.127236622": 1, "1.185781277": 1, "SELF-1.181223995": 3}
"""Tapes of horse races that turn in play, with full depth, each with the number of its winners."""
WINDOWS = ("early", "middle", "late")


@cache
def _recorded() -> tuple[Towards, ...]:
    return tuple(
        towards(Tape(tape(name)), off_time(Tape(tape(name))), places) for name, places in RECORDED.items()
    )


@cache
def _generated() -> tuple[Towards, ...]:
    day = Day(Programme(seed=3, day=1_783_123_200_000, races=12, greyhounds=0, football=0, tennis=0))
    found = []
    for event in day.events:
        win, place, _ = day.markets(event)
        for market in (win, place):
            messages = [decode_market_change(change.official_line()) for change in market.changes]
            off = off_time(MarketBooks().fold(messages))
            found.append(towards(MarketBooks().fold(messages), off, market.card.number_of_winners))
    return tuple(found)


def _figures(markets: Sequence[Towards], window: str, name: str) -> list[float]:
    figures = [getattr(each, window)[name] for each in markets]
    return [figure for figure in figures if not isnan(figure)]


def _compare(window: str, name: str, *, factor: float) -> None:
    recorded = _figures(_recorded(), window, name)
    generated = median(_figures(_generated(), window, name))

    assert min(recorded) / factor <= generated <= max(recorded) * factor


@pytest.mark.parametrize("window", WINDOWS)
def test_as_many_messages_come(window: str) -> None:
    """In each window before the off the messages a minute are those of recorded markets, to a factor of 3."""
    _compare(window, "messages a minute", factor=3)


@pytest.mark.parametrize("window", WINDOWS)
def test_spreads_are_as_wide(window: str) -> None:
    """Spreads in ticks are those of recorded markets, to a factor of 2."""
    _compare(window, "spread in ticks", factor=2)


@pytest.mark.parametrize("window", WINDOWS)
def test_ladders_are_as_deep(window: str) -> None:
    """As many prices are offered on a side as in recorded markets, to a factor of 2.5."""
    _compare(window, "levels", factor=2.5)


@pytest.mark.parametrize("window", ["middle", "late"])
def test_as_many_messages_bring_trades(window: str) -> None:
    """The part of messages with a trade is that of recorded markets, to a factor of 3."""
    _compare(window, "messages with a trade", factor=3)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", ["back book", "lay book"])
def test_books_have_as_little_margin(window: str, name: str) -> None:
    """The margin of a book is in the range of recorded ones, to two per cent of the stakes."""
    recorded = _figures(_recorded(), window, name)
    generated = median(_figures(_generated(), window, name))

    assert min(recorded) - 0.02 <= generated <= max(recorded) + 0.02


def test_money_comes_late() -> None:
    """The part of the volume that comes in the last ten minutes is in the range of recorded ones, to 0.1."""
    recorded = [each.last_ten for each in _recorded()]

    assert min(recorded) - 0.1 <= median(each.last_ten for each in _generated()) <= max(recorded) + 0.1


def test_spreads_narrow_towards_the_off() -> None:
    """In a made-up market the spread of the last five minutes is at most that of half an hour before."""
    narrowed = [each.late["spread in ticks"] <= each.early["spread in ticks"] for each in _generated()]

    assert sum(narrowed) >= 0.9 * len(narrowed)


def test_the_starting_price_is_near_the_exchange() -> None:
    """Most starting prices below 20 are within 15 % of the middle of the prices at the off."""
    day = Day(Programme(seed=3, day=1_783_123_200_000, races=12, greyhounds=0, football=0, tennis=0))
    ratios = []
    for event in day.events:
        win = day.markets(event)[0]
        middle: dict[int, float] = {}
        for book in MarketBooks().fold(decode_market_change(each.official_line()) for each in win.changes):
            if book.status == "OPEN" and not book.in_play:
                middle |= {
                    each.selection_id: (each.best_back + each.best_lay) / 2
                    for each in book.changed_runners
                    if each.best_back is not None and each.best_lay is not None
                }
            elif book.definition is not None and book.definition.bsp_reconciled:
                ratios += [
                    (each.starting_price or 0) / middle[each.selection_id]
                    for each in book.runners
                    if each.status == "ACTIVE" and middle[each.selection_id] < 20
                ]
                break
    near = sum(0.85 <= ratio <= 1.15 for ratio in ratios)

    assert near >= 0.8 * len(ratios) > 30
