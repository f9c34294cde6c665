"""
The best prices of a runner, by level and by price, and what changed in them.

There are no virtual bets in the sandbox: what is displayed is what is really there.

Source: "Exchange Stream API", level based ladders and their examples.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from betflow.wire.stream import LevelPriceSizes, PriceSizes

Best: TypeAlias = Sequence[tuple[float, float]]
"""``(price, size)``, the best first."""

_SPARE: Final = 10


class Nearest:
    """
    The best prices of one side of a runner, kept up with what changes.

    Some more than are shown are kept, so that those that are taken away seldom ask for a look at all prices.

    Args:
        levels: How many are shown.
        is_back: Whether the highest is the best.
    """

    __slots__ = ("_has_all", "_is_back", "_keys", "_most", "_near", "levels")

    def __init__(self, levels: int, *, is_back: bool) -> None:
        self.levels = levels
        self._is_back = is_back
        self._most = levels + _SPARE
        self._keys: list[float] = []  # of the prices below, ascending
        self._near: list[tuple[float, float]] = []
        self._has_all = True

    @property
    def best(self) -> Best:
        """What is shown."""
        return self._near[: self.levels]

    def look(self, ladder: Mapping[float, float]) -> None:
        """Begin anew with all prices of the side."""
        self._near = sorted(ladder.items(), reverse=self._is_back)[: self._most]
        self._keys = [-price if self._is_back else price for price, _ in self._near]
        self._has_all = len(ladder) <= self._most

    def change(self, ladder: Mapping[float, float], changes: PriceSizes) -> None:
        """
        Follow a change.

        Args:
            ladder: All prices of the side, after the change.
            changes: Sizes by price; 0 takes a price away.
        """
        keys, near = self._keys, self._near
        for entry in changes:
            price, size = entry
            key = -price if self._is_back else price
            place = bisect_left(keys, key)
            if place == len(keys):
                if not self._has_all or not size:
                    continue  # behind those that are kept, or of a price that was not there
                keys.append(key)
                near.append(entry)
            elif keys[place] != key:
                if size:
                    keys.insert(place, key)
                    near.insert(place, entry)
            elif size:
                near[place] = entry
            else:
                del keys[place], near[place]
        if len(near) > self._most:
            del keys[self._most :], near[self._most :]
            self._has_all = False
        elif len(near) < self.levels and not self._has_all:
            self.look(ladder)


def changed_levels(before: Best, now: Best, levels: int) -> LevelPriceSizes:
    """
    Return the levels that differ, the last first, as Betfair's examples have them.

    The first bet of a ladder fills level 0, and all others are said to be empty.
    """
    emptied = range(len(before) if before else levels if now else 0)
    changed: LevelPriceSizes = [(level, 0, 0) for level in reversed(emptied[len(now) :])]
    shared = min(len(before), len(now))
    for level in range(len(now) - 1, -1, -1):
        entry = now[level]
        if level >= shared or before[level] != entry:
            changed.append((level, *entry))
    return changed


def image_levels(now: Best) -> LevelPriceSizes:
    """Return all levels of a ladder as an image has them."""
    return [(level, price, size) for level, (price, size) in enumerate(now)]


def changed_prices(before: Best, now: Best) -> PriceSizes:
    """Return the prices that differ; those that are no longer among the best have size 0."""
    there, had = dict(now), dict(before)
    removed = [(price, 0.0) for price in had if price not in there]
    return removed + [(price, size) for price, size in now if had.get(price) != size]
