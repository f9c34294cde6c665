"""What changes of prices and volumes do to our orders in a market: those on the runners that are watched."""

from collections.abc import Iterable, Sequence

from betflow.exchange.matching.market_orders import MarketOrders, WatchedRunner
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.volumes import is_revaluation
from betflow.wire.stream import MarketChange, RunnerChange

_FEWEST_REVALUED = 3


class PriceChanges:
    """
    One market's changes of prices, as they follow each other.

    While the market is not open they are not followed; when it is again, all is compared with the book.
    """

    __slots__ = ("_is_stale", "_ours", "_watched")

    def __init__(self, ours: MarketOrders) -> None:
        self._ours = ours
        self._watched = ours.watched
        self._is_stale = False  # the book was not followed while the market was not open

    def follow(self, change: MarketChange) -> None:
        """Follow a change, after what its definition does."""
        if not (self._is_stale or change.img or change.market_definition is not None):
            if change.rc:
                self._act(change.rc)
        elif not self._ours.market.is_open:
            self._is_stale = True
        elif change.img or self._is_stale:
            self._renew(count_trades=not self._is_stale)
            self._is_stale = False
        elif change.rc:
            self._act(change.rc)

    def _act(self, changes: Sequence[RunnerChange]) -> None:
        """Let the changes of one message act on the runners that we watch; most concern none of them."""
        watched = self._watched
        for change in changes:
            matching = watched.get((change.id, change.hc) if change.hc else change.id)
            if matching is not None and matching.concerns(change):
                break
        else:
            self._pass_over(changes)
            return
        touched: dict[WatchedRunner, list[RunnerChange]] = {}
        for change in changes:
            key = (change.id, change.hc) if change.hc else change.id
            if key in watched:
                touched.setdefault(key, []).append(change)
        ignore_trades = self._is_revaluation(changes, touched)
        for key, runner_changes in touched.items():
            book = self._book(key)
            if book is not None:
                steps = watched[key].change(runner_changes, book, ignore_trades=ignore_trades)
                if steps:
                    self._ours.record(steps, self._ours.doubts.of_match(self._ours.market.book))
                if watched[key].is_idle:
                    del watched[key]

    def _pass_over(self, changes: Iterable[RunnerChange]) -> None:
        """Remember what was traded in changes that concern nothing of ours."""
        for change in changes:
            if change.trd is not None:
                matching = self._watched.get((change.id, change.hc) if change.hc else change.id)
                if matching is not None:
                    matching.pass_over(change)

    def _is_revaluation(
        self, changes: Sequence[RunnerChange], touched: dict[WatchedRunner, list[RunnerChange]]
    ) -> bool:
        """Say whether the volumes moved because they were converted anew, see `betflow.exchange.volumes`."""
        if sum(len(change.trd or ()) for change in changes) < _FEWEST_REVALUED:
            return False
        moved = [pair for key, own in touched.items() for pair in self._watched[key].revalued(own)]
        prices = sum(self._watched[key].prices_traded() for key in touched)
        runners = len({(change.id, change.hc) for change in changes if change.trd})
        return is_revaluation(moved, prices, runners)

    def _renew(self, *, count_trades: bool) -> None:
        for key, matching in list(self._watched.items()):
            book = self._book(key)
            if book is None:  # an image without the runner shows nothing on it
                book = RunnerBook(*key) if isinstance(key, tuple) else RunnerBook(key, 0.0)
            steps = matching.renew(book, count_trades=count_trades)
            self._ours.record(steps, self._ours.doubts.of_match(self._ours.market.book))
            if matching.is_idle:
                del self._watched[key]

    def _book(self, key: WatchedRunner) -> RunnerBook | None:
        book = self._ours.market.book
        return book.runner(*key) if isinstance(key, tuple) else book.runner(key)
