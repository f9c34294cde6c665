"""
What of a market is published: full depth, three levels, or the last price traded, and how often.

A publisher sees the exchange of each runner and says what changed since it last looked. It writes JSON by
hand: sizes are whole pennies and prices are ticks, so no number is ever formatted as a float, and nothing is
built only to be encoded.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, isnan
from typing import Any, Final

from betflow.sandbox.generator.course import MarketCard, RunnerCard
from betflow.sandbox.generator.orders import Offers, RunnerOrders
from betflow.sandbox.generator.starting_price import Pool
from betflow.sandbox.generator.ticks import Ticks, amount, ticks_of

_LEVELS: Final = 3
_NOT_IN_FILES: Final = ("raceType",)
_CLOCK_BEGINS_MS: Final = 1_400_000_000_000


class Plan(StrEnum):
    """What Betfair sells as historic data, by how much is in it."""

    BASIC = "BASIC"
    """Definitions and the last price traded, once a minute."""
    ADVANCED = "ADVANCED"
    """And the three best prices and traded volume, once a second."""
    PRO = "PRO"
    """And full depth and the starting price pools, ten times a second, as recorded tapes have it."""

    @property
    def interval(self) -> int:
        """How many milliseconds are between two messages of a market at least."""
        return {Plan.BASIC: 60_000, Plan.ADVANCED: 1_000, Plan.PRO: 100}[self]


@dataclass(frozen=True, slots=True)
class Change:
    """
    A change of one market as it is published.

    Attributes:
        publish_time: Epoch milliseconds; greater than that of the market's change before.
        market_id: Which market.
        definition: All of the definition under Betfair's names; None where it did not change.
        runners: The changes of runners: JSON without the brackets around the list, empty if there are none.
        total: What was traded in the market, both stakes counted, as JSON; empty where that did not change.
    """

    publish_time: int
    market_id: str
    definition: dict[str, Any] | None
    runners: str
    total: str

    def official_line(self) -> bytes:
        """Return the line of a historic data file, with its line end."""
        definition = ""
        if self.definition is not None:
            fields = {name: value for name, value in self.definition.items() if name not in _NOT_IN_FILES}
            definition = f'"marketDefinition":{json.dumps(fields, separators=(",", ":"))},'
        total = f',"tv":{self.total}' if self.total else ""
        return (
            f'{{"op":"mcm","clk":"{self.publish_time - _CLOCK_BEGINS_MS}","pt":{self.publish_time},'
            f'"mc":[{{"id":"{self.market_id}",{definition}"rc":[{self.runners}],'
            f'"con":true,"img":false{total}}}]}}\n'
        ).encode()


@dataclass(slots=True)
class Seen:
    """
    A runner as the publisher sees it.

    Attributes:
        orders: Its exchange.
        pool: Its bets at the starting price.
        near: The projected starting price with the exchange's money, as it was last worked out.
        far: The same without it.
        is_projected: The two are news.
    """

    orders: RunnerOrders
    pool: Pool
    near: float = 0.0
    far: float = 0.0
    is_projected: bool = False


class Publisher:
    """
    Says what changed in a market.

    Args:
        card: What the market is.
        plan: How much of it is published.
    """

    def __init__(self, card: MarketCard, plan: Plan) -> None:
        self._ticks: Ticks = ticks_of(card.ladder)
        self._plan = plan
        self._total = 0
        # What was published: sizes by tick for full depth, ticks and sizes by level for the best prices.
        self._sizes: dict[tuple[int, str], dict[int, int]] = {}
        self._levels: dict[tuple[int, str], list[tuple[int, int]]] = {}

    def total(self, runners: Sequence[Seen]) -> str:
        """Return the market's traded volume as JSON; empty where the plan has none, or it did not change."""
        total = sum(runner.orders.volume for runner in runners)
        if self._plan is Plan.BASIC or total == self._total:
            return ""
        self._total = total
        return amount(total)

    def changes(self, cards: Sequence[RunnerCard], runners: Sequence[Seen], touched: Iterable[int]) -> str:
        """
        Return what changed of some runners, as JSON without brackets, and take it for published.

        Args:
            cards: All runners of the market.
            runners: The same, as they stand.
            touched: The places of those that may have changed.
        """
        changes = []
        for number in touched:
            fields = self._fields(number, runners[number])
            if fields:
                card = cards[number]
                handicap = f',"hc":{card.handicap}' if card.handicap else ""
                changes.append(f'{{{",".join(fields)},"id":{card.selection_id}{handicap}}}')
        return ",".join(changes)

    def _fields(self, number: int, runner: Seen) -> list[str]:
        fields: list[str] = []
        orders = runner.orders
        for name, offers in (("atb", orders.available_to_back), ("atl", orders.available_to_lay)):
            if offers.changed:
                if self._plan is Plan.PRO:
                    self._add_depth(fields, number, name, offers)
                elif self._plan is Plan.ADVANCED:
                    self._add_levels(fields, number, f"b{name}", offers)
                offers.changed.clear()
        if orders.changed_trades:
            self._add_trades(fields, orders)
        if self._plan is Plan.PRO:
            self._add_starting_prices(fields, runner)
        return fields

    def _add_depth(self, fields: list[str], number: int, name: str, offers: Offers) -> None:
        published = self._sizes.get((number, name))
        if published is None:
            published = self._sizes[number, name] = {}
        texts, entries = self._ticks.texts, []
        for tick in offers.changed:
            size = offers.shown(tick)
            if size != published.get(tick, 0):
                published[tick] = size
                entries.append(f"[{texts[tick]},{amount(size)}]")
        if entries:
            fields.append(f'"{name}":[{",".join(entries)}]')

    def _add_levels(self, fields: list[str], number: int, name: str, offers: Offers) -> None:
        before = self._levels.get((number, name), [])
        now = [(tick, offers.shown(tick)) for tick in offers.best_ticks(_LEVELS)]
        self._levels[number, name] = now
        entries = []
        for level in range(max(len(before), len(now))):
            if level >= len(now):
                entries.append(f"[{level},0,0]")
            elif level >= len(before) or before[level] != now[level]:
                tick, size = now[level]
                entries.append(f"[{level},{self._ticks.texts[tick]},{amount(size)}]")
        if entries:
            fields.append(f'"{name}":[{",".join(entries)}]')

    def _add_trades(self, fields: list[str], orders: RunnerOrders) -> None:
        if self._plan is not Plan.BASIC:
            fields.append(self._entries("trd", orders.changed_trades, orders.traded))
        if orders.last_tick is not None:
            fields.append(f'"ltp":{self._ticks.texts[orders.last_tick]}')
        if self._plan is not Plan.BASIC:
            fields.append(f'"tv":{amount(orders.volume)}')
        orders.changed_trades.clear()

    def _add_starting_prices(self, fields: list[str], runner: Seen) -> None:
        pool = runner.pool
        if pool.changed_liabilities:
            fields.append(self._entries("spb", pool.changed_liabilities, pool.liabilities))
            pool.changed_liabilities.clear()
        if pool.changed_stakes:
            fields.append(self._entries("spl", pool.changed_stakes, pool.stakes))
            pool.changed_stakes.clear()
        if runner.is_projected:
            fields.append(f'"spn":{_projected(runner.near)},"spf":{_projected(runner.far)}')
            runner.is_projected = False

    def _entries(self, name: str, ticks: dict[int, None], sizes: dict[int, int]) -> str:
        texts = self._ticks.texts
        return f'"{name}":[{",".join(f"[{texts[tick]},{amount(sizes.get(tick, 0))}]" for tick in ticks)}]'


def collapsed(name: str, ticks: Sequence[str], price: float, size: int) -> str:
    """Return a starting price ladder after the reconciliation: nothing but one level at the price."""
    entries = [f"[{text},0]" for text in ticks if float(text) != price]
    if size:
        entries.append(f"[{price!r},{amount(size)}]")
    return f'"{name}":[{",".join(entries)}]'


def _projected(price: float) -> str:
    if not isfinite(price):
        return '"NaN"' if isnan(price) else '"Infinity"'
    return repr(round(price, 2))
