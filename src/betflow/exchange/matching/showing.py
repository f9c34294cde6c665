"""What a runner's book and its changes show: displayed sizes by price, in pennies."""

from typing import Final

from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import Side
from betflow.wire.stream import RunnerChange

LARGEST: Final = 10_000_000_000_000
"""No published size is as large; what is, cannot be."""


def pennies(size: float) -> int:
    """Return a published size in pennies; one that cannot be (negative, NaN, infinite) matches nothing."""
    return round(size * 100) if 0 < size < LARGEST else 0


def displayed(runner: RunnerBook, takers: Side) -> dict[float, float]:
    """Return what is displayed for those who take it, size by price: the full depth, else the levels."""
    if takers is Side.BACK:
        return runner.available_to_back or dict(runner.back_ladder)
    return runner.available_to_lay or dict(runner.lay_ladder)


def has_full_depth(runner: RunnerBook) -> bool:
    """Say whether a book shows all prices, and not only the best."""
    return bool(runner.available_to_back or runner.available_to_lay)


def has_levels(change: RunnerChange) -> bool:
    """Say whether a change brings prices by level."""
    return (
        change.batb is not None
        or change.batl is not None
        or change.bdatb is not None
        or change.bdatl is not None
    )
