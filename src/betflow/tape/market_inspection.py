"""What one pass over a tape gathers about one market."""

from collections.abc import Iterable
from dataclasses import replace
from math import isfinite
from operator import attrgetter
from typing import Any

import msgspec

from betflow.exchange.off import StatusChange
from betflow.exchange.times import epoch_ms
from betflow.tape.manifest import LARGEST_INTEGER, MarketSummary, RunnerSummary
from betflow.wire.enums import MarketStatus
from betflow.wire.stream import MarketDefinition, RunnerDefinition

MOST_STATUS_CHANGES = 1000

_selection = attrgetter("id")
_runner = attrgetter("id", "hc")


class MarketInspection:
    """
    A market of a tape, as far as it has been read.

    The inspection's loop counts into `messages` and `last_publish_time` and notes runners with `see`,
    without a call for each message.

    Attributes:
        key: What `see` wants of a runner's change: the selection alone, until a definition has handicaps.
        see: Notes the keys of runners that changed.
        starts_undefined: Whether its first change has no definition.
        wrong_numbers: Numbers that no exchange publishes and no database holds, by where they stand.
    """

    __slots__ = (
        "_definition",
        "_definitions",
        "_first_publish_time",
        "_in_play_seen",
        "_listed",
        "_seen",
        "_settled",
        "_stands",
        "_timeline",
        "key",
        "last_publish_time",
        "market_id",
        "messages",
        "see",
        "starts_undefined",
        "wrong_numbers",
    )

    def __init__(self, market_id: str, publish_time: int, *, is_defined: bool) -> None:
        self.market_id = market_id
        self.messages = 0
        self.last_publish_time = publish_time
        self.starts_undefined = not is_defined
        self.wrong_numbers: dict[str, int] = {}
        self.key: attrgetter[Any] = _selection
        self._seen: set[Any] = set()
        self.see = self._seen.update
        self._first_publish_time = publish_time
        self._definition: MarketDefinition | None = None
        self._definitions = 0
        self._in_play_seen = self._settled = False
        self._listed: set[Any] = set()
        self._stands: StatusChange | None = None
        self._timeline: list[StatusChange] = []

    def define(self, definition: MarketDefinition, publish_time: int) -> None:
        """Take the next definition."""
        self._definition = definition
        self._definitions += 1
        runners = definition.runners or ()
        if any(runner.hc for runner in runners):
            self.key = _runner
        self._listed.update((runner.id, runner.hc or 0.0) for runner in runners)
        self._in_play_seen |= bool(definition.in_play)
        self._settled |= definition.status == MarketStatus.CLOSED
        self._note_status(StatusChange.of(definition, publish_time))

    def undefined_runners(self) -> list[tuple[int, float]]:
        """Return the runners that changed and that no definition lists; none where there is no definition."""
        if self._definition is None:
            return []
        seen = {key if isinstance(key, tuple) else (key, None) for key in self._seen}
        return sorted({(each, hc or 0.0) for each, hc in seen} - self._listed)

    def summary(self) -> MarketSummary:
        """Return what has been gathered; `wrong_numbers` is complete after this."""
        definition = self._definition or MarketDefinition()
        return MarketSummary(
            market_id=self.market_id,
            event_id=definition.event_id,
            event_name=definition.event_name,
            event_type_id=definition.event_type_id,
            venue=definition.venue,
            country_code=definition.country_code,
            market_type=definition.market_type,
            betting_type=definition.betting_type,
            market_time=definition.market_time,
            market_time_ms=_moment(definition.market_time),
            open_date=definition.open_date,
            name=definition.name,
            status=definition.status,
            settled=self._settled,
            in_play_seen=self._in_play_seen,
            messages=self.messages,
            definitions=self._definitions,
            first_publish_time=self._first_publish_time,
            last_publish_time=self.last_publish_time,
            definition=self._plain_definition(definition),
            runners=tuple(self._runners(definition.runners or ())),
            timeline=tuple(self._timeline),
        )

    def _note_status(self, change: StatusChange) -> None:
        if not change.differs_from(self._stands):
            return
        self._stands = change
        if len(self._timeline) < MOST_STATUS_CHANGES:
            version = self._integer(change.version, "version")
            bet_delay = self._integer(change.bet_delay, "betDelay")
            self._timeline.append(replace(change, version=version, bet_delay=bet_delay))

    def _runners(self, definitions: Iterable[RunnerDefinition]) -> Iterable[RunnerSummary]:
        for runner in definitions:
            selection_id = self._integer(runner.id, "runner id")
            if selection_id is not None:
                yield RunnerSummary(
                    selection_id=selection_id,
                    handicap=_finite(runner.hc) or 0.0,
                    name=runner.name,
                    status=runner.status,
                    bsp=_finite(runner.bsp),
                    adjustment_factor=_finite(runner.adjustment_factor),
                    sort_priority=self._integer(runner.sort_priority, "sortPriority"),
                    removal_date=runner.removal_date,
                )

    def _plain_definition(self, definition: MarketDefinition) -> dict[str, Any]:
        if self._definition is None:
            return {}
        fields = msgspec.to_builtins(definition)
        del fields["runners"]
        plain = {name: self._plain(value, name) for name, value in fields.items()}
        return {name: value for name, value in plain.items() if value is not None}

    def _plain(self, value: object, name: str) -> object:
        match value:
            case bool():
                return value
            case int():
                return self._integer(value, name)
            case float():
                return _finite(value)
            case list():
                return [self._plain(member, name) for member in value]
            case dict():
                return {key: self._plain(member, key) for key, member in value.items()}
        return value

    def _integer(self, value: int | None, name: str) -> int | None:
        if value is None or -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            return value
        self.wrong_numbers.setdefault(name, value)
        return None


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _moment(text: str | None) -> int | None:
    try:
        return None if text is None else epoch_ms(text)
    except ValueError:
        return None
