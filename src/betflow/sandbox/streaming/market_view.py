"""
Markets as one kind of subscription sees them: images of books, and of each change what is taken of it.

A view is shown every change once, right after it was folded into the book, and remembers the best prices that
it said.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.sandbox.streaming.ladders import (
    Best,
    Nearest,
    changed_levels,
    changed_prices,
    image_levels,
)
from betflow.sandbox.streaming.shapes import Shape
from betflow.wire.stream import MarketChange, PriceSizes, RunnerChange

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
        self._takes_all = shape.takes_all
        self._takes_everything = shape.takes_all and shape.has_definition and shape.has_volume
        self._has_best = shape.has_best
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
        if self._takes_everything and change.rc and change.img is None and change.con is None:
            return change
        if change.img:
            self._look(book)
            return self.image(book)
        shape = self.shape
        runners = change.rc
        if runners is not None and not self._takes_all:
            runners = list(self._runner_changes(book, runners))
        definition = change.market_definition if shape.has_definition else None
        volume = change.tv if shape.has_volume else None
        if not runners and definition is None and volume is None:
            return None
        return MarketChange(
            id=change.id, rc=runners or None, con=change.con or None, tv=volume, market_definition=definition
        )

    def _runner_changes(self, book: MarketBook, changes: list[RunnerChange]) -> Iterator[RunnerChange]:
        shown = self._shown.setdefault(book.market_id, {}) if self._has_best else {}
        for change in changes:
            taken: dict[str, Any] = {
                name: value for name in self._fields if (value := getattr(change, name)) is not None
            }
            if self._has_best:
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
        if self._has_best:
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
        if self._has_best:
            shown = _Shown(self.shape)
            shown.look(runner)
            taken.update(shown.image())
        if not taken:
            return None
        return RunnerChange(id=runner.selection_id, hc=runner.handicap or None, **taken)


class _Shown:
    """The best prices of a runner, as they were said."""

    __slots__ = ("_back", "_lay")

    def __init__(self, shape: Shape) -> None:
        self._back = _Side(shape, is_back=True)
        self._lay = _Side(shape, is_back=False)

    def look(self, runner: RunnerBook) -> None:
        """Take a runner's best prices for said."""
        self._back.look(runner.available_to_back)
        self._lay.look(runner.available_to_lay)

    def image(self) -> dict[str, Any]:
        """Return the ladders as an image has them."""
        return self._back.image() | self._lay.image()

    def changes(self, runner: RunnerBook, change: RunnerChange) -> dict[str, Any]:
        """Follow a change; return the ladders that look otherwise now, with what differs."""
        changed: dict[str, Any] = {}
        if change.atb:
            changed |= self._back.changes(runner.available_to_back, change.atb)
        if change.atl:
            changed |= self._lay.changes(runner.available_to_lay, change.atl)
        return changed


class _Side:
    """The best prices of one side of a runner."""

    __slots__ = ("_cut", "_levels", "_names", "_nearest", "_said")

    def __init__(self, shape: Shape, *, is_back: bool) -> None:
        self._nearest = Nearest(shape.levels, is_back=is_back)
        self._levels = shape.levels
        self._names = shape.back if is_back else shape.lay
        self._cut = ("atb" if is_back else "atl") if shape.is_cut else None
        self._said: Best = ()

    def look(self, ladder: Mapping[float, float]) -> None:
        self._nearest.look(ladder)
        self._said = self._nearest.best

    def image(self) -> dict[str, Any]:
        if not self._said:
            return {}
        image: dict[str, Any] = dict.fromkeys(self._names, image_levels(self._said))
        if self._cut is not None:
            image[self._cut] = list(self._said)
        return image

    def changes(self, ladder: Mapping[float, float], changes: PriceSizes) -> dict[str, Any]:
        self._nearest.change(ladder, changes)
        before, now = self._said, self._nearest.best
        if now == before:
            return {}
        self._said = now
        changed: dict[str, Any] = {}
        if self._names:
            changed = dict.fromkeys(self._names, changed_levels(before, now, self._levels))
        if self._cut is not None:
            changed[self._cut] = changed_prices(before, now)
        return changed
