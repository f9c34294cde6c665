"""
Markets as one kind of subscription sees them: images of books, and of each change what is taken of it.

A view is shown every change once, right after it was folded into the book, and remembers the best prices that
it said.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.sandbox.streaming.ladders import Best, Ladder, best, changed_levels, changed_prices, image_levels
from betflow.sandbox.streaming.shapes import Shape
from betflow.wire.stream import MarketChange, RunnerChange

_CUT = (Ladder.CUT_BACK, Ladder.CUT_LAY)
_BACK = (Ladder.RAW_BACK, Ladder.DISPLAY_BACK, Ladder.CUT_BACK)


class MarketView:
    """
    Sees markets in a shape.

    Args:
        shape: What is taken.
        books: The books as they stand, so that the first change of each is seen as one.
    """

    def __init__(self, shape: Shape, books: Iterable[MarketBook] = ()) -> None:
        self.shape = shape
        self._said: dict[tuple[str, RunnerKey, Ladder], Best] = {}
        for book in books:
            self._note(book)

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
            self._note(book)
            return self.image(book)
        shape = self.shape
        runners: list[RunnerChange] | None = change.rc
        if runners is not None and not (shape.takes_all and not any(map(_has_levels, runners))):
            runners = list(self._runner_changes(book, runners))
        definition = change.market_definition if shape.has_definition else None
        volume = change.tv if shape.has_volume else None
        if not runners and definition is None and volume is None:
            return None
        return MarketChange(
            id=change.id, rc=runners or None, con=change.con or None, tv=volume, market_definition=definition
        )

    def _runner_changes(self, book: MarketBook, changes: list[RunnerChange]) -> Iterator[RunnerChange]:
        for change in changes:
            taken: dict[str, Any] = {
                name: value for name in self.shape.fields if (value := getattr(change, name)) is not None
            }
            if self.shape.ladders:
                runner = book.runner(change.id, change.hc or 0.0)
                if runner is not None:
                    taken.update(self._ladder_changes(book.market_id, runner, change))
            if taken:
                yield RunnerChange(id=change.id, hc=change.hc or None, **taken)

    def _ladder_changes(
        self, market_id: str, runner: RunnerBook, change: RunnerChange
    ) -> Iterator[tuple[str, Any]]:
        touches_back = change.atb is not None or change.batb is not None or change.bdatb is not None
        touches_lay = change.atl is not None or change.batl is not None or change.bdatl is not None
        for ladder in self.shape.ladders:
            if not (touches_back if ladder in _BACK else touches_lay):
                continue
            key = (market_id, _key(runner), ladder)
            before = self._said.get(key, ())
            now = best(runner, ladder, self.shape.levels)
            if now == before:
                continue
            self._said[key] = now
            if ladder in _CUT:
                yield ladder, changed_prices(before, now)
            else:
                yield ladder, changed_levels(before, now, self.shape.levels)

    def _note(self, book: MarketBook) -> None:
        """Take the best prices of a book for said."""
        for runner in book.runners:
            for ladder in self.shape.ladders:
                key = (book.market_id, _key(runner), ladder)
                self._said[key] = best(runner, ladder, self.shape.levels)

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
        taken = {name: value for name in self.shape.fields if (value := values[name]) not in (None, [])}
        for ladder in self.shape.ladders:
            now = best(runner, ladder, self.shape.levels)
            if now:
                taken[ladder] = list(now) if ladder in _CUT else image_levels(now)
        if not taken:
            return None
        return RunnerChange(id=runner.selection_id, hc=runner.handicap or None, **taken)


RunnerKey = tuple[int, float]


def _key(runner: RunnerBook) -> RunnerKey:
    return (runner.selection_id, runner.handicap)


def _has_levels(change: RunnerChange) -> bool:
    return (
        change.batb is not None
        or change.batl is not None
        or change.bdatb is not None
        or change.bdatl is not None
    )
