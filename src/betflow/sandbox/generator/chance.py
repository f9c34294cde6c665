"""
Random numbers that are the same in every Python and on every machine.

Only `random.Random.random` is promised to stay the same, so everything is made from it. Each part of a day
has a stream of its own, named by a path: what one market draws never shifts what another gets.
"""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Context, Decimal
from hashlib import sha256
from itertools import accumulate
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")

_CELLS: Final = 512
_LONGEST: Final = 8.0
"""Where exponential numbers are cut off, in means: one of 3,000 would be longer."""


def _exponential_quantiles() -> tuple[float, ...]:
    """Return -ln(1 - u) at even steps of u. `Decimal` rounds logarithms correctly, C libraries need not."""
    context = Context(prec=25)
    inner = (float(-context.ln(Decimal(_CELLS - cell) / _CELLS)) for cell in range(_CELLS))
    return (*inner, _LONGEST)


_QUANTILES: Final = _exponential_quantiles()


class Chance:
    """
    A stream of random numbers.

    Args:
        path: What the numbers are for, e.g. a seed, a day and the number of a race. Another path, another
            stream.

    Attributes:
        uniform: Draws a number from 0 up to, and without, 1.
    """

    __slots__ = ("_path", "uniform")

    def __init__(self, *path: int | str) -> None:
        self._path = path
        name = "/".join(map(str, path))
        seed = int.from_bytes(sha256(name.encode()).digest(), "big")
        self.uniform = Random(seed).random  # noqa: S311 - made-up markets, no secrets

    def stream(self, *path: int | str) -> "Chance":
        """Return the stream of a part of this; it does not depend on what was drawn here."""
        return Chance(*self._path, *path)

    def happens(self, probability: float) -> bool:
        """Say whether something of that probability happens."""
        return self.uniform() < probability

    def between(self, low: float, high: float) -> float:
        """Draw a number between two, each equally likely."""
        return low + (high - low) * self.uniform()

    def integer(self, low: int, high: int) -> int:
        """Draw a whole number between two, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def exponential(self) -> float:
        """Draw a waiting time of mean 1, at most 8 (linear between 512 quantiles)."""
        at = self.uniform() * _CELLS
        cell = int(at)
        low = _QUANTILES[cell]
        return low + (_QUANTILES[cell + 1] - low) * (at - cell)

    def weighted(self, weights: Sequence[float]) -> int:
        """
        Draw a place in a sequence in proportion to the weights.

        Raises:
            ValueError: no weight is above 0.
        """
        sums = list(accumulate(weights))
        if not sums or sums[-1] <= 0:
            raise ValueError(f"nothing can be drawn from the weights {list(weights)}")
        return min(bisect_right(sums, self.uniform() * sums[-1]), len(sums) - 1)

    def one_of(self, things: Sequence[T]) -> T:
        """Draw one of some things, each equally likely."""
        return things[int(self.uniform() * len(things))]

    def some_of(self, things: Sequence[T], count: int) -> list[T]:
        """
        Draw several different things, in random order.

        Raises:
            ValueError: there are not so many.
        """
        if count > len(things):
            raise ValueError(f"{count} cannot be drawn from {len(things)}")
        left = list(things)
        return [left.pop(int(self.uniform() * len(left))) for _ in range(count)]
