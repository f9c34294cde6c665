"""
A day of markets: which events there are, and their messages one after the other.

An event is made up when its first message is due and forgotten after its last, so a day takes no more memory
than what is open at one time. What an event is depends on the seed, the day and its own number, and on
nothing before it: a part of a day can be made up alone, by another process.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from betflow.exchange.times import iso
from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.course import MarketCard, Plot
from betflow.sandbox.generator.football import Match, football_match
from betflow.sandbox.generator.market import changes
from betflow.sandbox.generator.names import (
    CLUBS,
    COURSES,
    FIRST,
    PLAYERS,
    SECOND,
    TRACKS,
    date_in_names,
)
from betflow.sandbox.generator.publisher import Change, Plan
from betflow.sandbox.generator.races import Meeting, Race, greyhound_race, horse_race
from betflow.sandbox.generator.tennis import TennisMatch, tennis_match

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
_RACES_OF_MEETING: Final = 7
_IDS_OF_EVENT: Final = 64
"""How many selection ids an event may use; market ids are counted likewise, by 4."""


@dataclass(frozen=True, slots=True)
class Programme:
    """
    What there is on a day.

    Attributes:
        seed: Another seed, another day.
        day: Midnight UTC of the day, epoch milliseconds.
        dated: The day that names of events have, likewise; the day itself unless told.
        races: How many horse races, of three markets each.
        greyhounds: How many greyhound races, of two markets each.
        football: How many football matches, of four markets each.
        tennis: How many tennis matches, of one market each.
    """

    seed: int
    day: int
    races: int = 40
    greyhounds: int = 12
    football: int = 4
    tennis: int = 4
    dated: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """
    One race or match of a day.

    Attributes:
        number: Its place in the day.
        opens: When its markets are first published, epoch milliseconds. It may be replaced, by an earlier
            time than 15 minutes before it begins.
        begins: As scheduled.
        event_id: Betfair's id of it: of a race, its meeting's.
        make: Makes up its markets, given when they open.
    """

    number: int
    opens: int
    begins: int
    event_id: str
    make: Callable[[int], list[Plot]]

    def plots(self) -> list[Plot]:
        """Make up its markets."""
        return self.make(self.opens)


@dataclass(frozen=True, slots=True)
class GeneratedMarket:
    """
    A market and its messages.

    Attributes:
        card: What it is.
        changes: To be iterated over once; each is made up when it is asked for.
    """

    card: MarketCard
    changes: Iterator[Change]


class Day:
    """
    A day of markets.

    Args:
        programme: What there is.
        plan: How much of the markets is published.
        conflate_ms: The least time between two changes of a market, where that is more than the plan's.

    Attributes:
        events: What takes place, the first to open first.
    """

    def __init__(self, programme: Programme, *, plan: Plan = Plan.PRO, conflate_ms: int = 0) -> None:
        self._programme = programme
        self._plan = plan
        self._conflate_ms = conflate_ms
        self._chance = Chance("betflow-1", programme.seed, iso(programme.day)[:10])
        ids = self._chance.stream("ids")
        self._first_market = ids.integer(100_000_000, 899_000_000)
        self._first_event = ids.integer(30_000_000, 39_000_000)
        self._first_selection = ids.integer(10_000_000, 79_000_000)
        self.events: Sequence[Event] = sorted(self._numbered(), key=lambda event: (event.opens, event.number))

    def markets(self, event: Event) -> list[GeneratedMarket]:
        """Make up the markets of an event."""
        return [
            GeneratedMarket(
                plot.card,
                changes(
                    plot,
                    self._chance.stream("market", plot.card.market_id),
                    plan=self._plan,
                    conflate_ms=self._conflate_ms,
                ),
            )
            for plot in event.plots()
        ]

    def changes(self) -> Iterator[Change]:
        """Yield the changes of all markets in the order of time; at one moment, the first market first."""
        waiting = list(reversed(self.events))
        # The next change of each open market; the number decides where times are the same.
        heap: list[tuple[int, int, Change, Iterator[Change]]] = []
        number = 0
        while waiting or heap:
            if waiting and (not heap or waiting[-1].opens <= heap[0][0]):
                for market in self.markets(waiting.pop()):
                    first = next(market.changes)
                    heappush(heap, (first.publish_time, number, first, market.changes))
                    number += 1
                continue
            _, own, change, following = heappop(heap)
            yield change
            after = next(following, None)
            if after is not None:
                heappush(heap, (after.publish_time, own, after, following))

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield publish time and official line of every change of the day, in the order of time."""
        for change in self.changes():
            yield change.publish_time, change.official_line()

    # What takes place.

    def _numbered(self) -> Iterator[Event]:
        number = 0
        kinds = (
            (self._programme.races, self._horse_race),
            (self._programme.greyhounds, self._greyhound_race),
            (self._programme.football, self._football_match),
            (self._programme.tennis, self._tennis_match),
        )
        for count, make in kinds:
            for which in range(count):
                yield make(number, which)
                number += 1

    def _market_ids(self, number: int) -> list[str]:
        first = self._first_market + 4 * number
        return [f"1.{first + each}" for each in range(4)]

    def _selection_ids(self, number: int) -> int:
        return self._first_selection + _IDS_OF_EVENT * number

    def _event_id(self, kind: int, number: int) -> str:
        return str(self._first_event + 10_000 * kind + number)

    def _date(self) -> str:
        """Return the day as event names have it: ``4th Jul``."""
        dated = self._programme.dated
        return date_in_names(self._programme.day if dated is None else dated)

    def _names(self, draw: Chance, count: int) -> tuple[str, ...]:
        firsts, seconds = draw.some_of(FIRST, count), draw.some_of(SECOND, count)
        return tuple(f"{one} {other}" for one, other in zip(firsts, seconds, strict=True))

    def _meeting(self, number: int) -> Meeting:
        """Return a meeting of horse races; in the evening there are others than in the afternoon."""
        draw = self._chance.stream("meeting", number)
        offset = self._chance.stream("courses").integer(0, len(COURSES) - 1)
        venue, country = COURSES[(offset + number) % len(COURSES)]
        evening = number % 3 == 2  # noqa: PLR2004 - every third
        hour = 16 if evening else 12
        first = self._programme.day + hour * HOUR + draw.integer(0, 11) * 5 * MINUTE
        return Meeting(
            event_id=self._event_id(0, number),
            event_name=f"{venue} {self._date()}",
            venue=venue,
            country_code=country,
            timezone="Europe/London" if country == "GB" else "Europe/Dublin",
            first_race=first,
        )

    def _horse_race(self, number: int, which: int) -> Event:
        meeting = self._meeting(which // _RACES_OF_MEETING)
        begins = meeting.first_race + which % _RACES_OF_MEETING * 35 * MINUTE
        draw = self._chance.stream("race", which)
        jumps = self._chance.stream("jumps", which // _RACES_OF_MEETING).happens(0.35)
        furlongs = draw.integer(16, 25) if jumps else draw.integer(5, 14)
        is_handicap = draw.happens(0.6)
        kind = draw.one_of(("Chs", "Hrd")) if jumps else ""
        words = (_distance(furlongs), "Hcap" if is_handicap else draw.one_of(("Mdn", "Nov", "Stks")), kind)
        opens = self._programme.day + 7 * HOUR + draw.integer(0, 90 * MINUTE)
        race = Race(
            meeting=meeting,
            market_time=begins,
            name=" ".join(filter(None, words)),
            race_type={"": "Flat", "Chs": "Chase", "Hrd": "Hurdle"}[kind],
            is_handicap=is_handicap,
            seconds=int(furlongs * (14.5 if jumps else 12.2)),
            names=self._names(draw, draw.integer(5, 15)),
            first_selection_id=self._selection_ids(number),
            market_ids=tuple(self._market_ids(number)[:3]),
        )
        return Event(number, opens, begins, meeting.event_id, lambda opens: horse_race(race, opens, draw))

    def _greyhound_race(self, number: int, which: int) -> Event:
        draw = self._chance.stream("greyhounds", which)
        track = which % len(TRACKS)
        first = self._programme.day + 10 * HOUR + track * 4 * MINUTE
        begins = first + which // len(TRACKS) * 17 * MINUTE
        meeting = Meeting(
            event_id=self._event_id(1, track),
            event_name=f"{TRACKS[track]} {self._date()}",
            venue=TRACKS[track],
            country_code="GB",
            timezone="Europe/London",
            first_race=first,
        )
        opens = begins - 100 * MINUTE
        race = Race(
            meeting=meeting,
            market_time=begins,
            name=f"A{draw.integer(1, 9)} {draw.one_of((280, 400, 480, 500))}m",
            race_type="",
            is_handicap=False,
            seconds=draw.integer(17, 31),
            names=self._names(draw, 6),
            first_selection_id=self._selection_ids(number),
            market_ids=tuple(self._market_ids(number)[:2]),
        )
        return Event(number, opens, begins, meeting.event_id, lambda opens: greyhound_race(race, opens, draw))

    def _football_match(self, number: int, which: int) -> Event:
        draw = self._chance.stream("football", which)
        home, away = draw.some_of(CLUBS, 2)
        begins = self._programme.day + draw.one_of((11, 14, 14, 16, 19)) * HOUR
        opens = begins - 8 * HOUR
        first = self._selection_ids(number)
        odds, under_over, correct, handicap = self._market_ids(number)
        match = Match(
            event_id=self._event_id(2, which),
            home=home,
            away=away,
            kick_off=begins,
            selection_ids=(first, first + 1, first + 2),
            first_score_id=first + 3,
            market_ids=(odds, under_over, correct, handicap),
        )
        return Event(number, opens, begins, match.event_id, lambda opens: football_match(match, opens, draw))

    def _tennis_match(self, number: int, which: int) -> Event:
        draw = self._chance.stream("tennis", which)
        one, other = draw.some_of(PLAYERS, 2)
        begins = self._programme.day + 10 * HOUR + draw.integer(0, 16) * 30 * MINUTE
        opens = begins - 6 * HOUR
        first = self._selection_ids(number)
        match = TennisMatch(
            event_id=self._event_id(3, which),
            players=(one, other),
            selection_ids=(first, first + 1),
            begins=begins,
            market_id=self._market_ids(number)[0],
        )
        return Event(number, opens, begins, match.event_id, lambda opens: tennis_match(match, opens, draw))


def _distance(furlongs: int) -> str:
    """Write a distance as racecards do: ``2m4f``."""
    miles, rest = divmod(furlongs, 8)
    return "".join((f"{miles}m" if miles else "", f"{rest}f" if rest else ""))
