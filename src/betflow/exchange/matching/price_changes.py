"""What changes of prices and volumes do to our orders in a market: those on the runners that are watched."""

from collections.abc import Sequence

from betflow.exchange.matching.market_orders import MarketOrders, WatchedRunner
from betflow.exchange.matching.traded import Traded
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.volumes import is_revaluation
from betflow.wire.stream import MarketChange, RunnerChange

_FEWEST_REVALUED = 3


class PriceChanges:
    """
    One market's changes of prices, as they follow each other.

    While the market is not open only volumes are followed; when it is again, all is compared with the book.
    """

    __slots__ = ("_is_stale", "_ours", "_watched")

    def __init__(self, ours: MarketOrders) -> None:
        self._ours = ours
        self._watched = ours.watched
        self._is_stale = False  # the book was not followed while the market was not open

    def follow(self, change: MarketChange, *, is_first_image: bool) -> None:
        """
        Follow a change, after what its definition does.

        Args:
            change: The change.
            is_first_image: It brings the first prices: what it has traded was traded before them, and what
                stood ahead of our orders was not known.
        """
        if not (self._is_stale or change.img or change.market_definition is not None):
            if change.rc:
                self._act(change.rc)
        elif not self._ours.market.is_open:
            self._is_stale = True
            self._pass_over(change.rc or ())
        elif change.img or self._is_stale:
            # Nothing trades while a market is suspended: what the message that opens it trades came after.
            is_late_image = change.img is True and self._is_stale
            self._renew(count_trades=not (is_first_image or is_late_image), is_first_image=is_first_image)
            self._is_stale = False
        elif change.rc:
            self._act(change.rc)

    def trade(self, changes: Sequence[RunnerChange]) -> None:
        """Let only what traded act: the message suspends the market, and nothing trades after that."""
        self._act([RunnerChange(id=each.id, hc=each.hc, trd=each.trd) for each in changes if each.trd])

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
        ours: dict[WatchedRunner, list[RunnerChange]] = {}
        others: list[RunnerChange] = []
        for change in changes:
            key = (change.id, change.hc) if change.hc else change.id
            if key in watched:
                ours.setdefault(key, []).append(change)
            else:
                others.append(change)
        ignore_trades = self._is_revaluation(changes)
        for key, runner_changes in ours.items():
            book = self._book(key)
            if book is not None:
                steps = watched[key].change(runner_changes, book, ignore_trades=ignore_trades)
                if steps:
                    self._ours.record(steps, self._ours.doubts.of_match(self._ours.market.book))
                if watched[key].is_idle:
                    del watched[key]
        self._pass_over(others)

    def _pass_over(self, changes: Sequence[RunnerChange]) -> None:
        """Remember what was traded in changes that concern nothing of ours."""
        traded = self._ours.traded
        for change in changes:
            if change.trd is not None:
                key = (change.id, change.hc) if change.hc else change.id
                known = traded.get(key)
                if known is None:
                    known = traded[key] = Traded({})
                known.pass_over(change)

    def _is_revaluation(self, changes: Sequence[RunnerChange]) -> bool:
        """Say whether the volumes moved because they were converted anew, see `betflow.exchange.volumes`."""
        if sum(len(change.trd or ()) for change in changes) < _FEWEST_REVALUED:
            return False
        by_runner: dict[WatchedRunner, list[RunnerChange]] = {}
        for change in changes:
            if change.trd:
                by_runner.setdefault((change.id, change.hc) if change.hc else change.id, []).append(change)
        known, nothing = self._ours.traded, Traded({})
        moved = [pair for key, own in by_runner.items() for pair in known.get(key, nothing).moved(own)]
        return is_revaluation(moved, (each.volumes for each in known.values()), len(by_runner))

    def _renew(self, *, count_trades: bool, is_first_image: bool) -> None:
        """
        Compare everything with the book.

        Args:
            count_trades: Whether what has traded since the latest change matches our orders.
            is_first_image: As in `follow`.
        """
        for key, matching in list(self._watched.items()):
            book = self._book(key)
            if book is None:  # an image without the runner shows nothing on it
                book = RunnerBook(*key) if isinstance(key, tuple) else RunnerBook(key, 0.0)
            if is_first_image:
                matching.forget_queues()
            steps = matching.renew(book, count_trades=count_trades)
            self._ours.record(steps, self._ours.doubts.of_match(self._ours.market.book))
            if matching.is_idle:
                del self._watched[key]
        for key, traded in self._ours.traded.items():
            if key not in self._watched:
                book = self._book(key)
                traded.replace(book.traded if book is not None else {})

    def _book(self, key: WatchedRunner) -> RunnerBook | None:
        book = self._ours.market.book
        return book.runner(*key) if isinstance(key, tuple) else book.runner(key)
