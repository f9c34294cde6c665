"""
Markets as one kind of subscription sees them: images of books, and of each change what is taken of it.

A view is shown every change once, right after it was folded into the book, and remembers the best prices that
it said.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.sandbox.streaming.ladders import (
    Best,
    Ladder,
    Nearest,
    by_level,
    changed_levels,
    changed_prices,
    image_levels,
)
from betflow.sandbox.streaming.shapes import Shape
from betflow.wire.stream import MarketChange, RunnerChange

_CUT = (Ladder.CUT_BACK, Ladder.CUT_LAY)
_DISPLAY = (Ladder.DISPLAY_BACK, Ladder.DISPLAY_LAY)
_BACK = (Ladder.RAW_BACK, Ladder.DISPLAY_BACK, Ladder.CUT_BACK)
_RunnerKey: TypeAlias = tuple[int, float]


class MarketView:
    """
    Sees markets in a shape.

    Args:
        shape: What is taken.
        books: The books as they stand, so that the first change of each is seen as one.
    """

    def __init__(self, shape: Shape, books: Iterable[MarketBook] = ()) -> None:
        self.shape = shape
        self._fields = tuple(shape.fields)
        self._shown: dict[str, dict[_RunnerKey, _Shown]] = {}
        for book in books:
            self._look(book)

    def image(self, book: MarketBook) -> MarketChange:
        """Return all of a market that is taken."""
        runners = [image for runner in book.runners if (image := self._runner_image(runner)) is not None]
        return MarketChange(
            id=book.market_id,
            img=True,
            tv=book.total_matched if self.shape.has_volume else None,
            market_definition=book.definition if self.shape.has_definition else None,
            rc=runners or None,
        )

    def change(self, book: MarketBook) -> MarketChange | None:
        """Return what is taken of a book's latest change; None where that is nothing."""
        change = book.change
        if change is None:
            return None
        if change.img:
            self._look(book)
            return self.image(book)
        shape = self.shape
        runners = change.rc
        if runners is not None and not (shape.takes_all and _are_without_levels(runners)):
            runners = list(self._runner_changes(book, runners))
        definition = change.market_definition if shape.has_definition else None
        volume = change.tv if shape.has_volume else None
        if not runners and definition is None and volume is None:
            return None
        return MarketChange(
            id=change.id, rc=runners or None, con=change.con or None, tv=volume, market_definition=definition
        )

    def _runner_changes(self, book: MarketBook, changes: list[RunnerChange]) -> Iterator[RunnerChange]:
        shown = self._shown.setdefault(book.market_id, {}) if self.shape.ladders else {}
        for change in changes:
            taken: dict[str, Any] = {
                name: value for name in self._fields if (value := getattr(change, name)) is not None
            }
            if self.shape.ladders:
                key = (change.id, change.hc or 0.0)
                runner = book.runner(*key)
                if runner is not None:
                    if key not in shown:
                        shown[key] = _Shown(self.shape)
                    taken.update(shown[key].changes(runner, change))
            if taken:
                yield RunnerChange(id=change.id, hc=change.hc or None, **taken)

    def _look(self, book: MarketBook) -> None:
        """Take the best prices of a book for said."""
        if self.shape.ladders:
            shown = self._shown[book.market_id] = {}
            for runner in book.runners:
                key = (runner.selection_id, runner.handicap)
                shown[key] = _Shown(self.shape)
                shown[key].look(runner)

    def _runner_image(self, runner: RunnerBook) -> RunnerChange | None:
        values: dict[str, Any] = {
            "atb": list(runner.available_to_back.items()),
            "atl": list(runner.available_to_lay.items()),
            "trd": list(runner.traded.items()),
            "tv": runner.total_matched,
            "ltp": runner.last_price_traded,
            "spb": list(runner.lay_liability_taken.items()),
            "spl": list(runner.back_stake_taken.items()),
            "spn": runner.near_price,
            "spf": runner.far_price,
        }
        taken = {name: value for name in self._fields if (value := values[name]) not in (None, [])}
        if self.shape.ladders:
            shown = _Shown(self.shape)
            shown.look(runner)
            taken.update(shown.image())
        if not taken:
            return None
        return RunnerChange(id=runner.selection_id, hc=runner.handicap or None, **taken)


class _Shown:
    """The best prices of a runner, as they were said."""

    __slots__ = ("_back", "_lay", "_said", "_shape")

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._back = Nearest(shape.levels, is_back=True)
        self._lay = Nearest(shape.levels, is_back=False)
        self._said: dict[Ladder, Best] = dict.fromkeys(shape.ladders, ())

    def look(self, runner: RunnerBook) -> None:
        """Take a runner's best prices for said."""
        self._back.look(runner.available_to_back)
        self._lay.look(runner.available_to_lay)
        for ladder in self._said:
            self._said[ladder] = self._now(runner, ladder)

    def image(self) -> Iterator[tuple[str, Any]]:
        """Yield the ladders as an image has them."""
        for ladder, now in self._said.items():
            if now:
                yield ladder, list(now) if ladder in _CUT else image_levels(now)

    def changes(self, runner: RunnerBook, change: RunnerChange) -> Iterator[tuple[str, Any]]:
        """Follow a change; yield the ladders that look otherwise now, with what differs."""
        touches_back = change.atb is not None or change.batb is not None or change.bdatb is not None
        touches_lay = change.atl is not None or change.batl is not None or change.bdatl is not None
        if change.atb:
            self._back.change(runner.available_to_back, change.atb)
        if change.atl:
            self._lay.change(runner.available_to_lay, change.atl)
        for ladder, before in self._said.items():
            if touches_back if ladder in _BACK else touches_lay:
                now = self._now(runner, ladder)
                if now != before:
                    self._said[ladder] = now
                    yield ladder, self._difference(ladder, before, now)

    def _difference(self, ladder: Ladder, before: Best, now: Best) -> list[Any]:
        if ladder in _CUT:
            return changed_prices(before, now)
        return changed_levels(before, now, self._shape.levels)

    def _now(self, runner: RunnerBook, ladder: Ladder) -> Best:
        if ladder in _BACK:
            display, raw, depth = (
                runner.display_available_to_back,
                runner.best_available_to_back,
                runner.available_to_back,
            )
        else:
            display, raw, depth = (
                runner.display_available_to_lay,
                runner.best_available_to_lay,
                runner.available_to_lay,
            )
        if ladder in _DISPLAY and display:
            return by_level(display, self._shape.levels)
        if depth or not raw:
            return (self._back if ladder in _BACK else self._lay).best
        return by_level(raw, self._shape.levels)


def _are_without_levels(changes: list[RunnerChange]) -> bool:
    for change in changes:
        if change.batb is not None or change.batl is not None:
            return False
        if change.bdatb is not None or change.bdatl is not None:
            return False
    return True
