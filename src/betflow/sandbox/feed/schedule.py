"""When events that were to be at some other time take place in the sandbox."""

from collections.abc import Sequence
from typing import Final

MINUTE: Final = 60_000
FIRST_OFF: Final = 3 * MINUTE
LONGEST_GAP: Final = 5 * MINUTE


def squeezed(offs: Sequence[int], first: int, longest_gap: int | None) -> list[int]:
    """
    Return new times for offs: the earliest at *first*, gaps as they were, but none longer than a longest.

    Each event is moved as a whole, so nothing within it changes; two at one moment stay at one moment.

    Args:
        offs: When they were to be, epoch milliseconds, in any order.
        first: The new time of the earliest; it is put off to the next whole minute.
        longest_gap: Milliseconds; None keeps all gaps.
    """
    first = -(-first // MINUTE) * MINUTE
    new: dict[int, int] = {}
    before: int | None = None
    for off in sorted(set(offs)):
        if before is None:
            new[off] = first
        else:
            gap = off - before
            new[off] = new[before] + (gap if longest_gap is None else min(gap, longest_gap))
        before = off
    return [new[off] for off in offs]
