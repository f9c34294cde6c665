"""
Horse races and greyhound races: one fate for all the markets of a race.

The win, place and each-way market of a race share event, runners and what happens: a non-runner leaves all of
them at the same moment, and the horse that wins one wins all.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.course import (
    Believed,
    Entered,
    Habits,
    MarketCard,
    Pace,
    Plot,
    Reconciled,
    Removed,
    RunnerCard,
    Settled,
    Step,
    Suspended,
    TurnedInPlay,
)
from betflow.sandbox.generator.evidence import Chances, Evidence, finishing_order
from betflow.wire.enums import RunnerStatus

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_THREE_PLACES_FROM: Final = 8
_LEAST_REDUCTION: Final = {"WIN": 2.5, "PLACE": 4.0, "EACH_WAY": 2.5}
"""Per cent from which on a reduction cancels unmatched orders to lay."""
_CLARITY_BEFORE: Final = 0.02
_KNOWLEDGE_IN_PLAY: Final = 7.0
"""How clear the winner is at the end: the log of its advantage over any other, on average."""

_WIN_PACES: Final = (
    Pace(1e9, 0.03, 9.0, 0.6),
    Pace(4 * 3600, 0.08, 6.0, 0.7),
    Pace(3600, 0.3, 3.5, 0.8),
    Pace(1800, 0.9, 2.5, 1.0),
    Pace(600, 2.4, 1.8, 1.8),
    Pace(300, 6.0, 1.3, 3.0),
    Pace(120, 15.0, 1.0, 5.0),
)
_WIN_HABITS: Final = Habits(
    before=_WIN_PACES, in_play=Pace(0, 6.0, 9.0, 1.5), stake=14.0, outsiders=0.03, on_close=0.03
)
_PLACE_HABITS: Final = Habits(
    before=tuple(replace(pace, orders=pace.orders * 0.5, width=pace.width * 1.4) for pace in _WIN_PACES),
    in_play=Pace(0, 3.5, 10.0, 1.0),
    stake=5.0,
    on_close=0.03,
)
_EACH_WAY_HABITS: Final = Habits(
    before=tuple(replace(pace, orders=pace.orders * 0.2, width=pace.width * 1.6) for pace in _WIN_PACES),
    in_play=Pace(0, 1.0, 10.0, 1.0),
    stake=4.0,
)
_GREYHOUND_PACES: Final = (
    Pace(1e9, 0.02, 9.0, 0.3),
    Pace(1200, 0.2, 4.0, 0.5),
    Pace(300, 3.0, 2.0, 1.0),
    Pace(120, 12.0, 1.2, 2.0),
)
_DOG_WIN_HABITS: Final = Habits(
    before=_GREYHOUND_PACES, in_play=Pace(0, 1.0, 9.0, 1.0), stake=9.0, outsiders=0.05, on_close=0.04
)
_DOG_PLACE_HABITS: Final = Habits(
    before=tuple(
        replace(pace, orders=pace.orders * 0.4, width=pace.width * 1.6) for pace in _GREYHOUND_PACES
    ),
    in_play=Pace(0, 1.0, 9.0, 1.0),
    stake=3.0,
    outsiders=0.05,
    on_close=0.04,
)


@dataclass(frozen=True, slots=True)
class Meeting:
    """
    Where and when races are run; Betfair's event.

    Attributes:
        first_race: Epoch milliseconds.
    """

    event_id: str
    event_name: str
    venue: str
    country_code: str
    timezone: str
    first_race: int


@dataclass(frozen=True, slots=True)
class Race:
    """
    One race of a meeting.

    Attributes:
        name: As the win market is called: ``2m Hcap Chs``.
        is_handicap: Which decides about each-way terms.
        seconds: How long it takes, about.
        names: Of the runners, in the order of the card.
        first_selection_id: Of the first; the others follow.
        market_ids: As many as it needs: win, place, each way.
    """

    meeting: Meeting
    market_time: int
    name: str
    race_type: str
    is_handicap: bool
    seconds: int
    names: tuple[str, ...]
    first_selection_id: int
    market_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Removal:
    at: int
    runner: int
    status: RunnerStatus
    reserve: RunnerCard | None = None


def horse_race(race: Race, opens: int, chance: Chance) -> list[Plot]:
    """Return the win, place and each-way market of a horse race."""
    fate = _Fate(race, opens, chance, in_play=True)
    places = fate.places
    divisor = 4.0 if fate.field < _THREE_PLACES_FROM or (race.is_handicap and fate.field >= 12) else 5.0  # noqa: PLR2004
    win = _card(race, fate, race.market_ids[0], "WIN", race.name, has_starting_price=True, in_play_delay=1)
    place = replace(
        win, market_id=race.market_ids[1], market_type="PLACE", name="To Be Placed", number_of_winners=places
    )
    each_way = replace(
        win,
        market_id=race.market_ids[2],
        market_type="EACH_WAY",
        name="Each Way",
        number_of_winners=places,
        each_way_divisor=divisor,
        has_starting_price=False,
        in_play_delay=None,
    )
    return [
        fate.plot(win, _WIN_HABITS),
        fate.plot(place, _PLACE_HABITS),
        fate.plot(each_way, _EACH_WAY_HABITS),
    ]


def greyhound_race(race: Race, opens: int, chance: Chance) -> list[Plot]:
    """Return the win and place market of a greyhound race: six traps, a reserve, traps that stay empty."""
    fate = _Fate(race, opens, chance, in_play=False)
    win = _card(race, fate, race.market_ids[0], "WIN", race.name, has_starting_price=True)
    win = replace(win, event_type_id="4339", runners_voidable=True, race_type=None)
    place = replace(
        win, market_id=race.market_ids[1], market_type="PLACE", name="To Be Placed", number_of_winners=2
    )
    return [fate.plot(win, _DOG_WIN_HABITS), fate.plot(place, _DOG_PLACE_HABITS)]


def _card(
    race: Race,
    fate: "_Fate",
    market_id: str,
    market_type: str,
    name: str,
    *,
    has_starting_price: bool,
    in_play_delay: int | None = None,
) -> MarketCard:
    meeting = race.meeting
    return MarketCard(
        market_id=market_id,
        event_id=meeting.event_id,
        event_name=meeting.event_name,
        event_type_id="7",
        name=name,
        market_type=market_type,
        market_time=race.market_time,
        open_date=meeting.first_race,
        country_code=meeting.country_code,
        runners=fate.runners,
        venue=meeting.venue,
        race_type=race.race_type,
        timezone=meeting.timezone,
        has_starting_price=has_starting_price,
        in_play_delay=in_play_delay,
    )


class _Fate:
    """What happens in a race, and what can be known of it when."""

    def __init__(self, race: Race, opens: int, chance: Chance, *, in_play: bool) -> None:
        self._race = race
        self._opens = opens
        self._is_horse_race = in_play
        self.field = len(race.names)
        self.places = 3 if in_play and self.field >= _THREE_PLACES_FROM else 2
        draw = chance.stream("fate")
        self._strengths = [(each := draw.exponential()) * (0.4 + each) + 0.12 for _ in race.names]
        self._off = race.market_time + draw.integer(15, 150) * SECOND
        self._removals = self._draw_removals(draw)
        self.runners = self._cards()
        if any(each.reserve for each in self._removals):
            self._strengths += [draw.exponential() + 0.3 for each in self._removals if each.reserve]
        gone = {each.runner for each in self._removals}
        running = [0.0 if number in gone else each for number, each in enumerate(self._strengths)]
        self.order = finishing_order(running, draw)
        seconds = race.seconds + draw.integer(-3, 5)
        self._finish = self._off + seconds * SECOND
        self._result = self._finish + draw.integer(150, 330) * SECOND
        self._known = self._reveal(chance.stream("signals"))

    def plot(self, card: MarketCard, habits: Habits) -> Plot:
        """Tell the fate of one of its markets."""
        if self._is_horse_race:
            factors = self.factors(card, self._opens)
            runners = tuple(
                replace(runner, adjustment_factor=factor)
                for runner, factor in zip(card.runners, factors, strict=True)
            )
            card = replace(card, runners=runners)
        steps: list[Step] = [Believed(at, self._prices(card, known, at)) for at, known in self._known]
        for removal in self._removals:
            steps += self._removed(card, removal)
        steps.append(Suspended(self._off))
        if card.has_starting_price:
            steps.append(Reconciled(self._off + 450))
        if card.in_play_delay is not None:
            steps += [TurnedInPlay(self._off + 1_400), Suspended(self._finish)]
        steps.append(Settled(self._result, self._statuses(card)))
        # The order among steps of one moment is the one in which they were added.
        return Plot(card, habits, self._opens, tuple(sorted(steps, key=lambda step: step.at)))

    def _draw_removals(self, draw: Chance) -> list[_Removal]:
        """Draw who does not run: a horse now and then, at most two; a greyhound seldom."""
        first, last = self._opens + 10 * MINUTE, self._race.market_time - 15 * MINUTE
        removals: list[_Removal] = []
        most = 2 if self._is_horse_race else 1
        for runner in range(self.field):
            if len(removals) < min(most, self.field - 4) and draw.happens(0.05):
                at = int(draw.between(first, last))
                removals.append(_Removal(at, runner, RunnerStatus.REMOVED))
        if self._is_horse_race:
            return sorted(removals, key=lambda each: each.at)
        return [self._dog_out(each, draw) for each in removals]

    def _dog_out(self, removal: _Removal, draw: Chance) -> _Removal:
        if draw.happens(0.3):
            return replace(removal, status=RunnerStatus.REMOVED_VACANT)
        reserve = RunnerCard(
            selection_id=self._race.first_selection_id + self.field,
            name=f"{removal.runner + 1}. {self._race.names[-1]} Lad (Res)",
            sort_priority=removal.runner + 1,
        )
        return replace(removal, reserve=reserve)

    def _cards(self) -> tuple[RunnerCard, ...]:
        return tuple(
            RunnerCard(
                selection_id=self._race.first_selection_id + number,
                name=f"{number + 1}. {name}",
                sort_priority=number + 1,
            )
            for number, name in enumerate(self._race.names)
        )

    def _present(self, at: int) -> list[float]:
        """Return the strengths of those who are in the race at a moment."""
        strengths = list(self._strengths)
        reserves = self.field
        for removal in self._removals:
            if removal.at <= at:
                strengths[removal.runner] = 0.0
            elif removal.reserve:
                strengths[reserves] = 0.0
            reserves += removal.reserve is not None
        return strengths

    def _reveal(self, chance: Chance) -> list[tuple[int, Chances]]:
        """Work out what is known from when on."""
        evidence = Evidence(self.order, self.places, len(self._strengths))
        removed = [each.at + SECOND for each in self._removals]
        known = []
        for at in sorted({*self._times_before(), *removed}):
            if at not in removed:
                evidence.hear(_CLARITY_BEFORE, chance)
            known.append((at, evidence.chances(self._present(at))))
        if self._is_horse_race:
            steps = (self._finish - self._off) // SECOND
            for step in range(3, steps):
                evidence.hear(_clarity(step, steps), chance)
                known.append((self._off + step * SECOND, evidence.chances(self._present(self._off))))
        return known

    def _times_before(self) -> list[int]:
        """Return when something is heard before the off: more and more often."""
        times, at = [], self._opens + 2 * SECOND
        while at < self._off - 5 * SECOND:
            times.append(at)
            left = self._race.market_time - at
            at += 15 * MINUTE if left > HOUR else MINUTE if left > 10 * MINUTE else 10 * SECOND
        return times

    def _prices(self, card: MarketCard, known: Chances, at: int) -> tuple[float, ...]:
        """Return the fair prices of those who are on the card by then."""
        entered = sum(each.reserve is not None and each.at < at for each in self._removals)
        runners = range(self.field + entered)
        if card.market_type == "WIN":
            return tuple(_price(known.win[runner]) for runner in runners)
        if card.market_type == "PLACE":
            return tuple(_price(known.place[runner]) for runner in runners)
        divisor = card.each_way_divisor or 1.0
        return tuple(_each_way_price(known.win[runner], known.place[runner], divisor) for runner in runners)

    def _removed(self, card: MarketCard, removal: _Removal) -> list[Step]:
        steps: list[Step] = []
        if self._is_horse_race:
            before, after = self.factors(card, removal.at - 1), self.factors(card, removal.at)
            factor = before[removal.runner]
            factors = tuple(
                before[runner] if not self._present(removal.at)[runner] else after[runner]
                for runner in range(self.field)
            )
            cancels = factor >= _LEAST_REDUCTION[card.market_type]
            steps.append(Removed(removal.at, removal.runner, factors=factors, cancels_lays=cancels))
        else:
            steps.append(Removed(removal.at, removal.runner, removal.status, voids_all=True))
            if removal.reserve:
                steps.append(Entered(removal.at, removal.reserve))
        return steps

    def factors(self, card: MarketCard, at: int) -> tuple[float, ...]:
        """
        Return the reduction factors of a market at a moment, per cent, by the runners' strengths.

        A winner's factor is its chance. A reduction of winnings in a place market has to be larger by what
        an average price is above its winnings, and counts one of several places.
        """
        strengths = self._present(at)
        nothing_known = Evidence(self.order, self.places, len(strengths)).chances(strengths)
        if card.market_type != "PLACE":
            return tuple(round(100 * chance, 3) for chance in nothing_known.win)
        there = sum(strength > 0 for strength in strengths)
        average = there / self.places
        scale = 100 / self.places * average / (average - 1)
        return tuple(round(min(95.0, scale * chance), 3) for chance in nothing_known.place)

    def _statuses(self, card: MarketCard) -> tuple[RunnerStatus, ...]:
        gone = {each.runner: each.status for each in self._removals}
        best = self.order[: self.places]
        statuses = []
        for runner in range(len(self._strengths)):
            if runner in gone:
                statuses.append(gone[runner])
            elif runner == self.order[0] or (card.market_type == "PLACE" and runner in best):
                statuses.append(RunnerStatus.WINNER)
            elif card.market_type == "EACH_WAY" and runner in best:
                statuses.append(RunnerStatus.PLACED)
            else:
                statuses.append(RunnerStatus.LOSER)
        return tuple(statuses)


def _clarity(step: int, steps: int) -> float:
    """Return how clear a second of the race is: little at first, most in the straight."""
    progress = step / steps
    shape = 0.12 + progress * progress * progress
    mean_square = 0.0144 + 0.06 + 1 / 7  # of the shape, over the race
    scale = sqrt(_KNOWLEDGE_IN_PLAY / (steps * mean_square))
    return min(0.9, shape * scale)


def _price(chance: float) -> float:
    """Return the fair price of a chance; 0 where there is none."""
    return 1 / chance if chance > 1e-6 else 0.0  # noqa: PLR2004 - a million to one is no chance


def _each_way_price(win: float, place: float, divisor: float) -> float:
    """
    Return the price at which an each-way bet is fair.

    Half of the stake gets P at a win, half gets 1 + (P - 1) / divisor at a place; the two halves cost 2.
    """
    worth = win + place / divisor
    return max(1.0, (2 - place + place / divisor) / worth) if win > 1e-6 else 0.0  # noqa: PLR2004
