"""
Several changes put together into one that leaves the same behind.

Source: "Exchange Stream API" (conflation, image and delta, ladders keyed by price or level).
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from betflow.wire.stream import (
    MarketChange,
    Order,
    OrderMarketChange,
    OrderRunnerChange,
    PriceSizes,
    RunnerChange,
    StrategyMatchChange,
)

_LADDERS = ("atb", "atl", "trd", "spb", "spl", "batb", "batl", "bdatb", "bdatl")
_VALUES = ("ltp", "tv", "spn", "spf")
_Key: TypeAlias = tuple[int, float]


def merged_markets(changes: Sequence[MarketChange]) -> MarketChange:
    """
    Put changes of one market together; more than one is marked as such (`con`).

    Args:
        changes: At least one, in their order.
    """
    if len(changes) == 1:
        return changes[0]
    is_image = False
    volume = definition = None
    runners: dict[_Key, _Runner] = {}
    for change in changes:
        if change.img:
            is_image = True
            volume, definition, runners = None, None, {}
        volume = change.tv if change.tv is not None else volume
        definition = change.market_definition or definition
        for each in change.rc or ():
            key = (each.id, each.hc or 0.0)
            runner = runners.get(key)
            if runner is None:
                runner = runners[key] = _Runner(each)
            runner.add(each)
    merged = [part for runner in runners.values() for part in runner.changes(is_image=is_image)]
    return MarketChange(
        id=changes[0].id,
        img=is_image or None,
        con=True,
        tv=volume,
        market_definition=definition,
        rc=merged or None,
    )


class _Runner:
    """The changes of a runner, put together."""

    def __init__(self, first: RunnerChange) -> None:
        self._id, self._hc = first.id, first.hc
        self._values: dict[str, float] = {}
        self._ladders: dict[str, dict[float, Any]] = {}
        self._is_cleared = False  # `trd` was empty, which clears it

    def add(self, change: RunnerChange) -> None:
        for name in _VALUES:
            value = getattr(change, name)
            if value is not None:
                self._values[name] = value
        for name in _LADDERS:
            entries = getattr(change, name)
            if entries is None:
                continue
            if name == "trd" and not entries:
                self._is_cleared = True
                self._ladders.pop(name, None)
            ladder = self._ladders.setdefault(name, {})
            for entry in entries:
                ladder[entry[0]] = entry

    def changes(self, *, is_image: bool) -> Iterable[RunnerChange]:
        ladders = {
            name: [entry for entry in ladder.values() if entry[-1] or not is_image]
            for name, ladder in self._ladders.items()
        }
        if self._is_cleared and not is_image and ladders.get("trd"):
            yield RunnerChange(id=self._id, hc=self._hc, trd=[])
        fields: dict[str, Any] = {**ladders, **self._values}
        if is_image:
            fields = {name: value for name, value in fields.items() if value != []}
        if fields:
            yield RunnerChange(id=self._id, hc=self._hc, **fields)


def merged_orders(changes: Sequence[OrderMarketChange]) -> OrderMarketChange:
    """
    Put changes of the orders in one market together: of each order the latest, of each price the latest.

    The exchange takes matched bets away price by price, never with an empty ladder.

    Args:
        changes: At least one, in their order.
    """
    if len(changes) == 1:
        return changes[0]
    is_image = is_closed = account_id = None
    runners: dict[_Key, _RunnerOrders] = {}
    for change in changes:
        if change.full_image:
            is_image, runners = True, {}
        is_closed = change.closed if change.closed is not None else is_closed
        account_id = change.account_id if change.account_id is not None else account_id
        for each in change.orc or ():
            key = (each.id, each.hc or 0.0)
            runner = runners.get(key)
            if runner is None or each.full_image:
                runner = runners[key] = _RunnerOrders(each)
            runner.add(each)
    return OrderMarketChange(
        id=changes[0].id,
        account_id=account_id,
        closed=is_closed,
        full_image=is_image,
        orc=[runner.change() for runner in runners.values()] or None,
    )


class _RunnerOrders:
    """The changes of the orders on a runner, put together."""

    def __init__(self, first: OrderRunnerChange) -> None:
        self._id, self._hc, self._full_image = first.id, first.hc, first.full_image
        self._orders: dict[str, Order] = {}
        self._backs: dict[float, float] | None = None
        self._lays: dict[float, float] | None = None
        self._strategies: dict[str, tuple[dict[float, float] | None, dict[float, float] | None]] = {}

    def add(self, change: OrderRunnerChange) -> None:
        for order in change.uo or ():
            self._orders[order.id] = order
        self._backs = _added(self._backs, change.mb)
        self._lays = _added(self._lays, change.ml)
        for reference, matches in (change.smc or {}).items():
            backs, lays = self._strategies.get(reference, (None, None))
            self._strategies[reference] = (_added(backs, matches.mb), _added(lays, matches.ml))

    def change(self) -> OrderRunnerChange:
        return OrderRunnerChange(
            id=self._id,
            hc=self._hc,
            full_image=self._full_image,
            uo=list(self._orders.values()) or None,
            mb=_entries(self._backs),
            ml=_entries(self._lays),
            smc={
                reference: StrategyMatchChange(mb=_entries(backs), ml=_entries(lays))
                for reference, (backs, lays) in self._strategies.items()
            }
            or None,
        )


def _added(sizes: dict[float, float] | None, changes: PriceSizes | None) -> dict[float, float] | None:
    return sizes if changes is None else {**(sizes or {}), **dict(changes)}


def _entries(sizes: dict[float, float] | None) -> PriceSizes | None:
    return None if sizes is None else list(sizes.items())
