"""
What became of a market, as far as its definition says, and what a definition cannot say.

`market_result` reads a definition of the stream, settled or not. Three facts have to come from elsewhere:
the result of a line market, the margins of a handicap market, and who shares the last place in a dead heat.
Without them the bets concerned stay unsettled, or an assumption decides and is named.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from betflow.errors import UsageError
from betflow.exchange.bets import RunnerKey
from betflow.exchange.money import Number, exact
from betflow.exchange.times import epoch_ms
from betflow.wire.enums import MarketStatus, RunnerStatus
from betflow.wire.stream import MarketDefinition, RunnerDefinition

GREYHOUNDS: Final = "4339"
"""Betfair's event type of greyhound racing."""

REMOVED: Final = frozenset({RunnerStatus.REMOVED, RunnerStatus.REMOVED_VACANT})
_PLACE_TYPES: Final = frozenset({"PLACE", "OTHER_PLACE"})


class ResultError(UsageError):
    """A result that contradicts itself or its market."""


class MarketKind(StrEnum):
    """By which rules a market is settled."""

    WIN = "WIN"
    """One winner expected; every market of odds that is none of the others."""
    PLACE = "PLACE"
    """Several winners expected."""
    EACH_WAY = "EACH_WAY"
    LINE = "LINE"
    """Bets on a number, at odds of 2."""
    HANDICAP = "HANDICAP"
    """Asian handicaps and goal lines, single and double."""
    RANGE = "RANGE"
    """Betfair's old range markets; nothing says how to settle them."""


@dataclass(frozen=True, slots=True)
class Removal:
    """
    A runner that was taken out of the market.

    Attributes:
        runner: Which.
        factor: Its reduction factor in per cent.
        removed_at: When, epoch milliseconds. Bets matched before are affected.
    """

    runner: RunnerKey
    factor: Decimal
    removed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketResult:
    """
    A market's terms and its result.

    Attributes:
        market_id: The market.
        event_id: Its event; empty where the definition does not say.
        kind: By which rules it is settled.
        is_closed: Whether Betfair has settled it. If not, all bets are unsettled.
        is_void: Whether the whole market is void.
        statuses: Each runner's status, Betfair's word.
        number_of_winners: How many winners or places are paid; 0 where Betfair left it open, as in "to make
            the cut": then there is no dead heat.
        each_way_divisor: The place part is paid at 1 / divisor of the odds; each-way markets only.
        removals: In the order in which they happened. A removed runner without a date is not among them.
        event_type_id: The sport, as Betfair numbers it.
        runners_voidable: Whether a removed runner is just void, without a reduction of the others.
        market_base_rate: The commission in per cent; None where the definition does not say, or says what
            cannot be.
        discount_allowed: Whether the account's discount counts in this market.
        line_result: The number that a line market was about.
        margins: By runner of a handicap market, the score left after the handicap; above 0 it won.
        sharing: Who shares the last place in a dead heat; empty where that is not known.
    """

    market_id: str
    kind: MarketKind
    statuses: Mapping[RunnerKey, str]
    event_id: str = ""
    is_closed: bool = True
    is_void: bool = False
    number_of_winners: int = 1
    each_way_divisor: Decimal | None = None
    removals: tuple[Removal, ...] = ()
    event_type_id: str = ""
    runners_voidable: bool = False
    market_base_rate: Decimal | None = None
    discount_allowed: bool = False
    line_result: Decimal | None = None
    margins: Mapping[RunnerKey, Decimal] | None = None
    sharing: frozenset[RunnerKey] = frozenset()

    def __post_init__(self) -> None:
        paid = self.paid
        if not self.sharing <= paid:
            names = ", ".join(str(runner.selection_id) for runner in sorted(self.sharing - paid))
            raise ResultError(
                f"market {self.market_id}: {names} cannot share a place without having won one."
            )
        places_shared = self.number_of_winners - len(paid - self.sharing)
        if self.sharing and not 0 < places_shared < len(self.sharing):
            raise ResultError(
                f"market {self.market_id}: {len(self.sharing)} runners cannot share {places_shared} places; "
                f"{self.number_of_winners} are paid and {len(paid)} runners won."
            )

    def with_status(self, *statuses: RunnerStatus) -> frozenset[RunnerKey]:
        """Return the runners that have one of the statuses."""
        return frozenset(runner for runner, status in self.statuses.items() if status in statuses)

    @property
    def paid(self) -> frozenset[RunnerKey]:
        """The runners that won a place or the market."""
        is_each_way = self.kind is MarketKind.EACH_WAY
        return self.with_status(RunnerStatus.WINNER, *((RunnerStatus.PLACED,) if is_each_way else ()))

    @property
    def remaining(self) -> int:
        """How many runners were not removed."""
        return len(self.statuses) - len(self.with_status(*REMOVED))


def market_result(
    market_id: str,
    definition: MarketDefinition,
    *,
    is_void: bool = False,
    line_result: Number | None = None,
    margins: Mapping[RunnerKey, Decimal] | None = None,
    sharing: Collection[RunnerKey] = (),
    removed_at: Mapping[RunnerKey, int] | None = None,
) -> MarketResult:
    """
    Return what a definition says of a market, with what it cannot say.

    Args:
        market_id: The market; definitions do not name it.
        definition: The latest one; the last of a tape has the result.
        is_void: Whether Betfair voided the market as a whole.
        line_result: The number that a line market was about.
        margins: What `handicap_margins` or `goal_line_margins` gives.
        sharing: Who shares the last place in a dead heat.
        removed_at: When runners were removed, epoch milliseconds, where somebody has seen it happen: a
            `removalDate` is cut to the second, and it is what counts where nothing is given here.

    Raises:
        ResultError: if the facts contradict each other.
        MoneyError: if a number of the definition is none.
        ValueError: if a removal date is no moment.
    """
    runners = definition.runners or []
    return MarketResult(
        market_id=market_id,
        event_id=definition.event_id or "",
        kind=market_kind(definition),
        is_closed=definition.status == MarketStatus.CLOSED,
        is_void=is_void,
        statuses={_key(runner): runner.status or "" for runner in runners},
        number_of_winners=definition.number_of_winners or 0,
        each_way_divisor=_number(definition.each_way_divisor),
        removals=_removals(runners, removed_at or {}),
        event_type_id=definition.event_type_id or "",
        runners_voidable=bool(definition.runners_voidable),
        market_base_rate=_percentage(definition.market_base_rate),
        discount_allowed=bool(definition.discount_allowed),
        line_result=_number(line_result),
        margins=margins,
        sharing=frozenset(sharing),
    )


def market_kind(definition: MarketDefinition) -> MarketKind:
    """Return by which rules a market is settled."""
    betting_type = definition.betting_type or "ODDS"
    if betting_type.startswith("ASIAN_HANDICAP"):
        return MarketKind.HANDICAP
    if betting_type in {MarketKind.LINE, MarketKind.RANGE}:
        return MarketKind(betting_type)
    if definition.market_type == MarketKind.EACH_WAY:
        return MarketKind.EACH_WAY
    is_place = definition.market_type in _PLACE_TYPES or (definition.number_of_winners or 0) > 1
    return MarketKind.PLACE if is_place else MarketKind.WIN


def reduction_factor(runner: RunnerDefinition) -> Decimal:
    """Return a runner's reduction factor in per cent; 0 where it has none, or one that cannot be."""
    return _percentage(runner.adjustment_factor) or Decimal(0)


def with_earlier_factors(definition: MarketDefinition, before: MarketDefinition | None) -> MarketDefinition:
    """
    Return a definition whose removed runners have the reduction factor that the one before it had.

    A factor may be left out of the definition that removes its runner; it applies all the same.

    Args:
        definition: The definition.
        before: The one before it, itself with earlier factors; None where there was none.
    """
    missing = [
        runner
        for runner in definition.runners or ()
        if runner.status in REMOVED and runner.adjustment_factor is None
    ]
    if not missing or before is None:
        return definition
    known = {_key(runner): runner.adjustment_factor for runner in before.runners or ()}
    runners = [
        replace(runner, adjustment_factor=known.get(_key(runner))) if runner in missing else runner
        for runner in definition.runners or ()
    ]
    return replace(definition, runners=runners)


def impossible_terms(definition: MarketDefinition) -> list[str]:
    """Say which terms of a definition are left out because they are not between 0 and 100 %."""
    found = []
    rate = definition.market_base_rate
    if rate is not None and _percentage(rate) is None:
        found.append(f"the market base rate is {rate} %; expected 0 to 100. It counts as missing.")
    for runner in definition.runners or ():
        factor = runner.adjustment_factor
        if runner.status in REMOVED and factor is not None and _percentage(factor) is None:
            found.append(
                f"runner {runner.id} was removed with the reduction factor {factor} %; expected 0 to 100. "
                "Nothing is reduced for it."
            )
    return found


def handicap_margins(
    runners: Iterable[RunnerKey], score_differences: Mapping[int, Number]
) -> dict[RunnerKey, Decimal]:
    """
    Return what is left of the score after each runner's handicap, for an Asian handicap market.

    Args:
        runners: The market's runners; those without a score are left out.
        score_differences: By selection, its score less its opponent's. A draw is 0 for both.
    """
    differences = {selection: exact(number) for selection, number in score_differences.items()}
    return {
        runner: differences[runner.selection_id] + runner.handicap
        for runner in runners
        if runner.selection_id in differences
    }


def goal_line_margins(
    runners: Iterable[RunnerKey], goals: Number, *, over: int, under: int
) -> dict[RunnerKey, Decimal]:
    """
    Return by how much each runner is on the right side of its line, for a market of goal lines.

    Args:
        runners: The market's runners; others than *over* and *under* are left out.
        goals: How many there were.
        over: The selection that wins above the line.
        under: The selection that wins below it.
    """
    total, signs = exact(goals), {over: 1, under: -1}
    return {
        runner: signs[runner.selection_id] * (total - runner.handicap)
        for runner in runners
        if runner.selection_id in signs
    }


def _removals(
    runners: Iterable[RunnerDefinition], removed_at: Mapping[RunnerKey, int]
) -> tuple[Removal, ...]:
    """Return the dated removals in the order of time; those of one moment in race card order."""
    dated: list[tuple[int, int, Removal]] = []
    for runner in runners:
        key = _key(runner)
        if runner.status not in REMOVED:
            continue
        moment = removed_at.get(key)
        if moment is None and runner.removal_date:
            moment = epoch_ms(runner.removal_date)
        if moment is not None:
            removal = Removal(key, reduction_factor(runner), moment)
            dated.append((moment, runner.sort_priority or 0, removal))
    return tuple(removal for *_, removal in sorted(dated, key=lambda each: each[:2]))


def _key(runner: RunnerDefinition) -> RunnerKey:
    return RunnerKey(runner.id, exact(runner.hc or 0))


def _number(number: Number | None) -> Decimal | None:
    return None if number is None else exact(number)


def _percentage(number: Number | None) -> Decimal | None:
    """Return a number from 0 to 100; None for any other."""
    if number is None:
        return None
    percentage = exact(number)
    return percentage if 0 <= percentage <= 100 else None  # noqa: PLR2004 - per cent
