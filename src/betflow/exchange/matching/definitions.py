"""What a new definition of a market does to our orders: removals, the turn in play, suspensions, the end."""

from betflow.exchange.assumptions import InPlaySuspension
from betflow.exchange.matching.market_orders import MarketOrders
from betflow.exchange.matching.non_runners import newly_removed, remove
from betflow.exchange.matching.orders import Rule
from betflow.exchange.matching.starting_price import (
    convert,
    end_auction,
    lapse_unpriced,
    match_starting_price,
    reconcile,
)
from betflow.exchange.results import with_earlier_factors
from betflow.wire.enums import MarketStatus, PersistenceType
from betflow.wire.stream import MarketDefinition


class Definitions:
    """
    One market's definitions, as they follow each other.

    Attributes:
        material_version: Orders decided on an older version of the market are refused.
    """

    __slots__ = ("_is_material", "_ours", "_suspended_version", "material_version")

    def __init__(self, ours: MarketOrders) -> None:
        self._ours = ours
        self.material_version = 0
        self._is_material = False  # something material changed, and the version has not yet
        self._suspended_version: int | None = None  # since when the market is suspended in play

    def follow(self, definition: MarketDefinition) -> None:
        """Follow a definition that is published."""
        market = self._ours.market
        before = market.definition
        market.definition = definition = with_earlier_factors(definition, before)
        if before is None:
            self.material_version = definition.version or 0
            return
        removed = newly_removed(before, definition)
        turns_in_play = bool(definition.in_play) and not before.in_play
        if removed or turns_in_play or _added(before, definition):
            self._is_material = True
        if self._is_material and definition.version != before.version:
            self.material_version, self._is_material = definition.version or 0, False
        for runner in removed:
            remove(self._ours, runner, before)
        self._follow_starting_price(before, definition)
        if turns_in_play:
            _turn_in_play(self._ours)
        elif definition.in_play:
            self._follow_suspension(before, definition)
        if definition.status == MarketStatus.SUSPENDED and before.status == MarketStatus.OPEN:
            self._ours.market.suspended_at = self._ours.market.book.publish_time
        if definition.status == MarketStatus.CLOSED and before.status != MarketStatus.CLOSED:
            _close(self._ours)

    def _follow_starting_price(self, before: MarketDefinition, definition: MarketDefinition) -> None:
        """Hold the auction when it is told; the prices may be told with it, or later."""
        if definition.bsp_reconciled and not before.bsp_reconciled:
            self._ours.market.reconciled_at = self._ours.market.book.publish_time
            reconcile(self._ours)
            if definition.status != MarketStatus.SUSPENDED:  # one definition tells of more than the auction
                end_auction(self._ours)
        if definition.bsp_reconciled:
            match_starting_price(self._ours)

    def _follow_suspension(self, before: MarketDefinition, definition: MarketDefinition) -> None:
        """Lapse what does not persist when the version changes under a suspension in play."""
        if definition.status == MarketStatus.SUSPENDED and before.status == MarketStatus.OPEN:
            self._suspended_version = definition.version or 0
            return
        if self._suspended_version is None:
            return
        if (definition.version or 0) != self._suspended_version:
            self._suspended_version = None
            if self._ours.assumptions.in_play_suspension is InPlaySuspension.LAPSES:
                _lapse_under_suspension(self._ours)
        elif definition.status == MarketStatus.OPEN:
            self._suspended_version = None


def _turn_in_play(ours: MarketOrders) -> None:
    for order in list(ours.open.values()):
        if order.is_on_close or order.is_converted:
            continue
        if order.persistence_type is PersistenceType.LAPSE:
            ours.lapse(order, Rule.TURNED_IN_PLAY)
        elif order.persistence_type is PersistenceType.MARKET_ON_CLOSE:
            convert(ours, order, Rule.TURNED_IN_PLAY)


def _close(ours: MarketOrders) -> None:
    lapse_unpriced(ours)
    for order in list(ours.open.values()):
        ours.lapse(order, Rule.MARKET_CLOSED)


def _lapse_under_suspension(ours: MarketOrders) -> None:
    for order in list(ours.open.values()):
        if not order.is_on_close and order.persistence_type is PersistenceType.LAPSE:
            ours.lapse(order, Rule.SUSPENDED_IN_PLAY)


def _added(before: MarketDefinition, now: MarketDefinition) -> bool:
    """Say whether the market got a runner."""
    known = {(runner.id, runner.hc or 0.0) for runner in before.runners or ()}
    return any((runner.id, runner.hc or 0.0) not in known for runner in now.runners or ())
