"""Prices of a ladder by tick, as numbers and as Betfair writes them: what the hot loops look up."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache

from betflow.exchange.prices import CLASSIC, FINEST, Ladder
from betflow.wire.enums import LadderType


@dataclass(frozen=True, slots=True)
class Ticks:
    """
    The prices of a ladder, lowest first.

    Attributes:
        prices: As numbers.
        texts: As JSON, without trailing zeros: ``10``, ``1.5``.
    """

    prices: tuple[float, ...] = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.prices)

    def at_or_below(self, price: float) -> int:
        """Return the highest tick whose price is not above a price; -1 if all are."""
        return bisect_right(self.prices, price) - 1


@cache
def ticks_of(ladder: LadderType) -> Ticks:
    """
    Return the ticks of the CLASSIC or the FINEST ladder.

    Raises:
        ValueError: a LINE_RANGE ladder is the market's own.
    """
    if ladder is LadderType.LINE_RANGE:
        raise ValueError("a LINE_RANGE ladder is given by its market")
    of: Ladder = CLASSIC if ladder is LadderType.CLASSIC else FINEST
    # 99,900 steps of one hundredth need no decimal arithmetic.
    texts = tuple(map(str, of)) if of is CLASSIC else tuple(map(amount, range(101, 100_001)))
    return Ticks(tuple(map(float, texts)), texts)


def amount(hundredths: int) -> str:
    """Write whole hundredths (pennies) as JSON, without trailing zeros: 1250 is ``12.5``."""
    whole, rest = divmod(hundredths, 100)
    if not rest:
        return str(whole)
    return f"{whole}.{rest:02d}" if rest % 10 else f"{whole}.{rest // 10}"
