"""
Tennis matches, best of three sets: a match odds market of a fate that is played point by point.

Who serves wins a point with a chance that stays the same. From it follow the chances of a game, a set and the
match at every score.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeAlias

from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.course import (
    Believed,
    Habits,
    MarketCard,
    Pace,
    Plot,
    RunnerCard,
    Settled,
    Step,
    Suspended,
    TurnedInPlay,
)
from betflow.sandbox.generator.scenarios import Beliefs
from betflow.wire.enums import RunnerStatus

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_DELAY: Final = 3
_CLARITY: Final = 0.03
_GAMES: Final = 6
_POINTS: Final = 4
_TIE_BREAK: Final = 7
_SETS: Final = 2
_LEAD: Final = 2

_HABITS: Final = Habits(
    before=(Pace(1e9, 0.01, 5.0, 0.6), Pace(3600, 0.05, 3.5, 1.0), Pace(600, 0.3, 2.0, 1.5)),
    in_play=Pace(0, 0.8, 2.0, 1.5),
    stake=25.0,
)

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TennisMatch:
    """
    A tennis match.

    Attributes:
        begins: As scheduled, epoch milliseconds.
    """

    event_id: str
    players: tuple[str, str]
    selection_ids: tuple[int, int]
    begins: int
    market_id: str


@dataclass(frozen=True, slots=True)
class Score:
    """
    How a match stands; of each pair, the first is the first player's.

    Attributes:
        points: Of the game or the tie-break: 0, 1, 2, … for love, fifteen, thirty.
        server: 0 or 1.
    """

    sets: Pair = (0, 0)
    games: Pair = (0, 0)
    points: Pair = (0, 0)
    server: int = 0

    @property
    def is_tie_break(self) -> bool:
        """Whether the set is decided by points."""
        return self.games == (_GAMES, _GAMES)

    @property
    def is_over(self) -> bool:
        """Whether the match is."""
        return max(self.sets) == _SETS

    def after_point(self, winner: int) -> "Score":
        """Return the score once a player has won a point."""
        points = _plus(self.points, winner)
        if _is_won(points, _TIE_BREAK if self.is_tie_break else _POINTS):
            return self.after_game(winner)
        return replace(self, points=points)

    def after_game(self, winner: int) -> "Score":
        """Return the score once a player has won the game or the tie-break."""
        games = _plus(self.games, winner)
        server = 1 - self.server
        if self.is_tie_break or _is_won(games, _GAMES):
            return Score(_plus(self.sets, winner), (0, 0), (0, 0), server)
        return Score(self.sets, games, (0, 0), server)


class World:
    """
    How well two players serve, and what follows from it.

    Args:
        serve: The chance of each to win a point that it serves.
    """

    def __init__(self, serve: tuple[float, float]) -> None:
        self._serve = serve
        self._known: dict[Score, float] = {}

    def point(self, score: Score) -> float:
        """
        Return the first player's chance of the next point.

        In a tie-break service changes too often to count: both serve half of every point.
        """
        first, second = self._serve[0], 1 - self._serve[1]
        if score.is_tie_break:
            return (first + second) / 2
        return first if score.server == 0 else second

    def match(self, score: Score) -> float:
        """Return the first player's chance of the match."""
        if score.is_over:
            return float(score.sets[0] == _SETS)
        known = self._known.get(score)
        if known is None:
            known = self._known[score] = self._match(score)
        return known

    def _match(self, score: Score) -> float:
        needed = _TIE_BREAK if score.is_tie_break else _POINTS
        game = _race(self.point(score), score.points, needed)
        return game * self.match(score.after_game(0)) + (1 - game) * self.match(score.after_game(1))


def tennis_match(match: TennisMatch, opens: int, chance: Chance) -> list[Plot]:
    """Return the match odds market of a tennis match."""
    draw = chance.stream("fate")
    first, second = draw.between(0.56, 0.70), draw.between(0.56, 0.70)
    worlds = [World((first + tilt, second - tilt)) for tilt in (-0.02, 0.0, 0.02)]
    true = draw.integer(0, len(worlds) - 1)
    begins = match.begins + draw.integer(1, 12) * MINUTE
    beliefs = Beliefs(len(worlds))
    score = Score(server=draw.integer(0, 1))
    steps: list[Step] = []
    at = opens + 2 * SECOND
    while at < begins - 10 * SECOND:
        beliefs.hear(true, _CLARITY, draw)
        steps.append(Believed(at, _prices(score, worlds, beliefs)))
        at += HOUR // 2 if at < match.begins - HOUR else 2 * MINUTE
    steps += [Suspended(begins), TurnedInPlay(begins + 3 * SECOND)]
    at = begins + MINUTE
    while not score.is_over:
        winner = 0 if draw.happens(worlds[true].point(score)) else 1
        chances = [world.point(score) for world in worlds]
        beliefs.see([each if winner == 0 else 1 - each for each in chances])
        score = score.after_point(winner)
        rest = MINUTE if score.points == (0, 0) and sum(score.games) % 2 else 0
        at += draw.integer(22, 45) * SECOND + rest
        if not score.is_over:
            steps.append(Believed(at, _prices(score, worlds, beliefs)))
    champion = 0 if score.sets[0] == _SETS else 1
    statuses = tuple(RunnerStatus.WINNER if each == champion else RunnerStatus.LOSER for each in range(2))
    steps += [Suspended(at), Settled(at + 4 * MINUTE, statuses)]
    return [Plot(_card(match), _HABITS, opens, tuple(steps))]


def _card(match: TennisMatch) -> MarketCard:
    return MarketCard(
        market_id=match.market_id,
        event_id=match.event_id,
        event_name=" v ".join(match.players),
        event_type_id="2",
        name="Match Odds",
        market_type="MATCH_ODDS",
        market_time=match.begins,
        open_date=match.begins,
        country_code="GB",
        runners=tuple(
            RunnerCard(selection_id=each, name=name, sort_priority=number)
            for number, (each, name) in enumerate(zip(match.selection_ids, match.players, strict=True), 1)
        ),
        in_play_delay=_DELAY,
    )


def _prices(score: Score, worlds: Sequence[World], beliefs: Beliefs) -> tuple[float, ...]:
    chance = beliefs.average([world.match(score) for world in worlds])
    return 1 / chance, 1 / (1 - chance)


def _plus(pair: Pair, winner: int) -> Pair:
    return (pair[0] + 1, pair[1]) if winner == 0 else (pair[0], pair[1] + 1)


def _is_won(pair: Pair, needed: int) -> bool:
    """Say whether enough are won, and two more than the other."""
    return max(pair) >= needed and abs(pair[0] - pair[1]) >= _LEAD


@lru_cache(maxsize=4096)  # a match asks for a few hundred different ones, tens of thousands of times
def _race(chance: float, points: Pair, needed: int) -> float:
    """Return the chance to be the first with enough points and two more than the other."""
    first, second = points
    if _is_won(points, needed):
        return float(first > second)
    if min(points) >= needed - 1 and first == second:
        both, neither = chance * chance, (1 - chance) * (1 - chance)
        return both / (both + neither)
    won = _race(chance, (first + 1, second), needed)
    return chance * won + (1 - chance) * _race(chance, (first, second + 1), needed)
