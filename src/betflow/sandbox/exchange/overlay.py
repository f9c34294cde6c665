"""
The accounts' bets, laid over the feed's books.

An unmatched bet is on top of what is displayed at its price, what a bet took is gone from there and is in the
traded volume, and a bet at the starting price is in its pool. The feed's own books stay as they are: orders
are matched with those, and never with what is published of themselves.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.volumes import LARGEST, hundredths
from betflow.wire.enums import Side
from betflow.wire.stream import MarketChange, MarketChangeMessage, PriceSizes, RunnerChange

Runner: TypeAlias = tuple[int, float]
"""Selection id and handicap."""

Difference: TypeAlias = tuple[Runner, str, float, int, int]
"""
On which runner, in which ladder of the stream and at which price how many pennies are on top of what the
feed has, and how many of the feed's are gone.
"""

TO_BACK, TO_LAY, TRADED, BACKS_ON_CLOSE, LAYS_ON_CLOSE = "atb", "atl", "trd", "spl", "spb"
DISPLAYED: Final = {Side.BACK: TO_BACK, Side.LAY: TO_LAY}
ON_CLOSE: Final = {Side.BACK: BACKS_ON_CLOSE, Side.LAY: LAYS_ON_CLOSE}

_Pennies: TypeAlias = tuple[int, int]
"""On top, and gone."""
_Ladder: TypeAlias = dict[float, _Pennies]


@dataclass(slots=True)
class _Own:
    """
    What bets change of one market.

    Attributes:
        ladders: By runner and ladder.
        traded: What they add to the volume of each runner, in pennies of both stakes.
        volume: Likewise, to that of the market.
    """

    ladders: dict[Runner, dict[str, _Ladder]] = field(default_factory=dict)
    traded: dict[Runner, int] = field(default_factory=dict)
    volume: int = 0


_NONE: Final = (0, 0)
_FED: Final[Mapping[str, Callable[[RunnerBook], dict[float, float]]]] = MappingProxyType(
    {
        TO_BACK: lambda runner: runner.available_to_back,
        TO_LAY: lambda runner: runner.available_to_lay,
        TRADED: lambda runner: runner.traded,
        BACKS_ON_CLOSE: lambda runner: runner.back_stake_taken,
        LAYS_ON_CLOSE: lambda runner: runner.lay_liability_taken,
    }
)


class Overlay:
    """
    Books with bets in them.

    Args:
        fed: The books as the feed has them.

    Attributes:
        books: By market id: with bets, and the feed's own where no account has any.
    """

    def __init__(self, fed: dict[str, MarketBook]) -> None:
        self._fed = fed
        self._with_bets = MarketBooks()
        self._own: dict[str, _Own] = {}
        self.books: Mapping[str, MarketBook] = MappingProxyType(ChainMap(self._with_bets.books, fed))

    def lay(
        self,
        market_id: str,
        differences: Iterable[Difference] | None,
        at: int,
        change: MarketChange | None = None,
    ) -> MarketBook | None:
        """
        Lay the accounts' bets over a market.

        Args:
            market_id: The market.
            differences: Which those bets make to the feed's book, all of them; None where they are the same
                as last time, but for what the change takes away.
            at: The moment, epoch milliseconds.
            change: What the feed published at that moment; None where only bets changed.

        Returns:
            The book with what is new as its latest change; None where nothing is.
        """
        fed, before = self._fed[market_id], self._own.get(market_id) or _Own()
        if differences is None:
            now = before
            _forget_gone(now, change)
        else:
            now = self._own[market_id] = _added_up(differences)
        if market_id not in self._with_bets.books:
            self._fold(_image(fed, _Own()), at)
        if change is not None and change.img:
            return self._fold(_image(fed, now), at)
        moved = list(_moved(fed, before, now)) if now is not before else []
        if change is None:
            if not moved:
                return None
            change = MarketChange(id=market_id)
        return self._fold(_with_bets(fed, change, before, now, moved) if now.ladders or moved else change, at)

    def _fold(self, change: MarketChange, at: int) -> MarketBook:
        (book,) = self._with_bets.apply(MarketChangeMessage(pt=at, mc=[change]))
        return book


def _added_up(differences: Iterable[Difference]) -> _Own:
    own = _Own()
    for runner, ladder, price, more, gone in differences:
        sizes = own.ladders.setdefault(runner, {}).setdefault(ladder, {})
        others_more, others_gone = sizes.get(price, _NONE)
        sizes[price] = others_more + more, others_gone + gone
        if ladder == TRADED:
            own.traded[runner] = own.traded.get(runner, 0) + more
            own.volume += more
    return own


def _forget_gone(own: _Own, change: MarketChange | None) -> None:
    """Forget what was taken at prices where nothing is displayed any more: whatever comes next is new."""
    for each in change.rc or () if change is not None else ():
        ladders = own.ladders.get((each.id, each.hc or 0.0), {})
        for name, entries in ((TO_BACK, each.atb), (TO_LAY, each.atl)):
            sizes = ladders.get(name)
            if sizes and entries:
                for price, size in entries:
                    if not size and price in sizes:
                        sizes[price] = sizes[price][0], 0


def _with_bets(
    fed: MarketBook, change: MarketChange, before: _Own, now: _Own, moved: list[RunnerChange]
) -> MarketChange:
    """Return a change of the feed with what bets add to it, and what changed of them."""
    rc = [*(_shown(each, now) for each in change.rc or ()), *moved]
    volume = change.tv
    if volume is None and now.volume != before.volume:
        volume = fed.total_matched
    if volume is not None:
        volume = _more(volume, (now.volume, 0))
    return msgspec.structs.replace(change, rc=rc or None, tv=volume)


def _shown(change: RunnerChange, own: _Own) -> RunnerChange:
    """Return a runner's change with bets on top of its sizes."""
    key = (change.id, change.hc or 0.0)
    ladders = own.ladders.get(key)
    if not ladders:
        return change
    fields: dict[str, object] = {}
    for name, sizes in ladders.items():
        entries: PriceSizes | None = getattr(change, name)
        if entries:
            fields[name] = [(price, _more(size, sizes.get(price, _NONE))) for price, size in entries]
    if change.tv is not None:
        fields["tv"] = _more(change.tv, (own.traded.get(key, 0), 0))
    return msgspec.structs.replace(change, **fields) if fields else change


def _moved(fed: MarketBook, before: _Own, now: _Own) -> Iterator[RunnerChange]:
    """Yield what changed of the bets themselves, runner by runner."""
    for key in dict.fromkeys((*before.ladders, *now.ladders)):
        runner = fed.runner(*key)
        old, new = before.ladders.get(key, {}), now.ladders.get(key, {})
        if runner is None or old == new:
            continue
        fields: dict[str, object] = {}
        for name in dict.fromkeys((*old, *new)):
            was, is_ = old.get(name, {}), new.get(name, {})
            prices = [
                price
                for price in dict.fromkeys((*was, *is_))
                if was.get(price, _NONE) != is_.get(price, _NONE)
            ]
            ladder = _FED[name](runner)
            if prices:
                fields[name] = [
                    (price, _more(ladder.get(price, 0.0), is_.get(price, _NONE))) for price in prices
                ]
        traded = {
            price: size
            for price, size in new.get(TRADED, {}).items()
            if size > old.get(TRADED, {}).get(price, _NONE)
        }
        if TRADED in fields:
            fields["tv"] = _more(runner.total_traded or 0.0, (now.traded.get(key, 0), 0))
        if traded:
            fields["ltp"] = list(traded)[-1]
        if fields:
            yield RunnerChange(id=key[0], hc=key[1] or None, **fields)  # type: ignore[arg-type]  # ladders by name


def _image(fed: MarketBook, own: _Own) -> MarketChange:
    """Return all of a market with the bets in it."""
    return MarketChange(
        id=fed.market_id,
        img=True,
        market_definition=fed.definition,
        tv=None if fed.total_matched is None else _more(fed.total_matched, (own.volume, 0)),
        rc=[_runner_image(runner, own) for runner in fed.runners],
    )


def _runner_image(runner: RunnerBook, own: _Own) -> RunnerChange:
    key = (runner.selection_id, runner.handicap)
    bets = own.ladders.get(key, {})
    ladders = {name: _together(_FED[name](runner), bets.get(name, {})) for name in _FED}
    traded = (own.traded.get(key, 0), 0)
    return RunnerChange(
        id=runner.selection_id,
        hc=runner.handicap or None,
        ltp=runner.last_price_traded,
        tv=None if runner.total_matched is None else _more(runner.total_matched, traded),
        spn=runner.near_price,
        spf=runner.far_price,
        batb=_levels(runner.best_available_to_back),
        batl=_levels(runner.best_available_to_lay),
        bdatb=_levels(runner.display_available_to_back),
        bdatl=_levels(runner.display_available_to_lay),
        **ladders,
    )


def _levels(ladder: dict[int, tuple[float, float]]) -> list[tuple[int, float, float]] | None:
    return [(level, price, size) for level, (price, size) in sorted(ladder.items())] or None


def _together(fed: dict[float, float], own: _Ladder) -> PriceSizes | None:
    prices = dict.fromkeys((*fed, *own))
    return [(price, _more(fed.get(price, 0.0), own.get(price, _NONE))) for price in prices] or None


def _more(size: float, pennies: _Pennies) -> float:
    """Return a size less what is gone of it, and with what is on top."""
    if pennies == _NONE or not 0 <= size < LARGEST:
        return size
    more, gone = pennies
    return (max(0, hundredths(size) - gone) + more) / 100
