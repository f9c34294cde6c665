"""Which markets somebody asks for: event type, country, market type, venue, scheduled off, settled or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from betflow.errors import UsageError
from betflow.exchange.times import parse_end, parse_moment
from betflow.tape.manifest import MarketSummary

EVENT_TYPES = {
    "american-football": "6423",
    "australian-rules": "61420",
    "baseball": "7511",
    "basketball": "7522",
    "boxing": "6",
    "cricket": "4",
    "darts": "3503",
    "football": "1",
    "golf": "3",
    "greyhound-racing": "4339",
    "greyhounds": "4339",
    "horse-racing": "7",
    "horses": "7",
    "ice-hockey": "7524",
    "motor-sport": "8",
    "politics": "2378961",
    "rugby-league": "1477",
    "rugby-union": "5",
    "snooker": "6422",
    "soccer": "1",
    "tennis": "2",
}
"""Names that the command line takes for Betfair's numbers of event types."""


class Comparison(Enum):
    """How a fact of a market is held against what is asked for."""

    IS_ONE_OF = "is one of"
    """A text, in any case."""
    IS_NOT_BEFORE = ">="
    IS_BEFORE = "<"
    IS = "="


@dataclass(frozen=True, slots=True)
class Condition:
    """
    One thing that a market has to be, told to Python and to SQLite alike; what is not known meets none.

    Attributes:
        fact: The attribute of `MarketSummary`, and the column of the index that holds it.
        values: What is asked for: one value, or of `Comparison.IS_ONE_OF` any number, casefolded.
    """

    fact: str
    comparison: Comparison
    values: tuple[object, ...]

    def is_met_by(self, market: MarketSummary) -> bool:
        """Say whether a market meets it."""
        fact = getattr(market, self.fact)
        if fact is None:
            return False
        match self.comparison:
            case Comparison.IS_ONE_OF:
                return fact.casefold() in self.values
            case Comparison.IS_NOT_BEFORE:
                return bool(fact >= self.values[0])
            case Comparison.IS_BEFORE:
                return bool(fact < self.values[0])
            case Comparison.IS:
                return bool(fact == self.values[0])

    @property
    def sql(self) -> str:
        """The same, with a mark for each of the values; ``casefold`` has to fold as Python does."""
        if self.comparison is Comparison.IS_ONE_OF:
            return f"casefold({self.fact}) IN ({', '.join('?' * len(self.values))})"
        return f"{self.fact} {self.comparison.value} ?"


@dataclass(frozen=True, slots=True)
class MarketFilter:
    """
    What a market has to be like. An empty filter takes every market.

    Attributes:
        event_types: Betfair's ids of event types; likewise countries, market types and venues (any case).
        from_ms: Earliest scheduled off, epoch milliseconds.
        before_ms: Scheduled off before which a market has to be.
        settled: Only those settled, or only those not.
    """

    event_types: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    market_types: frozenset[str] = frozenset()
    venues: frozenset[str] = frozenset()
    from_ms: int | None = None
    before_ms: int | None = None
    settled: bool | None = None

    def __bool__(self) -> bool:
        """Return whether anything is asked for at all."""
        return self != MarketFilter()

    def takes(self, market: MarketSummary) -> bool:
        """Say whether a market is what is asked for; what a definition leaves out matches nothing."""
        return all(condition.is_met_by(market) for condition in self.conditions())

    def conditions(self) -> tuple[Condition, ...]:
        """Return all that a market has to be: the one place that says what the filter means."""
        return tuple(self._conditions())

    def _conditions(self) -> Iterator[Condition]:
        for fact, allowed in (
            ("event_type_id", self.event_types),
            ("country_code", self.countries),
            ("market_type", self.market_types),
            ("venue", self.venues),
        ):
            if allowed:
                yield Condition(fact, Comparison.IS_ONE_OF, tuple(sorted(map(str.casefold, allowed))))
        for fact, comparison, value in (
            ("market_time_ms", Comparison.IS_NOT_BEFORE, self.from_ms),
            ("market_time_ms", Comparison.IS_BEFORE, self.before_ms),
            ("settled", Comparison.IS, self.settled),
        ):
            if value is not None:
                yield Condition(fact, comparison, (value,))


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """
    A filter as it is typed; lists have commas.

    Attributes:
        event_types: Ids, or names of `EVENT_TYPES`.
        to_time: A date includes its day; a moment is excluded.
    """

    event_types: str | None = None
    countries: str | None = None
    market_types: str | None = None
    venues: str | None = None
    from_time: str | None = None
    to_time: str | None = None
    settled: bool | None = None

    def parsed(self) -> MarketFilter:
        """
        Return the filter.

        Raises:
            UsageError: for an event type or a time that is none, and a span of time that is empty.
        """
        from_ms = None if self.from_time is None else parse_moment(self.from_time)
        before_ms = None if self.to_time is None else parse_end(self.to_time)
        if from_ms is not None and before_ms is not None and from_ms >= before_ms:
            raise UsageError(
                f"no market is from {self.from_time} to {self.to_time}: the end is not after the beginning.",
                advice="Swap --from and --to.",
            )
        return MarketFilter(
            event_types=frozenset(map(event_type_id, listed(self.event_types))),
            countries=_folded(self.countries),
            market_types=_folded(self.market_types),
            venues=_folded(self.venues),
            from_ms=from_ms,
            before_ms=before_ms,
            settled=self.settled,
        )


def listed(text: str | None) -> list[str]:
    """Return the members of a list that is typed with commas."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _folded(text: str | None) -> frozenset[str]:
    return frozenset(part.casefold() for part in listed(text))


def event_type_id(text: str) -> str:
    """
    Return Betfair's id of an event type, given it or a name of `EVENT_TYPES`.

    Raises:
        UsageError: the name is none of them.
    """
    name = text.casefold().replace(" ", "-").replace("_", "-")
    if name.isdecimal():
        return name
    if name not in EVENT_TYPES:
        raise UsageError(
            f"{text!r} is no event type that betflow has a name for.",
            advice=f"Give Betfair's number, or one of {', '.join(EVENT_TYPES)}.",
        )
    return EVENT_TYPES[name]
