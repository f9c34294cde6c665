"""One market of a tape on its way into the feed: from what was recorded to what a live stream would say."""

from typing import Final

from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.volumes import Volumes, hundredths, is_possible
from betflow.sandbox.feed.live import live_definition
from betflow.wire.stream import MarketChange, MarketDefinition, PriceSizes, RunnerChange

_Key = tuple[int, float]
_Ladder = dict[float, float]
_BACK: Final = "atb"
_LAY: Final = "atl"


class Track:
    """
    A market that was shown.

    Args:
        book: How it stood when it was shown; it is folded on until there is an offer with full depth.
        shift: By how many milliseconds its times are moved.
        open_date: When its event begins, moved; None to move what its definitions say.
    """

    def __init__(self, book: MarketBook, shift: int, open_date: str | None) -> None:
        self._shift = shift
        self._open_date = open_date
        self._definition = self._live(book.definition)
        self._traded: dict[_Key, Volumes] = {}
        self._totals: dict[_Key, int] = {}
        self._shown: dict[tuple[_Key, str], _Ladder] = {}
        for runner in book.runners:
            self._count(_key(runner), list(runner.traded.items()))
        # Where offers are given by level only, ladders are made of the levels.
        self._book = None if _has_depth(book) else book
        if self._book is not None:
            for runner in book.runners:
                self._shown[_key(runner), _BACK] = dict(runner.back_ladder)
                self._shown[_key(runner), _LAY] = dict(runner.lay_ladder)

    def change(self, change: MarketChange, publish_time: int) -> MarketChange | None:
        """Return a change as the live stream would send it; None where there is nothing in it."""
        if change.img:
            self._traded.clear()
            self._totals.clear()
            self._shown.clear()
        if self._book is not None:
            self._book.apply(change, publish_time)
            if _has_depth(self._book):
                self._book = None
        definition = None
        if change.market_definition is not None:
            self._definition = self._live(change.market_definition)
        if change.img or change.market_definition is not None:
            definition = self._definition
        runners = [runner for each in change.rc or () if (runner := self._runner(each)) is not None]
        if not runners and definition is None and change.tv is None:
            return None
        return MarketChange(
            id=change.id,
            img=change.img or None,
            tv=change.tv,
            market_definition=definition,
            rc=runners or None,
        )

    def _live(self, definition: MarketDefinition | None) -> MarketDefinition | None:
        if definition is None:
            return None
        return live_definition(definition, self._shift, open_date=self._open_date)

    def _runner(self, change: RunnerChange) -> RunnerChange | None:
        has_levels = (
            change.batb is not None
            or change.batl is not None
            or change.bdatb is not None
            or change.bdatl is not None
        )
        if change.trd is None and not has_levels:
            return change
        key = (change.id, change.hc or 0.0)
        available_to_back, available_to_lay = change.atb, change.atl
        if self._book is not None:
            runner = self._book.runner(*key)
            if runner is not None and available_to_back is None:
                available_to_back = self._news(key, _BACK, dict(runner.back_ladder))
            if runner is not None and available_to_lay is None:
                available_to_lay = self._news(key, _LAY, dict(runner.lay_ladder))
        total = change.tv
        if change.trd is not None:
            total = self._count(key, change.trd) / 100
        live = RunnerChange(
            atb=available_to_back,
            atl=available_to_lay,
            trd=change.trd,
            ltp=change.ltp,
            tv=total,
            id=change.id,
            hc=change.hc,
            spn=change.spn,
            spf=change.spf,
            spb=change.spb,
            spl=change.spl,
        )
        return live if not has_levels or live != RunnerChange(id=live.id, hc=live.hc) else None

    def _count(self, key: _Key, trades: PriceSizes) -> int:
        """Take in what is traded by price; return what that comes to, in hundredths."""
        traded = self._traded.get(key)
        if traded is None:
            traded = self._traded[key] = {}
        if not trades:
            traded.clear()
            self._totals[key] = 0
        total = self._totals.get(key, 0)
        for price, size in trades:
            if is_possible(price, size):
                now = hundredths(size)
                total += now - traded.get(price, 0)
                traded[price] = now
        self._totals[key] = total
        return total

    def _news(self, key: _Key, side: str, ladder: _Ladder) -> PriceSizes | None:
        before, self._shown[key, side] = self._shown.get((key, side), {}), ladder
        gone = [(price, 0.0) for price in before if price not in ladder]
        return gone + [entry for entry in ladder.items() if before.get(entry[0]) != entry[1]] or None


def _key(runner: RunnerBook) -> _Key:
    return runner.selection_id, runner.handicap


def _has_depth(book: MarketBook) -> bool:
    return any(runner.available_to_back or runner.available_to_lay for runner in book.runners)
