"""
What can be known of a race before it is over, so that every price is fair.

The result is drawn first. Then, at each step, noisy signals about it arrive: for each place and runner a yes
or no that is right a little more often than not for the runner that will take the place, and a coin toss for
the others. Bayes' rule turns them into chances. Prices made of such chances are a martingale: among the
runners that are ever priced at 4.0, one in four wins, before the off and in play alike, and no way to bet on
past prices has an edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from betflow.sandbox.generator.chance import Chance

TWO_PLACES = 2


@dataclass(frozen=True, slots=True)
class Chances:
    """
    What runners' chances are, in the order of the card.

    Attributes:
        win: To come first.
        place: To come in one of the places that are paid.
    """

    win: tuple[float, ...]
    place: tuple[float, ...]


def finishing_order(strengths: Sequence[float], chance: Chance) -> list[int]:
    """
    Draw who comes first, second and so on: each time one of those that are left, in proportion to strength.

    Runners without strength do not finish.
    """
    left = list(strengths)
    order: list[int] = []
    while any(left):
        order.append(chance.weighted(left))
        left[order[-1]] = 0.0
    return order


class Evidence:
    """
    The signals so far about the first places of a race.

    Args:
        order: Who comes first, second and so on.
        places: About how many places there are signals: 2 or 3.
        runners: How many there are.
    """

    def __init__(self, order: Sequence[int], places: int, runners: int) -> None:
        self._order = order
        self._weights = [[1.0] * runners for _ in range(places)]

    def hear(self, clarity: float, chance: Chance) -> None:
        """Let one signal arrive about each place and runner; *clarity* is from 0, none, to below 1, all."""
        uniform = chance.uniform
        for place, weights in enumerate(self._weights):
            taker = self._order[place] if place < len(self._order) else -1
            for runner in range(len(weights)):
                likely = (1 + clarity) / 2 if runner == taker else 0.5
                weights[runner] *= 1 + clarity if uniform() < likely else 1 - clarity
            highest = max(weights)
            for runner in range(len(weights)):
                weights[runner] /= highest

    def chances(self, strengths: Sequence[float]) -> Chances:
        """Return what can be known, given strengths; runners that are not there have none."""
        total = fsum(strengths)
        prior = [strength / total for strength in strengths]
        if len(self._weights) == TWO_PLACES:
            return _two_places(prior, self._weights)
        return _three_places(prior, self._weights)


def _two_places(prior: Sequence[float], weights: Sequence[Sequence[float]]) -> Chances:
    first, second = weights
    runners = range(len(prior))
    to_win, to_follow = [0.0] * len(prior), [0.0] * len(prior)
    for winner in runners:
        if not prior[winner]:
            continue
        left = prior[winner] * first[winner] / (1 - prior[winner])
        for follower in runners:
            if follower != winner and prior[follower]:
                pair = left * prior[follower] * second[follower]
                to_win[winner] += pair
                to_follow[follower] += pair
    total = fsum(to_win)
    win = tuple(each / total for each in to_win)
    return Chances(win, tuple(one + other / total for one, other in zip(win, to_follow, strict=True)))


def _three_places(prior: Sequence[float], weights: Sequence[Sequence[float]]) -> Chances:
    """Add up over all first three: pairs in a loop, the third by what is left, so the time is quadratic."""
    first, second, third = weights
    there = [runner for runner, strength in enumerate(prior) if strength]
    thirds = [prior[runner] * third[runner] for runner in range(len(prior))]
    all_thirds = fsum(thirds)
    size = len(prior)
    to_win, to_follow, pairs, own_pairs = [0.0] * size, [0.0] * size, 0.0, [0.0] * size
    for winner in there:
        left = prior[winner] * first[winner] / (1 - prior[winner])
        for follower in there:
            if follower == winner:
                continue
            pair = left * prior[follower] * second[follower] / (1 - prior[winner] - prior[follower])
            pairs += pair
            own_pairs[winner] += pair
            own_pairs[follower] += pair
            triple = pair * (all_thirds - thirds[winner] - thirds[follower])
            to_win[winner] += triple
            to_follow[follower] += triple
    total = fsum(to_win)
    to_be_third = [thirds[runner] * (pairs - own_pairs[runner]) for runner in range(size)]
    win = tuple(each / total for each in to_win)
    place = tuple(
        min(1.0, max(0.0, (one + other + another) / total))
        for one, other, another in zip(to_win, to_follow, to_be_third, strict=True)
    )
    return Chances(win, place)
