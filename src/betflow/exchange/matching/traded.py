"""What has traded on the runners of a market, as far as it was looked at."""

from collections.abc import Iterable, Mapping

from betflow.exchange.matching.showing import LARGEST, pennies
from betflow.wire.stream import RunnerChange


class Traded:
    """
    Traded volumes of one runner.

    Attributes:
        volumes: By price, as published: cumulative, both stakes counted.
    """

    __slots__ = ("_spare", "volumes")

    def __init__(self, volumes: Mapping[float, float]) -> None:
        self.volumes = dict(volumes)
        self._spare: dict[float, int] = {}  # halves of a penny that traded and matched nothing yet

    def added(self, price: float, volume: float) -> int:
        """
        Take note of a volume, and return what is new of it: one-sided, in pennies.

        What is less than a penny is kept for later. Where a volume cannot be, or is smaller than the one
        before, nothing is known to have traded.
        """
        if not 0 <= volume < LARGEST:
            return 0
        before = self.volumes.get(price, 0.0)
        self.volumes[price] = volume
        if not 0 <= before < volume:
            return 0
        both_sides = round(volume * 100) - round(before * 100)
        new, self._spare[price] = divmod(both_sides + self._spare.get(price, 0), 2)
        return new

    def pass_over(self, change: RunnerChange) -> None:
        """Take note of the volumes that a change brings, if nobody asks what is new of them."""
        if change.trd is not None:
            if not change.trd:
                self.volumes.clear()
            self.volumes.update(change.trd)

    def replace(self, volumes: Mapping[float, float]) -> None:
        """Take note of all volumes anew."""
        self.volumes = dict(volumes)

    def moved(self, changes: Iterable[RunnerChange]) -> list[tuple[int, int]]:
        """Return the volumes that changes bring, each with the one before, in pennies."""
        return [
            (pennies(size), pennies(self.volumes.get(price, 0.0)))
            for change in changes
            for price, size in change.trd or ()
        ]
