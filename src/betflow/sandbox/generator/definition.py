"""The market definition as it changes in the course of a market."""

from math import isfinite
from typing import Any

from betflow.exchange.times import iso
from betflow.sandbox.generator.course import MarketCard, RunnerCard
from betflow.wire.enums import MarketStatus, RunnerStatus

_GONE = (RunnerStatus.REMOVED, RunnerStatus.REMOVED_VACANT)


class Definition:
    """
    What a market's definition says at the moment.

    Args:
        card: What the market is.
        version: Of the first definition; each later one has a greater.

    Attributes:
        status: Of the market.
        in_play: Whether the event is on.
        is_reconciled: Whether there are starting prices.
        settled_at: When the market was settled, epoch milliseconds.
        runners: The card's, and those who came in later.
        statuses: Theirs.
        factors: Their reduction factors, per cent; None outside horse racing.
        starting_prices: Theirs; empty before the reconciliation.
    """

    def __init__(self, card: MarketCard, version: int) -> None:
        self._card = card
        self._version = version
        self._removed_at: dict[int, int] = {}
        self.status = MarketStatus.OPEN
        self.in_play = False
        self.is_reconciled = False
        self.settled_at: int | None = None
        self.runners: list[RunnerCard] = list(card.runners)
        self.statuses: list[RunnerStatus] = [RunnerStatus.ACTIVE] * len(card.runners)
        self.factors = [runner.adjustment_factor for runner in card.runners]
        self.starting_prices: tuple[float, ...] = ()

    def remove(self, runner: int, status: RunnerStatus, at: int) -> None:
        """Take a runner out."""
        self.statuses[runner] = status
        self._removed_at[runner] = at

    def enter(self, runner: RunnerCard) -> None:
        """Take a runner in, at the end of the card."""
        self.runners.append(runner)
        self.statuses.append(RunnerStatus.ACTIVE)
        self.factors.append(runner.adjustment_factor)

    def published(self) -> dict[str, Any]:
        """
        Return the whole definition under Betfair's names; each that is published has a version of its own.

        It has what the live stream has (`raceType`) and what historic files have (`name`, `eventName`).
        """
        card = self._card
        is_closed = self.status is MarketStatus.CLOSED
        active = sum(status is RunnerStatus.ACTIVE for status in self.statuses)
        version, self._version = self._version, self._version + 1
        turns_in_play = card.in_play_delay is not None
        fields: dict[str, Any] = {
            "bspMarket": card.has_starting_price,
            "turnInPlayEnabled": turns_in_play,
            "persistenceEnabled": turns_in_play,
            "marketBaseRate": card.market_base_rate,
            "eventId": card.event_id,
            "eventTypeId": card.event_type_id,
            "numberOfWinners": card.number_of_winners,
            "bettingType": card.betting_type,
            "marketType": card.market_type,
            "marketTime": iso(card.market_time),
            "suspendTime": iso(card.market_time),
            "bspReconciled": self.is_reconciled,
            "complete": True,
            "inPlay": self.in_play,
            "crossMatching": False,
            "runnersVoidable": card.runners_voidable,
            "numberOfActiveRunners": 0 if is_closed else active,
            "betDelay": (card.in_play_delay or 0) if self.in_play else 0,
            "status": str(self.status),
            "runners": [self._runner(number) for number in range(len(self.runners))],
            "regulators": ["MR_INT"],
            "countryCode": card.country_code,
            "discountAllowed": True,
            "timezone": card.timezone,
            "openDate": iso(card.open_date),
            "version": version,
            "name": card.name,
            "eventName": card.event_name,
            "priceLadderDefinition": {"type": str(card.ladder)},
        }
        optional = {
            "settledTime": None if self.settled_at is None else iso(self.settled_at),
            "eachWayDivisor": card.each_way_divisor,
            "venue": card.venue,
            "raceType": card.race_type,
        }
        return fields | {name: value for name, value in optional.items() if value is not None}

    def _runner(self, number: int) -> dict[str, Any]:
        runner = self.runners[number]
        fields: dict[str, Any] = {
            "status": str(self.statuses[number]),
            "sortPriority": runner.sort_priority,
            "id": runner.selection_id,
            "name": runner.name,
        }
        if runner.handicap:
            fields["hc"] = runner.handicap
        if self.factors[number] is not None:
            fields["adjustmentFactor"] = self.factors[number]
        if number in self._removed_at:
            fields["removalDate"] = iso(self._removed_at[number] // 1000 * 1000)
        if self.starting_prices:
            price = self.starting_prices[number]
            fields["bsp"] = price if isfinite(price) and self.statuses[number] not in _GONE else "NaN"
        return fields
