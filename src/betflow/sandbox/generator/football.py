"""
Football matches: match odds, over/under 2.5 goals, correct score and an Asian handicap of one fate.

In each minute each side scores with a chance that stays the same, so what is left of a match has a binomial
distribution of goals, and every market's chances are sums over it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import fsum
from typing import Final, TypeAlias

from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.course import (
    Believed,
    Habits,
    MarketCard,
    Opened,
    Pace,
    Plot,
    RunnerCard,
    Settled,
    Step,
    Suspended,
    TurnedInPlay,
)
from betflow.sandbox.generator.scenarios import Beliefs
from betflow.wire.enums import LadderType, RunnerStatus

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_DELAY: Final = 5
_HALF: Final = 45
_BREAK_MINUTES: Final = 15
_MOST_GOALS: Final = 10
"""Of one side, from now on; more is so unlikely that it is left out."""
_SHOWN_GOALS: Final = 3
"""Scores up to 3 – 3 have a runner of their own in the correct score market."""
_CLARITY: Final = 0.03
_QUARTERS: Final = 16
"""Lines of the handicap go from -4 to 4 by quarters."""

_PACES: Final = (
    Pace(1e9, 0.02, 5.0, 1.0),
    Pace(3600, 0.1, 3.0, 1.5),
    Pace(600, 0.6, 1.5, 2.0),
)

Score: TypeAlias = tuple[int, int]
Grid: TypeAlias = list[list[float]]
"""The chance of each number of further goals: of the home side by row, of the away side by column."""


def _habits(share: float, stake: float, outsiders: float) -> Habits:
    paces = tuple(Pace(pace.seconds, pace.orders * share, pace.width, pace.money) for pace in _PACES)
    return Habits(before=paces, in_play=Pace(0, 0.8 * share, 3.0, 1.5), stake=stake, outsiders=outsiders)


@dataclass(frozen=True, slots=True)
class Match:
    """
    A football match.

    Attributes:
        kick_off: As scheduled, epoch milliseconds.
        selection_ids: Of home side, away side and draw.
        first_score_id: Of the runners of the correct score market and of over/under.
        market_ids: Of match odds, over/under, correct score and handicap.
    """

    event_id: str
    home: str
    away: str
    kick_off: int
    selection_ids: tuple[int, int, int]
    first_score_id: int
    market_ids: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Moment:
    """What is known from a moment on; *scored* if a goal made it so."""

    at: int
    score: Score
    grid: Grid
    scored: bool = False


def football_match(match: Match, opens: int, chance: Chance) -> list[Plot]:
    """Return the markets of a football match."""
    fate = _Fate(match, opens, chance)
    name = f"{match.home} v {match.away}"

    def card(
        market_id: str,
        market_type: str,
        market_name: str,
        runners: Sequence[tuple[int, str, float]],
        *,
        betting_type: str = "ODDS",
        ladder: LadderType = LadderType.CLASSIC,
    ) -> MarketCard:
        return MarketCard(
            market_id=market_id,
            event_id=match.event_id,
            event_name=name,
            event_type_id="1",
            name=market_name,
            market_type=market_type,
            market_time=match.kick_off,
            open_date=match.kick_off,
            country_code="GB",
            runners=tuple(
                RunnerCard(selection_id=each, name=text, sort_priority=number, handicap=handicap)
                for number, (each, text, handicap) in enumerate(runners, 1)
            ),
            betting_type=betting_type,
            ladder=ladder,
            number_of_winners=0 if betting_type != "ODDS" else 1,
            in_play_delay=_DELAY,
        )

    home, away, draw = match.selection_ids
    first = match.first_score_id
    sides = [(home, match.home, 0.0), (away, match.away, 0.0), (draw, "The Draw", 0.0)]
    goals = [(first, "Under 2.5 Goals", 0.0), (first + 1, "Over 2.5 Goals", 0.0)]
    scores = [(first + 2 + number, text, 0.0) for number, text in enumerate(_score_names())]
    lines = [
        (each, text, sign * (quarter - _QUARTERS) / 4)
        for quarter in range(2 * _QUARTERS + 1)
        for each, text, sign in ((home, match.home, 1), (away, match.away, -1))
    ]
    odds, under_over, correct, handicap = match.market_ids
    return [
        fate.plot(card(odds, "MATCH_ODDS", "Match Odds", sides), _habits(1.0, 30.0, 0.02), _match_odds),
        fate.plot(
            card(under_over, "OVER_UNDER_25", "Over/Under 2.5 Goals", goals),
            _habits(0.5, 20.0, 0.0),
            _under_over,
        ),
        fate.plot(
            card(correct, "CORRECT_SCORE", "Correct Score", scores), _habits(0.7, 6.0, 0.02), _correct_score
        ),
        fate.plot(
            card(
                handicap,
                "ASIAN_HANDICAP",
                "Asian Handicap",
                lines,
                betting_type="ASIAN_HANDICAP_DOUBLE_LINE",
                ladder=LadderType.FINEST,
            ),
            _habits(0.6, 25.0, 0.0),
            _handicap,
        ),
    ]


def _score_names() -> Iterator[str]:
    for home in range(_SHOWN_GOALS + 1):
        for away in range(_SHOWN_GOALS + 1):
            yield f"{home} - {away}"
    yield from ("Any Other Home Win", "Any Other Away Win", "Any Other Draw")


class _Fate:
    """What happens in a match, and what can be known of it when."""

    def __init__(self, match: Match, opens: int, chance: Chance) -> None:
        self._match = match
        self._opens = opens
        draw = chance.stream("fate")
        self._kick_off = match.kick_off + draw.integer(20, 150) * SECOND
        added = (draw.integer(1, 3), draw.integer(2, 5))
        self._minutes = 2 * _HALF + sum(added)
        self._half_time = _HALF + added[0]
        strong, weak = draw.between(1.1, 2.3), draw.between(0.6, 1.5)
        rates = [(strong * tilt, weak * (2 - tilt)) for tilt in (0.85, 1.0, 1.15)]
        # Goals a minute of both sides, in each world that may be the true one.
        self._worlds = [(home / self._minutes, away / self._minutes) for home, away in rates]
        self._true = draw.integer(0, len(self._worlds) - 1)
        self._moments = list(self._play(draw))
        self._end = self._minute_begins(self._minutes) + draw.integer(5, 30) * SECOND
        self._score = self._moments[-1].score

    def plot(
        self,
        card: MarketCard,
        habits: Habits,
        prices: Callable[[Score, Grid], tuple[float, ...]],
    ) -> Plot:
        """
        Tell the fate of one of its markets.

        Args:
            card: What the market is.
            habits: Who trades it.
            prices: Gives the fair prices of its runners for a score and what may come; 0 for what is decided.
        """
        steps: list[Step] = []
        settles = self._end + 3 * MINUTE
        for moment in self._moments:
            worth = prices(moment.score, moment.grid)
            if moment.scored:
                steps.append(Suspended(moment.at))
                if not any(worth):
                    settles = moment.at + 3 * MINUTE
                    break
                steps += [
                    Believed(moment.at + SECOND, worth),
                    Opened(moment.at + 40 * SECOND, is_material=True),
                ]
            else:
                steps.append(Believed(moment.at, worth))
        else:
            steps.append(Suspended(self._end))
        steps += [
            Suspended(self._kick_off),
            TurnedInPlay(self._kick_off + 4 * SECOND),
            Settled(settles, _results(card, self._score)),
        ]
        return Plot(card, habits, self._opens, tuple(sorted(steps, key=lambda step: step.at)))

    def _minute_begins(self, minute: int) -> int:
        """Return when a minute of play begins, the break at half time included."""
        rest = _BREAK_MINUTES if minute >= self._half_time else 0
        return self._kick_off + (minute + rest) * MINUTE

    def _play(self, draw: Chance) -> Iterator[_Moment]:
        beliefs = Beliefs(len(self._worlds))
        score = (0, 0)
        at = self._opens + 2 * SECOND
        while at < self._kick_off - 10 * SECOND:
            beliefs.hear(self._true, _CLARITY, draw)
            yield _Moment(at, score, self._grid(beliefs, self._minutes))
            at += HOUR // 2 if at < self._match.kick_off - HOUR else 2 * MINUTE
        yield _Moment(self._kick_off + 5 * SECOND, score, self._grid(beliefs, self._minutes))
        for minute in range(self._minutes):
            score, scored = self._minute(score, beliefs, draw)
            left = self._minutes - minute - 1
            if left or scored:
                # A goal falls within the minute, so that the market is open again before the next.
                at = self._minute_begins(minute) + (10 if scored else 55) * SECOND
                yield _Moment(at, score, self._grid(beliefs, left), scored=scored)

    def _minute(self, score: Score, beliefs: Beliefs, draw: Chance) -> tuple[Score, bool]:
        """Play a minute: at most one goal, so that no two are at once."""
        home, away = self._worlds[self._true]
        drawn = draw.uniform()
        if drawn < home:
            beliefs.see([world[0] for world in self._worlds])
            return (score[0] + 1, score[1]), True
        if drawn < home + away:
            beliefs.see([world[1] for world in self._worlds])
            return (score[0], score[1] + 1), True
        beliefs.see([1 - world[0] - world[1] for world in self._worlds])
        return score, False

    def _grid(self, beliefs: Beliefs, minutes: int) -> Grid:
        grids = [_goals(home, away, minutes) for home, away in self._worlds]
        size = range(_MOST_GOALS + 1)
        return [[beliefs.average([grid[home][away] for grid in grids]) for away in size] for home in size]


def _goals(home: float, away: float, minutes: int) -> Grid:
    """
    Return the chances of goals in some minutes, at most one a minute.

    The number of goals is binomial, and whose each is, is a binomial draw again.
    """
    rate = home + away
    totals = _binomial(rate, minutes, 2 * _MOST_GOALS)
    grid = [[0.0] * (_MOST_GOALS + 1) for _ in range(_MOST_GOALS + 1)]
    for goals, likely in enumerate(totals):
        for ours, share in enumerate(_binomial(home / rate, goals, goals)):
            if ours <= _MOST_GOALS and goals - ours <= _MOST_GOALS:
                grid[ours][goals - ours] += likely * share
    return grid


@lru_cache(maxsize=1024)  # whose the goals are is asked anew for every minute, and is the same
def _binomial(chance: float, tries: int, most: int) -> tuple[float, ...]:
    """Return the chance of 0 to *most* successes, and no more than the tries."""
    none = 1.0
    for _ in range(tries):
        none *= 1 - chance
    chances = [none]
    for successes in range(min(most, tries)):
        ratio = (tries - successes) / (successes + 1) * chance / (1 - chance)
        chances.append(chances[-1] * ratio)
    return tuple(chances)


def _price(chance: float) -> float:
    """Return the fair price of what is not decided yet; 0 where it is."""
    return 1 / chance if 1e-6 < chance < 1 - 1e-6 else 0.0  # noqa: PLR2004 - a million to one


def _sum(score: Score, grid: Grid, counts: Callable[[int, int], bool]) -> float:
    """Add up the chances of the final scores that count."""
    return fsum(
        likely
        for home, row in enumerate(grid)
        for away, likely in enumerate(row)
        if counts(score[0] + home, score[1] + away)
    )


def _match_odds(score: Score, grid: Grid) -> tuple[float, ...]:
    return (
        _price(_sum(score, grid, lambda home, away: home > away)),
        _price(_sum(score, grid, lambda home, away: home < away)),
        _price(_sum(score, grid, lambda home, away: home == away)),
    )


def _under_over(score: Score, grid: Grid) -> tuple[float, ...]:
    under = _sum(score, grid, lambda home, away: home + away <= 2)  # noqa: PLR2004 - 2.5 goals
    return _price(under), _price(1 - under)


def _score_runner(home: int, away: int) -> int:
    """Return the runner of the correct score market that a score is."""
    if home <= _SHOWN_GOALS and away <= _SHOWN_GOALS:
        return home * (_SHOWN_GOALS + 1) + away
    first_other = (_SHOWN_GOALS + 1) ** 2
    return first_other + (0 if home > away else 1 if home < away else 2)


def _correct_score(score: Score, grid: Grid) -> tuple[float, ...]:
    chances = [0.0] * ((_SHOWN_GOALS + 1) ** 2 + 3)
    for home, row in enumerate(grid):
        for away, likely in enumerate(row):
            chances[_score_runner(score[0] + home, score[1] + away)] += likely
    return tuple(map(_price, chances))


def _handicap(score: Score, grid: Grid) -> tuple[float, ...]:
    """Return the fair prices of all lines: what loses against what wins, a push counting for neither."""
    margins: dict[int, float] = {}
    for home, row in enumerate(grid):
        for away, likely in enumerate(row):
            margin = score[0] + home - score[1] - away
            margins[margin] = margins.get(margin, 0.0) + likely
    prices: list[float] = []
    for quarter in range(-_QUARTERS, _QUARTERS + 1):
        won, lost = 0.0, 0.0
        for margin, likely in margins.items():
            for half in _halves(4 * margin + quarter):
                won += likely / 2 * (half > 0)
                lost += likely / 2 * (half < 0)
        is_open = won > 1e-3 and lost > 1e-3  # noqa: PLR2004 - a thousand to one
        prices += [1 + lost / won, 1 + won / lost] if is_open else [0.0, 0.0]
    return tuple(prices)


def _halves(quarters: int) -> tuple[int, int]:
    """Return the margins in quarters of the two halves of a bet: a quarter line lies between two others."""
    return (quarters - 1, quarters + 1) if quarters % 2 else (quarters, quarters)


def _results(card: MarketCard, score: Score) -> tuple[RunnerStatus, ...]:
    home, away = score
    won: Sequence[bool]
    match card.market_type:
        case "MATCH_ODDS":
            won = (home > away, home < away, home == away)
        case "OVER_UNDER_25":
            won = (home + away <= 2, home + away > 2)  # noqa: PLR2004 - 2.5 goals
        case "CORRECT_SCORE":
            won = [number == _score_runner(home, away) for number in range(len(card.runners))]
        case _:
            return tuple(
                _handicap_status((home - away if number % 2 == 0 else away - home) + runner.handicap)
                for number, runner in enumerate(card.runners)
            )
    return tuple(RunnerStatus.WINNER if each else RunnerStatus.LOSER for each in won)


def _handicap_status(margin: float) -> RunnerStatus:
    """Return a line's result; a quarter line counts as what more than half of it is, a push is void."""
    if margin == 0:
        return RunnerStatus.REMOVED
    return RunnerStatus.WINNER if margin > 0 else RunnerStatus.LOSER
