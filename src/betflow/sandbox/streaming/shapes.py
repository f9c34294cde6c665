"""What a subscription takes of each market: its fields, and how many levels of the best prices."""

from dataclasses import dataclass, field
from typing import Final

from betflow.sandbox.streaming.ladders import Ladder
from betflow.wire.enums import MarketDataField
from betflow.wire.stream import MarketDataFilter

MOST_LEVELS: Final = 10
"""Of ladders by level; also where a subscription does not say how many."""

DELAYED_LEVELS: Final = 3

_FULL_DEPTH: Final = {
    "atb": MarketDataField.EX_ALL_OFFERS,
    "atl": MarketDataField.EX_ALL_OFFERS,
    "trd": MarketDataField.EX_TRADED,
    "tv": MarketDataField.EX_TRADED_VOL,
    "ltp": MarketDataField.EX_LTP,
    "spb": MarketDataField.SP_TRADED,
    "spl": MarketDataField.SP_TRADED,
    "spn": MarketDataField.SP_PROJECTED,
    "spf": MarketDataField.SP_PROJECTED,
}
_BY_LEVEL: Final = {
    MarketDataField.EX_BEST_OFFERS: (Ladder.RAW_BACK, Ladder.RAW_LAY),
    MarketDataField.EX_BEST_OFFERS_DISP: (Ladder.DISPLAY_BACK, Ladder.DISPLAY_LAY),
}
_NOT_DELAYED: Final = frozenset(
    {MarketDataField.EX_TRADED, MarketDataField.EX_TRADED_VOL, MarketDataField.SP_PROJECTED}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """
    What is taken of a market.

    Attributes:
        fields: The runner's fields that are taken as they change.
        ladders: The ladders of best prices.
        levels: How many levels these have.
        has_definition: Whether definitions are taken.
        has_volume: Whether the market's total traded volume is.
    """

    fields: frozenset[str]
    ladders: tuple[Ladder, ...]
    levels: int
    has_definition: bool
    has_volume: bool
    takes_all: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "takes_all", len(self.fields) == len(_FULL_DEPTH) and not self.ladders)


def shape_of(wanted: MarketDataFilter | None, *, is_delayed: bool = False) -> Shape:
    """
    Return what a filter takes; without fields, everything.

    A delayed app key sees three levels, no volume of runners and no projected starting prices. Full depth is
    three prices then. Number of levels beyond the bounds are brought into them.

    Source: "Application Keys" (what the delayed key has), "Exchange Stream API".
    """
    wanted = wanted or MarketDataFilter()
    taken = frozenset(wanted.fields or MarketDataField)
    levels = MOST_LEVELS if wanted.ladder_levels is None else min(max(wanted.ladder_levels, 1), MOST_LEVELS)
    ladders = [ladder for each, pair in _BY_LEVEL.items() if each in taken for ladder in pair]
    has_volume = MarketDataField.EX_TRADED_VOL in taken
    if is_delayed:
        if MarketDataField.EX_ALL_OFFERS in taken:
            ladders += [Ladder.CUT_BACK, Ladder.CUT_LAY]
        taken -= _NOT_DELAYED | {MarketDataField.EX_ALL_OFFERS}
        levels = min(levels, DELAYED_LEVELS)
    return Shape(
        fields=frozenset(name for name, each in _FULL_DEPTH.items() if each in taken),
        ladders=tuple(ladders),
        levels=levels if ladders else MOST_LEVELS,
        has_definition=MarketDataField.EX_MARKET_DEF in taken,
        has_volume=has_volume,
    )
